//! Payments that wait or go back, debts, plans, alerts and promised payments, as JSON.

use std::sync::Arc;

use engine::{Amount, Balance, Entry, Fact, Posting, Unit};

use super::{AlertsView, EntryView, PolicyName};
use crate::http::promise_history::end_code;
use crate::http::wire::{self, WireMoney};

fn text(note: &Option<Arc<str>>) -> Option<String> {
    note.as_deref().map(Into::into)
}

impl EntryView {
    pub(super) fn add_finance_fact(&mut self, entry: &Entry, posting: &Posting) {
        let money = |it: Amount| WireMoney::amount(it, posting.currency, posting.exponent);
        let standing = |it: Balance| WireMoney::balance(it, posting.currency, posting.exponent);
        let account = posting.account;
        self.payment = entry.fact.reversed_payment().map(wire::payment_id);
        match &entry.fact {
            Fact::PaymentAllocated(fact) => {
                self.payment = Some(wire::payment_id(entry.position));
                self.source = Some(fact.source.as_str());
                self.reference = Some(fact.reference.to_string());
                self.paid_at = fact.paid_at.map(wire::time);
                self.note = text(&fact.note);
            }
            Fact::PaymentChargedBack(fact) => self.note = text(&fact.note),
            Fact::Refunded(fact) => {
                self.refund = fact.request.map(|it| wire::refund_id(account, it));
                self.requested_by = fact.requested_by.map(|it| it.to_string());
                self.note = text(&fact.note);
            }
            Fact::RefundRequested(fact) => {
                self.refund = Some(wire::refund_id(account, fact.serial));
                self.payment = Some(wire::payment_id(fact.payment));
                self.requested = Some(money(fact.amount));
                self.note = text(&fact.note);
            }
            Fact::RefundRejected(fact) => {
                self.refund = Some(wire::refund_id(account, fact.serial));
                self.note = text(&fact.note);
            }
            Fact::OpeningBalance(fact) => {
                self.owed_since = fact.owed_since.map(wire::time);
                self.note = text(&fact.note);
            }
            Fact::WrittenOff(Some(fact)) | Fact::WriteOffRecovered(Some(fact)) => {
                self.note = Some(fact.note.to_string());
            }
            Fact::PlanSet(plan) => {
                self.plan = plan.map(|it| it.name.to_string());
                self.monthly_fee = plan.map(|it| money(it.monthly_fee));
            }
            Fact::AlertsSet(alerts) => {
                let unit = Unit { currency: posting.currency, exponent: posting.exponent };
                self.alerts = Some(AlertsView::new(alerts, unit));
            }
            Fact::BalanceLow { threshold } => self.threshold = Some(standing(*threshold)),
            Fact::ReceivableOverLimit { limit } => self.threshold = Some(money(*limit)),
            _ => self.add_promise_fact(entry, posting),
        }
    }

    fn add_promise_fact(&mut self, entry: &Entry, posting: &Posting) {
        let money = |it: Amount| WireMoney::amount(it, posting.currency, posting.exponent);
        match &entry.fact {
            Fact::PromiseGranted(fact) => {
                self.add_temporary_limit(posting.account, fact.credit, money(fact.amount));
                self.until = Some(wire::time(fact.until));
                self.fee = (!fact.fee.is_zero()).then(|| money(fact.fee));
                let overridden: Vec<_> = fact.overridden.iter().map(|it| it.code()).collect();
                self.overridden = (!overridden.is_empty()).then_some(overridden);
                self.policy = Some(PolicyName {
                    group: fact.group.map(|it| it.to_string()),
                    currency: posting.currency,
                    version: fact.version,
                });
            }
            Fact::PromiseEnded(fact) => {
                self.add_temporary_limit(posting.account, fact.credit, money(fact.amount));
                self.paid = Some(money(fact.paid));
                self.end = Some(end_code(fact.end));
            }
            _ => {}
        }
    }

    /// Facts that touch no account.
    pub(super) fn add_unposted_fact(&mut self, entry: &Entry) {
        match &entry.fact {
            Fact::PaymentUnallocated(fact) => {
                self.payment = Some(wire::payment_id(entry.position));
                self.received = Some(WireMoney::amount(fact.amount, fact.currency, fact.exponent));
                self.source = Some(fact.source.as_str());
                self.reference = Some(fact.reference.to_string());
                self.why = Some(fact.why.code());
                self.named = fact.named.as_deref().map(Into::into);
                self.paid_at = fact.paid_at.map(wire::time);
                self.note = text(&fact.note);
            }
            Fact::PaymentReturned(fact) => {
                self.payment = Some(wire::payment_id(fact.payment));
                let returned = WireMoney::units(-fact.amount.units(), fact.currency, fact.exponent);
                self.received = Some(returned);
                self.source = Some(fact.source.as_str());
                self.note = text(&fact.note);
            }
            Fact::PaymentForwarded(fact) => {
                self.payment = Some(wire::payment_id(fact.payment));
                let left = WireMoney::units(-fact.amount.units(), fact.currency, fact.exponent);
                self.received = Some(left);
                self.source = Some(fact.source.as_str());
                self.reference = Some(fact.reference.to_string());
                self.other_account = Some(wire::account_id(fact.account));
                self.paid_at = fact.paid_at.map(wire::time);
                self.note = text(&fact.note);
            }
            Fact::ServiceSet(service) => {
                self.service = Some(service.name.to_string());
                self.of_service.version = Some(service.version);
            }
            Fact::PromisePolicySet(policy) => {
                self.policy = Some(PolicyName {
                    group: policy.group.map(|it| it.to_string()),
                    currency: policy.currency,
                    version: policy.version,
                });
            }
            _ => {}
        }
    }
}
