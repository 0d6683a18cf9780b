//! What a price or a sum comes to on an account at this moment, and at which rate.
//!
//! It is what an order at this moment would find; the order itself is decided by its own rates.

use engine::{
    Amount, Conversion, Currency, ExchangeRates, Money, Precision, Price, State, Timestamp, Unit,
};

use crate::http::app::App;
use crate::shard::Unavailable;

/// Something that is to be had for money of one currency, by an account in maybe another.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    Price(Price, Currency, Unit),
    /// Money that is paid in.
    Paid(Money, Unit),
    /// The least money of a currency that comes to this amount on an account.
    ToReach(Amount, Unit, Currency),
}

#[derive(Clone, Debug)]
pub struct Quote {
    /// Of [`Asked::ToReach`] in the other currency, else in the account's.
    pub amount: Amount,
    /// `None` where it is one currency.
    pub conversion: Option<Conversion>,
}

/// Minor units that are tried beyond the first guess: rounding there and back loses one or two.
const STEPS_MAX: i64 = 8;

/// One look for all of them, in their order; `None` where there is no rate.
pub async fn quotes(app: &App, asked: Vec<Asked>) -> Result<Vec<Option<Quote>>, Unavailable> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let look = move |state: &State, now: Timestamp| {
        let at = now.max(state.shared.last_at);
        asked.iter().map(|it| quote(&state.exchange, *it, at)).collect()
    };
    app.shard.read(None, look).await
}

fn quote(rates: &ExchangeRates, asked: Asked, at: Timestamp) -> Option<Quote> {
    match asked {
        Asked::Price(price, from, to) => {
            let cost = price.fraction()?;
            let found = rates.convert_fraction(cost, from, to, at, Precision::MinorUnits);
            found.ok().map(|(amount, conversion)| Quote { amount, conversion })
        }
        Asked::Paid(money, to) if money.currency == to.currency => {
            Some(Quote { amount: money.amount, conversion: None })
        }
        Asked::Paid(money, to) => {
            let (amount, conversion) = convert(rates, money.amount, unit(money.currency), to, at)?;
            Some(Quote { amount, conversion: Some(conversion) })
        }
        Asked::ToReach(goal, to, currency) => {
            let from = unit(currency);
            let guess = convert(rates, goal, to, from, at)?.0;
            (0..STEPS_MAX).find_map(|step| {
                let more = Amount::from_units(step.checked_mul(engine::FINE_PER_MINOR)?)?;
                let amount = guess.checked_add(more)?;
                let (reached, conversion) = convert(rates, amount, from, to, at)?;
                let conversion = Some(conversion);
                (reached >= goal).then_some(Quote { amount, conversion })
            })
        }
    }
}

fn unit(currency: Currency) -> Unit {
    Unit { currency, exponent: currency.exponent() }
}

fn convert(
    rates: &ExchangeRates,
    amount: Amount,
    from: Unit,
    to: Unit,
    at: Timestamp,
) -> Option<(Amount, Conversion)> {
    rates.convert(amount, from, to, at, Precision::MinorUnits).ok()
}

#[cfg(test)]
mod tests {
    use engine::{ExchangeRate, Name, Rate};

    use super::*;

    fn rates(quote: &str, rate: &str) -> ExchangeRates {
        let mut rates = ExchangeRates::default();
        rates.insert(ExchangeRate {
            base: Currency::EUR,
            quote: Currency::from_code(quote).unwrap(),
            rate: Rate::try_from(rate.to_owned()).unwrap(),
            valid_from: Timestamp(0),
            source: Name::new("ecb").unwrap(),
        });
        rates
    }

    fn amount(text: &str, exponent: u8) -> Amount {
        Amount::parse(text, exponent, Precision::MinorUnits).unwrap()
    }

    #[test]
    fn the_least_that_reaches_a_sum_is_enough_and_not_much_more() {
        let cases = [("XPF", "119.33"), ("KWD", "0.3391"), ("JPY", "171.05"), ("USD", "1.0832")];
        for (code, rate) in cases {
            let rates = rates(code, rate);
            let to = unit(Currency::from_code(code).unwrap());
            for minor in [1, 7, 99, 800, 1_193, 123_456] {
                let goal = Amount::from_units(minor * engine::FINE_PER_MINOR).unwrap();
                let found = quote(&rates, Asked::ToReach(goal, to, Currency::EUR), Timestamp(1));
                let found = found.unwrap();
                let brings = |amount: Amount| {
                    let money = Money { amount, currency: Currency::EUR };
                    quote(&rates, Asked::Paid(money, to), Timestamp(1)).unwrap().amount
                };
                assert!(brings(found.amount) >= goal, "{code} {minor}");
                let cents = |it| amount(it, 2);
                if let Some(less) = found.amount.checked_sub(cents("0.02")) {
                    assert!(brings(less) < goal, "{code} {minor}: {}", found.amount.units());
                }
            }
        }
    }

    #[test]
    fn without_a_rate_there_is_no_quote() {
        let (rates, usd) = (rates("XPF", "119.33"), Currency::from_code("USD").unwrap());
        let money = Money { amount: amount("1.00", 2), currency: usd };
        let to = unit(Currency::EUR);
        assert!(quote(&rates, Asked::Paid(money, to), Timestamp(1)).is_none());
        let same = Money { amount: amount("1.00", 2), currency: Currency::EUR };
        assert!(quote(&rates, Asked::Paid(same, to), Timestamp(1)).is_some());
        assert!(quote(&rates, Asked::ToReach(money.amount, to, usd), Timestamp(1)).is_none());
    }
}
