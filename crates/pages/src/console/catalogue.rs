//! The catalogue, with a calculator that says what something would cost, and why.

use crate::{Badge, Cell, Column, Field, FieldKind, Link, Money, Row, Shell, Table, Tone};

mod samples;

#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    pub services: Vec<ServiceRow>,
    pub calculator: Calculator,
}

/// A service in its version in force.
#[derive(Clone, Debug, Default)]
pub struct ServiceRow {
    pub name: String,
    /// What it is called in the API; more than one may have the same name.
    pub code: String,
    pub href: String,
    /// The tariff in a line: `4,900 XPF a month`, `by the minute, 3 bands`.
    pub tariff: String,
    pub is_postpaid: bool,
    pub version: u32,
    /// Open ones; `None` where nobody has counted them.
    pub subscriptions: Option<u64>,
}

/// A dry run of the meter. Nothing is charged.
#[derive(Clone, Debug, Default)]
pub struct Calculator {
    /// From [`Calculator::fields`], with what was typed.
    pub fields: Vec<Field>,
    pub price: Option<Price>,
}

#[derive(Clone, Debug, Default)]
pub struct Price {
    pub total: Money,
    /// In another currency, with its rate; empty where it is the same.
    pub converted: String,
    /// How much is counted, where that is more than was asked; empty otherwise.
    pub counted: String,
    /// How it comes to that: what and how much, in order.
    pub steps: Vec<(String, Money)>,
}

impl Calculator {
    /// The empty fields: `service`, `quantity`, `begins_at`, `destination`, `currency`.
    pub fn fields(services: Vec<crate::Choice>, shell: &Shell) -> Vec<Field> {
        let console = shell.console();
        vec![
            Field::new("service", console.named("field", "service").unwrap_or_default(), {
                FieldKind::Select(services)
            }),
            // A fee and a film are asked for without one.
            Field::new("quantity", console.quantity, FieldKind::Number { unit: "s".into() })
                .unmarked(),
            Field::new("begins_at", console.begins_at, FieldKind::DateTime).unmarked(),
            Field::new("destination", console.destination, FieldKind::Text).unmarked(),
            Field::new("currency", console.currency, FieldKind::Text).unmarked(),
        ]
    }
}

impl Catalogue {
    fn table(&self, shell: &Shell) -> Table {
        let console = shell.console();
        let row = |it: &ServiceRow| {
            let paid = if it.is_postpaid { console.postpaid } else { console.prepaid };
            Row::new([
                Cell::LinkTwice(Link::new(&it.name, &it.href), it.code.clone()),
                Cell::text(&it.tariff),
                Cell::Badge(Badge::Other(Tone::Calm, paid.to_owned())),
                Cell::Count(u64::from(it.version)),
                it.subscriptions.map_or_else(|| Cell::text("–"), Cell::Count),
            ])
        };
        let named = console.named("field", "service").unwrap_or_default();
        Table {
            caption: console.catalogue_title.to_owned(),
            columns: vec![
                Column::text(named),
                Column::text(console.tariff),
                Column::text(console.state),
                Column::figure(console.version),
                Column::figure(console.subscriptions),
            ],
            rows: self.services.iter().map(row).collect(),
        }
    }
}

page!(Catalogue, "console/catalogue.html");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_has_counted_is_not_shown_as_none() {
        let shell = crate::gallery::console_shell(Default::default(), Default::default());
        let mut catalogue = Catalogue::default();
        for subscriptions in [None, Some(0)] {
            catalogue.services.push(ServiceRow { subscriptions, ..ServiceRow::default() });
        }
        let rows = catalogue.table(&shell).rows;
        assert!(matches!(&rows[0].cells[4], Cell::Text(text) if text == "–"));
        assert!(matches!(rows[1].cells[4], Cell::Count(0)));
    }
}
