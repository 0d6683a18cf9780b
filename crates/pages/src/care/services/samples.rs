//! Services in each state.

use super::{ServiceCard, Services};
use crate::care::home::{Door, Home, Service};
use crate::{Badge, Link};

fn card(place: usize, service: Service) -> ServiceCard {
    let action = match service.badge() {
        Badge::On => vec![Link::new("Pause", "/my/holidays")],
        Badge::Suspended => vec![Link::new("Resume", "/my/holidays/sub_34-1/resume")],
        _ => Vec::new(),
    };
    ServiceCard {
        service,
        anchor: format!("sub_34-{place}"),
        account: Link::new("Internet", "/my/statement?account=10000423"),
        price: "4,990 XPF a month".into(),
        actions: action,
        ..ServiceCard::default()
    }
}

fn helped(card: ServiceCard) -> ServiceCard {
    ServiceCard {
        rule: "Its month from 1 December costs 12.40 EUR and is paid in advance; there were 0.00 \
               EUR to spend."
            .into(),
        brings_on: vec!["Pay 12.40 EUR: it comes on at once.".into(), "Or promise it.".into()],
        actions: vec![Link::new("Pay 12.40 EUR", "/my/pay"), Link::new("Pay later", "/my/promise")],
        ..card
    }
}

fn all(of: &str) -> Vec<ServiceCard> {
    let homes = Home::samples().into_iter().filter(|it| it.0 == of);
    let services = homes.flat_map(|it| it.1.purses).flat_map(|it| it.services);
    services
        .enumerate()
        .map(|(place, it)| {
            let is_off = it.name == "TV Family";
            let card = card(place, it);
            if is_off { helped(card) } else { card }
        })
        .collect()
}

impl Services {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let doors = vec![Door::Turbo, Door::Films, Door::Holidays];
        let services = |cards| Self { cards, doors: doors.clone() };
        vec![
            ("empty", Self::default()),
            ("many", services(all("many"))),
            ("every_state", services(all("every_state"))),
            ("long", services(all("long"))),
        ]
    }
}
