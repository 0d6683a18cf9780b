//! What services and subscriptions are called, in place of their names and numbers.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use engine::{
    Account, AccountId, AccountNumber, Entry, Fact, Item, Name, Position, State, Transit,
};
use pages::Language;
use serde::{Deserialize, Serialize};
use store::{Reader, StoreError};

use super::words;
use crate::http::app::App;
use crate::http::error::Problem;
use crate::shards::Question;
use crate::statement::{session_serial, view};

/// Entries that are looked at for the subscriptions and sessions of a page which are over, in all.
const LOOKED_AT_MAX: usize = 1_000;

/// What services are called: what customers read.
#[derive(Clone, Debug, Default)]
pub struct Titles {
    services: BTreeMap<Name, Arc<Item>>,
    /// Of the accounts and entries that were shown to it: an entry may say no more than a serial
    /// number.
    subscriptions: BTreeMap<(AccountId, u32), String>,
    /// What subscriptions were until an entry made something else of them.
    before: BTreeMap<(AccountId, u32, Position), Name>,
    /// The services that sessions use.
    sessions: BTreeMap<(AccountId, u32), Name>,
    /// The numbers of accounts that money comes from or goes to.
    numbers: BTreeMap<AccountId, String>,
}

impl Titles {
    /// The titles of all services, in their newest versions.
    pub fn of(state: &State) -> Self {
        let services = state.catalogue().items().map(|it| (it.service.name, Arc::clone(it)));
        Self { services: services.collect(), ..Self::default() }
    }

    /// With the subscriptions and sessions of an account; subscriptions are told apart by their
    /// names in the network where it has several of one service.
    pub fn with(mut self, account: &Account) -> Self {
        let all = account.subscriptions();
        for it in all {
            let is_one = all.iter().filter(|other| other.service == it.service).count() == 1;
            let parts = [self.service(it.service), it.subjects.join(", ")];
            let shown = parts.into_iter().take(if is_one { 1 } else { 2 });
            let title = shown.filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" · ");
            self.subscriptions.insert((account.id, it.serial), title);
        }
        let sessions = account.sessions.iter().map(|it| ((account.id, it.serial), it.service));
        self.sessions.extend(sessions);
        self.numbers.insert(account.id, account.number.to_string());
        self
    }

    /// As [`Self::with`], of an account of any shard.
    fn with_called(&mut self, called: Called) {
        let of = called.account;
        let titles = called.subscriptions.into_iter();
        self.subscriptions.extend(titles.map(|(serial, title)| ((of, serial), title)));
        let sessions = called.sessions.into_iter();
        self.sessions.extend(sessions.map(|(serial, service)| ((of, serial), service)));
        self.numbers.insert(of, called.number);
    }

    /// What a service is called; its name where it has no title.
    pub fn service(&self, name: Name) -> String {
        let item = self.services.get(&name);
        item.map_or_else(|| name.to_string(), |it| it.service.title.clone())
    }

    /// As [`Self::service`]; where it is no service of the catalogue, in words that we have for it.
    pub fn spoken(&self, name: Name, language: Language) -> String {
        match self.services.get(&name) {
            Some(item) => item.service.title.clone(),
            None => words::known(name, language),
        }
    }

    /// The subscription that an entry is about, as it was then, or the service that its session
    /// uses.
    pub fn whose(&self, entry: &Entry, language: Language) -> Option<String> {
        match whose(entry)? {
            Whose::Session(key) => self.sessions.get(&key).map(|it| self.spoken(*it, language)),
            Whose::Subscription(key) => {
                let (account, serial) = key;
                let later = (account, serial, entry.position.plus(1))..;
                let next = self.before.range(later).next();
                match next.filter(|(it, _)| (it.0, it.1) == key) {
                    Some((_, service)) => Some(self.service(*service)),
                    None => self.subscriptions.get(&key).cloned(),
                }
            }
        }
    }

    /// The number of the account on the other side of a transfer.
    pub fn other_side(&self, entry: &Entry) -> Option<Cow<'_, str>> {
        match far_number(entry) {
            Some(number) => Some(number.to_string().into()),
            None => self.numbers.get(&other(entry)?).map(|it| it.as_str().into()),
        }
    }

    /// With what these entries say no more of than a number, and what is none of an account's any
    /// more: by the other entries, or else by what came before on the account.
    ///
    /// Those that come first are the newest.
    pub fn learn(&mut self, reader: &dyn Reader, entries: &[Entry]) -> Result<(), StoreError> {
        self.note_all(entries);
        let mut looked_at = 0;
        for entry in entries {
            if let Some(other) = other(entry).filter(|it| !self.numbers.contains_key(it)) {
                let number = reader.account(other)?.map(|it| it.number);
                self.numbers.extend(number.map(|it| (other, it)));
            }
            let Some(whose) = whose(entry).filter(|it| !self.knows(*it)) else { continue };
            reader.account_entries(entry.position, &mut |before| {
                looked_at += 1;
                if self::whose(&before) == Some(whose) {
                    self.note(&before);
                }
                match self.knows(whose) || looked_at >= LOOKED_AT_MAX {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            })?;
        }
        Ok(())
    }

    /// With everything that an account's entries say of what is over, from `newest` on so many
    /// back: to look for something by what it is called.
    pub fn survey(
        &mut self,
        reader: &dyn Reader,
        newest: Position,
        entries_max: usize,
    ) -> Result<(), StoreError> {
        let mut entries = Vec::new();
        reader.account_entries(newest, &mut |entry| {
            entries.push(entry);
            match entries.len() == entries_max {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })?;
        self.learn(reader, &entries)
    }

    /// With what these entries say themselves, the newest first.
    pub fn note_all(&mut self, entries: &[Entry]) {
        entries.iter().for_each(|it| self.note(it));
    }

    /// Accounts on the other side of these entries whose numbers are not known.
    pub fn strangers(&self, entries: &[Entry]) -> BTreeSet<AccountId> {
        entries.iter().filter_map(other).filter(|it| !self.numbers.contains_key(it)).collect()
    }

    pub fn with_numbers(&mut self, numbers: BTreeMap<AccountId, String>) {
        self.numbers.extend(numbers);
    }

    fn knows(&self, whose: Whose) -> bool {
        match whose {
            Whose::Subscription(key) => self.subscriptions.contains_key(&key),
            Whose::Session(key) => self.sessions.contains_key(&key),
        }
    }

    /// Notes what a subscription or a session is of, where the entry says it and nothing better is
    /// known.
    fn note(&mut self, entry: &Entry) {
        let Some(account) = entry.posting.map(|it| it.account) else { return };
        let service = match &entry.fact {
            Fact::PlanChanged { subscription, change } => {
                if !change.at_period_end {
                    self.before.insert((account, *subscription, entry.position), change.from);
                }
                Some(change.to)
            }
            _ => view::name(entry).and_then(|it| Name::new(&it).ok()),
        };
        let Some(service) = service else { return };
        if let Some(serial) = entry.fact.subscription() {
            let title = self.service(service);
            self.subscriptions.entry((account, serial)).or_insert(title);
        }
        if let Some(serial) = session_serial(&entry.fact) {
            self.sessions.entry((account, serial)).or_insert(service);
        }
    }
}

/// Asks a shard what accounts of its own are called, and the subscriptions and sessions on them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskCalled {
    accounts: Vec<AccountId>,
}

/// What an account is called, and its subscriptions and sessions by their serial numbers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Called {
    account: AccountId,
    number: String,
    subscriptions: Vec<(u32, String)>,
    sessions: Vec<(u32, Name)>,
}

impl Question for AskCalled {
    const NAME: &'static str = "called";

    type Answer = Vec<Called>;

    async fn answer(self, app: &App) -> Result<Vec<Called>, Problem> {
        let look = move |state: &State, _| {
            let accounts = self.accounts.iter().filter_map(|it| state.account(*it));
            let called = |account: &Account| {
                let Titles { subscriptions, sessions, .. } = Titles::of(state).with(account);
                Called {
                    account: account.id,
                    number: account.number.to_string(),
                    subscriptions: subscriptions.into_iter().map(|(it, of)| (it.1, of)).collect(),
                    sessions: sessions.into_iter().map(|(it, of)| (it.1, of)).collect(),
                }
            };
            accounts.map(called).collect()
        };
        Ok(app.shard.read(None, look).await?)
    }
}

/// What these accounts are called, wherever they are, and the subscriptions and sessions on them.
pub async fn called(
    app: &App,
    accounts: BTreeSet<AccountId>,
) -> Result<(Titles, BTreeMap<AccountId, String>), Problem> {
    let mut titles = app.shard.read(None, |state, _| Titles::of(state)).await?;
    let own = |accounts| AskCalled { accounts };
    let mut numbers = BTreeMap::new();
    for called in app.ask_owners(accounts, |it| it.shard(), own).await?.concat() {
        numbers.insert(called.account, called.number.clone());
        titles.with_called(called);
    }
    Ok((titles, numbers))
}

/// What an entry may know by a number alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Subscription((AccountId, u32)),
    Session((AccountId, u32)),
}

fn whose(entry: &Entry) -> Option<Whose> {
    let account = entry.posting?.account;
    match session_serial(&entry.fact) {
        Some(serial) => Some(Whose::Session((account, serial))),
        None => Some(Whose::Subscription((account, entry.fact.subscription()?))),
    }
}

/// The number of an account of another shard that money comes from or goes to.
pub fn far_number(entry: &Entry) -> Option<&AccountNumber> {
    let (Fact::TransferOut(it) | Fact::TransferIn(it)) = &entry.fact else { return None };
    match it.transit.as_ref()? {
        Transit::Sent { to, .. } => Some(to),
        Transit::Received { from, .. } => Some(from),
    }
}

/// The account on the other side, of which the entry itself says no number.
fn other(entry: &Entry) -> Option<AccountId> {
    match &entry.fact {
        Fact::TransferOut(it) | Fact::TransferIn(it) => it.transit.is_none().then_some(it.other),
        _ => None,
    }
}
