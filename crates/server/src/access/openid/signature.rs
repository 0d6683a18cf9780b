//! Signatures of tokens, verified by ring: the way that jsonwebtoken asks for them.
//!
//! Those of a shared secret are left out on purpose: whoever can verify one can make one.

use std::sync::Once;

use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::signature::{Error, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind};
use ring::digest;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};

/// How a token may be signed.
#[derive(Clone, Copy)]
enum Kind {
    Rsa(&'static RsaParameters),
    Point(&'static dyn VerificationAlgorithm),
}

/// With what an algorithm verifies, and which digest it is of; `None` for those that we do not
/// take.
fn of(algorithm: Algorithm) -> Option<(Kind, &'static digest::Algorithm)> {
    use digest::{SHA256, SHA384, SHA512};
    Some(match algorithm {
        Algorithm::RS256 => (Kind::Rsa(&RSA_PKCS1_2048_8192_SHA256), &SHA256),
        Algorithm::RS384 => (Kind::Rsa(&RSA_PKCS1_2048_8192_SHA384), &SHA384),
        Algorithm::RS512 => (Kind::Rsa(&RSA_PKCS1_2048_8192_SHA512), &SHA512),
        Algorithm::PS256 => (Kind::Rsa(&RSA_PSS_2048_8192_SHA256), &SHA256),
        Algorithm::PS384 => (Kind::Rsa(&RSA_PSS_2048_8192_SHA384), &SHA384),
        Algorithm::PS512 => (Kind::Rsa(&RSA_PSS_2048_8192_SHA512), &SHA512),
        Algorithm::ES256 => (Kind::Point(&ECDSA_P256_SHA256_FIXED), &SHA256),
        Algorithm::ES384 => (Kind::Point(&ECDSA_P384_SHA384_FIXED), &SHA384),
        Algorithm::EdDSA => (Kind::Point(&ED25519), &SHA512),
        _ => return None,
    })
}

pub fn is_taken(algorithm: Algorithm) -> bool {
    of(algorithm).is_some()
}

/// The digest that goes with an algorithm.
pub fn digest(algorithm: Algorithm, text: &str) -> Option<digest::Digest> {
    of(algorithm).map(|(_, digest)| digest::digest(digest, text.as_bytes()))
}

/// Once in a process, before the first token.
pub fn install() {
    static ONCE: Once = Once::new();
    static RING: CryptoProvider = CryptoProvider {
        signer_factory: |_, _| Err(ErrorKind::UnsupportedAlgorithm.into()),
        verifier_factory: verifier,
        key_utils: KeyUtils::new_unimplemented(),
    };
    // Nothing else in this program brings another one.
    ONCE.call_once(|| RING.install_default().expect("it is the only one"));
}

struct WithRing {
    algorithm: Algorithm,
    kind: Kind,
    key: DecodingKey,
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    let (kind, _) = of(*algorithm).ok_or(ErrorKind::UnsupportedAlgorithm)?;
    if key.family() != algorithm.family() || key.family() == AlgorithmFamily::Hmac {
        return Err(ErrorKind::InvalidKeyFormat.into());
    }
    Ok(Box::new(WithRing { algorithm: *algorithm, kind, key: key.clone() }))
}

impl Verifier<Vec<u8>> for WithRing {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        let verified = match (self.kind, self.key.kind()) {
            (Kind::Rsa(parameters), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                // Some write a zero before the number.
                let plain = |it: &[u8]| it.iter().copied().skip_while(|it| *it == 0).collect();
                let key: RsaPublicKeyComponents<Vec<u8>> =
                    RsaPublicKeyComponents { n: plain(n), e: plain(e) };
                key.verify(parameters, message, signature)
            }
            (Kind::Point(algorithm), DecodingKeyKind::SecretOrDer(point)) => {
                UnparsedPublicKey::new(algorithm, point).verify(message, signature)
            }
            _ => return Err(Error::new()),
        };
        verified.map_err(|_| Error::new())
    }
}

impl JwtVerifier for WithRing {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}
