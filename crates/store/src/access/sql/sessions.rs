//! Browser sessions.

use engine::{CustomerId, Timestamp};

use super::super::{
    Digest, Found, NewSession, Note, Person, SESSIONS_MAX, SessionId, SessionRecord, SessionStore,
};
use super::{SqlAccess, alone_with, columns, end_all, named, sign_ins, users};
use crate::StoreError;
use crate::beside::{self, Alone, Connection, Row, values};

const COLUMNS: &str = "sessions.id, sessions.\"user\", sessions.customer, sessions.created_at, \
     sessions.seen_at, sessions.until, sessions.ends_at, sessions.agent, sessions.address";

impl SessionStore for SqlAccess {
    fn open_session(
        &mut self,
        session: &NewSession,
        note: &Note,
    ) -> Result<Option<SessionId>, StoreError> {
        let alone = alone_with(&session.person);
        self.beside.write("open a session", &alone, |transaction| {
            if !is_still_let_in(transaction, session)? {
                return Ok(None);
            }
            let sql = "INSERT INTO access_sessions (digest, \"user\", customer, created_at, \
                       seen_at, until, ends_at, agent, address) \
                       VALUES (?1,?2,?3,?4,?4,?5,?6,?7,?8) RETURNING id";
            let NewSession { digest, person, at, until, ends_at, agent, address, .. } = session;
            let (user, customer) = columns(person);
            let digest = digest.as_slice();
            let values = values![digest, user, customer, *at, *until, *ends_at, agent, address];
            let id = transaction.value(sql, values)?;
            end_oldest(transaction, person)?;
            sign_ins::note(transaction, note)?;
            Ok(Some(id))
        })
    }

    fn session(&self, digest: &Digest, now: Timestamp) -> Result<Option<Found>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, customers.language, {} FROM access_sessions sessions \
             LEFT JOIN access_users users ON users.name = sessions.\"user\" \
             LEFT JOIN access_customers customers ON customers.customer = sessions.customer \
             WHERE sessions.digest = ?1 AND sessions.until > ?2 AND users.disabled_at IS NULL \
             AND (sessions.\"user\" IS NULL OR users.name IS NOT NULL)",
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
        self.beside.one("find a session", &sql, values![digest.as_slice(), now], read)
    }

    fn touch_session(
        &mut self,
        session: SessionId,
        seen_at: Timestamp,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        self.beside.write("let a session run on", &Alone::Nothing, |transaction| {
            let sql = "UPDATE access_sessions SET \
                       seen_at = CASE WHEN seen_at < ?2 THEN ?2 ELSE seen_at END, \
                       until = CASE WHEN ?3 < until THEN until \
                       WHEN ?3 < ends_at THEN ?3 ELSE ends_at END WHERE id = ?1";
            transaction.execute(sql, values![session, seen_at, until]).map(drop)
        })
    }

    fn sessions_of(&self, of: &Person, now: Timestamp) -> Result<Vec<SessionRecord>, StoreError> {
        let (column, person) = named(of);
        let sql = format!(
            "SELECT {COLUMNS} FROM access_sessions sessions WHERE {column} = ?1 AND until > ?2 \
             ORDER BY seen_at DESC, id DESC"
        );
        self.beside.many("list sessions", &sql, values![person, now], read)
    }

    fn end_session(
        &mut self,
        of: &Person,
        session: SessionId,
        note: &Note,
    ) -> Result<bool, StoreError> {
        let (column, person) = named(of);
        self.beside.write("end a session", &alone_with(of), |transaction| {
            let sql = format!("DELETE FROM access_sessions WHERE id = ?1 AND {column} = ?2");
            let ended = transaction.execute(&sql, values![session, person])?;
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
        self.beside.write("end sessions", &alone_with(of), |transaction| {
            let ended = end_all(transaction, of, keep)?;
            if ended > 0 {
                sign_ins::note(transaction, note)?;
            }
            Ok(ended)
        })
    }
}

/// Whether the person has this password and identity still, and is not disabled.
fn is_still_let_in(transaction: &Connection<'_>, session: &NewSession) -> beside::Result<bool> {
    let NewSession { person, password, identity, .. } = session;
    match person {
        Person::User(name) => {
            let sql = "SELECT EXISTS (SELECT 1 FROM access_users \
                       WHERE name = ?1 AND password IS NOT DISTINCT FROM ?2 \
                       AND disabled_at IS NULL \
                       AND ((issuer = ?3 AND subject = ?4) OR ?3 IS NULL))";
            let (issuer, subject) = identity.as_ref().map(|it| (&it.issuer, &it.subject)).unzip();
            transaction.value(sql, values![name, password, issuer, subject])
        }
        // A customer who has no password may have no row.
        Person::Customer(id) => {
            let sql = "SELECT (SELECT password FROM access_customers WHERE customer = ?1) \
                       IS NOT DISTINCT FROM ?2";
            transaction.value(sql, values![id.0, password])
        }
    }
}

/// Who opens session after session must not fill the disk.
fn end_oldest(transaction: &Connection<'_>, of: &Person) -> beside::Result<()> {
    let (column, person) = named(of);
    let sql = format!(
        "DELETE FROM access_sessions WHERE {column} = ?1 AND id <= (SELECT id \
         FROM access_sessions WHERE {column} = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)"
    );
    transaction.execute(&sql, values![person, SESSIONS_MAX]).map(drop)
}

fn read(row: &Row<'_>) -> beside::Result<SessionRecord> {
    let person = match row.get(1)? {
        Some(name) => Person::User(name),
        None => Person::Customer(CustomerId(row.get(2)?)),
    };
    Ok(SessionRecord {
        id: row.get(0)?,
        person,
        created_at: row.get(3)?,
        seen_at: row.get(4)?,
        until: row.get(5)?,
        ends_at: row.get(6)?,
        agent: row.get(7)?,
        address: row.get(8)?,
    })
}
