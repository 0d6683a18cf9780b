use expect_test::expect;

use super::check;

#[test]
fn a_transfer_moves_money_between_two_accounts() {
    check(
        "
        customer Ann
        open A EUR limit 1.00
        open B EUR
        pay A 2.00
        transfer A B 3.01 EUR
        transfer A B 3.00 EUR
        transfer B B 1.00 EUR
        transfer B A 1.00 USD
        totals
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR limit 1.00                account_opened 100000017 | 0.00 + 1.00 = 1.00
            open B EUR                           account_opened 100000025 | 0.00 = 0.00
            pay A 2.00                           payment +2.00 | 2.00 + 1.00 = 3.00
            transfer A B 3.01 EUR                insufficient_funds available 3.00 requested 3.01
            transfer A B 3.00 EUR
                transfer_out -3.00 | -1.00 + 1.00 = 0.00
                transfer_in +3.00 | 3.00 = 3.00
            transfer B B 1.00 EUR                same_account account 2
            transfer B A 1.00 USD                currency_mismatch actual USD expected EUR
            totals
              EUR accounts             2.00
              EUR payments:cash        -2.00
        "#]],
    );
}

#[test]
fn a_transfer_is_exact_on_the_side_whose_currency_was_named() {
    check(
        "
        customer Ann
        open A EUR
        open B USD
        rate EUR USD 1.10
        pay A 10.00
        transfer A B 3.00 EUR
        totals
        transfer A B 4.00 USD
        totals
        transfer A B 3.37 EUR
        transfer A B 3.36 EUR
        transfer B A 7.69 USD
        show A
        show B
        totals
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            open B USD                           account_opened 100000025 | 0.00 = 0.00
            rate EUR USD 1.10                    exchange_rates_added
            pay A 10.00                          payment +10.00 | 10.00 = 10.00
            transfer A B 3.00 EUR
                transfer_out -3.00 for 3.00 EUR by EUR/USD 1.1 | 7.00 = 7.00
                transfer_in +3.30 for 3.00 EUR by EUR/USD 1.1 | 3.30 = 3.30
            totals
              EUR accounts             7.00
              EUR exchange:USD         3.00
              EUR payments:cash        -10.00
              USD accounts             3.30
              USD exchange:EUR         -3.30
            transfer A B 4.00 USD
                transfer_out -3.64 for 4.00 USD by EUR/USD 1.1 | 3.36 = 3.36
                transfer_in +4.00 for 4.00 USD by EUR/USD 1.1 | 7.30 = 7.30
            totals
              EUR accounts             3.36
              EUR exchange:USD         6.64
              EUR payments:cash        -10.00
              USD accounts             7.30
              USD exchange:EUR         -7.30
            transfer A B 3.37 EUR                insufficient_funds available 3.36 requested 3.37
            transfer A B 3.36 EUR
                transfer_out -3.36 for 3.36 EUR by EUR/USD 1.1 | 0.00 = 0.00
                transfer_in +3.70 for 3.36 EUR by EUR/USD 1.1 | 11.00 = 11.00
            transfer B A 7.69 USD
                transfer_out -7.69 for 7.69 USD by EUR/USD 1.1 | 3.31 = 3.31
                transfer_in +6.99 for 7.69 USD by EUR/USD 1.1 | 6.99 = 6.99
            show A                               | 6.99 = 6.99
            show B                               | 3.31 = 3.31
            totals
              EUR accounts             6.99
              EUR exchange:USD         3.01
              EUR payments:cash        -10.00
              USD accounts             3.31
              USD exchange:EUR         -3.31
        "#]],
    );
}

#[test]
fn a_transfer_in_a_third_currency_or_without_a_rate_is_refused() {
    check(
        "
        customer Ann
        open A EUR
        open B USD
        pay A 10.00
        transfer A B 1.00 GBP
        transfer A B 1.00 EUR
        rate EUR USD 1.10 from 00:01
        transfer A B 1.00 EUR
        at 00:01
        transfer A B 1.00 EUR
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            open B USD                           account_opened 100000025 | 0.00 = 0.00
            pay A 10.00                          payment +10.00 | 10.00 = 10.00
            transfer A B 1.00 GBP                currency_mismatch actual GBP expected EUR
            transfer A B 1.00 EUR                no_exchange_rate at 00:00 from EUR to USD
            rate EUR USD 1.10 from 00:01         exchange_rates_added
            transfer A B 1.00 EUR                no_exchange_rate at 00:00 from EUR to USD
            at 00:01
            transfer A B 1.00 EUR
                transfer_out -1.00 for 1.00 EUR by EUR/USD 1.1 | 9.00 = 9.00
                transfer_in +1.10 for 1.00 EUR by EUR/USD 1.1 | 1.10 = 1.10
        "#]],
    );
}

#[test]
fn held_money_cannot_be_transferred_away() {
    check(
        "
        customer Ann
        open A EUR
        open B EUR
        pay A 5.00
        authorise A S1 4.00 #1
        transfer A B 1.01 EUR
        transfer A B 1.00 EUR
        settle S1 4.00 #2 final
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            open B EUR                           account_opened 100000025 | 0.00 = 0.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            authorise A S1 4.00 #1               authorised #1 4.00 until 01:00 | 5.00 - 4.00 = 1.00
            transfer A B 1.01 EUR                insufficient_funds available 1.00 requested 1.01
            transfer A B 1.00 EUR
                transfer_out -1.00 | 4.00 - 4.00 = 0.00
                transfer_in +1.00 | 1.00 = 1.00
            settle S1 4.00 #2 final              settled_final -4.00 #1 | 0.00 = 0.00
            show A                               | 0.00 = 0.00
        "#]],
    );
}
