//! Commands: made from the journal, sent, acknowledged, overtaken.
//!
//! **Invariant:** a command has `next_at` only while it is the newest of its subscription at its
//! adapter and none of that subscription is being sent there. [`Changing::let_newest_go`] restores
//! it after each ending.

use engine::{Position, SubscriptionId, Timestamp};

use super::ANSWERS;
use super::look::{COLUMNS, read_command};
use crate::beside::{Connection, Result, values};
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

/// Changes a shard's commands, in a transaction that has them alone.
pub struct Changing<'a> {
    pub transaction: Connection<'a>,
    pub shard: u32,
}

impl Changing<'_> {
    pub fn move_cursor(&self, expected: Position, cursor: Position) -> Result<bool> {
        let sql = "UPDATE provisioning_cursors SET position = ?3 \
                   WHERE shard = ?1 AND position = ?2";
        Ok(self.transaction.execute(sql, values![self.shard, expected, cursor])? > 0)
    }

    pub fn add(&self, command: &NewCommand, now: Timestamp) -> Result<()> {
        let NewCommand { position, at, subscription, adapter, on, payload } = command;
        let adapter = adapter.as_deref().unwrap_or("");
        if let Some(elder) = self.newest(*subscription, adapter)? {
            // What is being sent is overtaken when that has ended, unless it is acknowledged by it.
            let sql = "UPDATE provisioning_commands SET newer = ?3, next_at = NULL, finished_at = \
                       CASE WHEN state IN ('queued', 'accepted') THEN ?4 ELSE finished_at END, \
                       state = CASE WHEN state IN ('queued', 'accepted') THEN 'overtaken' \
                       ELSE state END WHERE shard = ?1 AND position = ?2";
            self.transaction.execute(sql, values![self.shard, elder, *position, now])?;
        }
        let waits = adapter.is_empty() || self.is_sending(*subscription, adapter)?;
        let go_at = match self.is_elsewhere(*subscription, adapter, *position)? {
            true => now.plus(HAND_OVER),
            false => now,
        };
        let next_at = (!waits).then_some(go_at);
        let sql = "INSERT INTO provisioning_commands (shard, position, at, account, subscription, \
                   adapter, \"on\", payload, state, sent, failures, next_at) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'queued', 0, 0, ?9)";
        let (account, serial) = (subscription.account.0, subscription.serial);
        let values =
            values![self.shard, *position, *at, account, serial, adapter, *on, payload, next_at];
        self.transaction.execute(sql, values).map(drop)
    }

    /// Takes up again what is being sent and not among `under_way`.
    pub fn resume(&self, under_way: &[Position], now: Timestamp) -> Result<u64> {
        let sql = format!(
            "SELECT {COLUMNS} FROM provisioning_commands WHERE shard = ?1 AND state = 'sending'"
        );
        let mut found = self.transaction.many(&sql, values![self.shard], read_command)?;
        found.retain(|it| !under_way.contains(&it.order.position));
        for command in &found {
            let attempt = said(AttemptEvent::Interrupted, now, None, None);
            self.note(command.order.position, &attempt)?;
            self.end_sending(command, now, Again { next_at: now, failures: 0 })?;
        }
        Ok(found.len() as u64)
    }

    pub fn put_back(&self, head: Position, now: Timestamp) -> Result<u64> {
        let values = values![self.shard, head];
        let sql = "DELETE FROM provisioning_attempts WHERE shard = ?1 AND command > ?2";
        self.transaction.execute(sql, values)?;
        let sql = "DELETE FROM provisioning_commands WHERE shard = ?1 AND position > ?2";
        let gone = self.transaction.execute(sql, values)?;
        let sql = "UPDATE provisioning_commands SET newer = NULL, state = 'queued', failures = 0, \
                   finished_at = NULL, \
                   next_at = CASE WHEN adapter <> '' THEN CAST(?3 AS BIGINT) END \
                   WHERE shard = ?1 AND newer > ?2";
        self.transaction.execute(sql, values![self.shard, head, now])?;
        let sql = "UPDATE provisioning_cursors SET position = ?2 \
                   WHERE shard = ?1 AND position > ?2";
        self.transaction.execute(sql, values)?;
        Ok(gone)
    }

    pub fn claim(&self, adapter: &str, now: Timestamp, limit: usize) -> Result<Vec<Command>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM provisioning_commands \
             WHERE shard = ?1 AND adapter = ?2 AND next_at <= ?3 \
             ORDER BY next_at, position LIMIT ?4"
        );
        let values = values![self.shard, adapter, now, limit];
        let mut due = self.transaction.many(&sql, values, read_command)?;
        for command in &mut due {
            let sql = "UPDATE provisioning_commands SET state = 'sending', sent = sent + 1, \
                       next_at = NULL WHERE shard = ?1 AND position = ?2";
            self.transaction.execute(sql, values![self.shard, command.order.position])?;
            command.state = CommandState::Sending;
            command.sent += 1;
            command.next_at = None;
        }
        Ok(due)
    }

    pub fn record(&self, outcome: &Outcome) -> Result<()> {
        // It may have been forgotten while it was under way.
        let Some(command) = self.find(outcome.command)? else { return Ok(()) };
        let at = outcome.attempt.at;
        self.note(outcome.command, &outcome.attempt)?;
        self.note_health(&command, outcome)?;
        // Acknowledged meanwhile, or sent once more: what came of this sending decides nothing.
        if command.state != CommandState::Sending || command.sent != outcome.sending {
            return Ok(());
        }
        match outcome.then {
            Then::Acknowledged => self.finish(&command, CommandState::Acknowledged, at),
            Then::Again(next_at) => {
                self.set_error(outcome.command, outcome.attempt.error.as_deref())?;
                self.end_sending(&command, at, Again { next_at, failures: 1 })
            }
            Then::Accepted(next_at) if command.newer.is_none() => {
                let sql = "UPDATE provisioning_commands SET state = 'accepted', next_at = ?3, \
                           failures = 0, last_error = NULL WHERE shard = ?1 AND position = ?2";
                let values = values![self.shard, outcome.command, next_at];
                self.transaction.execute(sql, values).map(drop)
            }
            Then::Accepted(_) => self.finish(&command, CommandState::Overtaken, at),
        }
    }

    pub fn acknowledge(&self, id: Position, ack: &Acknowledgement) -> Result<Option<Command>> {
        let Some(command) = self.find(id)? else { return Ok(None) };
        let event = match ack.said {
            Said::Done => AttemptEvent::Done,
            Said::Failed(_) => AttemptEvent::Failed,
        };
        if self.is_said_already(&command, event, ack.message.as_deref())? {
            return Ok(Some(command));
        }
        let attempt = said(event, ack.at, ack.message.as_deref(), Some(&ack.actor));
        self.note(id, &attempt)?;
        match ack.said {
            Said::Done if !command.state.is_finished() => {
                self.finish(&command, CommandState::Acknowledged, ack.at)?;
            }
            Said::Failed(again_at)
                if matches!(command.state, CommandState::Sending | CommandState::Accepted) =>
            {
                let why = ack.message.as_deref().unwrap_or("it was said to have failed");
                self.set_error(id, Some(why))?;
                self.end_sending(&command, ack.at, Again { next_at: again_at, failures: 1 })?;
            }
            // Of one that is finished or was never sent it is only noted.
            Said::Done | Said::Failed(_) => {}
        }
        self.find(id)
    }

    pub fn retry(&self, id: Position, now: Timestamp, actor: &str) -> Result<Retried> {
        let Some(command) = self.find(id)? else { return Ok(Retried::Unknown) };
        if command.newer.is_some() {
            return Ok(Retried::Overtaken(command));
        }
        self.send_again(&command, AttemptEvent::Retried, now, actor)?;
        Ok(self.find(id)?.map_or(Retried::Unknown, Retried::Queued))
    }

    pub fn repair(
        &self,
        subscription: SubscriptionId,
        now: Timestamp,
        actor: &str,
    ) -> Result<Option<Position>> {
        let sql = "SELECT max(position) FROM provisioning_commands \
                   WHERE shard = ?1 AND account = ?2 AND subscription = ?3";
        let values = values![self.shard, subscription.account.0, subscription.serial];
        let newest: Option<Position> = self.transaction.value(sql, values)?;
        let Some(id) = newest else { return Ok(None) };
        let Some(command) = self.find(id)? else { return Ok(None) };
        self.send_again(&command, AttemptEvent::Repaired, now, actor)?;
        Ok(Some(id))
    }

    pub fn prune(&self, before: Timestamp, limit: usize) -> Result<u64> {
        let sql = "SELECT position FROM provisioning_commands WHERE shard = ?1 \
                   AND finished_at < ?2 AND finished_at IS NOT NULL AND newer IS NOT NULL LIMIT ?3";
        let values = values![self.shard, before, limit];
        let ids: Vec<Position> = self.transaction.many(sql, values, |row| row.get(0))?;
        let mut gone = 0;
        for id in ids {
            let values = values![self.shard, id];
            let sql = "DELETE FROM provisioning_attempts WHERE shard = ?1 AND command = ?2";
            self.transaction.execute(sql, values)?;
            let sql = "DELETE FROM provisioning_commands WHERE shard = ?1 AND position = ?2";
            gone += self.transaction.execute(sql, values)?;
        }
        Ok(gone + ANSWERS.prune(&self.transaction, before, limit)?)
    }

    fn find(&self, id: Position) -> Result<Option<Command>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM provisioning_commands WHERE shard = ?1 AND position = ?2"
        );
        self.transaction.one(&sql, values![self.shard, id], read_command)
    }

    /// The newest command of a subscription at an adapter.
    fn newest(&self, subscription: SubscriptionId, adapter: &str) -> Result<Option<Position>> {
        let sql = "SELECT max(position) FROM provisioning_commands \
                   WHERE shard = ?1 AND account = ?2 AND subscription = ?3 AND adapter = ?4";
        let SubscriptionId { account, serial } = subscription;
        self.transaction.value(sql, values![self.shard, account.0, serial, adapter])
    }

    fn is_sending(&self, subscription: SubscriptionId, adapter: &str) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM provisioning_commands \
                   WHERE shard = ?1 AND account = ?2 AND subscription = ?3 \
                   AND state = 'sending' AND adapter = ?4)";
        let SubscriptionId { account, serial } = subscription;
        self.transaction.value(sql, values![self.shard, account.0, serial, adapter])
    }

    /// Whether a subscription's adapter before this one has not yet done what it was told.
    fn is_elsewhere(
        &self,
        subscription: SubscriptionId,
        adapter: &str,
        before: Position,
    ) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM provisioning_commands \
                   WHERE shard = ?1 AND account = ?2 AND subscription = ?3 AND position < ?5 \
                   AND finished_at IS NULL AND adapter NOT IN ('', ?4))";
        let SubscriptionId { account, serial } = subscription;
        self.transaction.value(sql, values![self.shard, account.0, serial, adapter, before])
    }

    /// Has the newest command of a subscription sent from the beginning of the schedule. One that
    /// is being sent goes on being sent, and what came of it decides.
    fn send_again(
        &self,
        command: &Command,
        event: AttemptEvent,
        now: Timestamp,
        actor: &str,
    ) -> Result<()> {
        let id = command.order.position;
        self.note(id, &said(event, now, None, Some(actor)))?;
        if command.state == CommandState::Sending {
            return Ok(());
        }
        let adapter = command.order.adapter.as_deref().unwrap_or("");
        let waits = adapter.is_empty() || self.is_sending(command.order.subscription, adapter)?;
        let sql = "UPDATE provisioning_commands SET state = 'queued', failures = 0, \
                   finished_at = NULL, next_at = ?3 WHERE shard = ?1 AND position = ?2";
        let next_at = (!waits).then_some(now);
        self.transaction.execute(sql, values![self.shard, id, next_at]).map(drop)
    }

    /// A sending has ended without success, or the network says so: again, unless there is a newer
    /// command.
    fn end_sending(&self, command: &Command, at: Timestamp, again: Again) -> Result<()> {
        if command.newer.is_some() {
            return self.finish(command, CommandState::Overtaken, at);
        }
        let Again { next_at, failures } = again;
        let next_at = command.order.adapter.is_some().then_some(next_at);
        let sql = "UPDATE provisioning_commands SET state = 'queued', failures = failures + ?3, \
                   next_at = ?4 WHERE shard = ?1 AND position = ?2";
        let values = values![self.shard, command.order.position, failures, next_at];
        self.transaction.execute(sql, values).map(drop)
    }

    fn finish(&self, command: &Command, state: CommandState, at: Timestamp) -> Result<()> {
        let id = command.order.position;
        if state == CommandState::Acknowledged {
            self.set_error(id, None)?;
        }
        let sql = "UPDATE provisioning_commands SET state = ?3, next_at = NULL, finished_at = ?4 \
                   WHERE shard = ?1 AND position = ?2";
        self.transaction.execute(sql, values![self.shard, id, state.name(), at])?;
        self.let_newest_go(command, at)
    }

    /// Gives the newest command of a subscription its moment, when it waited for this one; one at
    /// another adapter, too, when nothing is left to wait for.
    fn let_newest_go(&self, ended: &Command, now: Timestamp) -> Result<()> {
        let subscription = ended.order.subscription;
        let adapter = ended.order.adapter.as_deref().unwrap_or("");
        let newest = match ended.newer {
            Some(_) => self.newest(subscription, adapter)?,
            None => None,
        };
        if let Some(newest) = newest {
            let at = match self.is_elsewhere(subscription, adapter, newest)? {
                true => now.plus(HAND_OVER),
                false => now,
            };
            let sql = "UPDATE provisioning_commands SET next_at = coalesce(next_at, ?3) \
                       WHERE shard = ?1 AND position = ?2 AND state = 'queued' AND adapter <> ''";
            self.transaction.execute(sql, values![self.shard, newest, at])?;
        }
        // What was sent before has its own schedule.
        let sql = "UPDATE provisioning_commands SET next_at = ?5 \
                   WHERE shard = ?1 AND account = ?2 AND subscription = ?3 AND adapter <> ?4 \
                   AND state = 'queued' AND sent = 0 AND next_at > ?5 \
                   AND NOT EXISTS (SELECT 1 FROM provisioning_commands elder \
                   WHERE elder.shard = ?1 AND elder.account = ?2 AND elder.subscription = ?3 \
                   AND elder.position < provisioning_commands.position \
                   AND elder.finished_at IS NULL \
                   AND elder.adapter NOT IN ('', provisioning_commands.adapter))";
        let SubscriptionId { account, serial } = subscription;
        let values = values![self.shard, account.0, serial, adapter, now];
        self.transaction.execute(sql, values).map(drop)
    }

    fn set_error(&self, id: Position, error: Option<&str>) -> Result<()> {
        let sql = "UPDATE provisioning_commands SET last_error = ?3 \
                   WHERE shard = ?1 AND position = ?2";
        self.transaction.execute(sql, values![self.shard, id, error]).map(drop)
    }

    /// Whether this is what was noted last, and it was not sent once more since.
    fn is_said_already(
        &self,
        command: &Command,
        event: AttemptEvent,
        message: Option<&str>,
    ) -> Result<bool> {
        let sql = "SELECT event = ?3 AND answer IS NOT DISTINCT FROM ?4 AND sending = ?5 \
                   FROM provisioning_attempts WHERE shard = ?1 AND command = ?2 \
                   ORDER BY number DESC LIMIT 1";
        let values =
            values![self.shard, command.order.position, event.name(), message, command.sent];
        Ok(self.transaction.one(sql, values, |row| row.get(0))?.unwrap_or(false))
    }

    fn note(&self, id: Position, attempt: &Attempt) -> Result<()> {
        let Attempt { at, event, code, error, ms, answer, actor } = attempt;
        let sql = "INSERT INTO provisioning_attempts (shard, command, number, at, event, code, \
                   error, ms, answer, actor, sending) VALUES (?1, ?2, \
                   (SELECT coalesce(max(number), 0) + 1 FROM provisioning_attempts \
                   WHERE shard = ?1 AND command = ?2), ?3, ?4, ?5, ?6, ?7, ?8, ?9, \
                   (SELECT sent FROM provisioning_commands WHERE shard = ?1 AND position = ?2)) \
                   RETURNING number";
        let values = values![self.shard, id, *at, event.name(), *code, error, *ms, answer, actor];
        let number: i64 = self.transaction.value(sql, values)?;
        if number > ATTEMPTS_KEPT {
            let sql = "DELETE FROM provisioning_attempts \
                       WHERE shard = ?1 AND command = ?2 AND number BETWEEN 2 AND ?3";
            let last = number - ATTEMPTS_KEPT + 1;
            self.transaction.execute(sql, values![self.shard, id, last])?;
        }
        Ok(())
    }

    fn note_health(&self, command: &Command, outcome: &Outcome) -> Result<()> {
        let adapter = command.order.adapter.as_deref().unwrap_or("");
        let at = outcome.attempt.at;
        match outcome.then {
            Then::Acknowledged | Then::Accepted(_) => {
                let sql = "INSERT INTO provisioning_adapters (shard, name, last_success_at) \
                           VALUES (?1, ?2, ?3) ON CONFLICT (shard, name) \
                           DO UPDATE SET last_success_at = ?3, failing_since = NULL";
                self.transaction.execute(sql, values![self.shard, adapter, at])?;
            }
            Then::Again(_) => {
                let sql = "INSERT INTO provisioning_adapters \
                           (shard, name, last_error, last_error_at, failing_since) \
                           VALUES (?1, ?2, ?3, ?4, ?4) ON CONFLICT (shard, name) \
                           DO UPDATE SET last_error = ?3, last_error_at = ?4, failing_since = \
                           coalesce(provisioning_adapters.failing_since, ?4)";
                let error = &outcome.attempt.error;
                self.transaction.execute(sql, values![self.shard, adapter, error, at])?;
            }
        }
        Ok(())
    }
}

/// When a command is sent again, and how many failures more it has then.
struct Again {
    next_at: Timestamp,
    failures: u32,
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
