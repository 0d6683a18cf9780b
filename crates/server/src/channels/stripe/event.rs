//! What an event of Stripe's says about money.

use std::collections::BTreeMap;

use engine::{Amount, Currency, Money, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

/// What is to be done about an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    Paid(Paid),
    TakenBack(Back),
    /// Nothing: it is of no concern here, or another event says the same.
    Nothing(&'static str),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paid {
    /// The payment intent.
    pub reference: String,
    pub money: Money,
    /// What stands for the account in the metadata, or in the reference of the checkout.
    pub account: Option<String>,
    pub paid_at: Option<Timestamp>,
}

/// Money that went back, by a refund or by a dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Back {
    /// The payment intent.
    pub reference: String,
    /// All that has gone back by now.
    pub money: Money,
    pub why: &'static str,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    data: Subject<'a>,
}

#[derive(Deserialize)]
struct Subject<'a> {
    #[serde(borrow)]
    object: &'a RawValue,
}

#[derive(Deserialize)]
struct PaymentIntent {
    id: String,
    amount_received: i64,
    currency: String,
    #[serde(default)]
    metadata: Option<Metadata>,
    #[serde(default)]
    created: Option<i64>,
}

#[derive(Deserialize)]
struct CheckoutSession {
    #[serde(default)]
    payment_intent: Option<Linked>,
    #[serde(default)]
    payment_status: String,
    #[serde(default)]
    amount_total: Option<i64>,
    #[serde(default)]
    currency: Option<String>,
    #[serde(default)]
    client_reference_id: Option<String>,
    #[serde(default)]
    metadata: Option<Metadata>,
    #[serde(default)]
    created: Option<i64>,
}

#[derive(Deserialize)]
struct Charge {
    #[serde(default)]
    payment_intent: Option<Linked>,
    amount_refunded: i64,
    currency: String,
}

#[derive(Deserialize)]
struct Dispute {
    #[serde(default)]
    payment_intent: Option<Linked>,
    amount: i64,
    currency: String,
    #[serde(default)]
    status: String,
}

type Metadata = BTreeMap<String, String>;

/// Another object: its id, or the whole of it where the endpoint asks for that.
#[derive(Deserialize)]
#[serde(untagged)]
enum Linked {
    Id(String),
    Object { id: String },
}

impl Linked {
    fn id(self) -> String {
        match self {
            Self::Id(id) | Self::Object { id } => id,
        }
    }
}

/// Reads an event; an error names the field.
pub fn read(body: &[u8]) -> Result<Notice, String> {
    let event: Event<'_> = parse("", body)?;
    let object = event.data.object.get().as_bytes();
    match event.kind.as_str() {
        "payment_intent.succeeded" => paid_by_intent(parse("data.object.", object)?),
        "checkout.session.completed" | "checkout.session.async_payment_succeeded" => {
            paid_by_checkout(parse("data.object.", object)?)
        }
        "charge.refunded" => {
            let charge: Charge = parse("data.object.", object)?;
            let money =
                money("data.object.amount_refunded", charge.amount_refunded, &charge.currency)?;
            Ok(taken_back(charge.payment_intent, money, "refunded"))
        }
        "charge.dispute.created" | "charge.dispute.funds_withdrawn" => {
            let dispute: Dispute = parse("data.object.", object)?;
            // An inquiry of the card scheme has not moved any money, and may never.
            if dispute.status.starts_with("warning_")
                && event.kind != "charge.dispute.funds_withdrawn"
            {
                return Ok(Notice::Nothing("an inquiry moves no money"));
            }
            let money = money("data.object.amount", dispute.amount, &dispute.currency)?;
            Ok(taken_back(dispute.payment_intent, money, "disputed"))
        }
        _ => Ok(Notice::Nothing("events of this type are of no concern here")),
    }
}

fn paid_by_intent(intent: PaymentIntent) -> Result<Notice, String> {
    let money = money("data.object.amount_received", intent.amount_received, &intent.currency)?;
    Ok(paid(intent.id, money, account(intent.metadata, None), intent.created))
}

fn paid_by_checkout(session: CheckoutSession) -> Result<Notice, String> {
    if session.payment_status != "paid" {
        return Ok(Notice::Nothing("the checkout is not paid yet"));
    }
    // A subscription's checkout has none: its invoice's own payment comes as an event too.
    let Some(intent) = session.payment_intent else {
        return Ok(Notice::Nothing("the checkout has no payment of its own"));
    };
    let total = session.amount_total.ok_or("data.object.amount_total is missing")?;
    let currency = session.currency.ok_or("data.object.currency is missing")?;
    let money = money("data.object.amount_total", total, &currency)?;
    let account = account(session.metadata, session.client_reference_id);
    Ok(paid(intent.id(), money, account, session.created))
}

fn paid(reference: String, money: Money, account: Option<String>, at: Option<i64>) -> Notice {
    if money.amount.is_zero() {
        return Notice::Nothing("nothing was paid");
    }
    let paid_at = at.and_then(|it| it.checked_mul(1_000_000)).map(Timestamp);
    Notice::Paid(Paid { reference, money, account, paid_at })
}

fn taken_back(intent: Option<Linked>, money: Money, why: &'static str) -> Notice {
    match intent {
        Some(_) if money.amount.is_zero() => Notice::Nothing("nothing went back"),
        Some(intent) => Notice::TakenBack(Back { reference: intent.id(), money, why }),
        None => Notice::Nothing("the charge is of no payment intent, so it was never counted"),
    }
}

fn account(metadata: Option<Metadata>, reference: Option<String>) -> Option<String> {
    let named = metadata.and_then(|mut it| it.remove("account")).or(reference);
    named.map(|it| it.trim().to_owned()).filter(|it| !it.is_empty())
}

fn parse<'a, T: Deserialize<'a>>(place: &str, json: &'a [u8]) -> Result<T, String> {
    let mut parser = serde_json::Deserializer::from_slice(json);
    serde_path_to_error::deserialize(&mut parser).map_err(|error| {
        let path = error.path().to_string();
        let path = format!("{place}{}", if path == "." { "" } else { &path });
        let why = error.inner().to_string();
        // Inside of an object the line would be counted from its own beginning.
        let why =
            if place.is_empty() { &why } else { why.split(" at line").next().unwrap_or(&why) };
        let why: String = why.chars().take(200).collect();
        match path.trim_end_matches('.') {
            "" => format!("the event: {why}"),
            path => format!("{path}: {why}"),
        }
    })
}

/// Currencies that Stripe counts in whole ones, by <https://docs.stripe.com/currencies>.
const WHOLE: [&str; 15] = [
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF",
    "XOF", "XPF",
];

/// Currencies that Stripe counts in thousandths.
const THOUSANDTHS: [&str; 5] = ["BHD", "JOD", "KWD", "OMR", "TND"];

/// Stripe's amount, whose unit is not always the minor unit of ISO 4217.
///
/// All others are counted in hundredths, among them ISK and UGX, which have no minor unit, and
/// so have to come out whole; the ariary is counted whole although ISO gives it two places.
pub fn money(field: &str, amount: i64, code: &str) -> Result<Money, String> {
    let code = code.to_uppercase();
    let currency = Currency::from_code(&code)
        .ok_or_else(|| format!("data.object.currency: {code:?} is not a currency of ISO 4217"))?;
    let decimals: u8 = match code.as_str() {
        it if WHOLE.contains(&it) => 0,
        it if THOUSANDTHS.contains(&it) => 3,
        _ => 2,
    };
    if amount < 0 {
        return Err(format!("{field}: {amount} is negative"));
    }
    let units =
        i128::from(amount) * 10_i128.pow(u32::from(currency.exponent()) + engine::FINE_DIGITS);
    let one = 10_i128.pow(u32::from(decimals));
    let minor = 10_i128.pow(engine::FINE_DIGITS);
    if units % (one * minor) != 0 {
        return Err(format!("{field}: {amount} is not a whole number of {currency}'s minor unit"));
    }
    let units = i64::try_from(units / one).ok().and_then(Amount::from_units);
    let amount =
        units.ok_or_else(|| format!("{field}: {amount} is more than an account can hold"))?;
    Ok(Money { amount, currency })
}
