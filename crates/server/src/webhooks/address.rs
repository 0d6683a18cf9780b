//! Where deliveries may go: addresses of the public internet, and those that the operator lists.
//!
//! Who may set up an endpoint may not thereby reach what is behind our own firewall.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::channels::access::{Network, contains};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// Public addresses, and these networks although they are not: `10.1.0.0/16`, `fd00::/8`.
    Public(Vec<Network>),
    /// Any address: where the operator writes it down and nobody else can.
    Anywhere,
}

impl Default for Allowed {
    fn default() -> Self {
        Self::Public(Vec::new())
    }
}

impl Allowed {
    pub fn new(networks: Vec<Network>) -> Self {
        Self::Public(networks)
    }

    pub fn permits(&self, address: IpAddr) -> bool {
        match self {
            Self::Public(networks) => {
                is_public(address.to_canonical()) || contains(networks, address)
            }
            Self::Anywhere => true,
        }
    }
}

fn v4_in(address: Ipv4Addr, network: Ipv4Addr, prefix: u32) -> bool {
    let differs = address.to_bits() ^ network.to_bits();
    differs.checked_shr(32 - prefix).unwrap_or(0) == 0
}

fn v6_in(address: Ipv6Addr, network: Ipv6Addr, prefix: u32) -> bool {
    let differs = address.to_bits() ^ network.to_bits();
    differs.checked_shr(128 - prefix).unwrap_or(0) == 0
}

/// Networks of IANA's special-purpose registry that no receiver on the internet has.
const SPECIAL_V4: [(Ipv4Addr, u32); 15] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Of IPv6 only 2000::/3 is given out; within it these are not for receivers, or carry an IPv4
/// address that a relay would reach for us.
const SPECIAL_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

const GLOBAL_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => !SPECIAL_V4.iter().any(|(network, prefix)| v4_in(it, *network, *prefix)),
        IpAddr::V6(it) => {
            let special = SPECIAL_V6.iter().any(|(network, prefix)| v6_in(it, *network, *prefix));
            v6_in(it, GLOBAL_V6.0, GLOBAL_V6.1) && !special
        }
    }
}

#[cfg(test)]
mod tests;
