//! An entry in plain figures, as the oracle expects it and as the engine wrote it.

use engine::{
    Currency, Entry, Fact, Failing, Figure, Grant, Limit, Next, PromiseEnd, Refusal, Remedy,
};

use super::judge::names;
use super::{Bar, Oracle, Purse};

/// Everything that an entry says about money and time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pub position: u64,
    pub at: i64,
    pub kind: &'static str,
    pub customer: Option<u32>,
    pub account: Option<u32>,
    /// The same account's entry before.
    pub prev: u64,
    pub amount: i128,
    pub balance: i128,
    pub held: i128,
    /// `None` is unlimited.
    pub credit: Option<i128>,
    pub contra: String,
    /// Of a session or a temporary limit.
    pub serial: u32,
    /// What was granted, and until when.
    pub granted: Option<(i128, i64)>,
    pub overrun: i128,
    /// The money before it was exchanged, signed as the amount.
    pub original: Option<(i128, Currency)>,
    /// Why nothing, or nothing more, was granted.
    pub refused: Option<&'static str>,
    /// What rarer kinds say besides.
    pub told: String,
}

impl Oracle {
    /// Writes a line about no account.
    pub(super) fn write_down(&mut self, kind: &'static str, at: i64, customer: Option<u32>) {
        self.head += 1;
        self.last_at = self.last_at.max(at);
        self.lines.push(Line {
            position: self.head,
            at: self.last_at,
            kind,
            customer,
            ..Line::default()
        });
    }

    /// Writes a line about an account, with what `more` says of it, and books it.
    pub(super) fn post(
        &mut self,
        place: usize,
        kind: &'static str,
        at: i64,
        more: impl FnOnce(&mut Line),
    ) {
        self.write_down(kind, at, None);
        let line = self.lines.last_mut().expect("just written");
        more(line);
        let (amount, at) = (line.amount, line.at);
        let day = self.day_owed(at);
        let line = self.lines.last_mut().expect("just written");
        let purse: &mut Purse = &mut self.purses[place];
        let before = purse.balance;
        purse.balance += amount;
        purse.keep_debts(before, day);
        let is_short = purse.available().is_some_and(|it| it < 0);
        purse.short_since = is_short.then(|| purse.short_since.unwrap_or(at));
        line.customer = Some(purse.customer);
        line.account = Some(u32::try_from(place + 1).expect("ids are 32 bits"));
        line.prev = std::mem::replace(&mut purse.last_entry, line.position);
        line.balance = purse.balance;
        line.held = purse.held();
        line.credit = purse.credit();
        self.books.book(&line.contra, purse.currency, line.amount, line.original);
    }

    /// Adds what the newest line says besides.
    pub(super) fn tell(&mut self, told: String) {
        self.lines.last_mut().expect("a line was written").told = told;
    }
}

/// An entry of the engine as a line.
pub fn line(entry: &Entry) -> Line {
    let mut line = Line {
        position: entry.position.0,
        at: entry.at.0,
        kind: entry.fact.kind(),
        customer: entry.customer.map(|it| it.0),
        overrun: entry.fact.overrun().map_or(0, |it| it.units().into()),
        ..Line::default()
    };
    if let Some(posting) = &entry.posting {
        line.account = Some(posting.account.0);
        line.prev = posting.prev.0;
        line.amount = posting.amount.units().into();
        line.balance = posting.balance.units().into();
        line.held = posting.held.units().into();
        line.credit = match posting.credit {
            Limit::Limited(credit) => Some(credit.units().into()),
            Limit::Unlimited => None,
        };
        line.contra = posting.contra.to_string();
    }
    line.original = entry.fact.conversion().map(|it| {
        let original = i128::from(it.original.units());
        let incoming = entry.fact.is_real_payment() || matches!(entry.fact, Fact::TransferIn(_));
        (if incoming { original } else { -original }, it.currency)
    });
    session_side(&entry.fact, &mut line);
    line.told = told(&entry.fact, &mut line.serial);
    line
}

fn session_side(fact: &Fact, line: &mut Line) {
    let granted = |grant: &Grant| Some((grant.amount.units().into(), grant.expires_at.0));
    match fact {
        Fact::Authorised { serial, grant, .. } => {
            line.serial = *serial;
            line.granted = granted(grant);
        }
        Fact::Settled { serial, next, extra, .. } => {
            line.serial = *serial;
            if let Next::Granted(grant) = next {
                line.granted = granted(grant);
            }
            let refusal = extra.as_ref().and_then(|it| it.refusal.as_ref());
            line.refused = refusal.map(Refusal::code);
            assert_eq!(refusal.is_some(), matches!(next, Next::Refused), "a reason for every no");
        }
        Fact::Refused { serial, refused, .. } => {
            line.serial = *serial;
            line.refused = Some(refused.refusal.code());
        }
        Fact::Released { serial, .. }
        | Fact::ReservationExpired { serial, .. }
        | Fact::CreditGranted { serial, .. }
        | Fact::CreditEnded { serial, .. } => line.serial = *serial,
        _ => {}
    }
}

/// What an entry of a rarer kind says besides, and its serial number.
fn told(fact: &Fact, serial: &mut u32) -> String {
    match fact {
        Fact::PaymentUnallocated(fact) => fact.why.code().into(),
        Fact::PaymentAllocated(fact) => format!("payment {}", fact.payment.0),
        Fact::PaymentReturned(fact) => {
            format!("payment {} {} {}", fact.payment.0, fact.amount.units(), fact.currency)
        }
        Fact::PaymentCancelled(fact) | Fact::PaymentChargedBack(fact) => {
            format!("payment {}", fact.payment.0)
        }
        Fact::RefundRequested(fact) => {
            *serial = fact.serial;
            format!("payment {} {}", fact.payment.0, fact.amount.units())
        }
        Fact::RefundRejected(fact) => {
            *serial = fact.serial;
            String::new()
        }
        Fact::Refunded(fact) => {
            *serial = fact.request.unwrap_or(0);
            let asked_by = fact.requested_by.map(|it| format!(" asked by {it}"));
            format!("payment {}{}", fact.payment.0, asked_by.unwrap_or_default())
        }
        Fact::PromisePolicySet(policy) => format!("version {}", policy.version),
        Fact::PromiseGranted(fact) => {
            *serial = fact.credit;
            let overridden: Vec<_> = fact.overridden.iter().map(|it| it.code()).collect();
            let group = fact.group.map_or("-", |it| it.as_str());
            format!(
                "{} until {} fee {} by {group} {} holds {} over {overridden:?}",
                fact.amount.units(),
                fact.until.0,
                fact.fee.units(),
                fact.version,
                fact.holds_plan
            )
        }
        Fact::PromiseEnded(fact) => {
            *serial = fact.credit;
            format!("{} {} paid {}", ended(fact.end), fact.amount.units(), fact.paid.units())
        }
        Fact::BalanceLow { threshold } => threshold.units().to_string(),
        Fact::ReceivableOverLimit { limit } => limit.units().to_string(),
        _ => String::new(),
    }
}

pub fn ended(end: PromiseEnd) -> &'static str {
    match end {
        PromiseEnd::Repaid => "repaid",
        PromiseEnd::PartlyRepaid => "partly_repaid",
        PromiseEnd::Expired => "expired",
        PromiseEnd::Revoked => "revoked",
    }
}

/// A rule that fails, as the engine tells it.
pub fn bar(failing: &Failing) -> Bar {
    Bar {
        rule: failing.rule.code(),
        limit: figure(&failing.limit),
        actual: figure(&failing.actual),
        remedy: match &failing.remedy {
            Remedy::PossibleFrom(from) => format!("from {}", from.0),
            Remedy::Pay(amount) => format!("pay {}", amount.units()),
            Remedy::AskBetween { min, max } => format!("ask {} to {}", min.units(), max.units()),
            Remedy::AskHours { choices, up_to } => format!("hours {choices:?} up to {up_to:?}"),
            Remedy::AcceptTerms => "accept".into(),
            Remedy::UseChannel(channels) => format!("through {}", names(channels)),
            Remedy::Nothing => "-".into(),
        },
    }
}

fn figure(figure: &Figure) -> String {
    match figure {
        Figure::Nothing => "-".into(),
        Figure::Money(money) => format!("m{}", money.units()),
        Figure::Count(count) => format!("c{count}"),
        Figure::Days(days) => format!("d{days}"),
        Figure::Hours(hours) => format!("h{hours}"),
        Figure::Names(of) => names(of),
    }
}

/// A refusal of the engine as its code and figures.
pub fn as_refused(refusal: &Refusal) -> (&'static str, Vec<i128>) {
    let figures = match refusal {
        Refusal::InsufficientFunds { available, requested, .. } => {
            vec![available.units().into(), requested.units().into()]
        }
        Refusal::AccountNotEmpty { balance, held, .. } => {
            vec![balance.units().into(), held.units().into()]
        }
        Refusal::CreditCeilingExceeded { ceiling, requested, .. } => {
            vec![ceiling.units().into(), requested.units().into()]
        }
        Refusal::PaymentReversed { left, requested, .. } => {
            vec![left.units().into(), requested.units().into()]
        }
        Refusal::MoreThanOwed { owed, requested, .. } => {
            vec![owed.units().into(), requested.units().into()]
        }
        Refusal::OverrideNotAllowed { amount_max, requested, hours_max, hours, .. } => vec![
            amount_max.units().into(),
            requested.units().into(),
            (*hours_max).into(),
            (*hours).into(),
        ],
        Refusal::PlanHeld { until } => vec![until.0.into()],
        Refusal::AccountNotFound { check_digit_wrong, .. } => vec![(*check_digit_wrong).into()],
        _ => Vec::new(),
    };
    (refusal.code(), figures)
}
