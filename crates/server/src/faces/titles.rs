//! What services and subscriptions are called, in place of their names and numbers.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use engine::{Account, AccountId, Entry, Fact, Item, Name, State};
use pages::Language;
use store::{Reader, StoreError};

use super::words;
use crate::statement::view;

/// Entries that are looked at for the subscriptions of a page which are over, in all.
const LOOKED_AT_MAX: usize = 1_000;

/// What services are called: what customers read.
#[derive(Clone, Debug, Default)]
pub struct Titles {
    services: BTreeMap<Name, Arc<Item>>,
    /// Of the accounts and entries that were shown to it: an entry may say no more than a serial
    /// number.
    subscriptions: BTreeMap<(AccountId, u32), String>,
}

impl Titles {
    /// The titles of all services, in their newest versions.
    pub fn of(state: &State) -> Self {
        let services = state.catalogue().items().map(|it| (it.service.name, Arc::clone(it)));
        Self { services: services.collect(), subscriptions: BTreeMap::new() }
    }

    /// With the subscriptions of an account, told apart by their names in the network where it has
    /// several of one service.
    pub fn with(mut self, account: &Account) -> Self {
        let all = account.subscriptions();
        for it in all {
            let is_one = all.iter().filter(|other| other.service == it.service).count() == 1;
            let parts = [self.service(it.service), it.subjects.join(", ")];
            let shown = parts.into_iter().take(if is_one { 1 } else { 2 });
            let title = shown.filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" · ");
            self.subscriptions.insert((account.id, it.serial), title);
        }
        self
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

    /// The subscription that an entry is about.
    pub fn subscription(&self, entry: &Entry) -> Option<String> {
        self.subscriptions.get(&key(entry)?).cloned()
    }
    /// With the subscriptions that these entries say no more of than a number, and that are none of
    /// an account's any more: by the other entries, or else by what came before on the account.
    ///
    /// Those that come first are the newest.
    pub fn learn(&mut self, reader: &dyn Reader, entries: &[Entry]) -> Result<(), StoreError> {
        entries.iter().for_each(|it| self.note(it));
        let mut looked_at = 0;
        for entry in entries {
            let Some(key) = key(entry).filter(|it| !self.subscriptions.contains_key(it)) else {
                continue;
            };
            reader.account_entries(entry.position, &mut |before| {
                looked_at += 1;
                if self::key(&before) == Some(key) {
                    self.note(&before);
                }
                match self.subscriptions.contains_key(&key) || looked_at >= LOOKED_AT_MAX {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            })?;
        }
        Ok(())
    }

    /// Notes what a subscription is called, where the entry says it and nothing better is known.
    fn note(&mut self, entry: &Entry) {
        let Some(key) = key(entry) else { return };
        let service = match &entry.fact {
            Fact::PlanChanged { change, .. } => Some(change.to),
            _ => view::name(entry).and_then(|it| Name::new(&it).ok()),
        };
        if let Some(service) = service {
            let title = self.service(service);
            self.subscriptions.entry(key).or_insert(title);
        }
    }
}

/// The subscription that an entry is about.
fn key(entry: &Entry) -> Option<(AccountId, u32)> {
    Some((entry.posting?.account, entry.fact.subscription()?))
}
