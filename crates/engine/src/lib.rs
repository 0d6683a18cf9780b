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
mod command;
mod currency;
mod decide;
mod entry;
mod exchange;
mod ids;
mod money;
mod name;
mod refusal;
mod state;
mod time;

pub use account::{Account, Credit, Limit, Phase, Session, available};
pub use command::{
    AccountRef, AddExchangeRates, Ask, Authorise, CancelPayment, Charge, Command, CustomerFields,
    CustomerKind, Money, Note, OpenAccount, Order, Origin, ReceivePayment, Settle, Then, Timing,
    Transfer, Whose,
};
pub use currency::Currency;
pub use decide::{Answer, decide};
pub use entry::{
    CancellationFact, ChargeFact, Contra, CreditEnd, Entry, Fact, Grant, Next, NoteFact, Opening,
    PaymentFact, Posting, RefusedFact, Renaming, SessionFact, SettlementFact, TransferFact,
};
pub use exchange::{
    Conversion, ExchangeError, ExchangeRate, ExchangeRates, RATE_DIGITS_MAX, Rate, Unit,
};
pub use ids::{
    ACCOUNT_NUMBER_LENGTH_MAX, AccountId, AccountNumber, CreditId, CustomerId, Position,
    ReservationId, SessionKey,
};
pub use money::{
    Amount, Balance, Decimals, FINE_DIGITS, FINE_PER_MINOR, MoneyError, Precision, SumDecimals,
    UNITS_MAX,
};
pub use name::{NAME_LENGTH_MAX, NAMES_MAX, Name, NameError};
pub use refusal::{REFUSAL_CODES, Refusal};
pub use state::{PAGE_ACCOUNTS, Settings, Shared, State, Totals};
pub use time::Timestamp;
