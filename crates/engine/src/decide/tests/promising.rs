//! Promised payments: each rule, what helps, and how a promise ends.

use expect_test::expect;

use super::check;

#[test]
fn a_promise_is_kept_by_real_payments_only() {
    check(
        "
        customer Ann
        open A EUR
        promise A
        policy EUR fixed 10.00 hours 48 bars fee 0.50 waived 5.00
        offer A
        promise A
        charge A 9.00
        adjust A 20.00 goodwill
        promise A
        pay A 4.00 ref R1
        pay A 5.99 ref R2
        cancel R2
        pay A 6.00 ref R3
        offer A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            promise A                            no_promise_policy group null
            policy EUR fixed 10.00 hours 48 bars fee 0.50 waived 5.00 promise_policy_set version 1
            offer A                              10.00 until 2d 00:00 fee 0.50
            promise A
                promise_granted crd_1-1 10.00 until 2d 00:00 | 0.00 + 10.00 = 10.00
                charge -0.50 | -0.50 + 10.00 = 9.50
            charge A 9.00                        charge -9.00 | -9.50 + 10.00 = 0.50
            adjust A 20.00 goodwill              adjustment +20.00 | 10.50 + 10.00 = 20.50
            promise A
                promise_not_possible
                open_max: limit 1, actual 1: pay 10.00
            pay A 4.00 ref R1                    payment +4.00 | 14.50 + 10.00 = 24.50
            pay A 5.99 ref R2                    payment +5.99 | 20.49 + 10.00 = 30.49
            cancel R2                            payment_cancelled -5.99 | 14.50 + 10.00 = 24.50
            pay A 6.00 ref R3
                payment +6.00 | 20.50 + 10.00 = 30.50
                promise_ended crd_1-1 10.00 paid 10.00 Repaid | 20.50 = 20.50
            offer A                              10.00 until 2d 00:00
        "#]],
    );
}

#[test]
fn a_promise_ends_at_its_moment() {
    check(
        "
        customer Ann
        open A EUR
        open B EUR
        policy EUR fixed 10.00 hours 48 bars unkept-max 1 open 2
        promise A
        promise B
        charge A 10.00
        charge B 10.00
        pay B 3.00 ref R1
        at 1d 00:00
        fire
        at 2d 00:00
        fire
        offer A
        offer B
        pay A 12.00 ref R2
        offer A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            open B EUR                           account_opened 100000025 | 0.00 = 0.00
            policy EUR fixed 10.00 hours 48 bars unkept-max 1 open 2 promise_policy_set version 1
            promise A
                promise_granted crd_1-1 10.00 until 2d 00:00 | 0.00 + 10.00 = 10.00
            promise B
                promise_granted crd_2-1 10.00 until 2d 00:00 | 0.00 + 10.00 = 10.00
            charge A 10.00                       charge -10.00 | -10.00 + 10.00 = 0.00
            charge B 10.00                       charge -10.00 | -10.00 + 10.00 = 0.00
            pay B 3.00 ref R1                    payment +3.00 | -7.00 + 10.00 = 3.00
            at 1d 00:00
              1d 00:00 credit_ending crd_1-1 10.00 until 2d 00:00 | -10.00 + 10.00 = 0.00
              1d 00:00 credit_ending crd_2-1 10.00 until 2d 00:00 | -7.00 + 10.00 = 3.00
            fire
            at 2d 00:00
              2d 00:00 promise_ended crd_1-1 10.00 paid 0.00 Expired | -10.00 = -10.00
              2d 00:00 promise_ended crd_2-1 10.00 paid 3.00 PartlyRepaid | -7.00 = -7.00
            fire
            offer A
                10.00 until 4d 00:00
                unkept: limit 0.00, actual 10.00: pay 10.00
            offer B
                10.00 until 4d 00:00
                unkept: limit 0.00, actual 7.00: pay 7.00
            pay A 12.00 ref R2                   payment +12.00 | 2.00 = 2.00
            offer A                              10.00 until 4d 00:00
        "#]],
    );
}

#[test]
fn unkept_promises_in_a_row_are_counted() {
    check(
        "
        customer Ann
        open A EUR
        policy EUR fixed 10.00 hours 48 bars unkept-max 1
        promise A
        at 2d 00:00
        pay A 12.00 ref R2
        promise A
        revoke A/2
        at 3d 00:00
        pay A 1.00 ref R3
        promise A
        at 6d 00:00
        fire
        pay A 20.00 ref R4
        offer A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            policy EUR fixed 10.00 hours 48 bars unkept-max 1 promise_policy_set version 1
            promise A
                promise_granted crd_1-1 10.00 until 2d 00:00 | 0.00 + 10.00 = 10.00
            at 2d 00:00
              1d 00:00 credit_ending crd_1-1 10.00 until 2d 00:00 | 0.00 + 10.00 = 10.00
              2d 00:00 promise_ended crd_1-1 10.00 paid 0.00 Expired | 0.00 = 0.00
            pay A 12.00 ref R2                   payment +12.00 | 12.00 = 12.00
            promise A
                promise_granted crd_1-2 10.00 until 4d 00:00 | 12.00 + 10.00 = 22.00
            revoke A/2
                promise_ended crd_1-2 10.00 paid 0.00 Revoked | 12.00 = 12.00
            at 3d 00:00
            pay A 1.00 ref R3                    payment +1.00 | 13.00 = 13.00
            promise A
                promise_granted crd_1-3 10.00 until 5d 00:00 | 13.00 + 10.00 = 23.00
            at 6d 00:00
              4d 00:00 credit_ending crd_1-3 10.00 until 5d 00:00 | 13.00 + 10.00 = 23.00
              5d 00:00 promise_ended crd_1-3 10.00 paid 0.00 Expired | 13.00 = 13.00
            fire
            pay A 20.00 ref R4                   payment +20.00 | 33.00 = 33.00
            offer A
                10.00 until 8d 00:00
                unkept_max: limit 1, actual 2: nothing helps
        "#]],
    );
}

#[test]
fn every_rule_that_fails_is_answered() {
    check(
        "
        customer Ann since -10
        open A EUR ceiling 5.00
        policy EUR fixed 8.00 channels self-care plans gold terms tenure 30 blocked 2 +
            debt-max 3.00 debt-age 1 paid-min 2.00 needed 1.00 days 5-7 repeat-min 0.00 +
            month 1
        charge-after A 4.00
        at 5d 00:00
        offer A hours 10
        offer A 4.00 via self-care accept
        promise A 4.00
        ",
        expect![[r#"
            customer Ann since -10               customer_created cus_1
            open A EUR ceiling 5.00              account_opened 100000017 | 0.00 = 0.00
            policy EUR fixed 8.00 channels self-care plans gold terms tenure 30 blocked 2 debt-max
                    3.00 debt-age 1 paid-min 2.00 needed 1.00 days 5-7 repeat-min 0.00 month 1
                promise_policy_set version 1
            charge-after A 4.00                  charge -4.00 overrun 4.00 | -4.00 = -4.00
            at 5d 00:00
            offer A hours 10
                8.00 until 5d 10:00
                channel: limit self-care, actual console: through self-care
                plan: limit gold, actual -: nothing helps
                acceptance: limit -, actual -: accept the terms
                tenure: limit 30 days, actual 15 days: possible from 20d 00:00
                blocked_days: limit 2 days, actual 5 days: pay 4.00
                debt_max: limit 3.00, actual 4.00: pay 1.00
                debt_age: limit 1 days, actual 5 days: pay 4.00
                paid_min: limit 2.00, actual 0.00: pay 2.00
                duration: limit 72 h, actual 10 h: ask [72] h, up to None
                ceiling: limit 5.00, actual 8.00: ask 0.00 to 5.00
            offer A 4.00 via self-care accept
                4.00 until 8d 00:00
                plan: limit gold, actual -: nothing helps
                tenure: limit 30 days, actual 15 days: possible from 20d 00:00
                blocked_days: limit 2 days, actual 5 days: pay 4.00
                debt_max: limit 3.00, actual 4.00: pay 1.00
                debt_age: limit 1 days, actual 5 days: pay 4.00
                paid_min: limit 2.00, actual 0.00: pay 2.00
                amount: limit 8.00, actual 4.00: ask 8.00 to 8.00
            promise A 4.00
                promise_not_possible
                channel: limit self-care, actual console: through self-care
                plan: limit gold, actual -: nothing helps
                acceptance: limit -, actual -: accept the terms
                tenure: limit 30 days, actual 15 days: possible from 20d 00:00
                blocked_days: limit 2 days, actual 5 days: pay 4.00
                debt_max: limit 3.00, actual 4.00: pay 1.00
                debt_age: limit 1 days, actual 5 days: pay 4.00
                paid_min: limit 2.00, actual 0.00: pay 2.00
                amount: limit 8.00, actual 4.00: ask 8.00 to 8.00
        "#]],
    );
}

#[test]
fn counts_windows_and_cooldowns_say_from_when() {
    check(
        "
        customer Ann
        open A EUR
        policy EUR from 1.00 max 9.00 hours 24 hours-max 96 window 2/28 cooldown 3 month 3
        promise A 2.00
        promise A 2.00
        at 1d 00:00
        fire
        offer A 2.00
        at 4d 00:00
        promise A 2.00 hours 12
        at 4d 12:00
        fire
        at 8d 00:00
        offer A 2.00
        offer A 10.00 hours 97
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            policy EUR from 1.00 max 9.00 hours 24 hours-max 96 window 2/28 cooldown 3 month 3
                promise_policy_set version 1
            promise A 2.00
                promise_granted crd_1-1 2.00 until 1d 00:00 | 0.00 + 2.00 = 2.00
            promise A 2.00
                promise_not_possible
                open_max: limit 1, actual 1: pay 2.00
            at 1d 00:00
              1d 00:00 promise_ended crd_1-1 2.00 paid 0.00 Expired | 0.00 = 0.00
            fire
            offer A 2.00
                2.00 until 2d 00:00
                cooldown: limit 3 days, actual 0 days: possible from 4d 00:00
            at 4d 00:00
            promise A 2.00 hours 12
                promise_granted crd_1-2 2.00 until 4d 12:00 | 0.00 + 2.00 = 2.00
            at 4d 12:00
              4d 12:00 promise_ended crd_1-2 2.00 paid 0.00 Expired | 0.00 = 0.00
            fire
            at 8d 00:00
            offer A 2.00
                2.00 until 9d 00:00
                per_window: limit 2, actual 2: possible from 28d 00:00
            offer A 10.00 hours 97
                10.00 until 12d 01:00
                per_window: limit 2, actual 2: possible from 28d 00:00
                duration: limit 96 h, actual 97 h: ask [24] h, up to Some(96)
                amount: limit 9.00, actual 10.00: ask 1.00 to 9.00
        "#]],
    );
}

#[test]
fn a_policy_changes_and_ends() {
    check(
        "
        customer Ann
        open A EUR
        policy EUR from 1.00 max 9.00 hours 24 cooldown-grant 5 open 9
        at 10d 00:00
        promise A 9.00
        offer A 0.50
        policy EUR withdrawn
        offer A
        policy EUR group vip fixed 1.00
        update 1 Ann group vip
        offer A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            policy EUR from 1.00 max 9.00 hours 24 cooldown-grant 5 open 9
                promise_policy_set version 1
            at 10d 00:00
            promise A 9.00
                promise_granted crd_1-1 9.00 until 11d 00:00 | 0.00 + 9.00 = 9.00
            offer A 0.50
                0.50 until 11d 00:00
                cooldown: limit 5 days, actual 0 days: possible from 15d 00:00
                amount: limit 1.00, actual 0.50: ask 1.00 to 9.00
            policy EUR withdrawn                 promise_policy_set version 2
            offer A                              no_promise_policy group null
            policy EUR group vip fixed 1.00      promise_policy_set version 1
            update 1 Ann group vip               customer_updated cus_1
            offer A
                1.00 until 13d 00:00
                open_max: limit 1, actual 1: pay 9.00
        "#]],
    );
}

#[test]
fn staff_override_within_the_cap_of_their_role() {
    check(
        "
        customer Ann
        open A EUR
        policy EUR from 1.00 max 9.00 hours 24 needed 0.00 override agent:50.00:72 +
            holds-plan
        plan A internet 20.00
        promise A 40.00
        promise A 51.00 over agent
        promise A 40.00 hours 100 over agent
        promise A 40.00 over clerk
        promise A 40.00 hours 72 over agent
        plan A none
        promise A 40.00 over agent
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            policy EUR from 1.00 max 9.00 hours 24 needed 0.00 override agent:50.00:72 holds-plan
                promise_policy_set version 1
            plan A internet 20.00                plan_set | 0.00 = 0.00
            promise A 40.00
                promise_not_possible
                needed: limit 0.00, actual 0.00: nothing helps
                amount: limit 9.00, actual 40.00: ask 1.00 to 9.00
            promise A 51.00 over agent
                override_not_allowed amount_max 50.00 hours 24 hours_max 72
                  requested 51.00 role agent
            promise A 40.00 hours 100 over agent
                override_not_allowed amount_max 50.00 hours 100 hours_max 72
                  requested 40.00 role agent
            promise A 40.00 over clerk
                override_not_allowed amount_max 0.00 hours 24 hours_max 0 requested 40.00 role clerk
            promise A 40.00 hours 72 over agent
                promise_granted crd_1-1 40.00 until 3d 00:00 over needed duration amount
                  | 0.00 + 40.00 = 40.00
            plan A none                          plan_held until 3d 00:00
            promise A 40.00 over agent
                promise_granted crd_1-2 40.00 until 1d 00:00 over open_max needed amount
                  | 0.00 + 80.00 = 80.00
        "#]],
    );
}

#[test]
fn a_limit_is_told_to_end_a_day_before() {
    check(
        "
        customer Ann
        open A EUR
        credit A 5.00 until 3d 12:00
        credit A 5.00 until 20:00
        at 2d 12:00
        fire
        at 3d 12:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            credit A 5.00 until 3d 12:00
                credit_granted crd_1-1 5.00 until 3d 12:00 | 0.00 + 5.00 = 5.00
            credit A 5.00 until 20:00
                credit_granted crd_1-2 5.00 until 20:00 | 0.00 + 10.00 = 10.00
            at 2d 12:00
              20:00 credit_ended crd_1-2 5.00 Expired | 0.00 + 5.00 = 5.00
              2d 12:00 credit_ending crd_1-1 5.00 until 3d 12:00 | 0.00 + 5.00 = 5.00
            fire
            at 3d 12:00
              3d 12:00 credit_ended crd_1-1 5.00 Expired | 0.00 = 0.00
            fire
        "#]],
    );
}

#[test]
fn spans_that_no_calendar_has_are_no_trouble() {
    check(
        "
        customer Ann
        open A EUR
        policy EUR fixed 1.00 hours 4000000000 cooldown 4000000000 per-year 4000000000
        promise A hours 4294967295
        promise A
        revoke A/1
        offer A
        policy EUR fixed 1.00 tenure 4000000000 window 1/4000000000 blocked 4000000000
        offer A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            policy EUR fixed 1.00 hours 4000000000 cooldown 4000000000 per-year 4000000000
                promise_policy_set version 1
            promise A hours 4294967295
                promise_not_possible
                duration: limit 4000000000 h, actual 4294967295 h:
                    ask [4000000000] h, up to None
            promise A
                promise_granted crd_1-1 1.00 until 106751991d 04:00:54.775807 | 0.00 + 1.00 = 1.00
            revoke A/1
                promise_ended crd_1-1 1.00 paid 0.00 Revoked | 0.00 = 0.00
            offer A
                1.00 until 106751991d 04:00:54.775807
                cooldown: limit 4000000000 days, actual 0 days:
                    possible from 106751991d 04:00:54.775807
            policy EUR fixed 1.00 tenure 4000000000 window 1/4000000000 blocked 4000000000
                promise_policy_set version 2
            offer A
                1.00 until 3d 00:00
                per_window: limit 1, actual 1: possible from 106751991d 04:00:54.775807
                tenure: limit 4000000000 days, actual 0 days:
                    possible from 106751991d 04:00:54.775807
        "#]],
    );
}

#[test]
fn a_remedy_helps() {
    check(
        "
        customer Ann
        open A EUR
        policy EUR shortfall max 5.00
        offer A 3.00
        charge-after A 8.00
        offer A
        offer A 5.00
        offer A 8.00
        pay A 3.00
        promise A
        policy EUR fixed 1.00 open 1 override agent:9.00:72
        promise A over agent
        promise A 7.00 over agent
        offer A
        pay A 5.00
        offer A
        policy EUR fixed 1.00 open 0
        offer A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            policy EUR shortfall max 5.00        promise_policy_set version 1
            offer A 3.00
                3.00 until 3d 00:00
                needed: limit 0.00, actual 0.00: nothing helps
                amount: limit 0.00, actual 3.00: ask 0.00 to 0.00
            charge-after A 8.00                  charge -8.00 overrun 8.00 | -8.00 = -8.00
            offer A
                8.00 until 3d 00:00
                amount: limit 5.00, actual 8.00: pay 3.00
            offer A 5.00
                5.00 until 3d 00:00
                amount: limit 8.00, actual 5.00: pay 3.00
            offer A 8.00
                8.00 until 3d 00:00
                amount: limit 5.00, actual 8.00: pay 3.00
            pay A 3.00                           payment +3.00 | -5.00 = -5.00
            promise A
                promise_granted crd_1-1 5.00 until 3d 00:00 | -5.00 + 5.00 = 0.00
            policy EUR fixed 1.00 open 1 override agent:9.00:72 promise_policy_set version 2
            promise A over agent
                promise_granted crd_1-2 1.00 until 3d 00:00 over open_max | -5.00 + 6.00 = 1.00
            promise A 7.00 over agent
                promise_granted crd_1-3 7.00 until 3d 00:00 over open_max amount
                  | -5.00 + 13.00 = 8.00
            offer A
                1.00 until 3d 00:00
                open_max: limit 1, actual 3: pay 7.00
            pay A 5.00
                payment +5.00 | 0.00 + 13.00 = 13.00
                promise_ended crd_1-1 5.00 paid 5.00 Repaid | 0.00 + 8.00 = 8.00
                promise_ended crd_1-2 1.00 paid 5.00 Repaid | 0.00 + 7.00 = 7.00
            offer A
                1.00 until 3d 00:00
                open_max: limit 1, actual 1: pay 2.00
            policy EUR fixed 1.00 open 0         promise_policy_set version 3
            offer A
                1.00 until 3d 00:00
                open_max: limit 0, actual 1: nothing helps
        "#]],
    );
}

/// The fee is charged even so, and what nothing covers of it is marked.
#[test]
fn a_fee_that_the_promise_does_not_cover_is_an_overrun() {
    check(
        "
        customer Ann
        open A EUR
        policy EUR fixed 10.00 hours 48 fee 1.00
        charge-after A 9.60
        promise A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            policy EUR fixed 10.00 hours 48 fee 1.00 promise_policy_set version 1
            charge-after A 9.60                  charge -9.60 overrun 9.60 | -9.60 = -9.60
            promise A
                promise_granted crd_1-1 10.00 until 2d 00:00 | -9.60 + 10.00 = 0.40
                charge -1.00 overrun 0.60 | -10.60 + 10.00 = -0.60
        "#]],
    );
}
