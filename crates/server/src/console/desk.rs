//! What every handler of the console has at hand: whose desk it is, and how they see it.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Response};
use engine::{CustomerId, Position};
use pages::{Place, Shell, SignedIn};

use crate::access::Staff;
use crate::faces::{Failed, Looks};
use crate::http::app::App;
use crate::http::auth::Permission;
use crate::http::error::Problem;
use crate::http::wire;

pub struct Desk {
    pub app: App,
    pub staff: Arc<Staff>,
    pub looks: Looks,
}

impl Desk {
    pub fn may(&self, permission: Permission) -> bool {
        self.staff.may(permission)
    }

    /// What stands around a page; `place` is where it is.
    pub fn shell(&self, place: Option<Place>) -> Shell {
        let name = self.staff.display_name.clone();
        let role = self.staff.role.name().replace('-', "_");
        let places = Place::ALL.into_iter().filter(|it| self.may(needs(*it)));
        Shell {
            csrf: self.staff.csrf.clone(),
            signed_in: Some(SignedIn { name, role }),
            places: places.collect(),
            place,
            ..self.looks.shell(&self.app)
        }
    }

    /// As [`Self::shell`], with the feed that the page listens to: it is true for `head`.
    pub fn live_shell(
        &self,
        place: Option<Place>,
        customer: Option<CustomerId>,
        head: Position,
    ) -> Shell {
        let whose = customer.map(|it| format!("&customer={}", wire::customer_id(it)));
        let live = format!("/console/live?after={}{}", head.0, whose.unwrap_or_default());
        Shell { live, ..self.shell(place) }
    }
}

/// What a place takes to be opened: its doors take the same.
pub fn needs(place: Place) -> Permission {
    match place {
        Place::Webhooks | Place::Users => Permission::Configure,
        Place::Audit => Permission::Audit,
        Place::Find
        | Place::Dashboard
        | Place::Receivables
        | Place::Unallocated
        | Place::Refunds
        | Place::Provisioning
        | Place::Rates
        | Place::Catalogue
        | Place::Promises => Permission::Read,
    }
}

impl Deref for Desk {
    type Target = Looks;

    fn deref(&self) -> &Looks {
        &self.looks
    }
}

impl FromRequestParts<App> for Desk {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failed> {
        let staff = parts.extensions.get::<Arc<Staff>>().cloned();
        // Only behind a door is anybody's desk.
        let staff = staff.ok_or_else(Problem::internal)?;
        let looks = Looks::of(app, &parts.headers, staff.language.as_deref());
        Ok(Self { app: app.clone(), staff, looks })
    }
}

pub fn page(html: String) -> Response {
    Html(html).into_response()
}
