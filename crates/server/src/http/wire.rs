//! Money, moments and ids as they stand in JSON.

use engine::{
    AccountId, AccountNumber, AccountRef, Amount, Balance, CreditId, Currency, CustomerId, Limit,
    Money, MoneyError, Position, Precision, ReservationId, Timestamp,
};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::error::{Fault, Problem};

/// `{"amount":"12.50","currency":"EUR"}`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WireMoney {
    #[schema(value_type = String, example = "12.50")]
    amount: WireDecimals,
    #[schema(value_type = String, example = "EUR")]
    currency: Currency,
}

/// Units and exponent, written as a decimal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct WireDecimals {
    units: i64,
    exponent: u8,
}

impl Serialize for WireDecimals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&engine::Decimals::new(self.units, self.exponent))
    }
}

impl WireMoney {
    pub fn amount(amount: Amount, currency: Currency, exponent: u8) -> Self {
        Self { amount: WireDecimals { units: amount.units(), exponent }, currency }
    }

    /// A difference of two figures, which may be larger than either can be.
    pub fn units(units: i64, currency: Currency, exponent: u8) -> Self {
        Self { amount: WireDecimals { units, exponent }, currency }
    }

    pub fn balance(balance: Balance, currency: Currency, exponent: u8) -> Self {
        Self { amount: WireDecimals { units: balance.units(), exponent }, currency }
    }

    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The amount alone: `12.50`.
    pub fn decimals(&self) -> String {
        engine::Decimals::new(self.amount.units, self.amount.exponent).to_string()
    }
}

/// Money, or `{"unlimited":true}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum WireLimit {
    Money(WireMoney),
    Unlimited { unlimited: bool },
}

impl WireLimit {
    pub fn limit(limit: Limit, currency: Currency, exponent: u8) -> Self {
        match limit {
            Limit::Limited(amount) => Self::Money(WireMoney::amount(amount, currency, exponent)),
            Limit::Unlimited => Self::Unlimited { unlimited: true },
        }
    }

    /// What may be spent; `None` is without limit.
    pub fn available(available: Option<Balance>, currency: Currency, exponent: u8) -> Self {
        match available {
            Some(balance) => Self::Money(WireMoney::balance(balance, currency, exponent)),
            None => Self::Unlimited { unlimited: true },
        }
    }

    /// The amount alone, or `unlimited`.
    pub fn decimals(&self) -> String {
        match self {
            Self::Money(money) => money.decimals(),
            Self::Unlimited { .. } => "unlimited".to_owned(),
        }
    }
}

/// A currency by its code.
pub fn currency(field: &str, code: &str) -> Result<Currency, Problem> {
    Currency::from_code(code).ok_or_else(|| {
        let why = format!("{code:?} is not a currency of ISO 4217, such as EUR");
        Problem::faulty(field, Fault::Currency, why)
    })
}

/// A time zone by its name in the IANA database.
pub fn zone(field: &str, name: &str) -> Result<engine::Zone, Problem> {
    engine::Zone::new(name).ok_or_else(|| {
        let why = format!("{name:?} is no time zone, such as Europe/Berlin");
        Problem::faulty(field, Fault::TimeZone, why)
    })
}

/// Money above zero.
pub fn money(amount: &str, code: &str, precision: Precision) -> Result<Money, Problem> {
    let money = money_or_zero("amount", amount, code, precision)?;
    match money.amount.is_zero() {
        true => Err(wrong_amount("amount", amount, MoneyError::Zero)),
        false => Ok(money),
    }
}

/// Money, zero or more.
pub fn money_or_zero(
    field: &str,
    amount: &str,
    code: &str,
    precision: Precision,
) -> Result<Money, Problem> {
    let currency = currency("currency", code)?;
    let amount = Amount::parse(amount, currency.exponent(), precision)
        .map_err(|error| wrong_amount(field, amount, error))?;
    Ok(Money { amount, currency })
}

/// Money above zero, or all there is when neither amount nor currency is named.
pub fn optional_money(
    amount: Option<&str>,
    currency: Option<&str>,
) -> Result<Option<Money>, Problem> {
    match (amount, currency) {
        (None, None) => Ok(None),
        (Some(amount), Some(code)) => money(amount, code, Precision::MinorUnits).map(Some),
        (Some(_), None) => Err(Problem::malformed("currency", "is missing beside the amount")),
        (None, Some(_)) => Err(Problem::malformed("amount", "is missing beside the currency")),
    }
}

/// Money above or below zero.
pub fn signed_money(amount: &str, code: &str) -> Result<(Balance, Currency), Problem> {
    let currency = currency("currency", code)?;
    let balance = Balance::parse(amount, currency.exponent(), Precision::MinorUnits)
        .map_err(|error| wrong_amount("amount", amount, error))?;
    match balance == Balance::ZERO {
        true => Err(wrong_amount("amount", amount, MoneyError::Zero)),
        false => Ok((balance, currency)),
    }
}

pub fn wrong_amount(field: &str, text: &str, error: MoneyError) -> Problem {
    let shown: String = text.chars().take(40).collect();
    Problem::faulty(field, error.into(), format!("{shown:?} {}", why_no_amount(error)))
}

/// Why a text is no amount; completes "the text …".
pub fn why_no_amount(error: MoneyError) -> String {
    match error {
        MoneyError::NotADecimal => {
            "is not a decimal number such as \"12.50\", without exponent or blanks".to_owned()
        }
        MoneyError::Negative => "is negative".to_owned(),
        MoneyError::Zero => "is zero".to_owned(),
        MoneyError::TooManyDecimals { allowed: 0 } => "has decimals; none are possible".to_owned(),
        MoneyError::TooManyDecimals { allowed } => {
            format!("has too many decimals; at most {allowed} are possible")
        }
        MoneyError::OutOfRange => "is larger than an account can hold".to_owned(),
    }
}

/// A day by its number from 1970-01-01, such as `2026-11-02`.
pub fn day(day: i32) -> String {
    let mut text = time(Timestamp(i64::from(day) * 86_400_000_000));
    text.truncate("2026-11-02".len());
    text
}

/// A moment as RFC 3339 in UTC, to the microsecond.
pub fn time(at: Timestamp) -> String {
    match jiff::Timestamp::from_microsecond(at.0) {
        Ok(at) => at.to_string(),
        // Beyond the year 9999: what never ends.
        Err(_) => "never".to_owned(),
    }
}

/// Reads a moment from RFC 3339.
pub fn parse_time(field: &str, text: &str) -> Result<Timestamp, Problem> {
    let at: Result<jiff::Timestamp, _> = text.parse();
    at.map(|it| Timestamp(it.as_microsecond())).map_err(|_| {
        let shown: String = text.chars().take(40).collect();
        let why = format!("{shown:?} is not a moment such as 2026-12-01T00:00:00Z");
        Problem::malformed(field, why)
    })
}

pub fn customer_id(id: CustomerId) -> String {
    format!("cus_{}", id.0)
}

pub fn account_id(id: AccountId) -> String {
    format!("acc_{}", id.0)
}

/// An account as it was named: by id or by number.
pub fn account_ref(account: &AccountRef) -> String {
    match account {
        AccountRef::Id(id) => account_id(*id),
        AccountRef::Number(number) => number.to_string(),
    }
}

pub fn refund_id(account: AccountId, serial: u32) -> String {
    format!("rfd_{}-{serial}", account.0)
}

pub fn payment_id(position: Position) -> String {
    format!("pay_{}", position.0)
}

pub fn webhook_endpoint_id(id: u64) -> String {
    format!("whe_{id}")
}

pub fn webhook_delivery_id(id: u64) -> String {
    format!("whd_{id}")
}

pub fn command_id(position: Position) -> String {
    format!("cmd_{}", position.0)
}

pub fn subscription_id(id: engine::SubscriptionId) -> String {
    format!("sub_{}-{}", id.account.0, id.serial)
}

pub fn suspender(by: engine::Suspender) -> &'static str {
    match by {
        engine::Suspender::Customer => "customer",
        engine::Suspender::Staff => "staff",
    }
}

pub fn reservation_id(id: ReservationId) -> String {
    format!("res_{}-{}", id.account.0, id.serial)
}

pub fn credit_id(id: CreditId) -> String {
    format!("crd_{}-{}", id.account.0, id.serial)
}

pub fn parse_customer(field: &str, text: &str) -> Result<CustomerId, Problem> {
    number_after("cus_", text).map(CustomerId).ok_or_else(|| not_an_id(field, text, "cus_12"))
}

pub fn parse_payment(field: &str, text: &str) -> Result<Position, Problem> {
    number_after("pay_", text).map(Position).ok_or_else(|| not_an_id(field, text, "pay_12"))
}

/// The account and the serial number of a refund that waits, or waited, for a second person.
pub fn parse_refund(field: &str, text: &str) -> Result<(AccountId, u32), Problem> {
    let (account, serial) =
        pair_after("rfd_", text).ok_or_else(|| not_an_id(field, text, "rfd_12-3"))?;
    Ok((AccountId(account), serial))
}

pub fn parse_webhook_endpoint(field: &str, text: &str) -> Result<u64, Problem> {
    number_after("whe_", text).ok_or_else(|| not_an_id(field, text, "whe_12"))
}

pub fn parse_webhook_delivery(field: &str, text: &str) -> Result<u64, Problem> {
    number_after("whd_", text).ok_or_else(|| not_an_id(field, text, "whd_12"))
}

pub fn parse_command(field: &str, text: &str) -> Result<Position, Problem> {
    number_after("cmd_", text).map(Position).ok_or_else(|| not_an_id(field, text, "cmd_12"))
}

pub fn parse_reservation(field: &str, text: &str) -> Result<ReservationId, Problem> {
    let (account, serial) =
        pair_after("res_", text).ok_or_else(|| not_an_id(field, text, "res_12-3"))?;
    Ok(ReservationId { account: AccountId(account), serial })
}

pub fn parse_subscription(field: &str, text: &str) -> Result<engine::SubscriptionId, Problem> {
    let (account, serial) =
        pair_after("sub_", text).ok_or_else(|| not_an_id(field, text, "sub_12-3"))?;
    Ok(engine::SubscriptionId { account: AccountId(account), serial })
}

pub fn parse_credit(field: &str, text: &str) -> Result<CreditId, Problem> {
    let (account, serial) =
        pair_after("crd_", text).ok_or_else(|| not_an_id(field, text, "crd_12-3"))?;
    Ok(CreditId { account: AccountId(account), serial })
}

/// An account by its id or its number.
pub fn parse_account(field: &str, text: &str) -> Result<AccountRef, Problem> {
    if text.contains('_') {
        let id = number_after("acc_", text).map(AccountId);
        return id.map(AccountRef::Id).ok_or_else(|| no_account(field, text, "acc_12"));
    }
    AccountNumber::parse(text)
        .map(AccountRef::Number)
        .ok_or_else(|| no_account(field, text, "acc_12, nor an account number"))
}

fn not_an_id(field: &str, text: &str, example: &str) -> Problem {
    no_id(field, Fault::Choose, text, example)
}

fn no_account(field: &str, text: &str, example: &str) -> Problem {
    no_id(field, Fault::Account, text, example)
}

fn no_id(field: &str, fault: Fault, text: &str, example: &str) -> Problem {
    let shown: String = text.chars().take(40).collect();
    Problem::faulty(field, fault, format!("{shown:?} is not an id such as {example}"))
}

fn number_after<T: std::str::FromStr>(prefix: &str, text: &str) -> Option<T> {
    let digits = text.strip_prefix(prefix)?;
    let plain = digits.bytes().all(|it| it.is_ascii_digit()) && !digits.starts_with('0');
    if plain { digits.parse().ok() } else { None }
}

fn pair_after(prefix: &str, text: &str) -> Option<(u32, u32)> {
    let (account, serial) = text.strip_prefix(prefix)?.split_once('-')?;
    Some((number_after("", account)?, number_after("", serial)?))
}
