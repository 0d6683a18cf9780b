//! What a checkpoint saves and a restart restores.

use std::cmp::Reverse;

use super::{Page, PageContent, State};
use crate::{Entry, Position, Timestamp};

impl State {
    pub fn page(&self, page: usize) -> Option<&PageContent> {
        self.pages.get(page).map(|it| &it.content)
    }

    pub fn pages_count(&self) -> usize {
        self.pages.len()
    }

    /// Whether a page has changed since it was last saved.
    pub fn is_page_changed(&self, page: usize) -> bool {
        self.pages.get(page).is_some_and(|it| it.changed_by.is_some())
    }

    pub fn mark_page_saved(&mut self, page: usize) {
        if let Some(page) = self.pages.get_mut(page) {
            page.changed_by = None;
        }
    }

    /// The first entry that a restart has to replay: all before it are in saved pages.
    pub fn replay_from(&self) -> Position {
        let oldest = self.pages.iter().filter_map(|it| it.changed_by).min();
        oldest.unwrap_or(self.shared.head.plus(1))
    }

    /// Puts back a saved page, true for `position`. Pages come in order, before any replay.
    pub fn restore_page(&mut self, position: Position, content: PageContent) {
        self.accounts_count += content.accounts.len();
        for account in &content.accounts {
            self.numbers.insert(account.number.clone(), account.id);
            for subscription in account.subscriptions().iter().filter(|it| !it.closed) {
                let id = account.subscription_id(subscription.serial);
                for subject in &subscription.subjects {
                    self.subjects.insert(subject.clone(), id);
                }
            }
        }
        self.pages.push(Page { content, changed_by: None, restored_at: position });
        let accounts = self.pages.last_mut().map(|it| &mut it.content.accounts);
        let mut restored = Vec::new();
        for account in accounts.into_iter().flatten() {
            account.due_at = account.next_deadline();
            if account.due_at < Timestamp::NEVER {
                self.due.push(Reverse((account.due_at, account.id)));
            }
            restored.push(account.id);
        }
        restored.into_iter().for_each(|it| self.note_waiting(it));
    }

    /// Folds an entry that a checkpoint may have seen in part: each page and the shared figures
    /// take only what came after they were saved.
    pub fn replay(&mut self, entry: &Entry, shared_at: Position) {
        let is_new = |place: Option<(usize, usize)>| {
            let page = place.and_then(|(page, _)| self.pages.get(page));
            page.is_none_or(|it| entry.position > it.restored_at)
        };
        let to_customer = is_new(entry.customer.and_then(|it| self.locate_customer(it)));
        let to_account = is_new(entry.posting.and_then(|it| self.locate(it.account)));
        if to_customer {
            self.apply_to_customer(entry);
        }
        if to_account {
            self.apply_to_account(entry);
        }
        if entry.position > shared_at {
            self.apply_to_shared(entry);
        }
    }
}
