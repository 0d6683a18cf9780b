//! A "no": every rule that can refuse a command, in one closed enum.
//!
//! **Invariant:** the order of the variants is the order of precedence: what does not exist
//! before what is closed, what is closed before what does not fit, money last. Each has a code
//! that never changes its meaning, and a heading of that name in `docs/refusals.md`.

use serde::{Deserialize, Serialize};

use crate::{
    AccountId, Amount, Balance, Currency, CustomerId, Failing, Name, SwitchCause, Timestamp,
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Refusal {
    CustomerNotFound {
        customer: CustomerId,
    },
    /// `check_digit_wrong` tells a mistyped number of ours from one that was never issued.
    AccountNotFound {
        account: String,
        check_digit_wrong: bool,
    },
    PaymentNotFound {
        payment: String,
    },
    ReservationNotFound {
        reservation: String,
    },
    CreditNotFound {
        credit: String,
    },
    RefundNotFound {
        refund: String,
    },
    ServiceNotFound {
        service: Name,
    },
    /// Neither by its id nor by a name of the network, or it is closed.
    SubscriptionNotFound {
        subscription: String,
    },
    /// No policy offers promised payments to this group of customers in this currency.
    NoPromisePolicy {
        group: Option<Name>,
        currency: Currency,
    },
    /// The account is closed: it takes no command but reading.
    AccountClosed {
        account: AccountId,
    },
    /// Closing needs a balance of zero and nothing held.
    AccountNotEmpty {
        balance: Balance,
        held: Amount,
        currency: Currency,
        exponent: u8,
    },
    /// Payments to the account are locked: one cannot be allocated to it.
    PaymentsLocked {
        account: AccountId,
    },
    /// The account pays for subscriptions: they are closed first.
    AccountHasSubscriptions {
        subscription: String,
    },
    /// The service as it was given cannot be charged.
    ServiceInvalid {
        place: String,
        what: String,
        remedy: String,
    },
    /// The service is no longer sold.
    ServiceWithdrawn {
        service: Name,
    },
    /// The service is not of the kind that is needed here.
    ServiceUnfit {
        service: Name,
        needed: ServiceKind,
    },
    /// Another subscription is known to the network by this name.
    SubjectTaken {
        subject: String,
        subscription: String,
    },
    /// Suspended already, or not suspended.
    SubscriptionSuspended {
        subscription: String,
        suspended: bool,
    },
    /// Staff suspended it: the customer cannot resume it.
    SuspendedByStaff {
        subscription: String,
    },
    /// A suspension that would have ended already.
    SuspensionEndsInPast {
        until: Timestamp,
        now: Timestamp,
    },
    AccountNumberTaken {
        number: String,
    },
    /// As many customers or accounts as a shard can number.
    ShardFull,
    /// The account has an opening balance already.
    OpeningBalanceSet {
        account: AccountId,
    },
    /// A promised payment holds the plan as it is.
    PlanHeld {
        until: Timestamp,
    },
    /// The second person has to be another one than the first.
    SecondPersonNeeded {
        requested_by: Name,
    },
    /// Both sides of a transfer are the same account.
    SameAccount {
        account: AccountId,
    },
    /// The money is in a currency that this command cannot take.
    CurrencyMismatch {
        expected: Currency,
        actual: Currency,
    },
    /// Staff may override the rules of promised payments up to their role's cap only.
    OverrideNotAllowed {
        role: Name,
        amount_max: Amount,
        requested: Amount,
        hours_max: u32,
        hours: u32,
        currency: Currency,
        exponent: u8,
    },
    /// A temporary limit that would have ended already.
    CreditEndsInPast {
        until: Timestamp,
        now: Timestamp,
    },
    /// The same request number of a session with other content.
    RequestReused {
        request: u32,
        field: String,
    },
    /// A request with a lower number than one that was answered, and not a repeat.
    RequestOutOfOrder {
        request: u32,
        reservation: String,
    },
    /// A request of a session that has ended, and is not a repeat of one that was answered.
    SessionEnded {
        reservation: String,
    },
    /// A first request for a session that is already open, without a request number to tell
    /// whether it is a repeat; or a request of another subscription's session.
    SessionOpen {
        reservation: String,
    },
    /// Less total use than was reported before.
    UseWentBack {
        before: u64,
        reported: u64,
    },
    /// The tariff has no price for this destination.
    DestinationNotServed {
        destination: String,
    },
    /// The subscription is off.
    SubscriptionOff {
        subscription: String,
        why: SwitchCause,
    },
    /// No usable rate, direct, inverse or through the pivot: none, or all too old.
    NoExchangeRate {
        from: Currency,
        to: Currency,
        at: Timestamp,
    },
    /// The result would be beyond what an account can hold, or a transfer between currencies
    /// would be nothing on one side after rounding.
    AmountOutOfRange {
        currency: Currency,
        exponent: u8,
    },
    /// The sum of all limits would pass the account's ceiling.
    CreditCeilingExceeded {
        ceiling: Amount,
        requested: Amount,
        currency: Currency,
        exponent: u8,
    },
    /// More of a payment than is left of it.
    PaymentReversed {
        left: Amount,
        requested: Amount,
        currency: Currency,
        exponent: u8,
    },
    /// More than is owed, or than was written off.
    MoreThanOwed {
        owed: Amount,
        requested: Amount,
        currency: Currency,
        exponent: u8,
    },
    /// One or more rules of the policy are in the way.
    PromiseNotPossible {
        failing: Vec<Failing>,
        currency: Currency,
        exponent: u8,
    },
    InsufficientFunds {
        available: Balance,
        requested: Amount,
        currency: Currency,
        exponent: u8,
    },
}

/// What a service has to have for what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceKind {
    /// A fee for each period, or a price for use.
    Subscribable,
    OneTime,
    /// A session that was authorised by units.
    Metered,
    /// A session that was authorised by money.
    Unmetered,
    /// A subscription of the same account that it can modify.
    Base,
}

impl Refusal {
    /// The stable code: what programs act on, and the heading in `docs/refusals.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::CustomerNotFound { .. } => "customer_not_found",
            Self::AccountNotFound { .. } => "account_not_found",
            Self::PaymentNotFound { .. } => "payment_not_found",
            Self::ReservationNotFound { .. } => "reservation_not_found",
            Self::CreditNotFound { .. } => "credit_not_found",
            Self::RefundNotFound { .. } => "refund_not_found",
            Self::ServiceNotFound { .. } => "service_not_found",
            Self::SubscriptionNotFound { .. } => "subscription_not_found",
            Self::NoPromisePolicy { .. } => "no_promise_policy",
            Self::AccountClosed { .. } => "account_closed",
            Self::AccountNotEmpty { .. } => "account_not_empty",
            Self::PaymentsLocked { .. } => "payments_locked",
            Self::AccountHasSubscriptions { .. } => "account_has_subscriptions",
            Self::ServiceInvalid { .. } => "service_invalid",
            Self::ServiceWithdrawn { .. } => "service_withdrawn",
            Self::ServiceUnfit { .. } => "service_unfit",
            Self::SubjectTaken { .. } => "subject_taken",
            Self::SubscriptionSuspended { .. } => "subscription_suspended",
            Self::SuspendedByStaff { .. } => "suspended_by_staff",
            Self::SuspensionEndsInPast { .. } => "suspension_ends_in_past",
            Self::AccountNumberTaken { .. } => "account_number_taken",
            Self::ShardFull => "shard_full",
            Self::OpeningBalanceSet { .. } => "opening_balance_set",
            Self::PlanHeld { .. } => "plan_held",
            Self::SecondPersonNeeded { .. } => "second_person_needed",
            Self::SameAccount { .. } => "same_account",
            Self::CurrencyMismatch { .. } => "currency_mismatch",
            Self::OverrideNotAllowed { .. } => "override_not_allowed",
            Self::CreditEndsInPast { .. } => "credit_ends_in_past",
            Self::RequestReused { .. } => "request_reused",
            Self::RequestOutOfOrder { .. } => "request_out_of_order",
            Self::SessionEnded { .. } => "session_ended",
            Self::SessionOpen { .. } => "session_open",
            Self::UseWentBack { .. } => "use_went_back",
            Self::DestinationNotServed { .. } => "destination_not_served",
            Self::SubscriptionOff { .. } => "subscription_off",
            Self::NoExchangeRate { .. } => "no_exchange_rate",
            Self::AmountOutOfRange { .. } => "amount_out_of_range",
            Self::CreditCeilingExceeded { .. } => "credit_ceiling_exceeded",
            Self::PaymentReversed { .. } => "payment_reversed",
            Self::MoreThanOwed { .. } => "more_than_owed",
            Self::PromiseNotPossible { .. } => "promise_not_possible",
            Self::InsufficientFunds { .. } => "insufficient_funds",
        }
    }
}

/// Every code, in the order of precedence; the tests and the documents are held against it.
pub const REFUSAL_CODES: [&str; 43] = [
    "customer_not_found",
    "account_not_found",
    "payment_not_found",
    "reservation_not_found",
    "credit_not_found",
    "refund_not_found",
    "service_not_found",
    "subscription_not_found",
    "no_promise_policy",
    "account_closed",
    "account_not_empty",
    "payments_locked",
    "account_has_subscriptions",
    "service_invalid",
    "service_withdrawn",
    "service_unfit",
    "subject_taken",
    "subscription_suspended",
    "suspended_by_staff",
    "suspension_ends_in_past",
    "account_number_taken",
    "shard_full",
    "opening_balance_set",
    "plan_held",
    "second_person_needed",
    "same_account",
    "currency_mismatch",
    "override_not_allowed",
    "credit_ends_in_past",
    "request_reused",
    "request_out_of_order",
    "session_ended",
    "session_open",
    "use_went_back",
    "destination_not_served",
    "subscription_off",
    "no_exchange_rate",
    "amount_out_of_range",
    "credit_ceiling_exceeded",
    "payment_reversed",
    "more_than_owed",
    "promise_not_possible",
    "insufficient_funds",
];
