//! What an order comes to, in the reader's words: tried beforehand, and done, in the same way.

use engine::{Account, AccountId, Entry, Fact, State, Trial};
use pages::console::action::{Change, Outcome};
use pages::{Console, Language, Message, Money, Tone};

use super::Looks;
use crate::faces::words::{self, Titles};

/// A line for each entry: first what was asked for, then what follows from it.
pub fn lines(entries: &[Entry], titles: &Titles, looks: &Looks) -> Vec<Outcome> {
    entries.iter().map(|it| line(it, titles, looks)).collect()
}

/// As [`lines`], before it is done: what services will do is said in so many words.
pub fn expected(entries: &[Entry], titles: &Titles, looks: &Looks) -> Vec<Outcome> {
    let console = Console::of(looks.language);
    let expected = |entry: &Entry| {
        let outcome = line(entry, titles, looks);
        let Fact::Switched(switch) = &entry.fact else { return outcome };
        let form = if switch.on { console.will_switch_on } else { console.will_switch_off };
        let text = form.with("service", titles.service(switch.service));
        Outcome { text, ..outcome }
    };
    entries.iter().map(expected).collect()
}

fn line(entry: &Entry, titles: &Titles, looks: &Looks) -> Outcome {
    let say = looks.say();
    let mut text = words::what(entry, titles, say.language);
    if let Some(posting) = entry.posting.filter(|it| it.amount.units() != 0) {
        let units = i128::from(posting.amount.units());
        let money = say.money_text(&Money::new(units, posting.currency.code(), posting.exponent));
        text = match words::original(entry).zip(entry.fact.conversion()) {
            None => words::told(say.language, &text, &money),
            Some((original, conversion)) => {
                let original = say.money_text(&original);
                let rates = conversion.rates.iter().map(|it| words::rate(it, say));
                let rates = rates.collect::<Vec<_>>().join(", ");
                let money = format!("{original} → {money} ({rates})");
                words::told(say.language, &text, &money)
            }
        };
    }
    if matches!(&entry.fact, Fact::PlanChanged { change, .. } if change.at_period_end) {
        text = format!("{text}, {}", Console::of(say.language).at_period_end);
    }
    if let Some(terms) = words::terms(entry, looks) {
        text = words::told(say.language, &text, &terms);
    }
    let tone = match &entry.fact {
        Fact::Switched(switch) if switch.on => Tone::On,
        Fact::Switched(_) => Tone::Off,
        Fact::PaymentUnallocated(_) => Tone::Soon,
        fact if fact.is_real_payment() => Tone::On,
        Fact::PromiseGranted(_) | Fact::CreditGranted { .. } => Tone::Held,
        _ => Tone::Calm,
    };
    Outcome::new(tone, text)
}

/// The figures of the accounts that are touched, before and after.
pub fn changes(before: &State, trial: &Trial, language: Language) -> Vec<Change> {
    let mut touched: Vec<AccountId> =
        trial.entries.iter().filter_map(|it| it.posting.map(|it| it.account)).collect();
    touched.sort_unstable();
    touched.dedup();
    let several = touched.len() > 1;
    let pairs = touched.iter().filter_map(|id| before.account(*id).zip(trial.state.account(*id)));
    pairs.flat_map(|(was, is)| change(was, is, several, language)).collect()
}

fn change(was: &Account, is: &Account, several: bool, language: Language) -> Vec<Change> {
    let console = Console::of(language);
    let figures = |it: &Account| {
        let balance = Some(i128::from(it.balance.units()));
        let available = it.available().map(|it| i128::from(it.units()));
        [balance, words::limit(it.credit()), available]
    };
    let label = |word: &str| match several {
        true => format!("{} · {word}", words::number(&was.number.to_string())),
        false => word.to_owned(),
    };
    let named = [console.balance, console.credit, console.to_spend];
    let all = named.into_iter().zip(figures(was).into_iter().zip(figures(is)));
    let changed = all.filter(|(_, (before, after))| before != after);
    let money = |units: Option<i128>| units.map(|it| words::units(was, it));
    let change = |(word, (before, after))| Change {
        label: label(word),
        before: money(before),
        after: money(after),
    };
    changed.map(change).collect()
}
