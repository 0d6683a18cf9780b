//! What is kept beside the journal, table by table, as it is copied between a file and a server.
//!
//! Both have the same tables with the same columns; a file says which. Only shard 0 is copied,
//! which is all that a file can have.

use super::{Alone, Beside, Connection, Engine, FromValue, Result, Value, values};
use crate::StoreError;

/// Rows that are read and written at once.
const SLICE: usize = 1_000;

/// Values of one statement, at most: SQLite takes some 32,000.
const VALUES: usize = 8_000;

/// All tables of one kind: access, webhooks or provisioning.
pub struct Tables(Beside);

/// A table, and what its rows are known by.
#[derive(Clone, Debug)]
pub struct Table {
    pub name: String,
    columns: Vec<String>,
    /// Places of the columns of its key, but for the shard.
    key: Vec<usize>,
}

/// What stands in a column.
#[derive(Clone, Debug)]
pub enum Cell {
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl From<Beside> for Tables {
    fn from(beside: Beside) -> Self {
        Self(beside)
    }
}

impl Tables {
    /// The tables that there are in a file, by name; `None` for a server, which has others as well.
    pub fn list(&self) -> std::result::Result<Option<Vec<Table>>, StoreError> {
        let Engine::File(file) = &self.0.0 else {
            return Ok(None);
        };
        let listed = list(&file.connection());
        listed.map(Some).map_err(StoreError::failed("look which tables there are"))
    }

    /// Calls `each` with every row, by key.
    pub fn scan(
        &self,
        table: &Table,
        each: &mut dyn FnMut(&[Cell]) -> std::result::Result<(), StoreError>,
    ) -> std::result::Result<(), StoreError> {
        let mut after = None;
        loop {
            let slice = self.slice(table, after.as_deref())?;
            let Some(last) = slice.last() else {
                return Ok(());
            };
            after = Some(last.clone());
            slice.iter().try_for_each(|it| each(it))?;
        }
    }

    /// Makes the rows of a table those of another place; answers how many there are.
    pub fn copy_from(
        &mut self,
        source: &Self,
        table: &Table,
    ) -> std::result::Result<u64, StoreError> {
        let doing = "copy what is beside the journal";
        let clear = format!("DELETE FROM {}", table.name);
        self.0.write(doing, &Alone::Nothing, |to| to.execute(&clear, values![]))?;
        let mut copied = 0;
        let mut after = None;
        loop {
            let slice = source.slice(table, after.as_deref())?;
            let Some(last) = slice.last() else { break };
            self.0.write(doing, &Alone::Nothing, |to| insert(to, table, &slice))?;
            copied += slice.len() as u64;
            after = Some(last.clone());
        }
        let last: Vec<Option<i64>> =
            source.0.many(doing, &table.last_id(&source.0), values![], |it| it.get(0))?;
        if let Some(last) = last.into_iter().flatten().next() {
            self.0.write(doing, &Alone::Nothing, |to| table.go_on_after(to, last))?;
        }
        Ok(copied)
    }

    /// Rows after one of them.
    fn slice(
        &self,
        table: &Table,
        after: Option<&[Cell]>,
    ) -> std::result::Result<Vec<Vec<Cell>>, StoreError> {
        let (sql, count) = (table.select(after.is_some()), table.columns.len());
        let after = after.map(|row| table.key.iter().map(|it| row[*it].value()).collect());
        let after: Vec<Value<'_>> = after.unwrap_or_default();
        self.0.many("read what is beside the journal", &sql, &after, |row| {
            (0..count).map(|it| row.get(it)).collect()
        })
    }
}

impl Table {
    fn has_shard(&self) -> bool {
        self.columns.iter().any(|it| it == "shard")
    }

    fn names(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|it| format!("\"{it}\"")).collect();
        names.join(", ")
    }

    fn select(&self, goes_on: bool) -> String {
        let key: Vec<String> =
            self.key.iter().map(|it| format!("\"{}\"", self.columns[*it])).collect();
        let key = key.join(", ");
        let places: Vec<String> = (1..=self.key.len()).map(|it| format!("?{it}")).collect();
        let of_shard = self.has_shard();
        let conditions = [
            of_shard.then(|| "shard = 0".to_owned()),
            goes_on.then(|| format!("({key}) > ({})", places.join(", "))),
        ];
        let conditions: Vec<String> = conditions.into_iter().flatten().collect();
        let condition = match conditions.is_empty() {
            true => String::new(),
            false => format!("WHERE {}", conditions.join(" AND ")),
        };
        let (names, name) = (self.names(), &self.name);
        format!("SELECT {names} FROM {name} {condition} ORDER BY {key} LIMIT {SLICE}")
    }

    /// Whether its rows are numbered by the database.
    fn is_numbered(&self) -> bool {
        self.key.len() == 1 && self.columns[self.key[0]] == "id"
    }

    /// Asks for the last number that was given to a row, which may be gone.
    fn last_id(&self, beside: &Beside) -> String {
        let name = &self.name;
        match beside.0 {
            _ if !self.is_numbered() => "SELECT NULL WHERE 1 = 0".to_owned(),
            Engine::File(_) => format!(
                "SELECT max(last) FROM (SELECT max(id) AS last FROM {name} \
                 UNION ALL SELECT seq FROM sqlite_sequence WHERE name = '{name}')"
            ),
            Engine::Server(_) => format!(
                "SELECT pg_sequence_last_value(pg_get_serial_sequence('{name}', 'id')::regclass)"
            ),
        }
    }

    /// Numbers of rows to come go on after `last`.
    fn go_on_after(&self, to: &Connection<'_>, last: i64) -> Result<()> {
        let name = &self.name;
        match to {
            Connection::File(_) => {
                let sql = "DELETE FROM sqlite_sequence WHERE name = ?1";
                to.execute(sql, values![name])?;
                let sql = "INSERT INTO sqlite_sequence (name, seq) SELECT ?1, ?2 WHERE EXISTS \
                           (SELECT 1 FROM sqlite_master WHERE name = ?1 \
                           AND sql LIKE '%AUTOINCREMENT%')";
                to.execute(sql, values![name, last]).map(drop)
            }
            Connection::Server(_) => {
                let sql = "SELECT setval(pg_get_serial_sequence(?1, 'id')::regclass, ?2)";
                to.one(sql, values![name, last], |_| Ok(())).map(drop)
            }
        }
    }
}

fn list(file: &Connection<'_>) -> Result<Vec<Table>> {
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' \
               AND name NOT LIKE 'sqlite%' ORDER BY name";
    let names: Vec<String> = file.many(sql, values![], |it| it.get(0))?;
    names.into_iter().map(|name| describe(file, name)).collect()
}

fn describe(file: &Connection<'_>, name: String) -> Result<Table> {
    let sql = "SELECT name, pk FROM pragma_table_info(?1) ORDER BY cid";
    let found: Vec<(String, i64)> =
        file.many(sql, values![&name], |it| Ok((it.get(0)?, it.get(1)?)))?;
    let mut key: Vec<(i64, usize)> = Vec::new();
    for (place, (column, rank)) in found.iter().enumerate() {
        if *rank > 0 && column != "shard" {
            key.push((*rank, place));
        }
    }
    key.sort_unstable();
    if key.is_empty() && found.iter().any(|it| it.0 == "shard") {
        // One row for each shard.
        key = found.iter().enumerate().filter(|it| it.1.0 == "shard").map(|it| (1, it.0)).collect();
    }
    if key.is_empty() {
        return Err(format!("{name} has no key").into());
    }
    let columns = found.into_iter().map(|it| it.0).collect();
    Ok(Table { name, columns, key: key.into_iter().map(|it| it.1).collect() })
}

fn insert(to: &Connection<'_>, table: &Table, rows: &[Vec<Cell>]) -> Result<()> {
    let width = table.columns.len();
    // Numbers that the database would give are those that they were.
    let as_they_are = match to {
        Connection::File(_) => "",
        Connection::Server(_) => "OVERRIDING SYSTEM VALUE",
    };
    for rows in rows.chunks((VALUES / width).max(1)) {
        let row = |it: usize| {
            let places: Vec<String> =
                (1..=width).map(|at| format!("?{}", it * width + at)).collect();
            format!("({})", places.join(", "))
        };
        let lines: Vec<String> = (0..rows.len()).map(row).collect();
        let (name, names) = (&table.name, table.names());
        let sql = format!("INSERT INTO {name} ({names}) {as_they_are} VALUES {}", lines.join(", "));
        let values: Vec<Value<'_>> = rows.iter().flatten().map(Cell::value).collect();
        to.execute(&sql, &values)?;
    }
    Ok(())
}

impl Cell {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Integer(value) => Value::Integer(*value),
            Self::Text(text) => Value::Text(text),
            Self::Bytes(bytes) => Value::Bytes(bytes),
        }
    }
}

impl FromValue for Cell {
    fn from_value(value: Value<'_>) -> Option<Self> {
        Some(match value {
            Value::Null => Self::Null,
            Value::Integer(value) => Self::Integer(value),
            Value::Text(text) => Self::Text(text.to_owned()),
            Value::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
        })
    }
}
