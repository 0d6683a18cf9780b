//! Reads exchange-rate files: the European Central Bank's XML and CSV, and plain CSV.
//!
//! The format is found from the content, so a renamed download still reads. Nothing here opens a
//! file, knows the time or stores a rate.
//!
//! **Invariant:** a file is read whole or refused whole. A rate is the decimal that stands in the
//! file, never a float and never rounded, so that a conversion can be checked against its source.

#[cfg(test)]
mod tests;

use std::{collections::HashMap, fmt};

use csv::{StringRecord, Trim};
use jiff::civil::Date;
use quick_xml::{
    Reader,
    errors::{Error as XmlError, SyntaxError},
    events::{BytesStart, Event},
};
use rust_decimal::Decimal;

/// The bank quotes every currency against the euro and does not say so in the file.
const ECB_BASE: &str = "EUR";

const PLAIN_HEADER: [&str; 4] = ["date", "base", "quote", "rate"];

/// More than any published rate has.
const RATE_DIGITS_MAX: usize = 18;

const FOUND_CHARS_MAX: usize = 40;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateFile {
    pub format: RateFormat,
    /// Oldest first, whatever the order of the file.
    pub days: Vec<RateDay>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateFormat {
    EcbXml,
    EcbCsv,
    PlainCsv,
}

/// One day's rates of one source against one base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateDay {
    pub valid_from: Date,
    pub base: String,
    /// Quote currency and units of it per one base, in the order of the file.
    pub rates: Vec<(String, Decimal)>,
}

/// Why a file was refused. Its message names the place and what would make the file readable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateFileError {
    /// `None` if the whole file is at fault.
    pub line: Option<u64>,
    pub fault: RateFileFault,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RateFileFault {
    Empty,
    Zipped,
    NotUtf8,
    UnknownFormat(String),
    CutOff,
    NotWellFormed(String),
    DocumentType,
    Entity,
    WrongRoot(String),
    UnexpectedElement(String),
    MissingAttribute(&'static str),
    FieldCount { found: usize, expected: usize },
    Field { field: String, found: String, fault: FieldFault },
    Repeated { valid_from: Date, base: String, quote: String, first_line: u64 },
    NoRates,
}

/// What is wrong with one date, currency code or rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldFault {
    NotADate,
    NotACurrency,
    QuoteIsBase,
    NotANumber,
    Exponent,
    Negative,
    Zero,
    TooManyDigits,
}

pub fn read_rates(text: &[u8]) -> Result<RateFile, RateFileError> {
    let whole = |fault| RateFileError { line: None, fault };
    if text.starts_with(b"PK\x03\x04") {
        return Err(whole(RateFileFault::Zipped));
    }
    let text = str::from_utf8(text).map_err(|it| {
        let readable = String::from_utf8_lossy(&text[..it.valid_up_to()]);
        refusal(&readable, it.valid_up_to() as u64, RateFileFault::NotUtf8)
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(whole(RateFileFault::Empty));
    }
    let (format, rows) = if text.trim_start().starts_with('<') {
        (RateFormat::EcbXml, read_xml(text)?)
    } else {
        read_csv(text)?
    };
    if rows.is_empty() {
        return Err(whole(RateFileFault::NoRates));
    }
    Ok(RateFile { format, days: group_by_day(text, rows)? })
}

/// One rate and where it stands: every format becomes rows first, so that they are grouped and
/// checked for repeats by one rule.
struct Row {
    /// An offset, not a line: lines are counted only for a file that is refused.
    at: u64,
    date: Date,
    base: String,
    quote: String,
    rate: Decimal,
}

fn group_by_day(text: &str, mut rows: Vec<Row>) -> Result<Vec<RateDay>, RateFileError> {
    // The sort is stable, which keeps a day's rates in the order of the file.
    rows.sort_by(|a, b| (a.date, &a.base).cmp(&(b.date, &b.base)));
    let mut days = Vec::new();
    for day in rows.chunk_by(|a, b| (a.date, &a.base) == (b.date, &b.base)) {
        let mut first_at: HashMap<&str, u64> = HashMap::with_capacity(day.len());
        for row in day {
            // An equal rate is refused as well: a file that repeats itself was put together by
            // mistake, and its other lines deserve a look.
            if let Some(first_at) = first_at.insert(&row.quote, row.at) {
                let fault = RateFileFault::Repeated {
                    valid_from: row.date,
                    base: row.base.clone(),
                    quote: row.quote.clone(),
                    first_line: line_at(text, first_at),
                };
                return Err(refusal(text, row.at, fault));
            }
        }
        days.push(RateDay {
            valid_from: day[0].date,
            base: day[0].base.clone(),
            rates: day.iter().map(|it| (it.quote.clone(), it.rate)).collect(),
        });
    }
    Ok(days)
}

fn read_csv(text: &str) -> Result<(RateFormat, Vec<Row>), RateFileError> {
    let mut records = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes())
        .into_records()
        .map(|it| it.expect("text that is UTF-8 and may have ragged records always reads"));
    let header = records.next().expect("text that is not blank has a first record");
    let columns = fields(&header);
    let plain = columns.len() == PLAIN_HEADER.len()
        && columns.iter().zip(PLAIN_HEADER).all(|(a, b)| a.eq_ignore_ascii_case(b));
    if !plain && columns[0] != "Date" {
        let found = excerpt(&columns.join(","));
        return Err(refusal(text, at(&header), RateFileFault::UnknownFormat(found)));
    }
    // Without its end, 119.331742 may have become 119. The bank's rows end with a comma, which
    // shows as well as a line break that the last rate is whole.
    if !text.trim_end_matches(' ').ends_with(['\n', ',']) {
        return Err(refusal(text, text.len() as u64, RateFileFault::CutOff));
    }
    if plain {
        Ok((RateFormat::PlainCsv, read_plain_csv(text, records)?))
    } else {
        Ok((RateFormat::EcbCsv, read_ecb_csv(text, &header, records)?))
    }
}

fn read_plain_csv(
    text: &str,
    records: impl Iterator<Item = StringRecord>,
) -> Result<Vec<Row>, RateFileError> {
    let mut rows = Vec::new();
    for record in records {
        let at = at(&record);
        let found = fields(&record);
        let &[date, base, quote, rate] = found.as_slice() else {
            let fault =
                RateFileFault::FieldCount { found: found.len(), expected: PLAIN_HEADER.len() };
            return Err(refusal(text, at, fault));
        };
        rows.push(Row {
            at,
            date: read_iso_date(date).map_err(|it| bad_field(text, at, "date", date, it))?,
            base: read_code(base).map_err(|it| bad_field(text, at, "base", base, it))?,
            quote: read_quote(quote, base).map_err(|it| bad_field(text, at, "quote", quote, it))?,
            rate: read_rate(rate).map_err(|it| bad_field(text, at, "rate", rate, it))?,
        });
    }
    Ok(rows)
}

fn read_ecb_csv(
    text: &str,
    header: &StringRecord,
    records: impl Iterator<Item = StringRecord>,
) -> Result<Vec<Row>, RateFileError> {
    let columns = fields(header);
    for (index, code) in columns.iter().enumerate().skip(1) {
        read_quote(code, ECB_BASE)
            .map_err(|it| bad_field(text, at(header), format!("{}", index + 1), code, it))?;
    }
    let mut rows = Vec::new();
    for record in records {
        let at = at(&record);
        let found = fields(&record);
        if found.len() != columns.len() {
            let fault = RateFileFault::FieldCount { found: found.len(), expected: columns.len() };
            return Err(refusal(text, at, fault));
        }
        let date = read_iso_date(found[0])
            .or_else(|_| read_english_date(found[0]))
            .map_err(|it| bad_field(text, at, "Date", found[0], it))?;
        for (quote, rate) in columns.iter().zip(&found).skip(1) {
            if *rate != "N/A" {
                rows.push(Row {
                    at,
                    date,
                    base: ECB_BASE.to_owned(),
                    quote: (*quote).to_owned(),
                    rate: read_rate(rate).map_err(|it| bad_field(text, at, *quote, rate, it))?,
                });
            }
        }
    }
    Ok(rows)
}

/// The bank ends its lines with a comma, in the header as in the rows: that is not a field.
fn fields(record: &StringRecord) -> Vec<&str> {
    let mut fields: Vec<&str> = record.iter().collect();
    if fields.len() > 1 {
        fields.pop_if(|it| it.is_empty());
    }
    fields
}

fn at(record: &StringRecord) -> u64 {
    record.position().expect("a record that was read has a position").byte()
}

/// Elements are known by their local names, because the prefixes are the sender's choice.
fn read_xml(text: &str) -> Result<Vec<Row>, RateFileError> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut rows = Vec::new();
    let mut root_seen = false;
    let mut depth = 0_usize;
    let mut in_cube = false;
    let mut day = None;
    loop {
        let at = reader.buffer_position();
        let event =
            reader.read_event().map_err(|it| xml_error(text, reader.error_position(), &it))?;
        match event {
            Event::Start(element) => {
                depth += 1;
                let name = element.local_name().into_inner();
                match depth {
                    1 if root_seen => return Err(outside_root(text, at)),
                    1 if name != "Envelope" => {
                        return Err(refusal(text, at, RateFileFault::WrongRoot(excerpt(name))));
                    }
                    1 => root_seen = true,
                    2 => in_cube = name == "Cube",
                    _ if !in_cube => {}
                    3 if name == "Cube" => day = Some(read_day_cube(text, at, &element)?),
                    4 if name == "Cube" => {
                        let date = day.expect("the Cube around this one has named the day");
                        rows.push(read_rate_cube(text, at, &element, date)?);
                    }
                    _ => {
                        let fault = RateFileFault::UnexpectedElement(excerpt(name));
                        return Err(refusal(text, at, fault));
                    }
                }
            }
            Event::End(_) => depth -= 1,
            // Nothing is expanded, so that a small file cannot become a large one.
            Event::DocType(_) => return Err(refusal(text, at, RateFileFault::DocumentType)),
            Event::GeneralRef(_) => return Err(refusal(text, at, RateFileFault::Entity)),
            Event::Text(it) if depth == 0 && !it.trim().is_empty() => {
                return Err(outside_root(text, at));
            }
            Event::Eof if root_seen && depth == 0 => return Ok(rows),
            Event::Eof => return Err(refusal(text, at, RateFileFault::CutOff)),
            _ => {}
        }
    }
}

fn read_day_cube(text: &str, at: u64, cube: &BytesStart) -> Result<Date, RateFileError> {
    let time = read_attribute(text, at, cube, "time")?;
    read_iso_date(&time).map_err(|it| bad_field(text, at, "time", &time, it))
}

fn read_rate_cube(
    text: &str,
    at: u64,
    cube: &BytesStart,
    date: Date,
) -> Result<Row, RateFileError> {
    let currency = read_attribute(text, at, cube, "currency")?;
    let rate = read_attribute(text, at, cube, "rate")?;
    // The bank's longer files are one single line: there the day is the place.
    let quote = read_quote(&currency, ECB_BASE)
        .map_err(|it| bad_field(text, at, format!("currency on {date}"), &currency, it))?;
    let rate = read_rate(&rate)
        .map_err(|it| bad_field(text, at, format!("rate of {quote} on {date}"), &rate, it))?;
    Ok(Row { at, date, base: ECB_BASE.to_owned(), quote, rate })
}

fn read_attribute(
    text: &str,
    at: u64,
    element: &BytesStart,
    name: &'static str,
) -> Result<String, RateFileError> {
    let mut value = None;
    // The library's own check for repeats is quadratic in the number of attributes.
    for attribute in element.attributes().with_checks(false) {
        let attribute = attribute.map_err(|it| xml_error(text, at, &XmlError::InvalidAttr(it)))?;
        if attribute.key.into_inner() == name && value.replace(attribute.value).is_some() {
            let reason = format!("attribute {name} stands twice");
            return Err(refusal(text, at, RateFileFault::NotWellFormed(reason)));
        }
    }
    let value = value.ok_or_else(|| refusal(text, at, RateFileFault::MissingAttribute(name)))?;
    if value.contains('&') {
        return Err(refusal(text, at, RateFileFault::Entity));
    }
    Ok(value.into_owned())
}

fn xml_error(text: &str, at: u64, error: &XmlError) -> RateFileError {
    let fault = match error {
        // Every other error of syntax is something opened and not closed before the end.
        XmlError::Syntax(it) if *it != SyntaxError::InvalidBangMarkup => RateFileFault::CutOff,
        _ => RateFileFault::NotWellFormed(error.to_string()),
    };
    refusal(text, at, fault)
}

fn outside_root(text: &str, at: u64) -> RateFileError {
    let reason = "something stands outside the Envelope".to_owned();
    refusal(text, at, RateFileFault::NotWellFormed(reason))
}

/// Stricter than the library, which also takes times and signs: `2026-10-30` and nothing else.
fn read_iso_date(found: &str) -> Result<Date, FieldFault> {
    let shaped = found.len() == 10
        && found.bytes().enumerate().all(|(index, it)| match index {
            4 | 7 => it == b'-',
            _ => it.is_ascii_digit(),
        });
    if !shaped {
        return Err(FieldFault::NotADate);
    }
    found.parse().map_err(|_| FieldFault::NotADate)
}

/// The bank's daily CSV writes `30 October 2026`.
fn read_english_date(found: &str) -> Result<Date, FieldFault> {
    // A year of two digits would be read as one of the first century.
    let year = found.rsplit(' ').next().unwrap_or_default();
    if year.len() != 4 || !year.bytes().all(|it| it.is_ascii_digit()) {
        return Err(FieldFault::NotADate);
    }
    Date::strptime("%d %B %Y", found).map_err(|_| FieldFault::NotADate)
}

fn read_code(found: &str) -> Result<String, FieldFault> {
    if found.len() == 3 && found.bytes().all(|it| it.is_ascii_uppercase()) {
        Ok(found.to_owned())
    } else {
        Err(FieldFault::NotACurrency)
    }
}

fn read_quote(found: &str, base: &str) -> Result<String, FieldFault> {
    if found == base { Err(FieldFault::QuoteIsBase) } else { read_code(found) }
}

/// Stricter than the library, which also takes signs and underscores.
fn read_rate(found: &str) -> Result<Decimal, FieldFault> {
    let digits = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    let is_plain = |it: &str| match it.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(it),
    };
    if !is_plain(found) {
        if found.strip_prefix('-').is_some_and(is_plain) {
            return Err(FieldFault::Negative);
        }
        let exponent = found.split_once(['e', 'E']).is_some_and(|(mantissa, power)| {
            is_plain(mantissa.trim_start_matches(['+', '-']))
                && digits(power.trim_start_matches(['+', '-']))
        });
        return Err(if exponent { FieldFault::Exponent } else { FieldFault::NotANumber });
    }
    let significant = found.bytes().filter(u8::is_ascii_digit).skip_while(|it| *it == b'0');
    match significant.count() {
        0 => Err(FieldFault::Zero),
        1..=RATE_DIGITS_MAX => {
            Decimal::from_str_exact(found).map_err(|_| FieldFault::TooManyDigits)
        }
        _ => Err(FieldFault::TooManyDigits),
    }
}

fn bad_field(
    text: &str,
    at: u64,
    field: impl Into<String>,
    found: &str,
    fault: FieldFault,
) -> RateFileError {
    let fault = RateFileFault::Field { field: field.into(), found: excerpt(found), fault };
    refusal(text, at, fault)
}

fn refusal(text: &str, at: u64, fault: RateFileFault) -> RateFileError {
    RateFileError { line: Some(line_at(text, at)), fault }
}

/// The line on which the first thing at or after `at` stands.
///
/// A CSV record's offset may be that of the blank lines, or half a line break, before it.
fn line_at(text: &str, at: u64) -> u64 {
    let at = usize::try_from(at).expect("an offset into the text").min(text.len());
    let (before, rest) = text.as_bytes().split_at(at);
    let skipped = rest.iter().take_while(|it| matches!(it, b'\r' | b'\n'));
    let breaks = before.iter().chain(skipped).filter(|it| **it == b'\n').count();
    breaks as u64 + 1
}

/// A message stays one line, however long the field was.
fn excerpt(found: &str) -> String {
    match found.char_indices().nth(FOUND_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &found[..end]),
        None => found.to_owned(),
    }
}

const AS_PUBLISHED: &str = "give the European Central Bank's XML as published";

impl std::error::Error for RateFileError {}

impl fmt::Display for RateFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        self.fault.fmt(f)
    }
}

impl fmt::Display for RateFileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "the file is empty; download it again"),
            Self::Zipped => write!(f, "the file is a zip archive; unzip it and give what is in it"),
            Self::NotUtf8 => write!(f, "not UTF-8; save the file as UTF-8"),
            Self::UnknownFormat(found) => write!(
                f,
                "{found:?} is not the header of a rate file; give the European Central Bank's \
                 XML or CSV, or a CSV file with the header date,base,quote,rate"
            ),
            Self::CutOff => write!(
                f,
                "the file is cut off here; download it again, or end a CSV file with a line break"
            ),
            Self::NotWellFormed(reason) => {
                write!(f, "not well-formed XML ({reason}); {AS_PUBLISHED}")
            }
            Self::DocumentType => write!(f, "a DOCTYPE is refused; {AS_PUBLISHED}"),
            Self::Entity => write!(f, "an entity is never expanded; {AS_PUBLISHED}"),
            Self::WrongRoot(root) => {
                write!(f, "the root element is {root:?}, not Envelope; {AS_PUBLISHED}")
            }
            Self::UnexpectedElement(element) => {
                write!(f, "an element {element:?} has no place here; {AS_PUBLISHED}")
            }
            Self::MissingAttribute(name) => {
                write!(f, "a Cube lacks its attribute {name}; {AS_PUBLISHED}")
            }
            Self::FieldCount { found, expected } => write!(
                f,
                "{found} fields where the header has {expected}; complete the line or download \
                 the file again"
            ),
            Self::Field { field, found, fault } => write!(f, "in field {field}, {found:?} {fault}"),
            Self::Repeated { valid_from, base, quote, first_line } => write!(
                f,
                "the rate from {base} to {quote} on {valid_from} already stands on line \
                 {first_line}; keep one of the two"
            ),
            Self::NoRates => write!(f, "the file holds no rates; give one that has at least one"),
        }
    }
}

impl fmt::Display for FieldFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotADate => "is not a date; write it like 2026-10-30",
            Self::NotACurrency => "is not a currency code; write three capital letters",
            Self::QuoteIsBase => "is the base itself; remove that rate",
            Self::NotANumber => "is not a rate; write it like 1.1172",
            Self::Exponent => "is in exponent notation; write all its digits",
            Self::Negative => "is negative; write a rate above zero or remove it",
            Self::Zero => "is zero; write a rate above zero or remove it",
            Self::TooManyDigits => {
                "has too many digits; keep at most 18 significant digits and 28 decimals"
            }
        })
    }
}
