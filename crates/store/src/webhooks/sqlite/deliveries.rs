//! Deliveries: made from the journal, tried, finished.
//!
//! **Invariant:** within an endpoint and a subject the pending delivery with the lowest id, and
//! no other, has `next_at`. [`let_next_go`] restores it after each change.

use engine::{Position, Timestamp};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::SqliteWebhooks;
use super::endpoints::{exists, note};
use crate::StoreError;
use crate::answers;
use crate::webhooks::{
    Attempt, Change, Delivery, DeliveryId, DeliveryState, DeliveryStore, EndpointId, Figures,
    NewEvent, Outcome, Then,
};

const COLUMNS: &str = "id, endpoint, event, type, position, subject, at, payload, sequence, \
     state, tries, next_at, created_at, finished_at";

impl DeliveryStore for SqliteWebhooks {
    fn enqueue(
        &mut self,
        endpoint: EndpointId,
        expected: Position,
        cursor: Position,
        events: &[NewEvent],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.file.write("make webhook deliveries", |transaction| {
            let moved = transaction.execute(
                "UPDATE endpoints SET cursor = ?3 WHERE id = ?1 AND cursor = ?2",
                params![endpoint as i64, expected.0 as i64, cursor.0 as i64],
            )?;
            if moved == 0 {
                return Ok(false);
            }
            for event in events {
                add(transaction, endpoint, event, now)?;
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
        self.file
            .write("make a webhook delivery", |transaction| add(transaction, endpoint, event, now))
    }

    fn due(
        &self,
        endpoint: EndpointId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM deliveries WHERE endpoint = ?1 AND next_at <= ?2 \
             ORDER BY next_at, id LIMIT ?3"
        );
        let values = params![endpoint as i64, now.0, limit as i64];
        self.file.many("read the webhook deliveries that are due", &sql, values, read_delivery)
    }

    fn next_due_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT min((SELECT min(next_at) FROM deliveries WHERE endpoint = endpoints.id \
                   AND next_at IS NOT NULL)) FROM endpoints WHERE disabled_at IS NULL";
        let read = |row: &Row<'_>| row.get::<_, Option<i64>>(0);
        let found = self.file.one("find the next webhook delivery", sql, [], read)?;
        Ok(found.flatten().map(Timestamp))
    }

    fn record(&mut self, outcomes: &[Outcome]) -> Result<(), StoreError> {
        self.file.write("note how webhook attempts went", |transaction| {
            for outcome in outcomes {
                record_one(transaction, outcome)?;
            }
            Ok(())
        })
    }

    fn deliveries(
        &self,
        endpoint: EndpointId,
        state: Option<DeliveryState>,
        before: Option<DeliveryId>,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        let before = before.map_or(i64::MAX, |it| i64::try_from(it).unwrap_or(i64::MAX));
        let doing = "list webhook deliveries";
        let state_is = if state.is_some() { "AND state = ?4" } else { "AND ?4 IS NULL" };
        let sql = format!(
            "SELECT {COLUMNS} FROM deliveries WHERE endpoint = ?1 AND id < ?2 {state_is} \
             ORDER BY id DESC LIMIT ?3"
        );
        let state = state.map(DeliveryState::name);
        self.file.many(
            doing,
            &sql,
            params![endpoint as i64, before, limit as i64, state],
            read_delivery,
        )
    }

    fn delivery(&self, id: DeliveryId) -> Result<Option<(Delivery, Vec<Attempt>)>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM deliveries WHERE id = ?1");
        let Some(found) =
            self.file.one("read a webhook delivery", &sql, [id as i64], read_delivery)?
        else {
            return Ok(None);
        };
        let sql = "SELECT at, status, error, ms, response FROM attempts WHERE delivery = ?1 \
                   ORDER BY number";
        let attempts = self.file.many("read webhook attempts", sql, [id as i64], |row| {
            Ok(Attempt {
                at: Timestamp(row.get(0)?),
                status: row.get(1)?,
                error: row.get(2)?,
                ms: row.get::<_, i64>(3)? as u64,
                response: row.get(4)?,
            })
        })?;
        Ok(Some((found, attempts)))
    }

    fn retry(&mut self, id: DeliveryId, now: Timestamp) -> Result<bool, StoreError> {
        self.file.write("have a webhook delivery made again", |transaction| {
            let sql = "UPDATE deliveries SET state = 'pending', tries = 0, next_at = NULL, \
                       finished_at = NULL WHERE id = ?1 RETURNING endpoint, subject";
            let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?));
            let found = transaction.query_row(sql, [id as i64], read).optional()?;
            let Some((endpoint, subject)) = found else { return Ok(false) };
            let_next_go(transaction, endpoint, &subject, now)?;
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
        self.file.write("replay webhook deliveries", |transaction| {
            if !exists(transaction, endpoint)? {
                return Ok(0);
            }
            let range = params![
                endpoint as i64,
                i64::try_from(from.0).unwrap_or(i64::MAX),
                i64::try_from(to.0).unwrap_or(i64::MAX)
            ];
            let mut subjects = transaction.prepare_cached(
                "SELECT DISTINCT subject FROM deliveries \
                 WHERE endpoint = ?1 AND position BETWEEN ?2 AND ?3",
            )?;
            let subjects: Vec<String> =
                subjects.query_map(range, |row| row.get(0))?.collect::<Result<_, _>>()?;
            let replayed = transaction.execute(
                "UPDATE deliveries SET state = 'pending', tries = 0, next_at = NULL, \
                 finished_at = NULL WHERE endpoint = ?1 AND position BETWEEN ?2 AND ?3",
                range,
            )?;
            for subject in &subjects {
                let_next_go(transaction, endpoint as i64, subject, now)?;
            }
            note(transaction, endpoint, change)?;
            Ok(replayed as u64)
        })
    }

    fn prune(&mut self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        self.file.write("delete old webhook deliveries", |transaction| {
            let mut old = transaction.prepare_cached(
                "SELECT id FROM deliveries WHERE finished_at < ?1 UNION ALL \
                 SELECT id FROM deliveries WHERE endpoint IN (SELECT endpoint FROM removed) \
                 LIMIT ?2",
            )?;
            let ids: Vec<i64> = old
                .query_map(params![before.0, limit as i64], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let mut gone = 0;
            for id in ids {
                transaction.execute("DELETE FROM attempts WHERE delivery = ?1", [id])?;
                gone += transaction.execute("DELETE FROM deliveries WHERE id = ?1", [id])?;
            }
            gone += answers::prune(transaction, before, limit)?;
            let sql = "DELETE FROM sequences WHERE (endpoint, subject) IN (SELECT endpoint, \
                       subject FROM sequences WHERE endpoint IN (SELECT endpoint FROM removed) \
                       LIMIT ?1)";
            gone += transaction.execute(sql, [limit as i64])?;
            if gone == 0 {
                transaction.execute("DELETE FROM removed", [])?;
            }
            Ok(gone as u64)
        })
    }

    fn pending(&self, endpoint: EndpointId) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM deliveries WHERE endpoint = ?1 AND state = 'pending'";
        let read = |row: &Row<'_>| row.get::<_, i64>(0);
        let found =
            self.file.one("count pending webhook deliveries", sql, [endpoint as i64], read)?;
        Ok(found.unwrap_or(0) as u64)
    }

    fn figures(&self) -> Result<Figures, StoreError> {
        let doing = "read the figures of webhooks";
        let sql = "SELECT count(*), count(disabled_at) FROM endpoints";
        let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
        let (endpoints, disabled) = self.file.one(doing, sql, [], read)?.unwrap_or_default();
        let sql = "SELECT count(*), min(at) FROM deliveries WHERE state = 'pending' AND endpoint \
                   IN (SELECT id FROM endpoints WHERE disabled_at IS NULL)";
        let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?));
        let (pending, oldest_at) = self.file.one(doing, sql, [], read)?.unwrap_or_default();
        Ok(Figures {
            endpoints: endpoints as u64,
            disabled: disabled as u64,
            pending: pending as u64,
            oldest_at: oldest_at.map(Timestamp),
        })
    }
}

fn add(
    transaction: &Transaction<'_>,
    endpoint: EndpointId,
    event: &NewEvent,
    now: Timestamp,
) -> rusqlite::Result<DeliveryId> {
    let endpoint = endpoint as i64;
    let NewEvent { event, event_type, position, subject, at, payload } = event;
    let sequence: i64 = transaction
        .prepare_cached(
            "INSERT INTO sequences (endpoint, subject, last) VALUES (?1, ?2, 1) \
             ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last",
        )?
        .query_row(params![endpoint, subject], |row| row.get(0))?;
    transaction
        .prepare_cached(
            "INSERT INTO deliveries (endpoint, event, type, position, subject, sequence, at, \
             payload, state, tries, created_at, next_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'pending', 0, ?9, \
             iif(EXISTS (SELECT 1 FROM deliveries WHERE endpoint = ?1 AND subject = ?5 \
             AND state = 'pending'), NULL, ?9))",
        )?
        .execute(params![
            endpoint,
            event,
            event_type,
            position.map(|it| it.0 as i64),
            subject,
            sequence,
            at.0,
            payload,
            now.0,
        ])?;
    Ok(transaction.last_insert_rowid() as DeliveryId)
}

fn record_one(transaction: &Transaction<'_>, outcome: &Outcome) -> rusqlite::Result<()> {
    let id = outcome.delivery as i64;
    let Attempt { at, status, error, ms, response } = &outcome.attempt;
    let sql = "SELECT endpoint, subject, state FROM deliveries WHERE id = ?1";
    let read = |row: &Row<'_>| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    };
    // It may have been deleted while the attempt was under way.
    let found = transaction.query_row(sql, [id], read).optional()?;
    let Some((endpoint, subject, state)) = found else { return Ok(()) };
    transaction
        .prepare_cached(
            "INSERT INTO attempts (delivery, number, at, status, error, ms, response) VALUES \
             (?1, (SELECT coalesce(max(number), 0) + 1 FROM attempts WHERE delivery = ?1), \
             ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![id, at.0, status, error, *ms as i64, response])?;
    let health = match outcome.then {
        Then::Delivered => "last_success_at = ?2, failing_since = NULL",
        Then::Again(_) | Then::GiveUp => "failing_since = coalesce(failing_since, ?2)",
    };
    let sql = format!("UPDATE endpoints SET {health} WHERE id = ?1");
    transaction.execute(&sql, params![endpoint, at.0])?;
    // Skipped while the attempt was under way: what it brought is noted, and it stays so.
    if state != DeliveryState::Pending.name() {
        return Ok(());
    }
    let (state, next_at) = match outcome.then {
        Then::Delivered => (DeliveryState::Delivered, None),
        Then::GiveUp => (DeliveryState::Failed, None),
        Then::Again(next_at) => (DeliveryState::Pending, Some(next_at.0)),
    };
    let finished_at = (state != DeliveryState::Pending).then_some(at.0);
    transaction.execute(
        "UPDATE deliveries SET state = ?2, tries = tries + 1, next_at = ?3, finished_at = ?4 \
         WHERE id = ?1",
        params![id, state.name(), next_at, finished_at],
    )?;
    let_next_go(transaction, endpoint, &subject, *at)
}

/// Gives the first pending delivery of a subject its moment, and takes it from all others.
fn let_next_go(
    transaction: &Transaction<'_>,
    endpoint: i64,
    subject: &str,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "SELECT min(id) FROM deliveries \
               WHERE endpoint = ?1 AND subject = ?2 AND state = 'pending'";
    let mut first = transaction.prepare_cached(sql)?;
    let first: Option<i64> = first.query_row(params![endpoint, subject], |row| row.get(0))?;
    let Some(first) = first else { return Ok(()) };
    transaction
        .prepare_cached(
            "UPDATE deliveries SET next_at = NULL WHERE endpoint = ?1 AND subject = ?2 \
             AND next_at IS NOT NULL AND id > ?3",
        )?
        .execute(params![endpoint, subject, first])?;
    transaction
        .prepare_cached("UPDATE deliveries SET next_at = coalesce(next_at, ?2) WHERE id = ?1")?
        .execute(params![first, now.0])?;
    Ok(())
}

fn read_delivery(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    let state: String = row.get(9)?;
    let state = DeliveryState::from_name(&state).ok_or_else(|| {
        let kind = rusqlite::types::Type::Text;
        rusqlite::Error::FromSqlConversionFailure(9, kind, format!("state {state:?}").into())
    })?;
    let time = |it: Option<i64>| it.map(Timestamp);
    Ok(Delivery {
        id: row.get::<_, i64>(0)? as DeliveryId,
        endpoint: row.get::<_, i64>(1)? as EndpointId,
        event: NewEvent {
            event: row.get(2)?,
            event_type: row.get(3)?,
            position: row.get::<_, Option<i64>>(4)?.map(|it| Position(it as u64)),
            subject: row.get(5)?,
            at: Timestamp(row.get(6)?),
            payload: row.get(7)?,
        },
        sequence: row.get::<_, i64>(8)? as u64,
        state,
        tries: row.get(10)?,
        next_at: time(row.get(11)?),
        created_at: Timestamp(row.get(12)?),
        finished_at: time(row.get(13)?),
    })
}
