use super::*;

fn permits(allowed: &[&str], address: &str) -> bool {
    let allowed = allowed.iter().map(|it| it.parse().expect("a network")).collect();
    let address = address.parse().unwrap_or_else(|_| panic!("{address}"));
    Allowed::new(allowed).permits(address)
}

#[test]
fn private_and_special_addresses_are_refused() {
    let refused = [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.170",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "239.1.2.3",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "4000::1",
    ];
    for address in refused {
        assert!(!permits(&[], address), "{address}");
    }
}

#[test]
fn public_addresses_are_permitted() {
    let permitted = [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.1",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450::1",
        "::ffff:1.1.1.1",
    ];
    for address in permitted {
        assert!(permits(&[], address), "{address}");
    }
}

#[test]
fn what_the_operator_lists_is_permitted_and_nothing_beside_it() {
    assert!(permits(&["127.0.0.0/8"], "127.9.9.9"));
    assert!(permits(&["127.0.0.0/8"], "::ffff:127.0.0.1"));
    assert!(!permits(&["127.0.0.0/8"], "128.0.0.0") || permits(&[], "128.0.0.0"));
    assert!(!permits(&["127.0.0.0/8"], "10.0.0.1"));
    assert!(!permits(&["127.0.0.0/8"], "::1"));
    assert!(permits(&["10.1.2.3/32"], "10.1.2.3"));
    assert!(!permits(&["10.1.2.3/32"], "10.1.2.2"));
    assert!(permits(&["0.0.0.0/0"], "10.1.2.3"));
    assert!(permits(&["fd00::/8", "::1/128"], "::1"));
    assert!(!permits(&["::1/128"], "::"));
    assert!(permits(&["::/0"], "fe80::1"));
}
