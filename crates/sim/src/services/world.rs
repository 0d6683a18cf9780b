//! A subject and the ledger side by side, step by step.

mod again;
mod ahead;

use std::collections::BTreeSet;
use std::sync::Arc;

use engine::{
    Answer, Calendar, Command, Currency, Date, Entry, ExchangeRates, Fact, Order, Position,
    Refusal, Settings, Shared, State, SwitchCause, Timestamp, Zone,
};

use super::coverage::command_name;
use super::generator::{Generator, Step};
use super::ledger::{Ledger, by_timer};
use crate::subject::accounts_of;
use crate::world::Announced;
use crate::{Coverage, Mismatch, Subject};

/// Short, so that sessions are forgotten while a run lasts.
const SESSION_MEMORY: i64 = 90_000_000;
const RATE_AGE_MAX: i64 = 30 * 86_400_000_000;

/// Zones of providers: one sets its clocks at three in the morning, the other at midnight.
const ZONES: [&str; 2] = ["Europe/Berlin", "America/Santiago"];

/// One run.
pub struct ServiceWorld {
    seed: u64,
    steps: u64,
    subject: Subject,
    state: State,
    ledger: Ledger,
    generator: Generator,
    journal: Vec<Entry>,
    saved: Vec<Saved>,
    latest: Timestamp,
    /// Which request of which session has been answered.
    answered: BTreeSet<(u32, u32, u32)>,
    pub coverage: Coverage,
}

/// A checkpoint as a store writes it.
struct Saved {
    position: Position,
    pages: Vec<Vec<u8>>,
    shared: Shared,
}

impl ServiceWorld {
    pub fn new(seed: u64, subject: Subject) -> Self {
        let place = usize::try_from(seed % 2).expect("small");
        let day = |year, month, day| Date::new(year, month, day).expect("a day");
        let holidays = [day(2027, 1, 1), day(2027, 3, 26), day(2027, 5, 6), day(2027, 12, 25)];
        let calendar =
            Calendar { zone: Zone::new(ZONES[place]).expect("a zone"), holidays: holidays.into() };
        // Shortly before the clocks are set, in a month that is as short as any or as long.
        let starts = [1_805_000_000, 1_806_105_000, 1_819_900_000, 1_834_500_000];
        let start = starts[usize::try_from(seed % 4).expect("small")] * 1_000_000;
        let ledger = Ledger::new(&calendar, Some(RATE_AGE_MAX));
        let settings = Settings {
            session_memory: SESSION_MEMORY,
            credit_notice: i64::MAX,
            calendar: Arc::new(calendar),
        };
        Self {
            seed,
            steps: 0,
            subject,
            state: State::new(settings, exchange()),
            ledger,
            generator: Generator::new(seed, start),
            journal: Vec::new(),
            saved: Vec::new(),
            latest: Timestamp::MIN,
            answered: BTreeSet::new(),
            coverage: Coverage::default(),
        }
    }

    /// Plays `steps` steps; stops at the first that is answered wrongly.
    pub fn run(&mut self, steps: u64) -> Result<(), Mismatch> {
        let _announced = Announced(self.seed);
        for _ in 0..steps {
            self.steps += 1;
            self.step().map_err(|told| self.mismatch(told))?;
        }
        self.check_again().map_err(|told| self.mismatch(told))
    }

    fn mismatch(&self, told: String) -> Mismatch {
        Mismatch { seed: self.seed, step: self.steps, told }
    }

    fn step(&mut self) -> Result<(), String> {
        let Step { now, order } = self.generator.next(&self.ledger);
        if now < self.latest {
            self.coverage.count("clock back");
        }
        self.latest = self.latest.max(now);
        match &order {
            Some(order) => self.order(order, now).map_err(|it| format!("{order:?}: {it}"))?,
            None => self.fire(now)?,
        }
        for note in std::mem::take(&mut self.ledger.notes) {
            self.coverage.count(&note);
        }
        if self.generator.chance(1) {
            self.save();
        }
        if self.generator.chance(2) {
            self.check_ahead(now)?;
        }
        Ok(())
    }

    fn order(&mut self, order: &Order, now: Timestamp) -> Result<(), String> {
        let mut entries = Vec::new();
        let answer = self.subject.execute(&mut self.state, order, now, &mut entries);
        if let Some(name) = command_name(&order.command) {
            self.coverage.count(&format!("command {name}"));
        }
        let due = entries.iter().take_while(|it| by_timer(it)).count();
        let decided = entries.split_off(due);
        self.check_answer(&answer, &decided)?;
        self.take(&entries, None)?;
        let was_on = match &order.command {
            Command::ChangePlan(it) if answer.is_ok() => self.is_on(it.subscription),
            _ => false,
        };
        self.check_refused(order, (&answer, &decided), now)?;
        self.take(&decided, Some(order))?;
        self.check_kept_on(order, was_on)?;
        let mut touched: BTreeSet<_> = posted(&decided).chain(posted(&entries)).collect();
        for id in &touched {
            self.check_account(*id)?;
            self.ledger.check_settled(*id, self.state.shared.last_at.0, true)?;
        }
        touched.extend(accounts_of(&self.state, order).iter().map(|it| it.0));
        let now = now.max(self.state.shared.last_at);
        for id in touched {
            self.ledger.check_settled(id, now.0, false)?;
        }
        self.journal.extend(entries);
        self.journal.extend(decided);
        Ok(())
    }

    fn is_on(&self, id: engine::SubscriptionId) -> bool {
        let purse = self.ledger.purses.get(&id.account.0);
        purse.and_then(|it| it.subscriptions.get(&id.serial)).is_some_and(|it| it.on)
    }

    fn check_answer(
        &mut self,
        answer: &Result<Answer, Refusal>,
        decided: &[Entry],
    ) -> Result<(), String> {
        match answer {
            Ok(Answer::Done) => return Ok(()),
            Ok(Answer::Repeat(_)) => self.coverage.count("repeat"),
            Ok(Answer::EarlierRepeat { .. }) => self.coverage.count("earlier repeat"),
            Err(refusal) => self.coverage.count(&format!("refusal {}", refusal.code())),
        }
        match decided.is_empty() {
            true => Ok(()),
            false => Err(format!("{answer:?} has written {decided:?}")),
        }
    }

    /// A "no" has its reason, in an answer as in an entry that keeps it for repeats.
    fn check_refused(
        &self,
        order: &Order,
        (answer, decided): (&Result<Answer, Refusal>, &[Entry]),
        now: Timestamp,
    ) -> Result<(), String> {
        let kept = decided.iter().find_map(|it| match &it.fact {
            Fact::Refused { refused, .. } => Some(&refused.refusal),
            _ => None,
        });
        let Some(refusal) = answer.as_ref().err().or(kept) else { return Ok(()) };
        let at = now.max(self.state.shared.last_at).0;
        let told = self.ledger.check_refused(&order.command, refusal, at);
        told.map_err(|it| format!("{refusal:?}: {it}"))
    }

    /// Nobody loses a service by changing its plan at once.
    fn check_kept_on(&self, order: &Order, was_on: bool) -> Result<(), String> {
        let Command::ChangePlan(change) = &order.command else { return Ok(()) };
        let found = self.state.subscription(change.subscription);
        match was_on && !found.is_some_and(|it| it.on) {
            true => Err("the change of a plan has switched it off".into()),
            false => Ok(()),
        }
    }

    /// Holds the entries of one cause, or of what was due, against the ledger.
    fn take(&mut self, entries: &[Entry], order: Option<&Order>) -> Result<(), String> {
        let mut switched = BTreeSet::new();
        for entry in entries {
            self.ledger.take(entry, order).map_err(|it| format!("{entry:#?}: {it}"))?;
            self.coverage.count(&format!("fact {}", entry.fact.kind()));
            self.generator.learn(entry);
            let account = entry.posting.map_or(0, |it| it.account.0);
            if let Fact::Switched(switch) = &entry.fact
                && !switched.insert((account, switch.subscription, entry.at))
                && !(switch.on && switch.cause == SwitchCause::Changed)
            {
                return Err(format!("switched twice for one cause: {entry:#?}"));
            }
            self.check_once(account, &entry.fact)?;
            if order.is_some() == by_timer(entry) {
                return Err(format!("in the wrong name: {entry:#?}"));
            }
        }
        Ok(())
    }

    fn check_once(&mut self, account: u32, fact: &Fact) -> Result<(), String> {
        let (serial, request) = match fact {
            Fact::Authorised { serial, request, .. }
            | Fact::Settled { serial, request, .. }
            | Fact::Released { serial, request, .. }
            | Fact::Refused { serial, request, .. } => (*serial, *request),
            _ => return Ok(()),
        };
        match request == 0 || self.answered.insert((account, serial, request)) {
            true => Ok(()),
            false => Err(format!("request {request} of session {serial} was answered twice")),
        }
    }

    /// Does what is due: at times in slices, which have to come to the same as one long pause.
    fn fire(&mut self, now: Timestamp) -> Result<(), String> {
        let compares = self.generator.chance(30);
        let at_once = compares.then(|| {
            let (mut state, mut entries) = (self.state.clone(), Vec::new());
            while state.fire_next(now, &mut entries) {}
            entries
        });
        let first = self.journal.len();
        if compares {
            for _ in 0..3 {
                let from = self.state.shared.last_at.0;
                let slice = Timestamp(self.generator.between(from, now.0.max(from))).min(now);
                self.fire_all(slice)?;
            }
        }
        self.fire_all(now)?;
        if let Some(at_once) = at_once {
            let sliced = format!("{:?}", &self.journal[first..]);
            if format!("{at_once:?}") != sliced {
                return Err(format!("slices make {sliced} of {at_once:?}"));
            }
            self.coverage.count("slices as a long pause");
        }
        // While the clock is behind journal time, what falls due in between waits for it.
        if now < self.state.shared.last_at {
            return Ok(());
        }
        let ids: Vec<_> = self.ledger.purses.keys().copied().collect();
        for id in ids {
            self.check_account(id)?;
            self.ledger.check_settled(id, now.0, false)?;
        }
        Ok(())
    }

    fn fire_all(&mut self, now: Timestamp) -> Result<(), String> {
        loop {
            let moment = self.ledger.next_moment();
            let mut entries = Vec::new();
            let last_at = self.state.shared.last_at;
            if !self.state.fire_next(now, &mut entries) {
                return Ok(());
            }
            if let Some(first) = entries.first() {
                let moment = moment.ok_or("nothing was due")?.max(last_at.0);
                if first.at.0 != moment {
                    return Err(format!("due at {moment} was not {first:#?}"));
                }
            }
            self.take(&entries, None)?;
            // Without services each matter waits for its turn among all accounts.
            let has_services = |it: &u32| self.ledger.purses[it].opened > 0;
            for id in posted(&entries).filter(has_services).collect::<BTreeSet<_>>() {
                self.ledger.check_settled(id, self.state.shared.last_at.0, true)?;
            }
            self.journal.extend(entries);
        }
    }

    /// The engine's account is what the ledger has seen.
    fn check_account(&mut self, id: u32) -> Result<(), String> {
        let purse = &self.ledger.purses[&id];
        let account = self.state.account(engine::AccountId(id)).expect("it was seen");
        let found: Vec<_> = account.subscriptions().iter().map(of_engine).collect();
        let seen: Vec<_> = purse.subscriptions.iter().map(|(id, it)| of_ledger(*id, it)).collect();
        if found != seen {
            return Err(format!("{id} has {found:#?}, and should have {seen:#?}"));
        }
        for subscription in account.subscriptions() {
            let by_rule = engine::standing(account, subscription, self.state.shared.last_at);
            if by_rule.is_ok() != subscription.on {
                return Err(format!("{subscription:#?} is not as the function says: {by_rule:?}"));
            }
            for subject in &subscription.subjects {
                let own = account.subscription_id(subscription.serial);
                if self.state.subject(subject) != Some(own) {
                    return Err(format!("{subject} does not lead to {own:?}"));
                }
            }
        }
        Ok(())
    }
}

type Figures = (u32, bool, Option<(i64, i64, i128)>, (i128, i128), i64, u32);

fn of_engine(it: &engine::Subscription) -> Figures {
    let period = it.period.map(|it| (it.from.0, it.until.0, it.paid.units().into()));
    let allowance = (it.allowance.into(), it.allowance_used.into());
    (it.serial, it.on, period, allowance, it.anchored_at.0, it.version)
}

fn of_ledger(serial: u32, it: &super::ledger::Sub) -> Figures {
    let period = it.period.map(|it| (it.from, it.until, it.paid));
    (serial, it.on, period, (it.allowance, it.drawn), it.anchored_at, it.version)
}

fn posted(entries: &[Entry]) -> impl Iterator<Item = u32> {
    entries.iter().filter_map(|it| it.posting).map(|it| it.account.0)
}

fn exchange() -> ExchangeRates {
    let mut exchange = ExchangeRates::default();
    exchange.pivot = Currency::EUR;
    exchange.age_max = Some(RATE_AGE_MAX);
    exchange
}
