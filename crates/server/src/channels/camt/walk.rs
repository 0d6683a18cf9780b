//! Walks an XML text, element by element, without ever building a tree of it.
//!
//! **Invariant:** nothing is expanded and nothing is fetched, so that a small file stays small: a
//! DOCTYPE is refused, and of the entities only the five that XML itself has are known.

use quick_xml::NsReader;
use quick_xml::errors::{Error as XmlError, SyntaxError};
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;

use super::{CamtError, at};

/// Elements inside each other, at most; the deepest of the standard is about twenty.
const DEPTH_MAX: usize = 64;

/// Characters of one value, at most; the longest of the standard has 500.
const VALUE_CHARS_MAX: usize = 4_096;

/// Whoever is told what stands in the file.
pub trait Visitor {
    /// An element begins; its path is of local names, divided by slashes.
    fn open(&mut self, path: &str, place: usize) -> Result<(), Wrong>;
    /// An element without others in it.
    fn value(&mut self, path: &str, value: Value<'_>) -> Result<(), Wrong>;
    /// An element with others in it ends.
    fn close(&mut self, path: &str) -> Result<(), Wrong>;
}

/// What is wrong, in words that follow the element's name, and where, if not here.
#[derive(Debug)]
pub struct Wrong {
    pub place: Option<usize>,
    pub why: String,
}

impl Wrong {
    pub fn at(place: usize, why: impl Into<String>) -> Self {
        Self { place: Some(place), why: why.into() }
    }
}

impl From<String> for Wrong {
    fn from(why: String) -> Self {
        Self { place: None, why }
    }
}

impl From<&str> for Wrong {
    fn from(why: &str) -> Self {
        why.to_owned().into()
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    pub text: &'a str,
    /// Its attribute `Ccy`.
    pub currency: Option<&'a str>,
    pub place: usize,
}

/// Where in the tree the reader stands.
#[derive(Default)]
struct Position {
    path: String,
    /// Where the elements begin that are open, and whether others stand in them.
    open: Vec<(usize, bool)>,
    /// The value of the innermost element, as far as it has been read.
    text: String,
    currency: Option<String>,
}

/// Walks `text`, whose root has to be `Document` in a namespace that `check` takes.
pub fn walk(
    text: &str,
    check: impl FnOnce(&str) -> Result<(), String>,
    visitor: &mut dyn Visitor,
) -> Result<(), CamtError> {
    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut namespace: Option<String> = None;
    let mut check = Some(check);
    let mut here = Position::default();
    let mut ended = false;
    loop {
        let place = usize::try_from(reader.buffer_position()).expect("an offset into the text");
        let event = match reader.read_resolved_event() {
            Ok((found, event)) => (resolved(&found).map(str::to_owned), event),
            Err(error) => {
                let place = usize::try_from(reader.error_position()).unwrap_or(place);
                return Err(xml_error(text, place.max(1), &here.path, &error));
            }
        };
        let refuse =
            |path: &str, why: Wrong| Err(at(text, why.place.unwrap_or(place), path, why.why));
        match event {
            (_, Event::Start(_)) if ended => {
                return refuse("", "something stands after the Document".into());
            }
            (found, Event::Start(element)) => {
                if let Some(check) = check.take() {
                    check_root(&element).or_else(|why| refuse("", why.into()))?;
                    let found = found.clone().unwrap_or_default();
                    check(&found).or_else(|why| refuse("Document", why.into()))?;
                    namespace = Some(found);
                }
                let known = found == namespace;
                let entered = here.enter(&element, known, place);
                entered.or_else(|why| refuse(&here.path, why.into()))?;
                visitor.open(&here.path, place).or_else(|why| refuse(&here.path, why))?;
            }
            (_, Event::End(_)) => {
                here.leave(visitor).or_else(|why| refuse(&here.path, why))?;
                here.up();
                ended = here.open.is_empty();
            }
            (_, Event::Text(it)) if here.open.is_empty() => {
                if !it.trim().is_empty() {
                    return refuse("", "text stands outside the Document".into());
                }
            }
            (_, Event::Text(it)) => {
                here.add(&it.xml10_content()).or_else(|why| refuse(&here.path, why.into()))?;
            }
            (_, Event::CData(it)) => {
                here.add(&it.xml10_content()).or_else(|why| refuse(&here.path, why.into()))?;
            }
            (_, Event::GeneralRef(it)) => {
                let added = resolve(&it).and_then(|it| here.add(it.encode_utf8(&mut [0; 4])));
                added.or_else(|why| refuse(&here.path, why.into()))?;
            }
            (_, Event::DocType(_)) => {
                let why = "a DOCTYPE is refused, whatever it declares; bank files have none";
                return refuse("", why.into());
            }
            (_, Event::Eof) if ended => return Ok(()),
            (_, Event::Eof) => return refuse(&here.path, CUT_OFF.into()),
            (_, Event::Decl(_) | Event::Comment(_) | Event::PI(_) | Event::Empty(_)) => {}
        }
    }
}

const CUT_OFF: &str = "the file is cut off here; download it again";

fn check_root(root: &BytesStart) -> Result<(), String> {
    match root.local_name().into_inner() {
        "Document" => Ok(()),
        name => {
            let name = excerpt(name);
            Err(format!("the root is {name:?}, not Document; give a camt.053 file"))
        }
    }
}

impl Position {
    fn enter(&mut self, element: &BytesStart, known: bool, place: usize) -> Result<(), String> {
        if self.open.len() >= DEPTH_MAX {
            return Err(format!("more than {DEPTH_MAX} elements stand inside each other"));
        }
        if let Some((_, has_others)) = self.open.last_mut() {
            *has_others = true;
        }
        if !self.path.is_empty() {
            self.path.push('/');
        }
        // What is of another namespace is passed by: its name stands for nothing here.
        let name = if known { element.local_name().into_inner() } else { "*" };
        self.path.push_str(name);
        self.open.push((place, false));
        self.text.clear();
        self.currency = currency(element)?;
        Ok(())
    }

    fn leave(&mut self, visitor: &mut dyn Visitor) -> Result<(), Wrong> {
        let (place, has_others) = self.open.pop().ok_or("ends and never began")?;
        if has_others {
            return visitor.close(&self.path);
        }
        let (text, currency) = (self.text.trim(), self.currency.as_deref());
        let read = visitor.value(&self.path, Value { text, currency, place });
        read.map_err(|wrong| Wrong { place: wrong.place.or(Some(place)), ..wrong })
    }

    fn up(&mut self) {
        self.path.truncate(self.path.rfind('/').unwrap_or(0));
        self.text.clear();
    }

    fn add(&mut self, text: &str) -> Result<(), String> {
        if self.open.last().is_none_or(|(_, has_others)| *has_others) {
            return Ok(());
        }
        if text.chars().any(|it| it.is_control() && !matches!(it, '\t' | '\n' | '\r')) {
            return Err("has a control character; ask the bank for a sound file".to_owned());
        }
        if self.text.len() + text.len() > VALUE_CHARS_MAX {
            return Err(format!("has more than {VALUE_CHARS_MAX} characters"));
        }
        self.text.push_str(text);
        Ok(())
    }
}

fn resolved<'a>(found: &ResolveResult<'a>) -> Option<&'a str> {
    match found {
        ResolveResult::Bound(namespace) => Some(namespace.0),
        ResolveResult::Unbound | ResolveResult::Unknown(_) => None,
    }
}

fn currency(element: &BytesStart) -> Result<Option<String>, String> {
    let mut value = None;
    // The library's own check for repeats is quadratic in the number of attributes.
    for attribute in element.attributes().with_checks(false) {
        let attribute = attribute.map_err(|it| format!("is not well-formed XML ({it})"))?;
        if attribute.key.into_inner() == "Ccy" && value.replace(attribute.value).is_some() {
            return Err("has the attribute Ccy twice".to_owned());
        }
    }
    Ok(value.map(std::borrow::Cow::into_owned))
}

fn resolve(reference: &BytesRef) -> Result<char, String> {
    let character = reference.resolve_char_ref().map_err(|it| it.to_string())?;
    let named = || match &**reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    };
    character.or_else(named).ok_or_else(|| {
        let name = excerpt(reference);
        format!("the entity &{name}; is not expanded; bank files have none of their own")
    })
}

fn xml_error(text: &str, place: usize, path: &str, error: &XmlError) -> CamtError {
    match error {
        // Every other error of syntax is something opened and not closed before the end.
        XmlError::Syntax(it) if *it != SyntaxError::InvalidBangMarkup => {
            at(text, place, path, CUT_OFF)
        }
        _ => at(text, place, path, format!("not well-formed XML ({error}); download it again")),
    }
}

/// A message stays one line, however long what was found.
pub fn excerpt(found: &str) -> String {
    match found.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &found[..end]),
        None => found.to_owned(),
    }
}
