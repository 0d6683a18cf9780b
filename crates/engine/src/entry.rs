//! Entries: the rows of the journal, each one fact with every result in it.
//!
//! **Invariant:** replay never decides again. An entry carries the amount, the balance, held and
//! credit after it, the rates used, and what was granted until when.

mod contra;
mod facts;
mod services;
mod transit;

use std::sync::Arc;

pub use contra::Contra;
pub use facts::*;
pub use services::*;
pub use transit::*;

use crate::{
    AccountId, AddExchangeRates, Alerts, Amount, Balance, Conversion, Currency, CustomerFields,
    CustomerId, Limit, Origin, Plan, Position, PromisePolicy, Service, ShardId, Timestamp,
    available,
};

#[derive(Clone, Debug)]
pub struct Entry {
    pub position: Position,
    pub at: Timestamp,
    pub origin: Origin,
    /// Whom it is about, when it is about a customer.
    pub customer: Option<CustomerId>,
    /// What it did to an account, when it is about one.
    pub posting: Option<Posting>,
    pub fact: Fact,
}

impl Entry {
    /// Whether it repeats in its shard what the first one has laid down.
    pub fn is_repetition(&self) -> bool {
        self.fact.is_laid_down() && self.position.shard() != Some(ShardId::FIRST)
    }
}

/// An account after the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    pub account: AccountId,
    pub currency: Currency,
    /// Decimal places of the account's minor unit.
    pub exponent: u8,
    /// The same account's entry before this one; [`Position::START`] at its opening.
    pub prev: Position,
    pub amount: Balance,
    pub balance: Balance,
    pub held: Amount,
    pub credit: Limit,
    /// The other side of the amount, when there is one.
    pub contra: Contra,
}

impl Posting {
    /// What may be spent after the entry; `None` is without limit.
    pub fn available(&self) -> Option<Balance> {
        available(self.balance, self.credit, self.held)
    }
}

/// What comes to the money that waits for an account, or leaves it when `units` are negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnallocatedMoney {
    /// Where it comes from or goes.
    pub contra: Contra,
    pub currency: Currency,
    pub exponent: u8,
    pub units: i64,
}

/// Money promised to a session until a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    pub amount: Amount,
    pub expires_at: Timestamp,
}

/// What happened. Wide and rare facts are behind one pointer, so that an entry stays small.
#[derive(Clone, Debug)]
pub enum Fact {
    CustomerCreated(Arc<CustomerFields>),
    CustomerUpdated(Arc<CustomerFields>),
    AccountOpened(Arc<Opening>),
    AccountRenamed(Arc<Renaming>),
    AccountClosed,
    Payment(Arc<PaymentFact>),
    /// No account has it: the entry has no posting.
    PaymentUnallocated(Arc<UnallocatedFact>),
    PaymentAllocated(Arc<AllocationFact>),
    /// No account had it: the entry has no posting.
    PaymentReturned(Arc<ReturnFact>),
    /// It left for another shard: the entry has no posting.
    PaymentForwarded(Arc<ForwardFact>),
    PaymentCancelled(Arc<CancellationFact>),
    PaymentChargedBack(Arc<CancellationFact>),
    RefundRequested(Arc<RefundRequest>),
    RefundRejected(Arc<RefundRejection>),
    Refunded(Arc<RefundFact>),
    /// Whether the account takes payments.
    PaymentsLocked(bool),
    OpeningBalance(Arc<OpeningBalanceFact>),
    WrittenOff(Option<Arc<NoteFact>>),
    WriteOffRecovered(Option<Arc<NoteFact>>),
    Charge(Option<Arc<ChargeFact>>),
    Adjustment(Option<Arc<NoteFact>>),
    TransferOut(Arc<TransferFact>),
    TransferIn(Arc<TransferFact>),
    CreditLimitSet(Limit),
    CreditCeilingSet(Option<Amount>),
    CreditGranted {
        serial: u32,
        amount: Amount,
        until: Timestamp,
        /// When the customer is told that it ends; `None` when it ends too soon for that.
        notice_at: Option<Timestamp>,
    },
    /// A temporary limit or a promised payment ends soon.
    CreditEnding {
        serial: u32,
        amount: Amount,
        until: Timestamp,
    },
    CreditEnded {
        serial: u32,
        amount: Amount,
        end: CreditEnd,
    },
    PromisePolicySet(Arc<PromisePolicy>),
    PromiseGranted(Arc<PromiseFact>),
    PromiseEnded(Arc<PromiseEndFact>),
    /// What the customer pays for regularly; `None` takes it away.
    PlanSet(Option<Plan>),
    AlertsSet(Arc<Alerts>),
    /// The balance fell below a threshold of the customer's choice.
    BalanceLow {
        threshold: Balance,
    },
    /// More is owed than the provider wants to wait for unseen.
    ReceivableOverLimit {
        limit: Amount,
    },
    Authorised {
        serial: u32,
        request: u32,
        grant: Grant,
        session: Arc<SessionFact>,
    },
    Settled {
        serial: u32,
        request: u32,
        next: Next,
        extra: Option<Arc<SettlementFact>>,
    },
    Released {
        serial: u32,
        request: u32,
        forget_at: Timestamp,
    },
    ReservationExpired {
        serial: u32,
        forget_at: Timestamp,
    },
    /// An answer "no" to a numbered request: kept, because a repeat must hear the same.
    Refused {
        serial: u32,
        request: u32,
        refused: Arc<RefusedFact>,
    },
    ExchangeRatesAdded(Arc<AddExchangeRates>),
    /// The next version of a service.
    ServiceSet(Arc<Service>),
    SubscriptionOpened {
        subscription: u32,
        fact: Arc<SubscriptionFact>,
    },
    SubscriptionChanged {
        subscription: u32,
        change: Arc<SubscriptionChange>,
    },
    SubscriptionSuspended {
        subscription: u32,
        suspension: Arc<SuspensionFact>,
    },
    SubscriptionResumed {
        subscription: u32,
    },
    /// The amount is what goes back of a paid period, or what a postpaid one comes to.
    SubscriptionClosed {
        subscription: u32,
        closing: Arc<ClosingFact>,
    },
    /// The amount as at a closing; what follows is a period of the new service.
    PlanChanged {
        subscription: u32,
        change: Arc<PlanChange>,
    },
    Purchased(Arc<PurchaseFact>),
    /// A period begins. The amount is its price, or what the postpaid one before it comes to.
    PeriodStarted {
        subscription: u32,
        version: u32,
        from: Timestamp,
        until: Timestamp,
        extra: Option<Arc<PeriodFact>>,
    },
    /// A period is over and none follows. The amount is what a postpaid one comes to.
    PeriodEnded {
        subscription: u32,
        extra: Option<Arc<PeriodEndFact>>,
    },
    /// The fee for the time that the service was off goes back.
    PeriodCredited {
        subscription: u32,
        credit: OffCredit,
    },
    /// What fell due was not paid within its grace days.
    BillOverdue {
        due_at: Timestamp,
        owed: Amount,
    },
    /// A provisioning command.
    Switched(Arc<SwitchFact>),
}

/// What follows a settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The hold goes on with what is left of it.
    Kept {
        held: Amount,
    },
    Granted(Grant),
    /// The next grant was refused; nothing is held any more. Why stands in the extra facts.
    Refused,
    /// The session is over.
    Final {
        forget_at: Timestamp,
    },
}

impl Fact {
    /// The word in the journal's `kind` column.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::CustomerCreated(_) => "customer_created",
            Self::CustomerUpdated(_) => "customer_updated",
            Self::AccountOpened(_) => "account_opened",
            Self::AccountRenamed(_) => "account_renamed",
            Self::AccountClosed => "account_closed",
            Self::Payment(_) => "payment",
            Self::PaymentUnallocated(_) => "payment_unallocated",
            Self::PaymentAllocated(_) => "payment_allocated",
            Self::PaymentReturned(_) => "payment_returned",
            Self::PaymentForwarded(_) => "payment_forwarded",
            Self::PaymentCancelled(_) => "payment_cancelled",
            Self::PaymentChargedBack(_) => "payment_charged_back",
            Self::RefundRequested(_) => "refund_requested",
            Self::RefundRejected(_) => "refund_rejected",
            Self::Refunded(_) => "refunded",
            Self::PaymentsLocked(true) => "payments_locked",
            Self::PaymentsLocked(false) => "payments_unlocked",
            Self::OpeningBalance(_) => "opening_balance",
            Self::WrittenOff(_) => "written_off",
            Self::WriteOffRecovered(_) => "write_off_recovered",
            Self::Charge(_) => "charge",
            Self::Adjustment(_) => "adjustment",
            Self::TransferOut(_) => "transfer_out",
            Self::TransferIn(_) => "transfer_in",
            Self::CreditLimitSet(_) => "credit_limit_set",
            Self::CreditCeilingSet(_) => "credit_ceiling_set",
            Self::CreditGranted { .. } => "credit_granted",
            Self::CreditEnding { .. } => "credit_ending",
            Self::CreditEnded { .. } => "credit_ended",
            Self::PromisePolicySet(_) => "promise_policy_set",
            Self::PromiseGranted(_) => "promise_granted",
            Self::PromiseEnded(_) => "promise_ended",
            Self::PlanSet(_) => "plan_set",
            Self::AlertsSet(_) => "alerts_set",
            Self::BalanceLow { .. } => "balance_low",
            Self::ReceivableOverLimit { .. } => "receivable_over_limit",
            Self::Authorised { .. } => "authorised",
            Self::Settled { next: Next::Final { .. }, .. } => "settled_final",
            Self::Settled { .. } => "settled",
            Self::Released { .. } => "released",
            Self::ReservationExpired { .. } => "reservation_expired",
            Self::Refused { .. } => "refused",
            Self::ExchangeRatesAdded(_) => "exchange_rates_added",
            Self::ServiceSet(_) => "service_set",
            Self::SubscriptionOpened { .. } => "subscription_opened",
            Self::SubscriptionChanged { .. } => "subscription_changed",
            Self::SubscriptionSuspended { .. } => "subscription_suspended",
            Self::SubscriptionResumed { .. } => "subscription_resumed",
            Self::SubscriptionClosed { .. } => "subscription_closed",
            Self::PlanChanged { .. } => "plan_changed",
            Self::Purchased(_) => "purchased",
            Self::PeriodStarted { .. } => "period_started",
            Self::PeriodEnded { .. } => "period_ended",
            Self::PeriodCredited { .. } => "period_credited",
            Self::BillOverdue { .. } => "bill_overdue",
            Self::Switched(_) => "switched",
        }
    }

    /// How money changed its currency on the way, if it did.
    pub fn conversion(&self) -> Option<&Conversion> {
        let conversion = match self {
            Self::Payment(fact) => &fact.conversion,
            Self::PaymentAllocated(fact) => &fact.conversion,
            Self::PaymentCancelled(fact) | Self::PaymentChargedBack(fact) => &fact.conversion,
            Self::Refunded(fact) => &fact.conversion,
            Self::Charge(Some(fact)) => &fact.conversion,
            Self::TransferOut(fact) | Self::TransferIn(fact) => &fact.conversion,
            Self::PeriodStarted { extra: Some(fact), .. } => &fact.conversion,
            Self::PeriodEnded { extra: Some(fact), .. } => &fact.conversion,
            Self::SubscriptionClosed { closing, .. } => &closing.conversion,
            Self::PlanChanged { change, .. } => &change.conversion,
            Self::Purchased(fact) => &fact.conversion,
            Self::Settled { extra: Some(fact), .. } => &fact.conversion,
            _ => &None,
        };
        conversion.as_deref()
    }

    /// Whether it is laid down for all customers: by the first shard, and every other repeats it.
    pub fn is_laid_down(&self) -> bool {
        matches!(
            self,
            Self::ServiceSet(_) | Self::PromisePolicySet(_) | Self::ExchangeRatesAdded(_)
        )
    }

    /// The account of another shard that it sends money to.
    pub fn sent_to(&self) -> Option<AccountId> {
        match self {
            Self::TransferOut(fact) => {
                matches!(fact.transit, Some(Transit::Sent { .. })).then_some(fact.other)
            }
            Self::PaymentForwarded(fact) => Some(fact.account),
            _ => None,
        }
    }

    /// Whether the other side of what it moves is money on its way to an account: then what was
    /// converted came from there, and else it went there.
    pub fn comes_to_account(&self) -> bool {
        self.is_real_payment() || matches!(self, Self::TransferIn(_))
    }

    /// How it changes what waits for an account, when it has no account itself.
    pub fn unallocated(&self) -> Option<UnallocatedMoney> {
        let (contra, currency, exponent, units) = match self {
            Self::PaymentUnallocated(it) => {
                let contra = match it.original {
                    Some(_) => Contra::Transfers,
                    None => Contra::Payments(it.source),
                };
                (contra, it.currency, it.exponent, it.amount.units())
            }
            Self::PaymentReturned(it) => {
                (Contra::Payments(it.source), it.currency, it.exponent, -it.amount.units())
            }
            Self::PaymentForwarded(it) => {
                (Contra::Transfers, it.currency, it.exponent, -it.amount.units())
            }
            _ => return None,
        };
        Some(UnallocatedMoney { contra, currency, exponent, units })
    }

    /// Whether it is money that really came in: what keeps a promise.
    pub fn is_real_payment(&self) -> bool {
        matches!(self, Self::Payment(_) | Self::PaymentAllocated(_))
    }

    /// The payment that it takes back, whole or in part.
    pub fn reversed_payment(&self) -> Option<Position> {
        match self {
            Self::PaymentCancelled(fact) | Self::PaymentChargedBack(fact) => Some(fact.payment),
            Self::Refunded(fact) => Some(fact.payment),
            _ => None,
        }
    }

    /// Whether it changes what only some accounts have.
    pub(crate) fn is_extra(&self) -> bool {
        self.reversed_payment().is_some()
            || matches!(
                self,
                Self::RefundRequested(_)
                    | Self::RefundRejected(_)
                    | Self::WrittenOff(_)
                    | Self::WriteOffRecovered(_)
                    | Self::PlanSet(_)
                    | Self::AlertsSet(_)
                    | Self::PromiseGranted(_)
                    | Self::PromiseEnded(_)
            )
    }

    /// The subscription that it is about.
    pub fn subscription(&self) -> Option<u32> {
        match self {
            Self::SubscriptionOpened { subscription, .. }
            | Self::SubscriptionChanged { subscription, .. }
            | Self::SubscriptionSuspended { subscription, .. }
            | Self::SubscriptionResumed { subscription }
            | Self::SubscriptionClosed { subscription, .. }
            | Self::PlanChanged { subscription, .. }
            | Self::PeriodStarted { subscription, .. }
            | Self::PeriodEnded { subscription, .. }
            | Self::PeriodCredited { subscription, .. } => Some(*subscription),
            Self::Purchased(fact) => fact.subscription,
            Self::Switched(fact) => Some(fact.subscription),
            Self::Authorised { session, .. } => Some(session.usage.as_ref()?.subscription),
            _ => None,
        }
    }

    /// When what it charges has to be paid.
    pub fn bill(&self) -> Option<BillFact> {
        match self {
            Self::PeriodStarted { extra: Some(extra), .. } => extra.bill,
            Self::PeriodEnded { extra: Some(extra), .. } => extra.bill,
            Self::SubscriptionClosed { closing, .. } => closing.bill,
            Self::PlanChanged { change, .. } => change.bill,
            _ => None,
        }
    }

    /// Use that was charged although no money was held for it.
    pub fn overrun(&self) -> Option<Amount> {
        match self {
            Self::Charge(Some(fact)) => fact.overrun,
            Self::Settled { extra: Some(extra), .. } => extra.overrun,
            Self::PeriodStarted { extra: Some(fact), .. } => fact.overrun,
            Self::PeriodEnded { extra: Some(fact), .. } => fact.overrun,
            Self::SubscriptionClosed { closing, .. } => closing.overrun,
            Self::PlanChanged { change, .. } => change.overrun,
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
