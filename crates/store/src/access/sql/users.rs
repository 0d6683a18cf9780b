//! Staff.

use engine::Timestamp;

use super::super::{Identity, NewUser, Note, Person, UserRecord, UserSeen, UserStore};
use super::{SqlAccess, alone_with, alone_with_name, end_all, sign_ins};
use crate::StoreError;
use crate::beside::{self, Connection, Row, values};

pub const COLUMNS: &str = "users.name, users.display_name, users.role, users.language, \
                           users.created_at, users.password_at, users.disabled_at, \
                           users.openid, users.issuer, users.subject";

/// How many they are.
const COLUMNS_COUNT: usize = 10;

impl UserStore for SqlAccess {
    fn create_user(&mut self, user: &NewUser, note: &Note) -> Result<bool, StoreError> {
        self.beside.write("create a user", &alone_with_name(&user.name), |transaction| {
            let sql = "INSERT INTO access_users (name, display_name, role, password, language, \
                       created_at, password_at, issuer, subject) \
                       VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9) ON CONFLICT DO NOTHING";
            let NewUser { name, display_name, role, password, identity, language, at } = user;
            let password_at = password.as_ref().map(|_| *at);
            let (issuer, subject) = identity.as_ref().map(|it| (&it.issuer, &it.subject)).unzip();
            let values = values![
                name,
                display_name,
                role,
                password,
                language,
                *at,
                password_at,
                issuer,
                subject
            ];
            let made = transaction.execute(sql, values)?;
            noted(transaction, made, note)
        })
    }

    fn user(&self, name: &str) -> Result<Option<UserRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM access_users users WHERE name = ?1");
        self.beside.one("read a user", &sql, values![name], |row| read(row, 0))
    }

    fn users(&self) -> Result<Vec<UserRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM access_users users ORDER BY name");
        self.beside.many("read users", &sql, &[], |row| read(row, 0))
    }

    fn users_seen(&self, now: Timestamp) -> Result<Vec<UserSeen>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, \
             (SELECT count(*) FROM access_sessions \
              WHERE \"user\" = users.name AND until > ?1), \
             (SELECT max(seen_at) FROM access_sessions WHERE \"user\" = users.name), \
             (SELECT at FROM access_sign_ins WHERE \"user\" = users.name \
              AND event = 'signed_in' ORDER BY id DESC LIMIT 1) \
             FROM access_users users ORDER BY name"
        );
        let read = |row: &Row<'_>| {
            let visit: Option<Timestamp> = row.get(COLUMNS_COUNT + 1)?;
            let seen_at = visit.max(row.get(COLUMNS_COUNT + 2)?);
            Ok(UserSeen { user: read(row, 0)?, sessions: row.get(COLUMNS_COUNT)?, seen_at })
        };
        self.beside.many("read users", &sql, values![now], read)
    }

    fn user_of(&self, identity: &Identity) -> Result<Option<UserRecord>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM access_users users WHERE issuer = ?1 AND subject = ?2");
        let values = values![&identity.issuer, &identity.subject];
        self.beside.one("find a user by identity", &sql, values, |row| read(row, 0))
    }

    fn set_identity(
        &mut self,
        name: &str,
        identity: &Identity,
        note: &Note,
    ) -> Result<bool, StoreError> {
        self.beside.write("give a user an identity", &alone_with_name(name), |transaction| {
            // One of an issuer who was asked before is replaced.
            let sql = "UPDATE access_users SET issuer = ?2, subject = ?3 \
                       WHERE name = ?1 AND disabled_at IS NULL \
                       AND issuer IS DISTINCT FROM ?2 AND NOT EXISTS \
                       (SELECT 1 FROM access_users WHERE issuer = ?2 AND subject = ?3)";
            let values = values![name, &identity.issuer, &identity.subject];
            let given = transaction.execute(sql, values)?;
            noted(transaction, given, note)
        })
    }

    fn set_openid(
        &mut self,
        name: &str,
        openid: Option<&str>,
        note: &Note,
    ) -> Result<bool, StoreError> {
        let alone = alone_with_name(name);
        self.beside.write("say what an issuer calls a user", &alone, |transaction| {
            let sql = "UPDATE access_users SET openid = ?2, issuer = NULL, subject = NULL \
                       WHERE name = ?1 AND NOT EXISTS \
                       (SELECT 1 FROM access_users WHERE openid = ?2 AND name <> ?1)";
            let set = transaction.execute(sql, values![name, openid])?;
            if set > 0 {
                end_all(transaction, &user(name), None)?;
            }
            noted(transaction, set, note)
        })
    }

    fn change_user(
        &mut self,
        name: &str,
        display_name: &str,
        role: &str,
        note: &Note,
    ) -> Result<bool, StoreError> {
        self.beside.write("change a user", &alone_with(&user(name)), |transaction| {
            let sql = "UPDATE access_users SET display_name = ?2, role = ?3 WHERE name = ?1";
            let changed = transaction.execute(sql, values![name, display_name, role])?;
            noted(transaction, changed, note)
        })
    }

    fn switch_user(
        &mut self,
        name: &str,
        disabled_at: Option<Timestamp>,
        note: &Note,
    ) -> Result<bool, StoreError> {
        let user = user(name);
        self.beside.write("let a user in or no more", &alone_with(&user), |transaction| {
            let sql = "SELECT disabled_at FROM access_users WHERE name = ?1";
            let found: Option<Option<Timestamp>> =
                transaction.one(sql, values![name], |row| row.get(0))?;
            let Some(found) = found else { return Ok(false) };
            if found.is_some() == disabled_at.is_some() {
                return Ok(true);
            }
            let sql = "UPDATE access_users SET disabled_at = ?2 WHERE name = ?1";
            transaction.execute(sql, values![name, disabled_at])?;
            if disabled_at.is_some() {
                end_all(transaction, &user, None)?;
            }
            sign_ins::note(transaction, note)?;
            Ok(true)
        })
    }
}

fn user(name: &str) -> Person {
    Person::User(name.to_owned())
}

/// Notes what was done to a row, where there was one.
fn noted(transaction: &Connection<'_>, rows: u64, note: &Note) -> beside::Result<bool> {
    if rows > 0 {
        sign_ins::note(transaction, note)?;
    }
    Ok(rows > 0)
}

/// Reads [`COLUMNS`] from the column `at` on.
pub fn read(row: &Row<'_>, at: usize) -> beside::Result<UserRecord> {
    let (issuer, subject): (Option<String>, Option<String>) = (row.get(at + 8)?, row.get(at + 9)?);
    Ok(UserRecord {
        name: row.get(at)?,
        display_name: row.get(at + 1)?,
        role: row.get(at + 2)?,
        language: row.get(at + 3)?,
        created_at: row.get(at + 4)?,
        password_at: row.get(at + 5)?,
        disabled_at: row.get(at + 6)?,
        openid: row.get(at + 7)?,
        identity: issuer.zip(subject).map(|(issuer, subject)| Identity { issuer, subject }),
    })
}
