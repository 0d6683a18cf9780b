//! Endpoints, their secrets, and who changed them.
//!
//! Whoever changes one has the deliveries of every shard alone meanwhile.

use engine::{Position, Timestamp};

use super::SqlWebhooks;
use crate::StoreError;
use crate::beside::{self, Alone, Connection, Row, values};
use crate::webhooks::{
    Change, EndpointFields, EndpointId, EndpointRecord, EndpointStore, Secret, Switch,
};

/// Of a shard, `?1`.
const SELECT: &str = "SELECT id, url, events, description, coalesce(position, 0), created_at, \
     updated_at, disabled_at, disabled_reason, failing_since, last_success_at \
     FROM webhook_endpoints LEFT JOIN webhook_cursors ON endpoint = id AND shard = ?1";

impl EndpointStore for SqlWebhooks {
    fn create_endpoint(
        &mut self,
        fields: &EndpointFields,
        secret: &Secret,
        cursor: Position,
        change: &Change,
    ) -> Result<EndpointId, StoreError> {
        let shard = self.shard;
        self.beside.write("create a webhook endpoint", &Alone::Everything, |transaction| {
            let EndpointFields { url, description, .. } = fields;
            let events = events_json(fields);
            let sql = "INSERT INTO webhook_endpoints \
                       (url, events, description, created_at, updated_at) \
                       VALUES (?1, ?2, ?3, ?4, ?4) RETURNING id";
            let values = values![url, &events, description, change.at];
            let endpoint: EndpointId = transaction.value(sql, values)?;
            let sql = "INSERT INTO webhook_cursors (endpoint, shard, position) VALUES (?1, ?2, ?3)";
            transaction.execute(sql, values![endpoint, shard, cursor])?;
            // It is told what happens from now on, in whichever shard.
            let sql = "INSERT INTO webhook_cursors (endpoint, shard, position) \
                       SELECT ?1, slot, (SELECT coalesce(max(position), 0) FROM journal \
                       WHERE journal.shard = slot) FROM beside_locks \
                       WHERE place = 'webhooks' AND slot <> ?2";
            transaction.on_server(sql, values![endpoint, shard])?;
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
        let shard = self.shard;
        self.beside.write("change a webhook endpoint", &Alone::Everything, |transaction| {
            let EndpointFields { url, description, .. } = fields;
            let events = events_json(fields);
            let sql = "UPDATE webhook_endpoints SET url = ?2, events = ?3, description = ?4, \
                       updated_at = ?5 WHERE id = ?1";
            let values = values![endpoint, url, &events, description, change.at];
            if transaction.execute(sql, values)? == 0 {
                return Ok(false);
            }
            apply(transaction, shard, endpoint, switch, change)?;
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
        let doing = "rotate the secret of a webhook endpoint";
        self.beside.write(doing, &Alone::Everything, |transaction| {
            if !exists(transaction, endpoint)? {
                return Ok(false);
            }
            // What has ended needs no keeping; the newest so far gets its end.
            let sql = "DELETE FROM webhook_secrets WHERE endpoint = ?1 AND until <= ?2";
            transaction.execute(sql, values![endpoint, change.at])?;
            let sql = "UPDATE webhook_secrets SET until = ?2 \
                       WHERE endpoint = ?1 AND (until IS NULL OR until > ?2)";
            transaction.execute(sql, values![endpoint, until])?;
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
        self.beside.write("delete a webhook endpoint", &Alone::Everything, |transaction| {
            let id = values![endpoint];
            if transaction.execute("DELETE FROM webhook_endpoints WHERE id = ?1", id)? == 0 {
                return Ok(false);
            }
            transaction.execute("DELETE FROM webhook_cursors WHERE endpoint = ?1", id)?;
            transaction.execute("DELETE FROM webhook_secrets WHERE endpoint = ?1", id)?;
            transaction.execute("INSERT INTO webhook_removed (endpoint) VALUES (?1)", id)?;
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
        self.beside.write("disable a webhook endpoint", &Alone::Everything, |transaction| {
            let found = disable(transaction, endpoint, reason, change.at)?;
            if found {
                note(transaction, endpoint, change)?;
            }
            Ok(found)
        })
    }

    fn endpoints(&self) -> Result<Vec<EndpointRecord>, StoreError> {
        let sql = format!("{SELECT} ORDER BY id");
        let doing = "read the webhook endpoints";
        let mut found = self.beside.many(doing, &sql, values![self.shard], read_endpoint)?;
        for it in &mut found {
            it.secrets = self.secrets(it.id)?;
        }
        Ok(found)
    }

    fn endpoint(&self, endpoint: EndpointId) -> Result<Option<EndpointRecord>, StoreError> {
        let sql = format!("{SELECT} WHERE id = ?2");
        let values = values![self.shard, endpoint];
        let found = self.beside.one("read a webhook endpoint", &sql, values, read_endpoint)?;
        let Some(mut found) = found else { return Ok(None) };
        found.secrets = self.secrets(endpoint)?;
        Ok(Some(found))
    }

    fn changes(&self, endpoint: EndpointId, limit: usize) -> Result<Vec<Change>, StoreError> {
        let sql = "SELECT at, action, actor, channel, reason, detail FROM webhook_changes \
                   WHERE endpoint = ?1 ORDER BY id DESC LIMIT ?2";
        let values = values![endpoint, limit];
        self.beside.many("read the changes of a webhook endpoint", sql, values, |row| {
            Ok(Change {
                at: row.get(0)?,
                action: row.get(1)?,
                actor: row.get(2)?,
                channel: row.get(3)?,
                reason: row.get(4)?,
                detail: row.get(5)?,
            })
        })
    }
}

impl SqlWebhooks {
    fn secrets(&self, endpoint: EndpointId) -> Result<Vec<Secret>, StoreError> {
        let sql = "SELECT shared, seed, until FROM webhook_secrets WHERE endpoint = ?1 \
                   ORDER BY id DESC";
        let doing = "read the secrets of a webhook endpoint";
        self.beside.many(doing, sql, values![endpoint], |row| {
            Ok(Secret { shared: row.get(0)?, seed: row.get(1)?, until: row.get(2)? })
        })
    }
}

pub(super) fn exists(transaction: &Connection<'_>, endpoint: EndpointId) -> beside::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM webhook_endpoints WHERE id = ?1)";
    transaction.value(sql, values![endpoint])
}

pub(super) fn note(
    transaction: &Connection<'_>,
    endpoint: EndpointId,
    change: &Change,
) -> beside::Result<()> {
    let Change { at, action, actor, channel, reason, detail } = change;
    let sql = "INSERT INTO webhook_changes \
               (endpoint, at, action, actor, channel, reason, detail) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let values = values![endpoint, *at, action, actor, channel, reason, detail];
    transaction.execute(sql, values).map(drop)
}

fn apply(
    transaction: &Connection<'_>,
    shard: u32,
    endpoint: EndpointId,
    switch: Switch,
    change: &Change,
) -> beside::Result<()> {
    let at = change.at;
    match switch {
        Switch::Stay => return Ok(()),
        Switch::Disable => {
            let reason = format!("by {}", change.actor);
            return disable(transaction, endpoint, &reason, at).map(drop);
        }
        // What waits is due at once, and has all its attempts before it again.
        Switch::Resume => {
            let sql = "UPDATE webhook_deliveries SET tries = 0 \
                       WHERE endpoint = ?1 AND state = 'pending'";
            transaction.execute(sql, values![endpoint])?;
            let sql = "UPDATE webhook_deliveries SET next_at = ?2 \
                       WHERE endpoint = ?1 AND next_at IS NOT NULL";
            transaction.execute(sql, values![endpoint, at])?;
        }
        Switch::StartAt(cursor) => {
            let sql = "UPDATE webhook_deliveries SET state = 'skipped', next_at = NULL, \
                       finished_at = ?2 WHERE endpoint = ?1 AND state = 'pending'";
            transaction.execute(sql, values![endpoint, at])?;
            let sql = "UPDATE webhook_cursors SET position = ?3 WHERE endpoint = ?1 AND shard = ?2";
            transaction.execute(sql, values![endpoint, shard, cursor])?;
            let sql = "UPDATE webhook_cursors SET position = \
                       (SELECT coalesce(max(journal.position), 0) FROM journal \
                       WHERE journal.shard = webhook_cursors.shard) \
                       WHERE endpoint = ?1 AND shard <> ?2";
            transaction.on_server(sql, values![endpoint, shard])?;
        }
    }
    let sql = "UPDATE webhook_endpoints SET disabled_at = NULL, disabled_reason = NULL, \
               failing_since = NULL WHERE id = ?1";
    transaction.execute(sql, values![endpoint]).map(drop)
}

/// Takes an endpoint out of service; `false` when it is so already, or gone.
fn disable(
    transaction: &Connection<'_>,
    endpoint: EndpointId,
    reason: &str,
    at: Timestamp,
) -> beside::Result<bool> {
    let sql = "UPDATE webhook_endpoints SET disabled_at = ?2, disabled_reason = ?3 \
               WHERE id = ?1 AND disabled_at IS NULL";
    Ok(transaction.execute(sql, values![endpoint, at, reason])? > 0)
}

fn add_secret(
    transaction: &Connection<'_>,
    endpoint: EndpointId,
    secret: &Secret,
    at: Timestamp,
) -> beside::Result<()> {
    let Secret { shared, seed, until } = secret;
    let sql = "INSERT INTO webhook_secrets (endpoint, shared, seed, made_at, until) \
               VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = values![endpoint, shared.as_slice(), seed.as_slice(), at, *until];
    transaction.execute(sql, values).map(drop)
}

fn events_json(fields: &EndpointFields) -> Option<String> {
    let events = fields.events.as_ref()?;
    Some(serde_json::to_string(events).expect("texts are always JSON"))
}

fn read_endpoint(row: &Row<'_>) -> beside::Result<EndpointRecord> {
    let events: Option<String> = row.get(2)?;
    let events = events.map(|it| serde_json::from_str(&it)).transpose()?;
    let disabled_at: Option<Timestamp> = row.get(7)?;
    let reason: Option<String> = row.get(8)?;
    Ok(EndpointRecord {
        id: row.get(0)?,
        fields: EndpointFields { url: row.get(1)?, events, description: row.get(3)? },
        cursor: row.get(4)?,
        created_at: row.get(5)?,
        updated_at: row.get(6)?,
        disabled: disabled_at.map(|at| (at, reason.unwrap_or_default())),
        failing_since: row.get(9)?,
        last_success_at: row.get(10)?,
        secrets: Vec::new(),
    })
}
