//! What customers have of the catalogue: opening, looking at, changing, suspending, closing.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use engine::{
    Account, AccountRef, ChangePlan, Command, OpenSubscription, PaymentMode, Price, Refund,
    Refusal, State as Accounts, Subscription, SubscriptionChange, SubscriptionId, Suspender,
    Timestamp, When, standing,
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_with::skip_serializing_none;
use utoipa::{IntoParams, ToSchema};

use super::charges::name;
use crate::http::app::{App, Entries};
use crate::http::auth::{Caller, Permission};
use crate::http::call::{Call, answer};
use crate::http::entry_view::EntryView;
use crate::http::entry_view::services::{PeriodView, ServiceFields};
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::http::query::Query;
use crate::http::text;
use crate::http::wire::{self, WireMoney};

/// Names of the network of one subscription, at most.
const SUBJECTS_MAX: usize = 16;

/// The rank of a subscription when none is given: the lowest number comes first.
pub const PRIORITY: u16 = 100;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionRequest {
    /// Which account pays: id or number.
    #[schema(example = "acc_1")]
    pub account: String,
    #[schema(example = "internet-100")]
    pub service: String,
    /// The lowest number is paid and comes back first; 100 when not said.
    #[serde(default)]
    pub priority: Option<u16>,
    /// Instead of the catalogue's recurring price, in its currency.
    #[serde(default)]
    #[schema(example = "19.90")]
    pub own_price: Option<String>,
    /// What the network knows it by: login, telephone number, SIP address.
    #[serde(default)]
    #[schema(example = json!(["amelie"]))]
    pub subjects: Vec<String>,
    /// The subscription of the same account that it modifies.
    #[serde(default)]
    pub base: Option<String>,
}

/// What is different from now on; what is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeRequest {
    #[serde(default)]
    pub priority: Option<u16>,
    /// `null` is the catalogue's price again.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub own_price: Option<Option<String>>,
    #[serde(default)]
    pub subjects: Option<Vec<String>>,
}

/// A field that may be absent, or there and `null`.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SuspensionRequest {
    /// Who wants it: `staff` (when not said) or `customer`. What staff suspended, staff resume.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "customer")]
    pub by: Option<Suspender>,
    /// When it is resumed by itself.
    #[serde(default)]
    #[schema(example = "2026-12-24T00:00:00Z")]
    pub until: Option<String>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResumeRequest {
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "customer")]
    pub by: Option<Suspender>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseRequest {
    /// Whether the unused part of a paid period goes back; as the service says when not said.
    #[serde(default)]
    pub refund_unused: Option<bool>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePlanRequest {
    #[schema(example = "internet-500")]
    pub service: String,
    #[serde(default)]
    pub own_price: Option<String>,
    /// When the running period ends; at once, with credit for its unused part, when not said.
    #[serde(default)]
    pub at_period_end: bool,
}

/// A subscription as it is now.
#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionView {
    #[schema(example = "sub_1-1")]
    pub id: String,
    pub account: String,
    pub customer: String,
    #[schema(example = "internet-100")]
    pub service: &'static str,
    pub title: Option<String>,
    /// The service's version that the running period has.
    pub version: u32,
    pub on: bool,
    /// Since when it is as it is.
    pub since: String,
    /// What it is off for.
    #[schema(example = "period_unpaid")]
    pub why: Option<&'static str>,
    pub priority: u16,
    pub own_price: Option<String>,
    pub subjects: Vec<String>,
    /// The subscription that it modifies.
    pub base: Option<String>,
    pub opened_at: String,
    /// The period that is paid or runs.
    pub period: Option<PeriodView>,
    #[schema(value_type = Option<String>)]
    pub mode: Option<PaymentMode>,
    /// What was charged for the period.
    pub paid: Option<WireMoney>,
    /// It ends with its period: it was bought for a time.
    pub ends: Option<bool>,
    pub suspended: Option<SuspensionView>,
    /// The service that it becomes when its period ends.
    pub next_service: Option<&'static str>,
    /// Units of the period's allowance, and how many are left that no session holds.
    pub allowance: Option<u64>,
    pub allowance_left: Option<u64>,
    /// The last provisioning command.
    #[schema(example = "cmd_1234")]
    pub switched_by: Option<String>,
}

#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct SuspensionView {
    pub by: &'static str,
    pub since: String,
    pub until: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionList {
    pub subscriptions: Vec<SubscriptionView>,
}

impl SubscriptionView {
    fn new(state: &Accounts, account: &Account, found: &Subscription, now: Timestamp) -> Self {
        let money = |it| WireMoney::amount(it, account.currency, account.exponent);
        let item = state.catalogue().version(found.service, found.version);
        let has_allowance = found.allowance > 0;
        let switched = found.told.map(|_| format!("cmd_{}", found.switched_by.0));
        Self {
            id: wire::subscription_id(account.subscription_id(found.serial)),
            account: wire::account_id(account.id),
            customer: wire::customer_id(account.customer),
            service: found.service.as_str(),
            title: item.map(|it| it.service.title.clone()),
            version: found.version,
            on: found.on,
            since: wire::time(found.switched_at),
            why: standing(account, found, now).err().map(engine::SwitchCause::code),
            priority: found.priority,
            own_price: found.own_price.map(|it| it.to_string()),
            subjects: found.subjects.iter().map(ToString::to_string).collect(),
            base: found.base.map(|it| wire::subscription_id(account.subscription_id(it))),
            opened_at: wire::time(found.opened_at),
            period: found
                .period
                .map(|it| PeriodView { from: wire::time(it.from), until: wire::time(it.end(now)) }),
            mode: found.period.map(|it| it.mode),
            paid: found.period.filter(|it| !it.paid.is_zero()).map(|it| money(it.paid)),
            ends: found.ends.then_some(true),
            suspended: found.suspended.map(|it| SuspensionView {
                by: wire::suspender(it.by),
                since: wire::time(it.since),
                until: it.until.map(wire::time),
            }),
            next_service: found.next_plan.map(|it| it.service.as_str()),
            allowance: has_allowance.then_some(found.allowance),
            allowance_left: has_allowance.then(|| account.allowance_left(found, None)),
            switched_by: switched,
        }
    }
}

/// Opens a subscription. Its first period begins at once if the account can pay for it; else it
/// waits, off, until it can.
#[utoipa::path(post, path = "/v1/subscriptions", tag = "services",
    request_body = SubscriptionRequest,
    responses((status = 201, body = EntryView), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn create_subscription(State(app): State<App>, call: Call) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Directory).await?;
    let body = call.json::<SubscriptionRequest>()?;
    let account = wire::parse_account("account", &body.account)?;
    let open = OpenSubscription {
        base: base(&app, &account, body.base.as_deref()).await?,
        account,
        service: name("service", &body.service)?,
        priority: body.priority.unwrap_or(PRIORITY),
        own_price: body.own_price.as_deref().map(price).transpose()?,
        subjects: subjects(&body.subjects)?,
    };
    let command = Command::OpenSubscription(Box::new(open));
    let entries = app.submit(&call.writing(caller), command).await?;
    Ok(answer(StatusCode::CREATED, &entries, with_standing(&entries)?))
}

/// The entry that answers, and what followed for its subscription in the same batch: whether it
/// is on from now on, and its period.
pub fn with_standing(entries: &Entries) -> Result<EntryView, Problem> {
    let first = entries.first()?;
    let mut view = EntryView::new(first);
    let serial = first.fact.subscription();
    for entry in entries.as_slice().iter().filter(|it| it.fact.subscription() == serial) {
        let ServiceFields { on, cause, period, .. } = EntryView::new(entry).of_service;
        let more = &mut view.of_service;
        (more.on, more.cause) = (on.or(more.on), cause.or(more.cause));
        more.period = period.or(more.period.take());
    }
    Ok(view)
}

fn price(text: &str) -> Result<Price, Problem> {
    let why = "is not a price such as 19.90, of 12 digits and 9 places at most";
    Price::parse(text).ok_or_else(|| Problem::malformed("own_price", why))
}

pub fn subjects(subjects: &[String]) -> Result<Vec<Box<str>>, Problem> {
    if subjects.len() > SUBJECTS_MAX {
        return Err(Problem::malformed("subjects", format!("has more than {SUBJECTS_MAX} names")));
    }
    let mut checked = Vec::with_capacity(subjects.len());
    for (place, subject) in subjects.iter().enumerate() {
        text::check(&format!("subjects[{place}]"), subject, 128)?;
        checked.push(subject.as_str().into());
    }
    Ok(checked)
}

/// The serial number of a subscription that is modified: it has to be of the same account.
pub async fn base(
    app: &App,
    account: &AccountRef,
    base: Option<&str>,
) -> Result<Option<u32>, Problem> {
    let Some(text) = base else { return Ok(None) };
    let id = wire::parse_subscription("base", text)?;
    let account = account.clone();
    let find = move |state: &Accounts, _| state.find((&account).into());
    match app.shard.read(None, find).await? {
        Some(found) if found != id.account => {
            Err(Problem::malformed("base", "is a subscription of another account"))
        }
        _ => Ok(Some(id.serial)),
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionQuery {
    /// Those that an account pays for: id or number.
    #[serde(default)]
    pub account: Option<String>,
    /// Those of all accounts of a customer.
    #[serde(default)]
    pub customer: Option<String>,
    /// The one that the network knows by this name.
    #[serde(default)]
    pub subject: Option<String>,
}

/// Open subscriptions of an account, of a customer, or by a name of the network.
#[utoipa::path(get, path = "/v1/subscriptions", tag = "services",
    params(SubscriptionQuery),
    responses((status = 200, body = SubscriptionList), (status = 404, body = Problem)))]
pub async fn list_subscriptions(
    State(app): State<App>,
    Query(query): Query<SubscriptionQuery>,
    headers: HeaderMap,
) -> Result<Json<SubscriptionList>, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    let subscriptions = match (&query.account, &query.customer, &query.subject) {
        (Some(account), None, None) => {
            let account = wire::parse_account("account", account)?;
            let asked = account.clone();
            let look = move |state: &Accounts, now| {
                let account = state.resolve(&asked).map_err(|it| Problem::refused(&it))?;
                Ok::<_, Problem>(views(state, account, now))
            };
            app.shard.read(Some(account), look).await??
        }
        (None, Some(customer), None) => {
            let customer = wire::parse_customer("customer", customer)?;
            let look = move |state: &Accounts, now| {
                if !state.customer_exists(customer) {
                    return Err(Problem::refused(&Refusal::CustomerNotFound { customer }));
                }
                let accounts = state.accounts_of(customer);
                Ok(accounts.flat_map(|it| views(state, it, now)).collect())
            };
            app.shard.read(None, look).await??
        }
        (None, None, Some(subject)) => {
            let subject = subject.clone();
            let look = move |state: &Accounts, now| {
                let id = state.subject(&subject);
                id.and_then(|it| view(state, it, now)).into_iter().collect()
            };
            app.shard.read(None, look).await?
        }
        _ => {
            let why = "or customer or subject: one of the three is needed";
            return Err(Problem::malformed("account", why));
        }
    };
    Ok(Json(SubscriptionList { subscriptions }))
}

fn views(state: &Accounts, account: &Account, now: Timestamp) -> Vec<SubscriptionView> {
    let open = account.subscriptions().iter().filter(|it| !it.closed);
    open.map(|it| SubscriptionView::new(state, account, it, now)).collect()
}

fn view(state: &Accounts, id: SubscriptionId, now: Timestamp) -> Option<SubscriptionView> {
    let account = state.account(id.account)?;
    let found = account.subscription(id.serial)?;
    Some(SubscriptionView::new(state, account, found, now))
}

/// A subscription as it is now.
#[utoipa::path(get, path = "/v1/subscriptions/{subscription}", tag = "services",
    params(("subscription" = String, Path, example = "sub_1-1")),
    responses((status = 200, body = SubscriptionView), (status = 404, body = Problem)))]
pub async fn get_subscription(
    State(app): State<App>,
    Path(subscription): Path<String>,
    headers: HeaderMap,
) -> Result<Json<SubscriptionView>, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    let id = wire::parse_subscription("subscription", &subscription)?;
    let look = move |state: &Accounts, now| view(state, id, now);
    let found = app.shard.read(Some(AccountRef::Id(id.account)), look).await?;
    found.map(Json).ok_or_else(|| Problem::refused(&Refusal::SubscriptionNotFound { subscription }))
}

/// Changes priority, price or the names by which the network knows it.
#[utoipa::path(patch, path = "/v1/subscriptions/{subscription}", tag = "services",
    params(("subscription" = String, Path, example = "sub_1-1")),
    request_body = ChangeRequest,
    responses((status = 200, body = EntryView), (status = 409, body = Problem)))]
pub async fn change_subscription(
    State(app): State<App>,
    Path(subscription): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Directory).await?;
    let subscription = wire::parse_subscription("subscription", &subscription)?;
    let body = call.json::<ChangeRequest>()?;
    let own_price = match &body.own_price {
        None => None,
        Some(text) => Some(text.as_deref().map(price).transpose()?),
    };
    let change = SubscriptionChange {
        priority: body.priority,
        own_price,
        subjects: body.subjects.as_deref().map(subjects).transpose()?,
    };
    if change == SubscriptionChange::default() {
        return Err(Problem::malformed_body("nothing is to be changed"));
    }
    let change = change.into();
    write(&app, &call, caller, Command::ChangeSubscription { subscription, change }).await
}

/// Suspends a subscription, until a moment or until it is resumed.
#[utoipa::path(post, path = "/v1/subscriptions/{subscription}/suspend", tag = "services",
    params(("subscription" = String, Path, example = "sub_1-1")),
    request_body = SuspensionRequest,
    responses((status = 200, body = EntryView), (status = 422, body = Problem)))]
pub async fn suspend_subscription(
    State(app): State<App>,
    Path(subscription): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Directory).await?;
    let subscription = wire::parse_subscription("subscription", &subscription)?;
    let body: SuspensionRequest = optional_body(&call)?;
    let by = body.by.unwrap_or(Suspender::Staff);
    let until = body.until.as_deref().map(|it| wire::parse_time("until", it)).transpose()?;
    write(&app, &call, caller, Command::SuspendSubscription { subscription, by, until }).await
}

/// Resumes a subscription; what the customer could not pay meanwhile is tried at once.
#[utoipa::path(post, path = "/v1/subscriptions/{subscription}/resume", tag = "services",
    params(("subscription" = String, Path, example = "sub_1-1")),
    request_body = ResumeRequest,
    responses((status = 200, body = EntryView), (status = 422, body = Problem)))]
pub async fn resume_subscription(
    State(app): State<App>,
    Path(subscription): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Directory).await?;
    let subscription = wire::parse_subscription("subscription", &subscription)?;
    let by = optional_body::<ResumeRequest>(&call)?.by.unwrap_or(Suspender::Staff);
    write(&app, &call, caller, Command::ResumeSubscription { subscription, by }).await
}

/// Closes a subscription for good.
#[utoipa::path(post, path = "/v1/subscriptions/{subscription}/close", tag = "services",
    params(("subscription" = String, Path, example = "sub_1-1")),
    request_body = CloseRequest,
    responses((status = 200, body = EntryView), (status = 404, body = Problem)))]
pub async fn close_subscription(
    State(app): State<App>,
    Path(subscription): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Directory).await?;
    let subscription = wire::parse_subscription("subscription", &subscription)?;
    let refund = match optional_body::<CloseRequest>(&call)?.refund_unused {
        None => Refund::AsService,
        Some(true) => Refund::Unused,
        Some(false) => Refund::Nothing,
    };
    write(&app, &call, caller, Command::CloseSubscription { subscription, refund }).await
}

/// Puts another service in the place of the present one, at once or when its period ends.
#[utoipa::path(post, path = "/v1/subscriptions/{subscription}/plan", tag = "services",
    params(("subscription" = String, Path, example = "sub_1-1")),
    request_body = ChangePlanRequest,
    responses((status = 200, body = EntryView), (status = 422, body = Problem)))]
pub async fn change_plan(
    State(app): State<App>,
    Path(subscription): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Directory).await?;
    let subscription = wire::parse_subscription("subscription", &subscription)?;
    let body = call.json::<ChangePlanRequest>()?;
    let change = ChangePlan {
        subscription,
        service: name("service", &body.service)?,
        own_price: body.own_price.as_deref().map(price).transpose()?,
        when: match body.at_period_end {
            true => When::AtPeriodEnd,
            false => When::Now,
        },
    };
    write(&app, &call, caller, Command::ChangePlan(Box::new(change))).await
}

/// A body that may be left out.
fn optional_body<T: for<'de> Deserialize<'de> + Default>(call: &Call) -> Result<T, Problem> {
    match call.bytes().is_empty() {
        true => Ok(T::default()),
        false => call.json(),
    }
}

async fn write(
    app: &App,
    call: &Call,
    caller: Caller,
    command: Command,
) -> Result<Response, Problem> {
    let entries = app.submit(&call.writing(caller), command).await?;
    Ok(answer(StatusCode::OK, &entries, with_standing(&entries)?))
}
