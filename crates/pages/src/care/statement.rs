//! The statement of one account: what came in and what went out, to find things in and take along.

use super::home::Purse;
use crate::chart::BalanceChart;
use crate::console::account::EntryLine;
use crate::{Field, FieldKind, Language, Link, Message, Money, Say, Shell, Tab};

mod samples;

/// **Invariant:** amounts of the entries are in the account's currency.
#[derive(Clone, Debug, Default)]
pub struct Statement {
    /// One for each account, where there is more than one.
    pub accounts: Vec<Tab>,
    /// The account's figures; its services are not shown here.
    pub purse: Purse,
    /// `None` where nothing has moved.
    pub chart: Option<BalanceChart>,
    /// What the form carries along, such as which account: name and value.
    pub carried: Vec<(String, String)>,
    /// What is looked for in titles, details and explanations.
    pub q: String,
    /// `2026-11-01`, as in the form; empty for no bound.
    pub from: String,
    pub to: String,
    /// Newest first. What explains them is for customers: no contra, no names of staff.
    pub entries: Vec<EntryLine>,
    /// Where the next page is; empty where this is the last one.
    pub older: String,
    /// CSV, PDF: a text and where it is.
    pub exports: Vec<Link>,
}

impl Statement {
    pub(crate) fn is_filtered(&self) -> bool {
        [&self.q, &self.from, &self.to].iter().any(|it| !it.is_empty())
    }

    pub(crate) fn has_period(&self) -> bool {
        !self.from.is_empty() || !self.to.is_empty()
    }

    pub(crate) fn find_field(&self, shell: &Shell) -> Field {
        let label = shell.care().statement_search;
        Field::new("q", label, FieldKind::Text).with_value(&self.q).unmarked()
    }

    pub(crate) fn period_fields(&self, shell: &Shell) -> [Field; 2] {
        let care = shell.care();
        let day = |name: &str, label: &str, value: &str| {
            Field::new(name, label, FieldKind::Date).with_value(value).unmarked()
        };
        [day("from", care.statement_from, &self.from), day("to", care.statement_to, &self.to)]
    }

    /// The entries of each day, newest first.
    pub(crate) fn days(&self) -> Vec<&[EntryLine]> {
        self.entries.chunk_by(|one, other| one.at.days() == other.at.days()).collect()
    }

    pub(crate) fn money(&self, units: &i128) -> Money {
        self.purse.money(units)
    }

    /// How far the amounts reach to the right of their decimal marks.
    pub(crate) fn fraction_length(&self, language: Language) -> usize {
        let length = |units: i128| self.money(&units).figure(language).fraction_length();
        self.entries.iter().map(|it| length(it.amount)).max().unwrap_or_default()
    }

    pub(crate) fn balance_text(&self, units: &i128, say: &Say) -> String {
        let form = crate::Care::of(say.language).statement_balance;
        form.with("money", self.money(units).figure(say.language))
    }
}

page!(Statement, "care/statement.html");
