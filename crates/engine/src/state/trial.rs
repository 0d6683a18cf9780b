//! What an order would come to, before anybody gives it.
//!
//! **Invariant:** there is no second set of rules here. The accounts that the order names are put
//! into a state beside this one, and the function that decides goes on with it there.

use std::sync::Arc;

use super::{PageContent, State};
use crate::{AccountId, Entry, Order, Receivables, Refusal, Timestamp, Whose};

/// What would be written, and the accounts as they would be then.
#[derive(Clone, Debug)]
pub struct Trial {
    pub entries: Vec<Entry>,
    /// Only the accounts that the order names are to be asked for in it.
    pub state: State,
}

impl State {
    /// Decides an order, and writes nothing: what it would come to, or why not. `None` for one that
    /// names no account: there is nothing to try it on.
    pub fn trial(&self, order: &Order, now: Timestamp) -> Option<Result<Trial, Refusal>> {
        let now = now.max(self.shared.last_at);
        let named: Vec<Whose<'_>> = order.command.accounts().into_iter().flatten().collect();
        if named.is_empty() {
            return None;
        }
        let found: Vec<AccountId> = named.into_iter().filter_map(|it| self.find(it)).collect();
        let mut state = self.beside(&found);
        let mut entries = Vec::new();
        state.fire_due_before(&order.command, now, &mut entries);
        let due = entries.len();
        if let Err(refusal) = state.execute(order, now, &mut entries) {
            return Some(Err(refusal));
        }
        // What has fallen due happens anyway.
        entries.drain(..due);
        Some(Ok(Trial { entries, state }))
    }

    /// A state that has the pages of these accounts and of their customers, and no other.
    fn beside(&self, accounts: &[AccountId]) -> State {
        let owners = accounts.iter().filter_map(|it| self.account(*it));
        let owners = owners.filter_map(|it| self.locate_customer(it.customer));
        let places = accounts.iter().filter_map(|it| self.locate(*it)).chain(owners);
        let wanted: Vec<usize> = places.map(|(page, _)| page).collect();
        let mut state = State {
            settings: self.settings.clone(),
            exchange: self.exchange.clone(),
            shared: self.shared.clone(),
            shard: self.shard,
            receivables: Receivables::of_shard(self.shard),
            policies: self.policies.clone(),
            catalogue: Arc::clone(&self.catalogue),
            ..State::default()
        };
        let pages = wanted.iter().max().map_or(0, |it| it.saturating_add(1));
        for page in 0..pages {
            let content = wanted.contains(&page).then(|| self.page(page)).flatten();
            let content = content.map_or_else(PageContent::default, Clone::clone);
            state.restore_page(self.shared.head, content);
        }
        state
    }
}
