//! Services, subscriptions, periods, switching and use, as JSON.

use engine::{
    Amount, BillFact, Entry, Fact, Part, Posting, SubscriptionId, SwitchFact, UseGrant, UsedFact,
};
use serde::Serialize;
use serde_with::skip_serializing_none;
use utoipa::ToSchema;

use super::EntryView;
use crate::http::wire::{self, WireMoney};

/// What entries about services say besides.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct ServiceFields {
    /// Of the service.
    pub version: Option<u32>,
    /// Whether a subscription is on from now on.
    pub on: Option<bool>,
    /// Why it was switched.
    #[schema(example = "funds_low")]
    pub cause: Option<&'static str>,
    pub subjects: Option<Vec<String>>,
    pub priority: Option<u16>,
    #[schema(value_type = Option<String>, example = "9.90")]
    pub own_price: Option<String>,
    /// The subscription that this one modifies.
    pub base: Option<String>,
    pub period: Option<PeriodView>,
    /// What was bought of a service.
    pub item: Option<String>,
    /// The service that takes this one's place.
    pub new_service: Option<String>,
    pub at_period_end: Option<bool>,
    pub suspended_by: Option<&'static str>,
    /// When what was charged has to be paid, and when services go off if it is not.
    pub due_at: Option<String>,
    pub block_at: Option<String>,
    pub owed: Option<WireMoney>,
    /// How long a service was off, for which money went back.
    pub off_seconds: Option<i64>,
    pub destination: Option<String>,
    pub used: Option<UsedView>,
    pub quantity: Option<GrantedView>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PeriodView {
    pub from: String,
    pub until: String,
}

/// Units of use that a settlement reported.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UsedView {
    /// Since the session began.
    pub total: u64,
    pub billed: u64,
    /// Units of this settlement that came from the allowance.
    pub free: u64,
    /// Units of this settlement that cost money, by band and step of the tariff.
    pub parts: Vec<PartView>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PartView {
    pub band: u16,
    pub step: u16,
    pub quantity: u64,
}

/// Units that may be used.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct GrantedView {
    pub asked: u64,
    pub granted: u64,
    /// So many of them come from the allowance.
    pub free: u64,
    /// Nothing more can be granted unless money comes in.
    pub last: bool,
}

impl GrantedView {
    pub fn new(grant: UseGrant) -> Self {
        let UseGrant { asked, quantity, free, last, .. } = grant;
        Self { asked, granted: quantity, free, last }
    }
}

impl UsedView {
    pub fn new(used: &UsedFact) -> Self {
        let part = |it: &Part| PartView { band: it.band, step: it.step, quantity: it.quantity };
        Self {
            total: used.total,
            billed: used.billed,
            free: used.free,
            parts: used.parts.iter().map(part).collect(),
        }
    }
}

impl EntryView {
    pub(super) fn add_service_fact(&mut self, entry: &Entry, posting: &Posting) {
        let name =
            |serial| wire::subscription_id(SubscriptionId { account: posting.account, serial });
        self.subscription = entry.fact.subscription().map(name);
        let more = &mut self.of_service;
        match &entry.fact {
            Fact::SubscriptionOpened { fact, .. } => {
                self.service = Some(fact.service.to_string());
                more.version = Some(fact.version);
                more.priority = Some(fact.priority);
                more.own_price = fact.own_price.map(|it| it.to_string());
                more.subjects = subjects(&fact.subjects);
                more.base = fact.base.map(name);
            }
            Fact::SubscriptionChanged { change, .. } => {
                more.priority = change.priority;
                more.own_price = change.own_price.flatten().map(|it| it.to_string());
                more.subjects = change.subjects.as_deref().map(texts);
            }
            Fact::SubscriptionSuspended { suspension, .. } => {
                more.suspended_by = Some(wire::suspender(suspension.by));
                self.until = suspension.until.map(wire::time);
            }
            Fact::PlanChanged { change, .. } => {
                more.add_bill(change.bill);
                self.service = Some(change.from.to_string());
                more.new_service = Some(change.to.to_string());
                more.own_price = change.own_price.map(|it| it.to_string());
                more.at_period_end = Some(change.at_period_end);
            }
            Fact::Purchased(fact) => {
                self.service = Some(fact.service.to_string());
                self.until = fact.ends_at.map(wire::time);
                more.version = Some(fact.version);
                more.item = fact.item.as_deref().map(Into::into);
                more.base = fact.base.map(name);
            }
            Fact::Switched(switch) => self.add_switch(switch),
            _ => self.add_period_fact(entry, posting),
        }
    }

    fn add_period_fact(&mut self, entry: &Entry, posting: &Posting) {
        let money = |it: Amount| WireMoney::amount(it, posting.currency, posting.exponent);
        let more = &mut self.of_service;
        match &entry.fact {
            &Fact::PeriodStarted { version, from, until, ref extra, .. } => {
                more.version = Some(version);
                let (from, until) = (wire::time(from), wire::time(until));
                more.period = Some(PeriodView { from, until });
                more.add_bill(extra.as_ref().and_then(|it| it.bill));
            }
            Fact::PeriodEnded { extra, .. } => {
                more.add_bill(extra.as_ref().and_then(|it| it.bill));
            }
            Fact::SubscriptionClosed { closing, .. } => more.add_bill(closing.bill),
            Fact::PeriodCredited { credit, .. } => {
                more.off_seconds = Some(credit.off_micros / 1_000_000);
            }
            &Fact::BillOverdue { due_at, owed } => {
                more.due_at = Some(wire::time(due_at));
                more.owed = Some(money(owed));
            }
            _ => {}
        }
    }

    fn add_switch(&mut self, switch: &SwitchFact) {
        self.service = Some(switch.service.to_string());
        self.until = switch.until.map(wire::time);
        let more = &mut self.of_service;
        more.version = Some(switch.version);
        more.on = Some(switch.on);
        more.cause = Some(switch.cause.code());
        more.subjects = subjects(&switch.subjects);
    }
}

impl ServiceFields {
    fn add_bill(&mut self, bill: Option<BillFact>) {
        self.due_at = bill.map(|it| wire::time(it.due_at));
        self.block_at = bill.map(|it| wire::time(it.block_at));
    }
}

fn subjects(subjects: &[Box<str>]) -> Option<Vec<String>> {
    (!subjects.is_empty()).then(|| texts(subjects))
}

fn texts(texts: &[Box<str>]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}
