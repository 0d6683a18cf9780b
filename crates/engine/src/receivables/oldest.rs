//! Since when each debtor owes, side by side in memory: looking through a million of them reads
//! four megabytes here, and half a gigabyte of accounts.

use crate::state::{PAGE_ACCOUNTS, place_of};
use crate::{AccountId, ShardId};

/// Owes nothing.
const NOTHING: i32 = i32::MAX;

/// The day of each account's oldest debt.
#[derive(Clone, Debug, Default)]
pub struct OldestDebts {
    shard: ShardId,
    /// Pages without a debtor are left out until they have one.
    pages: Vec<Option<Box<[i32; PAGE_ACCOUNTS]>>>,
}

impl OldestDebts {
    pub(crate) fn of_shard(shard: ShardId) -> Self {
        Self { shard, pages: Vec::new() }
    }

    pub(crate) fn set(&mut self, id: AccountId, day: Option<i32>) {
        let Some((page, place)) = id.index_in(self.shard).map(place_of) else { return };
        if page >= self.pages.len() {
            if day.is_none() {
                return;
            }
            self.pages.resize(page.saturating_add(1), None);
        }
        let Some(found) = self.pages.get_mut(page) else { return };
        if found.is_none() && day.is_none() {
            return;
        }
        let days = found.get_or_insert_with(|| Box::new([NOTHING; PAGE_ACCOUNTS]));
        if let Some(slot) = days.get_mut(place) {
            *slot = day.unwrap_or(NOTHING);
        }
    }

    /// Those who owe something among the accounts of so many pages, by id, each with the day since
    /// when.
    pub fn debtors(
        &self,
        first_page: usize,
        pages: usize,
    ) -> impl Iterator<Item = (AccountId, i32)> {
        let pages = self.pages.iter().enumerate().skip(first_page).take(pages);
        let pages = pages.filter_map(|(page, days)| Some((page, days.as_deref()?)));
        pages.flat_map(|(page, days)| {
            let first = page.saturating_mul(PAGE_ACCOUNTS).saturating_add(1);
            let numbers = (first..).filter_map(|it| u32::try_from(it).ok());
            let ids = numbers.filter_map(|it| self.shard.account(it));
            ids.zip(days.iter().copied()).filter(|(_, day)| *day != NOTHING)
        })
    }

    /// Pages there are, with debtors or not.
    pub fn pages_count(&self) -> usize {
        self.pages.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debtors_are_found_by_page_and_forgotten_when_they_have_paid() {
        let mut oldest = OldestDebts::default();
        let found = |it: &OldestDebts, first, pages| {
            it.debtors(first, pages).map(|(id, day)| (id.0, day)).collect::<Vec<_>>()
        };
        oldest.set(AccountId(700), None);
        assert_eq!((oldest.pages_count(), found(&oldest, 0, 9)), (0, vec![]));
        for (id, day) in [(700, 20_000), (1, 19_000), (256, 5), (257, -3), (512, 7)] {
            oldest.set(AccountId(id), Some(day));
        }
        assert_eq!(oldest.pages_count(), 3);
        assert_eq!(found(&oldest, 0, 1), [(1, 19_000), (256, 5)]);
        assert_eq!(found(&oldest, 1, 9), [(257, -3), (512, 7), (700, 20_000)]);
        oldest.set(AccountId(257), None);
        oldest.set(AccountId(512), Some(8));
        assert_eq!(found(&oldest, 1, 1), [(512, 8)]);
        assert_eq!(found(&oldest, 3, 1), []);
    }
}
