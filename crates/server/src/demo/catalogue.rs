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
    Fee { service: "internet-50", prices: [1990, 2499, 3900, 34_900] },
    Fee { service: "internet-100", prices: [2990, 3999, 5900, 49_900] },
    Fee { service: "internet-300", prices: [3990, 5499, 7900, 64_900] },
];

pub const TELEVISION: [Fee; 3] = [
    Fee { service: "tv-basic", prices: [990, 1299, 1490, 14_900] },
    Fee { service: "tv-family", prices: [1490, 1999, 2490, 24_900] },
    Fee { service: "tv-sport", prices: [2490, 2999, 3990, 37_900] },
];

pub const OFFICE: Fee = Fee { service: "office-1000", prices: [14_900, 17_900, 29_000, 249_000] };
pub const FILM: Fee = Fee { service: "video-on-demand", prices: [399, 499, 490, 5900] };
pub const TURBO: Fee = Fee { service: "turbo-24h", prices: [150, 199, 190, 2500] };
pub const ROAMING: Fee = Fee { service: "roaming", prices: [1840, 2135, 2740, 31_750] };

pub const TELEPHONY: Usage = Usage {
    service: "telephony",
    prefix: "call",
    actor: "softswitch",
    prices: [70_000, 90_000, 90_000, 1_290_000],
};

pub const DATA: Usage = Usage {
    service: "mobile-data",
    prefix: "pdp",
    actor: "packet-core",
    prices: [23_300, 27_500, 31_000, 410_000],
};

pub const TRUNK: Usage = Usage {
    service: "sip-trunk",
    prefix: "trunk",
    actor: "softswitch",
    prices: [31_000, 35_000, 42_000, 610_000],
};

/// Round sums that people pay, in minor units.
const TOP_UPS: [[i64; 5]; 4] = [
    [500, 1000, 1500, 2000, 5000],
    [500, 1000, 2000, 2500, 5000],
    [500, 1000, 2000, 3000, 5000],
    [5000, 10_000, 20_000, 30_000, 50_000],
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
