//! The console: pages for staff, over the same shard, store and commands as the API.
//!
//! ```text
//!   request ──▶ faces::secured ──▶ door: session, role ──▶ Desk ──▶ a handler ──▶ pages::console
//! ```
//!
//! Every address is a [`Door`] in [`doors`], with the permission that looking and acting there
//! take; nothing else decides who may come to a handler. A handler asks the shard and the store,
//! puts what they say into a view, and `pages` makes HTML of it.
//!
//! What self-care uses as well is in [`crate::faces`]: `secured`, `Looks`, `Failed`, `notice`,
//! `live::stream`, `Picture`, `words`.

mod account;
mod action;
mod audit;
mod catalogue;
mod customer;
pub mod dashboard;
mod desk;
mod door;
pub mod find;
pub mod newcomer;
mod offers;
mod openid;
mod promises;
mod provisioning;
mod rates;
mod receivables;
mod refunds;
mod sign_in;
mod stream;
mod today;
mod unallocated;
mod users;
mod webhooks;

use axum::Router;
use axum::routing::{any, get, post};

use crate::access::Area;
use crate::access::openid::{BEGIN, CALLBACK};
use crate::faces::{self, Failed};
use crate::http::app::App;
use crate::http::auth::Permission;

pub use desk::Desk;
pub use door::Door;
pub use today::{DayCount, Today};
use unallocated::Settling;

/// Every address of the console that somebody has to be signed in for.
pub fn doors() -> Vec<Door> {
    use Permission::Read;
    let mut doors = vec![
        Door::new("/console", Read, get(find::show_find)),
        Door::new("/console/find", Read, get(find::show_find)),
        Door::new("/console/live", Read, get(stream::listen)),
        Door::new("/console/accounts/{account}", Read, get(account::show_account)),
        Door::new("/console/accounts/{account}/export", Read, get(account::export_statement)),
        Door::new("/console/customers/{customer}", Read, get(customer::show_customer)),
        Door::acting("/console/sign-out", Read, post(sign_in::sign_out)),
        Door::acting("/console/looks", Read, post(sign_in::choose_looks)),
        Door::new("/console/{*rest}", Read, any(async || Failed::not_found())),
    ];
    doors.extend(action::doors());
    doors.push(newcomer::door());
    doors.extend(places());
    doors.extend(users::doors());
    doors
}

/// The provider's own pages.
fn places() -> Vec<Door> {
    use Permission::{Audit, Configure, Finance, Provision, Read};
    let rates = get(rates::show_rates).post(rates::set_rate);
    let settle = |settling: Settling| {
        let fill = move |desk, payment| unallocated::fill(settling, desk, payment);
        let send = move |desk, payment, typed| unallocated::send(settling, desk, payment, typed);
        get(fill).post(send)
    };
    let (allocate, back) = (settle(Settling::Allocate), settle(Settling::Return));
    let answer = |it: refunds::Answer| Door::both(it.path(), it.needs(), it.handler());
    let (retry, acknowledge) = (post(provisioning::retry), post(provisioning::acknowledge));
    vec![
        Door::new("/console/dashboard", Read, get(dashboard::show_dashboard)),
        Door::new("/console/receivables", Read, get(receivables::show_receivables)),
        Door::new("/console/receivables/export", Read, get(receivables::export_debtors)),
        Door::new("/console/unallocated", Read, get(unallocated::show_unallocated)),
        Door::both("/console/unallocated/{payment}/allocate", Finance, allocate),
        Door::both("/console/unallocated/{payment}/return", Finance, back),
        Door::new("/console/refunds", Read, get(refunds::show_refunds)),
        answer(refunds::Answer::Approve),
        answer(refunds::Answer::Reject),
        Door::new("/console/provisioning", Read, get(provisioning::show_commands)),
        Door::acting("/console/provisioning/{command}/retry", Provision, retry),
        Door::acting("/console/provisioning/{command}/acknowledge", Provision, acknowledge),
        Door::new("/console/rates", Read, rates).and_act(Configure),
        Door::new("/console/catalogue", Read, get(catalogue::show_catalogue)),
        Door::new("/console/promises", Read, get(promises::show_promises)),
        Door::new("/console/webhooks", Configure, get(webhooks::show_webhooks)),
        Door::acting("/console/webhooks/{delivery}/retry", Configure, post(webhooks::retry)),
        Door::new("/console/audit", Audit, get(audit::show_audit)),
        Door::new("/console/audit/export", Audit, get(audit::export_audit)),
    ]
}

pub fn router(app: &App) -> Router<App> {
    let sign_in = get(sign_in::show_sign_in).post(sign_in::sign_in);
    let mut routes = Router::new().route("/console/sign-in", sign_in);
    if app.access.openid().is_some() {
        let there = routes.route(BEGIN, get(openid::begin));
        routes = there.route(CALLBACK, get(openid::finish));
    }
    let routes = doors().into_iter().fold(routes, |routes, door| door.hang(routes, app));
    faces::secured(routes, app, Area::Console)
}

#[cfg(test)]
mod tests;
