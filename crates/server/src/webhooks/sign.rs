//! Signatures of the Standard Webhooks specification, symmetric (`v1`) and asymmetric (`v1a`).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use engine::Timestamp;
use ring::hmac;
use ring::signature::{Ed25519KeyPair, KeyPair};
use store::webhooks::Secret;

/// Bytes of each key.
const BYTES: usize = 32;

/// Draws both keys of an endpoint.
pub fn draw_secret() -> Result<Secret, getrandom::Error> {
    let (mut shared, mut seed) = (vec![0; BYTES], vec![0; BYTES]);
    getrandom::fill(&mut shared)?;
    getrandom::fill(&mut seed)?;
    Ok(Secret { shared, seed, until: None })
}

/// Reads a key of `v1` as [`shared_key`] writes it, of 24 to 64 bytes as the specification wants.
/// The private key of `v1a` follows from it, so that one secret is enough to configure.
pub fn read_shared_key(text: &str) -> Option<Secret> {
    let shared = STANDARD.decode(text.strip_prefix("whsec_")?).ok()?;
    if !(24..=64).contains(&shared.len()) {
        return None;
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, &shared);
    let seed = hmac::sign(&key, b"the seed of Sporran's v1a signatures").as_ref().to_vec();
    Some(Secret { shared, seed, until: None })
}

/// The key of `v1` as the receiver configures it. Who has it can sign in our name.
pub fn shared_key(secret: &Secret) -> String {
    format!("whsec_{}", STANDARD.encode(&secret.shared))
}

/// The key of `v1a` as the receiver configures it. It only verifies, so anybody may see it.
pub fn public_key(secret: &Secret) -> String {
    format!("whpk_{}", STANDARD.encode(key_pair(secret).public_key()))
}

/// The header `webhook-signature`: both signatures under every secret that has not ended, the
/// newest first.
pub fn signature(secrets: &[Secret], event: &str, at: Timestamp, body: &str) -> String {
    let signed = format!("{event}.{}.{body}", seconds(at));
    let running = secrets.iter().filter(|it| it.until.is_none_or(|until| until > at));
    let both = running.map(|secret| {
        let shared = hmac::Key::new(hmac::HMAC_SHA256, &secret.shared);
        let symmetric = hmac::sign(&shared, signed.as_bytes());
        let asymmetric = key_pair(secret).sign(signed.as_bytes());
        format!("v1,{} v1a,{}", STANDARD.encode(symmetric), STANDARD.encode(asymmetric))
    });
    both.collect::<Vec<_>>().join(" ")
}

/// The header `webhook-timestamp`.
pub fn seconds(at: Timestamp) -> i64 {
    at.0.div_euclid(1_000_000)
}

fn key_pair(secret: &Secret) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&secret.seed).expect("a seed has 32 bytes")
}

#[cfg(test)]
mod tests;
