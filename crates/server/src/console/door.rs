//! An address of the console, and who may come to it.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::Method;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;

use crate::access::Staff;
use crate::faces::{Failed, rejected};
use crate::http::app::App;
use crate::http::auth::Permission;

pub struct Door {
    pub path: String,
    /// What looking takes; `None` where there is nothing to see.
    pub look: Option<Permission>,
    /// What sending a form takes; `None` where there is none.
    pub act: Option<Permission>,
    handler: MethodRouter<App>,
}

#[derive(Clone)]
struct Gate {
    app: App,
    look: Permission,
    act: Permission,
}

impl Door {
    /// A page that is only looked at.
    pub fn new(path: impl Into<String>, look: Permission, handler: MethodRouter<App>) -> Self {
        Self { path: path.into(), look: Some(look), act: None, handler }
    }

    /// A form that is sent from another page.
    pub fn acting(path: impl Into<String>, act: Permission, handler: MethodRouter<App>) -> Self {
        Self { path: path.into(), look: None, act: Some(act), handler }
    }

    /// The page has a form, which takes more than looking.
    pub fn and_act(self, act: Permission) -> Self {
        Self { act: Some(act), ..self }
    }

    /// A page with a form.
    pub fn both(path: impl Into<String>, needs: Permission, handler: MethodRouter<App>) -> Self {
        Self { path: path.into(), look: Some(needs), act: Some(needs), handler }
    }

    pub(super) fn hang(self, routes: Router<App>, app: &App) -> Router<App> {
        let (look, act) = (self.look.or(self.act), self.act.or(self.look));
        let (look, act) = look.zip(act).expect("a door is for something");
        let gate = Gate { app: app.clone(), look, act };
        routes.route(&self.path, self.handler.layer(from_fn_with_state(gate, admit)))
    }
}

/// Lets a request through whose session runs and whose role may do this.
async fn admit(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let staff = match Staff::from_request_parts(&mut parts, &gate.app).await {
        Ok(staff) => staff,
        Err(no) => return rejected(no),
    };
    let is_look = matches!(parts.method, Method::GET | Method::HEAD);
    if let Err(problem) = staff.authorise(if is_look { gate.look } else { gate.act }) {
        return Failed::from(problem).into_response();
    }
    parts.extensions.insert(Arc::new(staff));
    next.run(Request::from_parts(parts, body)).await
}
