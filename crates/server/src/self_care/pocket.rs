//! What every handler of self-care has at hand: whose pocket it is, and how they see it.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Response};
use engine::{AccountId, Command, Order, Position};
use pages::{Care, CareTab, Shell, SignedIn};

use super::house::House;
use crate::access::{Area, Customer};
use crate::faces::{Failed, Looks, Typed};
use crate::http::app::{App, Entries};
use crate::http::error::Problem;
use crate::http::wire;
use crate::shard::{Key, Operation};

pub struct Pocket {
    pub app: App,
    pub customer: Arc<Customer>,
    pub looks: Looks,
}

impl Pocket {
    pub fn care(&self) -> &'static Care {
        Care::of(self.language)
    }

    /// What stands around a page; `tab` is where it is.
    pub fn shell(&self, tab: CareTab, name: &str) -> Shell {
        Shell {
            csrf: self.customer.csrf.clone(),
            signed_in: Some(SignedIn { name: name.to_owned(), role: String::new() }),
            care_tab: Some(tab),
            ..self.looks.shell(&self.app)
        }
    }

    /// As [`Self::shell`], with the feed that the page listens to: it is true for `head`.
    pub fn live_shell(&self, tab: CareTab, name: &str, head: Position) -> Shell {
        Shell { live: format!("/my/live?after={}", head.0), ..self.shell(tab, name) }
    }

    /// The account of this customer that an address or a form names.
    pub async fn own(&self, account: &str) -> Result<AccountId, Problem> {
        let account = wire::parse_account("account", account);
        let account = account.map_err(|_| Problem::not_found("such account"))?;
        self.customer.owns(&self.app, &account).await
    }

    /// The order that comes of what they do.
    pub fn order(&self, command: Command) -> Result<Order, Problem> {
        Ok(Order { origin: self.customer.origin()?, command })
    }

    /// Under what a form is done once.
    pub fn once(&self, typed: &Typed, form: &str) -> Key {
        let who = wire::customer_id(self.customer.id);
        typed.once(Area::SelfCare.channel(), &who, form)
    }

    /// Gives an order, at most once under its key.
    pub async fn execute(&self, command: Command, once: Key) -> Result<Entries, Problem> {
        let mut operation = Operation::new(self.order(command)?);
        operation.idempotency_key = Some(once);
        self.app.execute(operation).await
    }

    pub async fn house(&self) -> Result<House, Failed> {
        House::read(self).await
    }
}

impl Deref for Pocket {
    type Target = Looks;

    fn deref(&self) -> &Looks {
        &self.looks
    }
}

impl FromRequestParts<App> for Pocket {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failed> {
        let customer = parts.extensions.get::<Arc<Customer>>().cloned();
        // Only behind a door is anybody's pocket.
        let customer = customer.ok_or_else(Problem::internal)?;
        let looks = Looks::of(app, &parts.headers, customer.language.as_deref());
        Ok(Self { app: app.clone(), customer, looks })
    }
}

pub fn page(html: String) -> Response {
    Html(html).into_response()
}
