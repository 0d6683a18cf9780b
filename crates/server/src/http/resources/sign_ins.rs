//! `GET /v1/sign-ins`: who came in, who tried, and what was changed about it.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use store::access::{AccessEvent, Means, Note, Person, SignInQuery};
use utoipa::{IntoParams, ToSchema};

use crate::http::app::App;
use crate::http::auth::Permission;
use crate::http::error::Problem;
use crate::http::query::{Limit, Query};
use crate::http::wire;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct SignInParameters {
    /// Only of this user of the console.
    #[serde(default)]
    pub user: Option<String>,
    /// Only of this customer.
    #[serde(default)]
    pub customer: Option<String>,
    /// `signed_in`, `sign_in_failed`, `signed_out`, `sessions_ended`, `code_sent`,
    /// `code_not_sent`, `password_set`, `user_created`, `user_changed`, `user_disabled`,
    /// `user_enabled`.
    #[serde(default)]
    pub event: Option<String>,
    /// The first moment, as RFC 3339.
    #[serde(default)]
    pub from: Option<String>,
    /// The moment before which.
    #[serde(default)]
    pub to: Option<String>,
    /// The `next` of the page before.
    #[serde(default)]
    pub cursor: Option<u64>,
    #[serde(default)]
    #[param(inline)]
    pub limit: Limit,
}

#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct SignInView {
    pub at: String,
    #[schema(example = "sign_in_failed")]
    pub event: &'static str,
    /// Whose it is, if it is a user of the console's.
    pub user: Option<String>,
    /// Whose it is, if it is a customer's. Neither is there when nobody has the name that was
    /// typed: what was typed is not kept.
    #[schema(example = "cus_12")]
    pub customer: Option<String>,
    /// `password`, `code` or `openid`.
    pub means: Option<&'static str>,
    /// Who did it, where it was somebody else: `user.ann`, `command-line`.
    pub by: Option<String>,
    /// Where it came from.
    #[schema(example = "192.0.2.7")]
    pub address: Option<String>,
    /// The browser's own name for itself.
    pub agent: Option<String>,
}

#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct SignInsView {
    /// Newest first.
    pub sign_ins: Vec<SignInView>,
    /// For the next page, as `cursor`; absent on the last one.
    pub next: Option<u64>,
}

/// Who signed in to the console and to self-care, who tried in vain, who was sent a code or given
/// a password, and which users were made, changed or disabled. Kept for 400 days. What was done
/// once signed in stands in the journal, by actor: `/v1/audit`.
#[utoipa::path(get, path = "/v1/sign-ins", tag = "reports", params(SignInParameters),
    responses((status = 200, body = SignInsView), (status = 400, body = Problem)))]
pub async fn list_sign_ins(
    State(app): State<App>,
    Query(query): Query<SignInParameters>,
    headers: HeaderMap,
) -> Result<Json<SignInsView>, Problem> {
    app.authorise(&headers, Permission::Audit).await?;
    let limit = query.limit.get();
    let query = search(query)?;
    let mut found = app.access.read(move |it| it.sign_ins(&query, limit + 1)).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|it| it.0);
    Ok(Json(SignInsView { sign_ins: found.into_iter().map(|it| view(it.1)).collect(), next }))
}

fn search(query: SignInParameters) -> Result<SignInQuery, Problem> {
    let moment = |name: &str, text: &Option<String>| {
        text.as_deref().map(|it| wire::parse_time(name, it)).transpose()
    };
    let person = match (query.user, query.customer) {
        (None, None) => None,
        (Some(user), None) => Some(Person::User(user)),
        (None, Some(id)) => Some(Person::Customer(wire::parse_customer("customer", &id)?)),
        (Some(_), Some(_)) => {
            return Err(Problem::malformed("user", "is asked for with a customer"));
        }
    };
    let event = query.event.map(|name| {
        AccessEvent::from_name(&name).ok_or_else(|| {
            let known = AccessEvent::ALL.map(AccessEvent::name).join(", ");
            let shown: String = name.chars().take(40).collect();
            Problem::malformed("event", format!("{shown:?} is none of {known}"))
        })
    });
    Ok(SignInQuery {
        person,
        event: event.transpose()?,
        from: moment("from", &query.from)?,
        to: moment("to", &query.to)?,
        before: query.cursor,
    })
}

fn view(note: Note) -> SignInView {
    let customer = note.person.as_ref().and_then(Person::customer);
    SignInView {
        at: wire::time(note.at),
        event: note.event.name(),
        user: note.person.as_ref().and_then(Person::user).map(str::to_owned),
        customer: customer.map(wire::customer_id),
        means: note.means.map(Means::name),
        by: note.by,
        address: note.address,
        agent: note.agent,
    }
}
