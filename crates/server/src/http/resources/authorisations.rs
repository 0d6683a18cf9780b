//! `POST /v1/authorisations`: may this be spent, and until when?

use std::borrow::Cow;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use engine::{Ask, Authorise, Command, Entry, Fact, Precision, Refusal, SessionKey};
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use utoipa::ToSchema;

use super::charges::name;
use crate::http::app::{ApiOptions, App};
use crate::http::auth::Permission;
use crate::http::call::{Call, answer};
use crate::http::error::Problem;
use crate::http::wire::{WireLimit, WireMoney};
use crate::http::{text, wire};
use crate::shard::key_digest;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthorisationRequest<'a> {
    /// Whose money: id or number.
    #[serde(borrow)]
    #[schema(example = "acc_1")]
    pub account: Cow<'a, str>,
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
    #[serde(borrow)]
    #[schema(example = "1.50")]
    pub amount: Cow<'a, str>,
    /// Has to be the account's.
    #[serde(borrow)]
    #[schema(example = "EUR")]
    pub currency: Cow<'a, str>,
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
    pub fn command(&self, app: &App) -> Result<Authorise, Problem> {
        text::check("session", &self.session, 255)?;
        let ask = WireAsk {
            amount: &self.amount,
            minimum: self.minimum.as_deref(),
            expires_in: self.expires_in,
        };
        let service = self.service.as_deref().unwrap_or("other");
        Ok(Authorise {
            account: wire::parse_account("account", &self.account)?,
            session: SessionKey(key_digest(&[b"session", self.session.as_bytes()])),
            session_text: self.session.as_ref().into(),
            request: request_number(self.request)?,
            service: name("service", service)?,
            currency: wire::currency("currency", &self.currency)?,
            ask: ask.read(&self.currency, app.shard.now(), &app.options)?,
        })
    }
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
    /// What may be used.
    pub amount: Option<WireMoney>,
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
            expires_at: None,
            refusal: None,
            available: Some(WireLimit::available(posting.available(), currency, exponent)),
            position: Some(entry.position.0),
        };
        match &entry.fact {
            Fact::Authorised { serial, grant, .. } => Some(Self {
                granted: true,
                reservation: reservation(*serial),
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
    let authorise = call.json::<AuthorisationRequest>()?.command(&app)?;
    let asked = authorise.clone();
    let answered = app.submit(&call.writing(caller), Command::Authorise(authorise)).await;
    let entries = match answered {
        Ok(entries) => entries,
        Err(problem) if problem.code == "insufficient_funds" => {
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

/// Refuses a request number that stood for something else, and names what differs.
pub fn check_same(entry: &Entry, asked: &Authorise) -> Result<(), Problem> {
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
