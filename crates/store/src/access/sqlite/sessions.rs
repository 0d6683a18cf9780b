//! Browser sessions.

use engine::{CustomerId, Timestamp};
use rusqlite::{Row, Transaction, params};

use super::super::{
    Digest, Found, NewSession, Note, Person, SESSIONS_MAX, SessionId, SessionRecord, SessionStore,
};
use super::{SqliteAccess, columns, end_all, sign_ins, users};
use crate::StoreError;

const COLUMNS: &str = "sessions.id, sessions.user, sessions.customer, sessions.created_at, \
     sessions.seen_at, sessions.until, sessions.ends_at, sessions.agent, sessions.address";

impl SessionStore for SqliteAccess {
    fn open_session(
        &mut self,
        session: &NewSession,
        note: &Note,
    ) -> Result<Option<SessionId>, StoreError> {
        self.file.write("open a session", |transaction| {
            if !is_still_let_in(transaction, session)? {
                return Ok(None);
            }
            let sql = "INSERT INTO sessions (digest, user, customer, created_at, seen_at, until, \
                       ends_at, agent, address) VALUES (?1,?2,?3,?4,?4,?5,?6,?7,?8)";
            let NewSession { digest, person, at, until, ends_at, agent, address, .. } = session;
            let (user, customer) = columns(person);
            let digest = digest.as_slice();
            let values = params![digest, user, customer, at.0, until.0, ends_at.0, agent, address];
            transaction.prepare_cached(sql)?.execute(values)?;
            let id = transaction.last_insert_rowid() as SessionId;
            end_oldest(transaction, person)?;
            sign_ins::note(transaction, note)?;
            Ok(Some(id))
        })
    }

    fn session(&self, digest: &Digest, now: Timestamp) -> Result<Option<Found>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, customers.language, {} FROM sessions \
             LEFT JOIN users ON users.name = sessions.user \
             LEFT JOIN customers ON customers.customer = sessions.customer \
             WHERE sessions.digest = ?1 AND sessions.until > ?2 AND users.disabled_at IS NULL \
             AND (sessions.user IS NULL OR users.name IS NOT NULL)",
            users::COLUMNS
        );
        let read = |row: &Row<'_>| {
            let session = read(row)?;
            let user = match session.person {
                Person::User(_) => Some(users::read(row, 10)?),
                Person::Customer(_) => None,
            };
            let language = match &user {
                Some(user) => user.language.clone(),
                None => row.get(9)?,
            };
            Ok(Found { session, user, language })
        };
        self.file.one("find a session", &sql, params![digest.as_slice(), now.0], read)
    }

    fn touch_session(
        &mut self,
        session: SessionId,
        seen_at: Timestamp,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        self.file.write("let a session run on", |transaction| {
            let sql = "UPDATE sessions SET seen_at = max(seen_at, ?2), \
                       until = max(until, min(?3, ends_at)) WHERE id = ?1";
            let values = params![session as i64, seen_at.0, until.0];
            transaction.prepare_cached(sql)?.execute(values).map(drop)
        })
    }

    fn sessions_of(&self, of: &Person, now: Timestamp) -> Result<Vec<SessionRecord>, StoreError> {
        let column = column(of);
        let sql = format!(
            "SELECT {COLUMNS} FROM sessions WHERE {column} = coalesce(?1, ?2) AND until > ?3 \
             ORDER BY seen_at DESC, id DESC"
        );
        let (user, customer) = columns(of);
        self.file.many("list sessions", &sql, params![user, customer, now.0], read)
    }

    fn end_session(
        &mut self,
        of: &Person,
        session: SessionId,
        note: &Note,
    ) -> Result<bool, StoreError> {
        let column = column(of);
        self.file.write("end a session", |transaction| {
            let sql = format!("DELETE FROM sessions WHERE id = ?3 AND {column} = coalesce(?1, ?2)");
            let (user, customer) = columns(of);
            let values = params![user, customer, session as i64];
            let ended = transaction.prepare_cached(&sql)?.execute(values)?;
            if ended > 0 {
                sign_ins::note(transaction, note)?;
            }
            Ok(ended > 0)
        })
    }

    fn end_sessions(
        &mut self,
        of: &Person,
        keep: Option<SessionId>,
        note: &Note,
    ) -> Result<u64, StoreError> {
        self.file.write("end sessions", |transaction| {
            let ended = end_all(transaction, of, keep)?;
            if ended > 0 {
                sign_ins::note(transaction, note)?;
            }
            Ok(ended)
        })
    }
}

/// Whether the person has this password and identity still, and is not disabled.
fn is_still_let_in(transaction: &Transaction<'_>, session: &NewSession) -> rusqlite::Result<bool> {
    let NewSession { person, password, identity, .. } = session;
    match person {
        Person::User(name) => {
            let sql = "SELECT EXISTS (SELECT 1 FROM users \
                       WHERE name = ?1 AND password IS ?2 AND disabled_at IS NULL \
                       AND (?3 IS NULL OR (issuer = ?3 AND subject = ?4)))";
            let (issuer, subject) = identity.as_ref().map(|it| (&it.issuer, &it.subject)).unzip();
            let values = params![name, password, issuer, subject];
            transaction.prepare_cached(sql)?.query_row(values, |row| row.get(0))
        }
        // A customer who has no password may have no row.
        Person::Customer(id) => {
            let sql = "SELECT (SELECT password FROM customers WHERE customer = ?1) IS ?2";
            transaction.prepare_cached(sql)?.query_row(params![id.0, password], |row| row.get(0))
        }
    }
}

fn column(of: &Person) -> &'static str {
    match of {
        Person::User(_) => "user",
        Person::Customer(_) => "customer",
    }
}

/// Who opens session after session must not fill the disk.
fn end_oldest(transaction: &Transaction<'_>, of: &Person) -> rusqlite::Result<()> {
    let column = column(of);
    let sql = format!(
        "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions \
         WHERE {column} = coalesce(?1, ?2) ORDER BY id DESC LIMIT -1 OFFSET ?3)"
    );
    let (user, customer) = columns(of);
    let values = params![user, customer, SESSIONS_MAX as i64];
    transaction.prepare_cached(&sql)?.execute(values).map(drop)
}

fn read(row: &Row<'_>) -> rusqlite::Result<SessionRecord> {
    let person = match row.get(1)? {
        Some(name) => Person::User(name),
        None => Person::Customer(CustomerId(row.get(2)?)),
    };
    let moment = |column: usize| row.get(column).map(Timestamp);
    Ok(SessionRecord {
        id: row.get::<_, i64>(0)? as SessionId,
        person,
        created_at: moment(3)?,
        seen_at: moment(4)?,
        until: moment(5)?,
        ends_at: moment(6)?,
        agent: row.get(7)?,
        address: row.get(8)?,
    })
}
