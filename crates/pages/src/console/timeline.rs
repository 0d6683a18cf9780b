//! What happened, newest first: money, switches, and what staff did.

use crate::{Badge, Console, Language, Link, Moment, Money, Tab};

#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// All, money, services, staff: made with the words `filter_…`.
    pub filters: Vec<Tab>,
    /// Newest first.
    pub lines: Vec<Line>,
    /// Where the next page is; empty where this is the last one.
    pub older: String,
    /// Whether a filter leaves something out: an empty list says so.
    pub is_filtered: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Line {
    pub at: Moment,
    pub second: u8,
    /// What happened, in plain words: `call +33…, 72 s, night band`.
    pub what: String,
    /// Who and why, reference, exchange rate: a line each.
    pub details: Vec<String>,
    pub lead: Lead,
    /// The account's balance after it.
    pub after: Option<Money>,
    /// Where it explains itself; may be empty.
    pub href: String,
}

/// What stands out of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Lead {
    #[default]
    Nothing,
    /// Money that moved, with its sign.
    Moved(Money),
    State(Badge),
}

/// What a timeline is narrowed to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    #[default]
    All,
    Money,
    Services,
    Staff,
}

impl Filter {
    pub const ALL: [Self; 4] = [Self::All, Self::Money, Self::Services, Self::Staff];

    /// In addresses: `?show=money`.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Money => "money",
            Self::Services => "services",
            Self::Staff => "staff",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// All of them as links of the page at `path`, this one being where one is.
    pub fn tabs(self, path: &str, language: Language) -> Vec<Tab> {
        let console = Console::of(language);
        let tab = |it: Self| {
            let word = match it {
                Self::All => console.filter_all,
                Self::Money => console.filter_money,
                Self::Services => console.filter_services,
                Self::Staff => console.filter_staff,
            };
            let link = Link::new(word, format!("{path}?show={}#timeline", it.name()));
            Tab { link, is_current: it == self }
        };
        Self::ALL.into_iter().map(tab).collect()
    }
}

impl Line {
    pub(crate) fn clock(&self) -> String {
        format!("{}:{:02}", self.at.time(), self.second)
    }
}

impl Timeline {
    /// The lines of each day, by the first line of it.
    pub(crate) fn days(&self) -> Vec<&[Line]> {
        self.lines.chunk_by(|one, other| one.at.days() == other.at.days()).collect()
    }
}
