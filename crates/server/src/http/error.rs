//! Every "no" as `application/problem+json` (RFC 9457), in one place.

mod describe;
mod fault;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::Refusal;
use serde::Serialize;
use serde_json::{Map, Value};
use store::StoreError;
use utoipa::ToSchema;

use super::auth::Role;
use crate::shard::Unavailable;
use describe::describe;

pub use fault::Fault;

/// What went wrong, where, and what helps.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Stable; programs act on it. `docs/refusals.md` explains each.
    pub code: &'static str,
    pub title: String,
    pub status: u16,
    /// The field, header or parameter that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What would make it a yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub hint: Option<Box<str>>,
    /// The numbers of a refusal: `available`, `requested` and the like.
    #[serde(flatten)]
    pub figures: Box<Map<String, Value>>,
    /// What is behind it, for pages that say it in the reader's language.
    #[serde(skip)]
    pub behind: Option<Box<Behind>>,
}

/// What a problem is about, with its figures as they are.
#[derive(Clone, Debug)]
pub enum Behind {
    Refusal(Refusal),
    Fault(Fault),
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: impl Into<String>) -> Self {
        Self {
            code,
            title: title.into(),
            status: status.as_u16(),
            field: None,
            hint: None,
            figures: Box::default(),
            behind: None,
        }
    }

    pub fn hint(mut self, hint: impl Into<Box<str>>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A request that cannot be understood; `why` completes "the field …".
    pub fn malformed(field: &str, why: impl std::fmt::Display) -> Self {
        let mut problem = Self::new(StatusCode::BAD_REQUEST, "malformed", format!("{field} {why}"));
        problem.field = Some(field.to_owned());
        problem
    }

    /// As [`Self::malformed`], with a fault that pages have words for.
    pub fn faulty(field: &str, fault: Fault, why: impl std::fmt::Display) -> Self {
        let behind = Some(Behind::Fault(fault).into());
        Self { behind, ..Self::malformed(field, why) }
    }

    pub fn malformed_body(why: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", why)
    }

    pub fn too_large(bytes_max: usize) -> Self {
        let title = format!("the body has more than {bytes_max} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", title).hint("send less at once")
    }

    /// More entries in the period than a statement may have.
    pub fn statement_too_long(entries_max: usize) -> Self {
        let title = format!("the period has more than {entries_max} entries");
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "statement_too_long", title)
            .hint("ask for a shorter period, or raise limits.statement_entries_max")
    }

    pub fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", "there is no key, or it is unknown")
            .hint("send the header Authorization: Bearer KEY; `sporran key create` makes a key")
    }

    pub fn forbidden(role: Role) -> Self {
        let title = format!("the role {} may not do this", role.name());
        Self::new(StatusCode::FORBIDDEN, "forbidden", title)
    }

    /// A payment channel that may not be called so.
    pub fn denied(why: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", why)
    }

    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("there is no {what}"))
    }

    pub fn method_not_allowed() -> Self {
        let title = "this address does not take this method";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", title)
    }

    /// The same key or reference for something else.
    pub fn conflict(code: &'static str, field: &str, title: impl Into<String>) -> Self {
        let mut problem = Self::new(StatusCode::CONFLICT, code, title);
        problem.field = Some(field.to_owned());
        problem
    }

    /// Somebody's money is here.
    pub fn clock_not_settable() -> Self {
        let title = "the clock is set only in the directory of a demo or of tests";
        Self::new(StatusCode::CONFLICT, "clock_not_settable", title)
            .hint("`sporran demo`, or `sporran serve --test-clock` on a new directory")
    }

    pub fn idempotency_key_reused() -> Self {
        let title = "this Idempotency-Key was used for another request";
        Self::conflict("idempotency_key_reused", "Idempotency-Key", title)
    }

    pub fn unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "the server cannot answer now; what was asked may or may not have been done",
        )
        .hint("ask again with the same Idempotency-Key")
    }

    pub fn internal() -> Self {
        let title = "the server failed; the log says why";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", title)
    }

    pub fn refused(refusal: &Refusal) -> Self {
        let (title, hint, figures) = describe(refusal);
        let status = match refusal {
            Refusal::CustomerNotFound { .. }
            | Refusal::AccountNotFound { .. }
            | Refusal::PaymentNotFound { .. }
            | Refusal::ReservationNotFound { .. }
            | Refusal::CreditNotFound { .. }
            | Refusal::RefundNotFound { .. }
            | Refusal::ServiceNotFound { .. }
            | Refusal::SubscriptionNotFound { .. } => StatusCode::NOT_FOUND,
            Refusal::AccountNumberTaken { .. }
            | Refusal::OpeningBalanceSet { .. }
            | Refusal::RequestReused { .. }
            | Refusal::RequestOutOfOrder { .. }
            | Refusal::SessionOpen { .. }
            | Refusal::SubjectTaken { .. } => StatusCode::CONFLICT,
            Refusal::ServiceInvalid { .. } => StatusCode::BAD_REQUEST,
            Refusal::NoPromisePolicy { .. }
            | Refusal::PaymentsLocked { .. }
            | Refusal::ShardFull
            | Refusal::PlanHeld { .. }
            | Refusal::SecondPersonNeeded { .. }
            | Refusal::OverrideNotAllowed { .. }
            | Refusal::PaymentReversed { .. }
            | Refusal::MoreThanOwed { .. }
            | Refusal::PromiseNotPossible { .. }
            | Refusal::AccountClosed { .. }
            | Refusal::AccountNotEmpty { .. }
            | Refusal::SameAccount { .. }
            | Refusal::CurrencyMismatch { .. }
            | Refusal::CreditEndsInPast { .. }
            | Refusal::SessionEnded { .. }
            | Refusal::NoExchangeRate { .. }
            | Refusal::AmountOutOfRange { .. }
            | Refusal::CreditCeilingExceeded { .. }
            | Refusal::AccountHasSubscriptions { .. }
            | Refusal::ServiceWithdrawn { .. }
            | Refusal::ServiceUnfit { .. }
            | Refusal::SubscriptionSuspended { .. }
            | Refusal::SuspendedByStaff { .. }
            | Refusal::SuspensionEndsInPast { .. }
            | Refusal::UseWentBack { .. }
            | Refusal::DestinationNotServed { .. }
            | Refusal::SubscriptionOff { .. }
            | Refusal::InsufficientFunds { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let mut problem = Self::new(status, refusal.code(), title);
        problem.hint = (!hint.is_empty()).then(|| hint.into());
        problem.figures = Box::new(figures);
        problem.behind = Some(Behind::Refusal(refusal.clone()).into());
        problem
    }
}

impl From<Unavailable> for Problem {
    fn from(_: Unavailable) -> Self {
        Self::unavailable()
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        tracing::error!(%error, cause, "the store failed");
        match error {
            StoreError::Failed { .. } => Self::unavailable(),
            StoreError::Conflict { .. } | StoreError::Damaged { .. } => Self::internal(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).expect("made from a status");
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        let kind = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, kind);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
