use expect_test::expect;

use super::check;
use super::scenario::Scenario;

#[test]
fn a_payment_is_credited_and_a_charge_debited() {
    check(
        "
        customer Ann
        open A EUR
        pay A 5.00 ref R1
        charge A 1.00
        charge A 0.0001
        charge A 3.9999
        charge A 0.0001
        show A
        totals
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 5.00 ref R1                    payment +5.00 | 5.00 = 5.00
            charge A 1.00                        charge -1.00 | 4.00 = 4.00
            charge A 0.0001                      charge -0.0001 | 3.9999 = 3.9999
            charge A 3.9999                      charge -3.9999 | 0.00 = 0.00
            charge A 0.0001                      insufficient_funds available 0.00 requested 0.0001
            show A                               | 0.00 = 0.00
            totals
              EUR payments:cash        -5.00
              EUR revenue:internet     5.00
        "#]],
    );
}

#[test]
fn a_charge_before_use_may_take_the_last_unit_and_not_one_more() {
    check(
        "
        customer Ann
        open A EUR limit 2.00
        pay A 5.00
        charge A 7.000001
        charge A 7.00
        charge A 0.000001
        charge A 0.00
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR limit 2.00                account_opened 100000017 | 0.00 + 2.00 = 2.00
            pay A 5.00                           payment +5.00 | 5.00 + 2.00 = 7.00
            charge A 7.000001
                insufficient_funds available 7.00 requested 7.000001
            charge A 7.00                        charge -7.00 | -2.00 + 2.00 = 0.00
            charge A 0.000001
                insufficient_funds available 0.00 requested 0.000001
            charge A 0.00                        charge | -2.00 + 2.00 = 0.00
        "#]],
    );
}

#[test]
fn a_charge_of_nothing_is_refused_to_an_account_in_debt() {
    check(
        "
        customer Ann
        open A EUR
        charge-after A 1.00
        charge A 0.00
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            charge-after A 1.00                  charge -1.00 overrun 1.00 | -1.00 = -1.00
            charge A 0.00                        insufficient_funds available -1.00 requested 0.00
        "#]],
    );
}

#[test]
fn use_that_has_happened_is_charged_into_debt_and_marked_as_overrun() {
    check(
        "
        customer Ann
        open A EUR limit 1.00
        pay A 5.00
        charge-after A 6.00
        charge-after A 9.00
        charge-after A 0.50
        pay A 20.00 ref R2
        charge-after A 3.50
        charge-after A 2.00
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR limit 1.00                account_opened 100000017 | 0.00 + 1.00 = 1.00
            pay A 5.00                           payment +5.00 | 5.00 + 1.00 = 6.00
            charge-after A 6.00                  charge -6.00 | -1.00 + 1.00 = 0.00
            charge-after A 9.00                  charge -9.00 overrun 9.00 | -10.00 + 1.00 = -9.00
            charge-after A 0.50                  charge -0.50 overrun 0.50 | -10.50 + 1.00 = -9.50
            pay A 20.00 ref R2                   payment +20.00 | 9.50 + 1.00 = 10.50
            charge-after A 3.50                  charge -3.50 | 6.00 + 1.00 = 7.00
            charge-after A 2.00                  charge -2.00 | 4.00 + 1.00 = 5.00
            show A                               | 4.00 + 1.00 = 5.00
        "#]],
    );
}

#[test]
fn held_money_does_not_cover_use_that_is_reported_past_it() {
    check(
        "
        customer Ann
        open A EUR
        pay A 5.00
        authorise A S1 4.00
        charge-after A 3.00
        charge A 0.01
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            authorise A S1 4.00                  authorised #1 4.00 until 01:00 | 5.00 - 4.00 = 1.00
            charge-after A 3.00                  charge -3.00 overrun 2.00 | 2.00 - 4.00 = -2.00
            charge A 0.01                        insufficient_funds available -2.00 requested 0.01
        "#]],
    );
}

#[test]
fn a_cancelled_payment_goes_into_debt_and_a_closed_account_takes_it_too() {
    check(
        "
        customer Ann
        open A EUR
        pay A 5.00 ref R1
        charge A 5.00
        close A
        cancel R1
        show A
        totals
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 5.00 ref R1                    payment +5.00 | 5.00 = 5.00
            charge A 5.00                        charge -5.00 | 0.00 = 0.00
            close A                              account_closed | 0.00 = 0.00
            cancel R1                            payment_cancelled -5.00 | -5.00 = -5.00
            show A                               closed | -5.00 = -5.00
            totals
              EUR accounts             -5.00
              EUR revenue:internet     5.00
        "#]],
    );
}

#[test]
fn a_conversion_is_cancelled_at_the_rate_it_came_in_at() {
    check(
        "
        at 09:00
        customer Ann
        open A EUR
        rate EUR USD 1.10
        pay A 10.00 USD ref R1
        totals
        at 10:00
        rate EUR USD 1.25
        cancel R1
        totals
        ",
        expect![[r#"
            at 09:00
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            rate EUR USD 1.10                    exchange_rates_added
            pay A 10.00 USD ref R1
                payment +9.09 for 10.00 USD by EUR/USD 1.1 | 9.09 = 9.09
            totals
              EUR accounts             9.09
              EUR exchange:USD         -9.09
              USD exchange:EUR         10.00
              USD payments:cash        -10.00
            at 10:00
            rate EUR USD 1.25                    exchange_rates_added
            cancel R1
                payment_cancelled -9.09 for 10.00 USD by EUR/USD 1.1 | 0.00 = 0.00
            totals
        "#]],
    );
}

#[test]
fn an_adjustment_goes_either_way_and_below_what_is_available() {
    check(
        "
        customer Ann
        open A EUR
        adjust A 2.00 goodwill
        adjust A -3.00 mistake
        adjust A -1.00 mistake USD
        show A
        totals
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            adjust A 2.00 goodwill               adjustment +2.00 | 2.00 = 2.00
            adjust A -3.00 mistake               adjustment -3.00 | -1.00 = -1.00
            adjust A -1.00 mistake USD           currency_mismatch actual USD expected EUR
            show A                               | -1.00 = -1.00
            totals
              EUR accounts             -1.00
              EUR adjustments:goodwill -2.00
              EUR adjustments:mistake  3.00
        "#]],
    );
}

#[test]
fn a_charge_in_another_currency_is_converted_finely_and_a_payment_to_the_minor_unit() {
    check(
        "
        customer Ann
        open A EUR
        rate EUR USD 1.10
        pay A 10.00 USD ref R1
        charge A 1.00 USD
        charge A 9.00 USD
        charge-after A 9.00 USD
        totals
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            rate EUR USD 1.10                    exchange_rates_added
            pay A 10.00 USD ref R1
                payment +9.09 for 10.00 USD by EUR/USD 1.1 | 9.09 = 9.09
            charge A 1.00 USD
                charge -0.909091 for 1.00 USD by EUR/USD 1.1 | 8.180909 = 8.180909
            charge A 9.00 USD
                insufficient_funds available 8.180909 requested 8.181818
            charge-after A 9.00 USD
                charge -8.181818 for 9.00 USD by EUR/USD 1.1 overrun 0.000909
                  | -0.000909 = -0.000909
            totals
              EUR accounts             -0.000909
              EUR exchange:USD         0.000909
              USD payments:cash        -10.00
              USD revenue:internet     10.00
        "#]],
    );
}

#[test]
fn money_that_converts_to_nothing_still_stands_in_the_books() {
    check(
        "
        customer Ann
        open A EUR
        rate EUR VND 30000
        pay A 100 VND ref R1
        totals
        cancel R1
        totals
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            rate EUR VND 30000                   exchange_rates_added
            pay A 100 VND ref R1                 payment for 100 VND by EUR/VND 30000 | 0.00 = 0.00
            totals
              VND exchange:EUR         100
              VND payments:cash        -100
            cancel R1
                payment_cancelled for 100 VND by EUR/VND 30000 | 0.00 = 0.00
            totals
        "#]],
    );
}

#[test]
fn a_price_a_second_settled_in_a_thousand_parts_leaves_no_residue() {
    // The total is rounded once and each part is what is new of it: 3600 s at 0.10 a minute in
    // steps of 7 s, the last one of 2 s, each total rounded to ten-thousandths of a cent.
    let mut scenario = Scenario::default();
    for line in ["customer Ann", "open A EUR", "pay A 6.00", "authorise A S1 6.00 #1"] {
        scenario.line(line);
    }
    let total = |seconds: i64| (seconds * 100_000 + 30) / 60;
    let (mut seconds, mut request) = (0, 1);
    while seconds < 3600 {
        let step = (seconds + 7).min(3600);
        let part = total(step) - total(seconds);
        (seconds, request) = (step, request + 1);
        scenario.line(&format!("settle S1 0.{part:06} #{request}"));
    }
    scenario.line("show A");
    assert!(scenario.transcript.contains("settled -0.011667 #1 kept 5.988333"));
    assert!(scenario.transcript.ends_with("| 0.00 = 0.00\n"), "{}", scenario.transcript);
    scenario.prove();
}
