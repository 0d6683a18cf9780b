//! Promised payments: their policies, a try-out on a real account, and those that are open.

use super::action::Evaluation;
use crate::{Cell, Column, Field, FieldKind, Link, Moment, Money, Row, Shell, Table};

mod samples;

#[derive(Clone, Debug, Default)]
pub struct Promises {
    pub policies: Vec<Policy>,
    pub try_out: TryOut,
    /// Oldest first.
    pub open: Vec<OpenPromise>,
}

/// A policy in its version in force.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// The group of customers; empty for everybody.
    pub group: String,
    pub currency: String,
    pub version: u32,
    pub set_by: String,
    pub set_at: Moment,
    /// Its rules in the reader's words, a line each.
    pub rules: Vec<String>,
}

/// The dry run: nothing is granted, nothing is written.
#[derive(Clone, Debug, Default)]
pub struct TryOut {
    /// From [`TryOut::fields`], with what was typed.
    pub fields: Vec<Field>,
    pub evaluation: Option<Evaluation>,
}

impl TryOut {
    /// The empty fields: `account`, `amount`, `hours`.
    pub fn fields(shell: &Shell) -> Vec<Field> {
        let console = shell.console();
        let word = |name| console.named("field", name).unwrap_or_default();
        let hours = FieldKind::Number { unit: word("hours_unit").to_owned() };
        vec![
            Field::new("account", word("account"), FieldKind::Text),
            Field::new("amount", word("amount"), FieldKind::Text).unmarked(),
            Field::new("hours", word("hours"), hours).unmarked(),
        ]
    }
}

#[derive(Clone, Debug, Default)]
pub struct OpenPromise {
    pub customer: Link,
    pub account: String,
    pub money: Money,
    /// What real payments have brought since it was granted.
    pub paid: Money,
    pub granted_at: Moment,
    pub until: Moment,
}

impl Promises {
    fn policies_table(&self, shell: &Shell) -> Table {
        let console = shell.console();
        let row = |it: &Policy| {
            let group = if it.group.is_empty() { console.everybody } else { &it.group };
            Row::new([
                Cell::text(format!("{group} · {}", it.currency)),
                Cell::Count(u64::from(it.version)),
                Cell::Opens {
                    text: console.rules_count.of(it.rules.len(), shell.language),
                    lines: it.rules.clone(),
                },
                Cell::text(&it.set_by),
                Cell::Moment(it.set_at),
            ])
        };
        Table {
            caption: console.policies.to_owned(),
            columns: vec![
                Column::text(console.group),
                Column::figure(console.version),
                Column::text(console.rules_word),
                Column::text(console.who),
                Column::text(console.when),
            ],
            rows: self.policies.iter().map(row).collect(),
        }
    }

    fn open_table(&self, shell: &Shell) -> Table {
        let console = shell.console();
        let row = |it: &OpenPromise| {
            Row::new([
                Cell::LinkTwice(it.customer.clone(), it.account.clone()),
                Cell::Moment(it.granted_at),
                Cell::Moment(it.until),
                Cell::Text(shell.say().away(&it.until)),
                Cell::Money(it.paid.clone()),
                Cell::Money(it.money.clone()),
            ])
        };
        Table {
            caption: console.open_promises.to_owned(),
            columns: vec![
                Column::text(console.customer),
                Column::text(console.when),
                Column::text(console.named("field", "until").unwrap_or_default()),
                Column::text(""),
                Column::figure(console.received),
                Column::figure(console.amount),
            ],
            rows: self.open.iter().map(row).collect(),
        }
    }
}

page!(Promises, "console/promises.html");
