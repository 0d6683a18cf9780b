//! Rows in PostgreSQL's binary formats: column by column, as arrays that one statement takes apart,
//! and row by row, as `COPY` takes them.

use std::error::Error;

use bytes::{Bytes, BytesMut};
use tokio_postgres::types::{IsNull, ToSql, Type};

/// A column of many rows, or a single value.
#[derive(Clone, Debug)]
pub enum Value {
    Integer(Option<i64>),
    Text(Option<String>),
    Bytes(Vec<u8>),
    Column(Column),
}

impl Value {
    pub fn integer(value: impl Into<Option<i64>>) -> Self {
        Self::Integer(value.into())
    }

    pub fn text(value: Option<&str>) -> Self {
        Self::Text(value.map(|it| without_nul(it).into_owned()))
    }
}

/// PostgreSQL's texts have no NUL in them. Nothing that people write has either; what comes from
/// elsewhere must not keep the shard from writing.
pub fn without_nul(text: &str) -> std::borrow::Cow<'_, str> {
    match text.contains('\0') {
        true => text.replace('\0', "\u{FFFD}").into(),
        false => text.into(),
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Integer(value) => value.to_sql(kind, out),
            Self::Text(value) => value.to_sql(kind, out),
            Self::Bytes(value) => value.to_sql(kind, out),
            Self::Column(column) => {
                column.write(out)?;
                Ok(IsNull::No)
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        // The statements are ours, and say the types themselves.
        self.to_sql(kind, out)
    }
}

/// The elements of an array, as they go over the wire.
#[derive(Clone, Debug)]
pub struct Column {
    element: Type,
    rows: usize,
    has_null: bool,
    bytes: Vec<u8>,
}

impl Column {
    fn new(element: Type) -> Self {
        Self { element, rows: 0, has_null: false, bytes: Vec::new() }
    }

    pub fn integer(&mut self, value: Option<i64>) {
        match value {
            Some(value) => self.push(&value.to_be_bytes()),
            None => self.push_null(),
        }
    }

    pub fn text(&mut self, value: Option<&str>) {
        match value {
            Some(value) => self.push(without_nul(value).as_bytes()),
            None => self.push_null(),
        }
    }

    pub fn bytes(&mut self, value: &[u8]) {
        self.push(value);
    }

    fn push(&mut self, value: &[u8]) {
        self.rows += 1;
        self.bytes.extend_from_slice(&(value.len() as u32).to_be_bytes());
        self.bytes.extend_from_slice(value);
    }

    fn push_null(&mut self) {
        self.rows += 1;
        self.has_null = true;
        self.bytes.extend_from_slice(&(-1_i32).to_be_bytes());
    }

    fn write(&self, out: &mut BytesMut) -> Result<(), Box<dyn Error + Sync + Send>> {
        let one: i32 = 1;
        let rows = i32::try_from(self.rows)?;
        // One dimension, whose first index is 1.
        let head = [one, i32::from(self.has_null), self.element.oid().cast_signed(), rows, one];
        head.iter().for_each(|it| out.extend_from_slice(&it.to_be_bytes()));
        out.extend_from_slice(&self.bytes);
        Ok(())
    }
}

/// Rows for one table.
#[derive(Clone, Debug)]
pub struct Rows {
    columns: Vec<Column>,
    next: usize,
}

impl Rows {
    pub fn new(columns: &[Type]) -> Self {
        let columns = columns.iter().cloned().map(Column::new).collect();
        Self { columns, next: 0 }
    }

    pub fn is_empty(&self) -> bool {
        self.columns.iter().all(|it| it.rows == 0)
    }

    pub fn integer(&mut self, value: impl Into<Option<i64>>) -> &mut Self {
        self.column().integer(value.into());
        self
    }

    pub fn text(&mut self, value: Option<&str>) -> &mut Self {
        self.column().text(value);
        self
    }

    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.column().bytes(value);
        self
    }

    /// The columns, as values of a statement.
    pub fn into_values(self) -> impl Iterator<Item = Value> {
        self.columns.into_iter().map(Value::Column)
    }

    /// The column that comes next; after the last one a row begins.
    fn column(&mut self) -> &mut Column {
        let place = self.next;
        self.next = (place + 1) % self.columns.len();
        &mut self.columns[place]
    }
}

/// Rows as `COPY … (FORMAT binary)` takes them, in pieces.
#[derive(Debug)]
pub struct CopyRows {
    columns: i16,
    bytes: Vec<u8>,
}

impl CopyRows {
    pub fn new(columns: usize) -> Self {
        let columns = i16::try_from(columns).expect("no table has as many");
        // The signature, no flags, and nothing after them.
        Self { columns, bytes: b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec() }
    }

    pub fn begin_row(&mut self) {
        self.bytes.extend_from_slice(&self.columns.to_be_bytes());
    }

    pub fn integer(&mut self, value: Option<i64>) {
        self.push(value.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice));
    }

    pub fn text(&mut self, value: Option<&str>) {
        self.push(value.map(str::as_bytes));
    }

    /// What ends the last piece.
    pub fn end(&mut self) {
        self.bytes.extend_from_slice(&(-1_i16).to_be_bytes());
    }

    /// What has come since the piece before.
    pub fn take(&mut self) -> Bytes {
        // The next one will be about as long.
        let room = self.bytes.len() + self.bytes.len() / 8;
        std::mem::replace(&mut self.bytes, Vec::with_capacity(room)).into()
    }

    fn push(&mut self, value: Option<&[u8]>) {
        let size = value.map_or(-1, |it| (it.len() as u32).cast_signed());
        self.bytes.extend_from_slice(&size.to_be_bytes());
        self.bytes.extend_from_slice(value.unwrap_or_default());
    }
}
