//! What must always hold, proved from the journal alone.
//!
//! The checks are written a second time here, by plain arithmetic over the rows, rather than by
//! asking the engine: two mistakes would have to agree. Only the comparison of memory with a
//! replay uses the engine, because it is the engine that is compared.

mod money_back;
mod repetitions;
mod services;
mod transits;

use std::collections::{BTreeMap, HashMap};

use engine::{
    Account, AccountId, Contra, Currency, Entry, ExchangeRates, Fact, Limit, Name, Next, Position,
    Posting, Settings, State, Timestamp,
};
use store::{Found, Kept, KeyAnswer, KeyIndex, Progress, Reader, StoreError};

use crate::http::resources::payments::payment_key;
use money_back::MoneyBack;
pub use repetitions::check_repetitions;
use services::Services;
pub use transits::check_transits;

/// What was checked, and what was found wrong.
#[derive(Debug, Default)]
pub struct Report {
    pub checks: Vec<Check>,
    pub faults: Vec<String>,
    /// Entries that are the other side of other shards' entries.
    received: u64,
}

#[derive(Debug)]
pub struct Check {
    pub count: u64,
    pub what: String,
}

/// Faults that are listed; more of them say nothing new.
const FAULTS_MAX: usize = 50;

/// Proves the points of the design's "What must always hold" on what `reader` sees.
///
/// Fails outright when the journal cannot be read to its end, and names the place.
pub fn verify(
    reader: &dyn Reader,
    acknowledged: Position,
    progress: &mut dyn FnMut(Position, Position),
) -> Result<Report, StoreError> {
    reader.freeze()?;
    let head = reader.head()?;
    let shard = reader.shard();
    let mut books = Books { last: Some((shard.start(), Timestamp::MIN)), ..Books::default() };
    let mut replayed = State::of_shard(shard, Settings::default(), ExchangeRates::default());
    let scanned = reader.scan(shard.start().plus(1), &mut |entry| {
        if entry.position.0.is_multiple_of(16_384) {
            progress(entry.position, head);
        }
        books.check(&entry);
        store::replay(&mut replayed, &entry, Position::START)
    })?;
    let mut report = Report { received: books.received, ..Report::default() };
    books.report(&mut report, scanned.entries, scanned.commits);
    books.services.check_standing(&replayed, &mut report);
    check_memory(reader, &mut replayed, &mut report)?;
    check_keys(reader, &books, &mut report)?;
    if acknowledged > head {
        let (acknowledged, head) = (acknowledged.0, head.0);
        let lost = format!("position {acknowledged} was acknowledged, the journal ends at {head}");
        report.faults.push(lost);
    }
    let count = acknowledged.0.saturating_sub(shard.start().0);
    report.add(count, "acknowledged positions are in the journal");
    Ok(report)
}

impl Report {
    pub(crate) fn add(&mut self, count: u64, what: impl Into<String>) {
        self.checks.push(Check { count, what: what.into() });
    }

    pub(crate) fn fault(&mut self, fault: String) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        }
    }
}

/// The books, kept by hand while the journal goes by.
#[derive(Default)]
struct Books {
    accounts: HashMap<AccountId, Line>,
    /// Accounts and contra accounts, by currency.
    sums: BTreeMap<(Currency, Contra), i128>,
    requests: HashMap<(AccountId, u32), u32>,
    payments: HashMap<u128, Position>,
    money_back: MoneyBack,
    services: Services,
    last: Option<(Position, Timestamp)>,
    money_entries: u64,
    received: u64,
    grants: u64,
    numbered: u64,
    faults: Vec<String>,
}

/// Where an account stands.
struct Line {
    head: Position,
    balance: i64,
    currency: Currency,
}

impl Books {
    fn check(&mut self, entry: &Entry) {
        let (before, before_at) = self.last.unwrap_or((Position::START, Timestamp::MIN));
        if entry.position != before.plus(1) {
            self.fault(entry, format_args!("it follows position {}", before.0));
        }
        if entry.at < before_at {
            self.fault(entry, format_args!("its time is before that of the entry before it"));
        }
        self.last = Some((entry.position, entry.at));
        self.received += u64::from(transits::is_received(entry));
        self.add_up_unallocated(entry);
        if let Some(fault) = self.money_back.check(entry) {
            self.fault(entry, format_args!("{fault}"));
        }
        if let Some(fault) = self.services.check(entry) {
            self.fault(entry, format_args!("{fault}"));
        }
        if let Some(posting) = entry.posting {
            self.check_chain(entry, &posting);
            self.add_up(entry, &posting);
            self.check_grant(entry, &posting);
            self.check_once(entry, &posting);
        }
    }

    /// Every `prev` is right, every balance is the one before plus the amount.
    fn check_chain(&mut self, entry: &Entry, posting: &Posting) {
        let opened = Line { head: Position::START, balance: 0, currency: posting.currency };
        let line = self.accounts.entry(posting.account).or_insert(opened);
        let (prev, before, currency) = (line.head, line.balance, line.currency);
        line.head = entry.position;
        line.balance = posting.balance.units();
        if posting.prev != prev {
            self.fault(entry, format_args!("its prev is {}, not {}", posting.prev.0, prev.0));
        }
        if posting.balance.units() != before + posting.amount.units() {
            let amount = posting.amount.units();
            let after = posting.balance.units();
            self.fault(entry, format_args!("{before} plus {amount} is not {after}"));
        }
        if posting.currency != currency {
            self.fault(entry, format_args!("its currency is {}", posting.currency));
        }
        if (prev == Position::START) != matches!(entry.fact, Fact::AccountOpened(_)) {
            self.fault(entry, format_args!("an account begins with its opening, once"));
        }
    }

    /// Money that changed its currency has four sides: the contra in the original currency, the
    /// exchange account in both, and the account itself. A transfer's contra is that exchange.
    fn add_up(&mut self, entry: &Entry, posting: &Posting) {
        if posting.contra == Contra::None {
            return;
        }
        self.money_entries += 1;
        let units = i128::from(posting.amount.units());
        let mut add = |currency, contra, units| {
            *self.sums.entry((currency, contra)).or_default() += units;
        };
        add(posting.currency, Contra::None, units);
        let is_exchange = matches!(posting.contra, Contra::Exchange(_));
        match entry.fact.conversion().filter(|_| !is_exchange) {
            None => add(posting.currency, posting.contra, -units),
            Some(it) => {
                let original = i128::from(it.original.units());
                let received =
                    entry.fact.is_real_payment() || matches!(entry.fact, Fact::TransferIn(_));
                let original = if received { original } else { -original };
                add(it.currency, posting.contra, -original);
                add(it.currency, Contra::Exchange(posting.currency), original);
                add(posting.currency, Contra::Exchange(it.currency), -units);
            }
        }
    }

    /// Money that no account has moves between two contra accounts.
    fn add_up_unallocated(&mut self, entry: &Entry) {
        // Not the engine's own word for it: what it says is what is held against this.
        let (contra, currency, units) = match &entry.fact {
            Fact::PaymentUnallocated(it) if it.original.is_some() => {
                (Contra::Transfers, it.currency, it.amount.units())
            }
            Fact::PaymentUnallocated(it) => {
                (Contra::Payments(it.source), it.currency, it.amount.units())
            }
            Fact::PaymentReturned(it) => {
                (Contra::Payments(it.source), it.currency, -it.amount.units())
            }
            Fact::PaymentForwarded(it) => (Contra::Transfers, it.currency, -it.amount.units()),
            _ => return,
        };
        self.money_entries += 1;
        let units = i128::from(units);
        *self.sums.entry((currency, contra)).or_default() -= units;
        *self.sums.entry((currency, Contra::Unallocated)).or_default() += units;
        // What another shard sent was received there, under its reference.
        if let Fact::PaymentUnallocated(it) = &entry.fact
            && it.original.is_none()
        {
            self.check_reference(entry, it.source, &it.reference);
        }
    }

    /// No payment counts twice, on an account or beside them.
    fn check_reference(&mut self, entry: &Entry, source: Name, reference: &str) {
        let key = payment_key(source.as_str(), reference);
        if let Some(first) = self.payments.insert(key, entry.position) {
            self.fault(entry, format_args!("its reference was used by {}", first.0));
        }
    }

    /// No grant, no charge that asked first, no paid period and no purchase took available below
    /// zero.
    fn check_grant(&mut self, entry: &Entry, posting: &Posting) {
        let asked = match &entry.fact {
            Fact::Authorised { .. } | Fact::TransferOut(_) => true,
            Fact::Settled { next: Next::Granted(_), .. } => true,
            Fact::Charge(_) => entry.fact.overrun().is_none(),
            Fact::Purchased(_) => true,
            Fact::PeriodStarted { extra, .. } => !extra.as_ref().is_some_and(|it| it.postpaid),
            _ => false,
        };
        if !asked {
            return;
        }
        self.grants += 1;
        if let Limit::Limited(credit) = posting.credit {
            let available = posting.balance.units() + credit.units() - posting.held.units();
            if available < 0 {
                self.fault(entry, format_args!("it left {available} available"));
            }
        }
    }

    /// No payment reference and no session request counts twice.
    fn check_once(&mut self, entry: &Entry, posting: &Posting) {
        match &entry.fact {
            Fact::Payment(payment) => {
                let Contra::Payments(source) = posting.contra else {
                    self.fault(entry, format_args!("its contra is {}", posting.contra));
                    return;
                };
                self.check_reference(entry, source, &payment.reference);
            }
            Fact::Authorised { serial, request, .. }
            | Fact::Settled { serial, request, .. }
            | Fact::Released { serial, request, .. }
            | Fact::Refused { serial, request, .. }
                if *request > 0 =>
            {
                self.numbered += 1;
                let last = self.requests.insert((posting.account, *serial), *request);
                if last.is_some_and(|last| last >= *request) {
                    self.fault(entry, format_args!("request {request} was answered before"));
                }
            }
            _ => {}
        }
    }

    fn fault(&mut self, entry: &Entry, why: std::fmt::Arguments<'_>) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(format!("position {}: {why}", entry.position.0));
        }
    }

    fn report(&mut self, report: &mut Report, entries: u64, commits: u64) {
        report.faults.append(&mut self.faults);
        report.add(commits, "transactions are what was written, by their checksums");
        report.add(entries, "positions are contiguous and journal time never goes back");
        let accounts = self.accounts.len() as u64;
        report.add(accounts, "accounts: every prev is right, every balance adds up");
        let mut totals: BTreeMap<Currency, i128> = BTreeMap::new();
        for ((currency, _), sum) in &self.sums {
            *totals.entry(*currency).or_default() += sum;
        }
        for (currency, total) in totals.iter().filter(|(_, total)| **total != 0) {
            report.faults.push(format!("the trial balance of {currency} is {total}, not zero"));
        }
        let currencies = totals.keys().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let what = format!("money entries: the trial balance is zero in {currencies}");
        report.add(self.money_entries, what);
        report
            .add(self.grants, "grants, charges and paid periods left nothing below zero available");
        report.add(self.payments.len() as u64, "payment references are used once");
        let MoneyBack { settled, reversed, given_up, promises, .. } = self.money_back;
        report.add(settled, "unallocated payments were allocated or returned once, whole");
        report.add(reversed, "times a payment went back, never for more than it was");
        report.add(given_up, "write-offs are of what was owed, recoveries of what was written off");
        report.add(promises, "promised payments are within the credit of their accounts");
        report.add(self.numbered, "numbered session requests count once");
    }
}

/// What a restart would have in memory equals a replay from nothing.
fn check_memory(
    reader: &dyn Reader,
    replayed: &mut State,
    report: &mut Report,
) -> Result<(), StoreError> {
    let (settings, exchange) = (Settings::default(), ExchangeRates::default());
    let mut quiet = |_: Progress| {};
    let recovered = store::recover(reader, settings, exchange, store::RUN_KEYS, &mut quiet)?;
    let mut restarted = recovered.state;
    if restarted.shared != replayed.shared {
        report.faults.push("the checkpoint's totals differ from those of a replay".into());
    }
    let mut accounts = 0;
    let (mut left, mut right) = (restarted.accounts(), replayed.accounts());
    loop {
        let (left, right) = match (left.next(), right.next()) {
            (None, None) => break,
            (Some(left), Some(right)) => (left, right),
            _ => {
                report.faults.push("the checkpoint has another number of accounts".into());
                break;
            }
        };
        accounts += 1;
        if as_remembered(left, right) != as_remembered(right, left)
            && report.faults.len() < FAULTS_MAX
        {
            let id = left.id.0;
            report.faults.push(format!("account acc_{id} differs from what a replay makes of it"));
        }
    }
    drop((left, right));
    let rates = restarted.exchange.len();
    if rates != replayed.exchange.len() {
        report.faults.push("the exchange rates differ from those of a replay".into());
    }
    restarted.exchange = ExchangeRates::default();
    if !restarted.receivables.sums().eq(replayed.receivables.sums()) {
        report.faults.push("what is owed differs from what a replay makes of it".into());
    }
    let keys = restarted.receivables.sums().count() as u64;
    report.add(keys, "sums of what is owed are those of a replay");
    report.add(accounts, "accounts in memory after a restart equal a replay from nothing");
    report.add(rates as u64, "exchange rates are those of the journal");
    Ok(())
}

/// An account without the finished sessions that the other has forgotten: when they go depends
/// on the clock, which is no fact.
fn as_remembered(account: &Account, other: &Account) -> Account {
    let mut account = account.clone();
    account.sessions.retain(|it| {
        matches!(it.phase, engine::Phase::Open { .. }) || other.session(it.serial).is_some()
    });
    account.due_at = Timestamp::NEVER;
    account
}

/// The sequence number under which a server would find a key.
fn find_key(
    reader: &dyn Reader,
    index: &KeyIndex,
    kept: Kept,
    key: u128,
) -> Result<Option<u64>, StoreError> {
    match index.find(key) {
        Found::New => Ok(None),
        Found::At(sequence) => Ok(Some(sequence)),
        Found::Maybe(runs) => reader.find_in_runs(kept, &runs, key),
    }
}

/// Every payment has its key and every key its answer.
fn check_keys(reader: &dyn Reader, books: &Books, report: &mut Report) -> Result<(), StoreError> {
    let head = reader.head()?;
    for kept in Kept::ALL {
        let mut count = 0;
        let mut payments = 0;
        let mut faults = Vec::new();
        let mut before = None;
        let index = reader.keys(kept, store::RUN_KEYS)?;
        reader.scan_keys(kept, &mut |key| {
            count += 1;
            if before.is_some_and(|before| key.sequence != before + 1) {
                faults.push(format!("key {} does not follow the one before it", key.sequence));
            }
            before = Some(key.sequence);
            // A payment that cannot be looked up would count again when it comes again.
            if kept == Kept::ForEver
                && find_key(reader, &index, kept, key.key)? != Some(key.sequence)
            {
                faults.push(format!("key {} is not found by its digest", key.sequence));
            }
            if let KeyAnswer::Entries { first, .. } = key.answer {
                if first > head {
                    faults.push(format!("key {} has its answer beyond the end", key.sequence));
                }
                payments += u64::from(books.payments.get(&key.key) == Some(&first));
            }
            Ok(())
        })?;
        let what = match kept {
            Kept::ForEver => "keys that are kept for ever lead to their answers",
            Kept::ForADay => "idempotency keys lead to their answers",
        };
        report.add(count, what);
        faults.truncate(FAULTS_MAX);
        report.faults.append(&mut faults);
        // Payments that a program wrote without the API's door have no key; then there are none.
        if kept == Kept::ForEver && count > 0 && payments != books.payments.len() as u64 {
            let missing = books.payments.len() as u64 - payments;
            report.faults.push(format!("{missing} payments have no key for their reference"));
        }
    }
    Ok(())
}
