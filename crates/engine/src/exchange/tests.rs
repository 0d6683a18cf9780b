use super::*;

fn currency(code: &str) -> Currency {
    Currency::from_code(code).expect("a currency")
}

fn unit(code: &str) -> Unit {
    let currency = currency(code);
    Unit { currency, exponent: currency.exponent() }
}

fn rates(lines: &[(&str, &str, &str, i64)]) -> ExchangeRates {
    let mut rates = ExchangeRates::default();
    for &(base, quote, rate, at) in lines {
        rates.insert(ExchangeRate {
            base: currency(base),
            quote: currency(quote),
            rate: Rate::try_from(rate.to_string()).expect("a rate"),
            valid_from: Timestamp(at),
            source: Name::new("ecb").unwrap(),
        });
    }
    rates
}

/// `amount` in `from` as money in `to`, and the rates it went by.
fn convert(
    rates: &ExchangeRates,
    (amount, from): (&str, &str),
    to: &str,
    at: i64,
) -> Result<(String, String), ExchangeError> {
    let (from, to) = (unit(from), unit(to));
    let amount = Amount::parse(amount, from.exponent, Precision::Fine).expect("an amount");
    let converted = rates.convert(amount, from, to, Timestamp(at), Precision::MinorUnits);
    converted.map(|(converted, conversion)| {
        assert_eq!(conversion.original, amount);
        assert_eq!((conversion.currency, conversion.exponent), (from.currency, from.exponent));
        let rates = conversion.rates.iter();
        let rates = rates.map(|it| format!("{}/{} {}", it.base, it.quote, it.rate.decimal()));
        let converted = converted.display(to.exponent).to_string();
        (converted, rates.collect::<Vec<_>>().join(", "))
    })
}

fn ok(converted: &str, rates: &str) -> Result<(String, String), ExchangeError> {
    Ok((converted.into(), rates.into()))
}

#[test]
fn direct_comes_before_inverse_and_inverse_before_the_pivot() {
    let mut table = vec![("EUR", "USD", "1.25", 0), ("EUR", "GBP", "0.8", 0)];
    let by_pivot = rates(&table);
    assert_eq!(convert(&by_pivot, ("1.00", "EUR"), "USD", 0), ok("1.25", "EUR/USD 1.25"));
    assert_eq!(convert(&by_pivot, ("1.00", "USD"), "EUR", 0), ok("0.80", "EUR/USD 1.25"));
    let crossed = ok("0.64", "EUR/USD 1.25, EUR/GBP 0.8");
    assert_eq!(convert(&by_pivot, ("1.00", "USD"), "GBP", 0), crossed);
    table.push(("GBP", "USD", "2", 0));
    let inverse = rates(&table);
    assert_eq!(convert(&inverse, ("1.00", "USD"), "GBP", 0), ok("0.50", "GBP/USD 2"));
    table.push(("USD", "GBP", "0.7", 0));
    let direct = rates(&table);
    assert_eq!(convert(&direct, ("1.00", "USD"), "GBP", 0), ok("0.70", "USD/GBP 0.7"));
    // The inverse one is newer; a published pair still means what it says.
    table.push(("GBP", "USD", "4", 5));
    assert_eq!(convert(&rates(&table), ("1.00", "USD"), "GBP", 9), ok("0.70", "USD/GBP 0.7"));
}

#[test]
fn the_pivot_itself_is_never_crossed_through_itself() {
    let table = rates(&[("USD", "GBP", "0.5", 0)]);
    assert_eq!(convert(&table, ("1.00", "EUR"), "GBP", 0), Err(ExchangeError::NoRate));
    assert_eq!(convert(&table, ("1.00", "GBP"), "EUR", 0), Err(ExchangeError::NoRate));
    let mut by_dollar = rates(&[("USD", "GBP", "0.5", 0), ("JPY", "USD", "0.01", 0)]);
    assert_eq!(convert(&by_dollar, ("100", "JPY"), "GBP", 0), Err(ExchangeError::NoRate));
    by_dollar.pivot = currency("USD");
    let crossed = ok("0.50", "JPY/USD 0.01, USD/GBP 0.5");
    assert_eq!(convert(&by_dollar, ("100", "JPY"), "GBP", 0), crossed);
}

#[test]
fn the_newest_rate_that_is_valid_at_the_moment_is_taken() {
    let table = rates(&[
        ("EUR", "USD", "3", 30),
        ("EUR", "USD", "1", 10),
        ("EUR", "USD", "2", 20),
        // The same moment again: the one that was loaded last counts.
        ("EUR", "USD", "4", 20),
    ]);
    let at = |at| convert(&table, ("1.00", "EUR"), "USD", at).map(|it| it.0);
    assert_eq!(at(9), Err(ExchangeError::NoRate));
    assert_eq!(at(10).as_deref(), Ok("1.00"));
    assert_eq!(at(19).as_deref(), Ok("1.00"));
    assert_eq!(at(20).as_deref(), Ok("4.00"));
    assert_eq!(at(29).as_deref(), Ok("4.00"));
    assert_eq!(at(30).as_deref(), Ok("3.00"));
    assert_eq!(at(i64::MAX).as_deref(), Ok("3.00"));
    let all: Vec<_> = table.all_at(Timestamp(25)).map(|it| it.rate.decimal()).collect();
    assert_eq!(all, [Decimal::from(4)]);
    assert_eq!((table.len(), table.is_empty()), (4, false));
}

#[test]
fn a_rate_older_than_the_bound_is_not_used() {
    let mut table = rates(&[("EUR", "USD", "2", 100), ("USD", "EUR", "0.25", 150)]);
    table.age_max = Some(50);
    let at = |at| convert(&table, ("1.00", "EUR"), "USD", at);
    assert_eq!(at(150), ok("2.00", "EUR/USD 2"), "exactly as old as may be");
    assert_eq!(at(151), ok("4.00", "USD/EUR 0.25"), "the direct one is too old");
    assert_eq!(at(200), ok("4.00", "USD/EUR 0.25"));
    assert_eq!(at(201), Err(ExchangeError::NoRate));
    let listed = table.all_at(Timestamp(500)).count();
    assert_eq!(listed, 2, "a list of rates shows the old ones too");
}

#[test]
fn minor_units_of_either_side_are_respected() {
    let table = rates(&[
        ("EUR", "JPY", "160", 0),
        ("EUR", "KWD", "0.35", 0),
        ("EUR", "CLF", "0.027", 0),
        ("EUR", "XPF", "119.332", 0),
    ]);
    let cases = [
        (("1.00", "EUR"), "JPY", "160"),
        (("1", "JPY"), "EUR", "0.01"),
        (("12.34", "EUR"), "KWD", "4.319"),
        (("0.001", "KWD"), "JPY", "0"),
        (("100", "JPY"), "KWD", "0.219"),
        (("1.00", "EUR"), "CLF", "0.0270"),
        (("0.0001", "CLF"), "XPF", "0"),
        (("1000", "XPF"), "EUR", "8.38"),
    ];
    for ((amount, from), to, expected) in cases {
        let converted = convert(&table, (amount, from), to, 0).unwrap().0;
        assert_eq!(converted, expected, "{amount} {from} in {to}");
    }
}

#[test]
fn a_tie_goes_to_the_even_neighbour() {
    let table = rates(&[("EUR", "USD", "0.5", 0)]);
    let cases = [
        ("0.01", "0.00"),
        ("0.02", "0.01"),
        ("0.03", "0.02"),
        ("0.05", "0.02"),
        ("0.07", "0.04"),
        ("0.010001", "0.01"),
        ("0.009999", "0.00"),
        ("0.030001", "0.02"),
        ("0.029999", "0.01"),
    ];
    for (amount, expected) in cases {
        let converted = convert(&table, (amount, "EUR"), "USD", 0).unwrap().0;
        assert_eq!(converted, expected, "half of {amount}");
    }
    let fine = |units| {
        let amount = Amount::from_units(units).unwrap();
        let (eur, usd) = (unit("EUR"), unit("USD"));
        let converted = table.convert(amount, eur, usd, Timestamp(0), Precision::Fine);
        converted.unwrap().0.units()
    };
    assert_eq!([1, 2, 3, 4, 5, 6, 7].map(fine), [0, 1, 2, 2, 2, 3, 4]);
}

#[test]
fn every_conversion_is_the_exact_fraction_rounded_once() {
    let texts = [
        "1",
        "3",
        "0.000001",
        "999999999999999999",
        "1.0837",
        "160.35",
        "0.9231",
        "7.123456789",
        "119.331742",
        "0.00003",
        "26000",
        "0.333333333333333333",
    ];
    let units = [
        1,
        9_999,
        10_000,
        15_000,
        1_000_000,
        123_456_789,
        999_999_999_999,
        5_000_000_000_000_005,
        UNITS_MAX,
    ];
    let mut refused = 0;
    for first in texts {
        for second in texts {
            let table = rates(&[("GBP", "EUR", first, 0), ("JPY", "EUR", second, 0)]);
            for units in units {
                refused += u32::from(!is_exact(&table, units));
            }
        }
    }
    assert!((1..700).contains(&refused), "{refused} of 1296 are too large to be held");
}

use crate::UNITS_MAX;

/// Proves that `units` of GBP in JPY, through EUR, are the nearest whole yen, or refused because
/// there are too many of them; answers whether there was a result.
fn is_exact(table: &ExchangeRates, units: i64) -> bool {
    let amount = Amount::from_units(units).unwrap();
    let (gbp, jpy) = (unit("GBP"), unit("JPY"));
    let mut numerator = Big::from(units.unsigned_abs().into());
    let mut denominator = Big::from(1);
    let mut times = |up: i128, down: i128| {
        numerator = numerator.times(&Big::from(up.unsigned_abs()));
        denominator = denominator.times(&Big::from(down.unsigned_abs()));
    };
    let eur = currency("EUR");
    let rate = |it| table.newest(it, eur, Timestamp(0)).unwrap().rate.decimal();
    let (first, second) = (rate(gbp.currency), rate(jpy.currency));
    times(first.mantissa(), 10_i128.pow(first.scale()));
    times(10_i128.pow(second.scale()), second.mantissa());
    // From hundredths of a pound to yen, and from ten-thousandths of either to whole ones.
    times(1, 100);
    times(1, 10_000);
    let twice = numerator.times(&Big::from(2));
    match table.convert(amount, gbp, jpy, Timestamp(0), Precision::MinorUnits) {
        Ok((converted, _)) => {
            let yen = converted.units().unsigned_abs() / 10_000;
            assert_eq!(converted.units() % 10_000, 0, "whole yen");
            // |twice the fraction − twice the result| is at most one, and one only when even.
            let bound = |it: u64| denominator.times(&Big::from(it.into()));
            let (low, high) = (bound((2 * yen).saturating_sub(1)), bound(2 * yen + 1));
            let even = yen.is_multiple_of(2);
            assert!(yen == 0 || if even { twice >= low } else { twice > low }, "{units} {first}");
            assert!(if even { twice <= high } else { twice < high }, "{units} {first} {second}");
            true
        }
        Err(error) => {
            assert_eq!(error, ExchangeError::OutOfRange);
            let most = u128::from(UNITS_MAX.unsigned_abs()) / 10_000 * 2;
            let too_many = twice > denominator.times(&Big::from(most));
            assert!(too_many, "{units} at {first} and {second} is refused");
            false
        }
    }
}

/// A natural number of any size, digit by digit as on paper: knows nothing of the engine.
#[derive(PartialEq, Eq)]
struct Big(Vec<u64>);

impl Big {
    const BASE: u64 = 1_000_000_000;

    fn from(mut number: u128) -> Self {
        let base = u128::from(Self::BASE);
        let mut digits = Vec::new();
        while number > 0 {
            digits.push(u64::try_from(number % base).expect("a digit"));
            number /= base;
        }
        Self(digits)
    }

    fn times(&self, other: &Self) -> Self {
        let mut digits = vec![0; self.0.len() + other.0.len() + 1];
        for (left_place, left) in self.0.iter().enumerate() {
            for (right_place, right) in other.0.iter().enumerate() {
                let mut place = left_place + right_place;
                digits[place] += left * right;
                while digits[place] >= Self::BASE {
                    digits[place + 1] += digits[place] / Self::BASE;
                    digits[place] %= Self::BASE;
                    place += 1;
                }
            }
        }
        while digits.last() == Some(&0) {
            digits.pop();
        }
        Self(digits)
    }
}

impl PartialOrd for Big {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        let by_length = self.0.len().cmp(&other.0.len());
        Some(by_length.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev())))
    }
}

#[test]
fn what_cannot_be_held_is_refused() {
    let table = rates(&[("EUR", "VND", "30000", 0)]);
    let most = "2305843009213.69";
    assert_eq!(convert(&table, (most, "EUR"), "VND", 0), Err(ExchangeError::OutOfRange));
    assert_eq!(
        convert(&table, ("230584300921369", "VND"), "EUR", 0),
        ok("7686143364.05", "EUR/VND 30000")
    );
}

#[test]
fn a_fraction_is_converted_by_the_rates_of_its_beginning_and_rounded_once() {
    let (eur, xpf) = (currency("EUR"), unit("XPF"));
    let mut table = rates(&[("EUR", "USD", "1.1", 0), ("EUR", "XPF", "119.331742", 0)]);
    let usd = currency("USD");
    // 70 seconds at 0.10 a minute.
    let cost = Fraction::new(7, 60).unwrap();
    let shown = |amount: Amount| amount.display(0).to_string();
    let fine = Precision::Fine;
    let (amount, conversion) = table.convert_fraction(cost, usd, xpf, Timestamp(0), fine).unwrap();
    // 7 / 60 / 1.1 × 119.331742 = 12.656396878…
    assert_eq!(shown(amount), "12.6564");
    let conversion = conversion.expect("the currencies differ");
    assert_eq!(conversion.original.display(2).to_string(), "0.116667");
    let minor = Precision::MinorUnits;
    assert_eq!(convert_by(&conversion.rates, cost, usd, xpf, minor).map(shown), Ok("13".into()));
    // What is frozen stays; what is asked anew has the newer rate.
    let frozen = table.rates_between(usd, xpf.currency, Timestamp(0)).unwrap();
    assert_eq!(frozen, conversion.rates);
    table.insert(ExchangeRate { valid_from: Timestamp(1), ..frozen[1] });
    table.insert(ExchangeRate {
        valid_from: Timestamp(1),
        rate: Rate::try_from("2.2".to_string()).unwrap(),
        ..frozen[0]
    });
    let (later, _) = table.convert_fraction(cost, usd, xpf, Timestamp(1), fine).unwrap();
    assert_eq!(shown(later), "6.3282");
    assert_eq!(convert_by(&frozen, cost, usd, xpf, fine).map(shown), Ok("12.6564".into()));
    // Rates that lead elsewhere, or backwards, are none.
    let no_rate = Err(ExchangeError::NoRate);
    assert_eq!(convert_by(&frozen, cost, eur, xpf, fine), no_rate);
    assert_eq!(convert_by(&frozen[..1], cost, usd, xpf, fine), no_rate);
    assert_eq!(convert_by(&[frozen[1], frozen[0]], cost, usd, xpf, fine), no_rate);
    assert_eq!(convert_by(&[], cost, usd, xpf, fine), no_rate);
    assert_eq!(convert_by(&[frozen[0]; 3], cost, usd, unit("EUR"), fine), no_rate);
}

#[test]
fn a_fraction_of_the_same_currency_needs_no_rate() {
    let table = rates(&[]);
    let (eur, at) = (currency("EUR"), Timestamp(0));
    let cost = Fraction::new(7, 60).unwrap();
    let found = table.convert_fraction(cost, eur, unit("EUR"), at, Precision::Fine);
    let (amount, conversion) = found.unwrap();
    assert_eq!((amount.display(2).to_string().as_str(), conversion), ("0.116667", None));
    assert_eq!(table.rates_between(eur, eur, at), Ok(Vec::new()));
    let found = table.convert_fraction(cost, eur, unit("USD"), at, Precision::Fine);
    assert_eq!(found, Err(ExchangeError::NoRate));
    let most = Fraction::new(u128::MAX, 1).unwrap();
    let found = table.convert_fraction(most, eur, unit("EUR"), at, Precision::Fine);
    assert_eq!(found, Err(ExchangeError::OutOfRange));
}

#[test]
fn a_rate_is_a_decimal_above_zero_with_a_bounded_number_of_digits() {
    for text in ["1", "1.0837", "0.000000000000000001", "999999999999999999", "1.10000000000"] {
        let rate = Rate::try_from(text.to_string());
        let read = rate.unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(Rate::try_from(String::from(read)), Ok(read), "{text} is read back");
    }
    let texts = [
        "0",
        "0.0",
        "-1",
        "-0.5",
        "",
        ".",
        "1e3",
        "NaN",
        "1,5",
        " 1",
        "one",
        "0.0000000000000000001",
        "1000000000000000001",
        "9999999999999999999",
        "1.0000000000000000001",
    ];
    for text in texts {
        let rate = Rate::try_from(text.to_string());
        assert!(rate.is_err(), "{text:?} is read as {rate:?}");
    }
}
