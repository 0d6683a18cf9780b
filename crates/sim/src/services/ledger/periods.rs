//! What a period costs, when it begins and ends, and what goes back of it.

use engine::{
    Anchor, BillFact, ClosingFact, ClosingReason, Command, Entry, Fact, Name, Order, PaymentMode,
    PeriodEndFact, PeriodFact, PurchaseFact, Refund, Service, WhileOff,
};

use super::super::days::{Fences, clocks_change, due_at};
use super::super::exact::Ratio;
use super::purse::{Purse, Run, Sub};
use super::{Cause, Ledger, by_timer, same};
use crate::oracle::Grain;

/// The period that a subscription can have next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    pub version: u32,
    pub from: i64,
    pub until: i64,
    anchored_at: Option<i64>,
    /// When the whole would have begun of which it is a part, and costs a part.
    part_of: Option<i64>,
    pub fee: i128,
    pub mode: PaymentMode,
    allowance: u64,
}

impl Opening {
    /// Whether it costs a part of the price.
    pub(super) fn is_part(&self) -> bool {
        self.part_of.is_some()
    }
}

impl Ledger {
    fn fences(&self, purse: &Purse, (service, version): (Name, u32), anchored_at: i64) -> Fences {
        let service = self.service(service, version).expect("it is a version of it");
        let recurring = service.recurring.as_ref().expect("it has periods");
        let day = match recurring.anchor {
            Anchor::Start => None,
            Anchor::MonthDay(day) => Some(day),
        };
        let zone = self.zone_of(purse, service).clone();
        Fences { anchored_at, every: recurring.every, day, zone }
    }

    /// The next period, by the newest version; `None` when it cannot be priced.
    pub(super) fn opening(&self, purse: &Purse, sub: &Sub, at: i64) -> Option<Opening> {
        let service = self.next_version(sub)?;
        let recurring = service.recurring.as_ref()?;
        let newest = (service.name, service.version);
        let goes_on = sub.period.is_some();
        let anew = !goes_on && (sub.fresh || service.while_off == WhileOff::Pauses);
        let fences = self.fences(purse, newest, if anew { at } else { sub.anchored_at });
        let from = match sub.period {
            Some(ended) => ended.until,
            None if anew || service.while_off == WhileOff::Credited => at,
            // It is owed from where it would have begun.
            // What was paid before is not paid twice.
            None => fences.around(at).0.max(sub.ran_until.unwrap_or(i64::MIN)),
        };
        let (start, until) = fences.around(from);
        let by_day = matches!(recurring.anchor, Anchor::MonthDay(_));
        let whole = start == from || (sub.fresh && by_day && !recurring.pro_rata);
        let hops = self.aged.hops(service.currency, purse.currency, at);
        let mut fee = 0;
        if service.mode == PaymentMode::Postpaid {
            // It could not be charged when it ends.
            self.ageless.hops(service.currency, purse.currency, at)?;
        }
        if service.mode == PaymentMode::Prepaid {
            let mut exact = Ratio::of_price(sub.own_price.unwrap_or(recurring.price));
            if !whole {
                exact = exact.times((until - from).into(), (until - start).into());
            }
            fee = exact.to_money(&hops?, purse.currency, Grain::Minor);
        }
        Some(Opening {
            version: service.version,
            from,
            until,
            anchored_at: (anew && sub.anchored_at != at).then_some(at),
            part_of: (!whole).then_some(start),
            fee,
            mode: service.mode,
            allowance: service.usage.as_ref().map_or(0, |it| it.allowance),
        })
    }

    /// The version that counts from the next period on: an own price was agreed in a currency.
    fn next_version(&self, sub: &Sub) -> Option<&Service> {
        let versions = self.catalogue.get(&sub.service)?;
        let mut newest_first = versions.iter().rev().map(AsRef::as_ref);
        let agreed = self.service(sub.service, sub.version)?.currency;
        newest_first.find(|it| sub.own_price.is_none() || it.currency == agreed)
    }

    /// The period that a waiting subscription could begin at once.
    pub(super) fn could_start(&self, purse: &Purse, sub: &Sub, at: i64) -> Option<Opening> {
        let waits = sub.periodic && sub.period.is_none() && !sub.ends;
        let may = !sub.closed && sub.suspended.is_none() && !purse.closed;
        let blocked = purse.is_overdue(at) || purse.is_short();
        let base_up = sub.base.is_none_or(|it| purse.is_up(it, at));
        if !waits || !may || blocked || !base_up {
            return None;
        }
        self.opening(purse, sub, at).filter(|it| purse.covers(it.fee))
    }

    /// What is missing for each subscription that waits for money.
    pub fn missing(&self, purse: &Purse, at: i64) -> Vec<i128> {
        let waits =
            |it: &&Sub| it.periodic && it.period.is_none() && it.suspended.is_none() && !it.closed;
        let waiting = purse.subscriptions.values().filter(waits);
        let fees = waiting.filter_map(|it| self.opening(purse, it, at)).map(|it| it.fee);
        let available = purse.available().unwrap_or(0);
        fees.map(|it| it - available).filter(|it| *it > 0).collect()
    }

    /// The period that follows at once on the one that has ended.
    fn could_go_on(&self, purse: &Purse, sub: &Sub, owed: i128, at: i64) -> Option<Opening> {
        let period = sub.period?;
        let may = sub.suspended.is_none() && !sub.closed && sub.next_plan.is_none();
        let base_up = sub.base.is_none_or(|it| purse.is_up(it, at));
        if !may || !base_up || purse.closed || purse.is_overdue(at) {
            return None;
        }
        let opening = self.opening(purse, sub, at).filter(|it| it.mode == period.mode)?;
        let goes_on = match period.mode {
            PaymentMode::Prepaid => purse.covers(opening.fee),
            PaymentMode::Postpaid => sub.on && purse.available().is_none_or(|it| it >= owed),
        };
        goes_on.then_some(opening)
    }

    pub(super) fn check_started(&mut self, id: u32, entry: &Entry) -> Result<(), String> {
        let Fact::PeriodStarted { subscription, version, from, until, extra } = &entry.fact else {
            unreachable!("only beginnings come here");
        };
        let extra = extra.as_deref().cloned().unwrap_or_default();
        let (at, purse) = (entry.at.0, &self.purses[&id]);
        let sub = purse.subscriptions.get(subscription).ok_or("a period of nothing")?;
        let mut owed = 0;
        let mut bill = None;
        let mut by = None;
        let opening = match sub.period {
            Some(period) => {
                same("moment", at, period.until.max(self.last_at))?;
                self.check_credit_given(sub, &period)?;
                if period.mode == PaymentMode::Postpaid {
                    owed = self.postpaid_fee(purse, sub, period.until);
                    bill = self.bill(purse, sub, owed, at);
                }
                self.could_go_on(purse, sub, owed, at)
            }
            None => {
                self.check_first(purse, (*subscription, sub), at)?;
                let begins_at = self.begins_at(id);
                let since = self.since.get(&id).copied();
                by = match since {
                    _ if !by_timer(entry) => None,
                    Some((_, Cause::Entry)) if begins_at == since.map(|it| it.0) => None,
                    Some((since, Cause::Rate)) if begins_at == Some(since) => Some("a rate"),
                    Some((since, Cause::Version)) if begins_at == Some(since) => Some("a version"),
                    _ => Some("itself"),
                };
                self.could_start(purse, sub, at)
            }
        };
        let opening = opening.ok_or("a period begins and may not")?;
        let found = Opening {
            version: *version,
            from: from.0,
            until: until.0,
            anchored_at: extra.anchored_at.map(|it| it.0),
            part_of: extra.part_of.map(|it| it.0),
            fee: if extra.postpaid { 0 } else { -amount_of(entry) },
            mode: if extra.postpaid { PaymentMode::Postpaid } else { PaymentMode::Prepaid },
            allowance: extra.allowance,
        };
        same("period", found, opening)?;
        let since = sub.period.filter(|_| extra.postpaid).map(|it| it.from);
        same("charged since", extra.charged_since.map(|it| it.0), since)?;
        same("bill", extra.bill, bill)?;
        let moved = if extra.postpaid { -owed } else { -opening.fee };
        let overrun = if extra.postpaid { self.uncovered(id, owed) } else { 0 };
        same("overrun", extra.overrun.map_or(0, |it| it.units().into()), overrun)?;
        self.notes.extend(by.map(|it| format!("begins by {it}")));
        self.note_started(id, *subscription, &opening);
        self.check_amount_only(moved, entry)
    }

    /// Nothing more important waits that could be had instead.
    fn check_first(&self, purse: &Purse, sub: (u32, &Sub), at: i64) -> Result<(), String> {
        // What has changed its plan while it was on has the first claim to what came back of it.
        let rank = |(serial, sub): (u32, &Sub)| (!(sub.on && sub.fresh), sub.priority, serial);
        for (serial, other) in &purse.subscriptions {
            let before = rank((*serial, other)) < rank(sub);
            if before && self.could_start(purse, other, at).is_some() {
                return Err(format!("{} begins before {serial}, which comes first", sub.0));
            }
        }
        Ok(())
    }

    fn note_started(&mut self, id: u32, serial: u32, opening: &Opening) {
        let purse = &self.purses[&id];
        let sub = &purse.subscriptions[&serial];
        let service = self.service(sub.service, opening.version).expect("checked");
        let recurring = service.recurring.as_ref().expect("checked");
        let fences = self.fences(purse, (service.name, service.version), opening.from);
        let mut notes = vec![
            format!("every {:?}", recurring.every.unit),
            format!("{:?} {:?} period", service.mode, service.while_off),
        ];
        let short = opening.from != fences.around(opening.from).0 && opening.fee != 0;
        let exchanged = service.currency != purse.currency && opening.fee != 0;
        let cases = [
            (clocks_change(opening.from, opening.until, &fences.zone), "clocks change in a period"),
            (exchanged, "fee in another currency"),
            (sub.own_price.is_some(), "own price"),
            (short, "short period"),
            (sub.period.is_some(), "renewal"),
            (!sub.fresh && sub.period.is_none(), "begins again after waiting"),
            (opening.version > sub.version, "new version with a new period"),
            (matches!(recurring.anchor, Anchor::MonthDay(_)), "anchored to a day of the month"),
            (opening.allowance > 0, "allowance of a period"),
        ];
        notes.extend(cases.iter().filter(|it| it.0).map(|it| it.1.to_owned()));
        self.notes.extend(notes);
    }

    /// What was off of a credited period has gone back before it ends.
    fn check_credit_given(&self, sub: &Sub, period: &Run) -> Result<(), String> {
        let off = self.credited_off(sub, period, period.until);
        let prepaid = period.mode == PaymentMode::Prepaid;
        match prepaid && off > 0 && !period.credited {
            true => Err(format!("{off} microseconds off were not credited")),
            false => Ok(()),
        }
    }

    pub(super) fn check_ended(
        &mut self,
        id: u32,
        serial: u32,
        extra: Option<&PeriodEndFact>,
        entry: &Entry,
    ) -> Result<(), String> {
        let (at, purse) = (entry.at.0, &self.purses[&id]);
        let sub = purse.subscriptions.get(&serial).ok_or("the end of nothing")?;
        let period = sub.period.ok_or("the end of no period")?;
        same("moment", at, period.until.max(self.last_at))?;
        self.check_credit_given(sub, &period)?;
        let mut owed = 0;
        let mut bill = None;
        if period.mode == PaymentMode::Postpaid {
            owed = self.postpaid_fee(purse, sub, period.until);
            bill = self.bill(purse, sub, owed, at);
        }
        if let Some(opening) = self.could_go_on(purse, sub, owed, at) {
            return Err(format!("a period ends and could go on with {opening:?}"));
        }
        same("bill", extra.and_then(|it| it.bill), bill)?;
        let overrun = extra.and_then(|it| it.overrun).map_or(0, |it| it.units().into());
        if bill.is_some() {
            self.notes.push("bill".into());
        }
        self.check_amount(id, -owed, overrun, entry)
    }

    pub(super) fn check_credited(
        &mut self,
        id: u32,
        serial: u32,
        off_micros: i64,
        entry: &Entry,
    ) -> Result<(), String> {
        let sub = &self.purses[&id].subscriptions[&serial];
        let period = sub.period.filter(|it| !it.credited).ok_or("credited twice")?;
        same("moment", entry.at.0, period.until.max(self.last_at))?;
        let off = self.credited_off(sub, &period, period.until);
        same("time off", off_micros, off)?;
        let back = self.part(id, period.paid, off, period.until - period.from);
        self.check_amount_only(back, entry)
    }

    pub(super) fn check_closed(
        &mut self,
        id: u32,
        serial: u32,
        (closing, entry): (&ClosingFact, &Entry),
        order: Option<&Order>,
    ) -> Result<(), String> {
        let sub = self.purses[&id].subscriptions.get(&serial).ok_or("closed nothing")?.clone();
        let overrun = closing.overrun.map_or(0, |it| it.units().into());
        if closing.why == ClosingReason::Ended {
            let period = sub.period.filter(|_| sub.ends).ok_or("ended, and never ends")?;
            same("moment", entry.at.0, period.until.max(self.last_at))?;
            self.check_credit_given(&sub, &period)?;
            same("by itself", by_timer(entry), true)?;
            return self.check_amount(id, 0, overrun, entry);
        }
        if closing.why == ClosingReason::BaseClosed {
            let base = sub.base.ok_or("closed with what it does not modify")?;
            let open = self.purses[&id].subscriptions.get(&base).is_some_and(|it| !it.closed);
            same("base open", open, false)?;
            self.notes.push("closed with what it modified".into());
        }
        let refund = match order.map(|it| &it.command) {
            _ if closing.why == ClosingReason::BaseClosed => Refund::AsService,
            Some(Command::CloseSubscription { refund, .. }) => *refund,
            other => return Err(format!("closed by {other:?}")),
        };
        let refunds = match refund {
            Refund::Unused => true,
            Refund::Nothing => false,
            Refund::AsService => {
                self.service(sub.service, sub.version).is_some_and(|it| it.refunds_unused)
            }
        };
        let moved = self.end_now(id, serial, refunds, entry.at.0);
        self.check_last_bill(id, serial, (moved, closing.bill), entry.at.0)?;
        if moved > 0 {
            self.notes.push("refund of what was not used".into());
        } else if moved < 0 {
            self.notes.push("charge at closing".into());
        }
        self.check_amount(id, moved, overrun, entry)
    }

    /// What the end of the running period at `at` moves.
    pub(super) fn end_now(&self, id: u32, serial: u32, refunds: bool, at: i64) -> i128 {
        let purse = &self.purses[&id];
        let sub = &purse.subscriptions[&serial];
        let Some(period) = sub.period else { return 0 };
        match period.mode {
            PaymentMode::Postpaid => -self.postpaid_fee(purse, sub, at),
            PaymentMode::Prepaid if refunds => {
                // What stands still is not used.
                let used_until = period.paused_at.unwrap_or(at).max(period.from);
                let whole = period.until - period.from - period.stood;
                let unused = period.until - used_until + self.credited_off(sub, &period, at);
                self.part(id, period.paid, unused.min(whole), whole)
            }
            PaymentMode::Prepaid => 0,
        }
    }

    pub(super) fn check_purchased(
        &mut self,
        id: u32,
        fact: &PurchaseFact,
        entry: &Entry,
    ) -> Result<(), String> {
        let (at, purse) = (entry.at.0, &self.purses[&id]);
        let service = self.newest(fact.service).ok_or("bought what is not sold")?;
        same("version", fact.version, service.version)?;
        let one_time = service.one_time.as_ref().ok_or("bought by periods")?;
        let hops = self.aged.hops(service.currency, purse.currency, at).ok_or("without a rate")?;
        let fee = Ratio::of_price(one_time.price).to_money(&hops, purse.currency, Grain::Minor);
        let length = one_time.duration_seconds.map(|it| i64::from(it) * 1_000_000);
        let runs = |it: &Sub| {
            let until = it.period.map_or(0, |it| it.until);
            it.ends
                && !it.closed
                && (it.period.is_some_and(|it| it.paused_at.is_some()) || until > at)
        };
        let same_one = |it: &Sub| it.service == fact.service && it.base == fact.base;
        let mut found = purse.subscriptions.iter().filter(|(_, it)| same_one(it) && runs(it));
        let running = found.next().filter(|_| length.is_some() && fact.item.is_none());
        let from = running.and_then(|(_, it)| it.period).map_or(at, |it| it.until);
        let serial = running.map_or(purse.opened + 1, |it| *it.0);
        same("end", fact.ends_at.map(|it| it.0), length.map(|it| from + it))?;
        same("subscription", fact.subscription, length.map(|_| serial))?;
        same("extension", fact.extends, running.is_some())?;
        if let Some(base) = fact.base.filter(|it| !purse.is_up(*it, at)) {
            return Err(format!("bought for {base}, which is off"));
        }
        let what = match (length, running) {
            (None, _) => "bought for good",
            (Some(_), None) => "bought for a time",
            (Some(_), Some(_)) => "bought for longer",
        };
        self.notes.push(what.into());
        self.check_amount_only(-fee, entry)
    }
}

/// Fees and bills.
impl Ledger {
    /// What a postpaid period comes to until `end`.
    fn postpaid_fee(&self, purse: &Purse, sub: &Sub, end: i64) -> i128 {
        let period = sub.period.expect("it has one");
        let service = self.service(sub.service, sub.version).expect("it runs by it");
        let recurring = service.recurring.as_ref().expect("it has periods");
        let whole = period.until - period.part_of.unwrap_or(period.from) - period.stood;
        let off = match service.while_off {
            WhileOff::RunsOn => 0,
            WhileOff::Pauses | WhileOff::Credited => sub.off_between(period.from, end),
        };
        let exact = Ratio::of_price(period.own_price.unwrap_or(recurring.price));
        let exact = exact.times((end - period.from - off).into(), whole.into());
        let hops = self.aged.hops(service.currency, purse.currency, end);
        let hops = hops.or_else(|| self.ageless.hops(service.currency, purse.currency, end));
        hops.map_or(0, |it| exact.to_money(&it, purse.currency, Grain::Minor))
    }

    fn credited_off(&self, sub: &Sub, period: &Run, end: i64) -> i64 {
        let service = self.service(sub.service, sub.version);
        match service.map(|it| it.while_off) {
            Some(WhileOff::Credited) => sub.off_between(period.from, end),
            _ => 0,
        }
    }

    /// A part of money that was paid, to the minor unit.
    fn part(&self, id: u32, paid: i128, part: i64, whole: i64) -> i128 {
        let currency = self.purses[&id].currency;
        let exact = Ratio::of_money(paid, currency).times(part.into(), whole.into());
        exact.to_money(&[], currency, Grain::Minor)
    }

    /// When what is charged for a period has to be paid.
    fn bill(&self, purse: &Purse, sub: &Sub, owed: i128, at: i64) -> Option<BillFact> {
        let rule = self.service(sub.service, sub.version)?.due?;
        if purse.balance - owed >= 0 || purse.closed {
            return None;
        }
        let days = (&self.zone, &self.holidays);
        let due = due_at(at, rule.days, rule.skip, days);
        let block = due_at(due, rule.grace_days, rule.skip, days);
        let (due_at, block_at) = (engine::Timestamp(due), engine::Timestamp(block));
        Some(BillFact { due_at, block_at })
    }

    /// What is charged before a postpaid period is over is due as well.
    pub(super) fn check_last_bill(
        &mut self,
        id: u32,
        serial: u32,
        (moved, found): (i128, Option<BillFact>),
        at: i64,
    ) -> Result<(), String> {
        let purse = &self.purses[&id];
        let sub = &purse.subscriptions[&serial];
        let mut bill = self.bill(purse, sub, -moved, at).filter(|_| moved < 0);
        // Nothing goes off for it on the same day.
        if let Some(bill) = &mut bill {
            let skip = self.service(sub.service, sub.version).and_then(|it| it.due);
            let skip = skip.ok_or("a bill without a rule")?.skip;
            let next_day = due_at(at, 1, skip, (&self.zone, &self.holidays));
            bill.block_at = bill.block_at.max(engine::Timestamp(next_day));
        }
        if bill.is_some() {
            self.notes.push("last bill".into());
        }
        same("bill", found, bill)
    }

    /// What of a charge nothing was there for.
    fn uncovered(&self, id: u32, owed: i128) -> i128 {
        self.purses[&id].available().map_or(0, |it| (owed - it.max(0)).max(0))
    }

    pub(super) fn check_amount(
        &self,
        id: u32,
        moved: i128,
        overrun: i128,
        entry: &Entry,
    ) -> Result<(), String> {
        same("overrun", overrun, self.uncovered(id, (-moved).max(0)))?;
        self.check_amount_only(moved, entry)
    }

    fn check_amount_only(&self, moved: i128, entry: &Entry) -> Result<(), String> {
        same("amount", amount_of(entry), moved)
    }
}

fn amount_of(entry: &Entry) -> i128 {
    entry.posting.expect("it has a posting").amount.units().into()
}

/// What a beginning holds beside its bounds, for the fold.
pub(super) fn is_postpaid(extra: Option<&PeriodFact>) -> bool {
    extra.is_some_and(|it| it.postpaid)
}
