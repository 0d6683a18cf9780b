//! An entry in plain figures, as the oracle expects it and as the engine wrote it.

use engine::{Currency, Entry, Fact, Grant, Limit, Next, Refusal};

use super::{Oracle, Purse};

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
        let purse: &mut Purse = &mut self.purses[place];
        purse.balance += line.amount;
        line.customer = Some(purse.customer);
        line.account = Some(u32::try_from(place + 1).expect("ids are 32 bits"));
        line.prev = std::mem::replace(&mut purse.last_entry, line.position);
        line.balance = purse.balance;
        line.held = purse.held();
        line.credit = purse.credit();
        self.books.book(&line.contra, purse.currency, line.amount, line.original);
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
        let incoming = matches!(entry.fact, Fact::Payment(_) | Fact::TransferIn(_));
        (if incoming { original } else { -original }, it.currency)
    });
    session_side(&entry.fact, &mut line);
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
        Refusal::AccountNotFound { check_digit_wrong, .. } => vec![(*check_digit_wrong).into()],
        _ => Vec::new(),
    };
    (refusal.code(), figures)
}
