//! Deciding about money: pure functions over in-memory state.
//!
//! [`decide`](State::execute) answers a command with entries or a refusal, [`State::apply`] folds
//! one entry. The time, the identifiers and the prices come in with the command: there is no
//! clock, file, socket, SQL, async or random number in this crate; `clippy.toml` forbids them.

// Money is integers, and what does not fit is refused: no float, no cast, nothing swallowed.
#![deny(
    clippy::as_conversions,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::float_arithmetic,
    clippy::print_stderr,
    clippy::print_stdout
)]

mod account;
mod apply;
mod calendar;
mod catalogue;
mod command;
mod currency;
mod decide;
mod entry;
mod exchange;
mod forecast;
mod fraction;
mod ids;
mod money;
mod name;
mod promise;
mod receivables;
mod refusal;
mod standing;
mod state;
mod tariff;
mod time;

pub(crate) use account::owed;
pub use account::{
    Account, Alerts, Bill, Credit, CreditKind, Debt, Debts, Extra, Limit, NextPlan, PendingRefund,
    Period, Phase, Plan, Promise, Reversal, Services, Session, SessionUsage, Subscription,
    Suspender, Suspension, Told, available, day_of,
};
pub use calendar::{
    Calendar, Civil, Date, Grid, PeriodError, PeriodLength, PeriodUnit, SkipDays, Weekday, Zone,
};
pub use catalogue::{
    Anchor, Catalogue, DueRule, Item, OneTime, PaymentMode, Profile, Recurring, Service, WhileOff,
    WhoseDays,
};
pub use command::{
    AccountRef, AddExchangeRates, AllocatePayment, Ask, AskUse, Authorise, AuthoriseUse,
    CancelPayment, ChangePlan, Charge, Command, CustomerFields, CustomerKind, FarAccount,
    ForwardPayment, GrantPromise, Money, Note, OpenAccount, OpenSubscription, Order, Origin,
    Purchase, ReceivePayment, ReceiveTransit, Refund, RefundPayment, ReturnPayment, ReversePart,
    SendTransfer, Sent, Settle, SettleUse, Then, ThenUse, Timing, Transfer, Used, When, Whom,
    Whose,
};
pub use currency::Currency;
pub use decide::{Answer, decide};
pub use entry::{
    AllocationFact, AskedFact, BillFact, CancellationFact, ChargeFact, ClosingFact, ClosingReason,
    Contra, CreditEnd, Entry, Fact, ForwardFact, Grant, Next, NoteFact, OffCredit, Opening,
    OpeningBalanceFact, PaymentFact, PeriodEndFact, PeriodFact, PlanChange, Posting, PromiseEnd,
    PromiseEndFact, PromiseFact, PurchaseFact, RefundFact, RefundRejection, RefundRequest,
    RefusedFact, Renaming, ReturnFact, SessionFact, SettlementFact, SubscriptionChange,
    SubscriptionFact, SuspensionFact, SwitchCause, SwitchFact, TransferFact, Transit,
    UnallocatedFact, UnallocatedMoney, Unfit, UsageFact, UseGrant, UsedFact,
};
pub use exchange::{
    Conversion, ExchangeError, ExchangeRate, ExchangeRates, RATE_DIGITS_MAX, Rate, Unit, convert_by,
};
pub use forecast::{Forecast, NextOff, PaymentEffect};
pub use fraction::Fraction;
pub use ids::{
    ACCOUNT_NUMBER_LENGTH_MAX, AccountId, AccountNumber, CreditId, CustomerId, Position,
    ReservationId, SessionKey, ShardId, SubscriptionId,
};
pub use money::{
    Amount, Balance, Decimals, FINE_DIGITS, FINE_PER_MINOR, MoneyError, Precision, SumDecimals,
    UNITS_MAX,
};
pub use name::{NAME_LENGTH_MAX, NAMES_MAX, Name, NameError};
pub use promise::{
    Bound, Cooldown, Failing, FeeRule, Figure, Offer, PerWindow, PromiseAmount, PromiseAsk,
    PromiseDuration, PromisePolicy, PromiseRule, PromiseRules, Remedy, StaffCap, evaluate,
};
pub use receivables::{
    AGEING_DAYS, Ageing, OldestDebts, ReceivableKey, ReceivablePoint, Receivables, age, minute_of,
};
pub use refusal::{REFUSAL_CODES, Refusal, ServiceKind};
pub use standing::standing;
pub use state::{Customer, PAGE_ACCOUNTS, PageContent, Settings, Shared, State, Totals, Trial};
pub use tariff::{
    Band, BandDay, BandTime, DestinationIndex, DestinationRate, Meter, Metered, PRICE_DIGITS_MAX,
    PRICE_PLACES_MAX, Part, Price, QUANTITY_MAX, Step, TariffFault, Usage, UsageUnit,
};
pub use time::Timestamp;
