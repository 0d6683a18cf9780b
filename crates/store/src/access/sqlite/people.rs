//! Passwords, languages and one-time codes.

use engine::{CustomerId, Timestamp};
use rusqlite::{OptionalExtension, params};

use super::super::{Credential, Digest, Note, Person, PersonStore, SessionId};
use super::{SqliteAccess, end_all, is_session_of, sign_ins};
use crate::StoreError;

const SET_OF_CUSTOMER: &str = "INSERT INTO customers (customer, password, password_at) \
     VALUES (?1,?2,?3) ON CONFLICT (customer) \
     DO UPDATE SET password = excluded.password, password_at = excluded.password_at";

impl PersonStore for SqliteAccess {
    fn credential(&self, of: &Person) -> Result<Credential, StoreError> {
        let doing = "read a password";
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Credential { password: row.get(0)?, language: row.get(1)? })
        };
        let found = match of {
            Person::User(name) => {
                let sql = "SELECT password, language FROM users WHERE name = ?1";
                self.file.one(doing, sql, [name], read)
            }
            Person::Customer(id) => {
                let sql = "SELECT password, language FROM customers WHERE customer = ?1";
                self.file.one(doing, sql, [id.0], read)
            }
        };
        Ok(found?.unwrap_or_default())
    }

    fn set_password(
        &mut self,
        of: &Person,
        password: &str,
        keep: Option<SessionId>,
        note: &Note,
    ) -> Result<bool, StoreError> {
        self.file.write("set a password", |transaction| {
            if let Some(keep) = keep
                && !is_session_of(transaction, of, keep)?
            {
                return Ok(false);
            }
            let at = note.at.0;
            let set = match of {
                Person::User(name) => {
                    let sql = "UPDATE users SET password = ?2, password_at = ?3 WHERE name = ?1";
                    transaction.prepare_cached(sql)?.execute(params![name, password, at])?
                }
                Person::Customer(id) => {
                    let sql = "DELETE FROM codes WHERE customer = ?1";
                    transaction.prepare_cached(sql)?.execute([id.0])?;
                    let mut set = transaction.prepare_cached(SET_OF_CUSTOMER)?;
                    set.execute(params![id.0, password, at])?
                }
            };
            if set > 0 {
                end_all(transaction, of, keep)?;
                sign_ins::note(transaction, note)?;
            }
            Ok(set > 0)
        })
    }

    fn set_passwords(
        &mut self,
        customers: &[CustomerId],
        password: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.file.write("set passwords", |transaction| {
            let mut set = transaction.prepare_cached(SET_OF_CUSTOMER)?;
            customers.iter().try_for_each(|it| set.execute(params![it.0, password, at.0]).map(drop))
        })
    }

    fn rehash(&mut self, of: &Person, hash: &str, new: &str) -> Result<bool, StoreError> {
        self.file.write("hash a password anew", |transaction| {
            let changed = match of {
                Person::User(name) => {
                    let sql = "UPDATE users SET password = ?3 WHERE name = ?1 AND password = ?2";
                    transaction.prepare_cached(sql)?.execute(params![name, hash, new])?
                }
                Person::Customer(id) => {
                    let sql = "UPDATE customers SET password = ?3 \
                               WHERE customer = ?1 AND password = ?2";
                    transaction.prepare_cached(sql)?.execute(params![id.0, hash, new])?
                }
            };
            Ok(changed > 0)
        })
    }

    fn set_language(&mut self, of: &Person, language: &str) -> Result<(), StoreError> {
        self.file.write("remember a language", |transaction| {
            let set = match of {
                Person::User(name) => {
                    let sql = "UPDATE users SET language = ?2 WHERE name = ?1";
                    transaction.prepare_cached(sql)?.execute(params![name, language])
                }
                Person::Customer(id) => {
                    let sql = "INSERT INTO customers (customer, language) VALUES (?1,?2) \
                               ON CONFLICT (customer) DO UPDATE SET language = excluded.language";
                    transaction.prepare_cached(sql)?.execute(params![id.0, language])
                }
            };
            set.map(drop)
        })
    }

    fn keep_code(
        &mut self,
        customer: CustomerId,
        digest: &Digest,
        expires_at: Timestamp,
        tries: u32,
    ) -> Result<(), StoreError> {
        self.file.write("keep a one-time code", |transaction| {
            let sql = "INSERT OR REPLACE INTO codes (customer, digest, expires_at, tries_left) \
                       VALUES (?1,?2,?3,?4)";
            let values = params![customer.0, digest.as_slice(), expires_at.0, tries];
            transaction.prepare_cached(sql)?.execute(values).map(drop)
        })
    }

    fn try_code(
        &mut self,
        customer: CustomerId,
        digest: &Digest,
        wrong: &Note,
    ) -> Result<bool, StoreError> {
        self.file.write("try a one-time code", |transaction| {
            let sql = "SELECT digest FROM codes \
                       WHERE customer = ?1 AND expires_at > ?2 AND tries_left > 0";
            let mut find = transaction.prepare_cached(sql)?;
            let kept: Option<Digest> =
                find.query_row(params![customer.0, wrong.at.0], |row| row.get(0)).optional()?;
            let right = kept.as_ref() == Some(digest);
            let sql = match right {
                true => "DELETE FROM codes WHERE customer = ?1",
                false => "UPDATE codes SET tries_left = tries_left - 1 WHERE customer = ?1",
            };
            transaction.prepare_cached(sql)?.execute([customer.0])?;
            if !right {
                sign_ins::note(transaction, wrong)?;
            }
            Ok(right)
        })
    }
}
