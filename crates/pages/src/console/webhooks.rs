//! Webhooks: the endpoints that are told events, and the deliveries to them.

use crate::{Badge, Cell, Column, Link, Moment, Row, Shell, Tab, Table};

#[derive(Clone, Debug, Default)]
pub struct Webhooks {
    pub endpoints: Vec<Endpoint>,
    /// By endpoint or state: what the deliveries are narrowed to.
    pub filters: Vec<Tab>,
    /// Newest first.
    pub deliveries: Vec<Delivery>,
    /// Where the next page is; empty where this is the last one.
    pub older: String,
}

#[derive(Clone, Debug)]
pub struct Endpoint {
    /// `whe_1`
    pub id: String,
    /// The address that is called.
    pub address: String,
    pub href: String,
    pub state: Badge,
    /// Types of events; a line.
    pub events: String,
    /// Deliveries that wait.
    pub waiting: usize,
}

#[derive(Clone, Debug)]
pub struct Delivery {
    /// `whd_17`
    pub id: String,
    /// `payment.received`
    pub event: String,
    pub href: String,
    pub endpoint: String,
    pub state: Badge,
    pub at: Moment,
    /// Each with its moment and the answer; the newest first.
    pub attempts: Vec<String>,
    /// Where it is sent again; empty where it cannot be, or the role may not.
    pub retry_path: String,
}

impl Webhooks {
    fn endpoints_table(&self, shell: &Shell) -> Table {
        let console = shell.console();
        let row = |it: &Endpoint| {
            let waiting = match it.waiting {
                0 => Cell::Empty,
                count => Cell::Text(console.waiting_count.of(count, shell.language)),
            };
            let address = Link::new(&it.address, &it.href);
            Row::new([
                Cell::LinkTwice(address, it.id.clone()),
                Cell::Badge(it.state.clone()),
                Cell::text(&it.events),
                waiting,
            ])
        };
        let columns = [console.endpoint, console.state, console.event, console.deliveries];
        Table {
            caption: console.endpoints.to_owned(),
            columns: columns.into_iter().map(Column::text).collect(),
            rows: self.endpoints.iter().map(row).collect(),
        }
    }

    fn deliveries_table(&self, shell: &Shell) -> Table {
        let console = shell.console();
        let row = |it: &Delivery| {
            let count = console.attempts_count.of(it.attempts.len(), shell.language);
            let event = Link::new(&it.event, &it.href);
            Row::new([
                Cell::LinkTwice(event, format!("{} · {}", it.endpoint, it.id)),
                Cell::Badge(it.state.clone()),
                Cell::Moment(it.at),
                Cell::Opens { text: count, lines: it.attempts.clone() },
                Cell::button(console.retry, &it.retry_path, &shell.csrf),
            ])
        };
        let columns = [console.event, console.state, console.when, console.attempts, ""];
        Table {
            caption: console.deliveries.to_owned(),
            columns: columns.into_iter().map(Column::text).collect(),
            rows: self.deliveries.iter().map(row).collect(),
        }
    }

    pub fn samples() -> Vec<(&'static str, Self)> {
        let endpoint = |id: &str, address: &str, state, waiting| Endpoint {
            id: id.into(),
            address: address.into(),
            href: format!("/console/webhooks/{id}"),
            state,
            events: "payment.received, subscription.switched_off".into(),
            waiting,
        };
        let delivery = |event: &str, state, attempts: &[&str], retry: &str| Delivery {
            id: "whd_17".into(),
            event: event.into(),
            href: "/console/webhooks/deliveries/whd_17".into(),
            endpoint: "whe_1".into(),
            state,
            at: Moment { year: 2026, month: 11, day: 29, hour: 17, minute: 12 },
            attempts: attempts.iter().map(|it| (*it).into()).collect(),
            retry_path: retry.into(),
        };
        let refused = ["17:29 500 Internal Server Error", "17:14 connection refused"];
        let long = "billing-events.internal.fenua.example:8443/hooks/receivables/v2/sporran-eu";
        let many = Self {
            endpoints: vec![
                endpoint("whe_1", "crm.fenua.example/sporran", Badge::On, 0),
                endpoint("whe_2", long, Badge::Failed, 23),
            ],
            filters: vec![Tab { link: Link::new("all", "?state=all"), is_current: true }],
            deliveries: vec![
                delivery("subscription.switched_off", Badge::Failed, &refused, "/console/retry"),
                delivery("payment.received", Badge::Done, &["17:12 204 No Content"], ""),
                delivery("balance.low", Badge::Waiting, &[], ""),
            ],
            older: "?before=whd_15".into(),
        };
        vec![("empty", Self::default()), ("many", many)]
    }
}

page!(Webhooks, "console/webhooks.html");
