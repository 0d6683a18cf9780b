use expect_test::expect;

use super::check;

#[test]
fn the_last_bill_is_due_like_any_other() {
    check(
        "
        customer Ann
        service net day 30.00 count 30 postpaid due 5/2
        service mail day 1.00 count 30
        open A EUR limit 100.00
        subscribe A net
        subscribe A mail
        at 10d 12:00
        unsubscribe A/1
        at 17d 00:00
        fire
        pay A 11.50
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 30.00 count 30 postpaid due 5/2 service_set net v1
            service mail day 1.00 count 30       service_set mail v1
            open A EUR limit 100.00              account_opened 100000017 | 0.00 + 100.00 = 100.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 0.00 + 100.00 = 100.00
                period_started sub_1-1 v1 00:00 to 30d 00:00 postpaid | 0.00 + 100.00 = 100.00
                switched sub_1-1 net v1 on activated | 0.00 + 100.00 = 100.00
            subscribe A mail
                subscription_opened sub_1-2 mail v1 | 0.00 + 100.00 = 100.00
                period_started -1.00 sub_1-2 v1 00:00 to 30d 00:00 | -1.00 + 100.00 = 99.00
                switched sub_1-2 mail v1 on activated | -1.00 + 100.00 = 99.00
            at 10d 12:00
            unsubscribe A/1
                subscription_closed -10.50 sub_1-1 due 15d 00:00 off 17d 00:00
                  | -11.50 + 100.00 = 88.50
                switched sub_1-1 net v1 off closed
                  | -11.50 + 100.00 = 88.50
            at 17d 00:00
              17d 00:00 bill_overdue due 15d 00:00 owed 11.50 | -11.50 + 100.00 = 88.50
              17d 00:00 switched sub_1-2 mail v1 off overdue | -11.50 + 100.00 = 88.50
            fire
            pay A 11.50
                payment +11.50 | 0.00 + 100.00 = 100.00
                switched sub_1-2 mail v1 on restored | 0.00 + 100.00 = 100.00
        "#]],
    );
}

#[test]
fn what_a_plan_leaves_behind_is_billed() {
    check(
        "
        customer Ann
        service net day 30.00 count 30 postpaid due 5/2
        service fast day 60.00 count 30 postpaid due 5/2
        service more day 3.00 count 30 postpaid due 5/2
        open A EUR limit 100.00
        subscribe A net
        subscribe A more base 1
        at 10d 00:00
        change-plan A/1 fast
        at 12d 00:00
        unsubscribe A/1
        at 30d 00:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 30.00 count 30 postpaid due 5/2 service_set net v1
            service fast day 60.00 count 30 postpaid due 5/2 service_set fast v1
            service more day 3.00 count 30 postpaid due 5/2 service_set more v1
            open A EUR limit 100.00              account_opened 100000017 | 0.00 + 100.00 = 100.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 0.00 + 100.00 = 100.00
                period_started sub_1-1 v1 00:00 to 30d 00:00 postpaid | 0.00 + 100.00 = 100.00
                switched sub_1-1 net v1 on activated | 0.00 + 100.00 = 100.00
            subscribe A more base 1
                subscription_opened sub_1-2 more v1 on sub_1-1 | 0.00 + 100.00 = 100.00
                period_started sub_1-2 v1 00:00 to 30d 00:00 postpaid | 0.00 + 100.00 = 100.00
                switched sub_1-2 more v1 on activated | 0.00 + 100.00 = 100.00
            at 10d 00:00
            change-plan A/1 fast
                plan_changed -10.00 sub_1-1 net to fast due 15d 00:00 off 17d 00:00
                  | -10.00 + 100.00 = 90.00
                period_started sub_1-1 v1 10d 00:00 to 40d 00:00 postpaid
                  | -10.00 + 100.00 = 90.00
                switched sub_1-1 fast v1 on changed
                  | -10.00 + 100.00 = 90.00
            at 12d 00:00
            unsubscribe A/1
                subscription_closed -4.00 sub_1-1 due 17d 00:00 off 19d 00:00
                  | -14.00 + 100.00 = 86.00
                subscription_closed -1.20 sub_1-2 with its base due 17d 00:00 off 19d 00:00
                  | -15.20 + 100.00 = 84.80
                switched sub_1-2 more v1 off closed
                  | -15.20 + 100.00 = 84.80
                switched sub_1-1 fast v1 off closed
                  | -15.20 + 100.00 = 84.80
            at 30d 00:00
              17d 00:00 bill_overdue due 15d 00:00 owed 10.00 | -15.20 + 100.00 = 84.80
              19d 00:00 bill_overdue due 17d 00:00 owed 15.20 | -15.20 + 100.00 = 84.80
              19d 00:00 bill_overdue due 17d 00:00 owed 15.20 | -15.20 + 100.00 = 84.80
            fire
        "#]],
    );
}

#[test]
fn nobody_goes_off_on_the_day_of_a_last_bill() {
    check(
        "
        customer Ann
        service net day 30.00 count 30 postpaid due 0/0
        service mail day 1.00 count 30
        open A EUR limit 100.00
        subscribe A net
        at 10d 12:00
        change-plan A/1 mail
        at 11d 00:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 30.00 count 30 postpaid due 0/0 service_set net v1
            service mail day 1.00 count 30       service_set mail v1
            open A EUR limit 100.00              account_opened 100000017 | 0.00 + 100.00 = 100.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 0.00 + 100.00 = 100.00
                period_started sub_1-1 v1 00:00 to 30d 00:00 postpaid | 0.00 + 100.00 = 100.00
                switched sub_1-1 net v1 on activated | 0.00 + 100.00 = 100.00
            at 10d 12:00
            change-plan A/1 mail
                plan_changed -10.50 sub_1-1 net to mail due 10d 00:00 off 11d 00:00
                  | -10.50 + 100.00 = 89.50
                period_started -1.00 sub_1-1 v1 10d 12:00 to 40d 12:00
                  | -11.50 + 100.00 = 88.50
                switched sub_1-1 mail v1 on changed
                  | -11.50 + 100.00 = 88.50
            at 11d 00:00
              11d 00:00 bill_overdue due 10d 00:00 owed 11.50 | -11.50 + 100.00 = 88.50
              11d 00:00 switched sub_1-1 mail v1 off overdue | -11.50 + 100.00 = 88.50
            fire
        "#]],
    );
}

#[test]
fn nothing_is_due_when_nothing_is_owed() {
    check(
        "
        customer Ann
        service net day 30.00 count 30 postpaid due 5/2
        open A EUR
        pay A 50.00
        subscribe A net
        at 10d 00:00
        unsubscribe A/1
        at 30d 00:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 30.00 count 30 postpaid due 5/2 service_set net v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 50.00                          payment +50.00 | 50.00 = 50.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 50.00 = 50.00
                period_started sub_1-1 v1 00:00 to 30d 00:00 postpaid | 50.00 = 50.00
                switched sub_1-1 net v1 on activated | 50.00 = 50.00
            at 10d 00:00
            unsubscribe A/1
                subscription_closed -10.00 sub_1-1 | 40.00 = 40.00
                switched sub_1-1 net v1 off closed | 40.00 = 40.00
            at 30d 00:00
            fire
        "#]],
    );
}

#[test]
fn a_button_that_is_closed_early_says_so() {
    check(
        "
        customer Ann
        service net day 30.00 count 30
        service turbo once 1.00 lasts 2h
        open A EUR
        pay A 50.00
        subscribe A net
        purchase A turbo base 1
        purchase A turbo
        unsubscribe A/2 as bob via self-care
        at 02:00
        fire
        purchase A turbo base 1
        unsubscribe A/1
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 30.00 count 30       service_set net v1
            service turbo once 1.00 lasts 2h     service_set turbo v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 50.00                          payment +50.00 | 50.00 = 50.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 50.00 = 50.00
                period_started -30.00 sub_1-1 v1 00:00 to 30d 00:00 | 20.00 = 20.00
                switched sub_1-1 net v1 on activated | 20.00 = 20.00
            purchase A turbo base 1
                purchased -1.00 turbo v1 sub_1-2 until 02:00 on sub_1-1 | 19.00 = 19.00
                switched sub_1-2 turbo v1 on activated | 19.00 = 19.00
            purchase A turbo
                purchased -1.00 turbo v1 sub_1-3 until 02:00 | 18.00 = 18.00
                switched sub_1-3 turbo v1 on activated | 18.00 = 18.00
            unsubscribe A/2 as bob via self-care
                subscription_closed sub_1-2 | 18.00 = 18.00
                switched sub_1-2 turbo v1 off closed | 18.00 = 18.00
            at 02:00
              02:00 subscription_closed sub_1-3 at its end | 18.00 = 18.00
              02:00 switched sub_1-3 turbo v1 off ended | 18.00 = 18.00
            fire
            purchase A turbo base 1
                purchased -1.00 turbo v1 sub_1-4 until 04:00 on sub_1-1 | 17.00 = 17.00
                switched sub_1-4 turbo v1 on activated | 17.00 = 17.00
            unsubscribe A/1
                subscription_closed sub_1-1 | 17.00 = 17.00
                subscription_closed sub_1-4 with its base | 17.00 = 17.00
                switched sub_1-4 turbo v1 off closed | 17.00 = 17.00
                switched sub_1-1 net v1 off closed | 17.00 = 17.00
        "#]],
    );
}
