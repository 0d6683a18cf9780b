//! `GET /console/live`: the feed by which an open page learns that it has to look again.

use axum::response::{IntoResponse, Response};
use engine::Position;
use serde::Deserialize;

use super::Desk;
use crate::faces::Failed;
use crate::faces::live::{self, Shown};
use crate::http::query::Query;
use crate::http::wire;

#[derive(Deserialize)]
pub struct Listening {
    /// Whose page it is; a page of the provider's hears of everything.
    #[serde(default)]
    customer: Option<String>,
    /// The position that the page was true for.
    #[serde(default)]
    after: Option<u64>,
}

pub async fn listen(desk: Desk, Query(query): Query<Listening>) -> Result<Response, Failed> {
    let shown = match &query.customer {
        Some(customer) => Shown::Customer(wire::parse_customer("customer", customer)?),
        None => Shown::Everything,
    };
    let whose = (desk.staff.person(), desk.staff.session.id);
    let after = query.after.map(Position);
    Ok(live::stream(desk.app.clone(), whose, shown, after).await.into_response())
}
