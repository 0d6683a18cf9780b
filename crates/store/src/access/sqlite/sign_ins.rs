//! The list of sign-ins.

use engine::{CustomerId, Timestamp};
use rusqlite::{Row, Transaction, params};

use super::super::{AccessEvent, Means, Note, Person, SignInId, SignInQuery};
use super::columns;
use crate::StoreError;
use crate::beside::Beside;

pub fn note(transaction: &Transaction<'_>, note: &Note) -> rusqlite::Result<()> {
    let sql = "INSERT INTO sign_ins (at, event, user, customer, means, by, address, agent) \
               VALUES (?1,?2,?3,?4,?5,?6,?7,?8)";
    let (user, customer) = note.person.as_ref().map_or((None, None), columns);
    let Note { at, event, means, by, address, agent, .. } = note;
    let means = means.map(Means::name);
    let values = params![at.0, event.name(), user, customer, means, by, address, agent];
    transaction.prepare_cached(sql)?.execute(values).map(drop)
}

pub fn find(
    file: &Beside,
    query: &SignInQuery,
    limit: usize,
) -> Result<Vec<(SignInId, Note)>, StoreError> {
    let (user, customer) = query.person.as_ref().map_or((None, None), columns);
    // A condition that is not asked for is left out, so that the index of another one serves.
    let conditions = [
        ("user = ?2", user.is_some()),
        ("customer = ?3", customer.is_some()),
        ("event = ?4", query.event.is_some()),
        ("at >= ?5", query.from.is_some()),
        ("at < ?6", query.to.is_some()),
    ];
    let asked = conditions.iter().filter(|it| it.1).map(|it| format!(" AND {}", it.0));
    let sql = format!(
        "SELECT id, at, event, user, customer, means, by, address, agent FROM sign_ins \
         WHERE id < ?1{} AND coalesce(?2, ?3, ?4, ?5, ?6, 0) IS NOT NULL \
         ORDER BY id DESC LIMIT ?7",
        asked.collect::<String>()
    );
    let before = query.before.map_or(i64::MAX, |it| i64::try_from(it).unwrap_or(i64::MAX));
    let event = query.event.map(AccessEvent::name);
    let (from, to) = (query.from.map(|it| it.0), query.to.map(|it| it.0));
    let values = params![before, user, customer, event, from, to, limit as i64];
    file.many("list sign-ins", &sql, values, read)
}

fn read(row: &Row<'_>) -> rusqlite::Result<(SignInId, Note)> {
    let user: Option<String> = row.get(3)?;
    let customer: Option<u32> = row.get(4)?;
    let customer = customer.map(|it| Person::Customer(CustomerId(it)));
    let name: String = row.get(2)?;
    let unknown = |column: usize, name: &str| {
        let why = format!("{name:?} is none that this program knows");
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, why.into())
    };
    let event = AccessEvent::from_name(&name).ok_or_else(|| unknown(2, &name))?;
    let means: Option<String> = row.get(5)?;
    let means = means.map(|it| Means::from_name(&it).ok_or_else(|| unknown(5, &it))).transpose()?;
    let note = Note {
        at: Timestamp(row.get(1)?),
        event,
        person: user.map(Person::User).or(customer),
        means,
        by: row.get(6)?,
        address: row.get(7)?,
        agent: row.get(8)?,
    };
    Ok((row.get::<_, i64>(0)? as SignInId, note))
}
