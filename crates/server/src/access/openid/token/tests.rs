use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::json;

use super::*;

/// A key of RSA, and tokens that openssl signed with it.
const RSA: &str = include_str!("../../../../fixtures/openid/rsa.json");

fn expected(access_token: Option<&str>) -> Expected<'_> {
    signature::install();
    Expected {
        issuer: "https://id.example.com",
        client_id: "sporran",
        nonce: "n",
        access_token,
        now: Timestamp(1_800_000_000_000_000),
    }
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn key(fields: Value) -> Jwk {
    serde_json::from_value(fields).expect("a key")
}

/// A token with what is expected, signed by `sign`.
fn token(head: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let claims = json!({"iss": "https://id.example.com", "aud": "sporran", "sub": "7",
        "nonce": "n", "exp": 1_800_000_300});
    let signed = format!("{}.{}", encode(head.to_string()), encode(claims.to_string()));
    let signature = encode(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn subject(verified: Result<Claims, Fault>) -> Result<String, Fault> {
    verified.map(|it| it.subject)
}

#[test]
fn tokens_that_are_signed_with_rsa_are_believed() {
    let rsa: Value = serde_json::from_str(RSA).unwrap();
    let (modulus, e) = (rsa["n"].as_str().unwrap(), "AQAB");
    for algorithm in ["RS256", "PS256"] {
        let token = rsa[algorithm].as_str().unwrap();
        let shown = json!({"kty": "RSA", "kid": "r1", "alg": algorithm, "n": modulus, "e": e});
        let keys = [key(shown)];
        let verify = |token: &str| subject(super::verify(token, &keys, &expected(Some("opaque"))));
        assert_eq!(verify(token), Ok("7".into()), "{algorithm}");
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
        bytes[100] ^= 1;
        for wrong in [String::new(), encode(&bytes), signature[4..].to_owned()] {
            let fault = verify(&format!("{signed}.{wrong}")).unwrap_err();
            let refused = Fault::Wrong("was refused: InvalidSignature".into());
            assert_eq!(fault, refused, "{algorithm}");
        }
        // An access token that is not the one it came with.
        let other = super::verify(token, &keys, &expected(Some("another")));
        assert!(matches!(subject(other), Err(Fault::Wrong(_))));
        assert_eq!(subject(super::verify(token, &keys, &expected(None))), Ok("7".into()));
    }
    // Neither a key for something else, nor one of another algorithm, nor none at all.
    let token = rsa["RS256"].as_str().unwrap();
    let others = [
        json!({"kty": "RSA", "kid": "r2", "n": modulus, "e": e}),
        json!({"kty": "RSA", "n": modulus, "e": e}),
        json!({"kty": "RSA", "kid": "r1", "use": "enc", "n": modulus, "e": e}),
        json!({"kty": "RSA", "kid": "r1", "alg": "PS256", "n": modulus, "e": e}),
        json!({"kty": "oct", "kid": "r1", "k": modulus}),
    ];
    for other in others {
        let verified = verify(token, &[key(other.clone())], &expected(None));
        assert_eq!(subject(verified), Err(Fault::UnknownKey), "{other}");
    }
    assert_eq!(subject(verify(token, &[], &expected(None))), Err(Fault::UnknownKey));
    // Some write a zero before the number.
    let zero = [&[0][..], &URL_SAFE_NO_PAD.decode(modulus).unwrap()].concat();
    let shown = key(json!({"kty": "RSA", "kid": "r1", "n": encode(zero), "e": e}));
    assert_eq!(subject(verify(token, &[shown], &expected(None))), Ok("7".into()));
    // A point is none of its keys.
    let point = encode([4; 32]);
    let shown = json!({"kty": "EC", "crv": "P-256", "kid": "r1", "x": point, "y": point});
    let verified = verify(token, &[key(shown)], &expected(None));
    assert_eq!(subject(verified), Err(Fault::UnknownKey));
}

#[test]
fn tokens_that_are_signed_with_curves_are_believed() {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, pkcs8.as_ref(), &random);
    let pair = pair.unwrap();
    let (x, y) = pair.public_key().as_ref()[1..].split_at(48);
    let es384 = key(json!({"kty": "EC", "crv": "P-384", "x": encode(x), "y": encode(y)}));
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
    let ed = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
    let point = encode(ed.public_key());
    let eddsa = key(json!({"kty": "OKP", "crv": "Ed25519", "x": point}));
    let by_384 =
        token(&json!({"alg": "ES384"}), |it| pair.sign(&random, it).unwrap().as_ref().to_vec());
    let by_ed = token(&json!({"alg": "EdDSA"}), |it| ed.sign(it).as_ref().to_vec());
    let keys = [eddsa, es384];
    for token in [&by_384, &by_ed] {
        assert_eq!(subject(verify(token, &keys, &expected(None))), Ok("7".into()));
    }
    // The curve and the algorithm go together.
    let lying =
        token(&json!({"alg": "ES256"}), |it| pair.sign(&random, it).unwrap().as_ref().to_vec());
    assert_eq!(subject(verify(&lying, &keys, &expected(None))), Err(Fault::UnknownKey));
}

#[test]
fn one_of_several_keys_that_nobody_names_may_be_the_right_one() {
    let random = SystemRandom::new();
    let draw = || {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap()
    };
    let (one, two, three) = (draw(), draw(), draw());
    let shown = |pair: &Ed25519KeyPair, name: &str| {
        let point = encode(pair.public_key());
        key(json!({"kty": "OKP", "crv": "Ed25519", "kid": name, "x": point}))
    };
    let keys = [shown(&one, "1"), shown(&two, "2")];
    let by =
        |pair: &Ed25519KeyPair, head: Value| token(&head, |it| pair.sign(it).as_ref().to_vec());
    let plain = json!({"alg": "EdDSA"});
    let verify = |token: &str| subject(super::verify(token, &keys, &expected(None)));
    assert_eq!(verify(&by(&two, plain.clone())), Ok("7".into()));
    assert_eq!(verify(&by(&three, plain)), Err(Fault::UnknownKey));
    let named = json!({"alg": "EdDSA", "kid": "1"});
    let wrong = Fault::Wrong("was refused: InvalidSignature".into());
    assert_eq!(verify(&by(&two, named)), Err(wrong));
}

#[test]
fn what_is_no_token_is_refused() {
    let none = token(&json!({"alg": "none"}), |_| Vec::new());
    let secret = token(&json!({"alg": "HS256"}), |_| vec![1; 32]);
    let parts = none.replace('.', "..");
    for text in ["", ".", "..", "a.b.c", "....", "é.é.é", &none, &secret, &parts] {
        let verified = subject(verify(text, &[], &expected(None)));
        assert!(matches!(verified, Err(Fault::Wrong(_))), "{text}: {verified:?}");
    }
}
