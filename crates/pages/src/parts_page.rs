//! Every part of the design system on one page: for people to look at, and for tests.

mod samples;

use crate::chart::{AgesChart, BalanceChart, RatesChart};
use crate::{Badge, Field, Moment, Money, Notice, Table};

/// One of each part, in each of its states.
#[derive(Clone, Debug)]
pub struct PartsPage {
    pub badges: Vec<Badge>,
    pub notices: Vec<Notice>,
    pub fields: Vec<Field>,
    pub table: Table,
    pub amounts: Vec<Money>,
    pub until: Moment,
    pub balance: BalanceChart,
    pub ages: AgesChart,
    pub rates: RatesChart,
}

page!(PartsPage, "parts_page.html");
