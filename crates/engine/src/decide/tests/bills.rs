use expect_test::expect;

use super::check;

#[test]
fn what_is_due_waits_for_a_working_day_and_then_for_its_days_of_grace() {
    check(
        "
        zone UTC holidays 2027-01-18
        customer Ann
        service net month 30.00 anchor 1 postpaid due 16/5 skip weekends,holidays
        open A EUR limit 100.00
        at 2026-12-01 00:00
        subscribe A net
        at 2027-01-01 00:00
        fire
        at 2027-01-24 23:59
        pay A 29.99 ref R1
        at 2027-01-25 00:00
        fire
        charge A 1.00
        pay A 0.01 ref R2
        pay A 1.00 ref R3
        ",
        expect![[r#"
            zone UTC holidays 2027-01-18
            customer Ann                         customer_created cus_1
            service net month 30.00 anchor 1 postpaid due 16/5 skip weekends,holidays
                service_set net v1
            open A EUR limit 100.00              account_opened 100000017 | 0.00 + 100.00 = 100.00
            at 2026-12-01 00:00
            subscribe A net
                subscription_opened sub_1-1 net v1
                  | 0.00 + 100.00 = 100.00
                period_started sub_1-1 v1 2026-12-01 00:00 to 2027-01-01 00:00 postpaid
                  | 0.00 + 100.00 = 100.00
                switched sub_1-1 net v1 on activated
                  | 0.00 + 100.00 = 100.00
            at 2027-01-01 00:00
              2027-01-01 00:00 period_started -30.00 sub_1-1 v1 2027-01-01 00:00 to 2027-02-01
                  00:00 postpaid for since 2026-12-01 00:00 due 2027-01-19 00:00 off 2027-01-25
                  00:00
                  | -30.00 + 100.00 = 70.00
            fire
            at 2027-01-24 23:59
            pay A 29.99 ref R1                   payment +29.99 | -0.01 + 100.00 = 99.99
            at 2027-01-25 00:00
              2027-01-25 00:00 bill_overdue due 2027-01-19 00:00 owed 0.01
                  | -0.01 + 100.00 = 99.99
              2027-01-25 00:00 switched sub_1-1 net v1 off overdue | -0.01 + 100.00 = 99.99
            fire
            charge A 1.00                        charge -1.00 | -1.01 + 100.00 = 98.99
            pay A 0.01 ref R2
                payment +0.01 | -1.00 + 100.00 = 99.00
                switched sub_1-1 net v1 on restored | -1.00 + 100.00 = 99.00
            pay A 1.00 ref R3                    payment +1.00 | 0.00 + 100.00 = 100.00
        "#]],
    );
}

#[test]
fn a_bill_that_is_paid_in_time_switches_nothing() {
    check(
        "
        customer Ann
        service net day 10.00 count 10 postpaid due 2/1
        open A EUR limit 100.00
        subscribe A net
        at 10d 00:00
        fire
        at 11d 00:00
        pay A 4.00 ref R1
        at 12d 12:00
        pay A 6.00 ref R2
        at 13d 00:00
        fire
        at 20d 00:00
        fire
        at 23d 00:00
        fire
        at 25d 00:00
        fire
        pay A 10.00 ref R3
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 10.00 count 10 postpaid due 2/1 service_set net v1
            open A EUR limit 100.00              account_opened 100000017 | 0.00 + 100.00 = 100.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 0.00 + 100.00 = 100.00
                period_started sub_1-1 v1 00:00 to 10d 00:00 postpaid | 0.00 + 100.00 = 100.00
                switched sub_1-1 net v1 on activated | 0.00 + 100.00 = 100.00
            at 10d 00:00
              10d 00:00 period_started -10.00 sub_1-1 v1 10d 00:00 to 20d 00:00 postpaid for
                  since 00:00 due 12d 00:00 off 13d 00:00
                  | -10.00 + 100.00 = 90.00
            fire
            at 11d 00:00
            pay A 4.00 ref R1                    payment +4.00 | -6.00 + 100.00 = 94.00
            at 12d 12:00
            pay A 6.00 ref R2                    payment +6.00 | 0.00 + 100.00 = 100.00
            at 13d 00:00
            fire
            at 20d 00:00
              20d 00:00 period_started -10.00 sub_1-1 v1 20d 00:00 to 30d 00:00 postpaid for
                  since 10d 00:00 due 22d 00:00 off 23d 00:00
                  | -10.00 + 100.00 = 90.00
            fire
            at 23d 00:00
              23d 00:00 bill_overdue due 22d 00:00 owed 10.00 | -10.00 + 100.00 = 90.00
              23d 00:00 switched sub_1-1 net v1 off overdue | -10.00 + 100.00 = 90.00
            fire
            at 25d 00:00
            fire
            pay A 10.00 ref R3
                payment +10.00 | 0.00 + 100.00 = 100.00
                switched sub_1-1 net v1 on restored | 0.00 + 100.00 = 100.00
        "#]],
    );
}

#[test]
fn two_bills_of_one_due_date_become_overdue_each_in_its_time() {
    check(
        "
        customer Ann
        service net day 10.00 count 10 postpaid due 2/5
        service tv day 1.00 count 10 postpaid due 2/3
        open A EUR limit 100.00
        subscribe A net
        subscribe A tv
        at 10d 00:00
        fire
        at 15d 00:00
        fire
        pay A 11.00 ref R1
        at 17d 00:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 10.00 count 10 postpaid due 2/5 service_set net v1
            service tv day 1.00 count 10 postpaid due 2/3 service_set tv v1
            open A EUR limit 100.00              account_opened 100000017 | 0.00 + 100.00 = 100.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 0.00 + 100.00 = 100.00
                period_started sub_1-1 v1 00:00 to 10d 00:00 postpaid | 0.00 + 100.00 = 100.00
                switched sub_1-1 net v1 on activated | 0.00 + 100.00 = 100.00
            subscribe A tv
                subscription_opened sub_1-2 tv v1 | 0.00 + 100.00 = 100.00
                period_started sub_1-2 v1 00:00 to 10d 00:00 postpaid | 0.00 + 100.00 = 100.00
                switched sub_1-2 tv v1 on activated | 0.00 + 100.00 = 100.00
            at 10d 00:00
              10d 00:00 period_started -10.00 sub_1-1 v1 10d 00:00 to 20d 00:00 postpaid for
                  since 00:00 due 12d 00:00 off 17d 00:00
                  | -10.00 + 100.00 = 90.00
              10d 00:00 period_started -1.00 sub_1-2 v1 10d 00:00 to 20d 00:00 postpaid for
                  since 00:00 due 12d 00:00 off 15d 00:00
                  | -11.00 + 100.00 = 89.00
            fire
            at 15d 00:00
              15d 00:00 bill_overdue due 12d 00:00 owed 11.00 | -11.00 + 100.00 = 89.00
              15d 00:00 switched sub_1-1 net v1 off overdue | -11.00 + 100.00 = 89.00
              15d 00:00 switched sub_1-2 tv v1 off overdue | -11.00 + 100.00 = 89.00
            fire
            pay A 11.00 ref R1
                payment +11.00 | 0.00 + 100.00 = 100.00
                switched sub_1-1 net v1 on restored | 0.00 + 100.00 = 100.00
                switched sub_1-2 tv v1 on restored | 0.00 + 100.00 = 100.00
            at 17d 00:00
            fire
        "#]],
    );
}

#[test]
fn a_postpaid_period_is_charged_at_its_end_into_the_credit_limit() {
    check(
        "
        customer Ann
        service net day 24.00 count 10 postpaid
        open A EUR limit 40.00
        subscribe A net
        at 4d 00:00
        suspend A/1
        at 6d 00:00
        resume A/1
        at 10d 00:00
        fire
        at 20d 00:00
        fire
        at 23d 00:00
        pay A 8.00 ref R1
        pay A 30.00 ref R2
        at 30d 00:00
        unsubscribe A/1
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 24.00 count 10 postpaid service_set net v1
            open A EUR limit 40.00               account_opened 100000017 | 0.00 + 40.00 = 40.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 0.00 + 40.00 = 40.00
                period_started sub_1-1 v1 00:00 to 10d 00:00 postpaid | 0.00 + 40.00 = 40.00
                switched sub_1-1 net v1 on activated | 0.00 + 40.00 = 40.00
            at 4d 00:00
            suspend A/1
                subscription_suspended sub_1-1 by the customer | 0.00 + 40.00 = 40.00
                switched sub_1-1 net v1 off suspended_by_customer | 0.00 + 40.00 = 40.00
            at 6d 00:00
            resume A/1
                subscription_resumed sub_1-1 | 0.00 + 40.00 = 40.00
                switched sub_1-1 net v1 on restored | 0.00 + 40.00 = 40.00
            at 10d 00:00
              10d 00:00 period_started -24.00 sub_1-1 v1 10d 00:00 to 20d 00:00 postpaid for
                  since 00:00
                  | -24.00 + 40.00 = 16.00
            fire
            at 20d 00:00
              20d 00:00 period_ended -24.00 sub_1-1 overrun 8.00 | -48.00 + 40.00 = -8.00
              20d 00:00 switched sub_1-1 net v1 off funds_low | -48.00 + 40.00 = -8.00
            fire
            at 23d 00:00
            pay A 8.00 ref R1
                payment +8.00
                  | -40.00 + 40.00 = 0.00
                period_started sub_1-1 v1 20d 00:00 to 30d 00:00 postpaid
                  | -40.00 + 40.00 = 0.00
                switched sub_1-1 net v1 on restored
                  | -40.00 + 40.00 = 0.00
            pay A 30.00 ref R2                   payment +30.00 | -10.00 + 40.00 = 30.00
            at 30d 00:00
              30d 00:00 period_started -24.00 sub_1-1 v1 30d 00:00 to 40d 00:00 postpaid for
                  since 20d 00:00
                  | -34.00 + 40.00 = 6.00
            unsubscribe A/1
                subscription_closed sub_1-1 | -34.00 + 40.00 = 6.00
                switched sub_1-1 net v1 off closed | -34.00 + 40.00 = 6.00
        "#]],
    );
}

#[test]
fn an_overdue_bill_switches_every_service_of_the_account_off() {
    check(
        "
        customer Ann
        service later day 10.00 count 10 postpaid due 1/0
        service net day 5.00 count 7
        service web use byte 0.01
        open A EUR limit 50.00
        subscribe A later
        subscribe A net
        subscribe A web
        at 11d 00:00
        fire
        authorise-use A/3 S1 10
        pay A 15.00 ref R1
        pay A 5.00 ref R2
        at 14d 00:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service later day 10.00 count 10 postpaid due 1/0 service_set later v1
            service net day 5.00 count 7         service_set net v1
            service web use byte 0.01            service_set web v1
            open A EUR limit 50.00               account_opened 100000017 | 0.00 + 50.00 = 50.00
            subscribe A later
                subscription_opened sub_1-1 later v1 | 0.00 + 50.00 = 50.00
                period_started sub_1-1 v1 00:00 to 10d 00:00 postpaid | 0.00 + 50.00 = 50.00
                switched sub_1-1 later v1 on activated | 0.00 + 50.00 = 50.00
            subscribe A net
                subscription_opened sub_1-2 net v1 | 0.00 + 50.00 = 50.00
                period_started -5.00 sub_1-2 v1 00:00 to 7d 00:00 | -5.00 + 50.00 = 45.00
                switched sub_1-2 net v1 on activated | -5.00 + 50.00 = 45.00
            subscribe A web
                subscription_opened sub_1-3 web v1 | -5.00 + 50.00 = 45.00
                switched sub_1-3 web v1 on activated | -5.00 + 50.00 = 45.00
            at 11d 00:00
              7d 00:00 period_started -5.00 sub_1-2 v1 7d 00:00 to 14d 00:00
                  | -10.00 + 50.00 = 40.00
              10d 00:00 period_started -10.00 sub_1-1 v1 10d 00:00 to 20d 00:00 postpaid for
                  since 00:00 due 11d 00:00 off 11d 00:00
                  | -20.00 + 50.00 = 30.00
              11d 00:00 bill_overdue due 11d 00:00 owed 20.00 | -20.00 + 50.00 = 30.00
              11d 00:00 switched sub_1-1 later v1 off overdue | -20.00 + 50.00 = 30.00
              11d 00:00 switched sub_1-2 net v1 off overdue | -20.00 + 50.00 = 30.00
              11d 00:00 switched sub_1-3 web v1 off overdue | -20.00 + 50.00 = 30.00
            fire
            authorise-use A/3 S1 10              subscription_off subscription sub_1-3 why overdue
            pay A 15.00 ref R1                   payment +15.00 | -5.00 + 50.00 = 45.00
            pay A 5.00 ref R2
                payment +5.00 | 0.00 + 50.00 = 50.00
                switched sub_1-1 later v1 on restored | 0.00 + 50.00 = 50.00
                switched sub_1-2 net v1 on restored | 0.00 + 50.00 = 50.00
                switched sub_1-3 web v1 on restored | 0.00 + 50.00 = 50.00
            at 14d 00:00
              14d 00:00 period_started -5.00 sub_1-2 v1 14d 00:00 to 21d 00:00
                  | -5.00 + 50.00 = 45.00
            fire
        "#]],
    );
}
