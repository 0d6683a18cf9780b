//! Provisioning commands: looking at them, acknowledging them, having them sent again.

use std::cmp::Reverse;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use engine::{CustomerId, Name, Position, SubscriptionId};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use store::provisioning::{
    Acknowledgement, Attempt, Command, CommandState, ProvisioningStore, Retried, Said, Which,
};
use utoipa::{IntoParams, ToSchema};

use crate::http::app::App;
use crate::http::auth::{Permission, origin};
use crate::http::call::Call;
use crate::http::error::Problem;
use crate::http::once::once;
use crate::http::path::Path;
use crate::http::provisioning_view::ProvisioningCommandView;
use crate::http::query::{Limit, Query};
use crate::http::{text, wire};
use crate::provisioning::schedule;
use crate::shards::Question;

#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct ProvisioningCommandPage {
    pub commands: Vec<ProvisioningCommandView>,
    /// For the next page, as `cursor`; absent on the last one.
    pub next: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct CommandQuery {
    /// `queued`, `sending`, `accepted`, `acknowledged` or `overtaken`; all when not said.
    #[serde(default)]
    pub state: Option<String>,
    /// By id or number.
    #[serde(default)]
    #[param(example = "acc_34")]
    pub account: Option<String>,
    #[serde(default)]
    #[param(example = "sub_34-1")]
    pub subscription: Option<String>,
    /// An adapter's name; empty for commands that no adapter delivers.
    #[serde(default)]
    pub adapter: Option<String>,
    /// The cursor of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
    #[serde(default)]
    #[param(inline)]
    pub limit: Limit,
}

impl CommandQuery {
    async fn which(&self, app: &App) -> Result<Which, Problem> {
        let known = |name: &String| {
            CommandState::from_name(name).ok_or_else(|| {
                let words = CommandState::ALL.map(CommandState::name).join(", ");
                Problem::malformed("state", format!("is none of {words}"))
            })
        };
        let mut which = Which {
            state: self.state.as_ref().map(known).transpose()?,
            adapter: self.adapter.clone(),
            ..Which::default()
        };
        if let Some(account) = &self.account {
            let account = wire::parse_account("account", account)?;
            let found =
                app.shard.read(None, move |state, _| state.resolve(&account).map(|it| it.id));
            which.account = Some(found.await?.map_err(|refusal| Problem::refused(&refusal))?);
        }
        if let Some(subscription) = &self.subscription {
            let SubscriptionId { account, serial } =
                wire::parse_subscription("subscription", subscription)?;
            if which.account.is_some_and(|it| it != account) {
                return Err(Problem::malformed("subscription", "is of another account"));
            }
            (which.account, which.subscription) = (Some(account), Some(serial));
        }
        Ok(which)
    }
}

fn no_command(id: Position) -> Problem {
    Problem::not_found(&format!("provisioning command {}", wire::command_id(id)))
}

/// Runs `work` on the store, and keeps its problem apart from the store's own.
async fn with_store<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&mut dyn ProvisioningStore) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    app.provisioning.store(move |store| Ok(work(store))).await?
}

/// Commands to the network, newest first.
#[utoipa::path(get, path = "/v1/provisioning/commands", tag = "provisioning",
    params(CommandQuery),
    responses((status = 200, body = ProvisioningCommandPage), (status = 400, body = Problem)))]
pub async fn list_provisioning_commands(
    State(app): State<App>,
    Query(query): Query<CommandQuery>,
    headers: HeaderMap,
) -> Result<Json<ProvisioningCommandPage>, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    let which = query.which(&app).await?;
    let before = query.cursor.as_deref();
    let before = before.map(|it| wire::parse_command("cursor", it)).transpose()?;
    let limit = query.limit.get();
    let mut found = find(&app, which, before, (limit + 1, false)).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|it| wire::command_id(it.command.order.position));
    let view = |it: Found| ProvisioningCommandView::new(it.command, &app.provisioning);
    let commands = found.into_iter().map(view).collect::<Result<_, _>>()?;
    Ok(Json(ProvisioningCommandPage { commands, next }))
}

/// Asks a shard for up to so many of its commands before one, newest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskCommands {
    which: Which,
    before: Position,
    limit: usize,
    with_attempts: bool,
}

/// A command, what is known of whose it is, and, where they were asked for, its attempts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Found {
    pub command: Command,
    pub attempts: Vec<Attempt>,
    pub customer: Option<CustomerId>,
    pub service: Option<Name>,
}

impl Question for AskCommands {
    const NAME: &'static str = "provisioning-commands";

    type Answer = Vec<Found>;

    async fn answer(self, app: &App) -> Result<Vec<Found>, Problem> {
        let Self { which, before, limit, with_attempts } = self;
        let read = move |store: &mut dyn ProvisioningStore| {
            // No journal comes so far that a position does not fit a column.
            let before = Some(before).filter(|it| it.0 <= i64::MAX.unsigned_abs());
            let found = store.commands(&which, before, limit)?;
            let attempts = |it: Command| match with_attempts {
                true => store.command(it.order.position),
                false => Ok(Some((it, Vec::new()))),
            };
            found.into_iter().map(attempts).collect::<Result<Vec<_>, _>>()
        };
        let found = app.provisioning.store(read).await?;
        let look = move |state: &engine::State, _| {
            let known = |(command, attempts): (Command, Vec<Attempt>)| {
                let of = command.order.subscription;
                Found {
                    customer: state.account(of.account).map(|it| it.customer),
                    service: state.subscription(of).map(|it| it.service),
                    command,
                    attempts,
                }
            };
            found.into_iter().flatten().map(known).collect()
        };
        Ok(app.shard.read(None, look).await?)
    }
}

/// Up to `limit` commands before one, newest first, over all shards; or those of an account.
pub async fn find(
    app: &App,
    which: Which,
    before: Option<Position>,
    (limit, with_attempts): (usize, bool),
) -> Result<Vec<Found>, Problem> {
    let only = which.account.map(|it| it.shard());
    let places = app.shards.all().zip(app.shards.before(before).await?);
    let asked = places.filter(|(shard, _)| only.is_none_or(|it| it == *shard));
    let asked = asked.map(|(shard, before)| {
        app.ask(shard, AskCommands { which: which.clone(), before, limit, with_attempts })
    });
    let mut found = try_join_all(asked).await?.concat();
    found.sort_by_key(|it| Reverse((it.command.order.at, it.command.order.position)));
    found.truncate(limit);
    Ok(found)
}

/// A command with every attempt.
#[utoipa::path(get, path = "/v1/provisioning/commands/{command}", tag = "provisioning",
    params(("command" = String, Path, example = "cmd_48213")),
    responses((status = 200, body = ProvisioningCommandView), (status = 404, body = Problem)))]
pub async fn get_provisioning_command(
    State(app): State<App>,
    Path(command): Path<String>,
    headers: HeaderMap,
) -> Result<Json<ProvisioningCommandView>, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    let id = wire::parse_command("command", &command)?;
    let found = app.provisioning.store(move |store| store.command(id)).await?;
    let found = found.ok_or_else(|| no_command(id))?;
    ProvisioningCommandView::with_attempts(found, &app.provisioning).map(Json)
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgementRequest {
    pub outcome: AcknowledgedOutcome,
    /// Kept with the command.
    #[serde(default)]
    pub message: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AcknowledgedOutcome {
    Done,
    /// It is sent again.
    Failed,
}

/// Says what became of a command that was accepted, or that people carry out.
///
/// The same said twice is the same; of a command that was overtaken or is acknowledged it is
/// noted, and changes nothing.
#[utoipa::path(post, path = "/v1/provisioning/commands/{command}/acknowledge",
    tag = "provisioning", params(("command" = String, Path, example = "cmd_48213")),
    request_body = AcknowledgementRequest,
    responses((status = 200, body = ProvisioningCommandView), (status = 404, body = Problem)))]
pub async fn acknowledge_provisioning_command(
    State(app): State<App>,
    Path(command): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Provision).await?;
    let id = wire::parse_command("command", &command)?;
    let request: AcknowledgementRequest = call.json()?;
    if let Some(message) = &request.message {
        text::check("message", message, 1_024)?;
    }
    let actor = origin(caller, &call.headers)?.actor.to_string();
    once(&app, &app.provisioning.lent, &call, caller, StatusCode::OK, async || {
        let at = app.shard.machine_now();
        let (outcome, message) = (request.outcome, request.message.clone());
        let actor = actor.clone();
        let work = move |store: &mut dyn ProvisioningStore| {
            let (found, _) = store.command(id)?.ok_or_else(|| no_command(id))?;
            let failures = found.failures.saturating_add(1);
            let said = match outcome {
                AcknowledgedOutcome::Done => Said::Done,
                AcknowledgedOutcome::Failed => {
                    Said::Failed(schedule::again_at(id, failures, None, at))
                }
            };
            store.acknowledge(id, &Acknowledgement { at, said, message, actor })?;
            store.command(id)?.ok_or_else(|| no_command(id))
        };
        let found = with_store(&app, work).await?;
        ProvisioningCommandView::with_attempts(found, &app.provisioning)
    })
    .await
}

/// Has the newest command of a subscription sent at once, and then by the whole schedule.
#[utoipa::path(post, path = "/v1/provisioning/commands/{command}/retry", tag = "provisioning",
    params(("command" = String, Path, example = "cmd_48213")),
    responses((status = 202, body = ProvisioningCommandView), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
pub async fn retry_provisioning_command(
    State(app): State<App>,
    Path(command): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Provision).await?;
    let id = wire::parse_command("command", &command)?;
    let actor = origin(caller, &call.headers)?.actor.to_string();
    once(&app, &app.provisioning.lent, &call, caller, StatusCode::ACCEPTED, async || {
        let at = app.shard.machine_now();
        let actor = actor.clone();
        let work = move |store: &mut dyn ProvisioningStore| match store.retry(id, at, &actor)? {
            Retried::Unknown => Err(no_command(id)),
            Retried::Overtaken(command) => {
                let newer = command.newer.map(wire::command_id).unwrap_or_default();
                Err(Problem::conflict(
                    "command_overtaken",
                    "command",
                    format!("{newer} decides what the subscription is to be"),
                )
                .hint("have the newest command of the subscription sent again"))
            }
            Retried::Queued(_) => Ok(store.command(id)?.ok_or_else(|| no_command(id))?),
        };
        let found = with_store(&app, work).await?;
        ProvisioningCommandView::with_attempts(found, &app.provisioning)
    })
    .await
}
