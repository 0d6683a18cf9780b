//! What was typed into a form.

use std::collections::BTreeMap;

use axum::extract::{Form, FromRequest, Request};
use engine::{Money, Precision};
use pages::{Field, FieldKind, Language};

use super::Failed;
use crate::http::app::App;
use crate::http::error::{Fault, Problem};
use crate::http::wire;
use crate::shard::{Key, key_digest};

/// Random digits of a form's key, at least.
const KEY_LENGTH_MIN: usize = 16;

/// What was typed, by the field's name.
#[derive(Clone, Debug, Default)]
pub struct Typed(BTreeMap<String, String>);

impl Typed {
    /// What was typed, under a key of its own where it carries none: what is sent twice with the
    /// same one is done once.
    pub fn new(fields: impl IntoIterator<Item = (String, String)>) -> Result<Self, Problem> {
        let mut typed = Self(fields.into_iter().collect());
        if typed.get("key").len() < KEY_LENGTH_MIN {
            typed.0.insert("key".into(), draw()?);
        }
        Ok(typed)
    }

    /// What an address carries, under a new key: a link is no form that was sent before.
    pub fn fresh(mut fields: BTreeMap<String, String>) -> Result<Self, Problem> {
        fields.remove("key");
        Self::new(fields)
    }

    /// The same fields under a new key: what was refused wrote nothing, and may be asked again.
    pub fn again(&self) -> Result<Self, Problem> {
        Self::fresh(self.0.clone())
    }

    /// The fields after a "no", under a new key; under the same one where the "no" was that this
    /// form was sent before, filled in another way: then something has been done under it.
    pub fn after(&self, problem: &Problem) -> Result<Self, Problem> {
        match problem.code {
            "idempotency_key_reused" => Ok(self.clone()),
            _ => self.again(),
        }
    }

    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |it| it.trim())
    }

    /// Whether the form had such a field, be it empty.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub fn said(&self, name: &str) -> Option<&str> {
        Some(self.get(name)).filter(|it| !it.is_empty())
    }

    /// All of it but what belongs to the way of asking.
    pub fn carried(&self) -> Vec<(String, String)> {
        let asking = |it: &str| matches!(it, "csrf" | "step" | "answer");
        let fields = self.0.iter().filter(|(name, _)| !asking(name));
        fields.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// Under what it is done once: the key is `who`'s, and stands for this form as it is filled.
    pub fn once(&self, area: &str, who: &str, form: &str) -> Key {
        let asked = self.carried().into_iter().filter(|(name, _)| name != "key");
        let asked: String = asked.map(|(name, value)| format!("{name}={value}\n")).collect();
        let key = key_digest(&[area.as_bytes(), who.as_bytes(), self.get("key").as_bytes()]);
        let fingerprint = key_digest(&[form.as_bytes(), asked.as_bytes()]);
        let fingerprint = u64::try_from(fingerprint >> 65).expect("63 bits");
        Key { key, fingerprint }
    }

    /// The sum in the field `amount`, in whole minor units.
    pub fn money(&self, code: &str, language: Language) -> Result<Money, Problem> {
        wire::money(&plain(self.get("amount"), language), code, Precision::MinorUnits)
    }

    /// Puts what was typed into the fields of its form.
    pub fn fill(&self, fields: &mut [Field]) {
        for field in fields {
            if self.has(&field.name) {
                field.value = self.get(&field.name).to_owned();
            }
            let currency = self.said(&format!("{}_currency", field.name));
            if let (FieldKind::MoneyIn { chosen, .. }, Some(currency)) = (&mut field.kind, currency)
            {
                *chosen = currency.to_owned();
            }
        }
    }
}

/// The form that a request sends.
impl FromRequest<App> for Typed {
    type Rejection = Failed;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failed> {
        let form = Form::<Vec<(String, String)>>::from_request(request, app).await;
        let form = form.map_err(|it| Problem::malformed_body(it.body_text()))?;
        Ok(Self::new(form.0)?)
    }
}

/// Why what was typed is no duration.
pub fn no_hours() -> Problem {
    Problem::faulty("hours", Fault::Number, "is not a number such as 72")
}

/// A key for a form: what is sent twice with the same one is done once.
pub fn draw() -> Result<String, Problem> {
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random).map_err(|_| Problem::internal())?;
    Ok(random.iter().map(|it| format!("{it:02x}")).collect())
}

/// An amount as people type it, with the marks of their language, as a decimal number.
///
/// A mark between thousands that does not stand there is left, so that it is refused: `12,50` is
/// no 1250.
pub fn plain(typed: &str, language: Language) -> String {
    let typed: String = typed.chars().filter(|it| !it.is_whitespace()).collect();
    let typed = typed.replace('\u{2212}', "-");
    let (group, mark) = match language {
        Language::English => (',', '.'),
        // Without a comma, the full stop is what a keyboard of numbers has for the decimal mark.
        _ if typed.contains(',') => ('.', ','),
        _ => return typed,
    };
    let (whole, fraction) = match typed.split_once(mark) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (typed.as_str(), None),
    };
    let is_odd = fraction.is_some_and(|it| it.contains([group, mark]));
    if is_odd || !is_grouped(whole, group) {
        return typed;
    }
    let whole = whole.replace(group, "");
    fraction.map_or(whole.clone(), |it| format!("{whole}.{it}"))
}

/// Whether the marks between the digits stand at the thousands, or there are none.
fn is_grouped(whole: &str, group: char) -> bool {
    let digits = whole.trim_start_matches(['-', '+']);
    let mut pieces = digits.split(group).map(str::len);
    let first = pieces.next().unwrap_or(0);
    !digits.contains(group) || ((1..=3).contains(&first) && pieces.all(|it| it == 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_they_are_typed() {
        let cases = [
            (Language::English, "1,234.50", "1234.50"),
            (Language::French, "1\u{202F}234,50", "1234.50"),
            (Language::Spanish, "1.234,50", "1234.50"),
            (Language::Spanish, "12.50", "12.50"),
            (Language::Russian, "\u{2212}12,5", "-12.5"),
            (Language::English, "\u{2212}1,234,567.8", "-1234567.8"),
            (Language::English, "12,50", "12,50"),
            (Language::English, "1,2345", "1,2345"),
            (Language::English, ",123", ",123"),
            (Language::English, "1234,567", "1234,567"),
            (Language::English, "1.234,50", "1.234,50"),
            (Language::Spanish, "12,50", "12.50"),
            (Language::Spanish, "1,2345", "1.2345"),
            (Language::Spanish, "1,234.50", "1,234.50"),
            (Language::Spanish, "12.34,50", "12.34,50"),
            (Language::French, "1.234.567,50", "1234567.50"),
            (Language::Russian, "1,234,50", "1,234,50"),
        ];
        for (language, typed, read) in cases {
            assert_eq!(plain(typed, language), read, "{typed}");
        }
    }
}
