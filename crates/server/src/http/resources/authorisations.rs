//! `POST /v1/authorisations`: may this be spent or used, and until when?

use std::borrow::Cow;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use engine::{
    Ask, Authorise, AuthoriseUse, Command, Entry, Fact, Precision, Refusal, SessionKey, Whom,
};
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use utoipa::ToSchema;

use super::charges::name;
use super::usage;
use crate::http::app::{ApiOptions, App};
use crate::http::auth::Permission;
use crate::http::call::{Call, answer};
use crate::http::entry_view::services::GrantedView;
use crate::http::error::Problem;
use crate::http::wire::{WireLimit, WireMoney};
use crate::http::{text, wire};
use crate::shard::key_digest;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthorisationRequest<'a> {
    /// Whose money: id or number. For units, a subject or a subscription may stand instead.
    #[serde(borrow, default)]
    #[schema(example = "acc_1")]
    pub account: Option<Cow<'a, str>>,
    /// What the network knows the subscription by: login, telephone number, SIP address.
    #[serde(borrow, default)]
    #[schema(example = "amelie")]
    pub subject: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    #[schema(example = "sub_1-1")]
    pub subscription: Option<Cow<'a, str>>,
    /// The caller's own identifier of the session.
    #[serde(borrow)]
    #[schema(example = "call-7f3a")]
    pub session: Cow<'a, str>,
    /// Number of this request within the session, from 1: makes repeats harmless.
    #[serde(default)]
    #[schema(example = 1)]
    pub request: Option<u32>,
    /// What is used; `other` when not said.
    #[serde(borrow, default)]
    #[schema(example = "telephony")]
    pub service: Option<Cow<'a, str>>,
    /// Money, or else `quantity`.
    #[serde(borrow, default)]
    #[schema(example = "1.50")]
    pub amount: Option<Cow<'a, str>>,
    /// What `amount` is in: has to be the account's.
    #[serde(borrow, default)]
    #[schema(example = "EUR")]
    pub currency: Option<Cow<'a, str>>,
    /// Seconds, bytes or events, priced by the subscription's tariff.
    #[serde(default)]
    #[schema(example = 600)]
    pub quantity: Option<u64>,
    /// The least quantity that is of use; 1 when not said.
    #[serde(default)]
    pub minimum_quantity: Option<u64>,
    /// Where the use goes to, for the tariff: a telephone number.
    #[serde(borrow, default)]
    #[schema(example = "+33612345678")]
    pub destination: Option<Cow<'a, str>>,
    /// The least that is of use; the same as `amount` when not said.
    #[serde(borrow, default)]
    #[schema(example = "0.10")]
    pub minimum: Option<Cow<'a, str>>,
    /// Seconds for which the money is held.
    #[serde(default)]
    #[schema(example = 60)]
    pub expires_in: Option<u32>,
}

impl AuthorisationRequest<'_> {
    pub fn command(&self, app: &App) -> Result<Command, Problem> {
        text::check("session", &self.session, 255)?;
        match self.quantity {
            None => self.by_money(app).map(Command::Authorise),
            Some(quantity) => {
                self.by_units(app, quantity).map(|it| Command::AuthoriseUse(Box::new(it)))
            }
        }
    }

    fn by_money(&self, app: &App) -> Result<Authorise, Problem> {
        let amount = require("amount", self.amount.as_deref())?;
        let currency = require("currency", self.currency.as_deref())?;
        let units_only = [
            ("subject", self.subject.is_some()),
            ("subscription", self.subscription.is_some()),
            ("destination", self.destination.is_some()),
            ("minimum_quantity", self.minimum_quantity.is_some()),
        ];
        if let Some((field, _)) = units_only.iter().find(|it| it.1) {
            return Err(Problem::malformed(field, "is for a quantity, and there is an amount"));
        }
        let ask = WireAsk { amount, minimum: self.minimum.as_deref(), expires_in: self.expires_in };
        let service = self.service.as_deref().unwrap_or("other");
        Ok(Authorise {
            account: wire::parse_account("account", require("account", self.account.as_deref())?)?,
            session: self.key(),
            session_text: self.session.as_ref().into(),
            request: request_number(self.request)?,
            service: name("service", service)?,
            currency: wire::currency("currency", currency)?,
            ask: ask.read(currency, app.shard.now(), &app.options)?,
        })
    }

    fn by_units(&self, app: &App, quantity: u64) -> Result<AuthoriseUse, Problem> {
        let money_only = [
            ("amount", self.amount.is_some()),
            ("currency", self.currency.is_some()),
            ("minimum", self.minimum.is_some()),
        ];
        if let Some((field, _)) = money_only.iter().find(|it| it.1) {
            return Err(Problem::malformed(field, "is for an amount, and there is a quantity"));
        }
        let service = self.service.as_deref().map(|it| name("service", it)).transpose()?;
        if let Some(destination) = &self.destination {
            text::check("destination", destination, 64)?;
        }
        Ok(AuthoriseUse {
            whom: self.whom(service.is_some())?,
            service,
            session: self.key(),
            session_text: self.session.as_ref().into(),
            request: request_number(self.request)?,
            destination: self.destination.as_deref().map(Into::into),
            ask: usage::ask(app, "", quantity, self.minimum_quantity, self.expires_in)?,
        })
    }

    fn whom(&self, names_service: bool) -> Result<Whom, Problem> {
        match (&self.account, &self.subject, &self.subscription) {
            (None, Some(subject), None) => {
                text::check("subject", subject, 128)?;
                Ok(Whom::Subject(subject.as_ref().into()))
            }
            (None, None, Some(id)) => {
                wire::parse_subscription("subscription", id).map(Whom::Subscription)
            }
            (Some(_), None, None) if !names_service => {
                Err(Problem::malformed("service", "is needed beside an account"))
            }
            (Some(account), None, None) => {
                wire::parse_account("account", account).map(Whom::Account)
            }
            _ => {
                let why = "or subscription or account: one of the three says who uses";
                Err(Problem::malformed("subject", why))
            }
        }
    }

    fn key(&self) -> SessionKey {
        SessionKey(key_digest(&[b"session", self.session.as_bytes()]))
    }
}

fn require<'a>(field: &str, value: Option<&'a str>) -> Result<&'a str, Problem> {
    value.ok_or_else(|| Problem::malformed(field, "is missing"))
}

/// What a session asks for, as it stands in a request.
pub struct WireAsk<'a> {
    pub amount: &'a str,
    pub minimum: Option<&'a str>,
    pub expires_in: Option<u32>,
}

impl WireAsk<'_> {
    pub fn read(
        &self,
        currency: &str,
        now: engine::Timestamp,
        options: &ApiOptions,
    ) -> Result<Ask, Problem> {
        let amount = wire::money(self.amount, currency, Precision::Fine)?.amount;
        let minimum = match self.minimum {
            None => amount,
            Some(text) => wire::money_or_zero("minimum", text, currency, Precision::Fine)?.amount,
        };
        if minimum > amount {
            return Err(Problem::malformed("minimum", "is more than amount"));
        }
        let seconds = self.expires_in.unwrap_or(options.grant_seconds);
        if !(1..=options.grant_seconds_max).contains(&seconds) {
            let why = format!("is not from 1 to {} seconds", options.grant_seconds_max);
            return Err(Problem::malformed("expires_in", why));
        }
        let expires_at = now.plus(i64::from(seconds) * 1_000_000);
        Ok(Ask { amount, minimum, expires_at })
    }
}

/// 0 stands for a request without a number, so it is none itself.
pub fn request_number(request: Option<u32>) -> Result<u32, Problem> {
    match request {
        None => Ok(0),
        Some(0) => Err(Problem::malformed("request", "is 0; requests are numbered from 1")),
        Some(number) => Ok(number),
    }
}

/// Yes, so much until then; or no, and how much is missing.
#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct AuthorisationView {
    pub granted: bool,
    #[schema(example = "res_1-1")]
    pub reservation: Option<String>,
    /// What may be used, in money: it is held.
    pub amount: Option<WireMoney>,
    /// And in units, where units were asked for.
    pub quantity: Option<GrantedView>,
    pub expires_at: Option<String>,
    pub refusal: Option<Problem>,
    /// What may be spent beside it.
    pub available: Option<WireLimit>,
    /// Place of the answer in the journal; a "no" without a request number has none.
    pub position: Option<u64>,
}

impl AuthorisationView {
    pub fn new(entry: &Entry) -> Option<Self> {
        let posting = entry.posting?;
        let (currency, exponent) = (posting.currency, posting.exponent);
        let reservation = |serial| {
            let account = posting.account;
            Some(wire::reservation_id(engine::ReservationId { account, serial }))
        };
        let none = Self {
            granted: false,
            reservation: None,
            amount: None,
            quantity: None,
            expires_at: None,
            refusal: None,
            available: Some(WireLimit::available(posting.available(), currency, exponent)),
            position: Some(entry.position.0),
        };
        match &entry.fact {
            Fact::Authorised { serial, grant, session, .. } => Some(Self {
                granted: true,
                reservation: reservation(*serial),
                quantity: session.usage.as_ref().map(|it| GrantedView::new(it.grant)),
                amount: Some(WireMoney::amount(grant.amount, currency, exponent)),
                expires_at: Some(wire::time(grant.expires_at)),
                ..none
            }),
            Fact::Refused { serial, refused, .. } => Some(Self {
                reservation: reservation(*serial),
                refusal: Some(Problem::refused(&refused.refusal)),
                ..none
            }),
            _ => None,
        }
    }

    pub fn refused(refusal: Problem) -> Self {
        Self {
            granted: false,
            reservation: None,
            amount: None,
            quantity: None,
            expires_at: None,
            refusal: Some(refusal),
            available: None,
            position: None,
        }
    }
}

/// Answers whether money may be spent, and holds it.
///
/// A "no" is an answer: 200 with `granted: false`, the refusal and what is missing.
#[utoipa::path(post, path = "/v1/authorisations", tag = "use",
    request_body = AuthorisationRequest,
    responses((status = 200, body = AuthorisationView), (status = 404, body = Problem)))]
pub async fn create_authorisation(State(app): State<App>, call: Call) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Use).await?;
    let command = call.json::<AuthorisationRequest>()?.command(&app)?;
    let asked = command.clone();
    let answered = app.submit(&call.writing(caller), command).await;
    let entries = match answered {
        Ok(entries) => entries,
        Err(problem) if is_answer(&problem) => {
            let view = AuthorisationView::refused(problem);
            return Ok(axum::response::IntoResponse::into_response(axum::Json(view)));
        }
        Err(problem) => return Err(problem),
    };
    let entry = entries.first()?;
    if entries.is_repeat() {
        check_same(entry, &asked)?;
    }
    let view = AuthorisationView::new(entry).ok_or_else(Problem::internal)?;
    Ok(answer(StatusCode::OK, &entries, view))
}

/// Whether a refusal is a "no" to what was asked, and the request itself is in order.
pub fn is_answer(problem: &Problem) -> bool {
    ["insufficient_funds", "subscription_off", "destination_not_served"].contains(&problem.code)
}

/// Refuses a request number that stood for something else, and names what differs.
pub fn check_same(entry: &Entry, asked: &Command) -> Result<(), Problem> {
    match asked {
        Command::Authorise(asked) => check_same_money(entry, asked),
        Command::AuthoriseUse(asked) => usage::check_same_authorisation(entry, asked),
        _ => Ok(()),
    }
}

fn check_same_money(entry: &Entry, asked: &Authorise) -> Result<(), Problem> {
    let session = match &entry.fact {
        Fact::Authorised { session, .. } => session,
        Fact::Refused { refused, .. } => &refused.session,
        _ => return Err(reused(asked.request, "kind")),
    };
    let currency = entry.posting.map(|it| it.currency);
    match () {
        () if currency != Some(asked.currency) => Err(reused(asked.request, "currency")),
        () if session.requested != asked.ask.amount => Err(reused(asked.request, "amount")),
        () if session.minimum != asked.ask.minimum => Err(reused(asked.request, "minimum")),
        () if session.service != asked.service => Err(reused(asked.request, "service")),
        () => Ok(()),
    }
}

pub fn reused(request: u32, field: &str) -> Problem {
    Problem::refused(&Refusal::RequestReused { request, field: field.into() })
}
