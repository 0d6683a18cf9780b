//! Money to another shard and from there.

use expect_test::expect;

use super::check;

#[test]
fn what_is_sent_stands_under_transfers_until_it_is_received() {
    check(
        "
        customer Ann
        open A EUR limit 1.00
        pay A 2.00
        send A EUR 3.01 EUR
        send A EUR 3.00 EUR
        totals
        receive A 3.00 EUR
        totals
        send A USD 1.00 USD
        rate EUR USD 1.25
        send A USD 1.00 USD
        send A USD 0.50 EUR
        send A USD 1.00 XPF
        totals
        receive A 1.00 USD
        receive A 0.50 EUR
        totals
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR limit 1.00                account_opened 100000017 | 0.00 + 1.00 = 1.00
            pay A 2.00                           payment +2.00 | 2.00 + 1.00 = 3.00
            send A EUR 3.01 EUR                  insufficient_funds available 3.00 requested 3.01
            send A EUR 3.00 EUR                  transfer_out -3.00 | -1.00 + 1.00 = 0.00
            totals
              EUR accounts             -1.00
              EUR payments:cash        -2.00
              EUR transfers            3.00
            receive A 3.00 EUR                   transfer_in +3.00 | 2.00 + 1.00 = 3.00
            totals
              EUR accounts             2.00
              EUR payments:cash        -2.00
            send A USD 1.00 USD                  no_exchange_rate at 00:00 from USD to EUR
            rate EUR USD 1.25                    exchange_rates_added
            send A USD 1.00 USD
                transfer_out -0.80 for 1.00 USD by EUR/USD 1.25 | 1.20 + 1.00 = 2.20
            send A USD 0.50 EUR                  transfer_out -0.50 | 0.70 + 1.00 = 1.70
            send A USD 1.00 XPF                  currency_mismatch actual XPF expected EUR
            totals
              EUR accounts             0.70
              EUR exchange:USD         0.80
              EUR payments:cash        -2.00
              EUR transfers            0.50
              USD exchange:EUR         -1.00
              USD transfers            1.00
            receive A 1.00 USD
                transfer_in +0.80 for 1.00 USD by EUR/USD 1.25 | 1.50 + 1.00 = 2.50
            receive A 0.50 EUR                   transfer_in +0.50 | 2.00 + 1.00 = 3.00
            totals
              EUR accounts             2.00
              EUR payments:cash        -2.00
        "#]],
    );
}

#[test]
fn what_cannot_be_received_waits_for_its_account() {
    check(
        "
        customer Ann
        open A EUR
        receive A 3.00 USD
        receive A 3.00 USD ref R1
        lock A
        receive A 3.00 EUR ref R2
        receive A 3.00 EUR
        charge A 3.00
        close A
        receive A 3.00 EUR
        receive @77 3.00 EUR
        totals
        open B EUR
        rate EUR XPF 1000
        receive B 1 XPF
        receive B 1 XPF ref R3
        totals
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            receive A 3.00 USD                   payment_unallocated 3.00 USD no_exchange_rate
            receive A 3.00 USD ref R1            payment_unallocated 3.00 USD no_exchange_rate
            lock A                               payments_locked | 0.00 = 0.00
            receive A 3.00 EUR ref R2            payment_unallocated 3.00 EUR payments_locked
            receive A 3.00 EUR                   transfer_in +3.00 | 3.00 = 3.00
            charge A 3.00                        charge -3.00 | 0.00 = 0.00
            close A                              account_closed | 0.00 = 0.00
            receive A 3.00 EUR                   payment_unallocated 3.00 EUR account_closed
            receive @77 3.00 EUR                 payment_unallocated 3.00 EUR account_unknown
            totals
              EUR revenue:internet     3.00
              EUR transfers            -12.00
              EUR unallocated          9.00
              USD transfers            -6.00
              USD unallocated          6.00
            open B EUR                           account_opened 100000025 | 0.00 = 0.00
            rate EUR XPF 1000                    exchange_rates_added
            receive B 1 XPF                      payment_unallocated 1 XPF amount_out_of_range
            receive B 1 XPF ref R3
                payment_allocated for 1 XPF by EUR/XPF 1000 | 0.00 = 0.00
            totals
              EUR revenue:internet     3.00
              EUR transfers            -12.00
              EUR unallocated          9.00
              USD transfers            -6.00
              USD unallocated          6.00
              XPF exchange:EUR         1
              XPF transfers            -2
              XPF unallocated          1
        "#]],
    );
}

#[test]
fn an_unallocated_payment_leaves_for_the_shard_of_its_account() {
    check(
        "
        customer Ann
        open A EUR
        pay =100000025 5.00 EUR ref R1
        forward R1 EUR
        totals
        receive A 5.00 EUR ref R1
        totals
        charge A 4.00
        cancel R1
        totals
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay =100000025 5.00 EUR ref R1       payment_unallocated 5.00 EUR account_unknown
            forward R1 EUR                       payment_forwarded 5.00 EUR
            totals
              EUR payments:cash        -5.00
              EUR transfers            5.00
            receive A 5.00 EUR ref R1            payment_allocated +5.00 | 5.00 = 5.00
            totals
              EUR accounts             5.00
              EUR payments:cash        -5.00
            charge A 4.00                        charge -4.00 | 1.00 = 1.00
            cancel R1                            payment_cancelled -5.00 | -4.00 = -4.00
            totals
              EUR accounts             -4.00
              EUR revenue:internet     4.00
        "#]],
    );
}
