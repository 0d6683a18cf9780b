//! ID tokens: whether the issuer says this, to us, now, and in answer to this errand.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use engine::Timestamp;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, errors::ErrorKind};
use serde_json::{Map, Value};

use super::signature;

/// Seconds by which clocks may differ.
const LEEWAY: i64 = 60;

/// Characters of a subject, by the standard.
const SUBJECT_MAX: usize = 255;

/// What a token says, once it is believed.
pub struct Claims {
    pub subject: String,
    all: Map<String, Value>,
}

/// What a token has to say.
pub struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    /// That came with it.
    pub access_token: Option<&'a str>,
    pub now: Timestamp,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    /// None of the keys that we know signed it.
    UnknownKey,
    /// In words that complete "the token …".
    Wrong(String),
}

fn wrong(why: &str) -> Fault {
    Fault::Wrong(why.to_owned())
}

impl Claims {
    pub fn text(&self, claim: &str) -> Option<&str> {
        self.all.get(claim)?.as_str().map(str::trim).filter(|it| !it.is_empty())
    }

    /// Some issuers write a word where others write yes or no.
    pub fn is_true(&self, claim: &str) -> bool {
        self.all.get(claim).is_some_and(|it| it == true || it == "true")
    }

    /// A list of words, or a word.
    pub fn words(&self, claim: &str) -> Vec<&str> {
        match self.all.get(claim) {
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(one)) => vec![one],
            _ => Vec::new(),
        }
    }
}

pub fn verify(token: &str, keys: &[Jwk], expected: &Expected<'_>) -> Result<Claims, Fault> {
    // `none` is no algorithm that can be read.
    let header =
        decode_header(token).map_err(|error| Fault::Wrong(format!("was refused: {error}")))?;
    if !signature::is_taken(header.alg) {
        return Err(Fault::Wrong(format!("is signed by {:?}, which is not taken", header.alg)));
    }
    let mut validation = Validation::new(header.alg);
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.client_id]);
    validation.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
    // By the clock that sessions go by, below.
    validation.validate_exp = false;
    let named = header.kid.as_deref();
    let candidates = keys.iter().filter(|it| is_candidate(it, named, header.alg));
    let candidates = candidates.filter_map(|it| DecodingKey::from_jwk(it).ok());
    for key in candidates.filter(|it| it.family() == header.alg.family()) {
        match decode::<Map<String, Value>>(token, &key, &validation) {
            Ok(decoded) => return check(decoded.claims, header.alg, expected),
            // Where it does not say which key, another one may be right.
            Err(error) if named.is_none() && *error.kind() == ErrorKind::InvalidSignature => {}
            Err(error) => return Err(Fault::Wrong(format!("was refused: {error}"))),
        }
    }
    Err(Fault::UnknownKey)
}

/// Whether a key is for signatures of this algorithm, and the one that is named if one is.
fn is_candidate(key: &Jwk, named: Option<&str>, algorithm: Algorithm) -> bool {
    let is_named = named.is_none() || key.common.key_id.as_deref() == named;
    let is_for_signing = !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption));
    let is_for_algorithm = match &key.common.key_algorithm {
        Some(said) => said.to_string() == format!("{algorithm:?}"),
        None => true,
    };
    // A secret is none of the keys that an issuer shows.
    let is_public = !matches!(key.algorithm, AlgorithmParameters::OctetKey(_));
    is_named && is_for_signing && is_for_algorithm && is_public
}

/// What the library does not know: OpenID Connect's own claims, and the clock.
fn check(
    all: Map<String, Value>,
    algorithm: Algorithm,
    expected: &Expected<'_>,
) -> Result<Claims, Fault> {
    let text = |claim: &str| all.get(claim).and_then(Value::as_str);
    if text("iss") != Some(expected.issuer) {
        return Err(wrong("is of another issuer"));
    }
    let audiences = all.get("aud").and_then(Value::as_array).map_or(1, Vec::len);
    match all.get("azp") {
        None if audiences > 1 => return Err(wrong("is for several, and does not say for whom")),
        Some(azp) if azp != expected.client_id => return Err(wrong("was made for somebody else")),
        _ => {}
    }
    let now = expected.now.0.div_euclid(1_000_000);
    let expires =
        all.get("exp").and_then(seconds).ok_or(wrong("does not say how long it holds"))?;
    if expires.saturating_add(LEEWAY) <= now {
        return Err(wrong("has expired"));
    }
    if let Some(begins) = all.get("nbf") {
        let begins = seconds(begins).ok_or(wrong("does not say since when it holds"))?;
        if begins.saturating_sub(LEEWAY) > now {
            return Err(wrong("does not hold yet"));
        }
    }
    if text("nonce") != Some(expected.nonce) {
        return Err(wrong("is not of this sign-in"));
    }
    if let (Some(at_hash), Some(access_token)) = (all.get("at_hash"), expected.access_token) {
        let digest = signature::digest(algorithm, access_token);
        let digest = digest.ok_or(wrong("is signed by what is not taken"))?;
        let half = &digest.as_ref()[..digest.as_ref().len() / 2];
        if at_hash.as_str() != Some(URL_SAFE_NO_PAD.encode(half).as_str()) {
            return Err(wrong("came with an access token of another one"));
        }
    }
    let subject = text("sub").unwrap_or_default().to_owned();
    if subject.is_empty() || subject.len() > SUBJECT_MAX {
        return Err(wrong("does not say who it is"));
    }
    Ok(Claims { subject, all })
}

/// Some issuers write fractions.
fn seconds(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let whole = value.as_f64()?.floor();
        // Beyond it no number of seconds is exact; nobody means it.
        (whole.abs() < 9e15).then_some(whole as i64)
    })
}

#[cfg(test)]
mod tests;
