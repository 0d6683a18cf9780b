//! Passwords, languages and one-time codes.

use engine::{CustomerId, Timestamp};

use super::super::{Credential, Digest, Note, Person, PersonStore, SessionId};
use super::{SqlAccess, alone_with, end_all, is_session_of, sign_ins};
use crate::StoreError;
use crate::beside::{Alone, Row, values};

const SET_OF_CUSTOMER: &str = "INSERT INTO access_customers (customer, password, password_at) \
     VALUES (?1,?2,?3) ON CONFLICT (customer) \
     DO UPDATE SET password = excluded.password, password_at = excluded.password_at";

impl PersonStore for SqlAccess {
    fn credential(&self, of: &Person) -> Result<Credential, StoreError> {
        let doing = "read a password";
        let read = |row: &Row<'_>| Ok(Credential { password: row.get(0)?, language: row.get(1)? });
        let found = match of {
            Person::User(name) => {
                let sql = "SELECT password, language FROM access_users WHERE name = ?1";
                self.beside.one(doing, sql, values![name], read)
            }
            Person::Customer(id) => {
                let sql = "SELECT password, language FROM access_customers WHERE customer = ?1";
                self.beside.one(doing, sql, values![id.0], read)
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
        self.beside.write("set a password", &alone_with(of), |transaction| {
            if let Some(keep) = keep
                && !is_session_of(transaction, of, keep)?
            {
                return Ok(false);
            }
            let at = note.at.0;
            let set = match of {
                Person::User(name) => {
                    let sql =
                        "UPDATE access_users SET password = ?2, password_at = ?3 WHERE name = ?1";
                    transaction.execute(sql, values![name, password, at])?
                }
                Person::Customer(id) => {
                    let sql = "DELETE FROM access_codes WHERE customer = ?1";
                    transaction.execute(sql, values![id.0])?;
                    transaction.execute(SET_OF_CUSTOMER, values![id.0, password, at])?
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
        self.beside.write("set passwords", &Alone::Nothing, |transaction| {
            customers.iter().try_for_each(|it| {
                let values = values![it.0, password, at];
                transaction.execute(SET_OF_CUSTOMER, values).map(drop)
            })
        })
    }

    fn rehash(&mut self, of: &Person, hash: &str, new: &str) -> Result<bool, StoreError> {
        self.beside.write("hash a password anew", &Alone::Nothing, |transaction| {
            let changed = match of {
                Person::User(name) => {
                    let sql =
                        "UPDATE access_users SET password = ?3 WHERE name = ?1 AND password = ?2";
                    transaction.execute(sql, values![name, hash, new])?
                }
                Person::Customer(id) => {
                    let sql = "UPDATE access_customers SET password = ?3 \
                               WHERE customer = ?1 AND password = ?2";
                    transaction.execute(sql, values![id.0, hash, new])?
                }
            };
            Ok(changed > 0)
        })
    }

    fn set_language(&mut self, of: &Person, language: &str) -> Result<(), StoreError> {
        self.beside.write("remember a language", &Alone::Nothing, |transaction| {
            let set = match of {
                Person::User(name) => {
                    let sql = "UPDATE access_users SET language = ?2 WHERE name = ?1";
                    transaction.execute(sql, values![name, language])
                }
                Person::Customer(id) => {
                    let sql = "INSERT INTO access_customers (customer, language) VALUES (?1,?2) \
                               ON CONFLICT (customer) DO UPDATE SET language = excluded.language";
                    transaction.execute(sql, values![id.0, language])
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
        let alone = alone_with(&Person::Customer(customer));
        self.beside.write("keep a one-time code", &alone, |transaction| {
            let sql = "INSERT INTO access_codes (customer, digest, expires_at, tries_left) \
                       VALUES (?1,?2,?3,?4) ON CONFLICT (customer) DO UPDATE SET \
                       digest = excluded.digest, expires_at = excluded.expires_at, \
                       tries_left = excluded.tries_left";
            let values = values![customer.0, digest.as_slice(), expires_at, tries];
            transaction.execute(sql, values).map(drop)
        })
    }

    fn try_code(
        &mut self,
        customer: CustomerId,
        digest: &Digest,
        wrong: &Note,
    ) -> Result<bool, StoreError> {
        let alone = alone_with(&Person::Customer(customer));
        self.beside.write("try a one-time code", &alone, |transaction| {
            let sql = "SELECT digest FROM access_codes \
                       WHERE customer = ?1 AND expires_at > ?2 AND tries_left > 0";
            let values = values![customer.0, wrong.at];
            let kept: Option<Digest> = transaction.one(sql, values, |row| row.get(0))?;
            let right = kept.as_ref() == Some(digest);
            let sql = match right {
                true => "DELETE FROM access_codes WHERE customer = ?1",
                false => "UPDATE access_codes SET tries_left = tries_left - 1 WHERE customer = ?1",
            };
            transaction.execute(sql, values![customer.0])?;
            if !right {
                sign_ins::note(transaction, wrong)?;
            }
            Ok(right)
        })
    }
}
