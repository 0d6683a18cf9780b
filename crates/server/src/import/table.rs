//! A CSV file as rows of named columns, read one at a time.
//!
//! **Invariant:** nothing is guessed about money: a file that may have been cut off, a byte that
//! its encoding does not know, a column that nobody asked for are faults with a place.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use anyhow::{Context, bail, ensure};
use csv::ByteRecord;
use encoding_rs::{Encoding, UTF_8};

use super::fault::Fault;
use crate::cells::unguard;

/// A column that an import knows.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub name: &'static str,
    pub is_required: bool,
    /// What a right value looks like: the remedy of every wrong one.
    pub remedy: &'static str,
}

/// The remedy of columns that exports have and imports have no use for.
pub const LEFT_ASIDE: &str = "left aside: exports have it";

pub struct Table {
    reader: csv::Reader<BufReader<File>>,
    columns: &'static [Column],
    /// For each field of the file, which of `columns` it is.
    places: Vec<usize>,
    encoding: &'static Encoding,
    record: ByteRecord,
    start: csv::Position,
    /// The byte order mark before the text.
    skipped: u64,
    pub bytes: u64,
}

/// One row; a value that is not there is empty.
#[derive(Clone, Debug, Default)]
pub struct Row {
    pub line: u64,
    values: Vec<String>,
}

impl Row {
    /// The value of a column; `None` when it is empty.
    pub fn get(&self, column: usize) -> Option<&str> {
        self.values.get(column).map(String::as_str).filter(|it| !it.is_empty())
    }

    /// The value of a column that has to have one.
    pub fn require(&self, columns: &[Column], column: usize) -> Result<&str, Fault> {
        self.get(column).ok_or_else(|| self.fault(columns, column, "is empty"))
    }

    /// A fault of this row; `problem` completes "the value …".
    pub fn fault(&self, columns: &[Column], column: usize, problem: impl Into<String>) -> Fault {
        let known = columns.get(column);
        Fault {
            line: self.line,
            field: known.map_or("", |it| it.name).to_owned(),
            value: self.get(column).unwrap_or_default().to_owned(),
            problem: problem.into(),
            remedy: known.map_or("", |it| it.remedy).to_owned(),
        }
    }
}

const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// Bytes of the file that are looked at to find out what it is.
const SAMPLE: usize = 1 << 16;

impl Table {
    pub fn open(
        path: &Path,
        columns: &'static [Column],
        encoding: Option<&str>,
    ) -> anyhow::Result<Self> {
        let shown = path.display();
        let mut file = File::open(path).with_context(|| format!("failed to read {shown}"))?;
        let doing = || format!("failed to read {shown}");
        let bytes = file.metadata().with_context(doing)?.len();
        let mut sample = Vec::new();
        file.by_ref().take(SAMPLE as u64).read_to_end(&mut sample).with_context(doing)?;
        let skip = check_kind(&sample).with_context(|| format!("in {shown}"))?;
        check_end(&mut file, bytes).with_context(|| format!("in {shown}"))?;
        let encoding = named_encoding(encoding)?;
        let sample = sample.get(skip..).unwrap_or_default();
        let delimiter = find_delimiter(sample, columns);
        file.seek(SeekFrom::Start(skip as u64)).with_context(doing)?;
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .has_headers(false)
            // With CR LF as the end of a line, the library would count it with the next one.
            .terminator(csv::Terminator::Any(b'\n'))
            .from_reader(BufReader::with_capacity(SAMPLE, file));
        let mut record = ByteRecord::new();
        let found = reader.read_byte_record(&mut record).with_context(doing)?;
        ensure!(found, "in {shown}: the file is empty; its first line has to name the columns");
        let places = find_columns(&record, columns).with_context(|| format!("in {shown}"))?;
        let start = reader.position().clone();
        Ok(Self { reader, columns, places, encoding, record, start, skipped: skip as u64, bytes })
    }

    /// Back to the first row.
    pub fn rewind(&mut self) -> anyhow::Result<()> {
        // Positions count from where the text begins, behind a byte order mark.
        let place = SeekFrom::Start(self.start.byte() + self.skipped);
        let sought = self.reader.seek_raw(place, self.start.clone());
        sought.context("failed to read the file again")
    }

    /// The next row, or what is wrong with it; `None` at the end.
    pub fn read(&mut self) -> anyhow::Result<Option<Result<Row, Fault>>> {
        loop {
            let found = self.reader.read_byte_record(&mut self.record);
            if !found.context("failed to read the file")? {
                return Ok(None);
            }
            if self.record.as_slice() != b"\r" {
                return Ok(Some(self.row()));
            }
        }
    }

    /// How far the reading has come.
    pub fn at(&self) -> u64 {
        self.reader.position().byte()
    }

    fn row(&self) -> Result<Row, Fault> {
        let line = self.record.position().map_or(0, csv::Position::line);
        let mut row = Row { line, values: vec![String::new(); self.columns.len()] };
        let (found, expected) = (self.record.len(), self.places.len());
        if found != expected {
            return Err(Fault {
                line,
                field: String::new(),
                value: String::from_utf8_lossy(self.record.as_slice()).chars().take(60).collect(),
                problem: format!("the row has {found} fields, the first line has {expected}"),
                remedy: "quote a value that has the separator in it; on the last line: the file \
                         was cut off, fetch it again"
                    .into(),
            });
        }
        for (field, &place) in self.record.iter().zip(&self.places) {
            let text = decode(field, self.encoding).map_err(|problem| {
                let name = self.columns.get(place).map_or("", |it| it.name);
                Fault {
                    line,
                    field: name.to_owned(),
                    value: String::from_utf8_lossy(field).into_owned(),
                    problem,
                    remedy: "save the file as UTF-8, or name its encoding: --encoding \
                             windows-1251"
                        .into(),
                }
            })?;
            if let Some(value) = row.values.get_mut(place) {
                unguard(text.trim()).clone_into(value);
            }
        }
        Ok(row)
    }
}

const BYTE_ORDER_MARK: [u8; 3] = [0xEF, 0xBB, 0xBF];

/// Refuses what is no text in a known form; answers how many bytes stand before the text.
fn check_kind(sample: &[u8]) -> anyhow::Result<usize> {
    if sample.starts_with(b"PK\x03\x04") || sample.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        bail!("this is a workbook or an archive, not CSV; save the sheet as \"CSV UTF-8\"");
    }
    let is_wide = sample.starts_with(&[0xFF, 0xFE]) || sample.starts_with(&[0xFE, 0xFF]);
    if is_wide || sample.contains(&0) {
        bail!("this is UTF-16 or no text at all; save the file as \"CSV UTF-8\"");
    }
    ensure!(
        !sample.iter().all(u8::is_ascii_whitespace),
        "the file is empty; its first line has to name the columns"
    );
    Ok(if sample.starts_with(&BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 })
}

/// Without its line break, 1234.50 may have become 1234.
fn check_end(file: &mut File, bytes: u64) -> anyhow::Result<()> {
    let mut last = [0_u8];
    file.seek(SeekFrom::Start(bytes.saturating_sub(1)))?;
    file.read_exact(&mut last)?;
    ensure!(
        last == *b"\n",
        "the last line has no line break: the file may have been cut off; compare its end with \
         the source, and add the line break when nothing is missing"
    );
    Ok(())
}

fn named_encoding(name: Option<&str>) -> anyhow::Result<&'static Encoding> {
    let Some(name) = name else { return Ok(UTF_8) };
    let encoding = Encoding::for_label(name.as_bytes()).with_context(|| {
        format!("--encoding: {name:?} is not known; such are utf-8, windows-1251, iso-8859-1")
    })?;
    ensure!(
        encoding.is_ascii_compatible(),
        "--encoding: {name} cannot be read in pieces; convert the file to UTF-8 with iconv"
    );
    Ok(encoding)
}

fn decode<'a>(
    bytes: &'a [u8],
    encoding: &'static Encoding,
) -> Result<std::borrow::Cow<'a, str>, String> {
    if encoding == UTF_8 {
        return std::str::from_utf8(bytes).map(Into::into).map_err(|error| {
            let at = error.valid_up_to();
            let byte = bytes.get(at).copied().unwrap_or_default();
            format!("byte {} of the value, 0x{byte:02X}, is not UTF-8", at + 1)
        });
    }
    encoding
        .decode_without_bom_handling_and_without_replacement(bytes)
        .ok_or_else(|| format!("the value has bytes that {} does not know", encoding.name()))
}

/// The separator that makes the most of the first line known columns.
fn find_delimiter(sample: &[u8], columns: &[Column]) -> u8 {
    let first = sample.split(|it| matches!(it, b'\n' | b'\r')).next().unwrap_or_default();
    let known = |delimiter: u8| {
        let names = first.split(|it| *it == delimiter).map(name_of);
        names.filter(|name| columns.iter().any(|it| it.name == name)).count()
    };
    let most = DELIMITERS.into_iter().rev().max_by_key(|it| known(*it));
    most.unwrap_or(b',')
}

/// A column's name as somebody wrote it: quotation marks, blanks and capitals do not matter.
fn name_of(field: &[u8]) -> String {
    let text = String::from_utf8_lossy(field);
    text.trim().trim_matches('"').trim().to_ascii_lowercase().replace([' ', '-'], "_")
}

fn find_columns(header: &ByteRecord, columns: &[Column]) -> anyhow::Result<Vec<usize>> {
    let mut problems = Vec::new();
    let mut places: Vec<usize> = Vec::new();
    for field in header {
        let name = name_of(field);
        match columns.iter().position(|it| it.name == name) {
            Some(place) if places.contains(&place) => {
                problems.push(format!("the column {name} stands there twice"));
            }
            Some(place) => places.push(place),
            None => problems.push(unknown_column(&name, columns)),
        }
    }
    let missing = columns
        .iter()
        .enumerate()
        .filter(|(place, column)| column.is_required && !places.contains(place));
    let missing: Vec<&str> = missing.map(|(_, it)| it.name).collect();
    if !missing.is_empty() {
        problems.push(format!("the column {} is missing", missing.join(" and ")));
    }
    if problems.is_empty() {
        return Ok(places);
    }
    let used = columns.iter().filter(|it| it.remedy != LEFT_ASIDE);
    let all: Vec<String> =
        used.map(|it| format!("{}{}", it.name, if it.is_required { "" } else { "?" })).collect();
    bail!(
        "line 1: {}\nThe columns are, in any order (those with ? may be left out): {}",
        problems.join("; "),
        all.join(", ")
    )
}

fn unknown_column(name: &str, columns: &[Column]) -> String {
    let shown: String = name.chars().take(40).collect();
    let alike = columns.iter().map(|it| (strsim::jaro_winkler(name, it.name), it.name));
    let alike = alike.filter(|it| it.0 > 0.75).max_by(|a, b| a.0.total_cmp(&b.0));
    match alike {
        Some((_, alike)) => format!("the column {shown:?} is not known; is it {alike}?"),
        None => format!("the column {shown:?} is not known; leave it out"),
    }
}

/// `2026-11-30`, which begins at midnight UTC, or `2026-11-30T12:00:00Z`.
pub fn moment(text: &str) -> Option<engine::Timestamp> {
    let at = match text.contains('T') {
        true => text.parse::<jiff::Timestamp>().ok()?,
        false => {
            // The library also reads other ways of writing a day, which may be meant otherwise.
            let is_plain = text.len() == 10 && text.is_ascii();
            let day = text.parse::<jiff::civil::Date>().ok().filter(|_| is_plain)?;
            day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp()
        }
    };
    Some(engine::Timestamp(at.as_microsecond()))
}
