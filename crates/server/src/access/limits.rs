//! How often something may be tried, by name and by address.
//!
//! An address has more attempts than a name: many customers come from one, through the provider's
//! own translation of addresses.

use std::net::IpAddr;

use store::access::{Allowance, Digest, Person};

use super::tokens::Seal;

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;

/// What an attempt counts under.
pub struct Counted {
    pub name: Allowance,
    pub address: Allowance,
}

impl Counted {
    pub fn allowances(&self) -> [Allowance; 2] {
        [self.name, self.address]
    }

    /// After a success the name's attempts are forgotten. The address keeps those of others: who
    /// knows one password does not thereby try a thousand.
    pub fn after_success(&self) -> (Vec<Digest>, Vec<Digest>) {
        (vec![self.name.key], vec![self.address.key])
    }
}

/// A password or code for a name as it was typed, known or not.
pub fn sign_in(seal: &Seal, area: &str, name: &str, address: Option<IpAddr>) -> Counted {
    let name = seal.sign("attempts by name", &[area.as_bytes(), name.as_bytes()]);
    Counted {
        name: allowance(name, 5, 5 * SECOND, 15 * 60 * SECOND, 24 * HOUR),
        address: by_address(seal, address),
    }
}

/// Any attempt to come in, whatever the name.
pub fn by_address(seal: &Seal, address: Option<IpAddr>) -> Allowance {
    let key = seal.sign("attempts by address", &[&network(address)]);
    allowance(key, 20, 5 * SECOND, 15 * 60 * SECOND, HOUR)
}

/// What may be done once, and is over by itself after so many microseconds.
pub fn once(seal: &Seal, what: &Digest, until_over: i64) -> Allowance {
    allowance(seal.sign("once", &[what]), 1, until_over, until_over, 0)
}

/// A code that is asked for.
pub fn request(seal: &Seal, name: &str, address: Option<IpAddr>) -> Counted {
    let name = seal.sign("codes by name", &[name.as_bytes()]);
    Counted {
        name: allowance(name, 3, 30 * SECOND, HOUR, 24 * HOUR),
        address: {
            let key = seal.sign("codes by address", &[&network(address)]);
            allowance(key, 20, 30 * SECOND, HOUR, HOUR)
        },
    }
}

/// A code that goes to a customer, by whichever name it was asked for.
pub fn sending(seal: &Seal, to: &Person) -> Allowance {
    let customer = to.customer().map_or(0, |it| it.0).to_be_bytes();
    let key = seal.sign("codes by customer", &[&customer]);
    allowance(key, 3, 60 * SECOND, HOUR, 24 * HOUR)
}

fn allowance(key: Digest, free: u32, wait: i64, wait_max: i64, memory: i64) -> Allowance {
    Allowance { key, free, wait, wait_max, memory }
}

/// An address of IPv6 is one of very many that the same household has. Whoever comes from an
/// address that nobody can tell is one with all others who do.
fn network(address: Option<IpAddr>) -> Vec<u8> {
    match address.map(|it| it.to_canonical()) {
        None => Vec::new(),
        Some(IpAddr::V4(address)) => address.octets().to_vec(),
        Some(IpAddr::V6(address)) => address.octets()[..8].to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_household_are_one() {
        let network = |text: &str| network(text.parse().ok());
        assert_eq!(network("192.0.2.7"), network("::ffff:192.0.2.7"));
        assert_ne!(network("192.0.2.7"), network("192.0.2.8"));
        assert_eq!(network("2001:db8::1"), network("2001:db8::ff:1"));
        assert_ne!(network("2001:db8:0:1::1"), network("2001:db8:0:2::1"));
        assert_eq!(network("unknown"), network(""));
        assert_ne!(network("unknown"), network("0.0.0.0"));
    }

    #[test]
    fn a_name_in_one_place_is_none_in_another() {
        let seal = Seal::new(&[1; 32]);
        let address = Some("192.0.2.7".parse().unwrap());
        let keys = [
            sign_in(&seal, "console", "ann", address),
            sign_in(&seal, "self-care", "ann", address),
            request(&seal, "ann", address),
        ];
        let [console, self_care, codes] = keys;
        assert_ne!(console.name.key, self_care.name.key);
        assert_ne!(self_care.name.key, codes.name.key);
        let key = |it: &Counted| it.address.key;
        assert_eq!(key(&console), key(&self_care));
        assert_ne!(key(&self_care), key(&codes));
    }
}
