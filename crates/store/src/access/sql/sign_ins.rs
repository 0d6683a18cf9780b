//! The list of sign-ins.

use engine::CustomerId;

use super::super::{AccessEvent, Means, Note, Person, SignInId, SignInQuery};
use super::{columns, named};
use crate::StoreError;
use crate::beside::{self, Beside, Connection, Row, Value, values};

pub fn note(transaction: &Connection<'_>, note: &Note) -> beside::Result<()> {
    let sql = "INSERT INTO access_sign_ins \
               (at, event, \"user\", customer, means, by, address, agent) \
               VALUES (?1,?2,?3,?4,?5,?6,?7,?8)";
    let (user, customer) = note.person.as_ref().map_or((None, None), columns);
    let Note { at, event, means, by, address, agent, .. } = note;
    let means = means.map(Means::name);
    let values = values![*at, event.name(), user, customer, means, by, address, agent];
    transaction.execute(sql, values).map(drop)
}

pub fn find(
    beside: &Beside,
    query: &SignInQuery,
    limit: usize,
) -> Result<Vec<(SignInId, Note)>, StoreError> {
    let before = query.before.map_or(Value::Integer(i64::MAX), Value::from);
    let mut values = vec![before, limit.into()];
    let mut conditions = String::new();
    // A condition that is not asked for is left out, so that the index of another one serves.
    let person = query.person.as_ref().map(named);
    let asked = [
        (person.map_or("", |it| it.0), "=", person.map(|it| it.1)),
        ("event", "=", query.event.map(|it| it.name().into())),
        ("at", ">=", query.from.map(Value::from)),
        ("at", "<", query.to.map(Value::from)),
    ];
    for (column, is, value) in asked {
        let Some(value) = value else { continue };
        values.push(value);
        conditions += &format!(" AND {column} {is} ?{}", values.len());
    }
    let sql = format!(
        "SELECT id, at, event, \"user\", customer, means, by, address, agent \
         FROM access_sign_ins WHERE id < ?1{conditions} ORDER BY id DESC LIMIT ?2"
    );
    beside.many("list sign-ins", &sql, &values, read)
}

fn read(row: &Row<'_>) -> beside::Result<(SignInId, Note)> {
    let user: Option<String> = row.get(3)?;
    let customer: Option<u32> = row.get(4)?;
    let customer = customer.map(|it| Person::Customer(CustomerId(it)));
    let means: Option<String> = row.get(5)?;
    let means = match means {
        Some(_) => Some(row.word(5, Means::from_name)?),
        None => None,
    };
    let note = Note {
        at: row.get(1)?,
        event: row.word(2, AccessEvent::from_name)?,
        person: user.map(Person::User).or(customer),
        means,
        by: row.get(6)?,
        address: row.get(7)?,
        agent: row.get(8)?,
    };
    Ok((row.get(0)?, note))
}
