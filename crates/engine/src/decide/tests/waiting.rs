use expect_test::expect;

use super::check;

/// After a night without rates they come back by themselves, each as its service says.
#[test]
fn what_waited_for_a_rate_comes_back_with_it() {
    check(
        "
        customer Ann
        rates-grow-old 5d
        rate EUR USD 2.00
        service net day 30.00 USD count 30
        service halts day 30.00 USD count 30 off pauses
        open A EUR
        pay A 100.00
        subscribe A net
        subscribe A halts
        at 33d 00:00
        fire
        rate EUR USD 2.50
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            rates-grow-old 5d
            rate EUR USD 2.00                    exchange_rates_added
            service net day 30.00 USD count 30   service_set net v1
            service halts day 30.00 USD count 30 off pauses service_set halts v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 100.00                         payment +100.00 | 100.00 = 100.00
            subscribe A net
                subscription_opened sub_1-1 net v1
                  | 100.00 = 100.00
                period_started -15.00 sub_1-1 v1 00:00 to 30d 00:00 for 30.00 USD by EUR/USD 2
                  | 85.00 = 85.00
                switched sub_1-1 net v1 on activated
                  | 85.00 = 85.00
            subscribe A halts
                subscription_opened sub_1-2 halts v1
                  | 85.00 = 85.00
                period_started -15.00 sub_1-2 v1 00:00 to 30d 00:00 for 30.00 USD by EUR/USD 2
                  | 70.00 = 70.00
                switched sub_1-2 halts v1 on activated
                  | 70.00 = 70.00
            at 33d 00:00
              30d 00:00 period_ended sub_1-1 | 70.00 = 70.00
              30d 00:00 period_ended sub_1-2 | 70.00 = 70.00
              30d 00:00 switched sub_1-1 net v1 off period_unpaid | 70.00 = 70.00
              30d 00:00 switched sub_1-2 halts v1 off period_unpaid | 70.00 = 70.00
            fire
            rate EUR USD 2.50                    exchange_rates_added
              33d 00:00 period_started -12.00 sub_1-1 v1 30d 00:00 to 60d 00:00 for 30.00 USD by
                  EUR/USD 2.5
                  | 58.00 = 58.00
              33d 00:00 period_started -12.00 sub_1-2 v1 33d 00:00 to 63d 00:00 for 30.00 USD by
                  EUR/USD 2.5
                  | 46.00 = 46.00
              33d 00:00 switched sub_1-1 net v1 on restored | 46.00 = 46.00
              33d 00:00 switched sub_1-2 halts v1 on restored | 46.00 = 46.00
            fire
        "#]],
    );
}

#[test]
fn what_is_left_of_a_period_is_paid_when_a_rate_comes() {
    check(
        "
        customer Ann
        rates-grow-old 5d
        rate EUR USD 2.00
        service back day 30.00 USD count 30 off credited
        open A EUR
        pay A 100.00
        subscribe A back
        at 33d 00:00
        fire
        rate EUR USD 2.50
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            rates-grow-old 5d
            rate EUR USD 2.00                    exchange_rates_added
            service back day 30.00 USD count 30 off credited service_set back v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 100.00                         payment +100.00 | 100.00 = 100.00
            subscribe A back
                subscription_opened sub_1-1 back v1
                  | 100.00 = 100.00
                period_started -15.00 sub_1-1 v1 00:00 to 30d 00:00 for 30.00 USD by EUR/USD 2
                  | 85.00 = 85.00
                switched sub_1-1 back v1 on activated
                  | 85.00 = 85.00
            at 33d 00:00
              30d 00:00 period_ended sub_1-1 | 85.00 = 85.00
              30d 00:00 switched sub_1-1 back v1 off period_unpaid | 85.00 = 85.00
            fire
            rate EUR USD 2.50                    exchange_rates_added
              33d 00:00 period_started -10.80 sub_1-1 v1 33d 00:00 to 60d 00:00 for 27.00 USD by
                  EUR/USD 2.5
                  | 74.20 = 74.20
              33d 00:00 switched sub_1-1 back v1 on restored | 74.20 = 74.20
            fire
        "#]],
    );
}

#[test]
fn what_waited_for_money_comes_back_with_a_cheaper_version() {
    check(
        "
        customer Ann
        service net day 30.00 count 30
        service paper day 30.00 count 30
        open A EUR
        open B EUR
        pay A 20.00 ref A1
        pay B 25.00 ref B1
        subscribe A net
        subscribe B net
        subscribe B paper
        at 1d 00:00
        service net day 20.01 count 30
        fire
        at 2d 00:00
        service net day 15.00 count 30
        charge A 1.00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 30.00 count 30       service_set net v1
            service paper day 30.00 count 30     service_set paper v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            open B EUR                           account_opened 100000025 | 0.00 = 0.00
            pay A 20.00 ref A1                   payment +20.00 | 20.00 = 20.00
            pay B 25.00 ref B1                   payment +25.00 | 25.00 = 25.00
            subscribe A net                      subscription_opened sub_1-1 net v1 | 20.00 = 20.00
            subscribe B net                      subscription_opened sub_2-1 net v1 | 25.00 = 25.00
            subscribe B paper
                subscription_opened sub_2-2 paper v1 | 25.00 = 25.00
            at 1d 00:00
            service net day 20.01 count 30       service_set net v2
              1d 00:00 period_started -20.01 sub_2-1 v2 1d 00:00 to 31d 00:00 | 4.99 = 4.99
              1d 00:00 switched sub_2-1 net v2 on activated | 4.99 = 4.99
            fire
            at 2d 00:00
            service net day 15.00 count 30       service_set net v3
              2d 00:00 period_started -15.00 sub_1-1 v3 2d 00:00 to 32d 00:00 | 5.00 = 5.00
              2d 00:00 switched sub_1-1 net v3 on activated | 5.00 = 5.00
            charge A 1.00                        charge -1.00 | 4.00 = 4.00
            fire
        "#]],
    );
}

#[test]
fn a_rate_that_is_valid_later_counts_from_then_on() {
    check(
        "
        customer Ann
        rate EUR USD 1.00
        service net day 30.00 USD count 30
        open A EUR
        pay A 20.00
        subscribe A net
        rate EUR USD 2.00 from 08:00
        at 07:59:59
        fire
        at 12:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            rate EUR USD 1.00                    exchange_rates_added
            service net day 30.00 USD count 30   service_set net v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 20.00                          payment +20.00 | 20.00 = 20.00
            subscribe A net                      subscription_opened sub_1-1 net v1 | 20.00 = 20.00
            rate EUR USD 2.00 from 08:00         exchange_rates_added
            at 07:59:59
            fire
            at 12:00
              08:00 period_started -15.00 sub_1-1 v1 08:00 to 30d 08:00 for 30.00 USD by EUR/USD
                  2
                  | 5.00 = 5.00
              08:00 switched sub_1-1 net v1 on activated | 5.00 = 5.00
            fire
        "#]],
    );
}

/// 31.00 for 31 days: what is left of the month costs 20.00 when 20 days are left.
#[test]
fn a_fee_that_falls_is_paid_as_soon_as_it_can_be() {
    check(
        "
        zone Europe/Berlin
        customer Ann
        service net month 31.00 anchor 1 pro-rata
        open A EUR
        at 2027-01-05 12:00
        pay A 20.00 ref R1
        subscribe A net
        forecast A
        at 2027-01-12 00:00
        fire
        at 2027-02-15 00:00
        fire
        pay A 0.50 ref R2
        at 2027-03-01 00:00
        fire
        ",
        expect![[r#"
            zone Europe/Berlin
            customer Ann                         customer_created cus_1
            service net month 31.00 anchor 1 pro-rata service_set net v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            at 2027-01-05 12:00
            pay A 20.00 ref R1                   payment +20.00 | 20.00 = 20.00
            subscribe A net                      subscription_opened sub_1-1 net v1 | 20.00 = 20.00
            forecast A
                2027-01-31 23:00 off 1 period_unpaid
                pay 6.50 lasts until 2027-01-31 23:00
            at 2027-01-12 00:00
              2027-01-11 22:52:48 period_started -20.00 sub_1-1 v1 2027-01-11 22:52:48 to
                  2027-01-31 23:00
                  | 0.00 = 0.00
              2027-01-11 22:52:48 switched sub_1-1 net v1 on activated | 0.00 = 0.00
            fire
            at 2027-02-15 00:00
              2027-01-31 23:00 period_ended sub_1-1 | 0.00 = 0.00
              2027-01-31 23:00 switched sub_1-1 net v1 off period_unpaid | 0.00 = 0.00
            fire
            pay A 0.50 ref R2                    payment +0.50 | 0.50 = 0.50
            at 2027-03-01 00:00
            fire
        "#]],
    );
}

#[test]
fn nobody_comes_on_because_a_fee_rounds_to_nothing() {
    check(
        "
        zone Europe/Berlin
        customer Ann
        service net month 31.00 anchor 1 pro-rata
        service back day 30.00 count 30 off credited
        open A EUR
        at 2027-01-05 12:00
        subscribe A net
        subscribe A back
        at 2027-04-01 00:00
        fire
        ",
        expect![[r#"
            zone Europe/Berlin
            customer Ann                         customer_created cus_1
            service net month 31.00 anchor 1 pro-rata service_set net v1
            service back day 30.00 count 30 off credited service_set back v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            at 2027-01-05 12:00
            subscribe A net                      subscription_opened sub_1-1 net v1 | 0.00 = 0.00
            subscribe A back                     subscription_opened sub_1-2 back v1 | 0.00 = 0.00
            at 2027-04-01 00:00
            fire
        "#]],
    );
}

#[test]
fn a_fee_that_falls_over_several_months_is_looked_at_anew_in_each() {
    check(
        "
        zone Europe/Berlin
        customer Ann
        service net month 60.00 count 2 anchor 15 pro-rata
        open A EUR
        at 2027-01-15 12:00
        pay A 10.00
        subscribe A net
        at 2027-06-01 00:00
        fire
        ",
        expect![[r#"
            zone Europe/Berlin
            customer Ann                         customer_created cus_1
            service net month 60.00 count 2 anchor 15 pro-rata service_set net v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            at 2027-01-15 12:00
            pay A 10.00                          payment +10.00 | 10.00 = 10.00
            subscribe A net                      subscription_opened sub_1-1 net v1 | 10.00 = 10.00
            at 2027-06-01 00:00
              2027-02-04 14:52:33.600000 period_started -10.00 sub_1-1 v1 2027-02-04
                  14:52:33.600000 to 2027-02-14 23:00
                  | 0.00 = 0.00
              2027-02-04 14:52:33.600000 switched sub_1-1 net v1 on activated | 0.00 = 0.00
              2027-02-14 23:00 period_ended sub_1-1 | 0.00 = 0.00
              2027-02-14 23:00 switched sub_1-1 net v1 off period_unpaid | 0.00 = 0.00
            fire
        "#]],
    );
}

/// Whoever asks is answered as if everybody had been looked at already.
#[test]
fn a_command_sees_what_a_rate_has_brought_back() {
    check(
        "
        customer Ann
        service calls month 5.00 USD use second 0.01
        open A EUR
        open B EUR
        pay A 10.00 ref A1
        pay B 10.00 ref B1
        rate EUR USD 1.00 from 01:00
        at 02:00
        subscribe A calls known ann
        subscribe B calls known bob
        rates-grow-old 1d
        at 40d 00:00
        fire
        rate EUR USD 1.00
        authorise-use ~bob S1 60
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service calls month 5.00 USD use second 0.01 service_set calls v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            open B EUR                           account_opened 100000025 | 0.00 = 0.00
            pay A 10.00 ref A1                   payment +10.00 | 10.00 = 10.00
            pay B 10.00 ref B1                   payment +10.00 | 10.00 = 10.00
            rate EUR USD 1.00 from 01:00         exchange_rates_added
            at 02:00
            subscribe A calls known ann
                subscription_opened sub_1-1 calls v1 known as ann
                  | 10.00 = 10.00
                period_started -5.00 sub_1-1 v1 02:00 to 31d 02:00 for 5.00 USD by EUR/USD 1
                  | 5.00 = 5.00
                switched sub_1-1 calls v1 on activated known as ann
                  | 5.00 = 5.00
            subscribe B calls known bob
                subscription_opened sub_2-1 calls v1 known as bob
                  | 10.00 = 10.00
                period_started -5.00 sub_2-1 v1 02:00 to 31d 02:00 for 5.00 USD by EUR/USD 1
                  | 5.00 = 5.00
                switched sub_2-1 calls v1 on activated known as bob
                  | 5.00 = 5.00
            rates-grow-old 1d
            at 40d 00:00
              31d 02:00 period_ended sub_1-1 | 5.00 = 5.00
              31d 02:00 switched sub_1-1 calls v1 off period_unpaid known as ann | 5.00 = 5.00
              31d 02:00 period_ended sub_2-1 | 5.00 = 5.00
              31d 02:00 switched sub_2-1 calls v1 off period_unpaid known as bob | 5.00 = 5.00
            fire
            rate EUR USD 1.00                    exchange_rates_added
              40d 00:00 period_started -5.00 sub_2-1 v1 31d 02:00 to 59d 02:00 for 5.00 USD by
                  EUR/USD 1
                  | 0.00 = 0.00
              40d 00:00 switched sub_2-1 calls v1 on restored known as bob | 0.00 = 0.00
            authorise-use ~bob S1 60             insufficient_funds available 0.00 requested 0.01
              40d 00:00 period_started -5.00 sub_1-1 v1 31d 02:00 to 59d 02:00 for 5.00 USD by
                  EUR/USD 1
                  | 0.00 = 0.00
              40d 00:00 switched sub_1-1 calls v1 on restored known as ann | 0.00 = 0.00
            fire
        "#]],
    );
}

#[test]
fn days_that_begin_elsewhere_are_counted_anew() {
    check(
        "
        zone Europe/Berlin
        customer Ann zone Europe/Berlin
        service net month 31.00 anchor 1 pro-rata days customer
        open A EUR
        at 2027-01-31 12:00
        pay A 0.20
        subscribe A net
        update 1 Ann zone Asia/Tokyo
        fire
        ",
        expect![[r#"
            zone Europe/Berlin
            customer Ann zone Europe/Berlin      customer_created cus_1
            service net month 31.00 anchor 1 pro-rata days customer service_set net v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            at 2027-01-31 12:00
            pay A 0.20                           payment +0.20 | 0.20 = 0.20
            subscribe A net                      subscription_opened sub_1-1 net v1 | 0.20 = 0.20
            update 1 Ann zone Asia/Tokyo         customer_updated cus_1
              2027-01-31 11:00 period_started -0.17 sub_1-1 v1 2027-01-31 11:00 to 2027-01-31
                  15:00
                  | 0.03 = 0.03
              2027-01-31 11:00 switched sub_1-1 net v1 on activated | 0.03 = 0.03
            fire
        "#]],
    );
}
