use expect_test::expect;

use super::check;

/// Of the period in which another length comes, only what is left of it is charged.
#[test]
fn a_longer_period_never_overlaps_the_one_that_was_paid() {
    check(
        "
        customer Ann
        service net day 30.00 count 30
        open A EUR
        pay A 30.00 ref R1
        subscribe A net
        service net day 45.00 count 45
        at 36d 00:00
        fire
        pay A 90.00 ref R2
        at 90d 00:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 30.00 count 30       service_set net v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 30.00 ref R1                   payment +30.00 | 30.00 = 30.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 30.00 = 30.00
                period_started -30.00 sub_1-1 v1 00:00 to 30d 00:00 | 0.00 = 0.00
                switched sub_1-1 net v1 on activated | 0.00 = 0.00
            service net day 45.00 count 45       service_set net v2
            at 36d 00:00
              30d 00:00 period_ended sub_1-1 | 0.00 = 0.00
              30d 00:00 switched sub_1-1 net v1 off period_unpaid | 0.00 = 0.00
            fire
            pay A 90.00 ref R2
                payment +90.00 | 90.00 = 90.00
                period_started -15.00 sub_1-1 v2 30d 00:00 to 45d 00:00 | 75.00 = 75.00
                switched sub_1-1 net v2 on restored | 75.00 = 75.00
            at 90d 00:00
              45d 00:00 period_started -45.00 sub_1-1 v2 45d 00:00 to 90d 00:00 | 30.00 = 30.00
              90d 00:00 period_ended sub_1-1 | 30.00 = 30.00
              90d 00:00 switched sub_1-1 net v2 off period_unpaid | 30.00 = 30.00
            fire
        "#]],
    );
}

#[test]
fn a_longer_period_begins_anew_where_the_one_before_would_have_paused() {
    check(
        "
        customer Ann
        service net day 30.00 count 30 off pauses
        open A EUR
        pay A 30.00 ref R1
        subscribe A net
        service net day 45.00 count 45 off pauses
        at 36d 00:00
        fire
        pay A 90.00 ref R2
        at 90d 00:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 30.00 count 30 off pauses service_set net v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 30.00 ref R1                   payment +30.00 | 30.00 = 30.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 30.00 = 30.00
                period_started -30.00 sub_1-1 v1 00:00 to 30d 00:00 | 0.00 = 0.00
                switched sub_1-1 net v1 on activated | 0.00 = 0.00
            service net day 45.00 count 45 off pauses service_set net v2
            at 36d 00:00
              30d 00:00 period_ended sub_1-1 | 0.00 = 0.00
              30d 00:00 switched sub_1-1 net v1 off period_unpaid | 0.00 = 0.00
            fire
            pay A 90.00 ref R2
                payment +90.00 | 90.00 = 90.00
                period_started -45.00 sub_1-1 v2 36d 00:00 to 81d 00:00 | 45.00 = 45.00
                switched sub_1-1 net v2 on restored | 45.00 = 45.00
            at 90d 00:00
              81d 00:00 period_started -45.00 sub_1-1 v2 81d 00:00 to 126d 00:00 | 0.00 = 0.00
            fire
        "#]],
    );
}

#[test]
fn a_longer_period_costs_what_is_left_of_it_where_time_off_is_credited() {
    check(
        "
        customer Ann
        service net day 30.00 count 30 off credited
        open A EUR
        pay A 30.00 ref R1
        subscribe A net
        service net day 45.00 count 45 off credited
        at 36d 00:00
        fire
        pay A 90.00 ref R2
        at 90d 00:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 30.00 count 30 off credited service_set net v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 30.00 ref R1                   payment +30.00 | 30.00 = 30.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 30.00 = 30.00
                period_started -30.00 sub_1-1 v1 00:00 to 30d 00:00 | 0.00 = 0.00
                switched sub_1-1 net v1 on activated | 0.00 = 0.00
            service net day 45.00 count 45 off credited service_set net v2
            at 36d 00:00
              30d 00:00 period_ended sub_1-1 | 0.00 = 0.00
              30d 00:00 switched sub_1-1 net v1 off period_unpaid | 0.00 = 0.00
            fire
            pay A 90.00 ref R2
                payment +90.00 | 90.00 = 90.00
                period_started -9.00 sub_1-1 v2 36d 00:00 to 45d 00:00 | 81.00 = 81.00
                switched sub_1-1 net v2 on restored | 81.00 = 81.00
            at 90d 00:00
              45d 00:00 period_started -45.00 sub_1-1 v2 45d 00:00 to 90d 00:00 | 36.00 = 36.00
              90d 00:00 period_ended sub_1-1 | 36.00 = 36.00
              90d 00:00 switched sub_1-1 net v2 off period_unpaid | 36.00 = 36.00
            fire
        "#]],
    );
}

#[test]
fn a_longer_period_follows_one_that_goes_on() {
    check(
        "
        customer Ann
        service net day 30.00 count 30
        service late day 30.00 count 30 postpaid
        open A EUR limit 100.00
        subscribe A net
        subscribe A late
        service net day 45.00 count 45
        service late day 45.00 count 45 postpaid
        at 45d 00:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 30.00 count 30       service_set net v1
            service late day 30.00 count 30 postpaid service_set late v1
            open A EUR limit 100.00              account_opened 100000017 | 0.00 + 100.00 = 100.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 0.00 + 100.00 = 100.00
                period_started -30.00 sub_1-1 v1 00:00 to 30d 00:00 | -30.00 + 100.00 = 70.00
                switched sub_1-1 net v1 on activated | -30.00 + 100.00 = 70.00
            subscribe A late
                subscription_opened sub_1-2 late v1 | -30.00 + 100.00 = 70.00
                period_started sub_1-2 v1 00:00 to 30d 00:00 postpaid | -30.00 + 100.00 = 70.00
                switched sub_1-2 late v1 on activated | -30.00 + 100.00 = 70.00
            service net day 45.00 count 45       service_set net v2
            service late day 45.00 count 45 postpaid service_set late v2
            at 45d 00:00
              30d 00:00 period_started -15.00 sub_1-1 v2 30d 00:00 to 45d 00:00
                  | -45.00 + 100.00 = 55.00
              30d 00:00 period_started -30.00 sub_1-2 v2 30d 00:00 to 45d 00:00 postpaid for
                  since 00:00
                  | -75.00 + 100.00 = 25.00
              45d 00:00 period_ended sub_1-1 | -75.00 + 100.00 = 25.00
              45d 00:00 period_started -15.00 sub_1-2 v2 45d 00:00 to 90d 00:00 postpaid for
                  since 30d 00:00
                  | -90.00 + 100.00 = 10.00
              45d 00:00 switched sub_1-1 net v1 off period_unpaid | -90.00 + 100.00 = 10.00
            fire
        "#]],
    );
}

#[test]
fn days_that_begin_elsewhere_never_overlap_what_was_paid() {
    check(
        "
        zone Europe/Berlin
        customer Ann zone Pacific/Tahiti
        open A EUR
        at 2027-01-01 00:00
        service paper month 10.00 anchor 1
        pay A 10.00 ref R1
        subscribe A paper
        service paper month 10.00 anchor 1 days customer
        at 2027-02-01 00:00
        fire
        at 2027-02-01 06:00
        pay A 40.00 ref R2
        at 2027-02-02 06:00
        fire
        ",
        expect![[r#"
            zone Europe/Berlin
            customer Ann zone Pacific/Tahiti     customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            at 2027-01-01 00:00
            service paper month 10.00 anchor 1   service_set paper v1
            pay A 10.00 ref R1                   payment +10.00 | 10.00 = 10.00
            subscribe A paper
                subscription_opened sub_1-1 paper v1
                  | 10.00 = 10.00
                period_started -10.00 sub_1-1 v1 2026-12-31 23:00 to 2027-01-31 23:00
                  | 0.00 = 0.00
                switched sub_1-1 paper v1 on activated
                  | 0.00 = 0.00
            service paper month 10.00 anchor 1 days customer service_set paper v2
            at 2027-02-01 00:00
              2027-01-31 23:00 period_ended sub_1-1 | 0.00 = 0.00
              2027-01-31 23:00 switched sub_1-1 paper v1 off period_unpaid | 0.00 = 0.00
            fire
            at 2027-02-01 06:00
            pay A 40.00 ref R2
                payment +40.00
                  | 40.00 = 40.00
                period_started -0.15 sub_1-1 v2 2027-01-31 23:00 to 2027-02-01 10:00
                  | 39.85 = 39.85
                switched sub_1-1 paper v2 on restored
                  | 39.85 = 39.85
            at 2027-02-02 06:00
              2027-02-01 10:00 period_started -10.00 sub_1-1 v2 2027-02-01 10:00 to 2027-03-01
                  10:00
                  | 29.85 = 29.85
            fire
        "#]],
    );
}

#[test]
fn an_own_price_keeps_the_currency_in_which_it_was_agreed() {
    check(
        "
        customer Ann
        rate EUR USD 2.00
        service net day 30.00 count 30
        open A EUR
        pay A 200.00
        subscribe A net own 20.00
        subscribe A net
        service net day 40.00 USD count 30 sets down=50
        service net day 31.00 count 30
        service net day 50.00 USD count 30 sets down=50
        at 30d 00:00
        fire
        change A/1 own none
        change A/2 own 30.00
        at 60d 00:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            rate EUR USD 2.00                    exchange_rates_added
            service net day 30.00 count 30       service_set net v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 200.00                         payment +200.00 | 200.00 = 200.00
            subscribe A net own 20.00
                subscription_opened sub_1-1 net v1 own price 20.00 | 200.00 = 200.00
                period_started -20.00 sub_1-1 v1 00:00 to 30d 00:00 | 180.00 = 180.00
                switched sub_1-1 net v1 on activated | 180.00 = 180.00
            subscribe A net
                subscription_opened sub_1-2 net v1 | 180.00 = 180.00
                period_started -30.00 sub_1-2 v1 00:00 to 30d 00:00 | 150.00 = 150.00
                switched sub_1-2 net v1 on activated | 150.00 = 150.00
            service net day 40.00 USD count 30 sets down=50 service_set net v2
            service net day 31.00 count 30       service_set net v3
            service net day 50.00 USD count 30 sets down=50 service_set net v4
            at 30d 00:00
              30d 00:00 period_started -20.00 sub_1-1 v3 30d 00:00 to 60d 00:00
                  | 130.00 = 130.00
              30d 00:00 period_started -25.00 sub_1-2 v4 30d 00:00 to 60d 00:00 for 50.00 USD by
                  EUR/USD 2
                  | 105.00 = 105.00
              30d 00:00 switched sub_1-2 net v4 on changed | 105.00 = 105.00
            fire
            change A/1 own none
                subscription_changed sub_1-1 no own price | 105.00 = 105.00
            change A/2 own 30.00
                subscription_changed sub_1-2 own price 30.00 | 105.00 = 105.00
            at 60d 00:00
              60d 00:00 period_started -25.00 sub_1-1 v4 60d 00:00 to 90d 00:00 for 50.00 USD by
                  EUR/USD 2
                  | 80.00 = 80.00
              60d 00:00 period_started -15.00 sub_1-2 v4 60d 00:00 to 90d 00:00 for 30.00 USD by
                  EUR/USD 2
                  | 65.00 = 65.00
              60d 00:00 switched sub_1-1 net v4 on changed | 65.00 = 65.00
            fire
        "#]],
    );
}

#[test]
fn a_postpaid_period_does_not_begin_without_any_rate() {
    check(
        "
        customer Ann
        service net day 30.00 count 30 postpaid
        service calls use second 0.10 postpaid
        open A EUR limit 100.00
        subscribe A net
        subscribe A calls known ann
        service net day 3000.00 XPF count 30 postpaid
        service calls use second 12.00 XPF postpaid
        authorise-use ~ann S1 60
        at 30d 00:00
        fire
        at 60d 00:00
        fire
        rate EUR XPF 120.00
        authorise-use ~ann S1 60
        at 62d 00:00
        limit A 200.00
        at 90d 00:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 30.00 count 30 postpaid service_set net v1
            service calls use second 0.10 postpaid service_set calls v1
            open A EUR limit 100.00              account_opened 100000017 | 0.00 + 100.00 = 100.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 0.00 + 100.00 = 100.00
                period_started sub_1-1 v1 00:00 to 30d 00:00 postpaid | 0.00 + 100.00 = 100.00
                switched sub_1-1 net v1 on activated | 0.00 + 100.00 = 100.00
            subscribe A calls known ann
                subscription_opened sub_1-2 calls v1 known as ann | 0.00 + 100.00 = 100.00
                switched sub_1-2 calls v1 on activated known as ann | 0.00 + 100.00 = 100.00
            service net day 3000.00 XPF count 30 postpaid service_set net v2
            service calls use second 12.00 XPF postpaid service_set calls v2
            authorise-use ~ann S1 60             no_exchange_rate at 00:00 from XPF to EUR
            at 30d 00:00
              30d 00:00 period_ended -30.00 sub_1-1 | -30.00 + 100.00 = 70.00
              30d 00:00 switched sub_1-1 net v1 off period_unpaid | -30.00 + 100.00 = 70.00
            fire
            at 60d 00:00
            fire
            rate EUR XPF 120.00                  exchange_rates_added
              60d 00:00 period_started sub_1-1 v2 60d 00:00 to 90d 00:00 postpaid
                  | -30.00 + 100.00 = 70.00
              60d 00:00 switched sub_1-1 net v2 on restored | -30.00 + 100.00 = 70.00
            authorise-use ~ann S1 60
                authorised #1 6.00 until 60d 01:00 60 of 60 | -30.00 + 100.00 - 6.00 = 64.00
            at 62d 00:00
              60d 01:00 reservation_expired #1 | -30.00 + 100.00 = 70.00
            limit A 200.00                       credit_limit_set | -30.00 + 200.00 = 170.00
            at 90d 00:00
              90d 00:00 period_started -25.00 sub_1-1 v2 90d 00:00 to 120d 00:00 postpaid for
                  since 60d 00:00 for 3000 XPF by EUR/XPF 120
                  | -55.00 + 200.00 = 145.00
            fire
        "#]],
    );
}

#[test]
fn a_postpaid_period_begins_at_a_rate_that_is_old() {
    check(
        "
        customer Ann
        rates-grow-old 5d
        rate EUR XPF 120.00
        service net day 3000.00 XPF count 30 postpaid
        open A EUR limit 100.00
        subscribe A net
        at 30d 00:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            rates-grow-old 5d
            rate EUR XPF 120.00                  exchange_rates_added
            service net day 3000.00 XPF count 30 postpaid service_set net v1
            open A EUR limit 100.00              account_opened 100000017 | 0.00 + 100.00 = 100.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 0.00 + 100.00 = 100.00
                period_started sub_1-1 v1 00:00 to 30d 00:00 postpaid | 0.00 + 100.00 = 100.00
                switched sub_1-1 net v1 on activated | 0.00 + 100.00 = 100.00
            at 30d 00:00
              30d 00:00 period_started -25.00 sub_1-1 v1 30d 00:00 to 60d 00:00 postpaid for
                  since 00:00 for 3000 XPF by EUR/XPF 120
                  | -25.00 + 100.00 = 75.00
            fire
        "#]],
    );
}
