//! The check/pay protocol of payment terminals: what is asked, and the answer as XML.
//!
//! **Invariant:** a parameter that counts is read strictly or not at all, and what is wrong names
//! it. Parameters that are not ours are left alone: payment systems send many.

mod answer;
mod parameters;

use engine::{AccountNumber, Amount, MoneyError, Precision, Timestamp};
use jiff::civil::DateTime;

pub use answer::{Answer, Code};
pub use parameters::Parameters;

use super::Terms;

/// How far their clocks may be ahead of ours, in microseconds.
const AHEAD_MAX: i64 = 3_600_000_000;

/// Digits of their number for a payment, at most.
const TXN_ID_LENGTH_MAX: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Check,
    Pay,
    Cancel,
    Status,
}

/// A request that was understood. What the command needs is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    Check { txn_id: Box<str>, account: AccountNumber, sum: Option<Amount> },
    Pay { txn_id: Box<str>, account: AccountNumber, sum: Amount, paid_at: Option<Timestamp> },
    Cancel { txn_id: Box<str>, sum: Option<Amount>, prv_txn: Option<u64> },
    Status { txn_id: Box<str> },
}

/// Why a request was not done: a code for the terminal, and words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct No {
    pub code: Code,
    pub why: String,
}

impl No {
    pub fn new(code: Code, why: impl Into<String>) -> Self {
        Self { code, why: why.into() }
    }

    /// `why` completes "the parameter …".
    fn parameter(code: Code, name: &str, why: &str) -> Self {
        Self::new(code, format!("{name} {why}"))
    }
}

impl Command {
    pub fn read(parameters: &Parameters) -> Result<Self, No> {
        match required(parameters, "command")? {
            "check" => Ok(Self::Check),
            "pay" => Ok(Self::Pay),
            "cancel" => Ok(Self::Cancel),
            "status" => Ok(Self::Status),
            _ => {
                let why = "is none of check, pay, cancel, status";
                Err(No::parameter(Code::Other, "command", why))
            }
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Pay => "pay",
            Self::Cancel => "cancel",
            Self::Status => "status",
        }
    }
}

impl Request {
    pub fn read(
        command: Command,
        parameters: &Parameters,
        terms: &Terms,
        now: Timestamp,
    ) -> Result<Self, No> {
        let txn_id = read_txn_id(parameters)?;
        if let Some(currency) = parameters.get("ccy").map_err(other("ccy"))?
            && currency != terms.currency.code()
        {
            let why = format!("is not {}, the currency of this channel", terms.currency);
            return Err(No::parameter(Code::Other, "ccy", &why));
        }
        match command {
            Command::Check => {
                let account = read_account(parameters)?;
                Ok(Self::Check { txn_id, account, sum: read_sum(parameters, terms)? })
            }
            Command::Pay => {
                let account = read_account(parameters)?;
                let sum = read_sum(parameters, terms)?;
                let sum = sum.ok_or_else(|| No::parameter(Code::Other, "sum", "is missing"))?;
                let paid_at = read_date(parameters, terms, now)?;
                Ok(Self::Pay { txn_id, account, sum, paid_at })
            }
            Command::Cancel => {
                let prv_txn = parameters.get("prv_txn").map_err(other("prv_txn"))?;
                let prv_txn = prv_txn.map(|it| {
                    it.parse().map_err(|_| No::parameter(Code::Other, "prv_txn", "is not a number"))
                });
                let (sum, prv_txn) = (read_sum(parameters, terms)?, prv_txn.transpose()?);
                Ok(Self::Cancel { txn_id, sum, prv_txn })
            }
            Command::Status => Ok(Self::Status { txn_id }),
        }
    }
}

impl Terms {
    /// Whether a sum is within what the channel takes.
    pub fn check_sum(&self, sum: Amount) -> Result<(), No> {
        let exponent = self.currency.exponent();
        if let Some(minimum) = self.minimum.filter(|it| sum < *it) {
            let why = format!("is less than {}", minimum.display(exponent));
            return Err(No::parameter(Code::SumTooSmall, "sum", &why));
        }
        if let Some(maximum) = self.maximum.filter(|it| sum > *it) {
            let why = format!("is more than {}", maximum.display(exponent));
            return Err(No::parameter(Code::SumTooLarge, "sum", &why));
        }
        Ok(())
    }

    /// A sum as the other side writes it. It may have two decimals where the currency has none,
    /// as long as they are zero.
    pub fn read_sum(&self, text: &str) -> Result<Amount, MoneyError> {
        let exponent = usize::from(self.currency.exponent());
        let text = match text.split_once('.') {
            Some((whole, decimals)) if decimals.len() > exponent => {
                let (kept, beyond) = decimals.split_at_checked(exponent).unwrap_or((decimals, ""));
                let needless = !beyond.is_empty() && beyond.bytes().all(|it| it == b'0');
                match (needless, kept.is_empty()) {
                    (true, true) => whole,
                    (true, false) => &text[..text.len() - beyond.len()],
                    (false, _) => text,
                }
            }
            _ => text,
        };
        let amount = Amount::parse(text, self.currency.exponent(), Precision::MinorUnits)?;
        if amount.is_zero() { Err(MoneyError::Zero) } else { Ok(amount) }
    }
}

/// Their number for the payment, when it is one.
pub fn read_txn_id(parameters: &Parameters) -> Result<Box<str>, No> {
    let txn_id = required(parameters, "txn_id")?;
    let plain = txn_id.bytes().all(|it| it.is_ascii_digit());
    match plain && (1..=TXN_ID_LENGTH_MAX).contains(&txn_id.len()) {
        true => Ok(txn_id.into()),
        false => Err(No::parameter(Code::Other, "txn_id", "is not a number of 1 to 20 digits")),
    }
}

fn read_account(parameters: &Parameters) -> Result<AccountNumber, No> {
    let wrong = |why: &str| No::parameter(Code::AccountFormat, "account", why);
    let account = parameters.get("account").map_err(wrong)?;
    let account = account.ok_or_else(|| wrong("is missing"))?;
    AccountNumber::parse(&account.replace('\u{a0}', " "))
        .ok_or_else(|| wrong("is not an account number: letters, digits, dashes, dots, slashes"))
}

fn read_sum(parameters: &Parameters, terms: &Terms) -> Result<Option<Amount>, No> {
    let Some(sum) = parameters.get("sum").map_err(other("sum"))? else {
        return Ok(None);
    };
    let sum = terms.read_sum(sum).map_err(|error| match error {
        MoneyError::Negative => No::parameter(Code::SumTooSmall, "sum", "is negative"),
        MoneyError::Zero => No::parameter(Code::SumTooSmall, "sum", "is zero"),
        MoneyError::OutOfRange => {
            No::parameter(Code::SumTooLarge, "sum", "is more than an account can hold")
        }
        MoneyError::TooManyDecimals { allowed } => {
            let why = format!("has more than {allowed} decimals");
            No::parameter(Code::Other, "sum", &why)
        }
        MoneyError::NotADecimal => {
            No::parameter(Code::Other, "sum", "is not a decimal number such as 12.50")
        }
    });
    sum.map(Some)
}

/// `yyyymmddhhmmss` on their clocks.
fn read_date(
    parameters: &Parameters,
    terms: &Terms,
    now: Timestamp,
) -> Result<Option<Timestamp>, No> {
    let wrong = |why: &str| No::parameter(Code::Other, "txn_date", why);
    let Some(text) = parameters.get("txn_date").map_err(wrong)? else {
        return Ok(None);
    };
    let plain = text.len() == 14 && text.bytes().all(|it| it.is_ascii_digit());
    let at = DateTime::strptime("%Y%m%d%H%M%S", text).ok().filter(|_| plain);
    let at = at.and_then(|it| it.to_zoned(terms.zone.clone()).ok());
    let at = at.ok_or_else(|| wrong("is not a moment as yyyymmddhhmmss"))?;
    let at = Timestamp(at.timestamp().as_microsecond());
    match at.since(now) > AHEAD_MAX {
        true => Err(wrong("is in the future")),
        false => Ok(Some(at)),
    }
}

fn required<'a>(parameters: &'a Parameters, name: &'static str) -> Result<&'a str, No> {
    let value = parameters.get(name).map_err(other(name))?;
    value.ok_or_else(|| No::parameter(Code::Other, name, "is missing"))
}

fn other(name: &'static str) -> impl Fn(&'static str) -> No {
    move |why| No::parameter(Code::Other, name, why)
}

#[cfg(test)]
mod tests;
