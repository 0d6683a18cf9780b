//! Customers: creating, changing, finding.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use engine::{
    AccountNumber, AccountRef, Command, CustomerFields, CustomerId, CustomerKind, Fact, Name,
    Refusal,
};
use serde::{Deserialize, Serialize};
use store::{AccountRecord, CustomerRecord};
use utoipa::{IntoParams, ToSchema};

use crate::http::app::App;
use crate::http::auth::{Caller, Permission};
use crate::http::call::{Call, answer};
use crate::http::error::{Fault, Problem};
use crate::http::path::Path;
use crate::http::query::{Limit, Query};
use crate::http::{text, wire};
use crate::shards::Question;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerRequest {
    #[schema(example = "Amélie Tetuanui")]
    pub name: String,
    /// `person` when not said.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "person")]
    pub kind: Option<CustomerKind>,
    #[serde(default)]
    #[schema(example = "+689 87 12 34 56")]
    pub phone: Option<String>,
    #[serde(default)]
    #[schema(example = "amelie@example.com")]
    pub email: Option<String>,
    /// Policies and reports go by it.
    #[serde(default)]
    pub group: Option<String>,
    /// BCP 47, such as `fr` or `es-MX`.
    #[serde(default)]
    pub language: Option<String>,
    /// Two letters of ISO 3166.
    #[serde(default)]
    pub country: Option<String>,
    /// Where the customer's days begin: a zone of the IANA database.
    #[serde(default)]
    #[schema(example = "Pacific/Tahiti")]
    pub time_zone: Option<String>,
    /// The customer's id in another system, such as the one before this.
    #[serde(default)]
    pub external_id: Option<String>,
    /// Since when they are a customer, when that is longer than they are known here.
    #[serde(default)]
    #[schema(example = "2021-05-01T00:00:00Z")]
    pub since: Option<String>,
}

impl CustomerRequest {
    pub fn fields(self) -> Result<CustomerFields, Problem> {
        text::check("name", &self.name, 128)?;
        let optional = [
            ("phone", &self.phone, 32),
            ("email", &self.email, 254),
            ("group", &self.group, 48),
            ("language", &self.language, 35),
            ("country", &self.country, 2),
            ("external_id", &self.external_id, 64),
        ];
        for (field, value, characters_max) in optional {
            if let Some(value) = value {
                text::check(field, value, characters_max)?;
            }
        }
        if self.phone.as_ref().is_some_and(|it| !it.chars().any(|it| it.is_ascii_digit())) {
            return Err(Problem::faulty("phone", Fault::Phone, "has no digit"));
        }
        if self.email.as_ref().is_some_and(|it| !it.contains('@')) {
            return Err(Problem::faulty("email", Fault::Email, "has no @"));
        }
        let two_letters = |it: &String| it.len() == 2 && it.chars().all(|c| c.is_ascii_uppercase());
        if self.country.as_ref().is_some_and(|it| !two_letters(it)) {
            let why = "is not two capital letters, such as PF";
            return Err(Problem::faulty("country", Fault::Country, why));
        }
        let group = self.group.as_deref().map(Name::new).transpose();
        let group = group.map_err(|error| Problem::faulty("group", Fault::Name, error))?;
        let since = self.since.as_deref().map(|it| wire::parse_time("since", it)).transpose()?;
        let time_zone = self.time_zone.as_deref().map(|it| wire::zone("time_zone", it));
        let time_zone = time_zone.transpose()?;
        Ok(CustomerFields {
            time_zone,
            name: self.name,
            kind: self.kind.unwrap_or_default(),
            phone: self.phone,
            email: self.email,
            group,
            language: self.language,
            country: self.country,
            external_id: self.external_id,
            since,
        })
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerView {
    #[schema(example = "cus_12")]
    pub id: String,
    #[serde(flatten)]
    #[schema(value_type = CustomerRequest)]
    pub fields: CustomerFields,
    /// Since when they are a customer, when that is longer than they are known here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    pub created_at: String,
    pub updated_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<AccountLine>>,
}

/// An account as a customer's page lists it; its figures are at `/v1/accounts/{account}`.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountLine {
    #[schema(example = "acc_34")]
    pub id: String,
    pub number: String,
    pub name: String,
    pub currency: String,
    pub opened_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<String>,
}

impl CustomerView {
    fn new(record: CustomerRecord, accounts: Option<Vec<AccountRecord>>) -> Self {
        let line = |it: AccountRecord| AccountLine {
            id: wire::account_id(it.id),
            number: it.number,
            name: it.name,
            currency: it.currency,
            opened_at: wire::time(it.opened_at),
            closed_at: it.closed_at.map(wire::time),
        };
        Self {
            id: wire::customer_id(record.id),
            since: record.fields.since.map(wire::time),
            fields: CustomerFields { since: None, ..record.fields },
            created_at: wire::time(record.created_at),
            updated_at: wire::time(record.updated_at),
            accounts: accounts.map(|it| it.into_iter().map(line).collect()),
        }
    }
}

/// Creates a customer.
#[utoipa::path(post, path = "/v1/customers", tag = "customers",
    request_body = CustomerRequest,
    responses((status = 201, body = CustomerView), (status = 400, body = Problem)))]
pub async fn create_customer(State(app): State<App>, call: Call) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Directory).await?;
    let fields = call.json::<CustomerRequest>()?.fields()?;
    write(&app, &call, caller, Command::CreateCustomer(fields.into()), StatusCode::CREATED).await
}

/// Replaces what is known of a customer.
#[utoipa::path(put, path = "/v1/customers/{customer}", tag = "customers",
    params(("customer" = String, Path, example = "cus_12")),
    request_body = CustomerRequest,
    responses((status = 200, body = CustomerView), (status = 404, body = Problem)))]
pub async fn update_customer(
    State(app): State<App>,
    Path(customer): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Directory).await?;
    let customer = wire::parse_customer("customer", &customer)?;
    let fields = call.json::<CustomerRequest>()?.fields()?.into();
    write(&app, &call, caller, Command::UpdateCustomer { customer, fields }, StatusCode::OK).await
}

/// The answer to a write is the customer as the entry left it, so that a repeat gets the same.
async fn write(
    app: &App,
    call: &Call,
    caller: Caller,
    command: Command,
    status: StatusCode,
) -> Result<Response, Problem> {
    let entries = app.submit(&call.writing(caller), command).await?;
    let entry = entries.first()?;
    let (Some(id), Fact::CustomerCreated(fields) | Fact::CustomerUpdated(fields)) =
        (entry.customer, &entry.fact)
    else {
        return Err(Problem::internal());
    };
    let record = app.readers.read(move |it| it.customer(id)).await?;
    let record = record.ok_or_else(Problem::internal)?;
    let fields = CustomerFields::clone(fields);
    let record = CustomerRecord { fields, updated_at: entry.at, ..record };
    Ok(answer(status, &entries, CustomerView::new(record, None)))
}

/// A customer and the accounts.
#[utoipa::path(get, path = "/v1/customers/{customer}", tag = "customers",
    params(("customer" = String, Path, example = "cus_12")),
    responses((status = 200, body = CustomerView), (status = 404, body = Problem)))]
pub async fn get_customer(
    State(app): State<App>,
    Path(customer): Path<String>,
    headers: HeaderMap,
) -> Result<Json<CustomerView>, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    let customer = wire::parse_customer("customer", &customer)?;
    let found = app.readers.read(move |it| it.customer_and_accounts(customer)).await?;
    let found = found.ok_or_else(|| Problem::refused(&Refusal::CustomerNotFound { customer }));
    let (record, accounts) = found?;
    Ok(Json(CustomerView::new(record, Some(accounts))))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct CustomerQuery {
    /// Words, each the beginning of one in the name or e-mail; or digits of a telephone number,
    /// with or without its prefix; or the beginning of an account number or of an
    /// id in another system; or the whole of a name that the network knows: a login.
    #[serde(default)]
    pub q: Option<String>,
    /// The cursor of the page before.
    #[serde(default)]
    pub after: Option<String>,
    #[serde(default)]
    #[param(inline)]
    pub limit: Limit,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerPage {
    pub customers: Vec<CustomerView>,
    /// For the next page, as `after`; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What one customer alone has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Mark {
    /// Of an account.
    Number(AccountNumber),
    /// By which the network knows a subscription.
    Subject(String),
}

/// Asks a shard who has a mark.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskBearer(Mark);

impl Question for AskBearer {
    const NAME: &'static str = "bearer";

    type Answer = Option<CustomerId>;

    async fn answer(self, app: &App) -> Result<Option<CustomerId>, Problem> {
        let look = move |state: &engine::State, _| {
            let account = match self.0 {
                Mark::Number(number) => state.resolve(&AccountRef::Number(number)).ok()?,
                Mark::Subject(subject) => state.account(state.subject(&subject)?.account)?,
            };
            Some(account.customer)
        };
        Ok(app.shard.read(None, look).await?)
    }
}

/// Who has a mark, in whichever shard.
pub async fn bearer(app: &App, mark: Mark) -> Result<Option<CustomerId>, Problem> {
    Ok(app.ask_all(AskBearer(mark)).await?.into_iter().flatten().next())
}

/// Finds customers by name, telephone, e-mail, account number or login.
#[utoipa::path(get, path = "/v1/customers", tag = "customers", params(CustomerQuery),
    responses((status = 200, body = CustomerPage)))]
pub async fn list_customers(
    State(app): State<App>,
    Query(query): Query<CustomerQuery>,
    headers: HeaderMap,
) -> Result<Json<CustomerPage>, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    let after = match &query.after {
        None => CustomerId(0),
        Some(after) => wire::parse_customer("after", after)?,
    };
    let words = query.q.unwrap_or_default();
    if words.chars().count() > 128 {
        return Err(Problem::malformed("q", "has more than 128 characters"));
    }
    let limit = query.limit.get();
    let first_page = query.after.is_none();
    let by_login = match words.trim() {
        subject if first_page && !subject.is_empty() => {
            bearer(&app, Mark::Subject(subject.to_owned())).await?
        }
        _ => None,
    };
    let read = move |it: &dyn store::Reader, missing| it.search_customers(&words, after, missing);
    let mut found = app.shards.list(after.shard(), limit + 1, read).await?;
    let by_login = match by_login {
        Some(id) => app.shards.read(id.shard(), move |it| it.customer(id)).await?,
        None => None,
    };
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|it| wire::customer_id(it.id));
    // Whoever has that very login stands first, and once.
    if let Some(customer) = by_login {
        found.retain(|it| it.id != customer.id);
        found.insert(0, customer);
    }
    let customers = found.into_iter().map(|it| CustomerView::new(it, None)).collect();
    Ok(Json(CustomerPage { customers, next }))
}
