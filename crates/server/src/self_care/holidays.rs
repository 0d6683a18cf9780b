//! Pausing services while nobody is at home, and resuming them.

use std::collections::BTreeMap;

use axum::response::Response;
use engine::{Command, SubscriptionId, Suspender, Timestamp};
use jiff::civil::Date;
use pages::care::holidays::{Holidays, Paused};
use pages::care::task::{Choices, TaskKind};
use pages::console::action::Outcome;
use pages::{CareTab, Choice, Field, Link, Notice};

use super::Pocket;
use super::house::{House, anchor};
use super::pocket::page;
use super::task::{Doing, blame, is_answer, refused, try_out};
use crate::faces::picture::{Held, Purse};
use crate::faces::{Failed, Typed, outcome, words};
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::shard::{Key, key_digest};

const PATH: &str = "/my/holidays";

/// What can be paused: what runs for ever, and is not paused yet.
fn pausable(house: &House) -> impl Iterator<Item = (&Purse, &Held)> {
    let services = house.picture.services().filter(|(purse, _)| !purse.account.closed);
    services.filter(|(_, it)| it.subscription.suspended.is_none() && !it.subscription.ends)
}

fn choices(house: &House) -> Choices {
    let choice = |(purse, held): (&Purse, &Held)| Choice {
        hint: held.subject(),
        ..Choice::new(anchor(purse, held), house.picture.title(held.subscription.service))
    };
    Choices { services: pausable(house).map(choice).collect(), ..Choices::default() }
}

/// `GET /my/holidays`
pub async fn show_holidays(pocket: Pocket) -> Result<Response, Failed> {
    let house = pocket.house().await?;
    let paused = house.picture.services().filter_map(|(purse, held)| {
        let suspension = held.subscription.suspended?;
        let is_mine = suspension.by == Suspender::Customer;
        let href = format!("{PATH}/{}/resume", anchor(purse, held));
        Some(Paused {
            name: house.picture.title(held.subscription.service),
            since: pocket.moment(suspension.since),
            until: suspension.until.map(|at| pocket.moment(at)),
            resume_href: if is_mine { href } else { String::new() },
        })
    });
    let (paused, choices) = (paused.collect(), choices(&house));
    let view = Holidays { paused, choices, path: PATH.to_owned() };
    let shell = pocket.live_shell(CareTab::More, house.name(), house.picture.head);
    Ok(page(view.to_html(&shell)))
}

fn doing(kind: TaskKind, about: String, path: String, pocket: &Pocket) -> Doing {
    let title = pages::care::home::Door::Holidays.word(pocket.language);
    Doing { kind, about, path, back: Link::new(title, PATH) }
}

/// A field that is wrong, and the word for why.
type Wrong = (&'static str, &'static str);

fn commands(pocket: &Pocket, house: &House, typed: &Typed) -> Result<Vec<Command>, Wrong> {
    let wanted = typed.get("service");
    let chosen =
        pausable(house).filter(|(purse, held)| wanted == "all" || anchor(purse, held) == wanted);
    let ids: Vec<_> = chosen
        .map(|(purse, held)| purse.account.subscription_id(held.subscription.serial))
        .collect();
    if ids.is_empty() {
        return Err(("service", "service"));
    }
    let until = typed.said("until").map(|it| day(it, pocket).ok_or(("until", "day")));
    let until = until.transpose()?;
    let command = |subscription| Command::SuspendSubscription {
        subscription,
        by: Suspender::Customer,
        until,
    };
    Ok(ids.into_iter().map(command).collect())
}

/// The first moment of a day to come.
fn day(text: &str, pocket: &Pocket) -> Option<Timestamp> {
    let date: Date = text.parse().ok()?;
    let start = date.to_zoned(pocket.zone.clone()).ok()?;
    let at = Timestamp(start.timestamp().as_microsecond());
    (at > pocket.now).then_some(at)
}

/// `POST /my/holidays`
pub async fn pause(pocket: Pocket, typed: Typed) -> Result<Response, Failed> {
    let house = pocket.house().await?;
    let mut fields = TaskKind::Pause.fields(&choices(&house), pocket.language);
    let doing = doing(TaskKind::Pause, String::new(), PATH.to_owned(), &pocket);
    if typed.get("step") == "change" {
        return Ok(doing.fill(&pocket, fields, &typed, None));
    }
    let commands = match commands(&pocket, &house, &typed) {
        Ok(commands) => commands,
        // Sent twice, it has been done: nothing of it is left to be paused.
        Err(("service", _)) if is_paused(&house, typed.get("service")) => {
            return Ok(doing.done(&pocket, &[], &house.picture.titles));
        }
        Err((field, wrong)) => {
            blame(&pocket, &mut fields, field, wrong);
            return Ok(doing.fill(&pocket, fields, &typed, None));
        }
    };
    let titles = &house.picture.titles;
    let problem = if typed.get("step") == "do" {
        let paused = pause_all(&pocket, &house, commands, pocket.once(&typed, "pause")).await?;
        match paused {
            Ok(outcome) => return Ok(doing.came(&pocket, outcome)),
            Err(problem) => problem,
        }
    } else {
        match try_out(&pocket, commands, titles).await? {
            Ok(comes) => return Ok(doing.review(&pocket, &typed, comes, true)),
            Err(refusal) => Problem::refused(&refusal),
        }
    };
    let notice = refused(&pocket, &problem);
    Ok(doing.fill(&pocket, fields, &typed.again()?, Some(notice)))
}

/// Whether what was chosen is paused already.
fn is_paused(house: &House, wanted: &str) -> bool {
    let services = house.picture.services();
    let mut paused = services.filter(|(_, it)| it.subscription.suspended.is_some());
    paused.any(|(purse, it)| wanted == "all" || anchor(purse, it) == wanted)
}

/// Each of them by itself and at most once: one that is refused keeps none of the others from
/// being paused, and is said beside them. The first refusal, where nothing was done at all.
async fn pause_all(
    pocket: &Pocket,
    house: &House,
    commands: Vec<Command>,
    once: Key,
) -> Result<Result<Vec<Outcome>, Problem>, Failed> {
    let (mut outcome, mut first, mut done_count) = (Vec::new(), None, 0);
    for command in commands {
        let Command::SuspendSubscription { subscription, .. } = &command else {
            return Err(Problem::internal().into());
        };
        let subscription = *subscription;
        let (account, serial) = (subscription.account.0, subscription.serial);
        let parts = [once.key.to_le_bytes().to_vec(), account.to_le_bytes().to_vec()];
        let key = key_digest(&[&parts[0], &parts[1], &serial.to_le_bytes()]);
        match pocket.execute(command, Key { key, fingerprint: once.fingerprint }).await {
            Ok(entries) => {
                done_count += 1;
                let titles = &house.picture.titles;
                outcome.extend(outcome::lines(entries.as_slice(), titles, pocket));
            }
            Err(problem) if is_answer(&problem) => {
                outcome.push(not_paused(pocket, house, subscription, &problem));
                first.get_or_insert(problem);
            }
            Err(problem) => return Err(problem.into()),
        }
    }
    Ok(match first {
        Some(problem) if done_count == 0 => Err(problem),
        _ => Ok(outcome),
    })
}

/// `Internet 100 · amelie.t: this is not possible now.`
fn not_paused(
    pocket: &Pocket,
    house: &House,
    subscription: SubscriptionId,
    problem: &Problem,
) -> Outcome {
    let mut services = house.picture.services();
    let held = services.find(|(purse, held)| {
        purse.account.subscription_id(held.subscription.serial) == subscription
    });
    let name = held.map(|(_, it)| {
        let parts = [house.picture.title(it.subscription.service), it.subject()];
        parts.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" · ")
    });
    let Notice { tone, text, details, .. } = refused(pocket, problem);
    let why: Vec<_> = [text].into_iter().chain(details).collect();
    let name = name.unwrap_or_default();
    Outcome::new(tone, words::told(pocket.language, &name, &why.join(" ")))
}

/// The subscription of this customer that an address names, and the task of resuming it.
fn find(
    pocket: &Pocket,
    house: &House,
    subscription: &str,
) -> Result<(Command, Doing, Vec<Field>), Failed> {
    let mut services = house.picture.services();
    let (purse, held) = services
        .find(|(purse, it)| anchor(purse, it) == subscription)
        .ok_or_else(Failed::not_found)?;
    let subscription = purse.account.subscription_id(held.subscription.serial);
    let command = Command::ResumeSubscription { subscription, by: Suspender::Customer };
    let about = house.picture.title(held.subscription.service);
    let path = format!("{PATH}/{}/resume", anchor(purse, held));
    Ok((command, doing(TaskKind::Resume, about, path, pocket), Vec::new()))
}

/// `GET /my/holidays/{subscription}/resume`
pub async fn review_resume(
    pocket: Pocket,
    Path(subscription): Path<String>,
) -> Result<Response, Failed> {
    let house = pocket.house().await?;
    let (command, doing, fields) = find(&pocket, &house, &subscription)?;
    let typed = Typed::fresh(BTreeMap::new())?;
    match try_out(&pocket, vec![command], &house.picture.titles).await? {
        Ok(comes) => Ok(doing.review(&pocket, &typed, comes, false)),
        Err(refusal) => {
            let notice = refused(&pocket, &Problem::refused(&refusal));
            Ok(doing.fill(&pocket, fields, &typed, Some(notice)))
        }
    }
}

/// `POST /my/holidays/{subscription}/resume`
pub async fn resume(
    pocket: Pocket,
    Path(subscription): Path<String>,
    typed: Typed,
) -> Result<Response, Failed> {
    let house = pocket.house().await?;
    let (command, doing, fields) = find(&pocket, &house, &subscription)?;
    if typed.get("step") != "do" {
        return review_resume(pocket, Path(subscription)).await;
    }
    let once = pocket.once(&typed, &doing.path);
    match pocket.execute(command, once).await {
        Ok(entries) => Ok(doing.done(&pocket, entries.as_slice(), &house.picture.titles)),
        Err(problem) if is_answer(&problem) => {
            let notice = refused(&pocket, &problem);
            Ok(doing.fill(&pocket, fields, &typed.again()?, Some(notice)))
        }
        Err(problem) => Err(problem.into()),
    }
}
