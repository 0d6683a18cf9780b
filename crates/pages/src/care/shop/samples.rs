//! Offers in each state.

use super::{Offer, OfferState, Shop, ShopKind, ShopPurse};
use crate::care::pay::RateLine;
use crate::{Moment, Money};

fn xpf(sum: i128) -> Money {
    Money::new(sum * 10_000, "XPF", 0)
}

fn euros(cents: i128) -> Money {
    Money::new(cents * 10_000, "EUR", 2)
}

fn purse() -> ShopPurse {
    ShopPurse {
        account: "Internet".into(),
        to_spend: Some(xpf(1_193)),
        href: "/my/statement".into(),
    }
}

fn turbo(name: &str, text: &str, sum: i128, state: OfferState) -> Offer {
    let href = "/my/turbo/turbo-500".into();
    let (name, text, price) = (name.into(), text.into(), xpf(sum));
    Offer { name, text, price, charged: None, rate: None, state, href }
}

fn film(name: &str, state: OfferState) -> Offer {
    Offer {
        name: name.into(),
        text: "48 hours".into(),
        price: euros(4_90),
        charged: Some(xpf(585)),
        rate: Some(RateLine {
            base: "EUR".into(),
            quote: "XPF".into(),
            rate: "119.33".into(),
            source: "ecb".into(),
            at: Moment { year: 2026, month: 11, day: 28, hour: 16, minute: 0 },
        }),
        state,
        href: "/my/films/film-1".into(),
    }
}

fn turbos() -> Vec<Offer> {
    let until = Some(Moment { year: 2026, month: 11, day: 29, hour: 18, minute: 42 });
    let not_now = OfferState::NotNow("Internet 100 is off, and turbo needs it.".into());
    vec![
        turbo("Turbo 500", "2 hours with 500 Mbit/s", 500, OfferState::Buy),
        turbo("Turbo night", "22:00 to 06:00 with 1 Gbit/s", 700, OfferState::Bought { until }),
        turbo("Turbo week", "7 days with 500 Mbit/s", 1_500, OfferState::Missing(xpf(307))),
        Offer { href: String::new(), ..turbo("Turbo cottage", "", 500, not_now) },
    ]
}

fn films() -> Vec<Offer> {
    let until = Some(Moment { year: 2026, month: 12, day: 1, hour: 20, minute: 15 });
    vec![
        film("Le vent de la vallée", OfferState::Buy),
        film("七人の灯台守", OfferState::Bought { until }),
        film("Водолазы", OfferState::Bought { until: None }),
        film("The very long journey of a very small sailing boat, part two", OfferState::Buy),
        film("الرحلة <3 & عودة", OfferState::Missing(xpf(12))),
    ]
}

impl Shop {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let shop = |kind, offers| Self {
            kind,
            purse: Some(purse()),
            q: String::new(),
            offers,
            older: String::new(),
        };
        let (turbo, film) = (ShopKind::Turbo, ShopKind::Films);
        vec![
            ("turbo_none", Self { purse: None, ..shop(turbo, Vec::new()) }),
            ("turbo_one", shop(turbo, turbos().into_iter().take(1).collect())),
            ("turbo_many", shop(turbo, turbos())),
            ("films", Self { older: "?after=5".into(), ..shop(film, films()) }),
            ("films_not_found", Self { q: "zeppelin".into(), ..shop(film, Vec::new()) }),
        ]
    }
}
