//! The clock: what time it is here, and setting it forward where nobody's money is.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use engine::Origin;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::app::App;
use crate::http::auth::{Permission, origin};
use crate::http::call::Call;
use crate::http::error::Problem;
use crate::http::once::do_once;
use crate::http::wire;
use crate::shard::{FORWARD_MAX, NotSet, SetClock, Shard};

const SECOND: i64 = 1_000_000;

#[derive(Debug, Serialize, ToSchema)]
pub struct ClockView {
    #[schema(example = "2026-12-01T00:00:00Z")]
    pub now: String,
    /// Whether it can be set forward: in the directory of a demo or of tests.
    pub settable: bool,
    /// How far it is ahead of the machine's clock, in whole seconds.
    #[schema(example = 604_800)]
    pub ahead_seconds: i64,
}

impl ClockView {
    fn new(shard: &Shard) -> Self {
        Self {
            now: wire::time(shard.now()),
            settable: shard.is_clock_settable(),
            ahead_seconds: shard.clock().ahead() / SECOND,
        }
    }
}

/// What time it is here.
#[utoipa::path(get, path = "/v1/clock", tag = "clock",
    responses((status = 200, body = ClockView)))]
pub async fn get_clock(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Json<ClockView>, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    Ok(Json(ClockView::new(&app.shard)))
}

/// One of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClockRequest {
    /// The moment to set it to, ten years from now at most.
    #[serde(default)]
    #[schema(example = "2026-12-01T00:00:00Z")]
    pub to: Option<String>,
    /// By how many seconds to set it forward, up to 315,619,200.
    #[serde(default)]
    #[schema(example = 604_800)]
    pub forward_seconds: Option<i64>,
}

impl ClockRequest {
    fn read(&self) -> Result<SetClock, Problem> {
        match (&self.to, self.forward_seconds) {
            (Some(to), None) => wire::parse_time("to", to).map(SetClock::To),
            (None, Some(seconds)) if (1..=FORWARD_MAX / SECOND).contains(&seconds) => {
                Ok(SetClock::Forward(seconds * SECOND))
            }
            (None, Some(_)) => {
                let why = format!("is not from 1 to {}", FORWARD_MAX / SECOND);
                Err(Problem::malformed("forward_seconds", why))
            }
            (Some(_), Some(_)) => Err(Problem::malformed("to", "goes without forward_seconds")),
            (None, None) => Err(Problem::malformed("to", "is missing; or say forward_seconds")),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ClockSetView {
    #[serde(flatten)]
    pub clock: ClockView,
    /// Deadlines that fired on the way.
    #[schema(example = 312)]
    pub deadlines: u64,
    /// Entries that they wrote.
    #[schema(example = 640)]
    pub entries: u64,
}

/// Sets the clock forward, in the directory of a demo or of tests. It is answered when everything
/// that falls due up to then has been done, each matter at its own moment, and is durable; others
/// are served meanwhile.
#[utoipa::path(post, path = "/v1/clock", tag = "clock", request_body = ClockRequest,
    responses((status = 200, body = ClockSetView), (status = 400, body = Problem),
        (status = 409, body = Problem)))]
pub async fn set_clock(State(app): State<App>, call: Call) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Configure).await?;
    let to = call.json::<ClockRequest>()?.read()?;
    let Origin { actor, channel, reason } = origin(caller, &call.headers)?;
    // Goes on when the caller hangs up: the clock does so too, and the answer is kept.
    let setting = tokio::spawn(async move {
        let kept = (&app.webhooks.lent, &app.setting_clock);
        do_once(&app, &call, caller, StatusCode::OK, kept, async || {
            let set = app.shard.set_clock(to).await.map_err(|it| problem(it, to))?;
            let now = wire::time(set.now);
            tracing::info!(%actor, %channel, reason = reason.as_deref(), now, "the clock was set");
            // What has just happened is to be told.
            app.webhooks.lent.wake();
            app.provisioning.lent.wake();
            let clock = ClockView { now, ..ClockView::new(&app.shard) };
            Ok(ClockSetView { clock, deadlines: set.deadlines, entries: set.entries })
        })
        .await
    });
    setting.await.map_err(|_| Problem::internal())?
}

fn problem(error: NotSet, asked: SetClock) -> Problem {
    match error {
        NotSet::NotSettable => Problem::clock_not_settable(),
        NotSet::Unavailable => Problem::unavailable(),
        NotSet::Back { now } => {
            let mut problem =
                Problem::conflict("clock_not_set_back", "to", "a clock is only set forward")
                    .hint("name a moment that is still to come");
            problem.figures.insert("now".into(), wire::time(now).into());
            if let SetClock::To(to) = asked {
                problem.figures.insert("requested".into(), wire::time(to).into());
            }
            problem
        }
        NotSet::TooFar { now } => {
            let why = format!("is more than ten years after {}", wire::time(now));
            Problem::malformed("to", why)
        }
    }
}
