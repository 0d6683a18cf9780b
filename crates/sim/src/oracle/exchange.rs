//! Exchange, by fractions written out in full.

use engine::{AddExchangeRates, Currency};

use super::{MOST, Otherwise, refuse};

/// One published rate: `up / down` units of `quote` for one of `base`.
#[derive(Clone, Copy, Debug)]
struct Published {
    base: Currency,
    quote: Currency,
    up: i128,
    down: i128,
    valid_from: i64,
}

/// Every rate in the order it was loaded.
#[derive(Clone, Debug)]
pub struct Rates {
    published: Vec<Published>,
    age_max: Option<i64>,
}

/// To what a result is rounded: whole minor units, or ten-thousandths of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    Minor,
    Fine,
}

impl Rates {
    pub fn new(age_max: Option<i64>) -> Self {
        Self { published: Vec::new(), age_max }
    }

    pub fn add(&mut self, added: &AddExchangeRates) {
        for (quote, rate) in &added.rates {
            let text = String::from(*rate);
            let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
            let digits = format!("{whole}{decimals}");
            self.published.push(Published {
                base: added.base,
                quote: *quote,
                up: digits.parse().expect("digits"),
                down: power_of_ten(decimals.len()),
                valid_from: added.valid_from.0,
            });
        }
    }

    /// The first moment after `at` from which a rate is valid, or too old.
    pub fn next_change(&self, at: i64) -> Option<i64> {
        let aged = |it: &Published| self.age_max.map(|max| it.valid_from + max + 1);
        let moments = self.published.iter().flat_map(|it| [Some(it.valid_from), aged(it)]);
        moments.flatten().filter(|it| *it > at).min()
    }

    /// `amount` of `from` in `to`.
    pub fn convert(
        &self,
        amount: i128,
        from: Currency,
        to: Currency,
        at: i64,
        grain: Grain,
    ) -> Result<i128, Otherwise> {
        let Some(hops) = self.hops(from, to, at) else {
            return refuse("no_exchange_rate", []);
        };
        let step = if grain == Grain::Minor { 10_000 } else { 1 };
        let mut up = amount * power_of_ten(to.exponent().into());
        let mut down = power_of_ten(from.exponent().into()) * step;
        for (hop_up, hop_down) in hops {
            up *= hop_up;
            down *= hop_down;
        }
        let nearest = nearest_even(up, down) * step;
        match nearest <= MOST {
            true => Ok(nearest),
            false => refuse("amount_out_of_range", []),
        }
    }

    /// The steps from `from` to `to`, each to be multiplied by its first number and divided by its
    /// second; none when the currencies are the same.
    pub fn hops(&self, from: Currency, to: Currency, at: i64) -> Option<Vec<(i128, i128)>> {
        if from == to {
            return Some(Vec::new());
        }
        if let Some(hop) = self.hop(from, to, at) {
            return Some(vec![hop]);
        }
        if from == Currency::EUR || to == Currency::EUR {
            return None;
        }
        Some(vec![self.hop(from, Currency::EUR, at)?, self.hop(Currency::EUR, to, at)?])
    }

    /// One step from `from` to `to`: as published, or turned round where it is not.
    fn hop(&self, from: Currency, to: Currency, at: i64) -> Option<(i128, i128)> {
        let direct = self.newest(from, to, at).map(|it| (it.up, it.down));
        direct.or_else(|| self.newest(to, from, at).map(|it| (it.down, it.up)))
    }

    fn newest(&self, base: Currency, quote: Currency, at: i64) -> Option<&Published> {
        let pair = self.published.iter().filter(|it| it.base == base && it.quote == quote);
        // Of one moment `max_by_key` takes the last, which was loaded last.
        let newest = pair.filter(|it| it.valid_from <= at).max_by_key(|it| it.valid_from)?;
        let old = self.age_max.is_some_and(|max| at - newest.valid_from > max);
        (!old).then_some(newest)
    }
}

fn power_of_ten(digits: usize) -> i128 {
    (0..digits).fold(1, |power, _| power * 10)
}

pub fn nearest_even(up: i128, down: i128) -> i128 {
    let floor = up / down;
    let to_floor = up - floor * down;
    let to_next = down - to_floor;
    match to_floor.cmp(&to_next) {
        std::cmp::Ordering::Less => floor,
        std::cmp::Ordering::Greater => floor + 1,
        std::cmp::Ordering::Equal => floor + floor % 2,
    }
}
