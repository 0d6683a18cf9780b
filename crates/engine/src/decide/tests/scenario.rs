//! The world behind [`super::check`]: plays lines, keeps the journal, proves what must hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::script::{self, Words};
use super::{describe, services};
use crate::{
    Account, AccountId, AccountRef, Answer, Balance, Calendar, Date, Entry, Fact, Order,
    PageContent, Position, Refusal, ReservationId, State, Timestamp, Zone, standing,
};

#[derive(Default)]
pub struct Scenario {
    pub state: State,
    pub journal: Vec<Entry>,
    pub now: Timestamp,
    /// The names that the script gave.
    pub accounts: BTreeMap<String, AccountId>,
    pub sessions: BTreeMap<String, ReservationId>,
    pub payments: BTreeMap<String, Position>,
    pub unallocated: BTreeMap<String, Position>,
    pub transcript: String,
    /// The code of each order's refusal, `None` where it was done.
    pub codes: Vec<Option<&'static str>>,
    /// The latest moment that the clock ever showed.
    latest: Timestamp,
    /// What the network was told last of each subscription.
    switched: BTreeMap<(AccountId, u32), bool>,
}

impl Scenario {
    pub fn line(&mut self, line: &str) {
        let mut words = Words::new(line);
        let answer = match words.next() {
            "at" => self.set_clock(self.moment(&mut words)),
            "zone" => self.set_calendar(&mut words),
            "rates-grow-old" => {
                self.state.exchange.age_max = Some(script::duration(words.next()));
                String::new()
            }
            "forecast" => services::forecast(self, &mut words),
            "effect" => services::effect(self, &mut words),
            "fire" => self.fire(),
            "show" => describe::figures(self.account(words.next())),
            "totals" => describe::totals(&self.state),
            "receivables" => describe::receivables(&self.state),
            "offer" => super::promises::offer(self, words.all()),
            _ => self.order(words.all()),
        };
        words.finish();
        let line = match answer.starts_with('\n') {
            true => format!("{line}{answer}"),
            false => describe::beside(line, &answer),
        };
        self.transcript.push_str(&line);
        self.transcript.push('\n');
        self.prove_switches();
    }

    /// A moment of the provider's calendar where a day of it is named, else one counted from 0.
    pub fn moment(&self, words: &mut Words<'_>) -> Timestamp {
        let Some(date) = words.date() else {
            return words.moment();
        };
        let calendar = &self.state.settings.calendar;
        let time = script::parse_moment(0, words.next());
        let minute = time.0.div_euclid(60_000_000);
        let minute = u16::try_from(minute).expect("a time of day");
        let at = calendar.instant(date, minute, calendar.zone).expect("a day of the calendar");
        at.plus(time.0.rem_euclid(60_000_000))
    }

    fn set_calendar(&mut self, words: &mut Words<'_>) -> String {
        let zone = Zone::new(words.next()).expect("a zone");
        let holidays = words.option("holidays").unwrap_or_default().split(',');
        let holidays = holidays.filter(|it| !it.is_empty());
        let holidays = holidays.map(|it| Date::parse(it).expect("a day")).collect();
        self.state.settings.calendar = Arc::new(Calendar { zone, holidays });
        String::new()
    }

    /// An account that exists.
    pub fn account(&self, name: &str) -> &Account {
        let account = self.state.resolve(&self.account_ref(name));
        account.expect("the script opened the account")
    }

    pub fn account_ref(&self, name: &str) -> AccountRef {
        script::account_ref(name, &self.accounts)
    }

    fn set_clock(&mut self, now: Timestamp) -> String {
        self.now = now;
        self.latest = self.latest.max(now);
        String::new()
    }

    fn fire(&mut self) -> String {
        let mut entries = Vec::new();
        while self.state.fire_next(self.now, &mut entries) {}
        self.keep(entries);
        String::new()
    }

    fn order(&mut self, words: Words<'_>) -> String {
        let mut words = words;
        let actor = words.option("as").unwrap_or("anna");
        let channel = words.option("via").unwrap_or("console");
        let name = words.second();
        let command = script::command(self, words);
        let order = Order { origin: script::origin(actor, channel), command };
        let mut entries = Vec::new();
        let answer = self.state.execute(&order, self.now, &mut entries);
        self.codes.push(answer.as_ref().err().map(Refusal::code));
        // What was due comes first and stands on lines of its own.
        let decided = entries.split_off(entries.iter().take_while(is_timer).count());
        self.keep(entries);
        for entry in &decided {
            self.remember(name, entry);
        }
        let answer = self.describe(answer, &decided);
        decided.into_iter().for_each(|it| self.record(it));
        answer
    }

    fn describe(&self, answer: Result<Answer, Refusal>, decided: &[Entry]) -> String {
        match answer {
            Ok(Answer::Done) => {
                assert!(!decided.is_empty(), "what was done is an entry");
                let lines = decided.iter().map(|it| describe::entry(self, it));
                lines.collect::<Vec<_>>().join("; ")
            }
            Ok(Answer::Repeat(position)) => {
                let entry = &self.journal[usize::try_from(position.0).unwrap() - 1];
                format!("as before: {}", describe::entry(self, entry))
            }
            Ok(Answer::EarlierRepeat { from, serial, request }) => {
                match self.walk_back(from, serial, request) {
                    Some(entry) => format!("as earlier: {}", describe::entry(self, entry)),
                    None => format!("#{request} was passed over"),
                }
            }
            Err(refusal) => {
                assert!(decided.is_empty(), "a refusal adds nothing");
                describe::refusal(&refusal)
            }
        }
    }

    /// The answer to a session's request, found as the caller finds it: along `prev`.
    fn walk_back(&self, from: Position, serial: u32, request: u32) -> Option<&Entry> {
        let mut position = from;
        while position > Position::START {
            let entry = &self.journal[usize::try_from(position.0).unwrap() - 1];
            let answered = match entry.fact {
                Fact::Authorised { serial, request, .. }
                | Fact::Settled { serial, request, .. }
                | Fact::Released { serial, request, .. }
                | Fact::Refused { serial, request, .. } => Some((serial, request)),
                _ => None,
            };
            if answered == Some((serial, request)) {
                return Some(entry);
            }
            position = entry.posting.as_ref().expect("one account's entries").prev;
        }
        None
    }

    /// Notes what later lines go by; an account opened goes by `name`.
    fn remember(&mut self, name: &str, entry: &Entry) {
        let account = entry.posting.map(|it| it.account);
        match &entry.fact {
            Fact::AccountOpened(_) => {
                self.accounts.insert(name.into(), account.unwrap());
            }
            Fact::Payment(payment) => {
                let reference = payment.reference.to_string();
                self.payments.insert(reference, entry.position);
            }
            Fact::PaymentUnallocated(payment) => {
                let reference = payment.reference.to_string();
                self.unallocated.insert(reference, entry.position);
            }
            Fact::PaymentAllocated(payment) => {
                let reference = payment.reference.to_string();
                self.payments.insert(reference, entry.position);
            }
            Fact::Authorised { serial, session, .. } => {
                self.name_session(account, *serial, &session.session)
            }
            Fact::Refused { serial, refused, .. } => {
                self.name_session(account, *serial, &refused.session.session)
            }
            _ => {}
        }
    }

    fn name_session(&mut self, account: Option<AccountId>, serial: u32, name: &str) {
        let account = account.expect("a session has an account");
        let reservation = ReservationId { account, serial };
        self.sessions.insert(name.into(), reservation);
    }

    fn keep(&mut self, due: Vec<Entry>) {
        for entry in due {
            assert!(is_timer(&&entry), "{entry:?}");
            let text = describe::entry(self, &entry);
            self.transcript += &describe::by_itself(entry.at, &text);
            self.transcript.push('\n');
            self.record(entry);
        }
    }

    fn record(&mut self, entry: Entry) {
        if let (Some(posting), Fact::Switched(switch)) = (&entry.posting, &entry.fact) {
            self.switched.insert((posting.account, switch.subscription), switch.on);
        }
        self.journal.push(entry);
    }

    /// Proves that what is on is what should be, and what the network was told.
    fn prove_switches(&self) {
        let at = self.state.shared.last_at;
        for (&(id, serial), on) in &self.switched {
            let open = self.state.account(id).and_then(|it| it.subscription(serial));
            assert_eq!(open.is_some_and(|it| it.on), *on, "sub_{}-{serial} as told", id.0);
        }
        for account in self.state.accounts() {
            for subscription in account.subscriptions() {
                let id = (account.id, subscription.serial);
                assert!(!subscription.on || self.switched.contains_key(&id), "told: {id:?}");
                // What nobody has looked at since its moment is not judged yet.
                if account.due_at > at {
                    let standing = standing(account, subscription, at);
                    assert_eq!(standing.is_ok(), subscription.on, "{id:?} is {standing:?}");
                }
            }
        }
    }

    /// Proves that the books balance and that the journal alone makes the same state.
    pub fn prove(&self) {
        let mut sums = BTreeMap::new();
        for ((currency, _), units) in self.state.trial_balance() {
            *sums.entry(currency).or_insert(0_i128) += units;
        }
        assert!(sums.values().all(|it| *it == 0), "{sums:?}");
        let mut replayed = State::new(self.state.settings.clone(), self.state.exchange.clone());
        let mut last_at = Timestamp::MIN;
        for entry in &self.journal {
            assert!(entry.at >= last_at, "journal time goes back at {entry:?}");
            last_at = entry.at;
            replayed.apply(entry);
        }
        assert_eq!(self.state.shared, replayed.shared);
        self.prove_subjects(&replayed);
        self.prove_saved();
        self.prove_receivables(&mut replayed);
        let accounts = replayed.accounts_count();
        let live = self.state.accounts().map(|it| remembered(it, self.latest));
        let replayed = replayed.accounts().map(|it| remembered(it, self.latest));
        for (live, replayed) in live.zip(replayed) {
            assert_eq!(live, replayed, "replay equals live");
        }
        assert_eq!(self.state.accounts_count(), accounts);
    }
}

impl Scenario {
    /// Every name that the network ever knew means the same after a replay.
    fn prove_subjects(&self, replayed: &State) {
        for entry in &self.journal {
            let subjects = match &entry.fact {
                Fact::SubscriptionOpened { fact, .. } => &fact.subjects[..],
                Fact::SubscriptionChanged { change, .. } => {
                    change.subjects.as_deref().unwrap_or(&[])
                }
                _ => &[],
            };
            for subject in subjects {
                let (live, replayed) = (self.state.subject(subject), replayed.subject(subject));
                assert_eq!(live, replayed, "{subject}");
                let known = live.and_then(|it| self.state.subscription(it));
                assert!(known.is_none_or(|it| it.subjects.contains(subject)), "{subject}");
            }
        }
    }

    /// What a checkpoint saves is read back the same.
    fn prove_saved(&self) {
        for page in (0..self.state.pages_count()).filter_map(|it| self.state.page(it)) {
            let bytes = postcard::to_stdvec(page).expect("a page is written");
            let mut read: PageContent = postcard::from_bytes(&bytes).expect("and read back");
            for (account, live) in read.accounts.iter_mut().zip(&page.accounts) {
                account.due_at = live.due_at;
            }
            assert_eq!(read, *page);
        }
    }

    /// What is owed is the balances below zero, live, replayed, and added up again.
    fn prove_receivables(&self, replayed: &mut State) {
        let live: Vec<_> = self.state.receivables.sums().collect();
        assert_eq!(live, replayed.receivables.sums().collect::<Vec<_>>());
        replayed.sum_receivables();
        assert_eq!(live, replayed.receivables.sums().collect::<Vec<_>>());
        let owing = |it: &State| {
            let oldest = &it.receivables.oldest;
            let debtors = (0..oldest.pages_count()).flat_map(|page| oldest.debtors(page));
            debtors.collect::<Vec<_>>()
        };
        let accounts = self.state.accounts();
        let expected = accounts.filter_map(|it| Some((it.id, it.debts.first()?.day)));
        assert_eq!(owing(&self.state), expected.collect::<Vec<_>>());
        assert_eq!(owing(&self.state), owing(replayed));
        let owed: i128 = live.iter().map(|(_, sum)| sum).sum();
        let accounts = self.state.accounts().map(|it| i128::from(it.owed().units()));
        assert_eq!(owed, accounts.sum::<i128>());
        for account in self.state.accounts() {
            let debts: i64 = account.debts.iter().map(|it| it.amount.units()).sum();
            assert_eq!(debts, account.owed().units(), "debts are the balance below zero");
        }
    }
}

/// The account without what is forgotten: sessions are dropped from memory when they happen to be
/// looked at, and that is no entry.
pub fn remembered(account: &Account, now: Timestamp) -> Account {
    let mut account = account.clone();
    account.sessions.retain(|it| !it.phase.is_forgotten(now));
    account.due_at = account.next_deadline();
    let held: i64 = account.sessions.iter().map(|it| it.held.units()).sum();
    assert_eq!(held, account.held.units(), "held is the sum of the holds");
    account
}

/// What may be spent, for tests that compute with it.
pub fn available(account: &Account) -> Balance {
    account.available().expect("a limited account")
}

fn is_timer(entry: &&Entry) -> bool {
    entry.origin.actor.as_str() == "timer"
}
