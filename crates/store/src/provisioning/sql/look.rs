//! Reading commands, their attempts, and how queues stand.

use engine::{AccountId, Position, SubscriptionId, Timestamp};

use crate::StoreError;
use crate::beside::{self, Beside, Row, Value, values};
use crate::provisioning::{Attempt, AttemptEvent, Command, CommandState, NewCommand, Queue, Which};

pub const COLUMNS: &str = "position, at, account, subscription, adapter, \"on\", payload, state, \
     sent, failures, next_at, newer, finished_at, last_error";

/// Looks at a shard's commands.
pub struct Looking<'a> {
    pub beside: &'a Beside,
    pub shard: u32,
}

impl Looking<'_> {
    pub fn cursor(&self) -> Result<Position, StoreError> {
        let doing = "read how far provisioning commands were made";
        let sql = "SELECT position FROM provisioning_cursors WHERE shard = ?1";
        let found = self.beside.one(doing, sql, values![self.shard], |row| row.get(0))?;
        found.ok_or_else(|| StoreError::damaged("the table provisioning_cursors", "it is empty"))
    }

    pub fn due_at(&self, adapter: &str) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT min(next_at) FROM provisioning_commands \
                   WHERE shard = ?1 AND adapter = ?2 AND next_at IS NOT NULL";
        let doing = "find the next provisioning command";
        let found = self.beside.one(doing, sql, values![self.shard, adapter], |row| row.get(0))?;
        Ok(found.flatten())
    }

    pub fn commands(
        &self,
        which: &Which,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Command>, StoreError> {
        let before = before.map_or(Value::Integer(i64::MAX), Value::from);
        let asked = [
            ("state", which.state.map(|it| it.name().into())),
            ("account", which.account.map(|it| it.0.into())),
            ("subscription", which.subscription.map(Value::from)),
            ("adapter", which.adapter.as_ref().map(Value::from)),
        ];
        let mut values = vec![self.shard.into(), before, limit.into()];
        let mut conditions = String::new();
        for (column, value) in asked {
            let Some(value) = value else { continue };
            values.push(value);
            conditions += &format!(" AND {column} = ?{}", values.len());
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM provisioning_commands \
             WHERE shard = ?1 AND position < ?2{conditions} ORDER BY position DESC LIMIT ?3"
        );
        self.beside.many("list provisioning commands", &sql, &values, read_command)
    }

    pub fn command(&self, id: Position) -> Result<Option<(Command, Vec<Attempt>)>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM provisioning_commands WHERE shard = ?1 AND position = ?2"
        );
        let values = values![self.shard, id];
        let found = self.beside.one("read a provisioning command", &sql, values, read_command)?;
        let Some(found) = found else { return Ok(None) };
        let sql = "SELECT at, event, code, error, ms, answer, actor FROM provisioning_attempts \
                   WHERE shard = ?1 AND command = ?2 ORDER BY number";
        let attempts = self.beside.many("read provisioning attempts", sql, values, |row| {
            Ok(Attempt {
                at: row.get(0)?,
                event: row.word(1, AttemptEvent::from_name)?,
                code: row.get(2)?,
                error: row.get(3)?,
                ms: row.get(4)?,
                answer: row.get(5)?,
                actor: row.get(6)?,
            })
        })?;
        Ok(Some((found, attempts)))
    }

    pub fn newest(&self, subscription: SubscriptionId) -> Result<Option<Command>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM provisioning_commands \
             WHERE shard = ?1 AND account = ?2 AND subscription = ?3 \
             ORDER BY position DESC LIMIT 1"
        );
        let values = values![self.shard, subscription.account.0, subscription.serial];
        self.beside.one("read the newest provisioning command", &sql, values, read_command)
    }

    pub fn ordered_on(&self, adapter: &str) -> Result<Vec<SubscriptionId>, StoreError> {
        let sql = "SELECT account, subscription FROM provisioning_commands \
                   WHERE shard = ?1 AND adapter = ?2 AND newer IS NULL AND \"on\" = 1 \
                   ORDER BY position";
        let values = values![self.shard, adapter];
        self.beside.many("read what is to be on", sql, values, |row| {
            Ok(SubscriptionId { account: AccountId(row.get(0)?), serial: row.get(1)? })
        })
    }

    pub fn queues(&self) -> Result<Vec<Queue>, StoreError> {
        let doing = "read the figures of provisioning";
        let sql = "SELECT adapter, state, count FROM provisioning_tallies WHERE shard = ?1 \
                   ORDER BY adapter";
        let tallies = self.beside.many(doing, sql, values![self.shard], |row| {
            Ok((row.get::<String>(0)?, row.word(1, CommandState::from_name)?, row.get(2)?))
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
        queues.iter_mut().try_for_each(|it| self.look_at_health(it))?;
        Ok(queues)
    }

    fn look_at_health(&self, queue: &mut Queue) -> Result<(), StoreError> {
        let doing = "read how an adapter is";
        let adapter = queue.adapter.clone();
        let values = values![self.shard, &adapter];
        let sql = "SELECT at FROM provisioning_commands \
                   WHERE shard = ?1 AND adapter = ?2 AND finished_at IS NULL \
                   ORDER BY position LIMIT 1";
        queue.oldest_at = self.beside.one(doing, sql, values, |row| row.get(0))?;
        let sql = "SELECT last_error, last_error_at, failing_since, last_success_at \
                   FROM provisioning_adapters WHERE shard = ?1 AND name = ?2";
        let health = self.beside.one(doing, sql, values, |row| {
            let error: Option<String> = row.get(0)?;
            let error_at: Option<Timestamp> = row.get(1)?;
            Ok((error_at.zip(error), row.get(2)?, row.get(3)?))
        })?;
        if let Some((last_error, failing_since, last_success_at)) = health {
            queue.last_error = last_error;
            queue.failing_since = failing_since;
            queue.last_success_at = last_success_at;
        }
        Ok(())
    }
}

pub fn read_command(row: &Row<'_>) -> beside::Result<Command> {
    let adapter: String = row.get(4)?;
    Ok(Command {
        order: NewCommand {
            position: row.get(0)?,
            at: row.get(1)?,
            subscription: SubscriptionId { account: AccountId(row.get(2)?), serial: row.get(3)? },
            adapter: (!adapter.is_empty()).then_some(adapter),
            on: row.get(5)?,
            payload: row.get(6)?,
        },
        state: row.word(7, CommandState::from_name)?,
        sent: row.get(8)?,
        failures: row.get(9)?,
        next_at: row.get(10)?,
        newer: row.get(11)?,
        finished_at: row.get(12)?,
        last_error: row.get(13)?,
    })
}
