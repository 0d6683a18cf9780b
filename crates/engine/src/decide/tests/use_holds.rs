use expect_test::expect;

use super::check;

#[test]
fn a_hold_expires_and_late_use_is_charged_all_the_same() {
    check(
        "
        customer Ann
        service tel use second 0.01
        open A EUR
        pay A 1.00
        subscribe A tel
        authorise-use A/1 S1 100 #1 for 60s
        at 00:01
        fire
        charge A 0.95
        settle-use S1 total 100 #2
        settle-use S1 total 110 #3 final
        settle-use S1 total 120 #4 final
        at 01:01
        settle-use S1 total 120 #4 final
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service tel use second 0.01          service_set tel v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 1.00                           payment +1.00 | 1.00 = 1.00
            subscribe A tel
                subscription_opened sub_1-1 tel v1 | 1.00 = 1.00
                switched sub_1-1 tel v1 on activated | 1.00 = 1.00
            authorise-use A/1 S1 100 #1 for 60s
                authorised #1 1.00 until 00:01 100 of 100 | 1.00 - 1.00 = 0.00
            at 00:01
              00:01 reservation_expired #1 | 1.00 = 1.00
            fire
            charge A 0.95                        charge -0.95 | 0.05 = 0.05
            settle-use S1 total 100 #2
                settled -1.00 #1 kept 0.00 overrun 1.00 used 100 billed 100 0.0:100 | -0.95 = -0.95
                switched sub_1-1 tel v1 off funds_low | -0.95 = -0.95
            settle-use S1 total 110 #3 final
                settled_final -0.10 #1 overrun 0.10 used 110 billed 110 0.0:10 | -1.05 = -1.05
            settle-use S1 total 120 #4 final     session_ended reservation res_1-1
            at 01:01
            settle-use S1 total 120 #4 final     reservation_not_found reservation res_1-1
            show A                               | -1.05 = -1.05
        "#]],
    );
}

#[test]
fn repeats_get_the_first_answer_and_charge_nothing() {
    check(
        "
        customer Ann
        service tel use second 0.01
        open A EUR
        pay A 1.00
        subscribe A tel
        authorise-use A/1 S1 50 #1
        authorise-use A/1 S1 50 #1
        settle-use S1 total 30 #2 next 50
        settle-use S1 total 30 #2 next 50
        authorise-use A/1 S1 50 #1
        settle-use S1 total 20 #3
        settle-use S1 total 30 #3
        settle-use S1 more 30 #4 final
        settle-use S1 more 30 #4 final
        settle-use S1 total 90 #5 final
        authorise-use A/1 S1 50 #6
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service tel use second 0.01          service_set tel v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 1.00                           payment +1.00 | 1.00 = 1.00
            subscribe A tel
                subscription_opened sub_1-1 tel v1 | 1.00 = 1.00
                switched sub_1-1 tel v1 on activated | 1.00 = 1.00
            authorise-use A/1 S1 50 #1
                authorised #1 0.50 until 01:00 50 of 50 | 1.00 - 0.50 = 0.50
            authorise-use A/1 S1 50 #1
                as before: authorised #1 0.50 until 01:00 50 of 50 | 1.00 - 0.50 = 0.50
            settle-use S1 total 30 #2 next 50
                settled -0.30 #1 next 0.50 until 01:00 used 30 billed 30 0.0:30 next 50 of 50
                  | 0.70 - 0.50 = 0.20
            settle-use S1 total 30 #2 next 50
                as before: settled -0.30 #1 next 0.50 until 01:00 used 30 billed 30 0.0:30 next 50
                  of 50
                  | 0.70 - 0.50 = 0.20
            authorise-use A/1 S1 50 #1
                as earlier: authorised #1 0.50 until 01:00 50 of 50 | 1.00 - 0.50 = 0.50
            settle-use S1 total 20 #3            use_went_back before 30 reported 20
            settle-use S1 total 30 #3
                settled #1 kept 0.50 used 30 billed 30 | 0.70 - 0.50 = 0.20
            settle-use S1 more 30 #4 final
                settled_final -0.30 #1 used 60 billed 60 0.0:30 | 0.40 = 0.40
            settle-use S1 more 30 #4 final
                as before: settled_final -0.30 #1 used 60 billed 60 0.0:30 | 0.40 = 0.40
            settle-use S1 total 90 #5 final      session_ended reservation res_1-1
            authorise-use A/1 S1 50 #6           session_ended reservation res_1-1
            show A                               | 0.40 = 0.40
        "#]],
    );
}

#[test]
fn a_no_to_a_numbered_request_is_remembered() {
    check(
        "
        customer Ann
        service tel use second 0.01
        open A EUR
        subscribe A tel
        authorise-use A/1 S1 50 #1
        pay A 1.00
        authorise-use A/1 S1 50 #1
        authorise-use A/1 S1 50 #2
        suspend A/1
        authorise-use A/1 S1 50 #3
        settle-use S1 total 50 #4 next 50
        resume A/1
        authorise-use A/1 S1 50 #5
        settle-use S1 total 60 #6 final
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service tel use second 0.01          service_set tel v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            subscribe A tel
                subscription_opened sub_1-1 tel v1 | 0.00 = 0.00
                switched sub_1-1 tel v1 on activated | 0.00 = 0.00
            authorise-use A/1 S1 50 #1
                refused #1 insufficient_funds available 0.00 requested 0.01 | 0.00 = 0.00
            pay A 1.00                           payment +1.00 | 1.00 = 1.00
            authorise-use A/1 S1 50 #1
                as before: refused #1 insufficient_funds available 0.00 requested 0.01 | 0.00 = 0.00
            authorise-use A/1 S1 50 #2
                authorised #1 0.50 until 01:00 50 of 50 | 1.00 - 0.50 = 0.50
            suspend A/1
                subscription_suspended sub_1-1 by the customer | 1.00 - 0.50 = 0.50
                switched sub_1-1 tel v1 off suspended_by_customer | 1.00 - 0.50 = 0.50
            authorise-use A/1 S1 50 #3
                refused #1 subscription_off subscription sub_1-1 why suspended_by_customer
                  | 1.00 - 0.50 = 0.50
            settle-use S1 total 50 #4 next 50
                settled -0.50 #1 no next
                  because subscription_off subscription sub_1-1 why suspended_by_customer used
                  50 billed 50 0.0:50 next 0 of 50
                  | 0.50 = 0.50
            resume A/1
                subscription_resumed sub_1-1 | 0.50 = 0.50
                switched sub_1-1 tel v1 on restored | 0.50 = 0.50
            authorise-use A/1 S1 50 #5
                authorised #1 0.50 until 01:00 50 of 50 | 0.50 - 0.50 = 0.00
            settle-use S1 total 60 #6 final
                settled_final -0.10 #1 used 60 billed 60 0.0:10 | 0.40 = 0.40
        "#]],
    );
}

#[test]
fn quantities_near_the_end_of_the_scale_are_answered() {
    check(
        "
        customer Ann
        service free use byte 0
        service web use byte 0.000000001 increment 10
        open A EUR
        pay A 2305843009213.69
        subscribe A free
        subscribe A web
        authorise-use A/1 S1 18446744073709551615 #1
        settle-use S1 total 9223372036854775807 #2 next 5
        settle-use S1 more 18446744073709551615 #3
        settle-use S1 total 9223372036854775808 #3
        authorise-use A/2 S2 18446744073709551615 #1
        settle-use S2 total 9223372036854775807 #2
        settle-use S2 total 9223372036854775800 #2
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service free use byte 0              service_set free v1
            service web use byte 0.000000001 increment 10 service_set web v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 2305843009213.69
                payment +2305843009213.69 | 2305843009213.69 = 2305843009213.69
            subscribe A free
                subscription_opened sub_1-1 free v1 | 2305843009213.69 = 2305843009213.69
                switched sub_1-1 free v1 on activated | 2305843009213.69 = 2305843009213.69
            subscribe A web
                subscription_opened sub_1-2 web v1 | 2305843009213.69 = 2305843009213.69
                switched sub_1-2 web v1 on activated | 2305843009213.69 = 2305843009213.69
            authorise-use A/1 S1 18446744073709551615 #1
                authorised #1 0.00 until 01:00 9223372036854775807 of 18446744073709551615, last
                  | 2305843009213.69 = 2305843009213.69
            settle-use S1 total 9223372036854775807 #2 next 5
                settled #1 no next
                  because amount_out_of_range used 9223372036854775807 billed
                  9223372036854775807 0.0:9223372036854775807 next 0 of 5
                  | 2305843009213.69 = 2305843009213.69
            settle-use S1 more 18446744073709551615 #3 amount_out_of_range
            settle-use S1 total 9223372036854775808 #3 amount_out_of_range
            authorise-use A/2 S2 18446744073709551615 #1
                authorised #2 9223372036.854776 until 01:00 9223372036854775807 of
                  18446744073709551615, last
                  | 2305843009213.69 - 9223372036.854776 = 2296619637176.835224
            settle-use S2 total 9223372036854775807 #2
                settled -9223372036.854776 #2 kept 0.00 used 9223372036854775807 billed
                  9223372036854775810 0.0:9223372036854775810
                  | 2296619637176.835224 = 2296619637176.835224
            settle-use S2 total 9223372036854775800 #2
                as before: settled -9223372036.854776 #2 kept 0.00 used 9223372036854775807 billed
                  9223372036854775810 0.0:9223372036854775810
                  | 2296619637176.835224 = 2296619637176.835224
            show A                               | 2296619637176.835224 = 2296619637176.835224
        "#]],
    );
}

#[test]
fn a_session_stays_what_it_began_as() {
    check(
        "
        customer Ann
        service tel use second 0.01
        service web use byte 0.01
        open A EUR
        pay A 5.00
        subscribe A tel
        subscribe A web
        authorise-use A/1 S1 50 #1
        authorise A S1 1.00 #2
        settle S1 1.00 #2
        authorise-use A/2 S1 50 #2
        authorise A S2 1.00 #1
        authorise-use A/1 S2 50 #2
        settle-use S2 total 5 #2
        charge A 3.50
        authorise-use A/1 S3 1 #1
        pay A 5.00 ref R2
        authorise-use A/2 S3 1 #2
        settle-use S3 total 1 #3 final
        totals
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service tel use second 0.01          service_set tel v1
            service web use byte 0.01            service_set web v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            subscribe A tel
                subscription_opened sub_1-1 tel v1 | 5.00 = 5.00
                switched sub_1-1 tel v1 on activated | 5.00 = 5.00
            subscribe A web
                subscription_opened sub_1-2 web v1 | 5.00 = 5.00
                switched sub_1-2 web v1 on activated | 5.00 = 5.00
            authorise-use A/1 S1 50 #1
                authorised #1 0.50 until 01:00 50 of 50 | 5.00 - 0.50 = 4.50
            authorise A S1 1.00 #2               service_unfit needed unmetered service tel
            settle S1 1.00 #2                    service_unfit needed unmetered service tel
            authorise-use A/2 S1 50 #2           session_open reservation res_1-1
            authorise A S2 1.00 #1               authorised #2 1.00 until 01:00 | 5.00 - 1.50 = 3.50
            authorise-use A/1 S2 50 #2           service_unfit needed metered service call
            settle-use S2 total 5 #2             service_unfit needed metered service call
            charge A 3.50                        charge -3.50 | 1.50 - 1.50 = 0.00
            authorise-use A/1 S3 1 #1
                refused #3 insufficient_funds available 0.00 requested 0.01 | 1.50 - 1.50 = 0.00
            pay A 5.00 ref R2                    payment +5.00 | 6.50 - 1.50 = 5.00
            authorise-use A/2 S3 1 #2
                authorised #3 0.01 until 01:00 1 of 1 | 6.50 - 1.51 = 4.99
            settle-use S3 total 1 #3 final
                settled_final -0.01 #3 used 1 billed 1 0.0:1 | 6.49 - 1.50 = 4.99
            totals
              EUR accounts             6.49
              EUR payments:cash        -10.00
              EUR revenue:internet     3.50
              EUR revenue:web          0.01
        "#]],
    );
}

#[test]
fn free_units_are_given_back_when_a_hold_ends() {
    check(
        "
        customer Ann
        service tel day 10.00 count 30 use second 0.01 free 100
        open A EUR
        pay A 10.00
        subscribe A tel
        authorise-use A/1 S1 100 #1 for 60s
        authorise-use A/1 S2 10 #1
        at 00:01
        authorise-use A/1 S2 60 #2
        release S2 #3
        authorise-use A/1 S3 100 #1
        settle-use S1 total 30 #2 final
        settle-use S3 total 100 #2 final
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service tel day 10.00 count 30 use second 0.01 free 100 service_set tel v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 10.00                          payment +10.00 | 10.00 = 10.00
            subscribe A tel
                subscription_opened sub_1-1 tel v1 | 10.00 = 10.00
                period_started -10.00 sub_1-1 v1 00:00 to 30d 00:00 100 free | 0.00 = 0.00
                switched sub_1-1 tel v1 on activated | 0.00 = 0.00
            authorise-use A/1 S1 100 #1 for 60s
                authorised #1 0.00 until 00:01 100 of 100, 100 free | 0.00 = 0.00
            authorise-use A/1 S2 10 #1
                refused #2 insufficient_funds available 0.00 requested 0.01 | 0.00 = 0.00
            at 00:01
              00:01 reservation_expired #1 | 0.00 = 0.00
            authorise-use A/1 S2 60 #2
                authorised #2 0.00 until 01:01 60 of 60, 60 free | 0.00 = 0.00
            release S2 #3                        released #2 | 0.00 = 0.00
            authorise-use A/1 S3 100 #1
                authorised #3 0.00 until 01:01 100 of 100, 100 free | 0.00 = 0.00
            settle-use S1 total 30 #2 final
                settled_final -0.30 #1 overrun 0.30 used 30 billed 30 0.0:30 | -0.30 = -0.30
                switched sub_1-1 tel v1 off funds_low | -0.30 = -0.30
            settle-use S3 total 100 #2 final
                settled_final #3 used 100 billed 100 free 100 | -0.30 = -0.30
            show A                               | -0.30 = -0.30
        "#]],
    );
}

#[test]
fn money_is_shared_fairly_between_sessions() {
    check(
        "
        customer Ann
        service tel use second 0.01
        open A EUR
        pay A 3.00
        subscribe A tel
        authorise-use A/1 S1 100 #1
        authorise-use A/1 S2 200 #1
        authorise-use A/1 S3 200 #1
        settle-use S1 total 100 #2 next 100
        settle-use S2 total 20 #2 next 200
        settle-use S3 total 0 #2 next 200 min 200
        settle-use S3 total 0 #3 next 200 min 10
        authorise-use A/1 S4 60 #1
        settle-use S4 total 5 #2
        authorise-use A/1 S4 60 #2
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service tel use second 0.01          service_set tel v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 3.00                           payment +3.00 | 3.00 = 3.00
            subscribe A tel
                subscription_opened sub_1-1 tel v1 | 3.00 = 3.00
                switched sub_1-1 tel v1 on activated | 3.00 = 3.00
            authorise-use A/1 S1 100 #1
                authorised #1 1.00 until 01:00 100 of 100 | 3.00 - 1.00 = 2.00
            authorise-use A/1 S2 200 #1
                authorised #2 1.50 until 01:00 150 of 200 | 3.00 - 2.50 = 0.50
            authorise-use A/1 S3 200 #1
                authorised #3 0.50 until 01:00 50 of 200, last | 3.00 - 3.00 = 0.00
            settle-use S1 total 100 #2 next 100
                settled -1.00 #1 no next
                  because insufficient_funds available 0.00
                  requested 0.01 used 100 billed 100 0.0:100 next 0 of 100
                  | 2.00 - 2.00 = 0.00
            settle-use S2 total 20 #2 next 200
                settled -0.20 #2 next 0.90 until 01:00 used 20 billed 20 0.0:20 next 90 of 200
                  | 1.80 - 1.40 = 0.40
            settle-use S3 total 0 #2 next 200 min 200
                settled #3 no next
                  because insufficient_funds available 0.90
                  requested 2.00 used 0 billed 0 next 0 of 200
                  | 1.80 - 0.90 = 0.90
            settle-use S3 total 0 #3 next 200 min 10
                settled #3 next 0.90 until 01:00 used 0 billed 0 next 90 of 200, last
                  | 1.80 - 1.80 = 0.00
            authorise-use A/1 S4 60 #1
                refused #4 insufficient_funds available 0.00 requested 0.01 | 1.80 - 1.80 = 0.00
            settle-use S4 total 5 #2             session_ended reservation res_1-4
            authorise-use A/1 S4 60 #2
                refused #4 insufficient_funds available 0.00 requested 0.01 | 1.80 - 1.80 = 0.00
            show A                               | 1.80 - 1.80 = 0.00
        "#]],
    );
}

#[test]
fn the_allowance_comes_before_money_and_is_never_granted_twice() {
    check(
        "
        customer Ann
        service tel day 10.00 count 30 use second 0.01 free 100
        open A EUR
        pay A 10.50
        subscribe A tel
        authorise-use A/1 S1 70 #1
        authorise-use A/1 S2 70 #1
        settle-use S1 total 50 #2 final
        authorise-use A/1 S3 70 #1
        settle-use S2 total 70 #2 final
        settle-use S3 total 20 #2 final
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service tel day 10.00 count 30 use second 0.01 free 100 service_set tel v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 10.50                          payment +10.50 | 10.50 = 10.50
            subscribe A tel
                subscription_opened sub_1-1 tel v1 | 10.50 = 10.50
                period_started -10.00 sub_1-1 v1 00:00 to 30d 00:00 100 free | 0.50 = 0.50
                switched sub_1-1 tel v1 on activated | 0.50 = 0.50
            authorise-use A/1 S1 70 #1
                authorised #1 0.00 until 01:00 70 of 70, 70 free | 0.50 = 0.50
            authorise-use A/1 S2 70 #1
                authorised #2 0.40 until 01:00 70 of 70, 30 free | 0.50 - 0.40 = 0.10
            settle-use S1 total 50 #2 final
                settled_final #1 used 50 billed 50 free 50 | 0.50 - 0.40 = 0.10
            authorise-use A/1 S3 70 #1
                authorised #3 0.10 until 01:00 30 of 70, 20 free, last | 0.50 - 0.50 = 0.00
            settle-use S2 total 70 #2 final
                settled_final -0.40 #2 used 70 billed 70 free 30 0.0:40 | 0.10 - 0.10 = 0.00
            settle-use S3 total 20 #2 final
                settled_final #3 used 20 billed 20 free 20 | 0.10 = 0.10
            show A                               | 0.10 = 0.10
        "#]],
    );
}

#[test]
fn use_of_the_allowance_begins_anew_with_each_period() {
    check(
        "
        customer Ann
        service tel day 5.00 count 10 use second 0.01 free 100
        open A EUR
        pay A 20.00
        subscribe A tel
        authorise-use A/1 S1 80 #1
        settle-use S1 total 80 #2 final
        authorise-use A/1 S2 80 #1 for 24h
        at 9d 23:00
        authorise-use A/1 S2 80 #2 for 24h
        at 10d 00:00
        settle-use S2 total 80 #3 next 80
        settle-use S2 total 160 #4 final
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service tel day 5.00 count 10 use second 0.01 free 100 service_set tel v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 20.00                          payment +20.00 | 20.00 = 20.00
            subscribe A tel
                subscription_opened sub_1-1 tel v1 | 20.00 = 20.00
                period_started -5.00 sub_1-1 v1 00:00 to 10d 00:00 100 free | 15.00 = 15.00
                switched sub_1-1 tel v1 on activated | 15.00 = 15.00
            authorise-use A/1 S1 80 #1
                authorised #1 0.00 until 01:00 80 of 80, 80 free | 15.00 = 15.00
            settle-use S1 total 80 #2 final
                settled_final #1 used 80 billed 80 free 80 | 15.00 = 15.00
            authorise-use A/1 S2 80 #1 for 24h
                authorised #2 0.60 until 1d 00:00 80 of 80, 20 free | 15.00 - 0.60 = 14.40
            at 9d 23:00
              1d 00:00 reservation_expired #2 | 15.00 = 15.00
            authorise-use A/1 S2 80 #2 for 24h
                authorised #3 0.60 until 10d 23:00 80 of 80, 20 free | 15.00 - 0.60 = 14.40
            at 10d 00:00
              10d 00:00 period_started -5.00 sub_1-1 v1 10d 00:00 to 20d 00:00 100 free
                  | 10.00 - 0.60 = 9.40
            settle-use S2 total 80 #3 next 80
                settled #3 next 0.60 until 10d 01:00 used 80 billed 80 free 80 next 80 of 80, 20
                  free
                  | 10.00 - 0.60 = 9.40
            settle-use S2 total 160 #4 final
                settled_final -0.60 #3 used 160 billed 160 free 20 0.0:60 | 9.40 = 9.40
        "#]],
    );
}
