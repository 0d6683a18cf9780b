//! Answers as text, for the transcripts of [`super::check`].

use crate::{
    Account, Amount, Balance, Entry, Fact, Limit, Next, Posting, Refusal, SettlementFact, State,
    SumDecimals, Timestamp,
};

use super::scenario::Scenario;

/// An entry: what it was, what moved, and how the account stands after it.
pub fn entry(scenario: &Scenario, entry: &Entry) -> String {
    let kind = entry.fact.kind();
    let Some(posting) = &entry.posting else {
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
        Fact::CreditGranted { amount, until, serial } => {
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
        _ => String::new(),
    };
    if let Some(conversion) = fact.conversion() {
        let original = conversion.original.display(conversion.exponent);
        let rates = conversion
            .rates
            .iter()
            .map(|it| format!("{}/{} {}", it.base, it.quote, it.rate.decimal()));
        let rates = rates.collect::<Vec<_>>().join(", ");
        text += &format!("for {original} {} by {rates} ", conversion.currency);
    }
    if let Fact::Charge(_) = fact
        && let Some(overrun) = fact.overrun()
    {
        text += &format!("overrun {} ", money(overrun));
    }
    text
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

/// The code and every field, money as decimals and moments as times of day.
pub fn refusal(refusal: &Refusal) -> String {
    let json = serde_json::to_value(refusal).expect("a refusal is JSON");
    let fields = json.as_object().expect("a refusal is an object");
    assert_eq!(fields["code"], refusal.code());
    let exponent = fields.get("exponent").and_then(|it| it.as_u64());
    let exponent = exponent.map(|it| u8::try_from(it).expect("a small exponent"));
    let mut text = refusal.code().to_string();
    for (field, value) in fields {
        let money = |it| Balance::from_units(it).expect("in bounds").display(exponent.unwrap());
        let shown = match (field.as_str(), value.as_i64()) {
            ("code" | "exponent", _) => continue,
            // Both numbers say more; the account has one currency.
            ("currency", _) => continue,
            ("available" | "requested" | "balance" | "held" | "ceiling", Some(units)) => {
                money(units).to_string()
            }
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
        false => format!("{line}\n    {}", below(answer)),
    }
}

/// What is too long for a page broken where it has its joints.
fn below(text: &str) -> String {
    let mut text = text.replace("; ", "\n    ");
    for joint in [" because ", " | "] {
        let longest = text.lines().map(str::len).max();
        if longest > Some(COLUMNS - 4) {
            text = text.replace(joint, &format!("\n     {joint}"));
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

/// Day (from the second one on), hour and minute, then what is finer, where it is not zero.
pub fn moment(at: Timestamp) -> String {
    let (seconds, micros) = (at.0.div_euclid(1_000_000), at.0.rem_euclid(1_000_000));
    let (minutes, second) = (seconds / 60, seconds % 60);
    let (day, hour, minute) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let mut text = match day {
        0 => String::new(),
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
