//! What a run really did: a random test that never reaches a case proves nothing about it.

use std::collections::BTreeMap;

use engine::{Answer, Command, Entry, Fact, Next, Order, REFUSAL_CODES, Refusal, Then};

/// How often each thing happened.
#[derive(Clone, Debug, Default)]
pub struct Coverage(BTreeMap<String, u64>);

/// Refusals that the engine's caller raises: it alone looks payments up, and reads the answers of
/// earlier requests back from the journal.
const RAISED_BY_THE_CALLER: [&str; 3] =
    ["payment_not_found", "request_reused", "request_out_of_order"];

/// Refusals of commands that the generator does not make.
const NOT_GENERATED: [&str; 9] = [
    "refund_not_found",
    "no_promise_policy",
    "payments_locked",
    "opening_balance_set",
    "plan_held",
    "second_person_needed",
    "override_not_allowed",
    "more_than_owed",
    "promise_not_possible",
];

const COMMANDS: [&str; 18] = [
    "create_customer",
    "update_customer",
    "open_account",
    "rename_account",
    "close_account",
    "receive_payment",
    "cancel_payment",
    "charge",
    "adjust",
    "transfer",
    "set_credit_limit",
    "set_credit_ceiling",
    "grant_credit",
    "revoke_credit",
    "authorise",
    "settle",
    "release",
    "add_exchange_rates",
];

const FACTS: [&str; 23] = [
    "payment_unallocated",
    "customer_created",
    "customer_updated",
    "account_opened",
    "account_renamed",
    "account_closed",
    "payment",
    "payment_cancelled",
    "charge",
    "adjustment",
    "transfer_out",
    "transfer_in",
    "credit_limit_set",
    "credit_ceiling_set",
    "credit_granted",
    "credit_ended",
    "authorised",
    "settled",
    "settled_final",
    "released",
    "reservation_expired",
    "refused",
    "exchange_rates_added",
];

/// Cases beyond commands, facts and refusals that a long run has to have met.
pub const MUST_HAPPEN: [&str; 19] = [
    "repeat",
    "earlier repeat",
    "clock back",
    "due before an order",
    "due in a slice",
    "granted in part",
    "next kept",
    "next granted",
    "next granted in part",
    "next refused",
    "charge overrun",
    "settlement overrun",
    "late settlement",
    "money of a closed account refused to a session",
    "exchange by one rate",
    "exchange through the pivot",
    "exchanged into nothing",
    "unlimited credit",
    "available below zero",
];

impl Coverage {
    pub fn count(&mut self, what: &str) {
        match self.0.get_mut(what) {
            Some(count) => *count += 1,
            None => _ = self.0.insert(what.into(), 1),
        }
    }

    pub fn add(&mut self, other: &Self) {
        for (what, count) in &other.0 {
            *self.0.entry(what.clone()).or_default() += count;
        }
    }

    /// Everything that ought to have happened and did not.
    pub fn missing(&self) -> Vec<String> {
        let refusals = REFUSAL_CODES.into_iter();
        let refusals =
            refusals.filter(|it| !RAISED_BY_THE_CALLER.contains(it) && !NOT_GENERATED.contains(it));
        let expected = COMMANDS.iter().map(|it| format!("command {it}"));
        let expected = expected.chain(FACTS.iter().map(|it| format!("fact {it}")));
        let expected = expected.chain(refusals.map(|it| format!("refusal {it}")));
        let expected = expected.chain(MUST_HAPPEN.iter().map(|it| (*it).into()));
        expected.filter(|it| !self.0.contains_key(it)).collect()
    }

    /// Each thing and its count, for people.
    pub fn lines(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(what, count)| (what.as_str(), *count))
    }

    pub(crate) fn order(&mut self, order: &Order) {
        self.count(&format!("command {}", command_name(&order.command)));
    }

    pub(crate) fn answer(&mut self, answer: &Result<Answer, Refusal>) {
        match answer {
            Ok(Answer::Done) => {}
            Ok(Answer::Repeat(_)) => self.count("repeat"),
            Ok(Answer::EarlierRepeat { .. }) => self.count("earlier repeat"),
            Err(refusal) => self.count(&format!("refusal {}", refusal.code())),
        }
    }

    /// What an entry shows; `order` where one caused it.
    pub(crate) fn entry(&mut self, entry: &Entry, order: Option<&Order>) {
        self.count(&format!("fact {}", entry.fact.kind()));
        match &entry.fact {
            Fact::Authorised { grant, session, .. } if grant.amount < session.requested => {
                self.count("granted in part");
            }
            Fact::Settled { next, extra, .. } => {
                let extra = extra.as_deref();
                match next {
                    Next::Kept { .. } => self.count("next kept"),
                    Next::Granted(_) => self.count("next granted"),
                    Next::Refused => self.count("next refused"),
                    Next::Final { .. } => {}
                }
                if extra.is_some_and(|it| it.requested.is_some()) {
                    self.count("next granted in part");
                }
                if matches!(
                    extra.and_then(|it| it.refusal.as_ref()),
                    Some(Refusal::AccountClosed { .. })
                ) {
                    self.count("money of a closed account refused to a session");
                }
                if entry.fact.overrun().is_some() {
                    self.count("settlement overrun");
                }
            }
            Fact::Charge(_) if entry.fact.overrun().is_some() => self.count("charge overrun"),
            _ => {}
        }
        self.money(entry, order);
    }

    fn money(&mut self, entry: &Entry, order: Option<&Order>) {
        if let Some(conversion) = entry.fact.conversion() {
            match conversion.rates.len() {
                1 => self.count("exchange by one rate"),
                _ => self.count("exchange through the pivot"),
            }
            let nothing = entry.posting.is_some_and(|it| it.amount.units() == 0);
            if nothing && !conversion.original.is_zero() {
                self.count("exchanged into nothing");
            }
        }
        match entry.posting.map(|it| it.available()) {
            Some(None) => self.count("unlimited credit"),
            Some(Some(available)) if available.is_negative() => self.count("available below zero"),
            _ => {}
        }
        if let Some(Command::Settle(settle)) = order.map(|it| &it.command)
            && settle.then == Then::Keep
            && matches!(&entry.fact, Fact::Settled { next: Next::Kept { held }, .. }
                if held.is_zero() && entry.fact.overrun() == Some(settle.used))
        {
            self.count("late settlement");
        }
    }
}

fn command_name(command: &Command) -> &'static str {
    let place = match command {
        Command::CreateCustomer(_) => 0,
        Command::UpdateCustomer { .. } => 1,
        Command::OpenAccount(_) => 2,
        Command::RenameAccount { .. } => 3,
        Command::CloseAccount { .. } => 4,
        Command::ReceivePayment(_) => 5,
        Command::CancelPayment(_) => 6,
        Command::Charge(_) => 7,
        Command::Adjust { .. } => 8,
        Command::Transfer(_) => 9,
        Command::SetCreditLimit { .. } => 10,
        Command::SetCreditCeiling { .. } => 11,
        Command::GrantCredit { .. } => 12,
        Command::RevokeCredit { .. } => 13,
        Command::Authorise(_) => 14,
        Command::Settle(_) => 15,
        Command::Release { .. } => 16,
        Command::AddExchangeRates(_) => 17,
        other => unreachable!("not generated: {other:?}"),
    };
    COMMANDS[place]
}
