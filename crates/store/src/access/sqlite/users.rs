//! Staff.

use engine::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::super::{Identity, NewUser, Note, Person, UserRecord, UserSeen, UserStore};
use super::{SqliteAccess, end_all, sign_ins};
use crate::StoreError;

pub const COLUMNS: &str = "users.name, users.display_name, users.role, users.language, \
                           users.created_at, users.password_at, users.disabled_at, \
                           users.openid, users.issuer, users.subject";

/// How many they are.
const COLUMNS_COUNT: usize = 10;

impl UserStore for SqliteAccess {
    fn create_user(&mut self, user: &NewUser, note: &Note) -> Result<bool, StoreError> {
        self.file.write("create a user", |transaction| {
            let sql = "INSERT OR IGNORE INTO users (name, display_name, role, password, language, \
                       created_at, password_at, issuer, subject) \
                       VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9)";
            let NewUser { name, display_name, role, password, identity, language, at } = user;
            let password_at = password.as_ref().map(|_| at.0);
            let (issuer, subject) = identity.as_ref().map(|it| (&it.issuer, &it.subject)).unzip();
            let values = params![
                name,
                display_name,
                role,
                password,
                language,
                at.0,
                password_at,
                issuer,
                subject
            ];
            let made = transaction.prepare_cached(sql)?.execute(values)?;
            noted(transaction, made, note)
        })
    }

    fn user(&self, name: &str) -> Result<Option<UserRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM users WHERE name = ?1");
        self.file.one("read a user", &sql, [name], |row| read(row, 0))
    }

    fn users(&self) -> Result<Vec<UserRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM users ORDER BY name");
        self.file.many("read users", &sql, [], |row| read(row, 0))
    }

    fn users_seen(&self, now: Timestamp) -> Result<Vec<UserSeen>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, \
             (SELECT count(*) FROM sessions WHERE user = users.name AND until > ?1), \
             max((SELECT coalesce(max(seen_at), 0) FROM sessions WHERE user = users.name), \
                 coalesce((SELECT at FROM sign_ins WHERE user = users.name \
                           AND event = 'signed_in' ORDER BY id DESC LIMIT 1), 0)) \
             FROM users ORDER BY name"
        );
        let read = |row: &Row<'_>| {
            let seen_at = Some(Timestamp(row.get(COLUMNS_COUNT + 1)?)).filter(|it| it.0 > 0);
            let sessions = row.get::<_, i64>(COLUMNS_COUNT)? as u64;
            Ok(UserSeen { user: read(row, 0)?, sessions, seen_at })
        };
        self.file.many("read users", &sql, [now.0], read)
    }

    fn user_of(&self, identity: &Identity) -> Result<Option<UserRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM users WHERE issuer = ?1 AND subject = ?2");
        let values = [&identity.issuer, &identity.subject];
        self.file.one("find a user by identity", &sql, values, |row| read(row, 0))
    }

    fn set_identity(
        &mut self,
        name: &str,
        identity: &Identity,
        note: &Note,
    ) -> Result<bool, StoreError> {
        self.file.write("give a user an identity", |transaction| {
            // One of an issuer who was asked before is replaced.
            let sql = "UPDATE OR IGNORE users SET issuer = ?2, subject = ?3 \
                       WHERE name = ?1 AND disabled_at IS NULL AND issuer IS NOT ?2";
            let values = [name, &identity.issuer, &identity.subject];
            let given = transaction.prepare_cached(sql)?.execute(values)?;
            noted(transaction, given, note)
        })
    }

    fn set_openid(
        &mut self,
        name: &str,
        openid: Option<&str>,
        note: &Note,
    ) -> Result<bool, StoreError> {
        self.file.write("say what an issuer calls a user", |transaction| {
            let sql = "UPDATE OR IGNORE users SET openid = ?2, issuer = NULL, subject = NULL \
                       WHERE name = ?1";
            let set = transaction.prepare_cached(sql)?.execute(params![name, openid])?;
            if set > 0 {
                end_all(transaction, &Person::User(name.to_owned()), None)?;
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
        self.file.write("change a user", |transaction| {
            let sql = "UPDATE users SET display_name = ?2, role = ?3 WHERE name = ?1";
            let changed = transaction.prepare_cached(sql)?.execute([name, display_name, role])?;
            noted(transaction, changed, note)
        })
    }

    fn switch_user(
        &mut self,
        name: &str,
        disabled_at: Option<Timestamp>,
        note: &Note,
    ) -> Result<bool, StoreError> {
        self.file.write("let a user in or no more", |transaction| {
            let sql = "SELECT disabled_at FROM users WHERE name = ?1";
            let found: Option<Option<i64>> =
                transaction.prepare_cached(sql)?.query_row([name], |row| row.get(0)).optional()?;
            let Some(found) = found else { return Ok(false) };
            if found.is_some() == disabled_at.is_some() {
                return Ok(true);
            }
            let sql = "UPDATE users SET disabled_at = ?2 WHERE name = ?1";
            transaction.prepare_cached(sql)?.execute(params![name, disabled_at.map(|it| it.0)])?;
            if disabled_at.is_some() {
                end_all(transaction, &Person::User(name.to_owned()), None)?;
            }
            sign_ins::note(transaction, note)?;
            Ok(true)
        })
    }
}

/// Notes what was done to a row, where there was one.
fn noted(transaction: &Transaction<'_>, rows: usize, note: &Note) -> rusqlite::Result<bool> {
    if rows > 0 {
        sign_ins::note(transaction, note)?;
    }
    Ok(rows > 0)
}

/// Reads [`COLUMNS`] from the column `at` on.
pub fn read(row: &Row<'_>, at: usize) -> rusqlite::Result<UserRecord> {
    let moment = |column: usize| row.get::<_, Option<i64>>(at + column).map(|it| it.map(Timestamp));
    let (issuer, subject): (Option<String>, Option<String>) = (row.get(at + 8)?, row.get(at + 9)?);
    Ok(UserRecord {
        name: row.get(at)?,
        display_name: row.get(at + 1)?,
        role: row.get(at + 2)?,
        language: row.get(at + 3)?,
        created_at: Timestamp(row.get(at + 4)?),
        password_at: moment(5)?,
        disabled_at: moment(6)?,
        openid: row.get(at + 7)?,
        identity: issuer.zip(subject).map(|(issuer, subject)| Identity { issuer, subject }),
    })
}
