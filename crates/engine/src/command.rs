//! What the engine can be asked to do.
//!
//! Commands are complete: the time, the identifiers and the prices come in with them. What was
//! unique (an idempotency key, a payment reference) has been seen to before.

mod services;
mod transit;

use std::sync::Arc;

pub use services::{
    AskUse, AuthoriseUse, ChangePlan, OpenSubscription, Purchase, Refund, SettleUse, ThenUse, Used,
    When, Whom,
};
pub use transit::{FarAccount, ForwardPayment, ReceiveTransit, SendTransfer, Sent};

use crate::{
    AccountId, AccountNumber, Alerts, Amount, Balance, CreditId, Currency, CustomerId,
    ExchangeRate, Limit, Name, Plan, Position, PromiseAsk, PromisePolicy, Rate, ReservationId,
    Service, SessionKey, SubscriptionChange, SubscriptionId, Suspender, Timestamp, UnallocatedFact,
    Zone,
};

/// A command and whose it is.
#[derive(Clone, Debug)]
pub struct Order {
    pub origin: Origin,
    pub command: Command,
}

/// Who, through which channel, and why: goes on every entry.
#[derive(Clone, Debug)]
pub struct Origin {
    pub actor: Name,
    pub channel: Name,
    pub reason: Option<Arc<str>>,
}

/// An account by its id or by its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountRef {
    Id(AccountId),
    Number(AccountNumber),
}

/// [`AccountRef`] without owning the number.
#[derive(Clone, Copy, Debug)]
pub enum Whose<'a> {
    Id(AccountId),
    Number(&'a AccountNumber),
    /// The account that pays for the subscription which the network knows by this name.
    Subject(&'a str),
}

impl<'a> From<&'a AccountRef> for Whose<'a> {
    fn from(account: &'a AccountRef) -> Self {
        match account {
            AccountRef::Id(id) => Self::Id(*id),
            AccountRef::Number(number) => Self::Number(number),
        }
    }
}

/// Money as it was named by the caller, in a currency that need not be the account's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    pub amount: Amount,
    pub currency: Currency,
}

#[derive(Clone, Debug)]
pub enum Command {
    CreateCustomer(Arc<CustomerFields>),
    /// Replaces every field.
    UpdateCustomer {
        customer: CustomerId,
        fields: Arc<CustomerFields>,
    },
    OpenAccount(Box<OpenAccount>),
    RenameAccount {
        account: AccountRef,
        name: Box<str>,
    },
    CloseAccount {
        account: AccountRef,
    },
    /// Gives an account a plan, or takes it away.
    SetPlan {
        account: AccountRef,
        plan: Option<Plan>,
        currency: Option<Currency>,
    },
    /// Replaces the moments at which somebody wants to be told.
    SetAlerts {
        account: AccountRef,
        alerts: Arc<Alerts>,
        currency: Currency,
    },
    LockPayments {
        account: AccountRef,
        locked: bool,
    },
    ReceivePayment(Box<ReceivePayment>),
    AllocatePayment(Box<AllocatePayment>),
    ReturnPayment(Box<ReturnPayment>),
    CancelPayment(Box<CancelPayment>),
    /// The bank or card scheme took a payment back, or a part of it.
    ChargeBackPayment(Box<ReversePart>),
    RefundPayment(Box<RefundPayment>),
    ApproveRefund {
        account: AccountId,
        serial: u32,
    },
    RejectRefund {
        account: AccountId,
        serial: u32,
        note: Note,
    },
    /// What stood on the account in the system that is taken over; once for each account.
    SetOpeningBalance {
        account: AccountRef,
        amount: Balance,
        currency: Currency,
        /// Since when it is owed, when it is a debt.
        owed_since: Option<Timestamp>,
        note: Note,
    },
    /// Gives up a debt, or a part of it, as lost.
    WriteOff {
        account: AccountRef,
        /// `None` is all that is owed.
        money: Option<Money>,
        note: Note,
    },
    /// Claims again what was written off.
    RecoverWriteOff {
        account: AccountRef,
        /// `None` is all that was written off.
        money: Option<Money>,
        note: Note,
    },
    Charge(Charge),
    Adjust {
        account: AccountRef,
        amount: Balance,
        currency: Currency,
        reason: Name,
        note: Note,
    },
    Transfer(Box<Transfer>),
    SendTransfer(Box<SendTransfer>),
    ForwardPayment(Box<ForwardPayment>),
    ReceiveTransit(Box<ReceiveTransit>),
    /// `currency` is what the limit was named in; none when there is no amount to name.
    SetCreditLimit {
        account: AccountRef,
        limit: Limit,
        currency: Option<Currency>,
    },
    SetCreditCeiling {
        account: AccountRef,
        ceiling: Option<Money>,
    },
    GrantCredit {
        account: AccountRef,
        money: Money,
        until: Timestamp,
    },
    /// Ends a temporary limit or a promised payment before its moment.
    RevokeCredit {
        credit: CreditId,
    },
    /// The next version of the policy for a group and currency; its version is given here.
    SetPromisePolicy(Arc<PromisePolicy>),
    GrantPromise(GrantPromise),
    Authorise(Authorise),
    Settle(Settle),
    Release {
        reservation: ReservationId,
        request: u32,
    },
    AddExchangeRates(Arc<AddExchangeRates>),
    /// The next version of a service; its version is given here.
    SetService(Arc<Service>),
    OpenSubscription(Box<OpenSubscription>),
    ChangeSubscription {
        subscription: SubscriptionId,
        change: Arc<SubscriptionChange>,
    },
    SuspendSubscription {
        subscription: SubscriptionId,
        by: Suspender,
        /// When it is resumed by itself.
        until: Option<Timestamp>,
    },
    ResumeSubscription {
        subscription: SubscriptionId,
        by: Suspender,
    },
    CloseSubscription {
        subscription: SubscriptionId,
        refund: Refund,
    },
    ChangePlan(Box<ChangePlan>),
    Purchase(Box<Purchase>),
    AuthoriseUse(Box<AuthoriseUse>),
    SettleUse(Box<SettleUse>),
}

/// Free text that explains an entry to people.
pub type Note = Option<Arc<str>>;

#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CustomerFields {
    pub name: String,
    pub kind: CustomerKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Policies and reports go by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Name>,
    /// The language to speak to the customer in, as a BCP 47 tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Country of residence, two letters of ISO 3166.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Where the customer's days begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<Zone>,
    /// The customer's id in another system, such as the one before this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Since when they are a customer, when that is longer than they are known here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerKind {
    #[default]
    Person,
    Organisation,
}

#[derive(Clone, Debug)]
pub struct OpenAccount {
    pub customer: CustomerId,
    pub currency: Currency,
    pub name: Box<str>,
    /// A number taken over from an older system; else the next of our own.
    pub number: Option<AccountNumber>,
    pub limit: Limit,
    pub ceiling: Option<Amount>,
}

#[derive(Clone, Debug)]
pub struct ReceivePayment {
    /// Whom the payer named, if anybody.
    pub account: Option<AccountRef>,
    pub source: Name,
    pub reference: Box<str>,
    pub money: Money,
    /// When the customer paid, as the source says; the entry is dated now.
    pub paid_at: Option<Timestamp>,
    pub note: Note,
}

/// The original as it stands in the directory, found by its id before this is asked.
#[derive(Clone, Debug)]
pub struct CancelPayment {
    pub payment: Position,
    pub account: AccountId,
    /// What the payment credited, in the account's currency.
    pub amount: Amount,
    pub source: Name,
    pub conversion: Option<Arc<crate::Conversion>>,
    pub note: Note,
}

/// An unallocated payment as it stands in the journal, found by its id before this is asked.
#[derive(Clone, Debug)]
pub struct AllocatePayment {
    pub payment: Position,
    pub received: Arc<UnallocatedFact>,
    pub account: AccountRef,
    pub note: Note,
}

/// As [`AllocatePayment`], back to where the money came from.
#[derive(Clone, Debug)]
pub struct ReturnPayment {
    pub payment: Position,
    pub received: Arc<UnallocatedFact>,
    pub note: Note,
}

/// A payment, and how much of it is taken back.
#[derive(Clone, Debug)]
pub struct ReversePart {
    pub original: CancelPayment,
    /// In the currency that was paid in; `None` is all that is left.
    pub part: Option<Money>,
}

#[derive(Clone, Debug)]
pub struct RefundPayment {
    pub reverse: ReversePart,
    /// What this person may take back of a payment alone, all parts together, in the account's
    /// currency; `None` is without bound. More waits for a second person.
    pub cap: Option<Amount>,
}

#[derive(Clone, Debug)]
pub struct GrantPromise {
    pub account: AccountRef,
    pub ask: PromiseAsk,
    /// What `ask.amount` is in: has to be the account's.
    pub currency: Option<Currency>,
    /// The role of staff who override the rules, within its cap; the origin says why.
    pub overriding: Option<Name>,
}

#[derive(Clone, Debug)]
pub struct Charge {
    pub account: AccountRef,
    pub money: Money,
    pub service: Name,
    pub timing: Timing,
    pub reference: Option<Arc<str>>,
    pub note: Note,
}

/// Whether a charge asks first or reports what has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// Refused when the money does not suffice.
    BeforeUse,
    /// The use has really happened: charged, even into debt; what was not covered is `overrun`.
    AfterUse,
}

#[derive(Clone, Debug)]
pub struct Transfer {
    pub from: AccountRef,
    pub to: AccountRef,
    /// In the currency of either side.
    pub money: Money,
    pub note: Note,
}

#[derive(Clone, Debug)]
pub struct Authorise {
    pub account: AccountRef,
    pub session: SessionKey,
    /// The session's identifier as the caller wrote it, for the journal.
    pub session_text: Arc<str>,
    /// Number of this request within the session, from 1; 0 when the caller does not number.
    pub request: u32,
    pub service: Name,
    /// What the amounts of `ask` are in: has to be the account's.
    pub currency: Currency,
    pub ask: Ask,
}

/// What a session asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    pub amount: Amount,
    /// The least that is of use; the same as `amount` for all or nothing.
    pub minimum: Amount,
    pub expires_at: Timestamp,
}

#[derive(Clone, Debug)]
pub struct Settle {
    pub reservation: ReservationId,
    pub request: u32,
    /// What the amounts are in: has to be the account's.
    pub currency: Currency,
    /// What was used since the last settlement.
    pub used: Amount,
    pub then: Then,
}

/// What becomes of the session after a settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The rest of the hold stays.
    Keep,
    /// The rest of the hold is given up for the next grant.
    Ask(Ask),
    /// The session is over.
    End,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AddExchangeRates {
    pub base: Currency,
    pub source: Name,
    pub valid_from: Timestamp,
    pub rates: Vec<(Currency, Rate)>,
}

impl AddExchangeRates {
    pub fn dated(&self) -> impl Iterator<Item = ExchangeRate> {
        self.rates.iter().map(|&(quote, rate)| ExchangeRate {
            base: self.base,
            quote,
            rate,
            valid_from: self.valid_from,
            source: self.source,
        })
    }
}

impl Command {
    /// The accounts that the command reads or changes.
    pub fn accounts(&self) -> [Option<Whose<'_>>; 2] {
        let one = |account| [Some(account), None];
        let by_id = |id| [Some(Whose::Id(id)), None];
        match self {
            Self::CreateCustomer(_)
            | Self::UpdateCustomer { .. }
            | Self::OpenAccount(_)
            | Self::ReturnPayment(_)
            | Self::ForwardPayment(_)
            | Self::SetPromisePolicy(_)
            | Self::SetService(_)
            | Self::AddExchangeRates(_) => [None, None],
            Self::RenameAccount { account, .. }
            | Self::CloseAccount { account }
            | Self::SetPlan { account, .. }
            | Self::SetAlerts { account, .. }
            | Self::LockPayments { account, .. }
            | Self::SetOpeningBalance { account, .. }
            | Self::WriteOff { account, .. }
            | Self::RecoverWriteOff { account, .. }
            | Self::Adjust { account, .. }
            | Self::SetCreditLimit { account, .. }
            | Self::SetCreditCeiling { account, .. }
            | Self::GrantCredit { account, .. } => one(account.into()),
            Self::ReceivePayment(payment) => [payment.account.as_ref().map(Into::into), None],
            Self::AllocatePayment(allocate) => one((&allocate.account).into()),
            Self::GrantPromise(grant) => one((&grant.account).into()),
            Self::Charge(charge) => one((&charge.account).into()),
            Self::Authorise(authorise) => one((&authorise.account).into()),
            Self::CancelPayment(cancel) => by_id(cancel.account),
            Self::ChargeBackPayment(reverse) => by_id(reverse.original.account),
            Self::RefundPayment(refund) => by_id(refund.reverse.original.account),
            Self::ApproveRefund { account, .. } | Self::RejectRefund { account, .. } => {
                by_id(*account)
            }
            Self::RevokeCredit { credit } => by_id(credit.account),
            Self::Settle(settle) => by_id(settle.reservation.account),
            Self::Release { reservation, .. } => by_id(reservation.account),
            Self::Transfer(transfer) => {
                [Some((&transfer.from).into()), Some((&transfer.to).into())]
            }
            Self::SendTransfer(send) => one((&send.from).into()),
            Self::ReceiveTransit(transit) => by_id(transit.account),
            Self::OpenSubscription(open) => one((&open.account).into()),
            Self::Purchase(purchase) => one((&purchase.account).into()),
            Self::ChangeSubscription { subscription, .. }
            | Self::SuspendSubscription { subscription, .. }
            | Self::ResumeSubscription { subscription, .. }
            | Self::CloseSubscription { subscription, .. } => by_id(subscription.account),
            Self::ChangePlan(change) => by_id(change.subscription.account),
            Self::AuthoriseUse(authorise) => one((&authorise.whom).into()),
            Self::SettleUse(settle) => by_id(settle.reservation.account),
        }
    }
}
