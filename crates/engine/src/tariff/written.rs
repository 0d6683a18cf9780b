//! A tariff as people write it, and as memory is saved.
//!
//! In JSON, times are `"08:00"`, and the `price` of a destination is whichever of these is
//! shortest: `"0.10"`, or steps `[{"from": 0, "price": "0.10"}, …]`, or one of the two for each
//! band by its name: `{"day": "0.10", "night": […]}`. What is left out of a tariff is one unit,
//! no minimum, no allowance, no bands, every destination, no fee. Whatever a tariff is read from,
//! a field that it does not know is refused.
//!
//! In binary forms all fields stand in order.

use core::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer, StrDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Band, DestinationRate, Price, Step, Usage, UsageUnit};
use crate::Name;

const GRANT_SECONDS: u32 = 3_600;

/// The fields of [`Usage`], with prices in the form `P`.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Usage", deny_unknown_fields)]
struct Written<P> {
    unit: UsageUnit,
    #[serde(default = "one")]
    per: u64,
    #[serde(default = "one")]
    increment: u64,
    #[serde(default)]
    minimum: u64,
    #[serde(default)]
    allowance: u64,
    #[serde(default)]
    bands: Vec<Band>,
    rates: Vec<WrittenRate<P>>,
    #[serde(default)]
    grant_quantity_max: Option<u64>,
    #[serde(default = "grant_seconds")]
    grant_seconds: u32,
}

/// The fields of [`DestinationRate`], with prices in the form `P`.
#[derive(Serialize, Deserialize)]
#[serde(rename = "DestinationRate", deny_unknown_fields)]
struct WrittenRate<P> {
    #[serde(default)]
    title: String,
    #[serde(default = "every_destination")]
    prefixes: Vec<String>,
    #[serde(default = "no_fee")]
    set_up: Price,
    #[serde(default = "no_fee")]
    minimum_charge: Price,
    price: P,
}

fn one() -> u64 {
    1
}

fn grant_seconds() -> u32 {
    GRANT_SECONDS
}

fn every_destination() -> Vec<String> {
    vec![String::new()]
}

fn no_fee() -> Price {
    Price::ZERO
}

/// Prices as people write them.
enum ForPeople {
    Always(Steps),
    ByBand(Vec<(Name, Steps)>),
}

/// Steps as people write them: a price alone is a step from 0.
struct Steps(Vec<Step>);

impl Serialize for Usage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serializer.is_human_readable() {
            true => {
                let for_people = |it: &DestinationRate| ForPeople::of(&self.bands, &it.prices);
                Written::of(self, for_people).serialize(serializer)
            }
            false => Written::of(self, |it| it.prices.clone()).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Usage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let usage = match deserializer.is_human_readable() {
            true => Written::<ForPeople>::deserialize(deserializer)?.read(ForPeople::in_order),
            false => Written::deserialize(deserializer)?.read(|prices, _| Ok(prices)),
        };
        usage.map_err(D::Error::custom)
    }
}

impl<P> Written<P> {
    fn of(usage: &Usage, prices_of: impl Fn(&DestinationRate) -> P) -> Self {
        let rates = usage.rates.iter().map(|rate| WrittenRate {
            title: rate.title.clone(),
            prefixes: rate.prefixes.clone(),
            set_up: rate.set_up,
            minimum_charge: rate.minimum_charge,
            price: prices_of(rate),
        });
        Self {
            unit: usage.unit,
            per: usage.per,
            increment: usage.increment,
            minimum: usage.minimum,
            allowance: usage.allowance,
            bands: usage.bands.clone(),
            rates: rates.collect(),
            grant_quantity_max: usage.grant_quantity_max,
            grant_seconds: usage.grant_seconds,
        }
    }

    fn read(
        self,
        in_order: impl Fn(P, &[Band]) -> Result<Vec<Vec<Step>>, String>,
    ) -> Result<Usage, String> {
        let bands = self.bands;
        let rates = self.rates.into_iter().enumerate().map(|(place, rate)| {
            let prices = in_order(rate.price, &bands);
            let prices = prices.map_err(|fault| format!("rates[{place}].price: {fault}"))?;
            let WrittenRate { title, prefixes, set_up, minimum_charge, .. } = rate;
            Ok(DestinationRate { title, prefixes, set_up, minimum_charge, prices })
        });
        let rates = rates.collect::<Result<_, String>>()?;
        Ok(Usage {
            unit: self.unit,
            per: self.per,
            increment: self.increment,
            minimum: self.minimum,
            allowance: self.allowance,
            bands,
            rates,
            grant_quantity_max: self.grant_quantity_max,
            grant_seconds: self.grant_seconds,
        })
    }
}

impl ForPeople {
    fn of(bands: &[Band], prices: &[Vec<Step>]) -> Self {
        let mut steps = prices.iter().map(|it| Steps(it.clone()));
        match bands.is_empty() {
            true => Self::Always(steps.next().unwrap_or(Steps(Vec::new()))),
            false => Self::ByBand(bands.iter().map(|it| it.name).zip(steps).collect()),
        }
    }

    /// One list of steps for each band, in their order.
    fn in_order(self, bands: &[Band]) -> Result<Vec<Vec<Step>>, String> {
        let mut named = match self {
            Self::Always(steps) if bands.is_empty() => return Ok(vec![steps.0]),
            Self::Always(_) => {
                return Err("it is one for all times; give one for each band, by its name".into());
            }
            Self::ByBand(named) => named,
        };
        let mut prices = Vec::with_capacity(bands.len());
        for band in bands {
            let Some(place) = named.iter().position(|(name, _)| *name == band.name) else {
                return Err(format!("there is none for the band {:?}; add it", band.name.as_str()));
            };
            prices.push(named.swap_remove(place).1.0);
        }
        match named.first() {
            None => Ok(prices),
            Some((name, _)) if bands.iter().any(|it| it.name == *name) => {
                Err(format!("there are two for the band {:?}; remove one", name.as_str()))
            }
            Some((name, _)) => {
                Err(format!("there is one for {:?}, which is no band; name a band", name.as_str()))
            }
        }
    }
}

impl Serialize for ForPeople {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Always(steps) => steps.serialize(serializer),
            Self::ByBand(named) => {
                serializer.collect_map(named.iter().map(|(name, steps)| (name, steps)))
            }
        }
    }
}

impl Serialize for Steps {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [Step { from: 0, price }] => price.serialize(serializer),
            steps => steps.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for ForPeople {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ForPeopleVisitor)
    }
}

struct ForPeopleVisitor;

impl<'de> Visitor<'de> for ForPeopleVisitor {
    type Value = ForPeople;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a price such as \"0.10\", a list of steps, or prices by the name of a band")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        StepsVisitor.visit_str(text).map(ForPeople::Always)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, steps: A) -> Result<Self::Value, A::Error> {
        StepsVisitor.visit_seq(steps).map(ForPeople::Always)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut bands: A) -> Result<Self::Value, A::Error> {
        let mut named = Vec::new();
        while let Some(band) = bands.next_entry()? {
            named.push(band);
        }
        Ok(ForPeople::ByBand(named))
    }
}

impl<'de> Deserialize<'de> for Steps {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StepsVisitor)
    }
}

struct StepsVisitor;

impl<'de> Visitor<'de> for StepsVisitor {
    type Value = Steps;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a price such as \"0.10\", or a list of steps")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let price = Price::deserialize(StrDeserializer::new(text))?;
        Ok(Steps(vec![Step { from: 0, price }]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, steps: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(steps)).map(Steps)
    }

    /// A single step without its brackets.
    fn visit_map<A: MapAccess<'de>>(self, step: A) -> Result<Self::Value, A::Error> {
        Step::deserialize(MapAccessDeserializer::new(step)).map(|it| Steps(vec![it]))
    }
}

/// A minute of the day as `08:00`; the end of the day is `24:00`.
pub(super) mod minute {
    use std::borrow::Cow;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(minute: &u16, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:02}:{:02}", minute / 60, minute % 60))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        parse(&text).ok_or_else(|| {
            D::Error::custom(format_args!("{text:?} is not a time from 00:00 to 24:00"))
        })
    }

    fn parse(text: &str) -> Option<u16> {
        let two_digits = |it: &str| {
            let plain = it.len() == 2 && it.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| it.parse::<u16>().ok()).flatten()
        };
        let (hour, minute) = text.split_once(':')?;
        let (hour, minute) = (two_digits(hour)?, two_digits(minute)?);
        let is_of_a_day = minute < 60 && (hour < 24 || (hour, minute) == (24, 0));
        is_of_a_day.then_some(hour * 60 + minute)
    }
}
