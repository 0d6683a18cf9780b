//! Finds the account that a payer meant, in what the payer wrote.
//!
//! **Invariant:** money goes to an account only when one and no other is named. Whatever is found
//! is looked up: a number that no account has is nothing.

use std::collections::{BTreeMap, BTreeSet};

use engine::{AccountId, AccountNumber};

/// Numbers of fewer digits, taken over from an older system, are found only where they stand
/// alone: a house number or a day would be taken for one.
const DIGITS_MIN_IN_TEXT: usize = 5;

/// Digits of one of our own numbers, at least.
const OWN_DIGITS_MIN: usize = 9;

/// Digits in a number that is held as one.
const DIGITS_MAX: usize = 18;

/// Numbers that are looked up for one payment, at most.
const CANDIDATES_MAX: usize = 400;

/// Why no account was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmatched {
    /// Nothing that was written is the number of an account.
    NoAccountNumber,
    /// The numbers of several accounts were written.
    Ambiguous,
}

impl Unmatched {
    pub fn code(self) -> &'static str {
        match self {
            Self::NoAccountNumber => "no_account_number",
            Self::Ambiguous => "ambiguous",
        }
    }
}

/// What a payer wrote, with every account number that may be in it.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// In references by a scheme: they are believed before free text.
    structured: Vec<Candidate>,
    unstructured: Vec<Candidate>,
}

#[derive(Clone, Debug)]
struct Candidate {
    number: AccountNumber,
    /// Where it stands, so that a part of a longer number is not taken for a number of its own.
    from: usize,
    to: usize,
}

impl Written {
    pub fn new(structured: &[String], lines: &[String]) -> Self {
        let mut written = Self::default();
        let mut at = 0;
        for reference in structured {
            let body = match creditor_reference(reference) {
                Creditor::Sound(body) => body,
                Creditor::Wrong => continue,
                Creditor::Other => reference.clone(),
            };
            let (from, to) = (at, at + reference.len());
            at = to + 1;
            let bare = body.trim_start_matches('0');
            let whole = [Some(body.as_str()), (bare != body).then_some(bare)];
            let numbers = whole.into_iter().flatten().filter_map(AccountNumber::parse);
            written.structured.extend(numbers.map(|number| Candidate { number, from, to }));
        }
        let text = lines.join(" ");
        written.unstructured = candidates(&text);
        written
    }

    /// Every number that has to be looked up.
    pub fn numbers(&self) -> impl Iterator<Item = &AccountNumber> {
        self.structured.iter().chain(&self.unstructured).map(|it| &it.number)
    }

    /// The number of the one account that is meant, by the accounts that were found.
    pub fn resolve(
        &self,
        found: &BTreeMap<AccountNumber, AccountId>,
    ) -> Result<AccountId, Unmatched> {
        for candidates in [&self.structured, &self.unstructured] {
            let known: Vec<_> =
                candidates.iter().filter_map(|it| Some((it, *found.get(&it.number)?))).collect();
            let within = |inner: &Candidate, outer: &Candidate| {
                let longer = outer.to - outer.from > inner.to - inner.from;
                longer && outer.from <= inner.from && inner.to <= outer.to
            };
            let whole = known.iter().filter(|(it, _)| !known.iter().any(|(by, _)| within(it, by)));
            let accounts: BTreeSet<AccountId> = whole.map(|(_, id)| *id).collect();
            let mut accounts = accounts.into_iter();
            match (accounts.next(), accounts.next()) {
                (Some(account), None) => return Ok(account),
                (Some(_), Some(_)) => return Err(Unmatched::Ambiguous),
                (None, _) => {}
            }
        }
        Err(Unmatched::NoAccountNumber)
    }
}

/// Everything in the text that may be an account number.
fn candidates(text: &str) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut add = |text: &str, from, to| {
        if found.len() < CANDIDATES_MAX
            && let Some(number) = AccountNumber::parse(text)
        {
            found.push(Candidate { number, from, to });
        }
    };
    let runs = digit_runs(text);
    for (index, (from, to)) in runs.iter().copied().enumerate() {
        let digits = &text[from..to];
        if digits.len() >= DIGITS_MIN_IN_TEXT || digits == text.trim() {
            add(digits, from, to);
            let bare = digits.trim_start_matches('0');
            if bare != digits && bare.len() >= DIGITS_MIN_IN_TEXT {
                add(bare, from, to);
            }
        }
        let mut joined = digits.to_owned();
        let mut end = to;
        for (next, next_end) in runs[index + 1..].iter().copied() {
            let between = &text[end..next];
            let close =
                between.len() <= 3 && between.chars().all(|it| matches!(it, ' ' | '-' | '/' | '.'));
            joined.push_str(&text[next..next_end]);
            if !close || joined.len() > DIGITS_MAX {
                break;
            }
            end = next_end;
            // Only the check digit tells a number written in groups from two figures in a row.
            let own = AccountNumber::parse(&joined).is_some_and(|it| it.has_valid_check_digit());
            if own && joined.len() >= OWN_DIGITS_MIN {
                add(&joined, from, end);
            }
        }
    }
    // Numbers taken over may have letters in them.
    let mut at = 0;
    for word in text.split(char::is_whitespace) {
        let from = at;
        at += word.len() + word_break(&text[from + word.len()..]);
        let bare = word.trim_matches(|it: char| !it.is_ascii_alphanumeric());
        let digits = bare.bytes().filter(u8::is_ascii_digit).count();
        if digits > 0 && digits < bare.len() && bare.len() >= DIGITS_MIN_IN_TEXT {
            add(bare, from, from + word.len());
        }
    }
    found
}

/// Bytes of the white space that ends a word.
fn word_break(rest: &str) -> usize {
    rest.chars().next().map_or(0, char::len_utf8)
}

fn digit_runs(text: &str) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        if !byte.is_ascii_digit() {
            continue;
        }
        match runs.last_mut() {
            Some((_, to)) if *to == at => *to = at + 1,
            _ => runs.push((at, at + 1)),
        }
    }
    runs
}

/// What a structured reference is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Creditor {
    /// By ISO 11649, with its check digits right: what is behind them.
    Sound(String),
    /// By ISO 11649, and mistyped.
    Wrong,
    /// By another scheme.
    Other,
}

/// Checks a creditor reference by ISO 11649: `RF`, two check digits, up to 21 letters and digits.
pub fn creditor_reference(text: &str) -> Creditor {
    let text: String = text.chars().filter(|it| *it != ' ').collect::<String>().to_uppercase();
    let Some((check, body)) = text.strip_prefix("RF").and_then(|it| it.split_at_checked(2)) else {
        return Creditor::Other;
    };
    if !check.bytes().all(|it| it.is_ascii_digit()) {
        return Creditor::Other;
    }
    let sound = (1..=21).contains(&body.len())
        && body.bytes().all(|it| it.is_ascii_alphanumeric())
        && remainder_97(&format!("{body}RF{check}")) == 1;
    match sound {
        true => Creditor::Sound(body.to_owned()),
        false => Creditor::Wrong,
    }
}

/// The remainder by 97 (ISO 7064), letters counting as 10 to 35.
fn remainder_97(text: &str) -> u32 {
    text.chars().filter_map(|it| it.to_digit(36)).fold(0, |rest, digit| match digit {
        0..10 => (rest * 10 + digit) % 97,
        _ => (rest * 100 + digit) % 97,
    })
}

#[cfg(test)]
mod tests;
