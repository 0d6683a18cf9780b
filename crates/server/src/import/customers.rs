//! Customers, known by their id in the older system.

use std::collections::HashSet;

use engine::{Command, CustomerKind, Position, Timestamp};
use store::{Reader, StoreError};

use super::table::{Column, LEFT_ASIDE, Row, moment};
use super::{Fault, Kind, Seen, Sums, Wanted, refused};
use crate::http::resources::customers::CustomerRequest;
use crate::http::wire;
use crate::shard::key_digest;

const fn column(name: &'static str, is_required: bool, remedy: &'static str) -> Column {
    Column { name, is_required, remedy }
}

const COLUMNS: &[Column] = &[
    column("external_id", true, "the customer's id in the older system, 1 to 64 characters"),
    column("name", true, "1 to 128 characters"),
    column("kind", false, "person or organisation"),
    column("phone", false, "a telephone number, such as +689 87 12 34 56"),
    column("email", false, "an e-mail address, such as ann@example.com"),
    column("group", false, "up to 48 characters"),
    column("language", false, "a BCP 47 tag, such as fr"),
    column("country", false, "two capital letters of ISO 3166, such as PF"),
    column("time_zone", false, "a zone of the IANA database, such as Pacific/Tahiti"),
    column("since", false, "a day such as 2019-04-01 or a moment, not in the future"),
    column("id", false, LEFT_ASIDE),
    column("created_at", false, LEFT_ASIDE),
];

pub struct Customers {
    known: HashSet<u128>,
    seen: Seen,
    now: Timestamp,
}

impl Customers {
    pub fn new(reader: Option<&dyn Reader>, now: Timestamp) -> Result<Self, StoreError> {
        let mut known = HashSet::new();
        if let Some(reader) = reader {
            reader.scan_customers(&mut |customer| {
                known.extend(customer.fields.external_id.as_deref().map(external_key));
                Ok(())
            })?;
        }
        Ok(Self { known, seen: Seen::default(), now })
    }
}

impl Customers {
    fn since(&self, row: &Row) -> Result<Option<Timestamp>, Fault> {
        let Some(text) = row.get(9) else { return Ok(None) };
        match moment(text) {
            None => Err(row.fault(COLUMNS, 9, "is no day and no moment")),
            Some(since) if since > self.now => Err(row.fault(COLUMNS, 9, "is in the future")),
            since => Ok(since),
        }
    }
}

/// What customers of the older system are known by here.
pub fn external_key(id: &str) -> u128 {
    key_digest(&[b"external id", id.as_bytes()])
}

impl Kind for Customers {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn begin(&mut self) {
        self.seen.clear();
    }

    fn read(&mut self, row: &Row) -> Result<Wanted, Fault> {
        let text = |it: usize| row.get(it).map(str::to_owned);
        let external_id = row.require(COLUMNS, 0)?;
        let kind = match row.get(2) {
            None => None,
            Some("person") => Some(CustomerKind::Person),
            Some("organisation") => Some(CustomerKind::Organisation),
            Some(_) => return Err(row.fault(COLUMNS, 2, "is neither of the two kinds")),
        };
        let request = CustomerRequest {
            external_id: Some(external_id.to_owned()),
            name: row.require(COLUMNS, 1)?.to_owned(),
            kind,
            phone: text(3),
            email: text(4),
            group: text(5),
            language: text(6),
            country: text(7),
            time_zone: text(8),
            since: self.since(row)?.map(wire::time),
        };
        let fields = request.fields().map_err(|it| refused(row, COLUMNS, &it))?;
        let key = external_key(external_id);
        if let Some(first) = self.seen.note(key, row.line) {
            return Err(row.fault(COLUMNS, 0, format!("stands on line {first} already")));
        }
        let mut wanted = Wanted::new(None);
        if !self.known.contains(&key) {
            wanted.then(Command::CreateCustomer(fields.into()));
        }
        Ok(wanted)
    }

    fn booked(&self, _: &dyn Reader, _: Position) -> Result<Sums, StoreError> {
        Ok(Sums::new())
    }
}
