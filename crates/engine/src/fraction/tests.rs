use super::*;

fn fraction(numerator: u128, denominator: u128) -> Fraction {
    Fraction::new(numerator, denominator).expect("a denominator above zero")
}

#[test]
fn fractions_compare_by_their_value_at_any_size() {
    assert_eq!(fraction(1, 3), fraction(2, 6));
    assert!(fraction(1, 3) > fraction(333_333, 1_000_000));
    let most = u128::MAX;
    assert!(fraction(most - 1, most) < fraction(1, 1));
    assert!(fraction(most - 2, most - 1) < fraction(most - 1, most));
    assert!(fraction(most, most - 1) > fraction(most - 1, most));
    assert_eq!(fraction(most, 1), fraction(most, 1));
    assert_eq!(Fraction::ZERO, fraction(0, most));
}

#[test]
fn sums_and_products_are_exact_or_refused() {
    assert_eq!(fraction(1, 6).plus(fraction(1, 10)), Some(fraction(4, 15)));
    assert_eq!(fraction(2, 3).times(3, 8), Some(fraction(1, 4)));
    let most = u128::MAX;
    assert_eq!(fraction(most, 2).times(2, most), Some(fraction(1, 1)));
    assert_eq!(fraction(most, 7).plus(fraction(0, most)), Some(fraction(most, 7)));
    assert_eq!(fraction(most, 1).plus(fraction(1, 1)), None);
    assert_eq!(fraction(most, 1).times(2, 1), None);
    assert_eq!(fraction(1, 1).times(1, 0), None);
    assert_eq!(Fraction::new(1, 0), None);
}

#[test]
fn a_quotient_is_rounded_half_to_even_whether_or_not_the_products_fit_128_bits() {
    // A factor on both sides changes nothing but the way it is computed.
    let table = [(0, 7, 0), (1, 2, 0), (3, 2, 2), (5, 2, 2), (7, 2, 4), (5, 3, 2), (4, 3, 1)];
    for (numerator, denominator, expected) in table {
        for factor in [1, 10, 1 << 64, u128::MAX / 11] {
            let found = nearest(&[numerator, factor, factor], &[denominator, factor, factor]);
            assert_eq!(found, Some(expected), "{numerator}/{denominator} times {factor}");
        }
    }
    let most = u128::MAX;
    assert_eq!(nearest(&[most, most, most, most], &[most, most, most, most]), Some(1));
    assert_eq!(nearest(&[most, most, most, most], &[most, most, most]), None);
    assert_eq!(nearest(&[most, most], &[0, 1]), None);
    assert_eq!(nearest(&[1], &[0]), None);
    let largest = u128::from(QUOTIENT_MAX - 1);
    assert_eq!(nearest(&[largest, most], &[most]), Some(QUOTIENT_MAX - 1));
}

#[test]
fn whole_units_become_amounts_of_a_currency() {
    let amount = |numerator, denominator, exponent, precision| {
        let amount = fraction(numerator, denominator).to_amount(exponent, precision)?;
        Some(amount.display(exponent).to_string())
    };
    let some = |text: &str| Some(text.to_string());
    // 70 seconds at 0.10 a minute, and an hour at 0.01 a second.
    assert_eq!(amount(7, 60, 2, Precision::Fine), some("0.116667"));
    assert_eq!(amount(7, 60, 2, Precision::MinorUnits), some("0.12"));
    assert_eq!(amount(36, 1, 2, Precision::Fine), some("36.00"));
    assert_eq!(amount(5, 2, 0, Precision::MinorUnits), some("2"));
    assert_eq!(amount(7, 2, 0, Precision::MinorUnits), some("4"));
    assert_eq!(amount(1, 3, 3, Precision::Fine), some("0.3333333"));
    let most = 1_u128 << 61;
    assert_eq!(amount(most, 1_000_000, 2, Precision::Fine), some("2305843009213.693952"));
    assert_eq!(amount(most + 1, 1_000_000, 2, Precision::Fine), None);
    assert_eq!(amount(1, 1, 255, Precision::Fine), None);
}

#[test]
fn an_amount_is_its_own_fraction_again() {
    for (units, exponent) in [(0, 2), (1, 0), (1_166_670, 2), (1 << 61, 3)] {
        let amount = Amount::from_units(units).unwrap();
        let whole = Fraction::of_amount(amount, exponent).unwrap();
        assert_eq!(whole.to_amount(exponent, Precision::Fine), Some(amount));
    }
}
