//! What waits for somebody: payments that fit no account, and commands to the network.

use crate::{Badge, Cell, Column, Link, Moment, Money, Row, Shell, Tab, Table};

mod samples;

/// Payments that were received and fit no account.
#[derive(Clone, Debug, Default)]
pub struct Unallocated {
    pub filters: Vec<Tab>,
    /// Oldest first: they have waited longest.
    pub payments: Vec<UnallocatedPayment>,
    /// Where the next page is; empty where this is the last one.
    pub older: String,
}

#[derive(Clone, Debug, Default)]
pub struct UnallocatedPayment {
    pub money: Money,
    pub source: String,
    pub reference: String,
    pub received_at: Moment,
    /// Whom the payer named, as it was written; may be empty.
    pub named: String,
    /// The code of why it fits no account: `account_unknown`.
    pub why: String,
    /// What it has come to where it is settled: allocated or returned.
    pub settled: Option<Badge>,
    /// Where it is allocated; empty where the role may not, or it is settled.
    pub allocate_href: String,
    pub return_href: String,
}

impl Unallocated {
    fn table(&self, shell: &Shell) -> Table {
        let console = shell.console();
        let row = |it: &UnallocatedPayment| {
            let why = console.named("unfit", &it.why).unwrap_or(&it.why);
            let links =
                [(console.allocate, &it.allocate_href), (console.return_it, &it.return_href)];
            let links = links.into_iter().filter(|(_, href)| !href.is_empty());
            let links: Vec<Link> = links.map(|(text, href)| Link::new(text, href)).collect();
            Row::new([
                Cell::Twice(it.reference.clone(), it.source.clone()),
                Cell::Moment(it.received_at),
                Cell::text(&it.named),
                Cell::text(why),
                Cell::Money(it.money.clone()),
                match &it.settled {
                    Some(badge) => Cell::Badge(badge.clone()),
                    None => Cell::Links(links),
                },
            ])
        };
        Table {
            caption: console.unallocated_title.to_owned(),
            columns: vec![
                Column::text(console.reference),
                Column::text(console.received),
                Column::text(console.payer_wrote),
                Column::text(console.why),
                Column::figure(console.amount),
                Column::text(""),
            ],
            rows: self.payments.iter().map(row).collect(),
        }
    }
}

page!(Unallocated, "console/unallocated.html");

/// Commands to the network, until they are acknowledged.
#[derive(Clone, Debug, Default)]
pub struct Provisioning {
    pub filters: Vec<Tab>,
    pub commands: Vec<Command>,
    /// Where the next page is; empty where this is the last one.
    pub older: String,
}

#[derive(Clone, Debug)]
pub struct Command {
    /// `cmd_48213`
    pub id: String,
    pub customer: Link,
    pub service: String,
    pub adapter: String,
    /// What the network is to make of it: on, off, or set anew.
    pub desired: Badge,
    /// How far it has come.
    pub state: Badge,
    pub since: Moment,
    /// Each with its moment and what came of it, in the reader's words; the newest first.
    pub attempts: Vec<String>,
    /// When it is tried again by itself.
    pub next_at: Option<Moment>,
    /// Where it is sent at once; empty where the role may not.
    pub retry_path: String,
    /// Where a person says that it is done; empty where none is asked.
    pub acknowledge_path: String,
}

impl Provisioning {
    fn table(&self, shell: &Shell) -> Table {
        let console = shell.console();
        let columns = [
            console.customer,
            console.desired_state,
            console.state,
            console.when,
            console.attempts,
            console.next_attempt,
            "",
        ];
        Table {
            caption: console.provisioning_title.to_owned(),
            columns: columns.into_iter().map(Column::text).collect(),
            rows: self.commands.iter().map(|it| it.row(shell)).collect(),
        }
    }
}

impl Command {
    fn row(&self, shell: &Shell) -> Row {
        let console = shell.console();
        let buttons = [
            (console.retry, self.retry_path.as_str()),
            (console.acknowledge, self.acknowledge_path.as_str()),
        ];
        let below = format!("{} · {} · {}", self.service, self.adapter, self.id);
        let attempts = match self.attempts.len() {
            0 => Cell::Empty,
            count => Cell::Opens {
                text: console.attempts_count.of(count, shell.language),
                lines: self.attempts.clone(),
            },
        };
        Row::new([
            Cell::LinkTwice(self.customer.clone(), below),
            Cell::Badge(self.desired.clone()),
            Cell::Badge(self.state.clone()),
            Cell::Moment(self.since),
            attempts,
            self.next_at.map_or(Cell::Empty, |at| Cell::Text(shell.say().away(&at))),
            Cell::buttons(&buttons, &shell.csrf),
        ])
    }
}

page!(Provisioning, "console/provisioning.html");

/// Refunds above the cap of whoever asked: a second person approves or rejects them.
#[derive(Clone, Debug, Default)]
pub struct Refunds {
    /// Oldest first: they have waited longest.
    pub refunds: Vec<WaitingRefund>,
    /// Where the next page is; empty where this is the last one.
    pub older: String,
}

#[derive(Clone, Debug, Default)]
pub struct WaitingRefund {
    pub customer: Link,
    /// The payment that it goes back from.
    pub payment: String,
    pub money: Money,
    pub requested_by: String,
    pub requested_at: Moment,
    pub reason: String,
    /// The reader is the one who asked.
    pub is_own: bool,
    /// Where it is approved; empty where the reader is the one who asked, or may not.
    pub approve_href: String,
    /// Where it is rejected, or taken back; empty where the role may not.
    pub reject_href: String,
}

impl Refunds {
    fn table(&self, shell: &Shell) -> Table {
        let console = shell.console();
        let row = |it: &WaitingRefund| {
            let links = [(console.approve, &it.approve_href), (console.reject, &it.reject_href)];
            let links = links.into_iter().filter(|(_, href)| !href.is_empty());
            let why = if it.is_own { console.refund_own } else { &it.reason };
            Row::new([
                Cell::LinkTwice(it.customer.clone(), it.payment.clone()),
                Cell::Twice(it.requested_by.clone(), why.to_owned()),
                Cell::Moment(it.requested_at),
                Cell::Money(it.money.clone()),
                Cell::Links(links.map(|(text, href)| Link::new(text, href)).collect()),
            ])
        };
        Table {
            caption: console.refunds_title.to_owned(),
            columns: vec![
                Column::text(console.customer),
                Column::text(console.requested_by),
                Column::text(console.when),
                Column::figure(console.amount),
                Column::text(""),
            ],
            rows: self.refunds.iter().map(row).collect(),
        }
    }
}

page!(Refunds, "console/refunds.html");
