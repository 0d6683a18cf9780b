//! Cancelling, charging back and refunding: never more than came in, at the rate it came in at.

use expect_test::expect;

use super::check;

#[test]
fn a_payment_is_taken_back_once() {
    check(
        "
        customer Ann
        open A EUR
        pay A 10.00 ref R1
        charge A 8.00
        chargeback R1 4.00
        chargeback R1 7.00
        cancel R1
        refund R1 2.00
        chargeback R1
        chargeback R1
        refund R1
        totals
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 10.00 ref R1                   payment +10.00 | 10.00 = 10.00
            charge A 8.00                        charge -8.00 | 2.00 = 2.00
            chargeback R1 4.00                   payment_charged_back -4.00 | -2.00 = -2.00
            chargeback R1 7.00                   payment_reversed left 6.00 requested 7.00
            cancel R1                            payment_reversed left 6.00 requested 10.00
            refund R1 2.00                       refunded -2.00 | -4.00 = -4.00
            chargeback R1                        payment_charged_back -4.00 | -8.00 = -8.00
            chargeback R1                        payment_reversed left 0.00 requested 0.00
            refund R1                            payment_reversed left 0.00 requested 0.00
            totals
              EUR accounts             -8.00
              EUR revenue:internet     8.00
        "#]],
    );
}

#[test]
fn parts_of_a_converted_payment_add_up_to_it() {
    check(
        "
        customer Ann
        open A EUR
        rate EUR USD 3.00
        pay A 10.00 USD ref R1
        rate EUR USD 1.00
        refund R1 3.33
        refund R1 4.00
        refund R1 3.33
        refund R1 3.35
        refund R1
        show A
        totals
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            rate EUR USD 3.00                    exchange_rates_added
            pay A 10.00 USD ref R1
                payment +3.33 for 10.00 USD by EUR/USD 3 | 3.33 = 3.33
            rate EUR USD 1.00                    exchange_rates_added
            refund R1 3.33
                refunded -1.11 for 3.33 USD by EUR/USD 3 | 2.22 = 2.22
            refund R1 4.00
                refunded -1.33 for 4.00 USD by EUR/USD 3 | 0.89 = 0.89
            refund R1 3.33                       payment_reversed left 2.67 requested 3.33
            refund R1 3.35                       payment_reversed left 2.67 requested 3.35
            refund R1
                refunded -0.89 for 2.67 USD by EUR/USD 3 | 0.00 = 0.00
            show A                               | 0.00 = 0.00
            totals
        "#]],
    );
}

#[test]
fn a_large_refund_needs_a_second_person() {
    check(
        "
        customer Ann
        open A EUR
        pay A 10.00 ref R1
        refund R1 5.00 cap 5.00
        refund R1 2.00 cap 1.00
        refund R1 4.00 cap 1.00
        refund R1 3.00 cap 1.00
        approve A/1
        approve A/1 as bob
        approve A/1 as bob
        reject A/2
        approve A/2 as bob
        approve A/7 as bob
        close A
        refund R1
        close A
        totals
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 10.00 ref R1                   payment +10.00 | 10.00 = 10.00
            refund R1 5.00 cap 5.00              refunded -5.00 | 5.00 = 5.00
            refund R1 2.00 cap 1.00              refund_requested rfd_1-1 2.00 | 5.00 = 5.00
            refund R1 4.00 cap 1.00              payment_reversed left 3.00 requested 4.00
            refund R1 3.00 cap 1.00              refund_requested rfd_1-2 3.00 | 5.00 = 5.00
            approve A/1                          second_person_needed requested_by anna
            approve A/1 as bob                   refunded -2.00 | 3.00 = 3.00
            approve A/1 as bob                   refund_not_found refund rfd_1-1
            reject A/2                           refund_rejected rfd_1-2 | 3.00 = 3.00
            approve A/2 as bob                   refund_not_found refund rfd_1-2
            approve A/7 as bob                   refund_not_found refund rfd_1-7
            close A                              account_not_empty balance 3.00 held 0.00
            refund R1                            refunded -3.00 | 0.00 = 0.00
            close A                              account_closed | 0.00 = 0.00
            totals
        "#]],
    );
}

#[test]
fn a_charge_back_comes_before_a_refund_that_waits() {
    check(
        "
        customer Ann
        open A EUR
        pay A 10.00 ref R1
        refund R1 6.00 cap 1.00
        chargeback R1 8.00
        approve A/1 as bob
        refund R1 2.00
        reject A/1
        refund R1 2.00
        close A
        open B EUR
        pay B 5.00 ref R2
        charge B 5.00
        close B
        chargeback R2
        write-off B
        totals
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 10.00 ref R1                   payment +10.00 | 10.00 = 10.00
            refund R1 6.00 cap 1.00              refund_requested rfd_1-1 6.00 | 10.00 = 10.00
            chargeback R1 8.00                   payment_charged_back -8.00 | 2.00 = 2.00
            approve A/1 as bob                   payment_reversed left 2.00 requested 6.00
            refund R1 2.00                       payment_reversed left 0.00 requested 2.00
            reject A/1                           refund_rejected rfd_1-1 | 2.00 = 2.00
            refund R1 2.00                       refunded -2.00 | 0.00 = 0.00
            close A                              account_closed | 0.00 = 0.00
            open B EUR                           account_opened 100000025 | 0.00 = 0.00
            pay B 5.00 ref R2                    payment +5.00 | 5.00 = 5.00
            charge B 5.00                        charge -5.00 | 0.00 = 0.00
            close B                              account_closed | 0.00 = 0.00
            chargeback R2                        payment_charged_back -5.00 | -5.00 = -5.00
            write-off B                          written_off +5.00 | 0.00 = 0.00
            totals
              EUR revenue:internet     5.00
              EUR written_off          -5.00
        "#]],
    );
}

#[test]
fn no_more_goes_back_than_came_in_in_either_currency() {
    check(
        "
        customer Ann
        open A EUR
        rate EUR USD 3.00
        pay A 0.10 USD ref R1
        refund R1 0.04 cap 0.00
        chargeback R1 0.08
        approve A/1 as bob
        chargeback R1
        rate EUR USD 300.00
        pay A 1.00 USD ref R2
        refund R2 0.01
        cancel R2
        totals
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            rate EUR USD 3.00                    exchange_rates_added
            pay A 0.10 USD ref R1
                payment +0.03 for 0.10 USD by EUR/USD 3 | 0.03 = 0.03
            refund R1 0.04 cap 0.00              refund_requested rfd_1-1 0.01 | 0.03 = 0.03
            chargeback R1 0.08
                payment_charged_back -0.02 for 0.08 USD by EUR/USD 3 | 0.01 = 0.01
            approve A/1 as bob                   payment_reversed left 0.02 requested 0.04
            chargeback R1
                payment_charged_back -0.01 for 0.02 USD by EUR/USD 3 | 0.00 = 0.00
            rate EUR USD 300.00                  exchange_rates_added
            pay A 1.00 USD ref R2                payment for 1.00 USD by EUR/USD 300 | 0.00 = 0.00
            refund R2 0.01                       refunded for 0.01 USD by EUR/USD 300 | 0.00 = 0.00
            cancel R2                            payment_reversed left 0.99 requested 1.00
            totals
              USD exchange:EUR         0.99
              USD payments:cash        -0.99
        "#]],
    );
}
