//! One thing with all that is known of it: a subscription, a service of the catalogue in its
//! versions, an endpoint, a delivery, a user, a command.
//!
//! They differ in their words alone, so they share one view.

use super::timeline::Timeline;
use crate::{Badge, Cell, Html, Link, Notice, Say, Table};

mod samples;

#[derive(Clone, Debug, Default)]
pub struct Detail {
    /// Where one came from.
    pub back: Link,
    pub title: String,
    /// What stands beside it: an id, an address, a currency; may be empty.
    pub subtitle: String,
    pub state: Option<Badge>,
    /// Why it is as it is, and what would change it.
    pub notice: Option<Notice>,
    /// The first one is the main one.
    pub actions: Vec<Link>,
    pub facts: Vec<Fact>,
    pub parts: Vec<Part>,
    pub timeline: Option<Timeline>,
}

#[derive(Clone, Debug)]
pub struct Fact {
    pub label: String,
    pub value: Cell,
}

impl Fact {
    pub fn new(label: impl Into<String>, value: Cell) -> Self {
        Self { label: label.into(), value }
    }
}

/// What belongs to it, under a heading.
#[derive(Clone, Debug)]
pub enum Part {
    Table {
        title: String,
        table: Table,
        /// What is said instead of an empty table.
        empty: String,
    },
    /// Text as machines exchange it: the body of a delivery.
    Code { title: String, text: String },
}

impl Detail {
    pub(crate) fn value(&self, fact: &Fact, say: Say) -> Html {
        fact.value.html(say, 0)
    }
}

page!(Detail, "console/detail.html");
