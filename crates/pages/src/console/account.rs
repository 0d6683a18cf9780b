//! The account's page: a statement whose every entry explains itself.

use super::customer::AccountCard;
use crate::chart::BalanceChart;
use crate::{Badge, Field, FieldKind, Language, Link, Message, Moment, Money, Shell, Tab};

mod samples;

/// **Invariant:** amounts of the entries are in the account's currency.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// The customer's page.
    pub customer: Link,
    /// The account's figures; its small chart is not shown here.
    pub card: AccountCard,
    /// The most that all limits together may come to; `None` where there is no ceiling.
    pub ceiling: Option<i128>,
    pub credits: Vec<CreditLine>,
    /// Actions on this account: a text and where it leads.
    pub actions: Vec<Link>,
    pub chart: BalanceChart,
    /// `2026-11-01`, as in the form; empty for no bound.
    pub from: String,
    pub to: String,
    /// Kinds of entries to choose from.
    pub filters: Vec<Tab>,
    /// Newest first.
    pub entries: Vec<EntryLine>,
    /// Where the next page is; empty where this is the last one.
    pub older: String,
    /// CSV, PDF: a text and where it is.
    pub exports: Vec<Link>,
}

/// A limit, as it is now.
#[derive(Clone, Debug)]
pub struct CreditLine {
    pub kind: CreditKind,
    /// `None` is without limit.
    pub amount: Option<i128>,
    /// `None` has no end.
    pub until: Option<Moment>,
    pub by: String,
    pub reason: String,
    /// Where it is ended; empty where it cannot be.
    pub end_href: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreditKind {
    Permanent,
    Temporary,
    Promised,
}

impl CreditKind {
    pub(crate) fn word(self, language: Language) -> &'static str {
        let name = match self {
            Self::Permanent => "permanent",
            Self::Temporary => "temporary",
            Self::Promised => "promised",
        };
        crate::Console::of(language).named("credit", name).unwrap_or_default()
    }
}

/// One entry of the statement, or a session with all its settlements as its parts.
#[derive(Clone, Debug, Default)]
pub struct EntryLine {
    /// Its place on the page, so that it can be linked to: the journal's position.
    pub position: u64,
    pub at: Moment,
    pub second: u8,
    /// What happened, in plain words.
    pub title: String,
    /// What is said below it without opening.
    pub detail: String,
    /// Zero where nothing moved.
    pub amount: i128,
    pub balance: i128,
    /// Why it is this amount: in the order of their showing.
    pub explanation: Vec<Explained>,
    pub parts: Vec<EntryLine>,
}

/// One reason of an amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    pub by: Explains,
    pub text: String,
    /// Where that leads: a tariff, a rate, a person; may be empty.
    pub href: String,
}

impl Explained {
    pub fn new(by: Explains, text: impl Into<String>) -> Self {
        Self { by, text: text.into(), href: String::new() }
    }
}

/// What an amount is explained by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Explains {
    Tariff,
    Period,
    Session,
    Granted,
    Quantity,
    Billed,
    Free,
    Price,
    Band,
    Destination,
    Original,
    Rate,
    By,
    Channel,
    Reason,
    Reference,
    Other,
    Payment,
    AskedBy,
    Contra,
    Overrun,
    Entry,
}

impl Explains {
    fn name(self) -> &'static str {
        match self {
            Self::Tariff => "tariff",
            Self::Period => "period",
            Self::Session => "session",
            Self::Granted => "granted",
            Self::Quantity => "quantity",
            Self::Billed => "billed",
            Self::Free => "free",
            Self::Price => "price",
            Self::Band => "band",
            Self::Destination => "destination",
            Self::Original => "original",
            Self::Rate => "rate",
            Self::By => "by",
            Self::Channel => "channel",
            Self::Reason => "reason",
            Self::Reference => "reference",
            Self::Other => "other",
            Self::Payment => "payment",
            Self::AskedBy => "asked_by",
            Self::Contra => "contra",
            Self::Overrun => "overrun",
            Self::Entry => "entry",
        }
    }

    pub(crate) fn word(self, language: Language) -> &'static str {
        crate::Console::of(language).named("explain", self.name()).unwrap_or_default()
    }
}

impl Account {
    /// How far the columns reach to the right of their decimal marks.
    pub(crate) fn fraction_length(&self, language: Language) -> usize {
        let length = |units: i128| self.card.money(&units).figure(language).fraction_length();
        let parts = self.entries.iter().flat_map(|it| &it.parts);
        let all = self.entries.iter().chain(parts).flat_map(|it| [it.amount, it.balance]);
        all.map(length).max().unwrap_or_default()
    }

    pub(crate) fn period_fields(&self, shell: &Shell) -> [Field; 2] {
        let console = shell.console();
        let day = |name: &str, label: &str, value: &str| {
            Field::new(name, label, FieldKind::Date).with_value(value).unmarked()
        };
        [day("from", console.period_from, &self.from), day("to", console.period_to, &self.to)]
    }

    pub(crate) fn credit_until(&self, credit: &CreditLine, shell: &Shell) -> String {
        let form = shell.console().credit_until;
        credit.until.map_or_else(String::new, |at| form.with("at", shell.say().moment_text(&at)))
    }

    pub(crate) fn credit_by(&self, credit: &CreditLine, shell: &Shell) -> String {
        if credit.reason.is_empty() {
            return credit.by.clone();
        }
        shell.console().credit_by.with("by", &credit.by).with("reason", &credit.reason)
    }

    pub(crate) fn ceiling_text(&self, units: &i128, shell: &Shell) -> String {
        let money: Money = self.card.money(units);
        shell.console().ceiling.with("money", shell.say().money_text(&money))
    }

    pub(crate) fn state(&self) -> Option<Badge> {
        self.card.is_closed.then_some(Badge::Closed)
    }
}

page!(Account, "console/account.html");
