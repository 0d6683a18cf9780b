//! Endpoints, their secrets, and who changed them.

use engine::{Position, Timestamp};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::SqliteWebhooks;
use crate::StoreError;
use crate::webhooks::{
    Change, EndpointFields, EndpointId, EndpointRecord, EndpointStore, Secret, Switch,
};

const COLUMNS: &str = "id, url, events, description, cursor, created_at, updated_at, disabled_at, \
     disabled_reason, failing_since, last_success_at";

impl EndpointStore for SqliteWebhooks {
    fn create_endpoint(
        &mut self,
        fields: &EndpointFields,
        secret: &Secret,
        cursor: Position,
        change: &Change,
    ) -> Result<EndpointId, StoreError> {
        self.file.write("create a webhook endpoint", |transaction| {
            let EndpointFields { url, description, .. } = fields;
            transaction.execute(
                "INSERT INTO endpoints (url, events, description, cursor, created_at, updated_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
                params![url, events_json(fields), description, cursor.0 as i64, change.at.0],
            )?;
            let endpoint = transaction.last_insert_rowid() as EndpointId;
            add_secret(transaction, endpoint, secret, change.at)?;
            note(transaction, endpoint, change)?;
            Ok(endpoint)
        })
    }

    fn update_endpoint(
        &mut self,
        endpoint: EndpointId,
        fields: &EndpointFields,
        switch: Switch,
        change: &Change,
    ) -> Result<bool, StoreError> {
        self.file.write("change a webhook endpoint", |transaction| {
            let EndpointFields { url, description, .. } = fields;
            let found = transaction.execute(
                "UPDATE endpoints SET url = ?2, events = ?3, description = ?4, updated_at = ?5 \
                 WHERE id = ?1",
                params![endpoint as i64, url, events_json(fields), description, change.at.0],
            )?;
            if found == 0 {
                return Ok(false);
            }
            apply(transaction, endpoint, switch, change)?;
            note(transaction, endpoint, change)?;
            Ok(true)
        })
    }

    fn rotate_secret(
        &mut self,
        endpoint: EndpointId,
        secret: &Secret,
        until: Timestamp,
        change: &Change,
    ) -> Result<bool, StoreError> {
        self.file.write("rotate the secret of a webhook endpoint", |transaction| {
            if !exists(transaction, endpoint)? {
                return Ok(false);
            }
            // What has ended needs no keeping; the newest so far gets its end.
            transaction.execute(
                "DELETE FROM secrets WHERE endpoint = ?1 AND until <= ?2",
                params![endpoint as i64, change.at.0],
            )?;
            transaction.execute(
                "UPDATE secrets SET until = min(coalesce(until, ?2), ?2) WHERE endpoint = ?1",
                params![endpoint as i64, until.0],
            )?;
            add_secret(transaction, endpoint, secret, change.at)?;
            note(transaction, endpoint, change)?;
            Ok(true)
        })
    }

    fn delete_endpoint(
        &mut self,
        endpoint: EndpointId,
        change: &Change,
    ) -> Result<bool, StoreError> {
        self.file.write("delete a webhook endpoint", |transaction| {
            let id = [endpoint as i64];
            let found = transaction.execute("DELETE FROM endpoints WHERE id = ?1", id)?;
            if found == 0 {
                return Ok(false);
            }
            transaction.execute("DELETE FROM secrets WHERE endpoint = ?1", id)?;
            transaction.execute("INSERT INTO removed (endpoint) VALUES (?1)", id)?;
            note(transaction, endpoint, change)?;
            Ok(true)
        })
    }

    fn disable(
        &mut self,
        endpoint: EndpointId,
        reason: &str,
        change: &Change,
    ) -> Result<bool, StoreError> {
        self.file.write("disable a webhook endpoint", |transaction| {
            let found = transaction.execute(
                "UPDATE endpoints SET disabled_at = ?2, disabled_reason = ?3 \
                 WHERE id = ?1 AND disabled_at IS NULL",
                params![endpoint as i64, change.at.0, reason],
            )?;
            if found > 0 {
                note(transaction, endpoint, change)?;
            }
            Ok(found > 0)
        })
    }

    fn endpoints(&self) -> Result<Vec<EndpointRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM endpoints ORDER BY id");
        let mut found = self.file.many("read the webhook endpoints", &sql, [], read_endpoint)?;
        for it in &mut found {
            it.secrets = self.secrets(it.id)?;
        }
        Ok(found)
    }

    fn endpoint(&self, endpoint: EndpointId) -> Result<Option<EndpointRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM endpoints WHERE id = ?1");
        let found =
            self.file.one("read a webhook endpoint", &sql, [endpoint as i64], read_endpoint)?;
        let Some(mut found) = found else { return Ok(None) };
        found.secrets = self.secrets(endpoint)?;
        Ok(Some(found))
    }

    fn changes(&self, endpoint: EndpointId, limit: usize) -> Result<Vec<Change>, StoreError> {
        let sql = "SELECT at, action, actor, channel, reason, detail FROM changes \
                   WHERE endpoint = ?1 ORDER BY id DESC LIMIT ?2";
        let values = params![endpoint as i64, limit as i64];
        self.file.many("read the changes of a webhook endpoint", sql, values, |row| {
            Ok(Change {
                at: Timestamp(row.get(0)?),
                action: row.get(1)?,
                actor: row.get(2)?,
                channel: row.get(3)?,
                reason: row.get(4)?,
                detail: row.get(5)?,
            })
        })
    }
}

impl SqliteWebhooks {
    fn secrets(&self, endpoint: EndpointId) -> Result<Vec<Secret>, StoreError> {
        let sql = "SELECT shared, seed, until FROM secrets WHERE endpoint = ?1 ORDER BY id DESC";
        self.file.many("read the secrets of a webhook endpoint", sql, [endpoint as i64], |row| {
            let until: Option<i64> = row.get(2)?;
            Ok(Secret { shared: row.get(0)?, seed: row.get(1)?, until: until.map(Timestamp) })
        })
    }
}

pub(super) fn exists(
    transaction: &Transaction<'_>,
    endpoint: EndpointId,
) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM endpoints WHERE id = ?1";
    Ok(transaction.query_row(sql, [endpoint as i64], |_| Ok(())).optional()?.is_some())
}

pub(super) fn note(
    transaction: &Transaction<'_>,
    endpoint: EndpointId,
    change: &Change,
) -> rusqlite::Result<()> {
    let Change { at, action, actor, channel, reason, detail } = change;
    transaction.execute(
        "INSERT INTO changes (endpoint, at, action, actor, channel, reason, detail) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![endpoint as i64, at.0, action, actor, channel, reason, detail],
    )?;
    Ok(())
}

fn apply(
    transaction: &Transaction<'_>,
    endpoint: EndpointId,
    switch: Switch,
    change: &Change,
) -> rusqlite::Result<()> {
    let id = endpoint as i64;
    let at = change.at.0;
    match switch {
        Switch::Stay => return Ok(()),
        Switch::Disable => {
            transaction.execute(
                "UPDATE endpoints SET disabled_at = ?2, disabled_reason = 'by ' || ?3 \
                 WHERE id = ?1 AND disabled_at IS NULL",
                params![id, at, change.actor],
            )?;
            return Ok(());
        }
        // What waits is due at once, and has all its attempts before it again.
        Switch::Resume => {
            transaction.execute(
                "UPDATE deliveries SET tries = 0 WHERE endpoint = ?1 AND state = 'pending'",
                [id],
            )?;
            transaction.execute(
                "UPDATE deliveries SET next_at = ?2 WHERE endpoint = ?1 AND next_at IS NOT NULL",
                params![id, at],
            )?;
        }
        Switch::StartAt(cursor) => {
            transaction.execute(
                "UPDATE deliveries SET state = 'skipped', next_at = NULL, finished_at = ?2 \
                 WHERE endpoint = ?1 AND state = 'pending'",
                params![id, at],
            )?;
            transaction.execute(
                "UPDATE endpoints SET cursor = ?2 WHERE id = ?1",
                params![id, cursor.0 as i64],
            )?;
        }
    }
    transaction.execute(
        "UPDATE endpoints SET disabled_at = NULL, disabled_reason = NULL, failing_since = NULL \
         WHERE id = ?1",
        [id],
    )?;
    Ok(())
}

fn add_secret(
    transaction: &Transaction<'_>,
    endpoint: EndpointId,
    secret: &Secret,
    at: Timestamp,
) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO secrets (endpoint, shared, seed, made_at, until) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![endpoint as i64, secret.shared, secret.seed, at.0, secret.until.map(|it| it.0)],
    )?;
    Ok(())
}

fn events_json(fields: &EndpointFields) -> Option<String> {
    let events = fields.events.as_ref()?;
    Some(serde_json::to_string(events).expect("texts are always JSON"))
}

fn read_endpoint(row: &Row<'_>) -> rusqlite::Result<EndpointRecord> {
    let events: Option<String> = row.get(2)?;
    let events = events.map(|it| serde_json::from_str(&it)).transpose().map_err(|error| {
        let kind = rusqlite::types::Type::Text;
        rusqlite::Error::FromSqlConversionFailure(2, kind, Box::new(error))
    })?;
    let disabled_at: Option<i64> = row.get(7)?;
    let reason: Option<String> = row.get(8)?;
    let time = |it: Option<i64>| it.map(Timestamp);
    Ok(EndpointRecord {
        id: row.get::<_, i64>(0)? as EndpointId,
        fields: EndpointFields { url: row.get(1)?, events, description: row.get(3)? },
        cursor: Position(row.get::<_, i64>(4)? as u64),
        created_at: Timestamp(row.get(5)?),
        updated_at: Timestamp(row.get(6)?),
        disabled: disabled_at.map(|at| (Timestamp(at), reason.unwrap_or_default())),
        failing_since: time(row.get(9)?),
        last_success_at: time(row.get(10)?),
        secrets: Vec::new(),
    })
}
