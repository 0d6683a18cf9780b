//! Sixty days of history, made through the shard with a clock that is set.
//!
//! Every order is rehearsed on a state of our own first, so that the next one can be chosen
//! without waiting for the disk; the shard then does the same, many to a batch. The clock is
//! moved by a look that stands in the shard's queue before each order, and what falls due is
//! looked at on its moment, so that each entry is dated as if the days had passed.
//!
//! **Invariant:** the shard decides as rehearsed, or the making fails.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use anyhow::Context;
use engine::{
    AccountRef, AddExchangeRates, Answer, Entry, Limit, Name, Position, State, Timestamp,
};
use futures_util::FutureExt;
use futures_util::future::{MaybeDone, maybe_done};

use super::provider::{Act, DAY, HOUR, MINUTE, Provider, SECOND};
use super::roster::Plan;
use super::sessions::Fate;
use super::stories::Story;
use crate::cli::rate_commands;
use crate::clock::Clock;
use crate::rate_files::{RateFormat, read_rates};
use crate::shard::{Answered, Operation, Outcome, Reply, Shard, Unavailable};

/// The European Central Bank's rates, and the legal parity of the Pacific franc.
const RATES: &[u8] = include_bytes!("../../fixtures/rates/demo-rates.csv");

/// What was made.
#[derive(Clone, Debug, Default)]
pub struct Made {
    pub entries: u64,
    pub kinds: BTreeMap<&'static str, u64>,
    /// The same seed makes the same sequence of kinds, whatever the date.
    pub sequence: Vec<&'static str>,
}

/// Days from `from`, a midnight, until `until`.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub days: i64,
    pub until: Timestamp,
}

impl Span {
    pub fn midnight(self, day: i64) -> Timestamp {
        let today = self.until.0.div_euclid(DAY) * DAY;
        Timestamp(today - (self.days - 1 - day) * DAY)
    }
}

/// Makes history; `stopped` is asked after every day, and ends it early.
pub async fn make(
    shard: &Shard,
    mirror: State,
    provider: &mut Provider,
    span: Span,
    stopped: &(dyn Fn() -> bool + Sync),
) -> anyhow::Result<Made> {
    plan(provider, span)?;
    let mut making = Making::new(shard, mirror);
    let bar = crate::progress::bar(span.days.unsigned_abs(), "making days of history");
    for day in 0..span.days {
        let midnight = span.midnight(day);
        let count = making.mirror.accounts_count();
        provider.plan_day(midnight, |line| line < count);
        let end = midnight.plus(DAY - 1).min(span.until);
        while let Some((at, act)) = provider.next_act(end) {
            making.perform(provider, act, at);
        }
        making.fire_due(end);
        making.wait().await?;
        bar.inc(1);
        if stopped() {
            break;
        }
    }
    bar.finish_and_clear();
    Ok(making.made)
}

/// Plans what does not come of anything else: rates, customers, stories, and the last minutes.
fn plan(provider: &mut Provider, span: Span) -> anyhow::Result<()> {
    let begin = span.midnight(0).plus(6 * HOUR);
    for rates in rates()? {
        let at = rates.valid_from.max(begin);
        if at <= span.until {
            provider.plan(at, Act::Rates(Arc::new(rates)));
        }
    }
    provider.plan(begin.plus(HOUR), Act::Policies);
    provider.plan(begin.plus(HOUR), Act::Catalogue);
    plan_customers(provider, span, begin.plus(2 * HOUR));
    let (first, last) = (span.days * 2 / 5, span.days - 2);
    let rounds = provider.roster.lines.len() / 40 + 2;
    for _ in 0..rounds {
        for story in Story::ALL {
            let day = match story {
                Story::RunningCredit | Story::OpenPromise => last,
                // Early, so that its moment comes before history ends.
                Story::BrokenPromise => provider.random.between(first, first + 1),
                _ => provider.random.between(first, last),
            };
            let at = provider.random.between(8 * HOUR, 20 * HOUR);
            provider.plan(span.midnight(day).plus(at), Act::Tell(story));
        }
        // One of each fate, so that even the smallest demo shows it.
        let day = span.midnight(provider.random.between(first, last));
        for fate in [Fate::Forgotten, Fate::Overrun, Fate::Unanswered] {
            let line = any_mobile(provider);
            let at = provider.hour_of_day(day, line, 8, 20);
            provider.plan(at.plus(-30 * SECOND), Act::Pay(line));
            provider.plan(at, Act::Begin(line, fate));
        }
        let line = any_mobile(provider);
        let ago = provider.random.between(20, 900) * SECOND;
        provider.plan(span.until.plus(-ago - MINUTE), Act::Pay(line));
        provider.plan(span.until.plus(-ago), Act::Begin(line, Fate::Long));
    }
    Ok(())
}

/// Most customers are there from the first day; others come in the weeks after it.
fn plan_customers(provider: &mut Provider, span: Span, opening: Timestamp) {
    let count = provider.roster.customers.len();
    let at_first = count * 3 / 5;
    let weeks = (span.days * 3 / 5 - 1) * DAY;
    let mut at = opening;
    for customer in 0..count {
        provider.plan(at, Act::Join(customer));
        let (left, during) = match customer < at_first {
            true => (at_first, 8 * HOUR),
            false => (count - at_first, weeks),
        };
        let between = during / left as i64;
        at = at.plus(provider.random.between(between / 2, between * 3 / 2));
    }
}

/// A mobile line without credit, of a customer who is there from the first day.
fn any_mobile(provider: &mut Provider) -> usize {
    let early = provider.roster.lines.len() * 3 / 5;
    let first = provider.random.below(early);
    let plain = |it: &usize| {
        let line = &provider.roster.lines[*it];
        matches!(line.plan, Plan::Mobile) && line.limit == Limit::NONE
    };
    (first..first + early).map(|it| it % early).find(plain).unwrap_or(first)
}

/// The rates of the file, each with the hour from which it counts.
fn rates() -> anyhow::Result<Vec<AddExchangeRates>> {
    let file = read_rates(RATES)?;
    let (parity, published): (Vec<_>, Vec<_>) =
        file.days.into_iter().partition(|it| it.base != "EUR");
    let mut skipped = std::collections::BTreeSet::new();
    let source = |text| Name::new(text).expect("well formed");
    let mut days = rate_commands(&parity, file.format, source("parity"), &mut skipped)?;
    let ecb = source("ecb");
    days.extend(rate_commands(&published, RateFormat::EcbCsv, ecb, &mut skipped)?);
    Ok(days)
}

type Waiting = Pin<Box<MaybeDone<futures_util::future::BoxFuture<'static, Answers>>>>;
type Answers = Result<Reply<Outcome>, Unavailable>;

/// An order that was sent, and where its first entry stood in the rehearsal.
struct Sent {
    answer: Waiting,
    expected: Option<Position>,
}

struct Making<'a> {
    shard: &'a Shard,
    clock: Clock,
    mirror: State,
    sent: Vec<Sent>,
    made: Made,
}

impl<'a> Making<'a> {
    fn new(shard: &'a Shard, mirror: State) -> Self {
        let clock = shard.clock().clone();
        Self { shard, clock, mirror, sent: Vec::new(), made: Made::default() }
    }

    fn perform(&mut self, provider: &mut Provider, act: Act, at: Timestamp) {
        self.fire_due(at);
        for operation in provider.perform(act, &self.mirror, at) {
            let mut entries = Vec::new();
            let answer = self.mirror.execute(&operation.order, at, &mut entries);
            match &answer {
                Ok(_) => provider.observe(&entries),
                Err(refusal) => provider.observe_refusal(&operation.order, refusal, at),
            }
            self.note(&entries);
            let first = entries.first().map(|it| it.position);
            let expected = first.filter(|_| answer == Ok(Answer::Done));
            self.set_clock(at);
            let answer = self.send(operation);
            self.sent.push(Sent { answer, expected });
        }
    }

    /// Does what falls due by `until`, each matter on its own moment.
    fn fire_due(&mut self, until: Timestamp) {
        while let Some(due) = self.mirror.next_due().filter(|it| *it <= until) {
            let mut entries = Vec::new();
            self.mirror.fire_next(due, &mut entries);
            self.note(&entries);
            for account in entries.iter().filter_map(|it| it.posting).map(|it| it.account) {
                self.set_clock(due);
                self.look(Some(AccountRef::Id(account)), || {});
            }
        }
    }

    fn note(&mut self, entries: &[Entry]) {
        for entry in entries {
            let kind = entry.fact.kind();
            self.made.entries += 1;
            *self.made.kinds.entry(kind).or_default() += 1;
            self.made.sequence.push(kind);
        }
    }

    /// Moves the clock when the shard comes to this place of its queue.
    fn set_clock(&self, at: Timestamp) {
        let clock = self.clock.clone();
        self.look(None, move || clock.set(at));
    }

    fn look(&self, account: Option<AccountRef>, then: impl FnOnce() + Send + 'static) {
        // Sent by the first poll; nobody waits for what was seen.
        let _ = self.shard.read(account, move |_, _| then()).now_or_never();
    }

    /// Puts an operation into the shard's queue, and does not wait for the answer.
    fn send(&self, operation: Operation) -> Waiting {
        let shard = self.shard.clone();
        let answer = async move { shard.execute(operation).await }.boxed();
        let mut answer = Box::pin(maybe_done(answer));
        // Sent by the first poll.
        let _ = answer.as_mut().now_or_never();
        answer
    }

    /// Waits until everything that was sent is durable, and compares it with the rehearsal.
    async fn wait(&mut self) -> anyhow::Result<()> {
        for Sent { mut answer, expected } in self.sent.drain(..) {
            answer.as_mut().await;
            let reply = answer.as_mut().take_output().context("an answer was taken twice")?;
            let reply =
                reply.map_err(|_| anyhow::anyhow!("the demo's history could not be written"))?;
            let decided = reply.entries(&reply.outcome).first().map(|it| it.position);
            anyhow::ensure!(
                decided == expected,
                "the shard decided otherwise than was rehearsed, at {decided:?}, not {expected:?}"
            );
        }
        Ok(())
    }
}
