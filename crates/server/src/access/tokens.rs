//! Random tokens, and what is signed with the secret of the store of access.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use sha2::{Digest as _, Sha256};
use store::access::Digest;

use crate::channels::access::is_same;

/// 256 random bits that nobody guesses. A browser has them, we have the digest.
#[derive(Clone)]
pub struct Token(Digest);

pub fn draw() -> Result<Digest, getrandom::Error> {
    let mut random = Digest::default();
    getrandom::fill(&mut random)?;
    Ok(random)
}

impl Token {
    pub fn draw() -> Result<Self, getrandom::Error> {
        draw().map(Self)
    }

    pub fn read(text: &str) -> Option<Self> {
        Some(Self(URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?))
    }

    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    pub fn digest(&self) -> Digest {
        Sha256::digest(self.0).into()
    }
}

/// Signs what only this server can have said.
pub struct Seal(hmac::Key);

impl Seal {
    pub fn new(secret: &Digest) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// Under a purpose, so that nothing that is signed for one serves another.
    pub fn sign(&self, purpose: &str, parts: &[&[u8]]) -> Digest {
        let mut context = hmac::Context::with_key(&self.0);
        for part in [purpose.as_bytes()].iter().chain(parts) {
            // With its length, so that two parts are not another two.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        context.sign().as_ref().try_into().expect("SHA-256 has 32 bytes")
    }

    /// The token of the forms of whoever has this token in a cookie.
    pub fn csrf(&self, token: &Token) -> String {
        URL_SAFE_NO_PAD.encode(self.sign("form", &[&token.0]))
    }

    /// Whether a form came with the right token.
    pub fn is_csrf(&self, token: &Token, offered: &str) -> bool {
        let Ok(offered) = URL_SAFE_NO_PAD.decode(offered) else { return false };
        is_same(&offered, self.sign("form", &[&token.0]).as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written() {
        let token = Token::draw().unwrap();
        let read = Token::read(&token.to_text()).unwrap();
        assert_eq!(read.digest(), token.digest());
        assert_ne!(Token::draw().unwrap().digest(), token.digest());
        let long = token.to_text() + "AA";
        for wrong in ["", "AAAA", "!", &token.to_text()[1..], &long] {
            assert!(Token::read(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_form_of_one_session_is_none_of_another() {
        let (seal, other) = (Seal::new(&[1; 32]), Seal::new(&[2; 32]));
        let (ours, theirs) = (Token::draw().unwrap(), Token::draw().unwrap());
        let form = seal.csrf(&ours);
        assert!(seal.is_csrf(&ours, &form));
        assert!(!seal.is_csrf(&theirs, &form) && !other.is_csrf(&ours, &form));
        for wrong in ["", "AAAA", "?", &form[1..], &ours.to_text()] {
            assert!(!seal.is_csrf(&ours, wrong), "{wrong}");
        }
    }

    #[test]
    fn what_is_signed_for_one_purpose_serves_no_other() {
        let seal = Seal::new(&[1; 32]);
        let signed = [
            seal.sign("a", &[b"b", b"c"]),
            seal.sign("a", &[b"bc"]),
            seal.sign("ab", &[b"c"]),
            seal.sign("a", &[b"b", b"c", b""]),
        ];
        for (at, one) in signed.iter().enumerate() {
            assert!(!signed[at + 1..].contains(one), "{at}");
        }
    }
}
