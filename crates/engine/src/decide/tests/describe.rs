//! Answers as text, for the transcripts of [`super::check`].

use std::collections::BTreeMap;

use crate::{
    Account, Amount, Balance, Entry, Fact, Failing, Figure, Limit, Next, Posting, Refusal, Remedy,
    SettlementFact, State, SumDecimals, Timestamp,
};

use super::scenario::Scenario;

pub mod services;

/// An entry: what it was, what moved, and how the account stands after it.
pub fn entry(scenario: &Scenario, entry: &Entry) -> String {
    let kind = entry.fact.kind();
    let Some(posting) = &entry.posting else {
        match &entry.fact {
            Fact::PaymentUnallocated(it) => {
                let money = it.amount.display(it.exponent);
                return format!("{kind} {money} {} {}", it.currency, it.why.code());
            }
            Fact::PaymentReturned(it) => {
                return format!("{kind} {} {}", it.amount.display(it.exponent), it.currency);
            }
            Fact::PaymentForwarded(it) => {
                return format!("{kind} {} {}", it.amount.display(it.exponent), it.currency);
            }
            Fact::PromisePolicySet(it) => return format!("{kind} version {}", it.version),
            Fact::ServiceSet(it) => return format!("{kind} {} v{}", it.name, it.version),
            _ => {}
        }
        return match entry.customer {
            Some(customer) => format!("{kind} cus_{}", customer.0),
            None => kind.into(),
        };
    };
    let account = scenario.state.account(posting.account);
    // At its opening the account is not there before the entry is applied; it is when shown.
    let account = account.expect("an entry's account exists");
    let mut text = format!("{kind} ");
    if posting.amount != Balance::ZERO {
        let sign = if posting.amount.is_negative() { "" } else { "+" };
        text += &format!("{sign}{} ", posting.amount.display(account.exponent));
    }
    text += &fact(&entry.fact, account);
    text += &after(posting, account.exponent);
    text
}

fn fact(fact: &Fact, account: &Account) -> String {
    let money = |it: Amount| it.display(account.exponent);
    let mut text = match fact {
        Fact::AccountOpened(opening) => format!("{} ", opening.number),
        Fact::AccountRenamed(renaming) => format!("{:?} ", renaming.name),
        Fact::CreditGranted { amount, until, serial, .. }
        | Fact::CreditEnding { amount, until, serial } => {
            let until = moment(*until);
            format!("crd_{}-{serial} {} until {until} ", account.id.0, money(*amount))
        }
        Fact::CreditEnded { amount, end, serial } => {
            format!("crd_{}-{serial} {} {end:?} ", account.id.0, money(*amount))
        }
        Fact::Authorised { grant, serial, .. } => {
            let until = moment(grant.expires_at);
            format!("#{serial} {} until {until} ", money(grant.amount))
        }
        Fact::Settled { serial, next, extra, .. } => {
            let next = match next {
                Next::Kept { held } => format!("kept {}", money(*held)),
                Next::Granted(grant) => {
                    let until = moment(grant.expires_at);
                    format!("next {} until {until}", money(grant.amount))
                }
                Next::Refused => "no next".into(),
                Next::Final { .. } => String::new(),
            };
            let extra = extra.as_deref().map(|it| self::extra(it, account));
            let next = [next, extra.unwrap_or_default()].into_iter();
            let next = next.filter(|it| !it.is_empty()).map(|it| it + " ");
            let next: String = next.collect();
            format!("#{serial} {next}")
        }
        Fact::Released { serial, .. } | Fact::ReservationExpired { serial, .. } => {
            format!("#{serial} ")
        }
        Fact::Refused { serial, refused, .. } => {
            format!("#{serial} {} ", refusal(&refused.refusal))
        }
        other => finance(other, account),
    };
    text += &services::fact(fact, account);
    if let Some(conversion) = fact.conversion() {
        let original = conversion.original.display(conversion.exponent);
        let rates = conversion
            .rates
            .iter()
            .map(|it| format!("{}/{} {}", it.base, it.quote, it.rate.decimal()));
        let rates = rates.collect::<Vec<_>>().join(", ");
        text += &format!("for {original} {} by {rates} ", conversion.currency);
    }
    if !matches!(fact, Fact::Settled { .. })
        && let Some(overrun) = fact.overrun()
    {
        text += &format!("overrun {} ", money(overrun));
    }
    text
}

/// Promised payments, refunds and alerts.
fn finance(fact: &Fact, account: &Account) -> String {
    let money = |it: Amount| it.display(account.exponent);
    match fact {
        Fact::PromiseGranted(it) => {
            let until = moment(it.until);
            let over: String = it.overridden.iter().map(|it| format!("{} ", it.code())).collect();
            let over = if over.is_empty() { over } else { format!("over {over}") };
            format!("crd_{}-{} {} until {until} {over}", account.id.0, it.credit, money(it.amount))
        }
        Fact::PromiseEnded(it) => {
            let (amount, paid) = (money(it.amount), money(it.paid));
            format!("crd_{}-{} {amount} paid {paid} {:?} ", account.id.0, it.credit, it.end)
        }
        Fact::RefundRequested(it) => {
            format!("rfd_{}-{} {} ", account.id.0, it.serial, money(it.amount))
        }
        Fact::RefundRejected(it) => format!("rfd_{}-{} ", account.id.0, it.serial),
        Fact::BalanceLow { threshold } => format!("{} ", threshold.display(account.exponent)),
        Fact::ReceivableOverLimit { limit } => format!("{} ", money(*limit)),
        _ => String::new(),
    }
}

/// What a settlement says beyond its figures.
fn extra(extra: &SettlementFact, account: &Account) -> String {
    let money = |it: Amount| it.display(account.exponent);
    let parts = [
        extra.requested.map(|it| format!("of {}", money(it))),
        extra.overrun.map(|it| format!("overrun {}", money(it))),
        extra.refusal.as_ref().map(|it| format!("because {}", refusal(it))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// `| balance` always; held and credit where there is any; then what may be spent.
fn after(posting: &Posting, exponent: u8) -> String {
    figures_of(posting.balance, posting.held, posting.credit, posting.available(), exponent)
}

pub fn figures(account: &Account) -> String {
    let closed = if account.closed { "closed " } else { "" };
    let Account { balance, held, .. } = *account;
    let figures =
        figures_of(balance, held, account.credit(), account.available(), account.exponent);
    format!("{closed}{figures}")
}

fn figures_of(
    balance: Balance,
    held: Amount,
    credit: Limit,
    available: Option<Balance>,
    exponent: u8,
) -> String {
    let mut text = format!("| {}", balance.display(exponent));
    match credit {
        Limit::Limited(Amount::ZERO) => {}
        Limit::Limited(credit) => text += &format!(" + {}", credit.display(exponent)),
        Limit::Unlimited => text += " + unlimited",
    }
    if !held.is_zero() {
        text += &format!(" - {}", held.display(exponent));
    }
    match available {
        Some(available) => format!("{text} = {}", available.display(exponent)),
        None => text,
    }
}

/// A failing rule, its figures, and what helps.
pub fn failing(failing: &Failing, exponent: u8) -> String {
    let figure = |it: &Figure| match it {
        Figure::Nothing => "-".into(),
        Figure::Money(money) => money.display(exponent).to_string(),
        Figure::Count(count) => count.to_string(),
        Figure::Days(days) => format!("{days} days"),
        Figure::Hours(hours) => format!("{hours} h"),
        Figure::Names(names) => names.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(","),
    };
    let money = |it: &Amount| it.display(exponent);
    let remedy = match &failing.remedy {
        Remedy::PossibleFrom(at) => format!("possible from {}", moment(*at)),
        Remedy::Pay(amount) => format!("pay {}", money(amount)),
        Remedy::AskBetween { min, max } => format!("ask {} to {}", money(min), money(max)),
        Remedy::AskHours { choices, up_to } => format!("ask {choices:?} h, up to {up_to:?}"),
        Remedy::AcceptTerms => "accept the terms".into(),
        Remedy::UseChannel(names) => format!("through {}", figure(&Figure::Names(names.clone()))),
        Remedy::Nothing => "nothing helps".into(),
    };
    let (limit, actual) = (figure(&failing.limit), figure(&failing.actual));
    let text = format!("{}: limit {limit}, actual {actual}:", failing.rule.code());
    match text.len() + remedy.len() < COLUMNS - 8 {
        true => format!("{text} {remedy}"),
        false => format!("{text}\n        {remedy}"),
    }
}

/// The code and every field, money as decimals and moments as times of day.
pub fn refusal(refusal: &Refusal) -> String {
    let json = serde_json::to_value(refusal).expect("a refusal is JSON");
    let fields = json.as_object().expect("a refusal is an object");
    assert_eq!(fields["code"], refusal.code());
    let exponent = fields.get("exponent").and_then(|it| it.as_u64());
    let exponent = exponent.map(|it| u8::try_from(it).expect("a small exponent"));
    let mut text = refusal.code().to_string();
    if let Refusal::PromiseNotPossible { failing, exponent, .. } = refusal {
        for it in failing {
            text += &format!("; {}", self::failing(it, *exponent));
        }
        return text;
    }
    // Sorted here: in which order a JSON object has its fields depends on what else is built.
    for (field, value) in fields.iter().collect::<BTreeMap<_, _>>() {
        let money = |it| Balance::from_units(it).expect("in bounds").display(exponent.unwrap());
        let shown = match (field.as_str(), value.as_i64()) {
            ("code" | "exponent", _) => continue,
            // Both numbers say more; the account has one currency.
            ("currency", _) => continue,
            (
                "available" | "requested" | "balance" | "held" | "ceiling" | "left" | "owed"
                | "amount_max",
                Some(units),
            ) => money(units).to_string(),
            ("until" | "now" | "at", Some(micros)) => moment(Timestamp(micros)),
            _ => value.to_string().replace('"', ""),
        };
        text += &format!(" {field} {shown}");
    }
    text
}

/// The line and its answer side by side where they fit, else the answer below.
pub fn beside(line: &str, answer: &str) -> String {
    let whole = format!("{line:<36} {answer}");
    match whole.len() <= COLUMNS && !answer.contains("; ") {
        true => whole.trim_end().into(),
        false => format!("{}\n    {}", folded(line), below(answer)),
    }
}

/// What happened without a line of the script.
pub fn by_itself(at: Timestamp, text: &str) -> String {
    below(&format!("  {} {text}", moment(at)))
}

/// A line that is too long for a page, broken between words.
fn folded(line: &str) -> String {
    let mut text = String::new();
    let mut column = 0;
    for word in line.split(' ') {
        if column + word.len() + 1 > COLUMNS {
            text += "\n       ";
            column = 7;
        }
        let blank = if column == 0 { "" } else { " " };
        text += &format!("{blank}{word}");
        column += word.len() + 1;
    }
    text
}

/// What is too long for a page broken where it has its joints, and then between words.
fn below(text: &str) -> String {
    let mut text = text.replace("; ", "\n    ");
    for joint in [" because ", " | ", " requested "] {
        let longest = text.lines().map(str::len).max();
        if longest > Some(COLUMNS - 4) {
            text = text.replace(joint, &format!("\n     {joint}"));
        }
    }
    let lines: Vec<_> = text.split('\n').map(wrapped).collect();
    lines.join("\n")
}

fn wrapped(line: &str) -> String {
    let words = line.trim_start();
    let mut column = line.len() - words.len();
    let mut text = line[..column].to_string();
    for (place, word) in words.split(' ').enumerate() {
        let blank = if place == 0 { "" } else { " " };
        column += blank.len() + word.len();
        if column > COLUMNS - 4 && place > 0 {
            text += &format!("\n      {word}");
            column = 6 + word.len();
        } else {
            text += &format!("{blank}{word}");
        }
    }
    text
}

/// Of a page of 100, without the indentation of an expectation.
const COLUMNS: usize = 88;

/// The trial balance: each line's currency, contra account and sum.
pub fn totals(state: &State) -> String {
    let lines = state.trial_balance().into_iter();
    let lines = lines.map(|((currency, contra), units)| {
        let exponent = currency.exponent();
        let sum = SumDecimals { units, exponent };
        format!("\n  {currency} {contra:<20} {sum:>10}")
    });
    lines.collect()
}

/// What is owed, by currency, group and day.
pub fn receivables(state: &State) -> String {
    let lines = state.receivables.sums().map(|(key, units)| {
        let sum = SumDecimals { units, exponent: key.currency.exponent() };
        let group = key.group.map_or("-", |it| it.as_str());
        format!("\n  {} {group:<8} {}d {sum:>10}", key.currency, key.day)
    });
    lines.collect()
}

/// A moment as the script has it: whole minutes.
pub fn dated(at: Timestamp) -> String {
    let minutes = at.0 / 60_000_000;
    format!("{}d {:02}:{:02}", minutes / 1440, minutes / 60 % 24, minutes % 60)
}

/// Day (from the second one on), hour and minute, then what is finer, where it is not zero.
pub fn moment(at: Timestamp) -> String {
    let (seconds, micros) = (at.0.div_euclid(1_000_000), at.0.rem_euclid(1_000_000));
    let (minutes, second) = (seconds / 60, seconds % 60);
    let (day, hour, minute) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let mut text = match day {
        0 => String::new(),
        // As a day of the calendar, in UTC, where days are those of the calendar.
        4_000..100_000 => {
            let (year, month, day) = crate::time::date(at);
            format!("{year}-{month:02}-{day:02} ")
        }
        _ => format!("{day}d "),
    };
    text += &format!("{hour:02}:{minute:02}");
    if second + micros > 0 {
        text += &format!(":{second:02}");
    }
    if micros > 0 {
        text += &format!(".{micros:06}");
    }
    text
}
