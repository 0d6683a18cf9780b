use super::*;
use crate::{Calendar, Date, Fraction, Precision, Timestamp, Zone};

mod checks;
mod destinations;
mod examples;
mod forms;
mod grants;
mod oracle;
mod seeded;

/// Reads a tariff as people write it, and checks it.
fn usage(json: &str) -> Usage {
    let usage: Usage = serde_json::from_str(json).unwrap_or_else(|fault| panic!("{fault}"));
    usage.check().unwrap_or_else(|fault| panic!("{fault}"));
    usage
}

fn zone(name: &str) -> Zone {
    Zone::new(name).unwrap_or_else(|| panic!("{name} is not in the database"))
}

/// A moment from RFC 3339.
fn at(text: &str) -> Timestamp {
    let at: jiff::Timestamp = text.parse().unwrap_or_else(|fault| panic!("{text}: {fault}"));
    Timestamp(at.as_microsecond())
}

fn days(texts: &[&str]) -> std::collections::BTreeSet<Date> {
    texts.iter().map(|it| Date::parse(it).unwrap_or_else(|| panic!("{it} is not a day"))).collect()
}

fn price(text: &str) -> Price {
    Price::parse(text).unwrap_or_else(|| panic!("{text} is not a price"))
}

/// A price as an exact fraction, read anew from its text.
fn exactly(text: &str) -> Fraction {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits: u128 = format!("{whole}{decimals}").parse().expect("digits");
    Fraction::new(digits, 10_u128.pow(u32::try_from(decimals.len()).unwrap())).unwrap()
}

/// A provider in Berlin whose only holidays are those of Christmas 2026.
fn berlin() -> Calendar {
    Calendar { zone: zone("Europe/Berlin"), holidays: days(&["2026-12-25", "2026-12-26"]) }
}

/// The first rate of a tariff, priced by the provider's own days and clock.
fn meter<'a>(usage: &'a Usage, calendar: &'a Calendar) -> Meter<'a> {
    Meter { usage, rate: &usage.rates[0], calendar, zone: calendar.zone }
}

/// What a session costs in a currency of two decimals, after each of the reported totals.
fn costs(usage: &Usage, begun_at: &str, free: u64, totals: &[u64]) -> Vec<String> {
    let calendar = berlin();
    let meter = meter(usage, &calendar);
    let begun_at = at(begun_at);
    let mut used = Metered::new(begun_at);
    let mut costs = Vec::new();
    for total in totals {
        used = meter.after(&used, *total, free - used.free, begun_at).expect("it fits");
        let cost = meter.cost(&used).expect("it fits").to_amount(2, Precision::Fine);
        costs.push(cost.expect("it fits").display(2).to_string());
    }
    costs
}

/// What a session costs whose whole use is reported at once.
fn cost(usage: &Usage, begun_at: &str, total: u64) -> String {
    costs(usage, begun_at, 0, &[total]).remove(0)
}

const NOON: &str = "2026-11-27T12:00:00+01:00";

/// Day and night by the clock, and the same for every day of the week.
const DAY_AND_NIGHT: &str = r#"{
    "unit": "second", "per": 60,
    "bands": [
        {"name": "day", "times": [{
            "days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
            "from": "07:00", "until": "22:00"
        }]},
        {"name": "night", "times": [
            {
                "days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
                         "sunday"],
                "from": "00:00", "until": "07:00"
            },
            {
                "days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
                         "sunday"],
                "from": "22:00", "until": "24:00"
            }
        ]}
    ],
    "rates": [{"price": {"day": "0.20", "night": "0.05"}}]
}"#;
