//! What customers owe, by age, and who they are.

use crate::chart::AgesChart;
use crate::{Cell, Column, Language, Link, Money, Row, Shared, Shell, Tab, Table};

mod samples;

#[derive(Clone, Debug, Default)]
pub struct Receivables {
    /// What is owed now, a line for each currency.
    pub sums: Vec<Owed>,
    /// One for each currency.
    pub charts: Vec<AgesChart>,
    /// By group or age: what the list below is narrowed to.
    pub filters: Vec<Tab>,
    pub debtors: Vec<Debtor>,
    /// Where the next page is; empty where this is the last one.
    pub older: String,
    /// CSV: a text and where it is.
    pub exports: Vec<Link>,
}

/// Amounts count ten-thousandths of the minor unit, and are not negative.
#[derive(Clone, Debug, Default)]
pub struct Owed {
    pub currency: String,
    pub exponent: u8,
    /// 0–30, 31–60, 61–90 and more than 90 days.
    pub ages: [i128; 4],
}

/// An account on which something is owed.
#[derive(Clone, Debug, Default)]
pub struct Debtor {
    pub customer: Link,
    /// Name and number of the account.
    pub account: String,
    pub group: String,
    pub owed: Owed,
    /// Age of the oldest debt.
    pub days: usize,
}

impl Owed {
    fn sum(&self) -> i128 {
        self.ages.iter().sum()
    }

    fn cells(&self) -> impl Iterator<Item = Cell> {
        let figure = |units: i128| match units {
            0 => Cell::Empty,
            _ => Cell::Figure(Money::new(units, &self.currency, self.exponent)),
        };
        let sum = Cell::Money(Money::new(self.sum(), &self.currency, self.exponent));
        self.ages.map(figure).into_iter().chain([sum])
    }
}

fn age_columns(language: Language) -> impl Iterator<Item = Column> {
    let shared = Shared::of(language);
    let ages = crate::chart::age_names(shared).map(Column::figure);
    ages.into_iter().chain([Column::figure(shared.in_all)])
}

impl Receivables {
    fn sums_table(&self, shell: &Shell) -> Table {
        let row = |it: &Owed| Row::new([Cell::text(&it.currency)].into_iter().chain(it.cells()));
        let first = Column::text(shell.console().currency);
        Table {
            caption: shell.console().receivables_title.to_owned(),
            columns: [first].into_iter().chain(age_columns(shell.language)).collect(),
            rows: self.sums.iter().map(row).collect(),
        }
    }

    fn debtors_table(&self, shell: &Shell) -> Table {
        let console = shell.console();
        let row = |it: &Debtor| {
            let first = [
                Cell::LinkTwice(it.customer.clone(), it.account.clone()),
                Cell::text(&it.group),
                Cell::Text(console.days.of(it.days, shell.language)),
            ];
            Row::new(first.into_iter().chain(it.owed.cells()))
        };
        let first = [
            Column::text(console.customer),
            Column::text(console.group),
            Column::figure(console.oldest),
        ];
        Table {
            caption: console.debtors.to_owned(),
            columns: first.into_iter().chain(age_columns(shell.language)).collect(),
            rows: self.debtors.iter().map(row).collect(),
        }
    }
}

page!(Receivables, "console/receivables.html");
