//! Staff.

use engine::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::super::{NewUser, Note, Person, UserRecord, UserSeen, UserStore};
use super::{SqliteAccess, end_all, sign_ins};
use crate::StoreError;

pub const COLUMNS: &str = "users.name, users.display_name, users.role, users.language, \
                           users.created_at, users.password_at, users.disabled_at";

impl UserStore for SqliteAccess {
    fn create_user(&mut self, user: &NewUser, note: &Note) -> Result<bool, StoreError> {
        self.file.write("create a user", |transaction| {
            let sql = "INSERT OR IGNORE INTO users (name, display_name, role, password, language, \
                       created_at, password_at) VALUES (?1,?2,?3,?4,?5,?6,?6)";
            let NewUser { name, display_name, role, password, language, at } = user;
            let values = params![name, display_name, role, password, language, at.0];
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
            let seen_at = Some(Timestamp(row.get(8)?)).filter(|it| it.0 > 0);
            let sessions = row.get::<_, i64>(7)? as u64;
            Ok(UserSeen { user: read(row, 0)?, sessions, seen_at })
        };
        self.file.many("read users", &sql, [now.0], read)
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
    let moment = |column: usize| row.get(at + column).map(Timestamp);
    Ok(UserRecord {
        name: row.get(at)?,
        display_name: row.get(at + 1)?,
        role: row.get(at + 2)?,
        language: row.get(at + 3)?,
        created_at: moment(4)?,
        password_at: moment(5)?,
        disabled_at: row.get::<_, Option<i64>>(at + 6)?.map(Timestamp),
    })
}
