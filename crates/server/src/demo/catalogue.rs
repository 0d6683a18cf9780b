//! What the demo's provider sells, and for how much in each of its currencies.

use engine::{Amount, Currency, FINE_PER_MINOR, Money};

/// The currencies of the demo's accounts; prices are listed in this order.
pub const CURRENCIES: [&str; 4] = ["EUR", "USD", "XPF", "MXN"];

/// A service with a price for each month, or for each piece, in minor units.
#[derive(Clone, Copy, Debug)]
pub struct Fee {
    pub service: &'static str,
    prices: [i64; 4],
}

/// A service with a price for each minute, in ten-thousandths of the minor unit.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    pub service: &'static str,
    /// How its sessions are called in the network.
    pub prefix: &'static str,
    /// The network element that asks for it.
    pub actor: &'static str,
    prices: [i64; 4],
}

pub const INTERNET: [Fee; 3] = [
    Fee { service: "internet-50", prices: [19_90, 24_99, 3_900, 349_00] },
    Fee { service: "internet-100", prices: [29_90, 39_99, 5_900, 499_00] },
    Fee { service: "internet-300", prices: [39_90, 54_99, 7_900, 649_00] },
];

pub const TELEVISION: [Fee; 3] = [
    Fee { service: "tv-basic", prices: [9_90, 12_99, 1_490, 149_00] },
    Fee { service: "tv-family", prices: [14_90, 19_99, 2_490, 249_00] },
    Fee { service: "tv-sport", prices: [24_90, 29_99, 3_990, 379_00] },
];

pub const OFFICE: Fee = Fee { service: "office-1000", prices: [149_00, 179_00, 29_000, 2_490_00] };
pub const FILM: Fee = Fee { service: "video-on-demand", prices: [3_99, 4_99, 490, 59_00] };
pub const TURBO: Fee = Fee { service: "turbo-24h", prices: [1_50, 1_99, 190, 25_00] };
pub const ROAMING: Fee = Fee { service: "roaming", prices: [18_40, 21_35, 2_740, 317_50] };

pub const TELEPHONY: Usage = Usage {
    service: "telephony",
    prefix: "call",
    actor: "softswitch",
    prices: [7_0000, 9_0000, 9_0000, 129_0000],
};

pub const DATA: Usage = Usage {
    service: "mobile-data",
    prefix: "pdp",
    actor: "packet-core",
    prices: [2_3300, 2_7500, 3_1000, 41_0000],
};

pub const TRUNK: Usage = Usage {
    service: "sip-trunk",
    prefix: "trunk",
    actor: "softswitch",
    prices: [3_1000, 3_5000, 4_2000, 61_0000],
};

/// Round sums that people pay, in minor units.
const TOP_UPS: [[i64; 5]; 4] = [
    [5_00, 10_00, 15_00, 20_00, 50_00],
    [5_00, 10_00, 20_00, 25_00, 50_00],
    [500, 1_000, 2_000, 3_000, 5_000],
    [50_00, 100_00, 200_00, 300_00, 500_00],
];

pub fn currency(code: &str) -> Currency {
    Currency::from_code(code).expect("ISO 4217 lists it")
}

pub fn minor(count: i64) -> Amount {
    Amount::from_units(count * FINE_PER_MINOR).expect("a price is within bounds")
}

impl Fee {
    pub fn price(self, currency: Currency) -> Money {
        Money { amount: minor(self.prices[place(currency)]), currency }
    }
}

impl Usage {
    /// What `seconds` of use cost, all together.
    pub fn price(self, currency: Currency, seconds: i64) -> Amount {
        let units = seconds * self.prices[place(currency)] / 60;
        Amount::from_units(units).expect("a price is within bounds")
    }
}

pub fn top_up(currency: Currency, size: usize) -> Money {
    let sums = TOP_UPS[place(currency)];
    Money { amount: minor(sums[size.min(sums.len() - 1)]), currency }
}

/// Sizes of a top-up.
pub const TOP_UP_SIZES: usize = TOP_UPS[0].len();

fn place(currency: Currency) -> usize {
    let place = CURRENCIES.iter().position(|it| *it == currency.code());
    place.expect("the demo has accounts in its own currencies only")
}
