//! Commands: made from the journal, sent, acknowledged, overtaken.
//!
//! **Invariant:** a command has `next_at` only while it is the newest of its subscription at its
//! adapter and none of that subscription is being sent there. [`let_newest_go`] restores it after
//! each ending.

use engine::{Position, SubscriptionId, Timestamp};
use rusqlite::{OptionalExtension, Transaction, params};

use super::look::{COLUMNS, read_command};
use crate::answers;
use crate::provisioning::{
    Acknowledgement, Attempt, AttemptEvent, Command, CommandState, NewCommand, Outcome, Retried,
    Said, Then,
};

/// Attempts of one command that are kept: the first, and the newest of the others. A switch is
/// never given up, so there is no end to how many there are.
const ATTEMPTS_KEPT: i64 = 200;

/// How long a subscription's new adapter waits for the one before to say that it is off, in
/// microseconds. One that is broken, or gone for good, does not keep the customer off.
const HAND_OVER: i64 = 60_000_000;

pub fn move_cursor(
    transaction: &Transaction<'_>,
    expected: Position,
    cursor: Position,
) -> rusqlite::Result<bool> {
    let sql = "UPDATE cursor SET position = ?2 WHERE position = ?1";
    Ok(transaction.execute(sql, params![expected.0 as i64, cursor.0 as i64])? > 0)
}

pub fn add(
    transaction: &Transaction<'_>,
    command: &NewCommand,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let NewCommand { position, at, subscription, adapter, on, payload } = command;
    let adapter = adapter.as_deref().unwrap_or("");
    if let Some(elder) = newest(transaction, *subscription, adapter)? {
        // What is being sent is overtaken when that has ended, unless it is acknowledged by it.
        transaction
            .prepare_cached(
                "UPDATE commands SET newer = ?2, next_at = NULL, \
                 finished_at = iif(state IN ('queued', 'accepted'), ?3, finished_at), \
                 state = iif(state IN ('queued', 'accepted'), 'overtaken', state) \
                 WHERE position = ?1",
            )?
            .execute(params![elder, position.0 as i64, now.0])?;
    }
    let busy = is_sending(transaction, *subscription, adapter)?;
    let go_at = match is_elsewhere(transaction, *subscription, adapter, *position)? {
        true => now.plus(HAND_OVER),
        false => now,
    };
    transaction
        .prepare_cached(
            "INSERT INTO commands (position, at, account, subscription, adapter, \"on\", payload, \
             state, sent, failures, next_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'queued', 0, 0, \
             iif(?8 OR ?5 = '', NULL, ?9))",
        )?
        .execute(params![
            position.0 as i64,
            at.0,
            subscription.account.0,
            subscription.serial,
            adapter,
            on,
            payload,
            busy,
            go_at.0,
        ])?;
    Ok(())
}

pub fn resume(transaction: &Transaction<'_>, now: Timestamp) -> rusqlite::Result<u64> {
    let sql = format!("SELECT {COLUMNS} FROM commands WHERE state = 'sending'");
    let mut statement = transaction.prepare(&sql)?;
    let found = statement.query_map([], read_command)?.collect::<Result<Vec<_>, _>>()?;
    for command in &found {
        let attempt = said(AttemptEvent::Interrupted, now, None, None);
        note(transaction, command.order.position, &attempt)?;
        end_sending(transaction, command, now, Again { next_at: now, failures: 0 })?;
    }
    Ok(found.len() as u64)
}

pub fn put_back(
    transaction: &Transaction<'_>,
    head: Position,
    now: Timestamp,
) -> rusqlite::Result<u64> {
    let head = head.0 as i64;
    transaction.execute("DELETE FROM attempts WHERE command > ?1", [head])?;
    let gone = transaction.execute("DELETE FROM commands WHERE position > ?1", [head])?;
    let sql = "UPDATE commands SET newer = NULL, state = 'queued', failures = 0, \
               finished_at = NULL, next_at = iif(adapter = '', NULL, ?2) WHERE newer > ?1";
    transaction.execute(sql, params![head, now.0])?;
    transaction.execute("UPDATE cursor SET position = ?1 WHERE position > ?1", [head])?;
    Ok(gone as u64)
}

pub fn claim(
    transaction: &Transaction<'_>,
    adapter: &str,
    now: Timestamp,
    limit: usize,
) -> rusqlite::Result<Vec<Command>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM commands WHERE adapter = ?1 AND next_at <= ?2 \
         ORDER BY next_at, position LIMIT ?3"
    );
    let mut statement = transaction.prepare_cached(&sql)?;
    let due = statement.query_map(params![adapter, now.0, limit as i64], read_command)?;
    let mut due = due.collect::<Result<Vec<_>, _>>()?;
    let mut take = transaction.prepare_cached(
        "UPDATE commands SET state = 'sending', sent = sent + 1, next_at = NULL \
         WHERE position = ?1",
    )?;
    for command in &mut due {
        take.execute([command.order.position.0 as i64])?;
        command.state = CommandState::Sending;
        command.sent += 1;
        command.next_at = None;
    }
    Ok(due)
}

pub fn record(transaction: &Transaction<'_>, outcome: &Outcome) -> rusqlite::Result<()> {
    // It may have been forgotten while it was under way.
    let Some(command) = find(transaction, outcome.command)? else { return Ok(()) };
    let at = outcome.attempt.at;
    note(transaction, outcome.command, &outcome.attempt)?;
    note_health(transaction, &command, outcome)?;
    // Acknowledged meanwhile, or sent once more: what came of this sending decides nothing.
    if command.state != CommandState::Sending || command.sent != outcome.sending {
        return Ok(());
    }
    match outcome.then {
        Then::Acknowledged => finish(transaction, &command, CommandState::Acknowledged, at),
        Then::Again(next_at) => {
            set_error(transaction, outcome.command, outcome.attempt.error.as_deref())?;
            end_sending(transaction, &command, at, Again { next_at, failures: 1 })
        }
        Then::Accepted(next_at) if command.newer.is_none() => {
            let sql = "UPDATE commands SET state = 'accepted', next_at = ?2, failures = 0, \
                       last_error = NULL WHERE position = ?1";
            transaction.execute(sql, params![outcome.command.0 as i64, next_at.0])?;
            Ok(())
        }
        Then::Accepted(_) => finish(transaction, &command, CommandState::Overtaken, at),
    }
}

pub fn acknowledge(
    transaction: &Transaction<'_>,
    id: Position,
    ack: &Acknowledgement,
) -> rusqlite::Result<Option<Command>> {
    let Some(command) = find(transaction, id)? else { return Ok(None) };
    let event = match ack.said {
        Said::Done => AttemptEvent::Done,
        Said::Failed(_) => AttemptEvent::Failed,
    };
    if is_said_already(transaction, &command, event, ack.message.as_deref())? {
        return Ok(Some(command));
    }
    let attempt = said(event, ack.at, ack.message.as_deref(), Some(&ack.actor));
    note(transaction, id, &attempt)?;
    match ack.said {
        Said::Done if !command.state.is_finished() => {
            finish(transaction, &command, CommandState::Acknowledged, ack.at)?;
        }
        Said::Failed(again_at)
            if matches!(command.state, CommandState::Sending | CommandState::Accepted) =>
        {
            let why = ack.message.as_deref().unwrap_or("it was said to have failed");
            set_error(transaction, id, Some(why))?;
            end_sending(transaction, &command, ack.at, Again { next_at: again_at, failures: 1 })?;
        }
        // Of one that is finished or was never sent it is only noted.
        Said::Done | Said::Failed(_) => {}
    }
    find(transaction, id)
}

pub fn retry(
    transaction: &Transaction<'_>,
    id: Position,
    now: Timestamp,
    actor: &str,
) -> rusqlite::Result<Retried> {
    let Some(command) = find(transaction, id)? else { return Ok(Retried::Unknown) };
    if command.newer.is_some() {
        return Ok(Retried::Overtaken(command));
    }
    send_again(transaction, &command, AttemptEvent::Retried, now, actor)?;
    Ok(find(transaction, id)?.map_or(Retried::Unknown, Retried::Queued))
}

pub fn repair(
    transaction: &Transaction<'_>,
    subscription: SubscriptionId,
    now: Timestamp,
    actor: &str,
) -> rusqlite::Result<Option<Position>> {
    let sql = "SELECT max(position) FROM commands WHERE account = ?1 AND subscription = ?2";
    let values = params![subscription.account.0, subscription.serial];
    let newest: Option<i64> =
        transaction.prepare_cached(sql)?.query_row(values, |row| row.get(0))?;
    let Some(id) = newest.map(|it| Position(it as u64)) else { return Ok(None) };
    let Some(command) = find(transaction, id)? else { return Ok(None) };
    send_again(transaction, &command, AttemptEvent::Repaired, now, actor)?;
    Ok(Some(id))
}

pub fn prune(
    transaction: &Transaction<'_>,
    before: Timestamp,
    limit: usize,
) -> rusqlite::Result<u64> {
    let mut old = transaction.prepare_cached(
        "SELECT position FROM commands WHERE finished_at < ?1 AND finished_at IS NOT NULL \
         AND newer IS NOT NULL LIMIT ?2",
    )?;
    let ids: Vec<i64> = old
        .query_map(params![before.0, limit as i64], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut gone = 0;
    for id in ids {
        transaction.execute("DELETE FROM attempts WHERE command = ?1", [id])?;
        gone += transaction.execute("DELETE FROM commands WHERE position = ?1", [id])?;
    }
    gone += answers::prune(transaction, before, limit)?;
    Ok(gone as u64)
}

fn find(transaction: &Transaction<'_>, id: Position) -> rusqlite::Result<Option<Command>> {
    let Ok(id) = i64::try_from(id.0) else { return Ok(None) };
    let sql = format!("SELECT {COLUMNS} FROM commands WHERE position = ?1");
    transaction.prepare_cached(&sql)?.query_row([id], read_command).optional()
}

/// The newest command of a subscription at an adapter.
fn newest(
    transaction: &Transaction<'_>,
    subscription: SubscriptionId,
    adapter: &str,
) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT max(position) FROM commands \
               WHERE account = ?1 AND subscription = ?2 AND adapter = ?3";
    let values = params![subscription.account.0, subscription.serial, adapter];
    transaction.prepare_cached(sql)?.query_row(values, |row| row.get(0))
}

fn is_sending(
    transaction: &Transaction<'_>,
    subscription: SubscriptionId,
    adapter: &str,
) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM commands WHERE account = ?1 AND subscription = ?2 \
               AND state = 'sending' AND adapter = ?3)";
    let values = params![subscription.account.0, subscription.serial, adapter];
    transaction.prepare_cached(sql)?.query_row(values, |row| row.get(0))
}

/// Whether a subscription's adapter before this one has not yet done what it was told.
fn is_elsewhere(
    transaction: &Transaction<'_>,
    subscription: SubscriptionId,
    adapter: &str,
    before: Position,
) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM commands WHERE account = ?1 AND subscription = ?2 \
               AND position < ?4 AND finished_at IS NULL AND adapter NOT IN ('', ?3))";
    let values = params![subscription.account.0, subscription.serial, adapter, before.0 as i64];
    transaction.prepare_cached(sql)?.query_row(values, |row| row.get(0))
}

/// Has the newest command of a subscription sent from the beginning of the schedule. One that is
/// being sent goes on being sent, and what came of it decides.
fn send_again(
    transaction: &Transaction<'_>,
    command: &Command,
    event: AttemptEvent,
    now: Timestamp,
    actor: &str,
) -> rusqlite::Result<()> {
    let id = command.order.position;
    note(transaction, id, &said(event, now, None, Some(actor)))?;
    if command.state == CommandState::Sending {
        return Ok(());
    }
    let adapter = command.order.adapter.as_deref().unwrap_or("");
    let busy = is_sending(transaction, command.order.subscription, adapter)?;
    let sql = "UPDATE commands SET state = 'queued', failures = 0, finished_at = NULL, \
               next_at = iif(?2 OR adapter = '', NULL, ?3) WHERE position = ?1";
    transaction.execute(sql, params![id.0 as i64, busy, now.0])?;
    Ok(())
}

/// When a command is sent again, and how many failures more it has then.
struct Again {
    next_at: Timestamp,
    failures: u32,
}

/// A sending has ended without success, or the network says so: again, unless there is a newer
/// command.
fn end_sending(
    transaction: &Transaction<'_>,
    command: &Command,
    at: Timestamp,
    again: Again,
) -> rusqlite::Result<()> {
    if command.newer.is_some() {
        return finish(transaction, command, CommandState::Overtaken, at);
    }
    let Again { next_at, failures } = again;
    let sql = "UPDATE commands SET state = 'queued', failures = failures + ?2, \
               next_at = iif(adapter = '', NULL, ?3) WHERE position = ?1";
    let id = command.order.position.0 as i64;
    transaction.execute(sql, params![id, failures, next_at.0])?;
    Ok(())
}

fn finish(
    transaction: &Transaction<'_>,
    command: &Command,
    state: CommandState,
    at: Timestamp,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "UPDATE commands SET state = ?2, next_at = NULL, finished_at = ?3, \
             last_error = iif(?2 = 'acknowledged', NULL, last_error) WHERE position = ?1",
        )?
        .execute(params![command.order.position.0 as i64, state.name(), at.0])?;
    let_newest_go(transaction, command, at)
}

/// Gives the newest command of a subscription its moment, when it waited for this one; one at
/// another adapter, too, when nothing is left to wait for.
fn let_newest_go(
    transaction: &Transaction<'_>,
    ended: &Command,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let subscription = ended.order.subscription;
    let adapter = ended.order.adapter.as_deref().unwrap_or("");
    let newest = match ended.newer {
        Some(_) => newest(transaction, subscription, adapter)?,
        None => None,
    };
    if let Some(newest) = newest {
        let at = match is_elsewhere(transaction, subscription, adapter, Position(newest as u64))? {
            true => now.plus(HAND_OVER),
            false => now,
        };
        let sql = "UPDATE commands SET next_at = coalesce(next_at, ?2) \
                   WHERE position = ?1 AND state = 'queued' AND adapter <> ''";
        transaction.prepare_cached(sql)?.execute(params![newest, at.0])?;
    }
    // What was sent before has its own schedule.
    let sql = "UPDATE commands SET next_at = min(next_at, ?4) \
               WHERE account = ?1 AND subscription = ?2 AND adapter <> ?3 AND state = 'queued' \
               AND sent = 0 AND NOT EXISTS (SELECT 1 FROM commands elder \
               WHERE elder.account = ?1 AND elder.subscription = ?2 \
               AND elder.position < commands.position AND elder.finished_at IS NULL \
               AND elder.adapter NOT IN ('', commands.adapter))";
    let values = params![subscription.account.0, subscription.serial, adapter, now.0];
    transaction.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

fn set_error(
    transaction: &Transaction<'_>,
    id: Position,
    error: Option<&str>,
) -> rusqlite::Result<()> {
    let sql = "UPDATE commands SET last_error = ?2 WHERE position = ?1";
    transaction.execute(sql, params![id.0 as i64, error])?;
    Ok(())
}

fn said(event: AttemptEvent, at: Timestamp, text: Option<&str>, actor: Option<&str>) -> Attempt {
    Attempt {
        at,
        event,
        code: None,
        error: None,
        ms: 0,
        answer: text.map(str::to_owned),
        actor: actor.map(str::to_owned),
    }
}

/// Whether this is what was noted last, and it was not sent once more since.
fn is_said_already(
    transaction: &Transaction<'_>,
    command: &Command,
    event: AttemptEvent,
    message: Option<&str>,
) -> rusqlite::Result<bool> {
    let sql = "SELECT event = ?2 AND answer IS ?3 AND sending = ?4 FROM attempts \
               WHERE command = ?1 ORDER BY number DESC LIMIT 1";
    let id = command.order.position.0 as i64;
    let values = params![id, event.name(), message, command.sent];
    let found = transaction.query_row(sql, values, |row| row.get(0)).optional()?;
    Ok(found.unwrap_or(false))
}

fn note(transaction: &Transaction<'_>, id: Position, attempt: &Attempt) -> rusqlite::Result<()> {
    let id = id.0 as i64;
    let Attempt { at, event, code, error, ms, answer, actor } = attempt;
    let number: i64 = transaction
        .prepare_cached(
            "INSERT INTO attempts (command, number, at, event, code, error, ms, answer, actor, \
             sending) VALUES (?1, \
             (SELECT coalesce(max(number), 0) + 1 FROM attempts WHERE command = ?1), \
             ?2, ?3, ?4, ?5, ?6, ?7, ?8, (SELECT sent FROM commands WHERE position = ?1)) \
             RETURNING number",
        )?
        .query_row(
            params![id, at.0, event.name(), code, error, *ms as i64, answer, actor],
            |row| row.get(0),
        )?;
    if number > ATTEMPTS_KEPT {
        let sql = "DELETE FROM attempts WHERE command = ?1 AND number BETWEEN 2 AND ?2";
        transaction.execute(sql, params![id, number - ATTEMPTS_KEPT + 1])?;
    }
    Ok(())
}

fn note_health(
    transaction: &Transaction<'_>,
    command: &Command,
    outcome: &Outcome,
) -> rusqlite::Result<()> {
    let adapter = command.order.adapter.as_deref().unwrap_or("");
    let at = outcome.attempt.at.0;
    match outcome.then {
        Then::Acknowledged | Then::Accepted(_) => transaction
            .prepare_cached(
                "INSERT INTO adapters (name, last_success_at) VALUES (?1, ?2) \
                 ON CONFLICT DO UPDATE SET last_success_at = ?2, failing_since = NULL",
            )?
            .execute(params![adapter, at])?,
        Then::Again(_) => transaction
            .prepare_cached(
                "INSERT INTO adapters (name, last_error, last_error_at, failing_since) \
                 VALUES (?1, ?2, ?3, ?3) ON CONFLICT DO UPDATE SET last_error = ?2, \
                 last_error_at = ?3, failing_since = coalesce(failing_since, ?3)",
            )?
            .execute(params![adapter, outcome.attempt.error, at])?,
    };
    Ok(())
}
