//! From the bytes of a file to its text, by the encoding that the file says it has.

use std::borrow::Cow;

use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::{CamtError, at};

/// The text of an XML file, without its byte-order mark.
///
/// Nothing is guessed and nothing replaced: a byte that the encoding does not have is an error,
/// because a name or a reference with holes in it would be taken for another.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, CamtError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(CamtError::whole("the file is empty; download it again"));
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0x1F, 0x8B]) {
        return Err(CamtError::whole("the file is an archive; unpack it and give what is in it"));
    }
    let (encoding, bytes) = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => (encoding, &bytes[length..]),
        None => (declared(bytes)?, bytes),
    };
    if encoding == UTF_8 {
        return match str::from_utf8(bytes) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(error) => {
                let readable = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
                Err(undecodable(&readable, encoding, bytes, error.valid_up_to()))
            }
        };
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let capacity = decoder.max_utf8_buffer_length_without_replacement(bytes.len());
    let mut text = String::with_capacity(capacity.unwrap_or(bytes.len()));
    match decoder.decode_to_string_without_replacement(bytes, &mut text, true) {
        (DecoderResult::InputEmpty, _) => Ok(Cow::Owned(text)),
        (DecoderResult::Malformed(wrong, after), read) => {
            let place = read.saturating_sub(usize::from(wrong) + usize::from(after));
            Err(undecodable(&text, encoding, bytes, place))
        }
        (DecoderResult::OutputFull, _) => {
            Err(CamtError::whole("the file is larger than can be read; split it"))
        }
    }
}

/// The encoding that the first line declares; UTF-8 when it declares none, as XML has it.
fn declared(bytes: &[u8]) -> Result<&'static Encoding, CamtError> {
    match bytes {
        [0x3C, 0, ..] => return Ok(UTF_16LE),
        [0, 0x3C, ..] => return Ok(UTF_16BE),
        _ => {}
    }
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(256)]);
    let declaration = start.trim_start().strip_prefix("<?xml").and_then(|it| it.split_once("?>"));
    let label = declaration.and_then(|(inside, _)| {
        let (_, value) = inside.split_once("encoding")?;
        let value = value.trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|it| matches!(it, '"' | '\''))?;
        value[1..].split(quote).next()
    });
    let Some(label) = label else { return Ok(UTF_8) };
    match Encoding::for_label_no_replacement(label.as_bytes()) {
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => Err(at(
            &start,
            0,
            "",
            "the file declares UTF-16 and is not in it; declare what it really is in",
        )),
        Some(encoding) => Ok(encoding),
        None => {
            let label: String = label.chars().take(40).collect();
            let why = format!("{label:?} is not a known encoding; save the file as UTF-8");
            Err(at(&start, 0, "", why))
        }
    }
}

fn undecodable(before: &str, encoding: &'static Encoding, bytes: &[u8], place: usize) -> CamtError {
    let name = encoding.name();
    let why = match bytes.get(place) {
        Some(byte) => format!(
            "byte {byte:#04X} at offset {place} is not {name}, which the file is said to be in; \
             declare its real encoding in its first line, or save it as UTF-8"
        ),
        None => format!("the file is cut off in the middle of a character of {name}"),
    };
    at(before, before.len(), "", why)
}
