//! Somebody who keeps every unpaid debit in a list, and takes a picture after everything that
//! happens.

use std::collections::BTreeMap;

use engine::{Currency, Timestamp};
use serde_json::Value;

const DAY: i64 = 86_400_000_000;

/// What is owed by currency and group, in four bands.
pub type Figures = BTreeMap<(String, Option<String>), [i64; 4]>;

#[derive(Default)]
pub struct Oracle {
    pub accounts: Vec<Listed>,
    /// By customer.
    pub groups: Vec<Option<&'static str>>,
    pictures: Vec<(Timestamp, Vec<Owed>)>,
}

pub struct Listed {
    customer: usize,
    pub currency: Currency,
    /// Day and what is unpaid of it, in the order in which they are to be paid.
    unpaid: Vec<(i64, i64)>,
    in_advance: i64,
    pub written_off: i64,
}

#[derive(Clone)]
struct Owed {
    currency: Currency,
    group: Option<&'static str>,
    day: i64,
    units: i64,
}

/// A debtor, as the list has to show one.
#[derive(Clone, Debug, PartialEq)]
pub struct Owing {
    pub account: String,
    pub group: Option<&'static str>,
    pub age: i32,
    units: i64,
    bands: [i64; 4],
    written_off: i64,
}

fn day_of(at: Timestamp) -> i64 {
    at.0.div_euclid(DAY)
}

fn band(age: i64) -> usize {
    if age > 90 {
        3
    } else if age > 60 {
        2
    } else {
        usize::from(age > 30)
    }
}

impl Oracle {
    pub fn open(&mut self, customer: usize, currency: Currency) {
        let (unpaid, in_advance, written_off) = (Vec::new(), 0, 0);
        self.accounts.push(Listed { customer, currency, unpaid, in_advance, written_off });
    }

    pub fn owed(&self, place: usize) -> i64 {
        self.accounts[place].unpaid.iter().map(|it| it.1).sum()
    }

    pub fn debit(&mut self, place: usize, units: i64, since: Timestamp) {
        let account = &mut self.accounts[place];
        let covered = units.min(account.in_advance);
        account.in_advance -= covered;
        if units > covered {
            account.unpaid.push((day_of(since), units - covered));
            account.unpaid.sort_by_key(|it| it.0);
        }
    }

    pub fn credit(&mut self, place: usize, units: i64) {
        let account = &mut self.accounts[place];
        let mut left = units;
        while left > 0 && !account.unpaid.is_empty() {
            let paid = left.min(account.unpaid[0].1);
            left -= paid;
            account.unpaid[0].1 -= paid;
            account.unpaid.retain(|it| it.1 > 0);
        }
        account.in_advance += left;
    }

    /// Takes a picture of how everything stands after what has happened at a moment.
    pub fn note(&mut self, at: Timestamp) {
        let all = self.accounts.iter().flat_map(|account| {
            let group = self.groups[account.customer];
            let owed = move |&(day, units): &(i64, i64)| Owed {
                currency: account.currency,
                group,
                day,
                units,
            };
            account.unpaid.iter().map(owed)
        });
        let all = all.collect();
        self.pictures.push((at, all));
    }

    pub fn now(&self, now: Timestamp) -> Figures {
        let last = self.pictures.last().map_or(&[][..], |it| &it.1);
        aged(last, now)
    }

    /// How it stood when a minute began.
    pub fn before(&self, minute: Timestamp) -> Figures {
        let last = self.pictures.iter().rev().find(|it| it.0 < minute);
        aged(last.map_or(&[][..], |it| &it.1), minute)
    }

    /// Every band of every group that has something in it.
    pub fn bands(&self, now: Timestamp) -> Vec<(String, Option<String>, usize)> {
        let mut filled = Vec::new();
        for ((currency, group), bands) in self.now(now) {
            let full = (0..4).filter(|it| bands[*it] > 0);
            filled.extend(full.map(|it| (currency.clone(), group.clone(), it)));
        }
        filled
    }

    pub fn oldest(&self, now: Timestamp, wanted: impl Fn(&Owing) -> bool) -> Vec<Owing> {
        let mut all = self.owing(now, |_| true);
        all.sort_by_key(|it| -it.age);
        all.retain(wanted);
        all
    }

    pub fn largest(&self, now: Timestamp, currency: &str) -> Vec<Owing> {
        let mut all = self.owing(now, |it| it.currency.code() == currency);
        all.sort_by_key(|it| -it.units);
        all
    }

    /// In the order of the accounts.
    fn owing(&self, now: Timestamp, wanted: impl Fn(&Listed) -> bool) -> Vec<Owing> {
        let mut all = Vec::new();
        for (place, account) in self.accounts.iter().enumerate() {
            let Some(oldest) = account.unpaid.first().filter(|_| wanted(account)) else { continue };
            let mut bands = [0; 4];
            for (day, units) in &account.unpaid {
                bands[band(day_of(now) - day)] += units;
            }
            all.push(Owing {
                account: format!("acc_{}", place + 1),
                group: self.groups[account.customer],
                age: (day_of(now) - oldest.0) as i32,
                units: bands.iter().sum(),
                bands,
                written_off: account.written_off,
            });
        }
        all
    }
}

fn aged(owed: &[Owed], now: Timestamp) -> Figures {
    let mut figures = Figures::new();
    for it in owed {
        let key = (it.currency.code().to_owned(), it.group.map(str::to_owned));
        figures.entry(key).or_default()[band(day_of(now) - it.day)] += it.units;
    }
    figures
}

const BANDS: [&str; 4] = ["days_0_30", "days_31_60", "days_61_90", "days_over_90"];

/// `12.50` in ten-thousandths of the minor unit.
fn units(value: &Value, currency: &str) -> i64 {
    let exponent = usize::from(Currency::from_code(currency).expect("a currency").exponent());
    let text = value.as_str().unwrap_or_else(|| panic!("{value} is no sum"));
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    assert_eq!(rest.len(), exponent, "{text} {currency}");
    format!("{whole}{rest}").parse::<i64>().expect("digits") * 10_000
}

/// The figures of an answer, when its sums add up.
pub fn figures(shown: &Value) -> Figures {
    let mut figures = Figures::new();
    for of_currency in shown["currencies"].as_array().expect("currencies") {
        let currency = of_currency["currency"].as_str().expect("a code");
        let read = |it: &Value| BANDS.map(|band| units(&it[band], currency));
        let mut total = [0; 4];
        for of_group in of_currency["groups"].as_array().expect("groups") {
            let bands = read(of_group);
            assert_eq!(units(&of_group["owed"], currency), bands.iter().sum::<i64>(), "{of_group}");
            total.iter_mut().zip(bands).for_each(|(sum, it)| *sum += it);
            let group = of_group.get("group").map(|it| it.as_str().expect("a name").to_owned());
            // A line may be there for what was written off alone.
            if bands != [0; 4] {
                figures.insert((currency.to_owned(), group), bands);
            }
        }
        assert_eq!(
            (read(of_currency), units(&of_currency["owed"], currency)),
            (total, total.iter().sum::<i64>()),
            "{of_currency}"
        );
    }
    figures
}

impl Owing {
    pub fn read(shown: &Value) -> Self {
        let currency = shown["owed"]["currency"].as_str().expect("a code");
        let group = shown.get("group").map(|it| it.as_str().expect("a name"));
        let known = [None, Some("home"), Some("office")];
        let written_off = shown.get("written_off").map(|it| units(&it["amount"], currency));
        Self {
            account: shown["account"].as_str().expect("an id").to_owned(),
            group: known.into_iter().find(|it| *it == group).expect("a group of ours"),
            age: shown["oldest_days"].as_i64().expect("days") as i32,
            units: units(&shown["owed"]["amount"], currency),
            bands: BANDS.map(|band| units(&shown[band], currency)),
            written_off: written_off.unwrap_or(0),
        }
    }
}
