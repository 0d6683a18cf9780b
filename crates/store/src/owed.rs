//! What was owed, as columns say it.

use engine::{Currency, Name, ReceivableKey};

use crate::StoreError;

/// Currency, group (empty for customers without one) and day.
pub type KeyColumns = (String, String, i64);

pub fn parse_key((currency, group, day): &KeyColumns) -> Result<ReceivableKey, StoreError> {
    let damaged = |why: &str| StoreError::damaged(format!("receivables of {currency}"), why);
    Ok(ReceivableKey {
        currency: Currency::from_code(currency).ok_or_else(|| damaged("unknown currency"))?,
        group: match group.as_str() {
            "" => None,
            group => Some(Name::new(group).map_err(|_| damaged("the group is no name"))?),
        },
        day: i32::try_from(*day).map_err(|_| damaged("a day is out of range"))?,
    })
}

pub fn parse_owed(owed: &str) -> Result<i128, StoreError> {
    owed.parse().map_err(|error| StoreError::damaged("receivables", error))
}
