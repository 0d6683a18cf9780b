//! Stripe's amounts, whose unit is not always the minor unit of ISO 4217.

use engine::{Amount, Currency, Money};

/// Currencies that Stripe counts in whole ones, by <https://docs.stripe.com/currencies>.
const WHOLE: [&str; 15] = [
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF",
    "XOF", "XPF",
];

/// Currencies that Stripe counts in thousandths.
const THOUSANDTHS: [&str; 5] = ["BHD", "JOD", "KWD", "OMR", "TND"];

/// The largest amount that Stripe takes whichever way one pays, in its own units, by
/// <https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts>: eight digits, of some
/// currencies more. Some cards take more, which is not known before one is chosen.
fn largest(code: &str) -> i64 {
    match code {
        "IDR" => 999_999_999_999,
        "COP" => 9_999_999_999,
        "INR" => 999_999_999,
        _ => 99_999_999,
    }
}

/// Decimal places of Stripe's unit.
///
/// All others are counted in hundredths, among them ISK and UGX, which have no minor unit, and
/// so have to come out whole; the ariary is counted whole although ISO gives it two places.
fn decimals(code: &str) -> u32 {
    match code {
        it if WHOLE.contains(&it) => 0,
        it if THOUSANDTHS.contains(&it) => 3,
        _ => 2,
    }
}

/// Money of ours in one minor unit, by the ten-thousandths of it that are counted here.
const MINOR: i128 = 10_i128.pow(engine::FINE_DIGITS);

/// Money of ours for an amount of Stripe's; an error names `field`.
pub fn money(field: &str, amount: i64, code: &str) -> Result<Money, String> {
    let code = code.to_uppercase();
    let currency = Currency::from_code(&code)
        .ok_or_else(|| format!("data.object.currency: {code:?} is not a currency of ISO 4217"))?;
    if amount < 0 {
        return Err(format!("{field}: {amount} is negative"));
    }
    let units =
        i128::from(amount) * 10_i128.pow(u32::from(currency.exponent()) + engine::FINE_DIGITS);
    let one = 10_i128.pow(decimals(&code));
    if units % (one * MINOR) != 0 {
        return Err(format!("{field}: {amount} is not a whole number of {currency}'s minor unit"));
    }
    let units = i64::try_from(units / one).ok().and_then(Amount::from_units);
    let amount =
        units.ok_or_else(|| format!("{field}: {amount} is more than an account can hold"))?;
    Ok(Money { amount, currency })
}

/// The amount by which Stripe is asked for this money; `None` where it takes none such: finer
/// than its unit, nothing, or too much.
///
/// What is counted in thousandths has to be a multiple of ten of them.
pub fn stripe_amount(money: Money) -> Option<i64> {
    let code = money.currency.code();
    let decimals = decimals(code);
    let units = i128::from(money.amount.units()) * 10_i128.pow(decimals);
    let one = 10_i128.pow(u32::from(money.currency.exponent())) * MINOR;
    let amount = (units % one == 0).then(|| i64::try_from(units / one).ok()).flatten()?;
    let is_whole = decimals < 3 || amount % 10 == 0;
    (is_whole && (1..=largest(code)).contains(&amount)).then_some(amount)
}

/// The largest sum that Stripe can be asked for, in a currency.
pub fn stripe_amount_max(currency: Currency) -> Money {
    let code = currency.code();
    let step = match decimals(code) {
        3 => 10,
        decimals => 10_i64.pow(decimals.saturating_sub(currency.exponent().into())),
    };
    let largest = largest(code) - largest(code) % step;
    money("amount", largest, code).expect("it is rounded down to what there is")
}
