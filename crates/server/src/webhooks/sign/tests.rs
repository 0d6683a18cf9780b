use std::process::Command;

use ring::signature::{ED25519, UnparsedPublicKey};

use super::*;

fn secret(shared: &str, seed: &str) -> Secret {
    let byte = |it: usize| u8::from_str_radix(&seed[2 * it..2 * it + 2], 16).expect("two digits");
    let seed = (0..32).map(byte).collect();
    let shared = STANDARD.decode(shared).expect("base64");
    Secret { shared, seed, until: None }
}

/// The key of the specification's libraries' own tests, and the first seed of RFC 8032.
fn published() -> Secret {
    secret(
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    )
}

const EVENT: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const AT: Timestamp = Timestamp(1_614_265_330_000_000);
const BODY: &str = r#"{"test": 2432232314}"#;

fn parts(signature: &str) -> Vec<(&str, Vec<u8>)> {
    signature
        .split(' ')
        .map(|it| it.split_once(',').expect("a version"))
        .map(|(version, bytes)| (version, STANDARD.decode(bytes).expect("base64")))
        .collect()
}

#[test]
fn the_symmetric_signature_is_the_published_one() {
    let signature = signature(&[published()], EVENT, AT, BODY);
    let symmetric = signature.split(' ').next();
    assert_eq!(symmetric, Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    assert_eq!(shared_key(&published()), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
}

#[test]
fn the_public_key_is_the_published_one_and_verifies() {
    let key = public_key(&published());
    assert_eq!(key, "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
    let key = STANDARD.decode(&key["whpk_".len()..]).expect("base64");
    let key = UnparsedPublicKey::new(&ED25519, key);
    let signature = signature(&[published()], EVENT, AT, BODY);
    let parts = parts(&signature);
    assert_eq!(parts.iter().map(|it| it.0).collect::<Vec<_>>(), ["v1", "v1a"]);
    let signed = format!("{EVENT}.1614265330.{BODY}");
    assert!(key.verify(signed.as_bytes(), &parts[1].1).is_ok());
    assert!(key.verify(signed.replace('3', "4").as_bytes(), &parts[1].1).is_err());
}

#[test]
fn a_secret_signs_until_its_end() {
    let old = Secret { until: Some(AT), ..draw_secret().expect("random bytes") };
    let new = draw_secret().expect("random bytes");
    let secrets = [new.clone(), old];
    let before = Timestamp(AT.0 - 1);
    assert_eq!(parts(&signature(&secrets, EVENT, before, BODY)).len(), 4);
    assert_eq!(signature(&secrets, EVENT, AT, BODY), signature(&[new], EVENT, AT, BODY));
}

#[test]
fn no_two_secrets_are_the_same() {
    let drawn: Vec<Secret> = (0..20).map(|_| draw_secret().expect("random bytes")).collect();
    let keys: std::collections::BTreeSet<_> =
        drawn.iter().flat_map(|it| [it.shared.clone(), it.seed.clone()]).collect();
    assert_eq!(keys.len(), 40);
    assert!(keys.iter().all(|it| it.len() == 32));
}

const VERIFY: &str = r#"
import sys, time
from standardwebhooks.webhooks import Webhook
secret, event, at, signature, body = sys.argv[1:]
headers = {"webhook-id": event, "webhook-timestamp": at, "webhook-signature": signature}
Webhook(secret).verify(body, headers)
try:
    Webhook(secret).verify(body + " ", headers)
except Exception:
    print("verified")
"#;

/// The specification's own Python library verifies what we sign, where it can be had.
#[test]
fn the_reference_library_verifies_what_we_sign() {
    let place = tempfile::tempdir().expect("a place for files");
    let library = place.path().to_str().expect("text");
    let install = ["-m", "pip", "install", "--quiet", "--retries", "0", "--timeout", "5"];
    let installed = Command::new("python3")
        .args(install)
        .args(["--target", library, "standardwebhooks"])
        .output()
        .is_ok_and(|it| it.status.success());
    if !installed {
        eprintln!("SKIPPED: python3 with pip and the package standardwebhooks is not to be had");
        return;
    }
    let secret = draw_secret().expect("random bytes");
    let now = crate::clock::Clock::System.now();
    let signature =
        signature(&[draw_secret().expect("random"), secret.clone()], "evt_7", now, BODY);
    let at = seconds(now).to_string();
    let output = Command::new("python3")
        .env("PYTHONPATH", library)
        .args(["-c", VERIFY, &shared_key(&secret), "evt_7", &at, &signature, BODY])
        .output()
        .expect("python3 was there a moment ago");
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "verified", "{error}");
}

#[test]
fn a_key_of_the_operators_own_is_read_and_signs_in_both_ways() {
    let ours = draw_secret().unwrap();
    let read = read_shared_key(&shared_key(&ours)).unwrap();
    assert_eq!(read.shared, ours.shared);
    assert_eq!(read_shared_key(&shared_key(&ours)), Some(read.clone()), "it is always the same");
    assert_ne!(read.seed, read.shared);
    let other = read_shared_key(&shared_key(&draw_secret().unwrap())).unwrap();
    assert_ne!(public_key(&read), public_key(&other));
    let key = UnparsedPublicKey::new(&ED25519, key_pair(&read).public_key().as_ref().to_vec());
    let signed = signature(&[read], EVENT, AT, BODY);
    let signature = parts(&signed).into_iter().find(|it| it.0 == "v1a").unwrap().1;
    let text = format!("{EVENT}.1614265330.{BODY}");
    assert!(key.verify(text.as_bytes(), &signature).is_ok());
    for wrong in ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_%"] {
        assert_eq!(read_shared_key(wrong), None, "{wrong}");
    }
}
