use expect_test::expect;

use super::check;

#[test]
fn a_new_version_touches_nothing_that_runs_until_its_next_period() {
    check(
        "
        customer Ann
        service net day 10.00 count 10 adapter edge sets down=50
        open A EUR
        pay A 100.00
        subscribe A net
        at 4d 00:00
        service net day 12.00 count 10 adapter edge sets down=100
        show A
        at 10d 00:00
        fire
        at 12d 00:00
        service net day 15.00 count 10 adapter edge sets down=100 withdrawn
        subscribe A net
        at 20d 00:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 10.00 count 10 adapter edge sets down=50 service_set net v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 100.00                         payment +100.00 | 100.00 = 100.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 100.00 = 100.00
                period_started -10.00 sub_1-1 v1 00:00 to 10d 00:00 | 90.00 = 90.00
                switched sub_1-1 net v1 on activated by edge down=50 | 90.00 = 90.00
            at 4d 00:00
            service net day 12.00 count 10 adapter edge sets down=100 service_set net v2
            show A                               | 90.00 = 90.00
            at 10d 00:00
              10d 00:00 period_started -12.00 sub_1-1 v2 10d 00:00 to 20d 00:00 | 78.00 = 78.00
              10d 00:00 switched sub_1-1 net v2 on changed by edge down=100 | 78.00 = 78.00
            fire
            at 12d 00:00
            service net day 15.00 count 10 adapter edge sets down=100 withdrawn service_set net v3
            subscribe A net                      service_withdrawn service net
            at 20d 00:00
              20d 00:00 period_started -15.00 sub_1-1 v3 20d 00:00 to 30d 00:00 | 63.00 = 63.00
            fire
        "#]],
    );
}

#[test]
fn a_new_price_waits_for_a_postpaid_periods_end_and_so_does_an_own_one() {
    check(
        "
        customer Ann
        service net day 10.00 count 10 postpaid
        open A EUR limit 100.00
        subscribe A net
        at 4d 00:00
        service net day 12.00 count 10 postpaid
        at 10d 00:00
        fire
        at 14d 00:00
        change A/1 own 7.00
        at 20d 00:00
        fire
        change A/1 own none
        at 30d 00:00
        fire
        at 40d 00:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 10.00 count 10 postpaid service_set net v1
            open A EUR limit 100.00              account_opened 100000017 | 0.00 + 100.00 = 100.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 0.00 + 100.00 = 100.00
                period_started sub_1-1 v1 00:00 to 10d 00:00 postpaid | 0.00 + 100.00 = 100.00
                switched sub_1-1 net v1 on activated | 0.00 + 100.00 = 100.00
            at 4d 00:00
            service net day 12.00 count 10 postpaid service_set net v2
            at 10d 00:00
              10d 00:00 period_started -10.00 sub_1-1 v2 10d 00:00 to 20d 00:00 postpaid for
                  since 00:00
                  | -10.00 + 100.00 = 90.00
            fire
            at 14d 00:00
            change A/1 own 7.00
                subscription_changed sub_1-1 own price 7.00 | -10.00 + 100.00 = 90.00
            at 20d 00:00
              20d 00:00 period_started -12.00 sub_1-1 v2 20d 00:00 to 30d 00:00 postpaid for
                  since 10d 00:00
                  | -22.00 + 100.00 = 78.00
            fire
            change A/1 own none
                subscription_changed sub_1-1 no own price | -22.00 + 100.00 = 78.00
            at 30d 00:00
              30d 00:00 period_started -7.00 sub_1-1 v2 30d 00:00 to 40d 00:00 postpaid for
                  since 20d 00:00
                  | -29.00 + 100.00 = 71.00
            fire
            at 40d 00:00
              40d 00:00 period_started -12.00 sub_1-1 v2 40d 00:00 to 50d 00:00 postpaid for
                  since 30d 00:00
                  | -41.00 + 100.00 = 59.00
            fire
        "#]],
    );
}

#[test]
fn a_service_may_become_postpaid_with_its_next_period() {
    check(
        "
        customer Ann
        service net day 10.00 count 10
        open A EUR limit 5.00
        pay A 10.00 ref R1
        subscribe A net
        service net day 10.00 count 10 postpaid
        at 10d 00:00
        fire
        service net day 9.00 count 10
        at 20d 00:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 10.00 count 10       service_set net v1
            open A EUR limit 5.00                account_opened 100000017 | 0.00 + 5.00 = 5.00
            pay A 10.00 ref R1                   payment +10.00 | 10.00 + 5.00 = 15.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 10.00 + 5.00 = 15.00
                period_started -10.00 sub_1-1 v1 00:00 to 10d 00:00 | 0.00 + 5.00 = 5.00
                switched sub_1-1 net v1 on activated | 0.00 + 5.00 = 5.00
            service net day 10.00 count 10 postpaid service_set net v2
            at 10d 00:00
              10d 00:00 period_ended sub_1-1 | 0.00 + 5.00 = 5.00
              10d 00:00 period_started sub_1-1 v2 10d 00:00 to 20d 00:00 postpaid
                  | 0.00 + 5.00 = 5.00
            fire
            service net day 9.00 count 10        service_set net v3
            at 20d 00:00
              20d 00:00 period_ended -10.00 sub_1-1 overrun 5.00 | -10.00 + 5.00 = -5.00
              20d 00:00 switched sub_1-1 net v1 off funds_low | -10.00 + 5.00 = -5.00
            fire
        "#]],
    );
}

#[test]
fn what_fell_due_while_nobody_looked_is_done_once_in_order_at_its_own_moment() {
    check(
        "
        customer Ann
        service net hour 1.00
        service tv hour 0.50 count 2
        open A EUR
        pay A 6.00 ref R1
        subscribe A tv priority 2
        subscribe A net priority 1
        at 08:30
        fire
        pay A 5.00 ref R2
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net hour 1.00                service_set net v1
            service tv hour 0.50 count 2         service_set tv v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 6.00 ref R1                    payment +6.00 | 6.00 = 6.00
            subscribe A tv priority 2
                subscription_opened sub_1-1 tv v1 | 6.00 = 6.00
                period_started -0.50 sub_1-1 v1 00:00 to 02:00 | 5.50 = 5.50
                switched sub_1-1 tv v1 on activated | 5.50 = 5.50
            subscribe A net priority 1
                subscription_opened sub_1-2 net v1 | 5.50 = 5.50
                period_started -1.00 sub_1-2 v1 00:00 to 01:00 | 4.50 = 4.50
                switched sub_1-2 net v1 on activated | 4.50 = 4.50
            at 08:30
              01:00 period_started -1.00 sub_1-2 v1 01:00 to 02:00 | 3.50 = 3.50
              02:00 period_started -1.00 sub_1-2 v1 02:00 to 03:00 | 2.50 = 2.50
              02:00 period_started -0.50 sub_1-1 v1 02:00 to 04:00 | 2.00 = 2.00
              03:00 period_started -1.00 sub_1-2 v1 03:00 to 04:00 | 1.00 = 1.00
              04:00 period_started -1.00 sub_1-2 v1 04:00 to 05:00 | 0.00 = 0.00
              04:00 period_ended sub_1-1 | 0.00 = 0.00
              04:00 switched sub_1-1 tv v1 off period_unpaid | 0.00 = 0.00
              05:00 period_ended sub_1-2 | 0.00 = 0.00
              05:00 switched sub_1-2 net v1 off period_unpaid | 0.00 = 0.00
            fire
            pay A 5.00 ref R2
                payment +5.00 | 5.00 = 5.00
                period_started -1.00 sub_1-2 v1 08:00 to 09:00 | 4.00 = 4.00
                period_started -0.50 sub_1-1 v1 08:00 to 10:00 | 3.50 = 3.50
                switched sub_1-2 net v1 on restored | 3.50 = 3.50
                switched sub_1-1 tv v1 on restored | 3.50 = 3.50
        "#]],
    );
}

#[test]
fn a_price_of_zero_and_the_shortest_period_come_to_an_end() {
    check(
        "
        customer Ann
        service free hour 0.00
        service none use event 0
        open A EUR
        subscribe A free
        subscribe A none
        at 03:00
        fire
        charge-after A 0.01
        at 05:00
        fire
        pay A 0.01
        authorise-use A S1 1 of none
        authorise-use A S2 0 of none
        settle-use S1 total 0 final
        authorise-use A S3 1 #1 of none for 0s
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service free hour 0.00               service_set free v1
            service none use event 0             service_set none v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            subscribe A free
                subscription_opened sub_1-1 free v1 | 0.00 = 0.00
                period_started sub_1-1 v1 00:00 to 01:00 | 0.00 = 0.00
                switched sub_1-1 free v1 on activated | 0.00 = 0.00
            subscribe A none
                subscription_opened sub_1-2 none v1 | 0.00 = 0.00
                switched sub_1-2 none v1 on activated | 0.00 = 0.00
            at 03:00
              01:00 period_started sub_1-1 v1 01:00 to 02:00 | 0.00 = 0.00
              02:00 period_started sub_1-1 v1 02:00 to 03:00 | 0.00 = 0.00
              03:00 period_started sub_1-1 v1 03:00 to 04:00 | 0.00 = 0.00
            fire
            charge-after A 0.01
                charge -0.01 overrun 0.01 | -0.01 = -0.01
                switched sub_1-1 free v1 off funds_low | -0.01 = -0.01
                switched sub_1-2 none v1 off funds_low | -0.01 = -0.01
            at 05:00
              04:00 period_ended sub_1-1 | -0.01 = -0.01
            fire
            pay A 0.01
                payment +0.01 | 0.00 = 0.00
                period_started sub_1-1 v1 05:00 to 06:00 | 0.00 = 0.00
                switched sub_1-1 free v1 on restored | 0.00 = 0.00
                switched sub_1-2 none v1 on restored | 0.00 = 0.00
            authorise-use A S1 1 of none         authorised #1 0.00 until 06:00 1 of 1 | 0.00 = 0.00
            authorise-use A S2 0 of none         insufficient_funds available 0.00 requested 0.00
            settle-use S1 total 0 final          settled_final #1 used 0 billed 0 | 0.00 = 0.00
            authorise-use A S3 1 #1 of none for 0s
                authorised #2 0.00 until 05:00 1 of 1 | 0.00 = 0.00
              05:00 reservation_expired #2 | 0.00 = 0.00
            fire
        "#]],
    );
}

#[test]
fn periods_in_another_currency_are_charged_at_the_rate_of_the_moment() {
    check(
        "
        customer Ann
        service net day 10.00 count 10 USD
        open A EUR
        pay A 30.00 ref R1
        subscribe A net
        rate EUR USD 1.25
        subscribe A net
        rate EUR USD 1.60
        at 10d 00:00
        fire
        totals
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 10.00 count 10 USD   service_set net v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 30.00 ref R1                   payment +30.00 | 30.00 = 30.00
            subscribe A net                      no_exchange_rate at 00:00 from USD to EUR
            rate EUR USD 1.25                    exchange_rates_added
            subscribe A net
                subscription_opened sub_1-1 net v1
                  | 30.00 = 30.00
                period_started -8.00 sub_1-1 v1 00:00 to 10d 00:00 for 10.00 USD by EUR/USD 1.25
                  | 22.00 = 22.00
                switched sub_1-1 net v1 on activated
                  | 22.00 = 22.00
            rate EUR USD 1.60                    exchange_rates_added
            at 10d 00:00
              10d 00:00 period_started -6.25 sub_1-1 v1 10d 00:00 to 20d 00:00 for 10.00 USD by
                  EUR/USD 1.6
                  | 15.75 = 15.75
            fire
            totals
              EUR accounts             15.75
              EUR exchange:USD         14.25
              EUR payments:cash        -30.00
              USD exchange:EUR         -20.00
              USD revenue:net          20.00
        "#]],
    );
}

#[test]
fn the_first_period_to_a_day_of_the_month_costs_its_part_where_that_is_agreed() {
    check(
        "
        customer Ann
        service whole month 31.00 anchor 1
        service part month 31.00 anchor 1 pro-rata
        open A EUR
        pay A 200.00
        at 2027-01-22 00:00
        subscribe A whole
        subscribe A part
        at 2027-02-01 00:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service whole month 31.00 anchor 1   service_set whole v1
            service part month 31.00 anchor 1 pro-rata service_set part v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 200.00                         payment +200.00 | 200.00 = 200.00
            at 2027-01-22 00:00
            subscribe A whole
                subscription_opened sub_1-1 whole v1
                  | 200.00 = 200.00
                period_started -31.00 sub_1-1 v1 2027-01-22 00:00 to 2027-02-01 00:00
                  | 169.00 = 169.00
                switched sub_1-1 whole v1 on activated
                  | 169.00 = 169.00
            subscribe A part
                subscription_opened sub_1-2 part v1
                  | 169.00 = 169.00
                period_started -10.00 sub_1-2 v1 2027-01-22 00:00 to 2027-02-01 00:00
                  | 159.00 = 159.00
                switched sub_1-2 part v1 on activated
                  | 159.00 = 159.00
            at 2027-02-01 00:00
              2027-02-01 00:00 period_started -31.00 sub_1-1 v1 2027-02-01 00:00 to 2027-03-01
                  00:00
                  | 128.00 = 128.00
              2027-02-01 00:00 period_started -31.00 sub_1-2 v1 2027-02-01 00:00 to 2027-03-01
                  00:00
                  | 97.00 = 97.00
            fire
        "#]],
    );
}

#[test]
fn so_does_a_postpaid_one() {
    check(
        "
        customer Ann
        service whole month 31.00 anchor 1 postpaid
        service part month 31.00 anchor 1 pro-rata postpaid
        open A EUR limit 200.00
        at 2027-01-22 00:00
        subscribe A whole
        subscribe A part
        at 2027-02-01 00:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service whole month 31.00 anchor 1 postpaid service_set whole v1
            service part month 31.00 anchor 1 pro-rata postpaid service_set part v1
            open A EUR limit 200.00              account_opened 100000017 | 0.00 + 200.00 = 200.00
            at 2027-01-22 00:00
            subscribe A whole
                subscription_opened sub_1-1 whole v1
                  | 0.00 + 200.00 = 200.00
                period_started sub_1-1 v1 2027-01-22 00:00 to 2027-02-01 00:00 postpaid
                  | 0.00 + 200.00 = 200.00
                switched sub_1-1 whole v1 on activated
                  | 0.00 + 200.00 = 200.00
            subscribe A part
                subscription_opened sub_1-2 part v1
                  | 0.00 + 200.00 = 200.00
                period_started sub_1-2 v1 2027-01-22 00:00 to 2027-02-01 00:00 postpaid
                  | 0.00 + 200.00 = 200.00
                switched sub_1-2 part v1 on activated
                  | 0.00 + 200.00 = 200.00
            at 2027-02-01 00:00
              2027-02-01 00:00 period_started -31.00 sub_1-1 v1 2027-02-01 00:00 to 2027-03-01
                  00:00 postpaid for since 2027-01-22 00:00
                  | -31.00 + 200.00 = 169.00
              2027-02-01 00:00 period_started -10.00 sub_1-2 v1 2027-02-01 00:00 to 2027-03-01
                  00:00 postpaid for since 2027-01-22 00:00
                  | -41.00 + 200.00 = 159.00
            fire
        "#]],
    );
}

#[test]
fn a_period_that_cannot_be_converted_waits_for_a_rate() {
    check(
        "
        customer Ann
        rate EUR USD 1.25 from 00:00
        service net day 10.00 count 10 USD
        service later day 10.00 count 10 USD postpaid
        open A EUR limit 20.00
        pay A 30.00
        subscribe A net
        subscribe A later
        rates-grow-old 5d
        at 10d 00:00
        fire
        subscribe A net
        rate EUR USD 1.60
        pay A 0.01 ref R2
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            rate EUR USD 1.25 from 00:00         exchange_rates_added
            service net day 10.00 count 10 USD   service_set net v1
            service later day 10.00 count 10 USD postpaid service_set later v1
            open A EUR limit 20.00               account_opened 100000017 | 0.00 + 20.00 = 20.00
            pay A 30.00                          payment +30.00 | 30.00 + 20.00 = 50.00
            subscribe A net
                subscription_opened sub_1-1 net v1
                  | 30.00 + 20.00 = 50.00
                period_started -8.00 sub_1-1 v1 00:00 to 10d 00:00 for 10.00 USD by EUR/USD 1.25
                  | 22.00 + 20.00 = 42.00
                switched sub_1-1 net v1 on activated
                  | 22.00 + 20.00 = 42.00
            subscribe A later
                subscription_opened sub_1-2 later v1 | 22.00 + 20.00 = 42.00
                period_started sub_1-2 v1 00:00 to 10d 00:00 postpaid | 22.00 + 20.00 = 42.00
                switched sub_1-2 later v1 on activated | 22.00 + 20.00 = 42.00
            rates-grow-old 5d
            at 10d 00:00
              10d 00:00 period_ended sub_1-1 | 22.00 + 20.00 = 42.00
              10d 00:00 period_started -8.00 sub_1-2 v1 10d 00:00 to 20d 00:00 postpaid for
                  since 00:00 for 10.00 USD by EUR/USD 1.25
                  | 14.00 + 20.00 = 34.00
              10d 00:00 switched sub_1-1 net v1 off period_unpaid | 14.00 + 20.00 = 34.00
            fire
            subscribe A net                      no_exchange_rate at 10d 00:00 from USD to EUR
            rate EUR USD 1.60                    exchange_rates_added
              10d 00:00 period_started -6.25 sub_1-1 v1 10d 00:00 to 20d 00:00 for 10.00 USD by
                  EUR/USD 1.6
                  | 7.75 + 20.00 = 27.75
              10d 00:00 switched sub_1-1 net v1 on restored | 7.75 + 20.00 = 27.75
            pay A 0.01 ref R2                    payment +0.01 | 7.76 + 20.00 = 27.76
        "#]],
    );
}

#[test]
fn periods_that_journal_time_has_passed_are_charged_one_by_one() {
    check(
        "
        customer Ann
        service net hour 1.00
        open A EUR
        open B EUR
        pay A 3.00 ref R1
        pay B 2.00 ref R2
        subscribe A net
        at 00:30
        subscribe B net
        at 06:00
        pay B 1.00 ref R3
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net hour 1.00                service_set net v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            open B EUR                           account_opened 100000025 | 0.00 = 0.00
            pay A 3.00 ref R1                    payment +3.00 | 3.00 = 3.00
            pay B 2.00 ref R2                    payment +2.00 | 2.00 = 2.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 3.00 = 3.00
                period_started -1.00 sub_1-1 v1 00:00 to 01:00 | 2.00 = 2.00
                switched sub_1-1 net v1 on activated | 2.00 = 2.00
            at 00:30
            subscribe B net
                subscription_opened sub_2-1 net v1 | 2.00 = 2.00
                period_started -1.00 sub_2-1 v1 00:30 to 01:30 | 1.00 = 1.00
                switched sub_2-1 net v1 on activated | 1.00 = 1.00
            at 06:00
              01:30 period_started -1.00 sub_2-1 v1 01:30 to 02:30 | 0.00 = 0.00
              02:30 period_ended sub_2-1 | 0.00 = 0.00
              02:30 switched sub_2-1 net v1 off period_unpaid | 0.00 = 0.00
            pay B 1.00 ref R3
                payment +1.00 | 1.00 = 1.00
                period_started -1.00 sub_2-1 v1 05:30 to 06:30 | 0.00 = 0.00
                switched sub_2-1 net v1 on restored | 0.00 = 0.00
              06:00 period_started -1.00 sub_1-1 v1 01:00 to 02:00 | 1.00 = 1.00
              06:00 period_started -1.00 sub_1-1 v1 02:00 to 03:00 | 0.00 = 0.00
              06:00 period_ended sub_1-1 | 0.00 = 0.00
              06:00 switched sub_1-1 net v1 off period_unpaid | 0.00 = 0.00
            fire
        "#]],
    );
}

#[test]
fn days_may_be_those_of_the_customer() {
    check(
        "
        zone UTC
        customer Ann zone America/Santiago
        service ours month 31.00 anchor 1 pro-rata
        service theirs month 31.00 anchor 1 pro-rata days customer
        open A EUR
        pay A 100.00
        at 2027-01-31 12:00
        subscribe A ours
        subscribe A theirs
        at 2027-02-01 03:00
        fire
        ",
        expect![[r#"
            zone UTC
            customer Ann zone America/Santiago   customer_created cus_1
            service ours month 31.00 anchor 1 pro-rata service_set ours v1
            service theirs month 31.00 anchor 1 pro-rata days customer service_set theirs v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 100.00                         payment +100.00 | 100.00 = 100.00
            at 2027-01-31 12:00
            subscribe A ours
                subscription_opened sub_1-1 ours v1
                  | 100.00 = 100.00
                period_started -0.50 sub_1-1 v1 2027-01-31 12:00 to 2027-02-01 00:00
                  | 99.50 = 99.50
                switched sub_1-1 ours v1 on activated
                  | 99.50 = 99.50
            subscribe A theirs
                subscription_opened sub_1-2 theirs v1
                  | 99.50 = 99.50
                period_started -0.62 sub_1-2 v1 2027-01-31 12:00 to 2027-02-01 03:00
                  | 98.88 = 98.88
                switched sub_1-2 theirs v1 on activated
                  | 98.88 = 98.88
            at 2027-02-01 03:00
              2027-02-01 00:00 period_started -31.00 sub_1-1 v1 2027-02-01 00:00 to 2027-03-01
                  00:00
                  | 67.88 = 67.88
              2027-02-01 03:00 period_started -31.00 sub_1-2 v1 2027-02-01 03:00 to 2027-03-01
                  03:00
                  | 36.88 = 36.88
            fire
        "#]],
    );
}
