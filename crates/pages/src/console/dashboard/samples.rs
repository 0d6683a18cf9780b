//! The dashboard on a quiet day and on a busy one.

use super::{Dashboard, MoneyToday, RefusalCount, Waiting};

impl Dashboard {
    pub fn samples() -> Vec<(&'static str, Self)> {
        vec![("empty", empty()), ("busy", busy())]
    }
}

fn empty() -> Dashboard {
    Dashboard {
        per_second: "0".into(),
        latency_half: "–".into(),
        latency_most: "–".into(),
        ..Dashboard::default()
    }
}

fn busy() -> Dashboard {
    let today = |currency: &str, exponent, money_in, money_out, charged| MoneyToday {
        currency: currency.into(),
        exponent,
        money_in,
        money_out,
        charged,
    };
    let refusal = |text: &str, count| RefusalCount { text: text.into(), count };
    Dashboard {
        is_counting: true,
        money: vec![
            today("XPF", 0, 184_302_770_000, 1_200_000_000, 172_004_120_000),
            today("EUR", 2, 1_204_550_000_000, 0, 998_212_345_678),
            today("KWD", 3, 4_000_000_000, 0, 12_500_000),
        ],
        switched_on: 1_482,
        switched_off: 317,
        per_second: "1,204".into(),
        latency_half: "0.8 ms".into(),
        latency_most: "3.1 ms".into(),
        refusals: vec![
            refusal("Not enough to spend", 8_412),
            refusal("The service is off", 1_290),
            refusal("No exchange rate", 12),
            refusal("The account is closed and takes no more commands", 3),
        ],
        waiting: vec![
            Waiting::UnallocatedPayments(7),
            Waiting::Commands(1),
            Waiting::Deliveries(23),
            Waiting::OldRates(2),
            Waiting::Refunds(1),
        ],
    }
}
