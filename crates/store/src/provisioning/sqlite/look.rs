//! Reading commands, their attempts, and how queues stand.

use engine::{AccountId, Position, SubscriptionId, Timestamp};
use rusqlite::types::Type;
use rusqlite::{Row, ToSql};

use crate::StoreError;
use crate::beside::Beside;
use crate::provisioning::{Attempt, AttemptEvent, Command, CommandState, NewCommand, Queue, Which};

pub const COLUMNS: &str = "position, at, account, subscription, adapter, \"on\", payload, state, \
     sent, failures, next_at, newer, finished_at, last_error";

pub fn cursor(file: &Beside) -> Result<Position, StoreError> {
    let doing = "read how far provisioning commands were made";
    let found = file.one(doing, "SELECT position FROM cursor", [], |row| row.get::<_, i64>(0))?;
    let found = found.ok_or_else(|| StoreError::damaged("the table cursor", "it is empty"))?;
    Ok(Position(found as u64))
}

pub fn due_at(file: &Beside, adapter: &str) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT min(next_at) FROM commands WHERE adapter = ?1 AND next_at IS NOT NULL";
    let read = |row: &Row<'_>| row.get::<_, Option<i64>>(0);
    let found = file.one("find the next provisioning command", sql, [adapter], read)?;
    Ok(found.flatten().map(Timestamp))
}

pub fn commands(
    file: &Beside,
    which: &Which,
    before: Option<Position>,
    limit: usize,
) -> Result<Vec<Command>, StoreError> {
    let before = before.map_or(i64::MAX, |it| i64::try_from(it.0).unwrap_or(i64::MAX));
    let limit = limit as i64;
    let state = which.state.map(CommandState::name);
    let account = which.account.map(|it| it.0);
    let asked: [(&str, Option<&dyn ToSql>); 4] = [
        ("state", state.as_ref().map(|it| it as _)),
        ("account", account.as_ref().map(|it| it as _)),
        ("subscription", which.subscription.as_ref().map(|it| it as _)),
        ("adapter", which.adapter.as_ref().map(|it| it as _)),
    ];
    let mut values: Vec<&dyn ToSql> = vec![&before, &limit];
    let mut conditions = String::new();
    for (column, value) in asked {
        let Some(value) = value else { continue };
        values.push(value);
        conditions += &format!(" AND {column} = ?{}", values.len());
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM commands WHERE position < ?1{conditions} \
         ORDER BY position DESC LIMIT ?2"
    );
    file.many("list provisioning commands", &sql, values.as_slice(), read_command)
}

pub fn command(file: &Beside, id: Position) -> Result<Option<(Command, Vec<Attempt>)>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM commands WHERE position = ?1");
    let Ok(id) = i64::try_from(id.0) else { return Ok(None) };
    let Some(found) = file.one("read a provisioning command", &sql, [id], read_command)? else {
        return Ok(None);
    };
    let sql = "SELECT at, event, code, error, ms, answer, actor FROM attempts WHERE command = ?1 \
               ORDER BY number";
    let attempts = file.many("read provisioning attempts", sql, [id], |row| {
        Ok(Attempt {
            at: Timestamp(row.get(0)?),
            event: word(row, 1, AttemptEvent::from_name)?,
            code: row.get(2)?,
            error: row.get(3)?,
            ms: row.get::<_, i64>(4)? as u64,
            answer: row.get(5)?,
            actor: row.get(6)?,
        })
    })?;
    Ok(Some((found, attempts)))
}

pub fn newest(file: &Beside, subscription: SubscriptionId) -> Result<Option<Command>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM commands WHERE account = ?1 AND subscription = ?2 \
         ORDER BY position DESC LIMIT 1"
    );
    let values = [subscription.account.0, subscription.serial];
    file.one("read the newest provisioning command", &sql, values, read_command)
}

pub fn ordered_on(file: &Beside, adapter: &str) -> Result<Vec<SubscriptionId>, StoreError> {
    let sql = "SELECT account, subscription FROM commands \
               WHERE adapter = ?1 AND newer IS NULL AND \"on\" ORDER BY position";
    file.many("read what is to be on", sql, [adapter], |row| {
        Ok(SubscriptionId { account: AccountId(row.get(0)?), serial: row.get(1)? })
    })
}

pub fn queues(file: &Beside) -> Result<Vec<Queue>, StoreError> {
    let doing = "read the figures of provisioning";
    let sql = "SELECT adapter, state, count FROM tallies ORDER BY adapter";
    let tallies = file.many(doing, sql, [], |row| {
        let state = word(row, 1, CommandState::from_name)?;
        Ok((row.get::<_, String>(0)?, state, row.get::<_, i64>(2)? as u64))
    })?;
    let mut queues: Vec<Queue> = Vec::new();
    for (adapter, state, count) in tallies {
        if queues.last().is_none_or(|it| it.adapter != adapter) {
            queues.push(Queue { adapter, ..Queue::default() });
        }
        let queue = queues.last_mut().expect("one was just added");
        match state {
            CommandState::Queued => queue.queued = count,
            CommandState::Sending => queue.sending = count,
            CommandState::Accepted => queue.accepted = count,
            CommandState::Acknowledged => queue.acknowledged = count,
            CommandState::Overtaken => queue.overtaken = count,
        }
    }
    queues.iter_mut().try_for_each(|it| look_at_health(file, it))?;
    Ok(queues)
}

fn look_at_health(file: &Beside, queue: &mut Queue) -> Result<(), StoreError> {
    let doing = "read how an adapter is";
    let sql = "SELECT at FROM commands WHERE adapter = ?1 AND finished_at IS NULL \
               ORDER BY position LIMIT 1";
    let oldest = file.one(doing, sql, [&queue.adapter], |row| row.get::<_, i64>(0))?;
    queue.oldest_at = oldest.map(Timestamp);
    let sql = "SELECT last_error, last_error_at, failing_since, last_success_at \
               FROM adapters WHERE name = ?1";
    let health = file.one(doing, sql, [&queue.adapter], |row| {
        let time = |place: usize| {
            let micros: Option<i64> = row.get(place)?;
            Ok::<_, rusqlite::Error>(micros.map(Timestamp))
        };
        Ok((row.get::<_, Option<String>>(0)?, time(1)?, time(2)?, time(3)?))
    })?;
    if let Some((error, error_at, failing_since, last_success_at)) = health {
        queue.last_error = error_at.zip(error);
        queue.failing_since = failing_since;
        queue.last_success_at = last_success_at;
    }
    Ok(())
}

pub fn read_command(row: &Row<'_>) -> rusqlite::Result<Command> {
    let time = |it: Option<i64>| it.map(Timestamp);
    let adapter: String = row.get(4)?;
    Ok(Command {
        order: NewCommand {
            position: Position(row.get::<_, i64>(0)? as u64),
            at: Timestamp(row.get(1)?),
            subscription: SubscriptionId { account: AccountId(row.get(2)?), serial: row.get(3)? },
            adapter: (!adapter.is_empty()).then_some(adapter),
            on: row.get(5)?,
            payload: row.get(6)?,
        },
        state: word(row, 7, CommandState::from_name)?,
        sent: row.get(8)?,
        failures: row.get(9)?,
        next_at: time(row.get(10)?),
        newer: row.get::<_, Option<i64>>(11)?.map(|it| Position(it as u64)),
        finished_at: time(row.get(12)?),
        last_error: row.get(13)?,
    })
}

/// Reads one of the words that a column may have.
fn word<T>(row: &Row<'_>, place: usize, known: fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    let text: String = row.get(place)?;
    known(&text).ok_or_else(|| {
        let why = format!("{text:?} is not a word of this column");
        rusqlite::Error::FromSqlConversionFailure(place, Type::Text, why.into())
    })
}
