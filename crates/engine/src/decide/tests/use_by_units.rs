use expect_test::expect;

use super::check;

#[test]
fn units_are_granted_and_charged_by_the_total() {
    check(
        "
        customer Ann
        service tel use second 0.10 per 60
        open A EUR
        pay A 5.00
        subscribe A tel known +4930
        authorise-use ~+4930 S1 300 #1
        settle-use S1 total 35 #2
        settle-use S1 more 35 #3 next 60
        settle-use S1 total 70 #4 final
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service tel use second 0.10 per 60   service_set tel v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            subscribe A tel known +4930
                subscription_opened sub_1-1 tel v1 known as +4930 | 5.00 = 5.00
                switched sub_1-1 tel v1 on activated known as +4930 | 5.00 = 5.00
            authorise-use ~+4930 S1 300 #1
                authorised #1 0.50 until 01:00 300 of 300 | 5.00 - 0.50 = 4.50
            settle-use S1 total 35 #2
                settled -0.058333 #1 kept 0.441667 used 35 billed 35 0.0:35
                  | 4.941667 - 0.441667 = 4.50
            settle-use S1 more 35 #3 next 60
                settled -0.058334 #1 next 0.10 until 01:00 used 70 billed 70 0.0:35 next 60 of 60
                  | 4.883333 - 0.10 = 4.783333
            settle-use S1 total 70 #4 final
                settled_final #1 used 70 billed 70 | 4.883333 = 4.883333
            show A                               | 4.883333 = 4.883333
        "#]],
    );
}

#[test]
fn the_last_grant_is_marked_and_what_is_missing_is_said() {
    check(
        "
        customer Ann
        service tel use second 0.10 per 60 increment 60
        open A EUR
        pay A 0.25
        subscribe A tel
        authorise-use A/1 S1 600 #1
        settle-use S1 total 120 #2 next 60
        settle-use S1 total 121 #3 next 60
        pay A 0.10 ref R2
        settle-use S1 total 121 #4 next 600
        settle-use S1 total 180 #5 final
        authorise-use A/1 S2 600 #1 min 60
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service tel use second 0.10 per 60 increment 60 service_set tel v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 0.25                           payment +0.25 | 0.25 = 0.25
            subscribe A tel
                subscription_opened sub_1-1 tel v1 | 0.25 = 0.25
                switched sub_1-1 tel v1 on activated | 0.25 = 0.25
            authorise-use A/1 S1 600 #1
                authorised #1 0.20 until 01:00 120 of 600, last | 0.25 - 0.20 = 0.05
            settle-use S1 total 120 #2 next 60
                settled -0.20 #1 no next
                  because insufficient_funds available 0.05
                  requested 0.10 used 120 billed 120 0.0:120 next 0 of 60
                  | 0.05 = 0.05
            settle-use S1 total 121 #3 next 60
                settled -0.10 #1 no next overrun 0.10
                  because subscription_off subscription sub_1-1 why funds_low used 121 billed
                  180 0.0:60 next 0 of 60
                  | -0.05 = -0.05
                switched sub_1-1 tel v1 off funds_low
                  | -0.05 = -0.05
            pay A 0.10 ref R2
                payment +0.10 | 0.05 = 0.05
                switched sub_1-1 tel v1 on restored | 0.05 = 0.05
            settle-use S1 total 121 #4 next 600
                settled #1 next 0.00 until 01:00 used 121 billed 180 next 59 of 600, last
                  | 0.05 = 0.05
            settle-use S1 total 180 #5 final     settled_final #1 used 180 billed 180 | 0.05 = 0.05
            authorise-use A/1 S2 600 #1 min 60
                refused #2 insufficient_funds available 0.05 requested 0.10 | 0.05 = 0.05
        "#]],
    );
}

#[test]
fn a_time_band_changes_the_price_at_its_edge() {
    check(
        "
        customer Ann
        service tel use second 0.60 per 60 night 22:00-06:00=0.06
        open A EUR
        pay A 10.00
        subscribe A tel
        at 21:59:10
        authorise-use A/1 S1 600 #1
        at 22:01:10
        settle-use S1 total 120 #2 final
        show A
        at 1d 05:59:50
        authorise-use A/1 S2 60 #1
        at 1d 06:00:20
        settle-use S2 total 10 #2
        settle-use S2 total 30 #3 final
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service tel use second 0.60 per 60 night 22:00-06:00=0.06 service_set tel v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 10.00                          payment +10.00 | 10.00 = 10.00
            subscribe A tel
                subscription_opened sub_1-1 tel v1 | 10.00 = 10.00
                switched sub_1-1 tel v1 on activated | 10.00 = 10.00
            at 21:59:10
            authorise-use A/1 S1 600 #1
                authorised #1 1.05 until 22:59:10 600 of 600 | 10.00 - 1.05 = 8.95
            at 22:01:10
            settle-use S1 total 120 #2 final
                settled_final -0.57 #1 used 120 billed 120 0.0:50 1.0:70 | 9.43 = 9.43
            show A                               | 9.43 = 9.43
            at 1d 05:59:50
            authorise-use A/1 S2 60 #1
                authorised #2 0.51 until 1d 06:59:50 60 of 60 | 9.43 - 0.51 = 8.92
            at 1d 06:00:20
            settle-use S2 total 10 #2
                settled -0.01 #2 kept 0.50 used 10 billed 10 1.0:10 | 9.42 - 0.50 = 8.92
            settle-use S2 total 30 #3 final
                settled_final -0.20 #2 used 30 billed 30 0.0:20 | 9.22 = 9.22
        "#]],
    );
}

#[test]
fn bytes_are_priced_in_the_band_in_which_they_were_granted() {
    check(
        "
        customer Ann
        service web use byte 0.000010 night 22:00-06:00=0.000001
        open A EUR
        pay A 10.00
        subscribe A web
        at 21:30
        authorise-use A/1 S1 100000 #1 for 2h
        at 22:00
        fire
        settle-use S1 total 100000 #2 next 100000
        settle-use S1 total 200000 #3 final
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service web use byte 0.000010 night 22:00-06:00=0.000001 service_set web v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 10.00                          payment +10.00 | 10.00 = 10.00
            subscribe A web
                subscription_opened sub_1-1 web v1 | 10.00 = 10.00
                switched sub_1-1 web v1 on activated | 10.00 = 10.00
            at 21:30
            authorise-use A/1 S1 100000 #1 for 2h
                authorised #1 1.00 until 22:00 100000 of 100000 | 10.00 - 1.00 = 9.00
            at 22:00
              22:00 reservation_expired #1 | 10.00 = 10.00
            fire
            settle-use S1 total 100000 #2 next 100000
                settled -1.00 #1 next 0.10 until 23:00 overrun 1.00 used 100000 billed 100000
                  0.0:100000 next 100000 of 100000
                  | 9.00 - 0.10 = 8.90
            settle-use S1 total 200000 #3 final
                settled_final -0.10 #1 used 200000 billed 200000 1.0:100000 | 8.90 = 8.90
        "#]],
    );
}

#[test]
fn a_volume_step_changes_the_price_at_its_edge() {
    check(
        "
        customer Ann
        service web use byte steps 0:0.02,100:0.01
        open A EUR
        pay A 2.50
        subscribe A web
        authorise-use A/1 S1 90 #1
        settle-use S1 total 90 #2 next 90
        settle-use S1 total 180 #3 final
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service web use byte steps 0:0.02,100:0.01 service_set web v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 2.50                           payment +2.50 | 2.50 = 2.50
            subscribe A web
                subscription_opened sub_1-1 web v1 | 2.50 = 2.50
                switched sub_1-1 web v1 on activated | 2.50 = 2.50
            authorise-use A/1 S1 90 #1
                authorised #1 1.80 until 01:00 90 of 90 | 2.50 - 1.80 = 0.70
            settle-use S1 total 90 #2 next 90
                settled -1.80 #1 next 0.70 until 01:00 used 90 billed 90 0.0:90 next 60 of 90, last
                  | 0.70 - 0.70 = 0.00
            settle-use S1 total 180 #3 final
                settled_final -1.00 #1 overrun 0.30 used 180 billed 180 0.0:10 0.1:80
                  | -0.30 = -0.30
                switched sub_1-1 web v1 off funds_low
                  | -0.30 = -0.30
            show A                               | -0.30 = -0.30
        "#]],
    );
}

#[test]
fn a_session_keeps_the_version_that_it_began_with() {
    check(
        "
        customer Ann
        service web use byte 0.01
        open A EUR
        pay A 10.00
        subscribe A web
        authorise-use A/1 S1 100 #1
        service web use byte 0.05
        settle-use S1 total 100 #2 next 100
        settle-use S1 total 200 #3 final
        authorise-use A/1 S2 100 #1
        settle-use S2 total 100 #2 final
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service web use byte 0.01            service_set web v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 10.00                          payment +10.00 | 10.00 = 10.00
            subscribe A web
                subscription_opened sub_1-1 web v1 | 10.00 = 10.00
                switched sub_1-1 web v1 on activated | 10.00 = 10.00
            authorise-use A/1 S1 100 #1
                authorised #1 1.00 until 01:00 100 of 100 | 10.00 - 1.00 = 9.00
            service web use byte 0.05            service_set web v2
            settle-use S1 total 100 #2 next 100
                settled -1.00 #1 next 1.00 until 01:00 used 100 billed 100 0.0:100 next 100 of 100
                  | 9.00 - 1.00 = 8.00
            settle-use S1 total 200 #3 final
                settled_final -1.00 #1 used 200 billed 200 0.0:100 | 8.00 = 8.00
            authorise-use A/1 S2 100 #1
                authorised #2 5.00 until 01:00 100 of 100 | 8.00 - 5.00 = 3.00
            settle-use S2 total 100 #2 final
                settled_final -5.00 #2 used 100 billed 100 0.0:100 | 3.00 = 3.00
        "#]],
    );
}

#[test]
fn rates_are_frozen_for_a_session() {
    check(
        "
        customer Ann
        rate EUR USD 1.25
        service web use byte 0.01 USD
        open A EUR
        pay A 10.00
        subscribe A web
        authorise-use A/1 S1 100 #1
        rate EUR USD 2.00
        settle-use S1 total 100 #2 next 100
        settle-use S1 total 200 #3 final
        authorise-use A/1 S2 100 #1
        settle-use S2 total 100 #2 final
        totals
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            rate EUR USD 1.25                    exchange_rates_added
            service web use byte 0.01 USD        service_set web v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 10.00                          payment +10.00 | 10.00 = 10.00
            subscribe A web
                subscription_opened sub_1-1 web v1 | 10.00 = 10.00
                switched sub_1-1 web v1 on activated | 10.00 = 10.00
            authorise-use A/1 S1 100 #1
                authorised #1 0.80 until 01:00 100 of 100 | 10.00 - 0.80 = 9.20
            rate EUR USD 2.00                    exchange_rates_added
            settle-use S1 total 100 #2 next 100
                settled -0.80 #1 next 0.80 until 01:00 used 100 billed 100 0.0:100 next 100 of 100
                  for 1.00 USD by EUR/USD 1.25
                  | 9.20 - 0.80 = 8.40
            settle-use S1 total 200 #3 final
                settled_final -0.80 #1 used 200 billed 200 0.0:100 for 1.00 USD by EUR/USD 1.25
                  | 8.40 = 8.40
            authorise-use A/1 S2 100 #1
                authorised #2 0.50 until 01:00 100 of 100 | 8.40 - 0.50 = 7.90
            settle-use S2 total 100 #2 final
                settled_final -0.50 #2 used 100 billed 100 0.0:100 for 1.00 USD by EUR/USD 2
                  | 7.90 = 7.90
            totals
              EUR accounts             7.90
              EUR exchange:USD         2.10
              EUR payments:cash        -10.00
              USD exchange:EUR         -3.00
              USD revenue:web          3.00
        "#]],
    );
}

#[test]
fn a_set_up_fee_and_a_minimum_charge_come_with_the_first_unit() {
    check(
        "
        customer Ann
        service tel use second 0.10 per 60 increment 60 set-up 0.05 least 0.20
        open A EUR
        pay A 0.19
        subscribe A tel
        authorise-use A/1 S1 60 #1
        pay A 0.01 ref R2
        authorise-use A/1 S1 60 #2
        settle-use S1 total 0 #3 final
        authorise-use A/1 S2 60 #1
        settle-use S2 total 1 #2 final
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service tel use second 0.10 per 60 increment 60 set-up 0.05 least 0.20
                service_set tel v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 0.19                           payment +0.19 | 0.19 = 0.19
            subscribe A tel
                subscription_opened sub_1-1 tel v1 | 0.19 = 0.19
                switched sub_1-1 tel v1 on activated | 0.19 = 0.19
            authorise-use A/1 S1 60 #1
                refused #1 insufficient_funds available 0.19 requested 0.20 | 0.19 = 0.19
            pay A 0.01 ref R2                    payment +0.01 | 0.20 = 0.20
            authorise-use A/1 S1 60 #2
                authorised #1 0.20 until 01:00 60 of 60 | 0.20 - 0.20 = 0.00
            settle-use S1 total 0 #3 final       settled_final #1 used 0 billed 0 | 0.20 = 0.20
            authorise-use A/1 S2 60 #1
                authorised #2 0.20 until 01:00 60 of 60 | 0.20 - 0.20 = 0.00
            settle-use S2 total 1 #2 final
                settled_final -0.20 #2 used 1 billed 60 0.0:60 | 0.00 = 0.00
            show A                               | 0.00 = 0.00
        "#]],
    );
}

#[test]
fn the_destination_decides_by_its_longest_prefix() {
    check(
        "
        customer Ann
        service tel use second to +49=0.01,+4915=0.10,+=1.00
        open A EUR
        pay A 5.00
        subscribe A tel
        authorise-use A/1 S1 10 #1 to +4930
        authorise-use A/1 S2 10 #1 to +4915
        authorise-use A/1 S3 1 #1 to +33
        authorise-use A/1 S4 1 #1 to 33
        authorise-use A/1 S5 1
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service tel use second to +49=0.01,+4915=0.10,+=1.00 service_set tel v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            subscribe A tel
                subscription_opened sub_1-1 tel v1 | 5.00 = 5.00
                switched sub_1-1 tel v1 on activated | 5.00 = 5.00
            authorise-use A/1 S1 10 #1 to +4930
                authorised #1 0.10 until 01:00 10 of 10 | 5.00 - 0.10 = 4.90
            authorise-use A/1 S2 10 #1 to +4915
                authorised #2 1.00 until 01:00 10 of 10 | 5.00 - 1.10 = 3.90
            authorise-use A/1 S3 1 #1 to +33
                authorised #3 1.00 until 01:00 1 of 1 | 5.00 - 2.10 = 2.90
            authorise-use A/1 S4 1 #1 to 33
                refused #4 destination_not_served destination 33 | 5.00 - 2.10 = 2.90
            authorise-use A/1 S5 1               destination_not_served destination
        "#]],
    );
}

#[test]
fn an_account_finds_its_most_important_subscription_of_a_service() {
    check(
        "
        customer Ann
        service tel use second 0.01
        service web use byte 0.01
        open A EUR
        open B EUR
        pay A 5.00
        subscribe A tel priority 5
        subscribe A tel priority 4 known ann
        subscribe A web
        authorise-use A S1 10 #1 of tel
        authorise-use A S2 10 #1
        authorise-use ~ann S3 10 #1 of web
        authorise-use ~bob S4 10
        authorise-use B S5 10 of tel
        authorise-use @9 S6 10 of tel
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service tel use second 0.01          service_set tel v1
            service web use byte 0.01            service_set web v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            open B EUR                           account_opened 100000025 | 0.00 = 0.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            subscribe A tel priority 5
                subscription_opened sub_1-1 tel v1 | 5.00 = 5.00
                switched sub_1-1 tel v1 on activated | 5.00 = 5.00
            subscribe A tel priority 4 known ann
                subscription_opened sub_1-2 tel v1 known as ann | 5.00 = 5.00
                switched sub_1-2 tel v1 on activated known as ann | 5.00 = 5.00
            subscribe A web
                subscription_opened sub_1-3 web v1 | 5.00 = 5.00
                switched sub_1-3 web v1 on activated | 5.00 = 5.00
            authorise-use A S1 10 #1 of tel
                authorised #1 0.10 until 01:00 10 of 10 | 5.00 - 0.10 = 4.90
            authorise-use A S2 10 #1
                subscription_not_found subscription acc_1 without a service
            authorise-use ~ann S3 10 #1 of web
                authorised #2 0.10 until 01:00 10 of 10 | 5.00 - 0.20 = 4.80
            authorise-use ~bob S4 10             subscription_not_found subscription bob
            authorise-use B S5 10 of tel         subscription_not_found subscription tel of acc_2
            authorise-use @9 S6 10 of tel
                account_not_found account acc_9 check_digit_wrong false
        "#]],
    );
}

#[test]
fn an_account_without_limit_is_granted_what_it_asks() {
    check(
        "
        customer Ann
        service tel use second 0.10 max 600
        open A EUR limit unlimited
        subscribe A tel
        authorise-use A/1 S1 1000 #1
        settle-use S1 total 600 #2 next 1000
        settle-use S1 total 1200 #3 final
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service tel use second 0.10 max 600  service_set tel v1
            open A EUR limit unlimited           account_opened 100000017 | 0.00 + unlimited
            subscribe A tel
                subscription_opened sub_1-1 tel v1 | 0.00 + unlimited
                switched sub_1-1 tel v1 on activated | 0.00 + unlimited
            authorise-use A/1 S1 1000 #1
                authorised #1 60.00 until 01:00 600 of 1000 | 0.00 + unlimited - 60.00
            settle-use S1 total 600 #2 next 1000
                settled -60.00 #1 next 60.00 until 01:00 used 600 billed 600 0.0:600 next 600 of
                  1000
                  | -60.00 + unlimited - 60.00
            settle-use S1 total 1200 #3 final
                settled_final -60.00 #1 used 1200 billed 1200 0.0:600 | -120.00 + unlimited
            show A                               | -120.00 + unlimited
        "#]],
    );
}

#[test]
fn a_weekend_and_a_holiday_have_prices_of_their_own() {
    check(
        r#"
        zone Europe/Berlin holidays 2027-05-17
        customer Ann
        service tel {"usage": {"unit": "second", "bands": [ +
        {"name": "work", "times": [{"from": "00:00", "until": "24:00", "days": +
        ["monday", "tuesday", "wednesday", "thursday", "friday"]}]}, +
        {"name": "free", "times": [{"from": "00:00", "until": "24:00", "days": +
        ["saturday", "sunday", "holiday"]}]}], +
        "rates": [{"price": {"work": "0.02", "free": "0.01"}}]}}
        open A EUR
        pay A 10.00
        subscribe A tel
        at 2027-05-14 23:59:30
        authorise-use A/1 S1 60 #1
        settle-use S1 total 60 #2 final
        at 2027-05-17 23:59:50
        authorise-use A/1 S2 60 #1
        settle-use S2 total 60 #2 final
        "#,
        expect![[r#"
            zone Europe/Berlin holidays 2027-05-17
            customer Ann                         customer_created cus_1
            service tel {"usage": {"unit": "second", "bands": [ {"name": "work", "times": [{"from":
                    "00:00", "until": "24:00", "days": ["monday", "tuesday", "wednesday",
                    "thursday", "friday"]}]}, {"name": "free", "times": [{"from": "00:00", "until":
                    "24:00", "days": ["saturday", "sunday", "holiday"]}]}], "rates": [{"price":
                    {"work": "0.02", "free": "0.01"}}]}}
                service_set tel v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 10.00                          payment +10.00 | 10.00 = 10.00
            subscribe A tel
                subscription_opened sub_1-1 tel v1 | 10.00 = 10.00
                switched sub_1-1 tel v1 on activated | 10.00 = 10.00
            at 2027-05-14 23:59:30
            authorise-use A/1 S1 60 #1
                authorised #1 0.90 until 2027-05-14 22:59:30 60 of 60 | 10.00 - 0.90 = 9.10
            settle-use S1 total 60 #2 final
                settled_final -0.90 #1 used 60 billed 60 0.0:30 1.0:30 | 9.10 = 9.10
            at 2027-05-17 23:59:50
            authorise-use A/1 S2 60 #1
                authorised #2 1.10 until 2027-05-17 22:59:50 60 of 60 | 9.10 - 1.10 = 8.00
            settle-use S2 total 60 #2 final
                settled_final -1.10 #2 used 60 billed 60 0.0:50 1.0:10 | 8.00 = 8.00
        "#]],
    );
}
