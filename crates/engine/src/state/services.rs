//! The catalogue in force, and the names by which the network knows subscriptions.

use std::sync::Arc;

use super::State;
use crate::{
    Account, AccountId, Catalogue, Customer, Service, Subscription, SubscriptionId, WhoseDays, Zone,
};

impl State {
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Puts a version of a service in force; a restart puts back those that the directory has.
    pub fn insert_service(&mut self, service: &Service) {
        Arc::make_mut(&mut self.catalogue).insert(service);
    }

    /// The subscription that the network knows by this name.
    pub fn subject(&self, subject: &str) -> Option<SubscriptionId> {
        self.subjects.get(subject).copied()
    }

    /// Finds again whom the network's names lead to, after a restart: a name that moved between two
    /// pages is seen by the replay on one side only.
    pub fn find_subjects(&mut self) {
        self.subjects.clear();
        let accounts = self.pages.iter().flat_map(|it| &it.content.accounts);
        for account in accounts {
            for subscription in account.subscriptions().iter().filter(|it| !it.closed) {
                let id = account.subscription_id(subscription.serial);
                for subject in &subscription.subjects {
                    self.subjects.insert(subject.clone(), id);
                }
            }
        }
    }

    pub fn subscription(&self, id: SubscriptionId) -> Option<&Subscription> {
        self.account(id.account)?.subscription(id.serial)
    }

    /// In which zone a service's days begin for the customer of an account.
    pub(crate) fn zone_of(&self, account: &Account, service: &Service) -> Zone {
        let own = match service.days {
            WhoseDays::Provider => None,
            WhoseDays::Customer => self.customer(account.customer).and_then(|it| it.time_zone),
        };
        own.unwrap_or(self.settings.calendar.zone)
    }

    pub(crate) fn learn_subject(&mut self, subject: Box<str>, id: SubscriptionId) {
        self.subjects.insert(subject, id);
    }

    pub(crate) fn forget_subject(&mut self, subject: &str) {
        self.subjects.remove(subject);
    }

    /// A state with one account in it and nothing else, to try out what would follow. The account
    /// and its customer have number 1 there.
    pub(crate) fn scratch(&self, id: AccountId) -> Option<(State, AccountId)> {
        let account = self.account(id)?;
        let (number, customer) = (AccountId(1), crate::CustomerId(1));
        let mut alone = account.clone();
        alone.id = number;
        alone.customer = customer;
        alone.elder = None;
        // What is only remembered does nothing any more.
        alone.sessions.retain(|it| matches!(it.phase, crate::Phase::Open { .. }));
        let person = self.customer(account.customer).copied()?;
        let person = Customer { newest_account: Some(number), ..person };
        let mut state = State {
            settings: self.settings.clone(),
            exchange: self.exchange.clone(),
            catalogue: Arc::clone(&self.catalogue),
            ..State::default()
        };
        state.shared.head = self.shared.head;
        state.shared.last_at = self.shared.last_at;
        state.shared.customers_count = 1;
        let content = super::PageContent { accounts: vec![alone], customers: vec![person] };
        state.restore_page(self.shared.head, content);
        Some((state, number))
    }
}
