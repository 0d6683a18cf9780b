//! Commands to the network, until they are acknowledged.

use std::collections::BTreeMap;

use axum::response::Response;
use engine::{CustomerId, Fact, Name, Position, State};
use pages::console::queues::{self, Provisioning};
use pages::{Badge, Console, Link, Notice, Place, Tab, Tone};
use serde::Deserialize;
use store::provisioning::{
    Acknowledgement, Attempt, AttemptEvent, CommandState, ProvisioningStore, Retried, Said, Which,
};
use store::{CustomerRecord, Reader, StoreError};

use super::Desk;
use super::customer::customer_path;
use super::desk::page;
use crate::faces::words::Titles;
use crate::faces::{Failed, Looks, notice};
use crate::http::auth::Permission;
use crate::http::path::Path;
use crate::http::query::Query;
use crate::http::resources::provisioning_commands;
use crate::http::wire;
use crate::shards::by_shard;

const COMMANDS_MAX: usize = 50;

const PLACE: &str = "/console/provisioning";

#[derive(Deserialize)]
pub struct Looking {
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    before: Option<u64>,
}

/// `GET /console/provisioning`
pub async fn show_commands(desk: Desk, Query(looking): Query<Looking>) -> Result<Response, Failed> {
    let state = looking.state.as_deref().and_then(CommandState::from_name);
    let which = Which { state: state.or(Some(CommandState::Queued)), ..Which::default() };
    let before = looking.before.map(Position);
    let asked = (COMMANDS_MAX + 1, true);
    let mut found = provisioning_commands::find(&desk.app, which, before, asked).await?;
    let more = found.len() > COMMANDS_MAX;
    found.truncate(COMMANDS_MAX);
    let older = found.last().filter(|_| more).map(|it| it.command.order.position);
    let told = told(&desk, &found).await?;
    let looks = desk.looks.clone();
    let may = desk.may(Permission::Provision);
    let look = move |state: &State, _| {
        let titles = Titles::of(state);
        let view = |found: provisioning_commands::Found| {
            let provisioning_commands::Found { command, attempts, .. } = found;
            let told = told.get(&command.order.position);
            let waits = !command.state.is_finished() && command.newer.is_none() && may;
            let id = wire::command_id(command.order.position);
            let path = |what: &str| match waits {
                true => format!("{PLACE}/{id}/{what}"),
                false => String::new(),
            };
            queues::Command {
                customer: told
                    .map(|it| Link::new(it.name.as_str(), customer_path(it.customer)))
                    .unwrap_or_default(),
                service: told
                    .and_then(|it| it.service)
                    .map(|it| titles.service(it))
                    .unwrap_or_default(),
                adapter: command.order.adapter.clone().unwrap_or_else(|| "–".into()),
                desired: if command.order.on { Badge::On } else { Badge::Off },
                state: badge(&command),
                since: looks.moment(command.order.at),
                attempts: attempts.iter().rev().map(|it| attempt(it, &looks)).collect(),
                next_at: command.next_at.map(|at| looks.moment(at)),
                retry_path: path("retry"),
                acknowledge_path: path("acknowledge"),
                id,
            }
        };
        found.into_iter().map(view).collect::<Vec<_>>()
    };
    let commands = desk.app.shard.read(None, look).await?;
    let tab = |it: CommandState| Tab {
        link: Link::new(state_word(it, &desk), format!("{PLACE}?state={}", it.name())),
        is_current: Some(it) == state.or(Some(CommandState::Queued)),
    };
    let named = state.unwrap_or(CommandState::Queued).name();
    let older = older.map(|it| format!("{PLACE}?state={named}&before={}", it.0));
    let view = Provisioning {
        filters: CommandState::ALL.into_iter().map(tab).collect(),
        commands,
        older: older.unwrap_or_default(),
    };
    // Each command is a question to the store: too many to ask again at every entry.
    Ok(page(view.to_html(&desk.shell(Some(Place::Provisioning)))))
}

/// Of whom a command tells the network, and of which service.
struct Told {
    customer: CustomerId,
    name: String,
    service: Option<Name>,
}

/// As the shard knows it, and else by the entries that the commands are of: a subscription may be
/// gone.
async fn told(
    desk: &Desk,
    found: &[provisioning_commands::Found],
) -> Result<BTreeMap<Position, Told>, Failed> {
    let known = found.iter().map(|it| (it.command.order.position, it.customer, it.service));
    let mut told = BTreeMap::new();
    for (shard, known) in by_shard(known, |it| it.0.shard().unwrap_or_default()) {
        let read = move |reader: &dyn Reader| {
            let told = known.into_iter().map(|(position, customer, service)| {
                let entry = match (customer, service) {
                    (Some(_), Some(_)) => None,
                    _ => reader.entry(position)?,
                };
                let customer = customer.or(entry.as_ref().and_then(|it| it.customer));
                let service = service.or_else(|| match &entry.as_ref()?.fact {
                    Fact::Switched(it) => Some(it.service),
                    _ => None,
                });
                let record = customer.map(|it| reader.customer(it)).transpose()?.flatten();
                let told = |it: CustomerRecord| {
                    (position, Told { customer: it.id, name: it.fields.name, service })
                };
                Ok(record.map(told))
            });
            told.collect::<Result<Vec<_>, StoreError>>().map(Some)
        };
        let read = desk.app.shards.read(shard, read).await?;
        told.extend(read.into_iter().flatten().flatten());
    }
    Ok(told)
}

/// When it was, what came of it, and what was said.
fn attempt(it: &Attempt, looks: &Looks) -> String {
    let at = looks.say().moment_text(&looks.moment(it.at));
    let (code, answer) = (it.code.map(|it| it.to_string()), it.answer.clone());
    let said = match it.event {
        AttemptEvent::Refused => [code, answer],
        _ => [it.error.clone().or(answer), None],
    };
    let parts = [Some(at), Some(event(it.event.name(), looks))].into_iter().chain(said);
    parts.flatten().collect::<Vec<_>>().join(" ")
}

fn state_word(state: CommandState, looks: &Looks) -> String {
    let word = Console::of(looks.language).named("command", state.name());
    word.unwrap_or(state.name()).to_owned()
}

/// What came of an attempt.
fn event(name: &str, looks: &Looks) -> String {
    Console::of(looks.language).named("attempt", name).unwrap_or(name).to_owned()
}

fn badge(command: &store::provisioning::Command) -> Badge {
    match command.state {
        CommandState::Acknowledged => Badge::Done,
        CommandState::Overtaken => Badge::Closed,
        CommandState::Sending | CommandState::Accepted => Badge::Running,
        CommandState::Queued if command.failures > 0 => Badge::Failed,
        CommandState::Queued => Badge::Waiting,
    }
}

/// `POST /console/provisioning/{command}/retry`
pub async fn retry(desk: Desk, Path(command): Path<String>) -> Result<Response, Failed> {
    let id = wire::parse_command("command", &command)?;
    let (at, actor) = (desk.app.shard.machine_now(), actor(&desk)?);
    let work = move |store: &mut dyn ProvisioningStore| store.retry(id, at, &actor);
    let notice = match desk.app.provisioning.store(work).await? {
        Retried::Unknown => return Err(Failed::not_found()),
        Retried::Overtaken(_) => {
            Notice::new(Tone::Soon, state_word(CommandState::Overtaken, &desk))
        }
        Retried::Queued(_) => {
            desk.app.provisioning.lent.wake();
            Notice::new(
                Tone::Held,
                format!("{command}: {}", state_word(CommandState::Queued, &desk)),
            )
        }
    };
    Ok(notice::go_on(PLACE, &notice))
}

/// `POST /console/provisioning/{command}/acknowledge`: a person says that it is done.
pub async fn acknowledge(desk: Desk, Path(command): Path<String>) -> Result<Response, Failed> {
    let id = wire::parse_command("command", &command)?;
    let (at, actor) = (desk.app.shard.machine_now(), actor(&desk)?);
    let work = move |store: &mut dyn ProvisioningStore| {
        if store.command(id)?.is_none() {
            return Ok(false);
        }
        store.acknowledge(id, &Acknowledgement { at, said: Said::Done, message: None, actor })?;
        Ok(true)
    };
    if !desk.app.provisioning.store(work).await? {
        return Err(Failed::not_found());
    }
    let words = pages::Shared::of(desk.language);
    Ok(notice::go_on(PLACE, &Notice::new(Tone::On, format!("{command}: {}", words.done))))
}

fn actor(desk: &Desk) -> Result<String, Failed> {
    Ok(desk.staff.origin(None)?.actor.to_string())
}
