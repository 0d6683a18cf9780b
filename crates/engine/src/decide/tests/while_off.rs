use expect_test::expect;

use super::check;

#[test]
fn while_it_is_off_a_prepaid_period_runs_on() {
    check(
        "
        customer Ann
        service net day 24.00 count 10 refunds
        open A EUR
        pay A 24.00 ref R1
        subscribe A net
        at 2d 00:00
        suspend A/1
        at 5d 00:00
        resume A/1
        at 6d 00:00
        charge-after A 0.01
        at 8d 00:00
        pay A 0.01 ref R2
        at 10d 00:00
        fire
        at 12d 00:00
        pay A 24.00 ref R3
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 24.00 count 10 refunds service_set net v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 24.00 ref R1                   payment +24.00 | 24.00 = 24.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 24.00 = 24.00
                period_started -24.00 sub_1-1 v1 00:00 to 10d 00:00 | 0.00 = 0.00
                switched sub_1-1 net v1 on activated | 0.00 = 0.00
            at 2d 00:00
            suspend A/1
                subscription_suspended sub_1-1 by the customer | 0.00 = 0.00
                switched sub_1-1 net v1 off suspended_by_customer | 0.00 = 0.00
            at 5d 00:00
            resume A/1
                subscription_resumed sub_1-1 | 0.00 = 0.00
                switched sub_1-1 net v1 on restored | 0.00 = 0.00
            at 6d 00:00
            charge-after A 0.01
                charge -0.01 overrun 0.01 | -0.01 = -0.01
                switched sub_1-1 net v1 off funds_low | -0.01 = -0.01
            at 8d 00:00
            pay A 0.01 ref R2
                payment +0.01 | 0.00 = 0.00
                switched sub_1-1 net v1 on restored | 0.00 = 0.00
            at 10d 00:00
              10d 00:00 period_ended sub_1-1 | 0.00 = 0.00
              10d 00:00 switched sub_1-1 net v1 off period_unpaid | 0.00 = 0.00
            fire
            at 12d 00:00
            pay A 24.00 ref R3
                payment +24.00 | 24.00 = 24.00
                period_started -24.00 sub_1-1 v1 10d 00:00 to 20d 00:00 | 0.00 = 0.00
                switched sub_1-1 net v1 on restored | 0.00 = 0.00
        "#]],
    );
}

#[test]
fn while_it_is_off_a_prepaid_period_pauses() {
    check(
        "
        customer Ann
        service net day 24.00 count 10 off pauses refunds
        open A EUR
        pay A 24.00 ref R1
        subscribe A net
        at 2d 00:00
        suspend A/1
        at 5d 00:00
        resume A/1
        at 6d 00:00
        charge-after A 0.01
        at 8d 00:00
        pay A 0.01 ref R2
        at 9d 00:00
        unsubscribe A/1
        pay A 24.00 ref R3
        subscribe A net
        at 11d 00:00
        suspend A/2 staff
        at 50d 00:00
        unsubscribe A/2
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 24.00 count 10 off pauses refunds service_set net v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 24.00 ref R1                   payment +24.00 | 24.00 = 24.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 24.00 = 24.00
                period_started -24.00 sub_1-1 v1 00:00 to 10d 00:00 | 0.00 = 0.00
                switched sub_1-1 net v1 on activated | 0.00 = 0.00
            at 2d 00:00
            suspend A/1
                subscription_suspended sub_1-1 by the customer | 0.00 = 0.00
                switched sub_1-1 net v1 off suspended_by_customer pauses | 0.00 = 0.00
            at 5d 00:00
            resume A/1
                subscription_resumed sub_1-1 | 0.00 = 0.00
                switched sub_1-1 net v1 on restored until 13d 00:00 | 0.00 = 0.00
            at 6d 00:00
            charge-after A 0.01
                charge -0.01 overrun 0.01 | -0.01 = -0.01
                switched sub_1-1 net v1 off funds_low pauses | -0.01 = -0.01
            at 8d 00:00
            pay A 0.01 ref R2
                payment +0.01 | 0.00 = 0.00
                switched sub_1-1 net v1 on restored until 15d 00:00 | 0.00 = 0.00
            at 9d 00:00
            unsubscribe A/1
                subscription_closed +14.40 sub_1-1 | 14.40 = 14.40
                switched sub_1-1 net v1 off closed | 14.40 = 14.40
            pay A 24.00 ref R3                   payment +24.00 | 38.40 = 38.40
            subscribe A net
                subscription_opened sub_1-2 net v1 | 38.40 = 38.40
                period_started -24.00 sub_1-2 v1 9d 00:00 to 19d 00:00 | 14.40 = 14.40
                switched sub_1-2 net v1 on activated | 14.40 = 14.40
            at 11d 00:00
            suspend A/2 staff
                subscription_suspended sub_1-2 by staff | 14.40 = 14.40
                switched sub_1-2 net v1 off suspended_by_staff pauses | 14.40 = 14.40
            at 50d 00:00
            unsubscribe A/2                      subscription_closed +19.20 sub_1-2 | 33.60 = 33.60
        "#]],
    );
}

#[test]
fn the_end_of_a_paused_period_moves_away() {
    check(
        "
        customer Ann
        service net day 24.00 count 10 off pauses
        open A EUR
        pay A 24.00 ref R1
        subscribe A net
        at 2d 00:00
        suspend A/1
        at 12d 00:00
        fire
        resume A/1
        at 19d 23:59
        fire
        at 20d 00:00
        fire
        at 21d 12:00
        pay A 24.00 ref R2
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 24.00 count 10 off pauses service_set net v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 24.00 ref R1                   payment +24.00 | 24.00 = 24.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 24.00 = 24.00
                period_started -24.00 sub_1-1 v1 00:00 to 10d 00:00 | 0.00 = 0.00
                switched sub_1-1 net v1 on activated | 0.00 = 0.00
            at 2d 00:00
            suspend A/1
                subscription_suspended sub_1-1 by the customer | 0.00 = 0.00
                switched sub_1-1 net v1 off suspended_by_customer pauses | 0.00 = 0.00
            at 12d 00:00
            fire
            resume A/1
                subscription_resumed sub_1-1 | 0.00 = 0.00
                switched sub_1-1 net v1 on restored until 20d 00:00 | 0.00 = 0.00
            at 19d 23:59
            fire
            at 20d 00:00
              20d 00:00 period_ended sub_1-1 | 0.00 = 0.00
              20d 00:00 switched sub_1-1 net v1 off period_unpaid | 0.00 = 0.00
            fire
            at 21d 12:00
            pay A 24.00 ref R2
                payment +24.00 | 24.00 = 24.00
                period_started -24.00 sub_1-1 v1 21d 12:00 to 31d 12:00 | 0.00 = 0.00
                switched sub_1-1 net v1 on restored | 0.00 = 0.00
        "#]],
    );
}

#[test]
fn the_time_off_is_credited_at_the_end_of_a_prepaid_period() {
    check(
        "
        customer Ann
        service net day 24.00 count 10 off credited refunds
        open A EUR
        pay A 60.00 ref R1
        subscribe A net
        at 2d 00:00
        suspend A/1 staff until 5d 00:00
        at 7d 00:00
        suspend A/1
        at 8d 00:00
        resume A/1
        at 10d 00:00
        fire
        at 11d 00:00
        suspend A/1
        at 14d 00:00
        unsubscribe A/1
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 24.00 count 10 off credited refunds service_set net v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 60.00 ref R1                   payment +60.00 | 60.00 = 60.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 60.00 = 60.00
                period_started -24.00 sub_1-1 v1 00:00 to 10d 00:00 | 36.00 = 36.00
                switched sub_1-1 net v1 on activated | 36.00 = 36.00
            at 2d 00:00
            suspend A/1 staff until 5d 00:00
                subscription_suspended sub_1-1 by staff until 5d 00:00 | 36.00 = 36.00
                switched sub_1-1 net v1 off suspended_by_staff | 36.00 = 36.00
            at 7d 00:00
              5d 00:00 subscription_resumed sub_1-1 | 36.00 = 36.00
              5d 00:00 switched sub_1-1 net v1 on restored | 36.00 = 36.00
            suspend A/1
                subscription_suspended sub_1-1 by the customer | 36.00 = 36.00
                switched sub_1-1 net v1 off suspended_by_customer | 36.00 = 36.00
            at 8d 00:00
            resume A/1
                subscription_resumed sub_1-1 | 36.00 = 36.00
                switched sub_1-1 net v1 on restored | 36.00 = 36.00
            at 10d 00:00
              10d 00:00 period_credited +9.60 sub_1-1 off 345600 s | 45.60 = 45.60
              10d 00:00 period_started -24.00 sub_1-1 v1 10d 00:00 to 20d 00:00 | 21.60 = 21.60
            fire
            at 11d 00:00
            suspend A/1
                subscription_suspended sub_1-1 by the customer | 21.60 = 21.60
                switched sub_1-1 net v1 off suspended_by_customer | 21.60 = 21.60
            at 14d 00:00
            unsubscribe A/1                      subscription_closed +21.60 sub_1-1 | 43.20 = 43.20
        "#]],
    );
}

#[test]
fn what_waited_for_money_begins_anew_where_the_time_off_is_credited() {
    check(
        "
        customer Ann
        service net day 24.00 count 10 off credited
        open A EUR
        pay A 24.00 ref R1
        subscribe A net
        at 14d 00:00
        pay A 14.39 ref R2
        pay A 0.01 ref R3
        at 20d 00:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 24.00 count 10 off credited service_set net v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 24.00 ref R1                   payment +24.00 | 24.00 = 24.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 24.00 = 24.00
                period_started -24.00 sub_1-1 v1 00:00 to 10d 00:00 | 0.00 = 0.00
                switched sub_1-1 net v1 on activated | 0.00 = 0.00
            at 14d 00:00
              10d 00:00 period_ended sub_1-1 | 0.00 = 0.00
              10d 00:00 switched sub_1-1 net v1 off period_unpaid | 0.00 = 0.00
            pay A 14.39 ref R2                   payment +14.39 | 14.39 = 14.39
            pay A 0.01 ref R3
                payment +0.01 | 14.40 = 14.40
                period_started -14.40 sub_1-1 v1 14d 00:00 to 20d 00:00 | 0.00 = 0.00
                switched sub_1-1 net v1 on restored | 0.00 = 0.00
            at 20d 00:00
              20d 00:00 period_ended sub_1-1 | 0.00 = 0.00
              20d 00:00 switched sub_1-1 net v1 off period_unpaid | 0.00 = 0.00
            fire
        "#]],
    );
}

#[test]
fn a_postpaid_period_that_pauses_costs_the_time_on() {
    check(
        "
        customer Ann
        service net day 24.00 count 10 postpaid off pauses
        open A EUR limit 100.00
        subscribe A net
        at 2d 00:00
        suspend A/1
        at 5d 00:00
        resume A/1
        at 13d 00:00
        fire
        at 15d 00:00
        suspend A/1
        at 20d 00:00
        unsubscribe A/1
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 24.00 count 10 postpaid off pauses service_set net v1
            open A EUR limit 100.00              account_opened 100000017 | 0.00 + 100.00 = 100.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 0.00 + 100.00 = 100.00
                period_started sub_1-1 v1 00:00 to 10d 00:00 postpaid | 0.00 + 100.00 = 100.00
                switched sub_1-1 net v1 on activated | 0.00 + 100.00 = 100.00
            at 2d 00:00
            suspend A/1
                subscription_suspended sub_1-1 by the customer
                  | 0.00 + 100.00 = 100.00
                switched sub_1-1 net v1 off suspended_by_customer pauses
                  | 0.00 + 100.00 = 100.00
            at 5d 00:00
            resume A/1
                subscription_resumed sub_1-1 | 0.00 + 100.00 = 100.00
                switched sub_1-1 net v1 on restored until 13d 00:00 | 0.00 + 100.00 = 100.00
            at 13d 00:00
              13d 00:00 period_started -24.00 sub_1-1 v1 13d 00:00 to 23d 00:00 postpaid for
                  since 00:00
                  | -24.00 + 100.00 = 76.00
            fire
            at 15d 00:00
            suspend A/1
                subscription_suspended sub_1-1 by the customer
                  | -24.00 + 100.00 = 76.00
                switched sub_1-1 net v1 off suspended_by_customer pauses
                  | -24.00 + 100.00 = 76.00
            at 20d 00:00
            unsubscribe A/1
                subscription_closed -4.80 sub_1-1 | -28.80 + 100.00 = 71.20
        "#]],
    );
}

#[test]
fn a_postpaid_period_with_credited_time_costs_the_time_on() {
    check(
        "
        customer Ann
        service net day 24.00 count 10 postpaid off credited
        open A EUR limit 100.00
        subscribe A net
        at 2d 00:00
        suspend A/1
        at 5d 00:00
        resume A/1
        at 9d 00:00
        suspend A/1
        at 10d 00:00
        fire
        at 15d 00:00
        resume A/1
        at 20d 00:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 24.00 count 10 postpaid off credited service_set net v1
            open A EUR limit 100.00              account_opened 100000017 | 0.00 + 100.00 = 100.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 0.00 + 100.00 = 100.00
                period_started sub_1-1 v1 00:00 to 10d 00:00 postpaid | 0.00 + 100.00 = 100.00
                switched sub_1-1 net v1 on activated | 0.00 + 100.00 = 100.00
            at 2d 00:00
            suspend A/1
                subscription_suspended sub_1-1 by the customer | 0.00 + 100.00 = 100.00
                switched sub_1-1 net v1 off suspended_by_customer | 0.00 + 100.00 = 100.00
            at 5d 00:00
            resume A/1
                subscription_resumed sub_1-1 | 0.00 + 100.00 = 100.00
                switched sub_1-1 net v1 on restored | 0.00 + 100.00 = 100.00
            at 9d 00:00
            suspend A/1
                subscription_suspended sub_1-1 by the customer | 0.00 + 100.00 = 100.00
                switched sub_1-1 net v1 off suspended_by_customer | 0.00 + 100.00 = 100.00
            at 10d 00:00
              10d 00:00 period_ended -14.40 sub_1-1 | -14.40 + 100.00 = 85.60
            fire
            at 15d 00:00
            resume A/1
                subscription_resumed sub_1-1
                  | -14.40 + 100.00 = 85.60
                period_started sub_1-1 v1 15d 00:00 to 20d 00:00 postpaid
                  | -14.40 + 100.00 = 85.60
                switched sub_1-1 net v1 on restored
                  | -14.40 + 100.00 = 85.60
            at 20d 00:00
              20d 00:00 period_started -12.00 sub_1-1 v1 20d 00:00 to 30d 00:00 postpaid for
                  since 15d 00:00
                  | -26.40 + 100.00 = 73.60
            fire
        "#]],
    );
}

#[test]
fn a_film_that_is_on_for_a_time_is_credited_for_the_time_off() {
    check(
        "
        customer Ann
        service channel once 8.00 lasts 4h off credited
        open A EUR
        pay A 8.00 ref R1
        purchase A channel
        at 01:00
        charge-after A 0.01
        at 02:00
        pay A 0.01 ref R2
        at 04:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service channel once 8.00 lasts 4h off credited service_set channel v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 8.00 ref R1                    payment +8.00 | 8.00 = 8.00
            purchase A channel
                purchased -8.00 channel v1 sub_1-1 until 04:00 | 0.00 = 0.00
                switched sub_1-1 channel v1 on activated | 0.00 = 0.00
            at 01:00
            charge-after A 0.01
                charge -0.01 overrun 0.01 | -0.01 = -0.01
                switched sub_1-1 channel v1 off funds_low | -0.01 = -0.01
            at 02:00
            pay A 0.01 ref R2
                payment +0.01 | 0.00 = 0.00
                switched sub_1-1 channel v1 on restored | 0.00 = 0.00
            at 04:00
              04:00 period_credited +2.00 sub_1-1 off 3600 s | 2.00 = 2.00
              04:00 subscription_closed sub_1-1 at its end | 2.00 = 2.00
              04:00 switched sub_1-1 channel v1 off ended | 2.00 = 2.00
            fire
        "#]],
    );
}

/// It waits for its account, and does not stand still: nothing was switched off.
#[test]
fn what_was_off_from_the_beginning_has_not_stood_still() {
    check(
        "
        customer Ann
        service net day 30.00 count 30 postpaid due 0/1
        service turbo once 10.00 lasts 10h off pauses
        open A EUR limit unlimited
        subscribe A net
        at 32d 00:00
        fire
        purchase A turbo
        at 32d 06:00
        pay A 100.00
        at 32d 08:00
        unsubscribe A/2 refund
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 30.00 count 30 postpaid due 0/1 service_set net v1
            service turbo once 10.00 lasts 10h off pauses service_set turbo v1
            open A EUR limit unlimited           account_opened 100000017 | 0.00 + unlimited
            subscribe A net
                subscription_opened sub_1-1 net v1 | 0.00 + unlimited
                period_started sub_1-1 v1 00:00 to 30d 00:00 postpaid | 0.00 + unlimited
                switched sub_1-1 net v1 on activated | 0.00 + unlimited
            at 32d 00:00
              30d 00:00 period_started -30.00 sub_1-1 v1 30d 00:00 to 60d 00:00 postpaid for
                  since 00:00 due 30d 00:00 off 31d 00:00
                  | -30.00 + unlimited
              31d 00:00 bill_overdue due 30d 00:00 owed 30.00 | -30.00 + unlimited
              31d 00:00 switched sub_1-1 net v1 off overdue | -30.00 + unlimited
            fire
            purchase A turbo
                purchased -10.00 turbo v1 sub_1-2 until 32d 10:00 | -40.00 + unlimited
            at 32d 06:00
            pay A 100.00
                payment +100.00 | 60.00 + unlimited
                switched sub_1-1 net v1 on restored | 60.00 + unlimited
                switched sub_1-2 turbo v1 on activated | 60.00 + unlimited
            at 32d 08:00
            unsubscribe A/2 refund
                subscription_closed +2.00 sub_1-2 | 62.00 + unlimited
                switched sub_1-2 turbo v1 off closed | 62.00 + unlimited
        "#]],
    );
}
