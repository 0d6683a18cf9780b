//! Why an entry has its amount: tariff, quantity, rate and its date, who and why.

pub mod used;

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::{Entry, Fact, Item, Name};
use pages::console::account::{Explained, Explains};
use pages::{Console, Message, Money};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::account_path;
use super::known::Sessions;
use crate::console::Desk;
use crate::faces::words::{self, Titles};
use crate::http::auth::Permission;
use crate::http::wire;
use crate::statement::{session_serial, view};

/// What entries are explained by that they do not say themselves.
#[derive(Debug, Default)]
pub struct Known {
    pub titles: Titles,
    /// By their serial numbers on the account.
    pub sessions: Sessions,
    /// The versions by which those are priced.
    pub tariffs: BTreeMap<(Name, u32), Arc<Item>>,
}

/// Why entries of one session, or one entry, come to what they do; in the order of their showing.
pub fn explain(entries: &[Entry], known: &Known, desk: &Desk) -> Vec<Explained> {
    let Some(entry) = entries.first() else { return Vec::new() };
    let explaining = Explaining { entry, known, desk };
    let mut found = match session_serial(&entry.fact) {
        Some(serial) => used::explain(serial, entries, known, desk),
        None => explaining.of_service(),
    };
    found.extend(explaining.of_money());
    found.extend(explaining.of_others());
    found.extend(explaining.who_and_why());
    found
}

/// A tariff by its title and version, and where it is seen.
fn tariff(title: &str, service: Name, version: u32, desk: &Desk) -> Explained {
    let console = Console::of(desk.language);
    let text = format!("{title} · {} {version}", console.version.to_lowercase());
    let href = format!("/console/catalogue?service={service}");
    Explained { href, ..Explained::new(Explains::Tariff, text) }
}

struct Explaining<'a> {
    entry: &'a Entry,
    known: &'a Known,
    desk: &'a Desk,
}

impl Explaining<'_> {
    fn of_service(&self) -> Vec<Explained> {
        let (say, titles) = (self.desk.say(), &self.known.titles);
        let moment = |at| say.moment_text(&self.desk.moment(at));
        let form = |name| Console::of(say.language).named("period", name).unwrap_or_default();
        let mut found = Vec::new();
        match &self.entry.fact {
            Fact::PeriodStarted { version, from, until, extra, .. } => {
                let service = view::name(self.entry).and_then(|it| Name::new(&it).ok());
                found
                    .extend(service.map(|it| tariff(&titles.service(it), it, *version, self.desk)));
                let mut period = format!("{} – {}", moment(*from), moment(*until));
                if let Some(extra) = extra {
                    if let Some(since) = extra.charged_since {
                        // What is charged is the one before.
                        period = format!("{} – {}", moment(since), moment(*from));
                    }
                    if let Some(whole) = extra.part_of {
                        let part = form("part").with("at", moment(whole));
                        period = format!("{period} ({part})");
                    }
                }
                found.push(Explained::new(Explains::Period, period));
            }
            Fact::PeriodCredited { credit, .. } => {
                let off = say.lasts(&(credit.off_micros / 60_000_000));
                found.push(Explained::new(Explains::Period, form("off").with("duration", off)));
            }
            Fact::PlanChanged { change, .. } => {
                let (from, to) = (titles.service(change.from), titles.service(change.to));
                let title = format!("{from} → {to}");
                found.push(tariff(&title, change.to, change.version, self.desk));
            }
            Fact::Purchased(fact) => {
                let title = titles.service(fact.service);
                found.push(tariff(&title, fact.service, fact.version, self.desk));
                let item = fact.item.as_deref();
                found.extend(item.map(|it| Explained::new(Explains::Reference, it)));
                let until = fact.ends_at.map(|at| form("until").with("at", moment(at)));
                found.extend(until.map(|it| Explained::new(Explains::Period, it)));
            }
            _ => {}
        }
        found
    }

    /// What was paid or charged in another currency, with each rate and its date.
    fn of_money(&self) -> Vec<Explained> {
        let (say, entry) = (self.desk.say(), self.entry);
        let mut found = Vec::new();
        if let Some(conversion) = entry.fact.conversion() {
            let units = conversion.original.units().into();
            let original = Money::new(units, conversion.currency.code(), conversion.exponent);
            found.push(Explained::new(Explains::Original, say.money_text(&original)));
            for rate in &conversion.rates {
                let at = say.moment_text(&self.desk.moment(rate.valid_from));
                let text = format!("{} · {} · {at}", words::rate(rate, say), rate.source);
                let href = format!("/console/rates?base={}&quote={}", rate.base, rate.quote);
                found.push(Explained { href, ..Explained::new(Explains::Rate, text) });
            }
        }
        if let (Some(overrun), Some(posting)) = (entry.fact.overrun(), entry.posting) {
            let units = overrun.units().into();
            let money = Money::new(units, posting.currency.code(), posting.exponent);
            found.push(Explained::new(Explains::Overrun, say.money_text(&money)));
        }
        found
    }

    /// Another entry or account that it is about.
    fn of_others(&self) -> Vec<Explained> {
        let mut found = Vec::new();
        if let Some(reference) = view::reference(&self.entry.fact) {
            found.push(Explained::new(Explains::Reference, reference));
        }
        if let Fact::TransferOut(fact) | Fact::TransferIn(fact) = &self.entry.fact {
            let text = wire::account_id(fact.other);
            let href = account_path(fact.other);
            found.push(Explained { href, ..Explained::new(Explains::Other, text) });
        }
        let payment = match &self.entry.fact {
            Fact::RefundRequested(request) => Some(request.payment),
            Fact::PaymentAllocated(fact) => Some(fact.payment),
            fact => fact.reversed_payment(),
        };
        if let (Some(payment), Some(posting)) = (payment, self.entry.posting) {
            let text = wire::payment_id(payment);
            let href = match self.entry.fact {
                // It came in on no account.
                Fact::PaymentAllocated(_) => String::new(),
                _ => {
                    let path = account_path(posting.account);
                    format!("{path}?entry={0}#entry-{0}", payment.0)
                }
            };
            found.push(Explained { href, ..Explained::new(Explains::Payment, text) });
        }
        if let Fact::Refunded(fact) = &self.entry.fact {
            let asked = fact.requested_by.map(|it| words::who(it.as_str()));
            found.extend(asked.map(|it| Explained::new(Explains::AskedBy, it)));
        }
        found
    }

    fn who_and_why(&self) -> Vec<Explained> {
        let (origin, language) = (&self.entry.origin, self.desk.language);
        let who = origin.actor.as_str();
        let href = match self.desk.may(Permission::Audit) {
            true => {
                format!("/console/audit?actor={}", utf8_percent_encode(who, NON_ALPHANUMERIC))
            }
            false => String::new(),
        };
        let mut found = vec![
            Explained { href, ..Explained::new(Explains::By, words::who(who)) },
            Explained::new(Explains::Channel, words::channel(origin.channel, language)),
        ];
        // A correction's reason is a word for the books; why it was made stands in its note.
        let noted = view::note(&self.entry.fact);
        let why = origin.reason.as_deref().map(str::to_owned).or(noted);
        found.extend(why.map(|it| Explained::new(Explains::Reason, it)));
        let contra = self.entry.posting.map(|it| it.contra.to_string());
        let contra = contra.filter(|it| !it.is_empty());
        found.extend(contra.map(|it| Explained::new(Explains::Contra, it)));
        let text = match self.entry.fact.is_real_payment() {
            true => wire::payment_id(self.entry.position),
            false => self.entry.position.0.to_string(),
        };
        found.push(Explained::new(Explains::Entry, text));
        found
    }
}
