//! Everything that is decided upon: the accounts of one shard, the rates, the totals.
//!
//! **Invariant:** state changes by [`State::apply`] and by nothing else, live and in replay
//! alike. The queue of deadlines and the marks of what a checkpoint has yet to save are derived.

mod checkpoint;
mod customers;
mod policies;
mod services;
mod totals;
mod trial;
mod waiting;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

pub use customers::Customer;
pub use totals::Totals;
pub use trial::Trial;

use policies::PromisePolicies;
use waiting::Waiting;

use crate::decide::follow::{Cause, carry_out, consequences, next_step, take_step};
use crate::{
    Account, AccountId, AccountNumber, AccountRef, Answer, Calendar, Catalogue, Command, Currency,
    CustomerId, Entry, ExchangeRates, Order, Position, Receivables, Refusal, ShardId,
    SubscriptionId, Timestamp, Whose, decide,
};

/// Accounts in one page: the unit in which a checkpoint saves them.
pub const PAGE_ACCOUNTS: usize = 256;

/// What the provider has configured. A change never alters what is already in the journal.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long the answers of a finished session are remembered, in microseconds.
    pub session_memory: i64,
    /// How long before its end a limit or a promise is told to end, in microseconds.
    pub credit_notice: i64,
    /// The provider's time zone and holidays.
    pub calendar: Arc<Calendar>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            session_memory: 3_600_000_000,
            credit_notice: 24 * 3_600_000_000,
            calendar: Arc::default(),
        }
    }
}

/// The figures of a shard that belong to no account, as a checkpoint saves them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shared {
    /// The newest entry.
    pub head: Position,
    /// Time of the newest entry: journal time never goes back, whatever the clock does.
    pub last_at: Timestamp,
    pub customers_count: u32,
    /// Account numbers of our own that were given out.
    pub own_numbers_count: u64,
    pub totals: Totals,
}

/// Accounts and customers side by side: those whose ids fall into the same 256.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageContent {
    pub accounts: Vec<Account>,
    pub customers: Vec<Customer>,
}

#[derive(Clone, Debug, Default)]
struct Page {
    content: PageContent,
    /// The first entry that changed this page since it was last saved.
    changed_by: Option<Position>,
    /// Entries up to here are in the page already: it was restored from a checkpoint.
    restored_at: Position,
}

#[derive(Clone, Debug, Default)]
pub struct State {
    pub settings: Settings,
    pub exchange: ExchangeRates,
    pub shared: Shared,
    shard: ShardId,
    pub receivables: Receivables,
    policies: PromisePolicies,
    catalogue: Arc<Catalogue>,
    pages: Vec<Page>,
    accounts_count: usize,
    numbers: FxHashMap<AccountNumber, AccountId>,
    /// By what the network knows them.
    subjects: FxHashMap<Box<str>, SubscriptionId>,
    due: BinaryHeap<Reverse<(Timestamp, AccountId)>>,
    waiting: Waiting,
    /// Whose deadlines were begun last.
    firing: Option<AccountId>,
}

impl State {
    pub fn new(settings: Settings, exchange: ExchangeRates) -> Self {
        Self::of_shard(ShardId::FIRST, settings, exchange)
    }

    pub fn of_shard(shard: ShardId, settings: Settings, exchange: ExchangeRates) -> Self {
        let shared = Shared { head: shard.start(), ..Shared::default() };
        let receivables = Receivables::of_shard(shard);
        Self { settings, exchange, shared, shard, receivables, ..Self::default() }
    }

    pub fn shard(&self) -> ShardId {
        self.shard
    }

    /// Decides `order` and applies what follows; the entries are added to `entries`.
    ///
    /// What has fallen due on the accounts concerned comes first, so that a late timer never
    /// changes an answer. A refusal adds nothing but that.
    pub fn execute(
        &mut self,
        order: &Order,
        now: Timestamp,
        entries: &mut Vec<Entry>,
    ) -> Result<Answer, Refusal> {
        self.fire_due_before(&order.command, now, entries);
        let decided = entries.len();
        let answer = decide(self, order, now, entries)?;
        self.apply_from(decided, entries);
        Ok(answer)
    }

    /// Applies the entries from `first` on, what follows from each, and then what follows for the
    /// services of the accounts that were touched.
    fn apply_from(&mut self, first: usize, entries: &mut Vec<Entry>) {
        self.apply_each(first, entries);
        let mut at = first;
        while let Some(entry) = entries.get(at) {
            let touched = entry.posting.map(|it| it.account);
            if let Some(id) = touched.filter(|it| self.has_services(*it)) {
                let (origin, moment) = (entry.origin.clone(), entry.at);
                self.judge(id, &origin, moment, entries);
            }
            at += 1;
        }
    }

    /// Applies the entries from `first` on, and what follows from each after all of them.
    fn apply_each(&mut self, first: usize, entries: &mut Vec<Entry>) {
        let decided = entries.len();
        for entry in entries.get(first..).unwrap_or_default() {
            self.apply(entry);
        }
        for cause in first..decided {
            let Some(entry) = entries.get(cause) else { break };
            let following = consequences(self, entry);
            if following.is_empty() {
                continue;
            }
            let (origin, at) = (entry.origin.clone(), entry.at);
            let account = entry.posting.expect("only postings have consequences").account;
            for consequence in following {
                let before = entries.len();
                let cause = Cause { origin: &origin, at, account };
                carry_out(self, consequence, cause, entries);
                for entry in entries.get(before..).unwrap_or_default() {
                    self.apply(entry);
                }
            }
        }
    }

    /// Brings what is on and off on an account into agreement with what it should be, a step at a
    /// time: each sees the account as the one before left it.
    fn judge(
        &mut self,
        id: AccountId,
        origin: &crate::Origin,
        at: Timestamp,
        entries: &mut Vec<Entry>,
    ) {
        while let Some(step) = next_step(self, id, at) {
            let before = entries.len();
            take_step(self, step, Cause { origin, at, account: id }, entries);
            self.apply_each(before, entries);
        }
        self.note_judged(id, at.max(self.shared.last_at));
    }

    fn has_services(&self, id: AccountId) -> bool {
        self.account(id).is_some_and(|it| it.services.is_some())
    }

    /// Reads what `commands` will need, all of it at once, so that the memory fetches it side by
    /// side instead of one after the other while each is decided. Changes nothing; the answer is
    /// only there so that the reads are not left out.
    pub fn warm<'a>(&self, commands: impl Iterator<Item = &'a Command> + Clone) -> u64 {
        let accounts = commands.flat_map(Command::accounts).flatten();
        let found = accounts.filter_map(|it| self.account(self.find(it)?));
        let heads = found.clone().map(|it| it.head.0 ^ it.due_at.0.unsigned_abs());
        let heads = heads.fold(0, |sum, it| sum ^ it);
        let sessions = found.clone().filter_map(|it| it.sessions.last());
        let sessions = sessions.fold(heads, |sum, it| sum ^ it.answered_by.0);
        // Who owes: older debts, and the customer by whose group they are summed up.
        let owing = found.filter(|it| !it.debts.is_empty());
        owing.fold(sessions, |sum, account| {
            let since = self.customer_since(account.customer).0.unsigned_abs();
            let oldest = account.debts.first().map_or(0, |it| it.day.unsigned_abs());
            sum ^ since ^ u64::from(oldest)
        })
    }

    /// Does what has fallen due by `now` on the accounts that a command concerns.
    pub fn fire_due_before(&mut self, command: &Command, now: Timestamp, entries: &mut Vec<Entry>) {
        // Journal time, which the command will be dated by: the clock may have gone back.
        let now = now.max(self.shared.last_at);
        for account in command.accounts().into_iter().flatten() {
            if let Some(id) = self.find(account) {
                self.fire_due(id, now, entries);
            }
        }
    }

    /// Does what has fallen due on one account by `now`, each matter dated at its own moment.
    pub fn fire_due(&mut self, id: AccountId, now: Timestamp, entries: &mut Vec<Entry>) {
        self.firing = Some(id);
        loop {
            self.note_rates(now);
            let due_at = self.due_of(id);
            if due_at > now || due_at == Timestamp::NEVER {
                return;
            }
            // What falls due at one moment is done before its services are judged by it, so that
            // nothing goes off and on again in between. Moments that journal time has passed
            // are one moment then; without services they keep their order over all accounts.
            let moment = match self.has_services(id) {
                true => due_at.max(self.shared.last_at),
                false => due_at,
            };
            let before = entries.len();
            let looks = self.take_waiting(id, moment);
            while self.account(id).is_some_and(|it| it.due_at <= moment) {
                let before = entries.len();
                decide::due(self, id, moment, entries);
                self.apply_each(before, entries);
                self.account_mut(id).sessions.retain(|it| !it.phase.is_forgotten(moment));
                self.put_off(id);
            }
            if (looks || entries.len() > before) && self.has_services(id) {
                self.judge(id, &decide::timer(), moment, entries);
                self.put_off(id);
            }
        }
    }

    /// Finds again when something of an account falls due.
    fn put_off(&mut self, id: AccountId) {
        let affordable_at = self.affordable_at(id);
        let account = self.account_mut(id);
        let due_at = account.next_deadline().min(affordable_at);
        let before = std::mem::replace(&mut account.due_at, due_at);
        if due_at != before && due_at < Timestamp::NEVER {
            self.due.push(Reverse((due_at, id)));
        }
    }

    /// The next moment at which [`Self::fire_next`] may have something to do.
    pub fn next_due(&self) -> Option<Timestamp> {
        let due = self.due.peek().map(|Reverse((at, _))| *at);
        due.into_iter().chain(self.round_due()).min()
    }

    /// Does what is due next, if it is due by `now`; `false` when nothing is.
    pub fn fire_next(&mut self, now: Timestamp, entries: &mut Vec<Entry>) -> bool {
        let Some(next) = self.next_due().filter(|it| *it <= now) else {
            return false;
        };
        if self.round_due() == Some(next) {
            // One account at a time, as with every other deadline.
            if let Some(id) = self.next_of_round(next) {
                self.fire_due(id, next, entries);
            }
            return true;
        }
        match self.due.peek() {
            Some(&Reverse((at, id))) if at <= now => {
                self.due.pop();
                // An account that was put off or already seen to has another moment by now.
                if self.account(id).is_some_and(|it| it.due_at == at) {
                    // Only what was due by that moment: the next one may belong to another
                    // account, and order is kept over all of them.
                    self.fire_due(id, at, entries);
                }
                true
            }
            _ => false,
        }
    }

    /// Whose deadlines were begun last: when that ended in a contradiction, it lies there.
    pub fn firing(&self) -> Option<AccountId> {
        self.firing
    }

    /// Has an account that holds a contradiction left alone: nothing of it falls due any more,
    /// until the state is read again.
    pub fn set_aside(&mut self, id: AccountId) {
        if self.account(id).is_some() {
            self.waiting.end(id);
            self.account_mut(id).due_at = Timestamp::NEVER;
        }
    }

    pub fn account(&self, id: AccountId) -> Option<&Account> {
        let (page, place) = self.locate(id)?;
        self.pages.get(page)?.content.accounts.get(place)
    }

    pub fn resolve(&self, account: &AccountRef) -> Result<&Account, Refusal> {
        let found = match account {
            AccountRef::Id(id) => self.account(*id),
            AccountRef::Number(number) => self.numbers.get(number).and_then(|id| self.account(*id)),
        };
        found.ok_or_else(|| match account {
            AccountRef::Id(id) => Refusal::AccountNotFound {
                account: format!("acc_{}", id.0),
                check_digit_wrong: false,
            },
            AccountRef::Number(number) => Refusal::AccountNotFound {
                account: number.to_string(),
                check_digit_wrong: number.is_mistyped(),
            },
        })
    }

    pub fn find(&self, account: Whose<'_>) -> Option<AccountId> {
        match account {
            Whose::Id(id) => Some(id),
            Whose::Number(number) => self.numbers.get(number).copied(),
            Whose::Subject(subject) => self.subject(subject).map(|it| it.account),
        }
    }

    pub fn is_number_taken(&self, number: &AccountNumber) -> bool {
        self.numbers.contains_key(number)
    }

    pub fn customer_exists(&self, customer: CustomerId) -> bool {
        let index = customer.index_in(self.shard).and_then(|it| u32::try_from(it).ok());
        index.is_some_and(|it| it < self.shared.customers_count)
    }

    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.pages.iter().flat_map(|it| &it.content.accounts)
    }

    pub fn accounts_count(&self) -> usize {
        self.accounts_count
    }

    /// The trial balance: every contra account's sum, and the accounts' own, by currency.
    ///
    /// Each currency sums to zero. Accounts count with their sign, contras with the opposite one.
    pub fn trial_balance(&self) -> BTreeMap<(Currency, String), i128> {
        let mut lines = BTreeMap::new();
        for (contra, currency, sum) in self.shared.totals.lines() {
            lines.insert((currency, contra), sum);
        }
        for account in self.accounts() {
            let line = lines.entry((account.currency, "accounts".into())).or_default();
            *line += i128::from(account.balance.units());
        }
        lines.retain(|_, sum| *sum != 0);
        lines
    }
}

/// How [`State::apply`] reaches what it changes.
impl State {
    pub(crate) fn account_mut(&mut self, id: AccountId) -> &mut Account {
        let (page, place) = self.locate(id).expect("an entry names an account that exists");
        let account = self.pages.get_mut(page).and_then(|it| it.content.accounts.get_mut(place));
        account.expect("an entry names an account that exists")
    }

    pub(crate) fn mark_changed(&mut self, id: AccountId, by: Position) {
        let page = self.locate(id).and_then(|(page, _)| self.pages.get_mut(page));
        page.expect("the account exists").changed_by.get_or_insert(by);
    }

    pub(crate) fn add_account(&mut self, account: Account) {
        let (page, place) = self.locate(account.id).expect("ids count from 1");
        self.make_room(page);
        let accounts = &mut self.pages[page].content.accounts;
        assert_eq!(place, accounts.len(), "accounts are opened in the order of their ids");
        self.numbers.insert(account.number.clone(), account.id);
        accounts.push(account);
        self.accounts_count += 1;
    }

    fn make_room(&mut self, page: usize) {
        while self.pages.len() <= page {
            self.pages.push(Page::default());
        }
    }

    /// Page of an account and its place there; `None` for what is in another shard.
    fn locate(&self, id: AccountId) -> Option<(usize, usize)> {
        id.index_in(self.shard).map(place_of)
    }

    /// Notes that something of this account falls due at `at`.
    pub(crate) fn schedule(&mut self, id: AccountId, at: Timestamp) {
        let account = self.account_mut(id);
        if at < account.due_at {
            account.due_at = at;
            self.due.push(Reverse((at, id)));
        }
    }
}

/// Page and place of what so many come before.
pub(crate) fn place_of(index: usize) -> (usize, usize) {
    (index / PAGE_ACCOUNTS, index % PAGE_ACCOUNTS)
}

#[cfg(test)]
mod tests;
