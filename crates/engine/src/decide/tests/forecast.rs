use expect_test::expect;

use super::check;

#[test]
fn what_is_ahead_and_what_is_to_be_paid() {
    check(
        "
        customer Ann
        service net day 10.00 count 10
        service tv day 3.00 count 5
        open A EUR
        pay A 14.00
        subscribe A net
        forecast A
        subscribe A tv
        forecast A
        effect A 0.00
        effect A 8.99
        effect A 12.00
        at 5d 00:00
        fire
        forecast A
        effect A 2.00
        effect A 1.99
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 10.00 count 10       service_set net v1
            service tv day 3.00 count 5          service_set tv v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 14.00                          payment +14.00 | 14.00 = 14.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 14.00 = 14.00
                period_started -10.00 sub_1-1 v1 00:00 to 10d 00:00 | 4.00 = 4.00
                switched sub_1-1 net v1 on activated | 4.00 = 4.00
            forecast A
                10d 00:00 off 1 period_unpaid
                pay 6.00 lasts until 20d 00:00
            subscribe A tv
                subscription_opened sub_1-2 tv v1 | 4.00 = 4.00
                period_started -3.00 sub_1-2 v1 00:00 to 5d 00:00 | 1.00 = 1.00
                switched sub_1-2 tv v1 on activated | 1.00 = 1.00
            forecast A
                5d 00:00 off 2 period_unpaid
                pay 15.00 lasts until 15d 00:00
            effect A 0.00
                available 1.00
                5d 00:00 off 2 period_unpaid
            effect A 8.99
                available 9.99
                10d 00:00 off 1 period_unpaid
            effect A 12.00
                available 13.00
                10d 00:00 off 2 period_unpaid
            at 5d 00:00
              5d 00:00 period_ended sub_1-2 | 1.00 = 1.00
              5d 00:00 switched sub_1-2 tv v1 off period_unpaid | 1.00 = 1.00
            fire
            forecast A
                10d 00:00 off 1 period_unpaid
                pay 15.00 lasts until 15d 00:00
            effect A 2.00
                available 0.00 on 2
                10d 00:00 off 1 period_unpaid
            effect A 1.99
                available 2.99 off 2 period_unpaid
                10d 00:00 off 1 period_unpaid
        "#]],
    );
}

#[test]
fn a_debt_a_bill_and_a_promise_are_paid_for() {
    check(
        "
        customer Ann
        policy EUR from 1.00 max 9.00 hours 48
        service net day 10.00 count 10 postpaid due 2/1
        open A EUR limit 30.00
        forecast A
        subscribe A net
        forecast A
        at 10d 00:00
        fire
        forecast A
        at 13d 00:00
        fire
        forecast A
        effect A 9.99
        effect A 10.00
        promise A 5.00
        forecast A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            policy EUR from 1.00 max 9.00 hours 48 promise_policy_set version 1
            service net day 10.00 count 10 postpaid due 2/1 service_set net v1
            open A EUR limit 30.00               account_opened 100000017 | 0.00 + 30.00 = 30.00
            forecast A
                nothing off until 400d 00:00
                pay 0.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 0.00 + 30.00 = 30.00
                period_started sub_1-1 v1 00:00 to 10d 00:00 postpaid | 0.00 + 30.00 = 30.00
                switched sub_1-1 net v1 on activated | 0.00 + 30.00 = 30.00
            forecast A
                13d 00:00 off 1 overdue
                pay 10.00 lasts until 20d 00:00
            at 10d 00:00
              10d 00:00 period_started -10.00 sub_1-1 v1 10d 00:00 to 20d 00:00 postpaid for
                  since 00:00 due 12d 00:00 off 13d 00:00
                  | -10.00 + 30.00 = 20.00
            fire
            forecast A
                13d 00:00 off 1 overdue
                pay 20.00 lasts until 30d 00:00
            at 13d 00:00
              13d 00:00 bill_overdue due 12d 00:00 owed 10.00 | -10.00 + 30.00 = 20.00
              13d 00:00 switched sub_1-1 net v1 off overdue | -10.00 + 30.00 = 20.00
            fire
            forecast A
                nothing off until 413d 00:00
                pay 20.00 lasts until 30d 00:00
            effect A 9.99                        available 29.99 off 1 overdue
            effect A 10.00
                available 30.00 on 1
                23d 00:00 off 1 overdue
            promise A 5.00
                promise_granted crd_1-1 5.00 until 15d 00:00 | -10.00 + 35.00 = 25.00
            forecast A
                nothing off until 413d 00:00
                pay 20.00 lasts until 30d 00:00
        "#]],
    );
}

#[test]
fn what_has_no_periods_is_kept_on_without_a_promise() {
    check(
        "
        customer Ann
        policy EUR from 1.00 max 9.00 hours 48
        service web use byte 0.0001
        open A EUR
        subscribe A web
        charge-after A 3.00
        promise A 5.00
        forecast A
        effect A 2.99
        effect A 3.00
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            policy EUR from 1.00 max 9.00 hours 48 promise_policy_set version 1
            service web use byte 0.0001          service_set web v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            subscribe A web
                subscription_opened sub_1-1 web v1 | 0.00 = 0.00
                switched sub_1-1 web v1 on activated | 0.00 = 0.00
            charge-after A 3.00
                charge -3.00 overrun 3.00 | -3.00 = -3.00
                switched sub_1-1 web v1 off funds_low | -3.00 = -3.00
            promise A 5.00
                promise_granted crd_1-1 5.00 until 2d 00:00 | -3.00 + 5.00 = 2.00
                switched sub_1-1 web v1 on restored | -3.00 + 5.00 = 2.00
            forecast A
                2d 00:00 off 1 funds_low
                pay 3.00
            effect A 2.99
                available 4.99
                2d 00:00 off 1 funds_low
            effect A 3.00                        available 5.00
        "#]],
    );
}

#[test]
fn suspended_and_locked_accounts_are_told_what_is_true_of_them() {
    check(
        "
        customer Ann
        service net day 10.00 count 10
        open A EUR
        subscribe A net
        suspend A/1
        charge-after A 1.00
        forecast A
        resume A/1
        forecast A
        lock A
        forecast A
        effect A 11.00
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 10.00 count 10       service_set net v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            subscribe A net                      subscription_opened sub_1-1 net v1 | 0.00 = 0.00
            suspend A/1
                subscription_suspended sub_1-1 by the customer | 0.00 = 0.00
            charge-after A 1.00                  charge -1.00 overrun 1.00 | -1.00 = -1.00
            forecast A
                nothing off until 400d 00:00
                pay 1.00
            resume A/1                           subscription_resumed sub_1-1 | -1.00 = -1.00
            forecast A
                nothing off until 400d 00:00
                pay 11.00 lasts until 10d 00:00
            lock A                               payments_locked | -1.00 = -1.00
            forecast A
                nothing off until 400d 00:00
                pay 11.00 lasts until 10d 00:00
            effect A 11.00                       available -1.00 off 1 funds_low
        "#]],
    );
}

#[test]
fn what_never_ends_is_looked_at_for_a_while() {
    check(
        "
        customer Ann
        service hourly hour 0.01
        service free hour 0.00
        open A EUR limit unlimited
        open B EUR
        pay B 1000000.00
        subscribe A hourly
        subscribe B hourly
        subscribe B free
        forecast A
        forecast B
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service hourly hour 0.01             service_set hourly v1
            service free hour 0.00               service_set free v1
            open A EUR limit unlimited           account_opened 100000017 | 0.00 + unlimited
            open B EUR                           account_opened 100000025 | 0.00 = 0.00
            pay B 1000000.00                     payment +1000000.00 | 1000000.00 = 1000000.00
            subscribe A hourly
                subscription_opened sub_1-1 hourly v1 | 0.00 + unlimited
                period_started -0.01 sub_1-1 v1 00:00 to 01:00 | -0.01 + unlimited
                switched sub_1-1 hourly v1 on activated | -0.01 + unlimited
            subscribe B hourly
                subscription_opened sub_2-1 hourly v1 | 1000000.00 = 1000000.00
                period_started -0.01 sub_2-1 v1 00:00 to 01:00 | 999999.99 = 999999.99
                switched sub_2-1 hourly v1 on activated | 999999.99 = 999999.99
            subscribe B free
                subscription_opened sub_2-2 free v1 | 999999.99 = 999999.99
                period_started sub_2-2 v1 00:00 to 01:00 | 999999.99 = 999999.99
                switched sub_2-2 free v1 on activated | 999999.99 = 999999.99
            forecast A
                nothing off until 170d 16:00
                pay 0.00 lasts until 02:00
            forecast B
                nothing off until 85d 08:00
                pay 0.00 lasts until 02:00
        "#]],
    );
}

#[test]
fn without_services_the_debt_alone_is_to_be_paid() {
    check(
        "
        customer Ann
        open A EUR
        charge-after A 1.50
        forecast A
        effect A 1.50
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            charge-after A 1.50                  charge -1.50 overrun 1.50 | -1.50 = -1.50
            forecast A
                nothing off until 400d 00:00
                pay 1.50
            effect A 1.50                        available 0.00
        "#]],
    );
}
