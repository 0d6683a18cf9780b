//! What a run really did: a random test that never reaches a case proves nothing about it.

use std::collections::BTreeMap;

use engine::{
    Answer, Command, Entry, Fact, Next, Order, PromiseEnd, REFUSAL_CODES, Refusal, State, Then,
};

/// How often each thing happened.
#[derive(Clone, Debug, Default)]
pub struct Coverage(BTreeMap<String, u64>);

/// Refusals that the engine's caller raises: it alone looks payments up, and reads the answers of
/// earlier requests back from the journal.
const RAISED_BY_THE_CALLER: [&str; 3] =
    ["payment_not_found", "request_reused", "request_out_of_order"];

/// Refusals of services and their use: they have a random test of their own.
pub(crate) const OF_SERVICES: [&str; 13] = [
    "service_not_found",
    "subscription_not_found",
    "account_has_subscriptions",
    "service_invalid",
    "service_withdrawn",
    "service_unfit",
    "subject_taken",
    "subscription_suspended",
    "suspended_by_staff",
    "suspension_ends_in_past",
    "use_went_back",
    "destination_not_served",
    "subscription_off",
];

/// Facts that the settings of the run leave out.
const SWITCHED_OFF: [&str; 1] = ["credit_ending"];

const COMMANDS: [&str; 32] = [
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
    "allocate_payment",
    "return_payment",
    "charge_back_payment",
    "refund_payment",
    "approve_refund",
    "reject_refund",
    "lock_payments",
    "set_opening_balance",
    "write_off",
    "recover_write_off",
    "set_plan",
    "set_alerts",
    "set_promise_policy",
    "grant_promise",
];

const FACTS: [&str; 42] = [
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
    "payment_allocated",
    "payment_returned",
    "payment_charged_back",
    "refund_requested",
    "refund_rejected",
    "refunded",
    "payments_locked",
    "payments_unlocked",
    "opening_balance",
    "written_off",
    "write_off_recovered",
    "credit_ending",
    "promise_policy_set",
    "promise_granted",
    "promise_ended",
    "plan_set",
    "alerts_set",
    "balance_low",
    "receivable_over_limit",
];

/// The rules of promised payments, each of which has to have been in the way.
const RULES: [&str; 20] = [
    "channel",
    "plan",
    "acceptance",
    "open_max",
    "unkept",
    "unkept_max",
    "cooldown",
    "per_window",
    "per_month",
    "repeat_balance",
    "month_days",
    "tenure",
    "blocked_days",
    "debt_max",
    "debt_age",
    "paid_min",
    "needed",
    "duration",
    "amount",
    "ceiling",
];

/// Cases beyond commands, facts and refusals that a long run has to have met.
pub const MUST_HAPPEN: [&str; 46] = [
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
    "unfit account_missing",
    "unfit account_unknown",
    "unfit account_closed",
    "unfit payments_locked",
    "unfit no_exchange_rate",
    "unfit amount_out_of_range",
    "promise kept",
    "promise broken",
    "promise partly repaid",
    "promise revoked",
    "two promises kept by one payment",
    "promise kept by an allocated payment",
    "promise of a closed account",
    "override",
    "fee for a promise",
    "fee that crosses a threshold",
    "policy of a group",
    "policy for all",
    "refund by a second person",
    "refund that a charge-back came before",
    "refund in small parts that needs a second person",
    "converted payment refunded in parts",
    "part of a converted payment worth nothing",
    "customer changed group while owing",
    "threshold crossed",
    "threshold crossed by a transfer",
    "debt paid first in first out",
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
        let refusals = refusals.filter(|it| !RAISED_BY_THE_CALLER.contains(it));
        let refusals = refusals.filter(|it| !OF_SERVICES.contains(it) && *it != "shard_full");
        let facts = FACTS.iter().filter(|it| !SWITCHED_OFF.contains(it));
        let expected = COMMANDS.iter().map(|it| format!("command {it}"));
        let expected = expected.chain(facts.map(|it| format!("fact {it}")));
        let expected = expected.chain(refusals.map(|it| format!("refusal {it}")));
        let expected = expected.chain(RULES.iter().map(|it| format!("rule {it}")));
        let expected = expected.chain(MUST_HAPPEN.iter().map(|it| (*it).into()));
        expected.filter(|it| !self.0.contains_key(it)).collect()
    }

    pub(crate) fn has(&self, what: &str) -> bool {
        self.0.contains_key(what)
    }

    /// Each thing and its count, for people.
    pub fn lines(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(what, count)| (what.as_str(), *count))
    }

    pub(crate) fn order(&mut self, order: &Order, answer: &Result<Answer, Refusal>) {
        self.count(&format!("command {}", command_name(&order.command)));
        if let (Command::ApproveRefund { .. }, Err(Refusal::PaymentReversed { .. })) =
            (&order.command, answer)
        {
            self.count("refund that a charge-back came before");
        }
    }

    /// What an order meets.
    pub(crate) fn before(&mut self, state: &State, order: &Order) {
        match &order.command {
            Command::UpdateCustomer { customer, fields } => {
                let group = state.customer(*customer).map(|it| it.group);
                let owing = state.accounts_of(*customer).any(|it| !it.debts.is_empty());
                if owing && group.is_some_and(|it| it != fields.group) {
                    self.count("customer changed group while owing");
                }
            }
            Command::RefundPayment(refund) => {
                let original = &refund.reverse.original;
                let account = state.account(original.account);
                let before = account.and_then(|it| it.reversed(original.payment));
                if before.is_some_and(|it| it.original.is_some()) {
                    self.count("converted payment refunded in parts");
                }
            }
            _ => {}
        }
    }

    pub(crate) fn answer(&mut self, answer: &Result<Answer, Refusal>) {
        match answer {
            Ok(Answer::Done) => {}
            Ok(Answer::Repeat(_)) => self.count("repeat"),
            Ok(Answer::EarlierRepeat { .. }) => self.count("earlier repeat"),
            Err(refusal) => {
                self.count(&format!("refusal {}", refusal.code()));
                if let Refusal::PromiseNotPossible { failing, .. } = refusal {
                    for it in failing {
                        self.count(&format!("rule {}", it.rule.code()));
                    }
                }
            }
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
            fact => self.finance(fact, order),
        }
        self.money(entry, order);
    }

    /// A part within the cap, which the parts before it have used up.
    fn small_part(&mut self, amount: engine::Amount, order: Option<&Order>) {
        if let Some(Command::RefundPayment(refund)) = order.map(|it| &it.command)
            && refund.cap.is_some_and(|cap| amount <= cap)
        {
            self.count("refund in small parts that needs a second person");
        }
    }

    fn finance(&mut self, fact: &Fact, order: Option<&Order>) {
        match fact {
            Fact::PaymentUnallocated(fact) => self.count(&format!("unfit {}", fact.why.code())),
            Fact::PromiseGranted(fact) => {
                let group = if fact.group.is_some() { "of a group" } else { "for all" };
                self.count(&format!("policy {group}"));
                if !fact.overridden.is_empty() {
                    self.count("override");
                }
                if !fact.fee.is_zero() {
                    self.count("fee for a promise");
                }
            }
            Fact::PromiseEnded(fact) => self.count(match fact.end {
                PromiseEnd::Repaid => "promise kept",
                PromiseEnd::Expired => "promise broken",
                PromiseEnd::PartlyRepaid => "promise partly repaid",
                PromiseEnd::Revoked => "promise revoked",
            }),
            Fact::RefundRequested(fact) => self.small_part(fact.amount, order),
            Fact::Refunded(fact) if fact.requested_by.is_some() => {
                self.count("refund by a second person");
            }
            Fact::BalanceLow { .. } | Fact::ReceivableOverLimit { .. } => {
                self.count("threshold crossed");
            }
            _ => {}
        }
    }

    /// A promise that outlived its account.
    pub(crate) fn ended_closed(&mut self, state: &State, entry: &Entry) {
        let account = entry.posting.and_then(|it| state.account(it.account));
        if matches!(entry.fact, Fact::PromiseEnded(_)) && account.is_some_and(|it| it.closed) {
            self.count("promise of a closed account");
        }
    }

    /// What the entries of one answer show together.
    pub(crate) fn together(&mut self, entries: &[Entry]) {
        let Some(first) = entries.first() else { return };
        let of =
            |found: fn(&Fact) -> bool| entries.iter().filter(move |it| found(&it.fact)).count();
        let kept = of(|it| matches!(it, Fact::PromiseEnded(it) if it.end == PromiseEnd::Repaid));
        let crossed =
            of(|it| matches!(it, Fact::BalanceLow { .. } | Fact::ReceivableOverLimit { .. }));
        if kept > 1 {
            self.count("two promises kept by one payment");
        }
        match &first.fact {
            Fact::PaymentAllocated(_) if kept > 0 => {
                self.count("promise kept by an allocated payment");
            }
            Fact::PromiseGranted(_) if crossed > 0 => self.count("fee that crosses a threshold"),
            Fact::TransferOut(_) if crossed > 0 => self.count("threshold crossed by a transfer"),
            _ => {}
        }
    }

    fn money(&mut self, entry: &Entry, order: Option<&Order>) {
        if let Some(conversion) = entry.fact.conversion() {
            match conversion.rates.len() {
                1 => self.count("exchange by one rate"),
                _ => self.count("exchange through the pivot"),
            }
            let nothing = entry.posting.is_some_and(|it| it.amount.units() == 0);
            if nothing && entry.fact.reversed_payment().is_some() {
                self.count("part of a converted payment worth nothing");
            } else if nothing && !conversion.original.is_zero() {
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
        Command::AllocatePayment(_) => 18,
        Command::ReturnPayment(_) => 19,
        Command::ChargeBackPayment(_) => 20,
        Command::RefundPayment(_) => 21,
        Command::ApproveRefund { .. } => 22,
        Command::RejectRefund { .. } => 23,
        Command::LockPayments { .. } => 24,
        Command::SetOpeningBalance { .. } => 25,
        Command::WriteOff { .. } => 26,
        Command::RecoverWriteOff { .. } => 27,
        Command::SetPlan { .. } => 28,
        Command::SetAlerts { .. } => 29,
        Command::SetPromisePolicy(_) => 30,
        Command::GrantPromise(_) => 31,
        _ => unreachable!("services have a random test of their own"),
    };
    COMMANDS[place]
}
