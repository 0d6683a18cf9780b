//! A browser that keeps its cookies, and pages that say in plain text what they know.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Form as Fields, Path, State};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use engine::{AccountRef, Amount, Balance, Command, Currency, Name, Order};
use http_body_util::BodyExt;
use serde::Deserialize;
use server::access::users::Users;
use server::access::{self, Area, Customer, Form, NotSet, SignInError, SignedIn, Staff, Visit};
use server::config::Config;
use server::http::app::App;
use server::http::auth::{Permission, Role};
use server::http::error::Problem;
use server::http::wire;
use server::shard::Operation;
use store::access::Person;
use tower::ServiceExt;

use crate::api::world::World;

pub const PASSWORD: &str = "tiare+lagoon";

/// A provider whose user `ann` is an agent.
pub fn provider(change: impl FnOnce(&mut Config)) -> World {
    let world = World::with(change);
    users(&world).create("ann", "Ann Bäcker", Role::Agent, PASSWORD).expect("a user");
    world
}

pub fn users(world: &World) -> Users {
    Users::open(world.home().storage()).expect("the server's own place")
}

/// What is sent to any page.
#[derive(Default, Deserialize)]
struct Sent {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    new: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    session: u64,
}

pub fn pages(app: &App) -> Router {
    let console = Router::new()
        .route("/console/sign-in", get(show_form).post(sign_in_staff))
        .route("/console", get(console_home))
        .route("/console/feed", get(console_home))
        .route("/console/adjust/{account}", post(adjust))
        .route("/console/configure", post(configure))
        .route("/console/sign-out", post(sign_out))
        .route("/console/password", post(change_password));
    let care = Router::new()
        .route("/my/sign-in", get(show_form).post(sign_in_customer))
        .route("/my", get(care_home))
        .route("/my/code", post(request_code))
        .route("/my/code/sign-in", post(sign_in_with_code))
        .route("/my/accounts/{account}", get(look))
        .route("/my/accounts/{account}/name/{name}", post(rename))
        .route("/my/sessions", get(list_sessions).post(end_session))
        .route("/my/sign-out", post(leave))
        .route("/my/sign-out-everywhere", post(leave_everywhere))
        .route("/my/password", post(set_password));
    let show = |problem: Problem| problem.into_response();
    access::guarded(console, app, Area::Console, show)
        .merge(access::guarded(care, app, Area::SelfCare, show))
        .with_state(app.clone())
}

async fn show_form(form: Form) -> Response {
    let token = form.csrf.0.clone();
    (form, token).into_response()
}

fn came_in(signed_in: Result<SignedIn, SignInError>) -> Response {
    match signed_in {
        Ok(it) => {
            let said = format!("hello {}", it.language.as_deref().unwrap_or("stranger"));
            (it, said).into_response()
        }
        Err(error) => {
            let status = match error {
                SignInError::Wrong => StatusCode::FORBIDDEN,
                SignInError::Wait { .. } => StatusCode::TOO_MANY_REQUESTS,
                SignInError::Busy | SignInError::Failed(_) => StatusCode::SERVICE_UNAVAILABLE,
            };
            (status, error.to_string()).into_response()
        }
    }
}

async fn sign_in_staff(State(app): State<App>, visit: Visit, Fields(it): Fields<Sent>) -> Response {
    came_in(access::sign_in_staff(&app, &it.name, &it.password, &visit).await)
}

async fn sign_in_customer(
    State(app): State<App>,
    visit: Visit,
    Fields(it): Fields<Sent>,
) -> Response {
    came_in(access::sign_in_customer(&app, &it.name, &it.password, &visit).await)
}

async fn request_code(State(app): State<App>, visit: Visit, Fields(it): Fields<Sent>) -> Response {
    match access::request_code(&app, &it.name, &visit).await {
        Ok(asked) => {
            let shown = asked.shown.unwrap_or_default();
            format!("{} {shown}", asked.minutes).into_response()
        }
        Err(error) => came_in(Err(error)),
    }
}

async fn sign_in_with_code(
    State(app): State<App>,
    visit: Visit,
    Fields(it): Fields<Sent>,
) -> Response {
    came_in(access::sign_in_with_code(&app, &it.name, &it.code, &visit).await)
}

async fn console_home(staff: Staff) -> String {
    let Staff { name, display_name, role, csrf, .. } = &staff;
    format!("{} {name} {} {display_name}", csrf.0, role.name())
}

async fn care_home(customer: Customer) -> String {
    format!("{} {}", customer.csrf.0, wire::customer_id(customer.id))
}

/// Gives an account a euro.
async fn adjust(
    State(app): State<App>,
    staff: Staff,
    Path(account): Path<String>,
) -> Result<String, Problem> {
    staff.authorise(Permission::Correct)?;
    let euro = Amount::parse("1.00", 2, engine::Precision::MinorUnits).expect("a euro");
    let command = Command::Adjust {
        account: wire::parse_account("account", &account)?,
        amount: Balance::credit(euro),
        currency: Currency::EUR,
        reason: Name::new("goodwill").expect("a name"),
        note: None,
    };
    let origin = staff.origin(Some("line was down"))?;
    let entries = app.execute(Operation::new(Order { origin, command })).await?;
    let origin = &entries.first()?.origin;
    let why = origin.reason.as_deref().unwrap_or_default();
    Ok(format!("{} {} {why}", origin.actor, origin.channel))
}

async fn configure(staff: Staff) -> Result<String, Problem> {
    staff.authorise(Permission::Configure).map(|it| it.name.to_string())
}

async fn sign_out(State(app): State<App>, staff: Staff, visit: Visit) -> Result<Response, Problem> {
    let out = access::sign_out(&app, &staff.person(), staff.session.id, &visit).await?;
    Ok((out, "bye").into_response())
}

fn set(done: Result<(), NotSet>) -> Response {
    match done {
        Ok(()) => "set".into_response(),
        Err(NotSet::Fault(fault)) => (StatusCode::BAD_REQUEST, fault.to_string()).into_response(),
        Err(NotSet::SignIn(error)) => came_in(Err(error)),
    }
}

async fn change_password(
    State(app): State<App>,
    staff: Staff,
    visit: Visit,
    Fields(it): Fields<Sent>,
) -> Response {
    let (person, session) = (staff.person(), staff.session.id);
    let words = (it.password.as_str(), it.new.as_str());
    set(access::change_password(&app, &person, words, session, &visit).await)
}

/// Somebody who came in by a code needs no present password.
async fn set_password(
    State(app): State<App>,
    customer: Customer,
    visit: Visit,
    Fields(it): Fields<Sent>,
) -> Response {
    let (person, session) = (customer.person(), customer.session.id);
    set(access::set_password(&app, &person, &it.new, Some(session), None, &visit).await)
}

async fn look(
    State(app): State<App>,
    customer: Customer,
    Path(account): Path<String>,
) -> Result<String, Problem> {
    let account = wire::parse_account("account", &account)?;
    customer.owns(&app, &account).await.map(wire::account_id)
}

async fn rename(
    State(app): State<App>,
    customer: Customer,
    Path((account, name)): Path<(String, String)>,
) -> Result<String, Problem> {
    let account = wire::parse_account("account", &account)?;
    let account = AccountRef::Id(customer.owns(&app, &account).await?);
    let command = Command::RenameAccount { account, name: name.into() };
    let order = Order { origin: customer.origin()?, command };
    let entries = app.execute(Operation::new(order)).await?;
    let entry = entries.first()?;
    let of = entry.customer.map(wire::customer_id).unwrap_or_default();
    Ok(format!("{} {} {of}", entry.origin.actor, entry.origin.channel))
}

async fn list_sessions(State(app): State<App>, customer: Customer) -> Result<String, Problem> {
    let sessions = access::sessions_of(&app, &customer.person()).await?;
    let lines = sessions.iter().map(|it| {
        let here = if it.id == customer.session.id { " here" } else { "" };
        let [address, agent] = [&it.address, &it.agent].map(|it| it.clone().unwrap_or_default());
        format!("{} {address} {agent}{here}", it.id)
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

async fn end_session(
    State(app): State<App>,
    customer: Customer,
    visit: Visit,
    Fields(it): Fields<Sent>,
) -> Result<String, Problem> {
    let ended = access::end_session(&app, &customer.person(), it.session, &visit).await?;
    Ok(ended.to_string())
}

async fn leave(State(app): State<App>, it: Customer, visit: Visit) -> Result<Response, Problem> {
    let out = access::sign_out(&app, &it.person(), it.session.id, &visit).await?;
    Ok((out, "bye").into_response())
}

async fn leave_everywhere(
    State(app): State<App>,
    it: Customer,
    visit: Visit,
) -> Result<Response, Problem> {
    let out = access::sign_out_everywhere(&app, &it.person(), &visit).await?;
    Ok((out, "bye").into_response())
}

/// One browser at one address.
pub struct Browser {
    router: Router,
    address: IpAddr,
    pub headers: Vec<(&'static str, String)>,
    pub cookies: BTreeMap<String, String>,
}

pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Browser {
    pub fn new(world: &World, address: &str) -> Self {
        Self::at(pages(world.app()), address)
    }

    pub fn at(router: Router, address: &str) -> Self {
        let address = address.parse().expect("an address");
        let headers = vec![("user-agent", "Test/1".to_owned())];
        Self { router, address, headers, cookies: BTreeMap::new() }
    }

    pub async fn get(&mut self, path: &str) -> Page {
        self.send("GET", path, String::new(), &[]).await
    }

    /// Sends a form with nothing but these fields.
    pub async fn post_bare(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.send("POST", path, form(fields), &[]).await
    }

    pub async fn send(
        &mut self,
        method: &str,
        path: &str,
        body: String,
        headers: &[(&str, &str)],
    ) -> Page {
        let peer = ConnectInfo(SocketAddr::new(self.address, 40_000));
        let mut request = Request::builder().method(method).uri(path).extension(peer);
        if method == "POST" {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        for (name, value) in &self.cookies {
            request = request.header("cookie", format!("{name}={value}"));
        }
        let request = request.body(Body::from(body)).expect("a request");
        let (parts, body) =
            self.router.clone().oneshot(request).await.expect("it answers").into_parts();
        for line in parts.headers.get_all("set-cookie") {
            self.keep(line.to_str().expect("text"));
        }
        let body = body.collect().await.expect("a whole body").to_bytes();
        let text = String::from_utf8(body.to_vec()).expect("text");
        Page { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    fn keep(&mut self, line: &str) {
        let (pair, rest) = line.split_once(';').expect("attributes");
        let (name, value) = pair.split_once('=').expect("a name and a value");
        match rest.contains("Max-Age=0") {
            true => drop(self.cookies.remove(name)),
            false => drop(self.cookies.insert(name.into(), value.into())),
        }
    }

    /// Sends a form of the page at `from`, with its token.
    pub async fn submit(&mut self, from: &str, to: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.get(from).await;
        assert_eq!(page.status, 200, "{from}: {}", page.text);
        let token = page.text.split(' ').next().expect("a token").to_owned();
        let fields: Vec<_> = fields.iter().copied().chain([("csrf", token.as_str())]).collect();
        self.post_bare(to, &fields).await
    }

    pub async fn staff(&mut self, name: &str, password: &str) -> Page {
        let fields = [("name", name), ("password", password)];
        self.submit("/console/sign-in", "/console/sign-in", &fields).await
    }

    pub async fn customer(&mut self, name: &str, password: &str) -> Page {
        let fields = [("name", name), ("password", password)];
        self.submit("/my/sign-in", "/my/sign-in", &fields).await
    }

    /// Asks for a code; answers it where it is shown.
    pub async fn ask_code(&mut self, name: &str) -> Page {
        self.submit("/my/sign-in", "/my/code", &[("name", name)]).await
    }

    pub async fn code(&mut self, name: &str, code: &str) -> Page {
        let fields = [("name", name), ("code", code)];
        self.submit("/my/sign-in", "/my/code/sign-in", &fields).await
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    let encode = |it| percent_encoding::utf8_percent_encode(it, percent_encoding::NON_ALPHANUMERIC);
    let pairs = fields.iter().map(|(name, value)| format!("{name}={}", encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

impl Page {
    #[track_caller]
    pub fn says(&self, status: u16, text: &str) {
        assert_eq!((self.status, self.text.as_str()), (status, text));
    }
}

/// Gives a customer a password, as staff would.
pub async fn give_password(world: &World, customer: &str, password: &str) {
    let id = wire::parse_customer("customer", customer).expect("a customer");
    let visit = Visit::new(None, &HeaderMap::new());
    let person = Person::Customer(id);
    let by = Some("user.ann".to_owned());
    let set = access::set_password(world.app(), &person, password, None, by, &visit).await;
    set.unwrap_or_else(|it| panic!("{it:?}"));
}
