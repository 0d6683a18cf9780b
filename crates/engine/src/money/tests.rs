use super::*;
use MoneyError::{Negative, NotADecimal, OutOfRange, TooManyDecimals};

/// Reads `text` as a payment would: whole minor units.
fn minor(text: &str, exponent: u8) -> Result<i64, MoneyError> {
    Balance::parse(text, exponent, Precision::MinorUnits).map(Balance::units)
}

/// Reads `text` as use that was rated elsewhere.
fn fine(text: &str, exponent: u8) -> Result<i64, MoneyError> {
    Balance::parse(text, exponent, Precision::Fine).map(Balance::units)
}

#[test]
fn decimals_are_read_by_the_currencys_minor_unit() {
    let cases = [
        ("12.50", 2, 12_500_000),
        ("12.5", 2, 12_500_000),
        ("12", 2, 12_000_000),
        ("0", 2, 0),
        ("0.01", 2, 10_000),
        ("-0.5", 2, -500_000),
        ("-0", 2, 0),
        ("-0.00", 2, 0),
        ("-12.34", 2, -12_340_000),
        ("700", 0, 7_000_000),
        ("-1", 0, -10_000),
        ("1.234", 3, 12_340_000),
        ("0.001", 3, 10_000),
        ("1.2345", 4, 123_450_000),
        ("0.0001", 4, 10_000),
        ("2305843009213.69", 2, 2_305_843_009_213_690_000),
        ("-2305843009213.69", 2, -2_305_843_009_213_690_000),
    ];
    for (text, exponent, units) in cases {
        assert_eq!(minor(text, exponent), Ok(units), "{text} with exponent {exponent}");
        assert_eq!(fine(text, exponent), Ok(units), "{text} with exponent {exponent}");
    }
}

#[test]
fn use_may_be_four_digits_finer_than_the_minor_unit_and_money_that_moves_may_not() {
    let cases = [
        ("0.000001", 2, 1, 2),
        ("-0.116667", 2, -116_667, 2),
        ("0.0001", 0, 1, 0),
        ("0.0000001", 3, 1, 3),
        ("0.00000001", 4, 1, 4),
        // Zeros count as well: whoever writes them means them.
        ("1.000", 2, 1_000_000, 2),
    ];
    for (text, exponent, units, allowed) in cases {
        assert_eq!(fine(text, exponent), Ok(units), "{text}");
        assert_eq!(minor(text, exponent), Err(TooManyDecimals { allowed }), "{text}");
    }
    assert_eq!(fine("0.0000001", 2), Err(TooManyDecimals { allowed: 6 }));
    assert_eq!(fine("0.00001", 0), Err(TooManyDecimals { allowed: 4 }));
    assert_eq!(minor("1.0", 0), Err(TooManyDecimals { allowed: 0 }));
}

#[test]
fn what_is_not_a_plain_decimal_is_no_money() {
    let texts = [
        "", "-", ".", "-.", ".5", "-.5", "1.", "-1.", "+1", "--1", "1-", "00", "00.5", "01", "-01",
        "1,5", "1.5.0", "1 000", " 1", "1 ", "1_000", "1e3", "1E3", "1e-3", "0x10", "NaN", "nan",
        "inf", "-inf", "Infinity", "one", "١٢", "１", "1٫5", "1.٥", "−1", "½", "1\n", "1\0", "€1",
        "1 EUR", "1.-5", "-+1",
    ];
    for text in texts {
        assert_eq!(minor(text, 2), Err(NotADecimal), "{text:?}");
        assert_eq!(fine(text, 2), Err(NotADecimal), "{text:?}");
    }
}

#[test]
fn what_is_beyond_the_bound_is_out_of_range() {
    assert_eq!(fine("2305843009213.693952", 2), Ok(UNITS_MAX));
    assert_eq!(fine("-2305843009213.693952", 2), Ok(-UNITS_MAX));
    let texts = [
        "2305843009213.693953",
        "-2305843009213.693953",
        "9223372036854.775807",
        "9223372036854.775808",
        "10000000000000000000",
        "-10000000000000000000",
        "99999999999999999999999999999999999999999999.99",
    ];
    for text in texts {
        assert_eq!(fine(text, 2), Err(OutOfRange), "{text}");
    }
    assert_eq!(minor("230584300921370", 0), Err(OutOfRange), "exponent 0 has a bound too");
    assert_eq!(minor("230584300921369", 0), Ok(2_305_843_009_213_690_000));
}

#[test]
fn an_amount_takes_no_sign_below_zero() {
    let parse = |text| Amount::parse(text, 2, Precision::MinorUnits).map(Amount::units);
    assert_eq!(parse("0.50"), Ok(500_000));
    assert_eq!(parse("0"), Ok(0));
    assert_eq!(parse("-0.00"), Ok(0));
    assert_eq!(parse("-0.01"), Err(Negative));
    assert_eq!(parse("-2305843009213.69"), Err(Negative));
}

#[test]
fn money_is_written_with_all_minor_digits_and_finer_ones_where_set() {
    let cases = [
        (0, 2, "0.00"),
        (1, 2, "0.000001"),
        (-1, 2, "-0.000001"),
        (10_000, 2, "0.01"),
        (-500_000, 2, "-0.50"),
        (12_500_000, 2, "12.50"),
        (116_667, 2, "0.116667"),
        (116_600, 2, "0.1166"),
        (0, 0, "0"),
        (7_000_000, 0, "700"),
        (7_000_100, 0, "700.01"),
        (-1, 0, "-0.0001"),
        (10_000, 3, "0.001"),
        (12_340_000, 3, "1.234"),
        (12_340_001, 3, "1.2340001"),
        (123_450_000, 4, "1.2345"),
        (UNITS_MAX, 2, "2305843009213.693952"),
        (-UNITS_MAX, 2, "-2305843009213.693952"),
        (i64::MIN, 2, "-9223372036854.775808"),
    ];
    for (units, exponent, text) in cases {
        assert_eq!(Decimals::new(units, exponent).to_string(), text);
        let sum = SumDecimals { units: units.into(), exponent };
        assert_eq!(sum.to_string(), text);
    }
    let sum = SumDecimals { units: -(1_i128 << 100), exponent: 3 };
    assert_eq!(sum.to_string(), "-126765060022822940149670.3205376");
}

#[test]
fn what_is_written_is_read_back_the_same() {
    let mut units: i64 = 1;
    for step in 0..20_000_i64 {
        // Every magnitude, every ending, both signs.
        let next = i128::from(units) * 6_364_136_223_846_793_005 + i128::from(step);
        units = i64::try_from(next % i128::from(UNITS_MAX)).expect("below the bound");
        let shifted = (units >> (step % 62)) * (1 - step % 2 * 2);
        for exponent in [0, 2, 3, 4] {
            let balance = Balance::from_units(shifted).expect("in bounds");
            let text = balance.display(exponent).to_string();
            let read = Balance::parse(&text, exponent, Precision::Fine);
            assert_eq!(read, Ok(balance), "{text}");
            let amount = balance.magnitude();
            let text = amount.display(exponent).to_string();
            assert_eq!(Amount::parse(&text, exponent, Precision::Fine), Ok(amount), "{text}");
        }
    }
}

#[test]
fn arithmetic_stops_at_the_bounds() {
    let amount = |units| Amount::from_units(units).expect("in bounds");
    let balance = |units| Balance::from_units(units).expect("in bounds");
    let (most, one) = (amount(UNITS_MAX), amount(1));
    assert_eq!(Amount::from_units(-1), None);
    assert_eq!(Amount::from_units(UNITS_MAX + 1), None);
    assert_eq!(Balance::from_units(-UNITS_MAX - 1), None);
    assert_eq!(Balance::from_units(i64::MIN), None);
    assert_eq!(most.checked_add(one), None);
    assert_eq!(most.checked_sub(one), Some(amount(UNITS_MAX - 1)));
    assert_eq!(one.checked_sub(most), None);
    assert_eq!(one.checked_sub(one), Some(Amount::ZERO));
    assert_eq!(most.excess_over(one), amount(UNITS_MAX - 1));
    assert_eq!(one.excess_over(most), Amount::ZERO);
    assert_eq!(balance(UNITS_MAX).checked_credit(one), None);
    assert_eq!(balance(-UNITS_MAX).checked_debit(one), None);
    assert_eq!(balance(-UNITS_MAX).checked_credit(most), Some(Balance::ZERO));
    assert_eq!(balance(UNITS_MAX).checked_add(balance(1)), None);
    assert_eq!(balance(-UNITS_MAX).checked_add(balance(-1)), None);
    assert_eq!(balance(-UNITS_MAX).magnitude(), most);
    assert_eq!(Balance::debit(most), balance(-UNITS_MAX));
    assert_eq!(Balance::credit(most), balance(UNITS_MAX));
}

#[test]
fn money_that_is_out_of_bounds_is_not_read_from_a_journal_either() {
    assert_eq!(serde_json::from_str::<Amount>("5").map_err(drop), Ok(Amount(5)));
    assert_eq!(serde_json::from_str::<Balance>("-5").map_err(drop), Ok(Balance(-5)));
    assert_eq!(serde_json::to_string(&Balance(-5)).map_err(drop), Ok("-5".into()));
    for text in ["-1", "2305843009213693953", "1.5", "\"1\""] {
        assert!(serde_json::from_str::<Amount>(text).is_err(), "{text}");
    }
    for text in ["-2305843009213693953", "2305843009213693953", "1.5"] {
        assert!(serde_json::from_str::<Balance>(text).is_err(), "{text}");
    }
}
