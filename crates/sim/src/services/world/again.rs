//! The journal again: from nothing, and from a checkpoint on.

use engine::{Entry, Fact, PageContent, State, Timestamp};

use super::{Saved, ServiceWorld, exchange};
use crate::world::remembered;

impl ServiceWorld {
    /// Saves a checkpoint in the form in which it is stored.
    pub(super) fn save(&mut self) {
        let pages = (0..self.state.pages_count()).filter_map(|it| self.state.page(it));
        let pages = pages.map(|it| postcard::to_allocvec(it).expect("it is plain")).collect();
        let (position, shared) = (self.state.shared.head, self.state.shared.clone());
        self.saved.push(Saved { position, pages, shared });
    }

    /// The journal makes the state that is here, from nothing and from every checkpoint.
    pub(super) fn check_again(&mut self) -> Result<(), String> {
        let mut replayed = State::new(self.state.settings.clone(), exchange());
        self.journal.iter().for_each(|it| replayed.apply(it));
        self.check_same("a replay from nothing", &replayed)?;
        let mut sums = std::collections::BTreeMap::new();
        for ((currency, _), sum) in self.state.trial_balance() {
            *sums.entry(currency).or_insert(0_i128) += sum;
        }
        if sums.values().any(|it| *it != 0) {
            return Err(format!("the books do not balance: {sums:?}"));
        }
        for saved in &self.saved {
            let restarted = self.restart(saved)?;
            self.check_same("a restart from a checkpoint", &restarted)?;
            // What the journal's time has passed already is done at once, in no order of its own.
            if self.ledger.next_moment() > Some(self.state.shared.last_at.0) {
                self.check_future(restarted)?;
            }
        }
        Ok(())
    }

    /// As a store does it: rates and services up to there come from the directory.
    fn restart(&self, saved: &Saved) -> Result<State, String> {
        let mut state = State::new(self.state.settings.clone(), exchange());
        for page in &saved.pages {
            let content: PageContent = postcard::from_bytes(page).map_err(|it| it.to_string())?;
            state.restore_page(saved.position, content);
        }
        state.shared = saved.shared.clone();
        for entry in self.journal.iter().filter(|it| it.position <= saved.position) {
            match &entry.fact {
                Fact::ServiceSet(service) => state.insert_service(service),
                Fact::PromisePolicySet(policy) => state.insert_promise_policy(policy),
                Fact::ExchangeRatesAdded(added) => {
                    added.dated().for_each(|it| state.exchange.insert(it));
                }
                _ => {}
            }
        }
        self.journal.iter().for_each(|it| state.replay(it, saved.position));
        Ok(state)
    }

    fn check_same(&self, what: &str, other: &State) -> Result<(), String> {
        if self.state.shared != other.shared {
            let (live, other) = (&self.state.shared, &other.shared);
            return Err(format!("{what} makes {other:?} of {live:?}"));
        }
        let accounts = |it: &State| -> Vec<_> {
            it.accounts().map(|it| remembered(it, self.latest)).collect()
        };
        for (live, other) in accounts(&self.state).into_iter().zip(accounts(other)) {
            if live != other {
                return Err(format!("{what} makes {other:#?} of {live:#?}"));
            }
        }
        for service in self.state.catalogue().services() {
            let versions = |it: &State| it.catalogue().versions(service.name).count();
            if versions(&self.state) != versions(other) {
                return Err(format!("{what} knows other versions of {}", service.name));
            }
        }
        for subject in self.subjects() {
            let (live, other) = (self.state.subject(&subject), other.subject(&subject));
            if live != other {
                return Err(format!("{what} knows {subject} as {other:?}, not as {live:?}"));
            }
        }
        Ok(())
    }

    /// Every name that a subscription ever had.
    fn subjects(&self) -> Vec<Box<str>> {
        let of = |entry: &Entry| match &entry.fact {
            Fact::SubscriptionOpened { fact, .. } => fact.subjects.clone(),
            Fact::SubscriptionChanged { change, .. } => change.subjects.clone().unwrap_or_default(),
            _ => Vec::new(),
        };
        self.journal.iter().flat_map(of).collect()
    }

    /// What falls due later falls due after a restart as well, in the same order.
    fn check_future(&self, mut restarted: State) -> Result<(), String> {
        let later = Timestamp(self.latest.0 + 40 * 86_400_000_000);
        let fire = |state: &mut State| {
            let mut entries = Vec::new();
            while entries.len() < 150 && state.fire_next(later, &mut entries) {}
            entries
        };
        let (live, after) = (fire(&mut self.state.clone()), fire(&mut restarted));
        let differ =
            live.iter().zip(&after).find(|it| format!("{:?}", it.0) != format!("{:?}", it.1));
        match (differ, live.len() == after.len()) {
            (None, true) => Ok(()),
            (Some((live, after)), _) => {
                Err(format!("after a restart comes {after:#?}, and should come {live:#?}"))
            }
            (None, false) => {
                Err(format!("after a restart come {} entries of {}", after.len(), live.len()))
            }
        }
    }
}
