//! The catalogue: services and their versions.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use engine::{
    Command, DueRule, Fact, Name, OneTime, PaymentMode, Profile, Recurring, Service, Usage,
    WhileOff, WhoseDays,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::charges::name;
use crate::http::app::App;
use crate::http::auth::Permission;
use crate::http::call::{Call, answer};
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::http::wire;

/// What a service is from its next version on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceRequest {
    #[schema(example = "Internet 100")]
    pub title: String,
    /// What its prices are in.
    #[schema(example = "EUR")]
    pub currency: String,
    /// `prepaid`: a period is charged when it begins; `postpaid`: when it ends.
    #[schema(value_type = String, example = "prepaid")]
    pub mode: PaymentMode,
    /// A fee for each period.
    #[serde(default)]
    #[schema(value_type = Option<Object>,
        example = json!({"price": "25.00", "every": {"count": 1, "unit": "month"}}))]
    pub recurring: Option<Recurring>,
    /// Prices for use: seconds, bytes, events.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub usage: Option<Usage>,
    /// Bought once, for a time or for ever.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub one_time: Option<OneTime>,
    /// In whose time zone its days begin: `provider` or `customer`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub days: WhoseDays,
    /// What becomes of the fee while it is off: `runs_on`, `pauses` or `credited`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub while_off: WhileOff,
    /// Whether the unused part of a paid period goes back when a subscription is closed.
    #[serde(default)]
    pub refunds_unused: bool,
    /// When a postpaid period has to be paid, if it is not just the credit limit that counts.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub due: Option<DueRule>,
    /// Which provisioning adapter switches it; without one, nobody is told.
    #[serde(default)]
    pub adapter: Option<String>,
    /// What the network is to set when it is on.
    #[serde(default)]
    #[schema(value_type = Option<Object>, example = json!({"down_kbit": "100000"}))]
    pub profile: Profile,
    /// No longer sold; what runs goes on.
    #[serde(default)]
    pub withdrawn: bool,
}

impl ServiceRequest {
    pub fn service(self, name: Name) -> Result<Service, Problem> {
        let adapter = self.adapter.as_deref().map(Name::new).transpose();
        Ok(Service {
            name,
            // The next one: the engine counts them.
            version: 0,
            title: self.title,
            currency: wire::currency("currency", &self.currency)?,
            mode: self.mode,
            recurring: self.recurring,
            usage: self.usage,
            one_time: self.one_time,
            days: self.days,
            while_off: self.while_off,
            refunds_unused: self.refunds_unused,
            due: self.due,
            adapter: adapter.map_err(|error| Problem::malformed("adapter", error))?,
            profile: self.profile,
            withdrawn: self.withdrawn,
        })
    }
}

/// A version of a service.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceView {
    #[serde(flatten)]
    #[schema(value_type = ServiceRequest)]
    pub service: Service,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceList {
    /// The newest version of each, by name.
    pub services: Vec<ServiceView>,
}

/// A service with every version that it ever had, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceHistory {
    pub versions: Vec<ServiceView>,
}

/// Sets the next version of a service. What runs keeps the present one until its next period.
#[utoipa::path(put, path = "/v1/services/{service}", tag = "services",
    params(("service" = String, Path, example = "internet-100")),
    request_body = ServiceRequest,
    responses((status = 200, body = ServiceView), (status = 400, body = Problem)))]
pub async fn set_service(
    State(app): State<App>,
    Path(service): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Configure).await?;
    let service = call.json::<ServiceRequest>()?.service(name("service", &service)?)?;
    let command = Command::SetService(service.into());
    let entries = app.submit(&call.writing(caller), command).await?;
    let Fact::ServiceSet(service) = &entries.first()?.fact else {
        return Err(Problem::internal());
    };
    let service = Service::clone(service);
    Ok(answer(StatusCode::OK, &entries, ServiceView { service }))
}

/// Every service in its newest version.
#[utoipa::path(get, path = "/v1/services", tag = "services",
    responses((status = 200, body = ServiceList)))]
pub async fn list_services(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Json<ServiceList>, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    let look = |state: &engine::State, _| {
        let services = state.catalogue().services().cloned();
        services.map(|service| ServiceView { service }).collect()
    };
    Ok(Json(ServiceList { services: app.shard.read(None, look).await? }))
}

/// A service and its history.
#[utoipa::path(get, path = "/v1/services/{service}", tag = "services",
    params(("service" = String, Path, example = "internet-100")),
    responses((status = 200, body = ServiceHistory), (status = 404, body = Problem)))]
pub async fn get_service(
    State(app): State<App>,
    Path(service): Path<String>,
    headers: HeaderMap,
) -> Result<Json<ServiceHistory>, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    let service = name("service", &service)?;
    let look = move |state: &engine::State, _| {
        let versions = state.catalogue().versions(service).cloned();
        versions.map(|service| ServiceView { service }).collect::<Vec<_>>()
    };
    let mut versions = app.shard.read(None, look).await?;
    versions.reverse();
    match versions.is_empty() {
        true => Err(Problem::refused(&engine::Refusal::ServiceNotFound { service })),
        false => Ok(Json(ServiceHistory { versions })),
    }
}
