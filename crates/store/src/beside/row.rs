//! A row, on whichever engine.

use super::{FromValue, Result, Value};

pub enum Row<'a> {
    File(&'a rusqlite::Row<'a>),
    Server(&'a tokio_postgres::Row),
}

impl Row<'_> {
    /// The value in a column, counted from 0.
    pub fn get<T: FromValue>(&self, column: usize) -> Result<T> {
        let value = match self {
            Self::File(row) => Value::try_from(row.get_ref(column)?)?,
            Self::Server(row) => row.try_get(column)?,
        };
        T::from_value(value).ok_or_else(|| format!("column {column} has another type").into())
    }

    /// A word that the program knows.
    pub fn word<T>(&self, column: usize, known: fn(&str) -> Option<T>) -> Result<T> {
        let text: String = self.get(column)?;
        known(&text).ok_or_else(|| format!("{text:?} is not a word of column {column}").into())
    }
}
