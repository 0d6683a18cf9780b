//! The published rules of six providers, as policies, played.
//!
//! The figures are those that the providers or their billing systems publish; the words are ours.

use expect_test::expect;

use super::check;

/// Rostelecom: refused while one is open, after one that was not repaid by a real payment, when
/// blocked for more than 30 days (prepaid) or owing for more than 60 (postpaid); the plan stays
/// as it is meanwhile.
#[test]
fn rostelecom() {
    check(
        "
        customer Ann
        open A RUB limit 900.00
        plan A internet 600.00
        policy RUB shortfall hours 120 blocked 30 debt-age 60 bars holds-plan
        offer A
        charge-after A 1000.00
        promise A
        plan A tv 300.00
        promise A
        at 4d 00:00
        fire
        at 5d 00:00
        fire
        offer A
        pay A 100.00 ref R1
        at 62d 00:00
        offer A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A RUB limit 900.00              account_opened 100000017 | 0.00 + 900.00 = 900.00
            plan A internet 600.00               plan_set | 0.00 + 900.00 = 900.00
            policy RUB shortfall hours 120 blocked 30 debt-age 60 bars holds-plan
                promise_policy_set version 1
            offer A
                0.00 until 5d 00:00
                needed: limit 0.00, actual 900.00: nothing helps
            charge-after A 1000.00
                charge -1000.00 overrun 100.00 | -1000.00 + 900.00 = -100.00
            promise A
                promise_granted crd_1-1 100.00 until 5d 00:00 | -1000.00 + 1000.00 = 0.00
            plan A tv 300.00                     plan_held until 5d 00:00
            promise A
                promise_not_possible
                open_max: limit 1, actual 1: pay 100.00
                needed: limit 0.00, actual 0.00: nothing helps
            at 4d 00:00
              4d 00:00 credit_ending crd_1-1 100.00 until 5d 00:00 | -1000.00 + 1000.00 = 0.00
            fire
            at 5d 00:00
              5d 00:00 promise_ended crd_1-1 100.00 paid 0.00 Expired
                  | -1000.00 + 900.00 = -100.00
            fire
            offer A
                100.00 until 10d 00:00
                unkept: limit 0.00, actual 100.00: pay 100.00
            pay A 100.00 ref R1                  payment +100.00 | -900.00 + 900.00 = 0.00
            at 62d 00:00
            offer A
                0.00 until 67d 00:00
                debt_age: limit 60 days, actual 62 days: pay 900.00
                needed: limit 0.00, actual 0.00: nothing helps
        "#]],
    );
}

/// Botik: for a week at most; the debt may be 3,000 RUB for persons and 12,000 for organisations.
#[test]
fn botik() {
    check(
        "
        customer Ann group person
        customer Firm group organisation
        open A RUB of 1
        open F RUB of 2
        policy RUB group person from 1.00 max 3000.00 debt-max 3000.00 hours 168 +
            hours-max 168
        policy RUB group organisation from 1.00 max 12000.00 debt-max 12000.00 hours 168 +
            hours-max 168
        charge-after A 3500.00
        charge-after F 3500.00
        offer A 500.00
        offer F 500.00 hours 200
        promise F 500.00 hours 100
        ",
        expect![[r#"
            customer Ann group person            customer_created cus_1
            customer Firm group organisation     customer_created cus_2
            open A RUB of 1                      account_opened 100000017 | 0.00 = 0.00
            open F RUB of 2                      account_opened 100000025 | 0.00 = 0.00
            policy RUB group person from 1.00 max 3000.00 debt-max 3000.00 hours 168 hours-max 168
                promise_policy_set version 1
            policy RUB group organisation from 1.00 max 12000.00 debt-max 12000.00 hours 168
                    hours-max 168
                promise_policy_set version 1
            charge-after A 3500.00
                charge -3500.00 overrun 3500.00 | -3500.00 = -3500.00
            charge-after F 3500.00
                charge -3500.00 overrun 3500.00 | -3500.00 = -3500.00
            offer A 500.00
                500.00 until 7d 00:00
                debt_max: limit 3000.00, actual 3500.00: pay 500.00
            offer F 500.00 hours 200
                500.00 until 8d 08:00
                duration: limit 168 h, actual 200 h: ask [168] h, up to Some(168)
            promise F 500.00 hours 100
                promise_granted crd_2-1 500.00 until 4d 04:00 | -3500.00 + 500.00 = -3000.00
        "#]],
    );
}

/// Ubilling's defaults: on the first three days of a month, for three days, once a month, for
/// one fee of the plan, at a price of 5; the debt not more than one fee; not after one that no
/// real payment followed; only when it is needed; the terms have to be accepted.
#[test]
fn ubilling() {
    check(
        "
        customer Ann
        open A UAH
        plan A inet 100.00
        policy UAH percent 100 hours 72 days 1-3 month 1 fee 5.00 debt-max 100% bars +
            needed 0.00 terms
        offer A accept
        charge-after A 80.00
        offer A
        promise A accept
        at 3d 00:00
        fire
        offer A accept
        pay A 60.00 ref R1
        pay A 60.00 ref R2
        charge A 100.00
        at 31d 00:00
        offer A accept
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A UAH                           account_opened 100000017 | 0.00 = 0.00
            plan A inet 100.00                   plan_set | 0.00 = 0.00
            policy UAH percent 100 hours 72 days 1-3 month 1 fee 5.00 debt-max 100% bars needed
                    0.00 terms
                promise_policy_set version 1
            offer A accept
                100.00 until 3d 00:00 fee 5.00
                needed: limit 0.00, actual 0.00: nothing helps
            charge-after A 80.00                 charge -80.00 overrun 80.00 | -80.00 = -80.00
            offer A
                100.00 until 3d 00:00 fee 5.00
                acceptance: limit -, actual -: accept the terms
            promise A accept
                promise_granted crd_1-1 100.00 until 3d 00:00 | -80.00 + 100.00 = 20.00
                charge -5.00 | -85.00 + 100.00 = 15.00
            at 3d 00:00
              2d 00:00 credit_ending crd_1-1 100.00 until 3d 00:00 | -85.00 + 100.00 = 15.00
              3d 00:00 promise_ended crd_1-1 100.00 paid 0.00 Expired | -85.00 = -85.00
            fire
            offer A accept
                100.00 until 6d 00:00 fee 5.00
                unkept: limit 0.00, actual 100.00: pay 100.00
                per_month: limit 1, actual 1: possible from 31d 00:00
                month_days: limit 1, actual 4: possible from 31d 00:00
            pay A 60.00 ref R1                   payment +60.00 | -25.00 = -25.00
            pay A 60.00 ref R2                   payment +60.00 | 35.00 = 35.00
            charge A 100.00                      insufficient_funds available 35.00 requested 100.00
            at 31d 00:00
            offer A accept
                100.00 until 34d 00:00 fee 5.00
                needed: limit 0.00, actual 35.00: nothing helps
        "#]],
    );
}

/// Labinsknet: what is missing, for three days, twice in 28 days, the second time only with a
/// positive balance.
#[test]
fn labinsknet() {
    check(
        "
        customer Ann
        open A RUB
        plan A inet 500.00
        policy RUB shortfall-of-fee hours 72 window 2/28 repeat-min 0.01
        charge-after A 100.00
        promise A
        pay A 600.00 ref R1
        offer A
        charge-after A 510.00
        offer A
        pay A 60.00 ref R2
        promise A
        pay A 450.00 ref R3
        charge A 50.00
        offer A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A RUB                           account_opened 100000017 | 0.00 = 0.00
            plan A inet 500.00                   plan_set | 0.00 = 0.00
            policy RUB shortfall-of-fee hours 72 window 2/28 repeat-min 0.01
                promise_policy_set version 1
            charge-after A 100.00                charge -100.00 overrun 100.00 | -100.00 = -100.00
            promise A
                promise_granted crd_1-1 600.00 until 3d 00:00 | -100.00 + 600.00 = 500.00
            pay A 600.00 ref R1
                payment +600.00 | 500.00 + 600.00 = 1100.00
                promise_ended crd_1-1 600.00 paid 600.00 Repaid | 500.00 = 500.00
            offer A
                0.00 until 3d 00:00
                needed: limit 500.00, actual 500.00: nothing helps
            charge-after A 510.00                charge -510.00 overrun 10.00 | -10.00 = -10.00
            offer A
                510.00 until 3d 00:00
                repeat_balance: limit 0.01, actual -10.00: pay 10.01
            pay A 60.00 ref R2                   payment +60.00 | 50.00 = 50.00
            promise A
                promise_granted crd_1-2 450.00 until 3d 00:00 | 50.00 + 450.00 = 500.00
            pay A 450.00 ref R3
                payment +450.00 | 500.00 + 450.00 = 950.00
                promise_ended crd_1-2 450.00 paid 450.00 Repaid | 500.00 = 500.00
            charge A 50.00                       charge -50.00 | 450.00 = 450.00
            offer A
                50.00 until 3d 00:00
                per_window: limit 2, actual 2: possible from 28d 00:00
        "#]],
    );
}

/// MikBill: between the 21st and the 24th, three days, a price of 15, again after ten days.
#[test]
fn mikbill() {
    check(
        "
        customer Ann
        open A UAH
        plan A inet 150.00
        policy UAH percent 100 hours 72 days 21-24 fee 15.00 cooldown-grant 10
        at 9d 00:00
        offer A
        at 20d 00:00
        promise A
        pay A 150.00 ref R1
        at 21d 00:00
        offer A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A UAH                           account_opened 100000017 | 0.00 = 0.00
            plan A inet 150.00                   plan_set | 0.00 = 0.00
            policy UAH percent 100 hours 72 days 21-24 fee 15.00 cooldown-grant 10
                promise_policy_set version 1
            at 9d 00:00
            offer A
                150.00 until 12d 00:00 fee 15.00
                month_days: limit 21, actual 10: possible from 20d 00:00
            at 20d 00:00
            promise A
                promise_granted crd_1-1 150.00 until 23d 00:00 | 0.00 + 150.00 = 150.00
                charge -15.00 | -15.00 + 150.00 = 135.00
            pay A 150.00 ref R1
                payment +150.00 | 135.00 + 150.00 = 285.00
                promise_ended crd_1-1 150.00 paid 150.00 Repaid | 135.00 = 135.00
            at 21d 00:00
            offer A
                150.00 until 24d 00:00 fee 15.00
                cooldown: limit 10 days, actual 1 days: possible from 30d 00:00
        "#]],
    );
}

/// Degunino: 72 hours, and 24 more for every year of being a customer.
/// Inforoom: for 3 or 10 days, when at least one month's fee was paid before.
#[test]
fn degunino_and_inforoom() {
    check(
        "
        customer Ann since -1100 group degunino
        customer Bob group inforoom
        open A RUB of 1
        open B RUB of 2
        plan B inet 400.00
        policy RUB group degunino fixed 300.00 hours 72 per-year 24
        policy RUB group inforoom percent 100 hours 72 choices 240 paid-min 100% bars +
            needed 100%
        offer A
        offer B hours 100
        pay B 400.00
        charge B 400.00
        promise B hours 240
        ",
        expect![[r#"
            customer Ann since -1100 group degunino customer_created cus_1
            customer Bob group inforoom          customer_created cus_2
            open A RUB of 1                      account_opened 100000017 | 0.00 = 0.00
            open B RUB of 2                      account_opened 100000025 | 0.00 = 0.00
            plan B inet 400.00                   plan_set | 0.00 = 0.00
            policy RUB group degunino fixed 300.00 hours 72 per-year 24 promise_policy_set version 1
            policy RUB group inforoom percent 100 hours 72 choices 240 paid-min 100% bars needed
                    100%
                promise_policy_set version 1
            offer A                              300.00 until 6d 00:00
            offer B hours 100
                400.00 until 4d 04:00
                paid_min: limit 400.00, actual 0.00: pay 400.00
                duration: limit 72 h, actual 100 h: ask [72, 240] h, up to None
            pay B 400.00                         payment +400.00 | 400.00 = 400.00
            charge B 400.00                      charge -400.00 | 0.00 = 0.00
            promise B hours 240
                promise_granted crd_2-1 400.00 until 10d 00:00 | 0.00 + 400.00 = 400.00
        "#]],
    );
}
