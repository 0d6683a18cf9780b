//! An address of self-care, behind which one is signed in.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::MethodRouter;

use crate::access::Customer;
use crate::faces::rejected;
use crate::http::app::App;

pub struct Door {
    pub path: &'static str,
    /// There is something to see.
    pub looks: bool,
    /// There is a form to send.
    pub acts: bool,
    handler: MethodRouter<App>,
}

impl Door {
    /// A page that is only looked at.
    pub fn look(path: &'static str, handler: MethodRouter<App>) -> Self {
        Self { path, looks: true, acts: false, handler }
    }

    /// A form that is sent from another page.
    pub fn act(path: &'static str, handler: MethodRouter<App>) -> Self {
        Self { path, looks: false, acts: true, handler }
    }

    /// A page with a form.
    pub fn both(path: &'static str, handler: MethodRouter<App>) -> Self {
        Self { path, looks: true, acts: true, handler }
    }

    pub(super) fn hang(self, routes: Router<App>, app: &App) -> Router<App> {
        routes.route(self.path, self.handler.layer(from_fn_with_state(app.clone(), admit)))
    }
}

/// Lets a request through whose session runs.
async fn admit(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let customer = match Customer::from_request_parts(&mut parts, &app).await {
        Ok(customer) => customer,
        Err(no) => return rejected(no),
    };
    parts.extensions.insert(Arc::new(customer));
    next.run(Request::from_parts(parts, body)).await
}
