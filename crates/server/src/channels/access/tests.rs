use axum::http::HeaderValue;

use super::*;

fn address(peer: &str, forwarded: &[&str], trusted: &[&str]) -> Option<String> {
    let mut headers = HeaderMap::new();
    for line in forwarded {
        headers.append("x-forwarded-for", HeaderValue::from_str(line).unwrap());
    }
    let trusted: Vec<Network> = trusted.iter().map(|it| it.parse().unwrap()).collect();
    let found = client_address(Some(peer.parse().unwrap()), &headers, &trusted);
    found.map(|it| it.to_string())
}

#[test]
fn a_forwarded_address_is_believed_only_from_a_trusted_proxy() {
    let of = |peer, forwarded: &[&str], trusted: &[&str]| {
        address(peer, forwarded, trusted).unwrap_or("nobody".into())
    };
    assert_eq!(of("10.0.0.9", &[], &[]), "10.0.0.9");
    assert_eq!(of("10.0.0.9", &["91.232.230.7"], &[]), "10.0.0.9");
    assert_eq!(of("10.0.0.9", &["91.232.230.7"], &["10.0.0.9"]), "91.232.230.7");
    // What stands before a stranger's own address was written by the stranger.
    let forged = ["91.232.230.7, 6.6.6.6"];
    assert_eq!(of("10.0.0.9", &forged, &["10.0.0.0/8"]), "6.6.6.6");
    let through_two = ["91.232.230.7, 10.1.1.1", "10.2.2.2"];
    assert_eq!(of("10.0.0.9", &through_two, &["10.0.0.0/8"]), "91.232.230.7");
    assert_eq!(of("::ffff:10.0.0.9", &["::ffff:91.232.230.7"], &["10.0.0.9"]), "91.232.230.7");
    for unreadable in ["", "unknown", "91.232.230.7:80", "999.1.1.1"] {
        assert_eq!(of("10.0.0.9", &[unreadable], &["10.0.0.9"]), "nobody", "{unreadable:?}");
    }
    assert_eq!(client_address(None, &HeaderMap::new(), &[]), None);
}

#[test]
fn an_address_is_allowed_when_one_of_the_networks_has_it() {
    let allow = ["91.232.230.0/23", "127.0.0.1", "2001:db8::/32"];
    let allow = allow.iter().map(|it| it.parse().unwrap()).collect();
    let access = Access::new(Secret::from("open sesame"), allow);
    let allows = |it: &str| access.allows(Some(it.parse().unwrap()));
    for address in ["91.232.230.1", "91.232.231.255", "127.0.0.1", "::ffff:127.0.0.1"] {
        assert!(allows(address), "{address}");
    }
    assert!(allows("2001:db8:1::1"));
    for address in ["91.232.232.0", "91.232.229.255", "127.0.0.2", "2001:db9::1", "::1"] {
        assert!(!allows(address), "{address}");
    }
    assert!(!access.allows(None));
    for text in ["", "here", "1.2.3.4/33", "1.2.3", "1.2.3.4/x"] {
        assert!(text.parse::<Network>().is_err(), "{text}");
    }
}

#[test]
fn a_secret_is_known_and_never_shown() {
    let access = Access::new(Secret::from("open sesame"), Vec::new());
    assert!(access.is_secret(b"open sesame"));
    for offered in ["", "open", "open sesame ", "Open sesame"] {
        assert!(!access.is_secret(offered.as_bytes()), "{offered:?}");
    }
    assert!(!format!("{access:?}").contains("sesame"));
    assert!(!serde_json::to_string(access.secret()).unwrap().contains("sesame"));
}
