//! Deliveries: made from the journal, tried, finished.
//!
//! **Invariant:** within an endpoint and a subject of a shard the pending delivery with the lowest
//! id, and no other, has `next_at`. [`let_next_go`] restores it after each change.

use engine::{Position, Timestamp};

use super::endpoints::{exists, note};
use super::{ANSWERS, SqlWebhooks};
use crate::StoreError;
use crate::beside::{self, Alone, Connection, Row, Value, values};
use crate::webhooks::{
    Attempt, Change, Delivery, DeliveryId, DeliveryState, DeliveryStore, EndpointId, Figures,
    NewEvent, Outcome, Then,
};

const COLUMNS: &str = "id, endpoint, event, type, position, subject, at, payload, sequence, \
     state, tries, next_at, created_at, finished_at";

/// Has a delivery made again from the beginning of the schedule.
const BEGIN_AGAIN: &str = "UPDATE webhook_deliveries SET state = 'pending', tries = 0, \
     next_at = NULL, finished_at = NULL";

impl DeliveryStore for SqlWebhooks {
    fn enqueue(
        &mut self,
        endpoint: EndpointId,
        expected: Position,
        cursor: Position,
        events: &[NewEvent],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (shard, alone) = (self.shard, self.alone());
        self.beside.write("make webhook deliveries", &alone, |transaction| {
            let sql = "UPDATE webhook_cursors SET position = ?4 \
                       WHERE endpoint = ?2 AND shard = ?1 AND position = ?3";
            let moved = transaction.execute(sql, values![shard, endpoint, expected, cursor])?;
            if moved == 0 {
                return Ok(false);
            }
            for event in events {
                add(transaction, shard, endpoint, event, now)?;
            }
            Ok(true)
        })
    }

    fn enqueue_extra(
        &mut self,
        endpoint: EndpointId,
        event: &NewEvent,
        now: Timestamp,
    ) -> Result<DeliveryId, StoreError> {
        let (shard, alone) = (self.shard, self.alone());
        self.beside.write("make a webhook delivery", &alone, |transaction| {
            add(transaction, shard, endpoint, event, now)
        })
    }

    fn due(
        &self,
        endpoint: EndpointId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM webhook_deliveries \
             WHERE shard = ?1 AND endpoint = ?2 AND next_at <= ?3 ORDER BY next_at, id LIMIT ?4"
        );
        let values = values![self.shard, endpoint, now, limit];
        let doing = "read the webhook deliveries that are due";
        self.beside.many(doing, &sql, values, read_delivery)
    }

    fn next_due_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT min((SELECT min(next_at) FROM webhook_deliveries \
                   WHERE shard = ?1 AND endpoint = webhook_endpoints.id \
                   AND next_at IS NOT NULL)) FROM webhook_endpoints WHERE disabled_at IS NULL";
        let doing = "find the next webhook delivery";
        let found = self.beside.one(doing, sql, values![self.shard], |row| row.get(0))?;
        Ok(found.flatten())
    }

    fn record(&mut self, outcomes: &[Outcome]) -> Result<(), StoreError> {
        let (shard, alone) = (self.shard, self.alone());
        self.beside.write("note how webhook attempts went", &alone, |transaction| {
            outcomes.iter().try_for_each(|it| record_one(transaction, shard, it))
        })
    }

    fn deliveries(
        &self,
        endpoint: EndpointId,
        state: Option<DeliveryState>,
        before: Option<DeliveryId>,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        let before = before.map_or(Value::Integer(i64::MAX), Value::from);
        let mut values = vec![endpoint.into(), before, limit.into()];
        let mut condition = "";
        if let Some(state) = state {
            values.push(state.name().into());
            condition = "AND state = ?4";
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM webhook_deliveries WHERE endpoint = ?1 AND id < ?2 {condition} \
             ORDER BY id DESC LIMIT ?3"
        );
        self.beside.many("list webhook deliveries", &sql, &values, read_delivery)
    }

    fn delivery(&self, id: DeliveryId) -> Result<Option<(Delivery, Vec<Attempt>)>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM webhook_deliveries WHERE id = ?1");
        let doing = "read a webhook delivery";
        let Some(found) = self.beside.one(doing, &sql, values![id], read_delivery)? else {
            return Ok(None);
        };
        let sql = "SELECT at, status, error, ms, response FROM webhook_attempts \
                   WHERE delivery = ?1 ORDER BY number";
        let attempts = self.beside.many("read webhook attempts", sql, values![id], |row| {
            Ok(Attempt {
                at: row.get(0)?,
                status: row.get(1)?,
                error: row.get(2)?,
                ms: row.get(3)?,
                response: row.get(4)?,
            })
        })?;
        Ok(Some((found, attempts)))
    }

    fn retry(&mut self, id: DeliveryId, now: Timestamp) -> Result<bool, StoreError> {
        let doing = "have a webhook delivery made again";
        // It may be another shard's.
        self.beside.write(doing, &Alone::Everything, |transaction| {
            let sql = format!("{BEGIN_AGAIN} WHERE id = ?1 RETURNING shard, endpoint, subject");
            let found = transaction.one(&sql, values![id], |row| {
                Ok(Queue { shard: row.get(0)?, endpoint: row.get(1)?, subject: row.get(2)? })
            })?;
            let Some(queue) = found else { return Ok(false) };
            let_next_go(transaction, &queue, now)?;
            Ok(true)
        })
    }

    fn replay(
        &mut self,
        endpoint: EndpointId,
        from: Position,
        to: Position,
        now: Timestamp,
        change: &Change,
    ) -> Result<u64, StoreError> {
        let (shard, alone) = (self.shard, self.alone());
        self.beside.write("replay webhook deliveries", &alone, |transaction| {
            if !exists(transaction, endpoint)? {
                return Ok(0);
            }
            let range = values![shard, endpoint, from, to];
            let sql = "SELECT DISTINCT subject FROM webhook_deliveries \
                       WHERE shard = ?1 AND endpoint = ?2 AND position BETWEEN ?3 AND ?4";
            let subjects: Vec<String> = transaction.many(sql, range, |row| row.get(0))?;
            let sql = format!(
                "{BEGIN_AGAIN} WHERE shard = ?1 AND endpoint = ?2 AND position BETWEEN ?3 AND ?4"
            );
            let replayed = transaction.execute(&sql, range)?;
            for subject in subjects {
                let_next_go(transaction, &Queue { shard, endpoint, subject }, now)?;
            }
            note(transaction, endpoint, change)?;
            Ok(replayed)
        })
    }

    fn prune(&mut self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        let (shard, alone) = (self.shard, self.alone());
        self.beside.write("delete old webhook deliveries", &alone, |transaction| {
            let sql = "SELECT id FROM webhook_deliveries WHERE shard = ?1 AND finished_at < ?2 \
                       UNION ALL SELECT id FROM webhook_deliveries WHERE shard = ?1 \
                       AND endpoint IN (SELECT endpoint FROM webhook_removed) LIMIT ?3";
            let ids = transaction.many(sql, values![shard, before, limit], |row| row.get(0))?;
            let mut gone = 0;
            for id in ids {
                let id: DeliveryId = id;
                let sql = "DELETE FROM webhook_attempts WHERE delivery = ?1";
                transaction.execute(sql, values![id])?;
                let sql = "DELETE FROM webhook_deliveries WHERE id = ?1";
                gone += transaction.execute(sql, values![id])?;
            }
            gone += ANSWERS.prune(transaction, before, limit)?;
            let sql = "DELETE FROM webhook_sequences WHERE shard = ?1 AND (endpoint, subject) IN \
                       (SELECT endpoint, subject FROM webhook_sequences WHERE shard = ?1 \
                       AND endpoint IN (SELECT endpoint FROM webhook_removed) LIMIT ?2)";
            gone += transaction.execute(sql, values![shard, limit])?;
            if gone == 0 {
                forget_removed(transaction)?;
            }
            Ok(gone)
        })
    }

    fn pending(&self, endpoint: EndpointId) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM webhook_deliveries \
                   WHERE shard = ?1 AND endpoint = ?2 AND state = 'pending'";
        let values = values![self.shard, endpoint];
        let doing = "count pending webhook deliveries";
        Ok(self.beside.one(doing, sql, values, |row| row.get(0))?.unwrap_or(0))
    }

    fn figures(&self) -> Result<Figures, StoreError> {
        let doing = "read the figures of webhooks";
        let sql = "SELECT count(*), count(disabled_at) FROM webhook_endpoints";
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let (endpoints, disabled) = self.beside.one(doing, sql, &[], read)?.unwrap_or_default();
        let sql = "SELECT count(*), min(at) FROM webhook_deliveries \
                   WHERE shard = ?1 AND state = 'pending' AND endpoint IN \
                   (SELECT id FROM webhook_endpoints WHERE disabled_at IS NULL)";
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let found = self.beside.one(doing, sql, values![self.shard], read)?;
        let (pending, oldest_at) = found.unwrap_or_default();
        Ok(Figures { endpoints, disabled, pending, oldest_at })
    }
}

/// Deliveries that wait for one another.
struct Queue {
    shard: u32,
    endpoint: EndpointId,
    subject: String,
}

fn add(
    transaction: &Connection<'_>,
    shard: u32,
    endpoint: EndpointId,
    event: &NewEvent,
    now: Timestamp,
) -> beside::Result<DeliveryId> {
    let NewEvent { event, event_type, position, subject, at, payload } = event;
    let sql = "INSERT INTO webhook_sequences (shard, endpoint, subject, last) \
               VALUES (?1, ?2, ?3, 1) ON CONFLICT (shard, endpoint, subject) \
               DO UPDATE SET last = webhook_sequences.last + 1 RETURNING last";
    let sequence: u64 = transaction.value(sql, values![shard, endpoint, subject])?;
    let sql = "SELECT EXISTS (SELECT 1 FROM webhook_deliveries WHERE shard = ?1 \
               AND endpoint = ?2 AND subject = ?3 AND state = 'pending')";
    let waits: bool = transaction.value(sql, values![shard, endpoint, subject])?;
    let next_at = (!waits).then_some(now);
    let sql = "INSERT INTO webhook_deliveries (shard, endpoint, event, type, position, subject, \
               sequence, at, payload, state, tries, created_at, next_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'pending', 0, ?10, ?11) RETURNING id";
    let values = values![
        shard, endpoint, event, event_type, *position, subject, sequence, *at, payload, now,
        next_at,
    ];
    transaction.value(sql, values)
}

fn record_one(transaction: &Connection<'_>, shard: u32, outcome: &Outcome) -> beside::Result<()> {
    let id = outcome.delivery;
    let Attempt { at, status, error, ms, response } = &outcome.attempt;
    let sql = "SELECT endpoint, subject, state FROM webhook_deliveries WHERE id = ?1";
    // It may have been deleted while the attempt was under way.
    let found = transaction.one(sql, values![id], |row| {
        let queue = Queue { shard, endpoint: row.get(0)?, subject: row.get(1)? };
        Ok((queue, row.word(2, DeliveryState::from_name)?))
    })?;
    let Some((queue, state)) = found else { return Ok(()) };
    let sql = "INSERT INTO webhook_attempts (delivery, number, at, status, error, ms, response) \
               VALUES (?1, (SELECT coalesce(max(number), 0) + 1 FROM webhook_attempts \
               WHERE delivery = ?1), ?2, ?3, ?4, ?5, ?6)";
    transaction.execute(sql, values![id, *at, *status, error, *ms, response])?;
    let health = match outcome.then {
        Then::Delivered => "last_success_at = ?2, failing_since = NULL",
        Then::Again(_) | Then::GiveUp => "failing_since = coalesce(failing_since, ?2)",
    };
    let sql = format!("UPDATE webhook_endpoints SET {health} WHERE id = ?1");
    transaction.execute(&sql, values![queue.endpoint, *at])?;
    // Skipped while the attempt was under way: what it brought is noted, and it stays so.
    if state != DeliveryState::Pending {
        return Ok(());
    }
    let (state, next_at) = match outcome.then {
        Then::Delivered => (DeliveryState::Delivered, None),
        Then::GiveUp => (DeliveryState::Failed, None),
        Then::Again(next_at) => (DeliveryState::Pending, Some(next_at)),
    };
    let finished_at = (state != DeliveryState::Pending).then_some(*at);
    let sql = "UPDATE webhook_deliveries SET state = ?2, tries = tries + 1, next_at = ?3, \
               finished_at = ?4 WHERE id = ?1";
    transaction.execute(sql, values![id, state.name(), next_at, finished_at])?;
    let_next_go(transaction, &queue, *at)
}

/// Gives the first pending delivery of a subject its moment, and takes it from all others.
fn let_next_go(transaction: &Connection<'_>, queue: &Queue, now: Timestamp) -> beside::Result<()> {
    let Queue { shard, endpoint, subject } = queue;
    let sql = "SELECT min(id) FROM webhook_deliveries \
               WHERE shard = ?1 AND endpoint = ?2 AND subject = ?3 AND state = 'pending'";
    let first: Option<DeliveryId> = transaction.value(sql, values![*shard, *endpoint, subject])?;
    let Some(first) = first else { return Ok(()) };
    let sql = "UPDATE webhook_deliveries SET next_at = NULL WHERE shard = ?1 AND endpoint = ?2 \
               AND subject = ?3 AND next_at IS NOT NULL AND id > ?4";
    transaction.execute(sql, values![*shard, *endpoint, subject, first])?;
    let sql = "UPDATE webhook_deliveries SET next_at = coalesce(next_at, ?2) WHERE id = ?1";
    transaction.execute(sql, values![first, now]).map(drop)
}

/// Nothing more is to be taken away of endpoints of which no shard has anything.
fn forget_removed(transaction: &Connection<'_>) -> beside::Result<()> {
    let sql = "DELETE FROM webhook_removed WHERE NOT EXISTS (SELECT 1 FROM webhook_deliveries \
               WHERE endpoint = webhook_removed.endpoint) AND NOT EXISTS (SELECT 1 \
               FROM webhook_sequences WHERE endpoint = webhook_removed.endpoint)";
    transaction.execute(sql, &[]).map(drop)
}

fn read_delivery(row: &Row<'_>) -> beside::Result<Delivery> {
    Ok(Delivery {
        id: row.get(0)?,
        endpoint: row.get(1)?,
        event: NewEvent {
            event: row.get(2)?,
            event_type: row.get(3)?,
            position: row.get(4)?,
            subject: row.get(5)?,
            at: row.get(6)?,
            payload: row.get(7)?,
        },
        sequence: row.get(8)?,
        state: row.word(9, DeliveryState::from_name)?,
        tries: row.get(10)?,
        next_at: row.get(11)?,
        created_at: row.get(12)?,
        finished_at: row.get(13)?,
    })
}
