//! What is decided upon of a customer: the group, how long they have been one, their accounts.

use serde::{Deserialize, Serialize};

use super::{State, place_of};
use crate::{
    Account, AccountId, CustomerFields, CustomerId, Entry, Fact, Name, Position, Timestamp, Zone,
};

/// A customer in memory; the directory knows the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Policies and reports go by it.
    pub group: Option<Name>,
    /// Since when they are a customer.
    pub since: Timestamp,
    /// Where their days begin, when it is known.
    pub time_zone: Option<Zone>,
    /// The account that was opened last; each knows the one before it.
    pub newest_account: Option<AccountId>,
}

impl Customer {
    fn new(fields: &CustomerFields, created_at: Timestamp) -> Self {
        let since = fields.since.unwrap_or(created_at);
        let time_zone = fields.time_zone;
        Self { group: fields.group, since, time_zone, newest_account: None }
    }
}

impl State {
    pub fn customer(&self, id: CustomerId) -> Option<&Customer> {
        let (page, place) = self.locate_customer(id)?;
        self.pages.get(page)?.content.customers.get(place)
    }

    /// Since when somebody is a customer.
    pub fn customer_since(&self, id: CustomerId) -> Timestamp {
        self.customer(id).map_or(Timestamp::NEVER, |it| it.since)
    }

    pub fn group_of(&self, account: &Account) -> Option<Name> {
        self.customer(account.customer)?.group
    }

    /// The accounts of a customer, newest first.
    pub fn accounts_of(&self, customer: CustomerId) -> impl Iterator<Item = &Account> {
        let newest = self.customer(customer).and_then(|it| it.newest_account);
        let next = |account: &&Account| account.elder.and_then(|it| self.account(it));
        std::iter::successors(newest.and_then(|it| self.account(it)), next)
    }

    pub(crate) fn apply_to_customer(&mut self, entry: &Entry) {
        let Some(id) = entry.customer else { return };
        match &entry.fact {
            Fact::CustomerCreated(fields) => {
                let (page, place) = self.locate_customer(id).expect("ids count from 1");
                self.make_room(page);
                let customers = &mut self.pages[page].content.customers;
                assert_eq!(place, customers.len(), "customers come in the order of their ids");
                customers.push(Customer::new(fields, entry.at));
            }
            Fact::CustomerUpdated(fields) => self.update_customer(id, fields, entry.at),
            Fact::AccountOpened(_) => {
                let posting = entry.posting.expect("an opening has a posting");
                self.customer_mut(id).newest_account = Some(posting.account);
            }
            _ => return,
        }
        self.mark_customer_changed(id, entry.position);
    }

    /// A customer who changes the group takes what is owed along.
    fn update_customer(&mut self, id: CustomerId, fields: &CustomerFields, at: Timestamp) {
        let before = *self.customer_mut(id);
        // When they were first known is kept where nothing else is said.
        let since = fields.since.unwrap_or(before.since);
        let (group, time_zone) = (fields.group, fields.time_zone);
        *self.customer_mut(id) = Customer { group, since, time_zone, ..before };
        if before.time_zone != time_zone {
            self.look_again_at(id);
        }
        if before.group != fields.group {
            self.move_receivables(id, before.group, fields.group, at);
        }
    }

    /// Page of a customer and the place there; `None` for who is in another shard.
    pub(super) fn locate_customer(&self, id: CustomerId) -> Option<(usize, usize)> {
        id.index_in(self.shard).map(place_of)
    }

    fn customer_mut(&mut self, id: CustomerId) -> &mut Customer {
        let (page, place) = self.locate_customer(id).expect("ids count from 1");
        let customer = self.pages.get_mut(page).and_then(|it| it.content.customers.get_mut(place));
        customer.expect("an entry names a customer who exists")
    }

    fn mark_customer_changed(&mut self, id: CustomerId, by: Position) {
        let page = self.locate_customer(id).and_then(|(page, _)| self.pages.get_mut(page));
        page.expect("the customer exists").changed_by.get_or_insert(by);
    }
}
