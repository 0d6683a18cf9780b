//! What something would cost now, step by step: the same meter as a session's, from nothing and
//! without an allowance.

use engine::{
    Currency, DestinationRate, ExchangeError, Fraction, Item, Meter, Metered, Name, Part,
    Precision, Refusal, Service, State, Timestamp, Unit, Usage,
};
use jiff::civil::DateTime;
use pages::console::catalogue::Price;
use pages::{Console, Message, Money};

use super::Typed;
use crate::faces::{Looks, tariff, words};
use crate::http::error::{Fault, Problem};
use crate::http::wire;

/// `None` where nothing is asked, or the service has no price of its own.
pub fn price(
    state: &State,
    typed: &Typed,
    now: Timestamp,
    looks: &Looks,
) -> Result<Option<Price>, Problem> {
    let name = Name::new(&typed.service).ok();
    let Some(item) = name.and_then(|it| state.catalogue().newest(it)) else { return Ok(None) };
    let asking = Asking { state, item, typed, now, looks };
    let wanted = match typed.currency.trim() {
        "" => item.service.currency,
        code => wire::currency("currency", &code.to_uppercase())?,
    };
    let fixed = item.service.one_time.as_ref().map(|it| it.price);
    let fixed = fixed.or_else(|| item.service.recurring.as_ref().map(|it| it.price));
    let quantity = typed.quantity.trim();
    let cost = match (&item.service.usage, fixed) {
        (Some(usage), None) => asking.usage(usage)?,
        (Some(usage), Some(_)) if !quantity.is_empty() => asking.usage(usage)?,
        (_, Some(fixed)) => {
            let cost = fixed.fraction().ok_or_else(|| asking.too_large())?;
            Cost { whole: cost, counted: String::new(), steps: vec![asking.fixed(cost)?] }
        }
        (None, None) => return Ok(None),
    };
    let total = asking.money(cost.whole)?;
    let converted = match wanted == item.service.currency {
        true => String::new(),
        false => asking.converted(cost.whole, wanted)?,
    };
    Ok(Some(Price { total, converted, counted: cost.counted, steps: cost.steps }))
}

struct Asking<'a> {
    state: &'a State,
    item: &'a Item,
    typed: &'a Typed,
    now: Timestamp,
    looks: &'a Looks,
}

/// A price, and how it comes about.
struct Cost {
    whole: Fraction,
    /// How much is counted, where that is more than was used.
    counted: String,
    steps: Vec<(String, Money)>,
}

impl Asking<'_> {
    fn service(&self) -> &Service {
        &self.item.service
    }

    fn fixed(&self, cost: Fraction) -> Result<(String, Money), Problem> {
        Ok((self.service().title.clone(), self.money(cost)?))
    }

    fn usage(&self, usage: &Usage) -> Result<Cost, Problem> {
        let quantity: Result<u64, _> = self.typed.quantity.trim().parse();
        let quantity = quantity.map_err(|_| {
            Problem::faulty("quantity", Fault::Number, "is not a whole number such as 72")
        })?;
        let at = self.begins_at()?;
        let rate = self.rate(usage)?;
        let calendar = &self.state.settings.calendar;
        let meter = Meter { usage, rate, calendar, zone: calendar.zone };
        let used = meter.after(&Metered::new(at), quantity, 0, at);
        let used = used.ok_or_else(|| self.too_large())?;
        let whole = meter.cost(&used).ok_or_else(|| self.too_large())?;
        Ok(Cost {
            whole,
            counted: self.counted(usage, &used),
            steps: self.steps(usage, rate, &used, whole)?,
        })
    }

    /// The set-up, a line for each price, and what is wanting to the least that is charged.
    fn steps(
        &self,
        usage: &Usage,
        rate: &DestinationRate,
        used: &Metered,
        whole: Fraction,
    ) -> Result<Vec<(String, Money)>, Problem> {
        let form = |name| self.console().named("price", name).unwrap_or_default();
        let mut steps = Vec::new();
        if !rate.set_up.is_zero() && !used.parts().is_empty() {
            let cost = rate.set_up.fraction().ok_or_else(|| self.too_large())?;
            steps.push((form("set_up").to_owned(), self.money(cost)?));
        }
        for part in used.parts() {
            steps.push(self.step(usage, rate, part)?);
        }
        let total = self.money(whole)?;
        let sum: i128 = steps.iter().map(|(_, it)| it.units).sum();
        // Each line is rounded by itself: only a charge that is the least one is more than them.
        let least = rate.minimum_charge.fraction().map(|it| self.money(it)).transpose()?;
        if least.is_some_and(|it| it.units == total.units) && sum < total.units {
            let missing = total.same(total.units - sum);
            steps.push((form("minimum_charge").to_owned(), missing));
        }
        Ok(steps)
    }

    fn step(
        &self,
        usage: &Usage,
        rate: &DestinationRate,
        part: &Part,
    ) -> Result<(String, Money), Problem> {
        let prices = rate.prices.get(usize::from(part.band));
        let price = prices.and_then(|it| it.get(usize::from(part.step)));
        let price = price.ok_or_else(Problem::internal)?.price;
        let cost = price.fraction().and_then(|it| it.times(part.quantity.into(), usage.per.into()));
        let cost = cost.ok_or_else(|| self.too_large())?;
        let text = tariff::step(self.service(), usage, rate, part, self.looks);
        let text = text.ok_or_else(Problem::internal)?;
        Ok((text, self.money(cost)?))
    }

    fn counted(&self, usage: &Usage, used: &Metered) -> String {
        if used.total == used.billed {
            return String::new();
        }
        let form = self.console().named("price", "counted").unwrap_or_default();
        let quantity = |it| tariff::quantity(usage, it, self.looks);
        form.with("used", quantity(used.total)).with("counted", quantity(used.billed))
    }

    fn begins_at(&self) -> Result<Timestamp, Problem> {
        let text = self.typed.begins_at.trim();
        if text.is_empty() {
            return Ok(self.now);
        }
        let civil: Option<DateTime> = text.parse().ok();
        let at = civil.and_then(|it| it.to_zoned(self.looks.zone.clone()).ok());
        let why = "is not a moment such as 2026-12-03T00:00";
        let at = at.ok_or_else(|| Problem::faulty("begins_at", Fault::Moment, why))?;
        Ok(Timestamp(at.timestamp().as_microsecond()))
    }

    fn rate<'a>(&self, usage: &'a Usage) -> Result<&'a DestinationRate, Problem> {
        let destination = self.typed.destination.trim();
        let asked = Some(destination).filter(|it| !it.is_empty());
        let place = self.item.destinations.as_ref().and_then(|it| it.rate(asked));
        place.and_then(|it| usage.rates.get(it)).ok_or_else(|| {
            if destination.is_empty() {
                return Problem::faulty("destination", Fault::Empty, "is missing");
            }
            let destination = destination.to_owned();
            let mut problem = Problem::refused(&Refusal::DestinationNotServed { destination });
            problem.field = Some("destination".to_owned());
            problem
        })
    }

    fn too_large(&self) -> Problem {
        Problem::faulty("quantity", Fault::TooLarge, "costs more than an account can hold")
    }

    fn money(&self, cost: Fraction) -> Result<Money, Problem> {
        let (currency, exponent) = (self.service().currency, self.service().currency.exponent());
        let amount = cost.to_amount(exponent, Precision::Fine).ok_or_else(|| self.too_large())?;
        Ok(Money::new(amount.units().into(), currency.code(), exponent))
    }

    /// In another currency, with the rates that were used.
    fn converted(&self, cost: Fraction, wanted: Currency) -> Result<String, Problem> {
        let unit = Unit { currency: wanted, exponent: wanted.exponent() };
        let own = self.service().currency;
        let exchange = &self.state.exchange;
        let converted = exchange.convert_fraction(cost, own, unit, self.now, Precision::Fine);
        let (amount, conversion) = converted.map_err(|error| {
            let refusal = match error {
                ExchangeError::NoRate => {
                    Refusal::NoExchangeRate { from: own, to: wanted, at: self.now }
                }
                ExchangeError::OutOfRange => {
                    Refusal::AmountOutOfRange { currency: wanted, exponent: unit.exponent }
                }
            };
            let mut problem = Problem::refused(&refusal);
            problem.field = Some("currency".to_owned());
            problem
        })?;
        let say = self.looks.say();
        let rates = conversion.map(|it| it.rates).unwrap_or_default();
        let rates = rates.iter().map(|it| words::rate(it, say)).collect::<Vec<_>>().join(", ");
        let money = Money::new(amount.units().into(), wanted.code(), wanted.exponent());
        Ok(format!("{} ({rates})", say.money_text(&money)))
    }

    fn console(&self) -> &'static Console {
        Console::of(self.looks.language)
    }
}
