//! A subject and the oracle side by side, step by step.

mod debts;

use std::collections::BTreeMap;
use std::fmt;

use engine::{
    Account, Answer, Command, CustomerId, Entry, ExchangeRates, Fact, Next, Order, ReceivableKey,
    ReceivablePoint, Refusal, Settings, State, Timestamp, Timing,
};

use crate::subject::accounts_of;
use crate::{Coverage, Generator, Line, Oracle, Step, Subject, Verdict, as_refused, bar, line};

/// Short, so that sessions are forgotten while a run lasts.
const SESSION_MEMORY: i64 = 90_000_000;
const RATE_AGE_MAX: i64 = 2 * 3_600_000_000;

/// Steps between two replays of the whole journal.
const REPLAY_EVERY: u64 = 701;

/// The subject and the oracle do not agree, or the subject contradicts itself.
#[derive(Debug)]
pub struct Mismatch {
    pub seed: u64,
    pub step: u64,
    pub told: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, step, told } = self;
        write!(f, "step {step} of TEST_SEED={seed}: {told}")
    }
}

impl std::error::Error for Mismatch {}

/// One run.
pub struct World {
    seed: u64,
    steps: u64,
    subject: Subject,
    state: State,
    oracle: Oracle,
    generator: Generator,
    journal: Vec<Entry>,
    /// The newest point of each line of what is owed.
    history: BTreeMap<ReceivableKey, ReceivablePoint>,
    saved: Saved,
    latest: Timestamp,
    pub coverage: Coverage,
}

/// A checkpoint as it comes about: pages and shared figures, each saved at a moment of its own.
#[derive(Default)]
struct Saved {
    pages: Vec<(engine::Position, engine::PageContent)>,
    shared: (engine::Position, engine::Shared),
}

/// The seed that the environment names, else `otherwise`.
pub fn seed_from_environment(otherwise: u64) -> u64 {
    match std::env::var("TEST_SEED") {
        Ok(text) => text.parse().expect("TEST_SEED is a number"),
        Err(_) => otherwise,
    }
}

/// How many worlds the environment asks for, else `otherwise`.
pub fn worlds_from_environment(otherwise: u64) -> u64 {
    match std::env::var("TEST_WORLDS") {
        Ok(text) => text.parse().expect("TEST_WORLDS is a number"),
        Err(_) => otherwise,
    }
}

impl World {
    pub fn new(seed: u64, subject: Subject) -> Self {
        let settings = Settings {
            session_memory: SESSION_MEMORY,
            credit_notice: i64::MAX,
            ..Settings::default()
        };
        Self {
            seed,
            steps: 0,
            subject,
            state: State::new(settings, exchange()),
            oracle: Oracle::new(SESSION_MEMORY, Some(RATE_AGE_MAX)),
            generator: Generator::new(seed),
            journal: Vec::new(),
            history: BTreeMap::new(),
            saved: Saved::default(),
            latest: Timestamp::MIN,
            coverage: Coverage::default(),
        }
    }

    /// Plays `steps` steps; stops at the first that is answered wrongly.
    pub fn run(&mut self, steps: u64) -> Result<(), Mismatch> {
        // The engine panics where it contradicts itself: then the seed has to be known too.
        let _announced = Announced(self.seed);
        for _ in 0..steps {
            self.steps += 1;
            self.step().map_err(|told| self.mismatch(told))?;
            if self.steps.is_multiple_of(REPLAY_EVERY) {
                self.replay().map_err(|told| self.mismatch(told))?;
            }
        }
        self.replay().map_err(|told| self.mismatch(told))
    }

    fn mismatch(&self, told: String) -> Mismatch {
        Mismatch { seed: self.seed, step: self.steps, told }
    }

    fn step(&mut self) -> Result<(), String> {
        let Step { now, order } = self.generator.next(&self.oracle);
        if now < self.latest {
            self.coverage.count("clock back");
        }
        self.latest = self.latest.max(now);
        let written = self.journal.len();
        match order {
            Some(order) => self.order(&order, now).map_err(|it| format!("{order:?}: {it}"))?,
            None => self.fire(now)?,
        }
        let entries = &self.journal[written..];
        for entry in entries {
            self.generator.learn(entry);
        }
        self.save_sometimes();
        Ok(())
    }

    fn order(&mut self, order: &Order, now: Timestamp) -> Result<(), String> {
        self.coverage.before(&self.state, order);
        let (due, verdict) = self.oracle.answer(order, now);
        let debts = self.debts_of(order);
        let mut entries = Vec::new();
        let answer = self.subject.execute(&mut self.state, order, now, &mut entries);
        let decided = entries.split_off(entries.len().min(due.len()));
        self.check_lines("due", &entries, &due)?;
        self.check_answer(&answer, &decided, verdict)?;
        for entry in &decided {
            self.check_granted(entry, order)?;
            self.coverage.entry(entry, Some(order));
        }
        self.coverage.together(&decided);
        self.check_oldest_paid(&debts);
        self.coverage.order(order, &answer);
        self.coverage.answer(&answer);
        for entry in &entries {
            self.coverage.count("due before an order");
            self.coverage.ended_closed(&self.state, entry);
            self.coverage.entry(entry, None);
        }
        self.journal.extend(entries);
        self.journal.extend(decided);
        for id in accounts_of(&self.state, order) {
            self.check_figures(self.state.account(id).expect("it was found"))?;
        }
        Ok(())
    }

    fn fire(&mut self, now: Timestamp) -> Result<(), String> {
        let moments_max = self.generator.slice();
        let due = self.oracle.fire(now, moments_max);
        let mut entries = Vec::new();
        let mut fired = 0;
        while fired < moments_max {
            let before = entries.len();
            if !self.state.fire_next(now, &mut entries) {
                break;
            }
            fired += usize::from(entries.len() > before);
        }
        self.check_lines("due", &entries, &due)?;
        for entry in &entries {
            self.coverage.count("due in a slice");
            self.coverage.ended_closed(&self.state, entry);
            self.coverage.entry(entry, None);
        }
        self.journal.extend(entries);
        Ok(())
    }

    fn check_lines(&self, what: &str, entries: &[Entry], lines: &[Line]) -> Result<(), String> {
        let found: Vec<_> = entries.iter().map(line).collect();
        match found == lines {
            true => Ok(()),
            false => Err(format!("{what} is {found:#?}, and should be {lines:#?}")),
        }
    }

    fn check_answer(
        &self,
        answer: &Result<Answer, Refusal>,
        decided: &[Entry],
        verdict: Verdict,
    ) -> Result<(), String> {
        let found = match answer {
            Ok(Answer::Done) => Verdict::Done(decided.iter().map(line).collect()),
            Ok(Answer::Repeat(position)) => Verdict::Repeat(position.0),
            Ok(Answer::EarlierRepeat { request, .. }) => Verdict::EarlierRepeat(*request),
            Err(refusal) => {
                if let Refusal::PromiseNotPossible { failing, .. } = refusal {
                    Verdict::Barred(failing.iter().map(bar).collect())
                } else {
                    let (code, figures) = as_refused(refusal);
                    Verdict::Refused(code, figures)
                }
            }
        };
        if !matches!(answer, Ok(Answer::Done)) && !decided.is_empty() {
            return Err(format!("{found:?} has written {decided:?}"));
        }
        match found == verdict {
            true => Ok(()),
            false => Err(format!("answered {found:#?}, and should be {verdict:#?}")),
        }
    }

    /// No grant and no charge before use took what is available below zero.
    fn check_granted(&self, entry: &Entry, order: &Order) -> Result<(), String> {
        let before_use = match (&entry.fact, &order.command) {
            (Fact::Authorised { .. } | Fact::TransferOut(_), _) => true,
            (Fact::Settled { next, .. }, _) => matches!(next, Next::Granted(_)),
            (Fact::Charge(_), Command::Charge(charge)) => charge.timing == Timing::BeforeUse,
            _ => false,
        };
        let available = entry.posting.and_then(|it| it.available());
        match available {
            Some(available) if before_use && available.is_negative() => {
                Err(format!("{entry:?} leaves {available:?}"))
            }
            _ => Ok(()),
        }
    }

    fn check_figures(&self, account: &Account) -> Result<(), String> {
        let found = crate::Figures {
            balance: account.balance.units().into(),
            held: account.held.units().into(),
            credit: match account.credit() {
                engine::Limit::Limited(credit) => Some(credit.units().into()),
                engine::Limit::Unlimited => None,
            },
            available: account.available().map(|it| it.units().into()),
            closed: account.closed,
            more: self.more(account),
        };
        let expected = self.oracle.figures(account.id.0);
        match expected.as_ref() == Some(&found) {
            true => Ok(()),
            false => Err(format!("{:?} has {found:?}, and should have {expected:?}", account.id)),
        }
    }

    /// The whole journal, and the checkpoint with the rest of it, make the state that is here.
    fn replay(&mut self) -> Result<(), String> {
        for account in self.state.accounts() {
            self.check_figures(account)?;
        }
        let (found, expected) = (self.state.trial_balance(), self.oracle.trial_balance());
        if found != expected {
            return Err(format!("the books say {found:#?}, and should say {expected:#?}"));
        }
        let mut sums = BTreeMap::new();
        for ((currency, _), sum) in found {
            *sums.entry(currency).or_insert(0_i128) += sum;
        }
        if sums.values().any(|it| *it != 0) {
            return Err(format!("the books do not balance: {sums:?}"));
        }
        self.check_receivables("the running sums", &self.state)?;
        self.check_history()?;
        let mut replayed = State::new(self.state.settings.clone(), exchange());
        for entry in &self.journal {
            replayed.apply(entry);
        }
        self.check_same("a replay from nothing", &replayed)?;
        let all_rates = |state: &State| state.exchange.all_at(Timestamp::NEVER).collect::<Vec<_>>();
        if all_rates(&self.state) != all_rates(&replayed) {
            return Err("a replay knows other rates".into());
        }
        self.check_receivables("the sums of a replay", &replayed)?;
        let restarted = self.restart();
        self.check_receivables("the sums of a restart", &restarted)?;
        self.check_same("a restart from the checkpoint", &restarted)
    }

    fn restart(&self) -> State {
        let mut state = State::new(self.state.settings.clone(), exchange());
        for (position, content) in &self.saved.pages {
            state.restore_page(*position, content.clone());
        }
        let (shared_at, shared) = &self.saved.shared;
        state.shared = shared.clone();
        // As the store does it: the policies up to there come from the directory.
        let known = self.journal.iter().filter(|it| it.position <= *shared_at);
        for entry in known {
            if let Fact::PromisePolicySet(policy) = &entry.fact {
                state.insert_promise_policy(policy);
            }
        }
        for entry in &self.journal {
            state.replay(entry, *shared_at);
        }
        state.sum_receivables();
        state
    }

    fn save_sometimes(&mut self) {
        let head = self.state.shared.head;
        if self.steps.is_multiple_of(97) {
            self.saved.shared = (head, self.state.shared.clone());
        }
        if self.steps.is_multiple_of(61) {
            let pages = 0..self.state.pages_count();
            let content = |it| self.state.page(it).expect("it is one of them").clone();
            self.saved.pages = pages.map(|it| (head, content(it))).collect();
        }
    }

    fn check_same(&self, what: &str, other: &State) -> Result<(), String> {
        if self.state.shared != other.shared {
            let (live, other) = (&self.state.shared, &other.shared);
            return Err(format!("{what} makes {other:?} of {live:?}"));
        }
        for id in (1..=self.state.shared.customers_count).map(CustomerId) {
            let (live, other) = (self.state.customer(id), other.customer(id));
            if live != other {
                return Err(format!("{what} makes {other:?} of {live:?}"));
            }
        }
        if !self.state.promise_policies().eq(other.promise_policies()) {
            return Err(format!("{what} knows other policies"));
        }
        let live = self.state.accounts().map(|it| remembered(it, self.latest));
        let other = other.accounts().map(|it| remembered(it, self.latest));
        for (live, other) in live.zip(other) {
            if live != other {
                return Err(format!("{what} makes {other:#?} of {live:#?}"));
            }
        }
        Ok(())
    }
}

fn exchange() -> ExchangeRates {
    let mut exchange = ExchangeRates::default();
    exchange.age_max = Some(RATE_AGE_MAX);
    exchange
}

/// The account without what is forgotten: that is no entry, it happens when somebody looks.
pub(crate) fn remembered(account: &Account, latest: Timestamp) -> Account {
    let mut account = account.clone();
    account.sessions.retain(|it| !it.phase.is_forgotten(latest));
    account.due_at = account.next_deadline();
    account
}

/// Says the seed when the run ends in a panic.
pub(crate) struct Announced(pub u64);

impl Drop for Announced {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("again with TEST_SEED={}", self.0);
        }
    }
}
