//! Self-care: pages for customers, over the same shard, store and commands as the API.
//!
//! ```text
//!   request ──▶ faces::secured ──▶ door: session ──▶ Pocket ──▶ a handler ──▶ pages::care
//! ```
//!
//! Every address that somebody has to be signed in for is a [`Door`] in [`doors`]. A handler is
//! given a [`Pocket`], and finds accounts and services by it alone.
//!
//! **Invariant:** whatever an address or a form names is looked for among what is the customer's
//! own; what is not found there is answered as what does not exist. Nothing here asks whether a
//! service is on: whoever is cut off comes to the same pages.

mod alerts;
mod buying;
mod door;
mod holidays;
mod home;
mod house;
mod pay;
mod pocket;
mod promise;
mod settings;
mod shop;
mod sign_in;
mod sign_ins;
mod statement;
mod task;
mod transfer;

use axum::Router;
use axum::routing::{any, get, post};

use crate::access::Area;
use crate::faces::{self, Failed};
use crate::http::app::App;

pub use door::Door;
pub use pocket::Pocket;

/// Every address of self-care that somebody has to be signed in for.
pub fn doors() -> Vec<Door> {
    let mut doors = vec![
        Door::look("/my", get(home::show_home)),
        Door::look("/my/live", get(home::listen)),
        Door::look("/my/services", get(home::show_services)),
        Door::look("/my/running", get(home::show_running)),
        Door::look("/my/more", get(home::show_more)),
        Door::look("/my/statement", get(statement::show_statement)),
        Door::look("/my/statement/{account}/export", get(statement::export_statement)),
        Door::both("/my/pay", get(pay::show_form).post(pay::send)),
        Door::look("/my/pay/{account}/back", get(pay::checkout::come_back)),
        Door::look("/my/promise", get(promise::choose)),
        Door::both("/my/promise/{account}", get(promise::show_offer).post(promise::grant)),
        Door::both("/my/transfer", get(transfer::fill).post(transfer::send)),
        Door::both("/my/holidays", get(holidays::show_holidays).post(holidays::pause)),
        Door::both(
            "/my/holidays/{subscription}/resume",
            get(holidays::review_resume).post(holidays::resume),
        ),
        Door::look("/my/alerts", get(alerts::show_alerts)),
        Door::act("/my/alerts/{account}", post(alerts::set_alert)),
        Door::look("/my/sign-ins", get(sign_ins::show_sign_ins)),
        Door::act("/my/sign-ins/end-all", post(sign_ins::end_all)),
        Door::act("/my/sign-ins/{session}/end", post(sign_ins::end)),
        Door::look("/my/settings", get(settings::show_settings)),
        Door::act("/my/settings/language", post(settings::choose_language)),
        Door::act("/my/settings/password", post(settings::set_password)),
        Door::act("/my/sign-out", post(sign_in::sign_out)),
        Door::look("/my/{*rest}", any(async || Failed::not_found())),
    ];
    doors.extend(buying::doors());
    doors
}

pub fn router(app: &App) -> Router<App> {
    let sign_in = get(sign_in::show_sign_in).post(sign_in::sign_in);
    let routes = Router::new()
        .route("/my/sign-in", sign_in)
        .route("/my/sign-in/code", post(sign_in::request_code))
        .route("/my/sign-in/code/enter", post(sign_in::enter_code))
        .route("/my/theme", post(sign_in::choose_theme));
    let routes = doors().into_iter().fold(routes, |routes, door| door.hang(routes, app));
    faces::secured(routes, app, Area::SelfCare)
}
