//! What an event of Stripe's says about money.

use std::collections::BTreeMap;

use engine::{Money, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::amount::money;
use super::checkout::CHECKOUT;

/// What is to be done about an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    Paid(Paid),
    /// Parts of a payment went back, each known by an id of its own.
    TakenBack(Vec<Back>),
    /// So much of a charge has gone back by now; which refunds it were is not said.
    RefundedUpTo(Back),
    /// Money that had gone back is here again: a dispute was won, a refund failed.
    CameBack(Back),
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
    /// The reference of a page that self-care had made, by which it is looked for there.
    pub checkout: Option<String>,
    pub paid_at: Option<Timestamp>,
}

/// Money that went back, by a refund or by a dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Back {
    pub way: Way,
    /// The refund's or the dispute's own id.
    pub id: String,
    /// The payment intent.
    pub reference: String,
    pub money: Money,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Refund,
    Dispute,
}

impl Way {
    pub fn word(self) -> &'static str {
        match self {
            Self::Refund => "refunded",
            Self::Dispute => "disputed",
        }
    }
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
    id: String,
    #[serde(default)]
    payment_intent: Option<Linked>,
    amount_refunded: i64,
    currency: String,
    /// Only in versions of Stripe's API before 2022-11-15.
    #[serde(default)]
    refunds: Option<Refunds>,
}

#[derive(Deserialize)]
struct Refunds {
    data: Vec<Refund>,
}

#[derive(Deserialize)]
struct Refund {
    id: String,
    #[serde(default)]
    payment_intent: Option<Linked>,
    amount: i64,
    currency: String,
    status: String,
}

#[derive(Deserialize)]
struct Dispute {
    id: String,
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
        "charge.refunded" => refunded_charge(parse("data.object.", object)?),
        "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
            refund(parse("data.object.", object)?)
        }
        "charge.dispute.created" | "charge.dispute.funds_withdrawn" => {
            let dispute: Dispute = parse("data.object.", object)?;
            // An inquiry of the card scheme has not moved any money, and may never.
            if dispute.status.starts_with("warning_")
                && event.kind != "charge.dispute.funds_withdrawn"
            {
                return Ok(Notice::Nothing("an inquiry moves no money"));
            }
            Ok(disputed(dispute)?.map_or(OF_NO_INTENT, |it| Notice::TakenBack(vec![it])))
        }
        "charge.dispute.funds_reinstated" => {
            Ok(disputed(parse("data.object.", object)?)?.map_or(OF_NO_INTENT, Notice::CameBack))
        }
        _ => Ok(Notice::Nothing("events of this type are of no concern here")),
    }
}

fn paid_by_intent(intent: PaymentIntent) -> Result<Notice, String> {
    let money = money("data.object.amount_received", intent.amount_received, &intent.currency)?;
    Ok(paid(intent.id, money, intent.metadata, None, intent.created))
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
    let named = session.client_reference_id;
    Ok(paid(intent.id(), money, session.metadata, named, session.created))
}

fn paid(
    reference: String,
    money: Money,
    metadata: Option<Metadata>,
    named: Option<String>,
    at: Option<i64>,
) -> Notice {
    if money.amount.is_zero() {
        return Notice::Nothing("nothing was paid");
    }
    let mut metadata = metadata.unwrap_or_default();
    let said = |it: String| Some(it.trim().to_owned()).filter(|it| !it.is_empty());
    let account = metadata.remove("account").or(named).and_then(said);
    let checkout = metadata.remove(CHECKOUT).and_then(said);
    let paid_at = at.and_then(|it| it.checked_mul(1_000_000)).map(Timestamp);
    Notice::Paid(Paid { reference, money, account, checkout, paid_at })
}

const OF_NO_INTENT: Notice =
    Notice::Nothing("the charge is of no payment intent, so it was never counted");

fn refunded_charge(charge: Charge) -> Result<Notice, String> {
    let money = money("data.object.amount_refunded", charge.amount_refunded, &charge.currency)?;
    let Some(intent) = charge.payment_intent.map(Linked::id) else { return Ok(OF_NO_INTENT) };
    if money.amount.is_zero() {
        return Ok(Notice::Nothing("nothing went back"));
    }
    let listed = charge.refunds.map(|it| it.data).unwrap_or_default();
    let mut backs = Vec::with_capacity(listed.len());
    for refund in listed.into_iter().filter(|it| it.status == "succeeded") {
        backs.extend(refund.back(Some(&intent))?);
    }
    Ok(match backs.is_empty() {
        false => Notice::TakenBack(backs),
        true => {
            Notice::RefundedUpTo(Back { way: Way::Refund, id: charge.id, reference: intent, money })
        }
    })
}

fn refund(refund: Refund) -> Result<Notice, String> {
    let status = refund.status.clone();
    let Some(back) = refund.back(None)? else { return Ok(OF_NO_INTENT) };
    Ok(match status.as_str() {
        "succeeded" => Notice::TakenBack(vec![back]),
        "failed" | "canceled" => Notice::CameBack(back),
        _ => Notice::Nothing("the refund is under way, and may fail"),
    })
}

impl Refund {
    /// `None` when it is of no payment intent.
    fn back(self, of: Option<&str>) -> Result<Option<Back>, String> {
        let money = money("data.object.amount", self.amount, &self.currency)?;
        let intent = self.payment_intent.map(Linked::id).or_else(|| of.map(str::to_owned));
        let (way, id) = (Way::Refund, self.id);
        Ok(intent.map(|reference| Back { way, id, reference, money }))
    }
}

fn disputed(dispute: Dispute) -> Result<Option<Back>, String> {
    let money = money("data.object.amount", dispute.amount, &dispute.currency)?;
    let (way, id) = (Way::Dispute, dispute.id);
    let intent = dispute.payment_intent.map(Linked::id);
    Ok(intent.map(|reference| Back { way, id, reference, money }))
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
