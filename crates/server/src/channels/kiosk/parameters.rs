//! Parameters of a query or a form, as strictly as terminals deserve.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

/// Parameters that mean something here.
const OURS: [&str; 8] =
    ["command", "txn_id", "txn_date", "account", "sum", "prv_txn", "ccy", "date"];

/// Characters of one value, at most.
const LENGTH_MAX: usize = 200;

/// What was sent: each parameter of ours with its value, or with what is wrong with it.
#[derive(Debug, Default)]
pub struct Parameters {
    values: BTreeMap<&'static str, Result<String, &'static str>>,
    /// The secret, when it comes in a parameter; nothing of it is shown.
    secret: Option<String>,
}

impl Parameters {
    /// Reads `a=b&c=d`. `secret` names the parameter in which the secret comes, if one does.
    pub fn parse(text: &str, secret: Option<&str>) -> Self {
        let mut parameters = Self::default();
        let mut secrets = 0;
        for pair in text.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let Ok(name) = decode(name) else { continue };
            if secret == Some(name.as_str()) {
                secrets += 1;
                parameters.secret = decode(value).ok();
            }
            let Some(name) = OURS.into_iter().find(|it| *it == name) else { continue };
            let value = match parameters.values.contains_key(name) {
                true => Err("is given twice"),
                false => decode(value),
            };
            parameters.values.insert(name, value);
        }
        parameters.secret = parameters.secret.filter(|_| secrets == 1);
        parameters
    }

    /// The value, without the blanks around it; none when it is absent or empty. The error
    /// completes "the parameter …".
    pub fn get(&self, name: &'static str) -> Result<Option<&str>, &'static str> {
        debug_assert!(OURS.contains(&name), "{name} is not kept");
        match self.values.get(name) {
            None => Ok(None),
            Some(Err(why)) => Err(why),
            Some(Ok(value)) => Ok(Some(value.trim()).filter(|it| !it.is_empty())),
        }
    }

    pub fn secret(&self) -> Option<&str> {
        self.secret.as_deref()
    }
}

fn decode(text: &str) -> Result<String, &'static str> {
    if text.len() > 3 * 4 * LENGTH_MAX {
        return Err("has more than 200 characters");
    }
    let mut escapes = text.split('%').skip(1);
    let hexadecimal = |it: &str| it.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    if !escapes.all(hexadecimal) {
        return Err("has a % without two hexadecimal digits after it");
    }
    let blanks = text.replace('+', " ");
    let value = percent_decode_str(&blanks).decode_utf8();
    let value = value.map_err(|_| "is not UTF-8")?.into_owned();
    if value.chars().count() > LENGTH_MAX {
        return Err("has more than 200 characters");
    }
    match value.chars().any(char::is_control) {
        true => Err("has control characters"),
        false => Ok(value),
    }
}
