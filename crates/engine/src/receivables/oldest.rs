//! Since when each debtor owes, side by side in memory: looking through a million of them reads
//! four megabytes here, and half a gigabyte of accounts. Where only the oldest debts are wanted,
//! whole pages are passed over by the day of their oldest one.

use crate::state::{PAGE_ACCOUNTS, place_of};
use crate::{AccountId, ShardId};

/// Owes nothing.
const NOTHING: i32 = i32::MAX;

/// The day of each account's oldest debt.
///
/// **Invariant:** `first_days` has, for each page, the least of its days.
#[derive(Clone, Debug, Default)]
pub struct OldestDebts {
    shard: ShardId,
    /// Pages without a debtor are left out until they have one.
    pages: Vec<Option<Box<[i32; PAGE_ACCOUNTS]>>>,
    first_days: Vec<i32>,
}

impl OldestDebts {
    pub(crate) fn of_shard(shard: ShardId) -> Self {
        Self { shard, ..Self::default() }
    }

    pub(crate) fn set(&mut self, id: AccountId, day: Option<i32>) {
        let Some((page, place)) = id.index_in(self.shard).map(place_of) else { return };
        if page >= self.pages.len() {
            if day.is_none() {
                return;
            }
            self.pages.resize(page.saturating_add(1), None);
            self.first_days.resize(page.saturating_add(1), NOTHING);
        }
        let (Some(found), Some(first)) = (self.pages.get_mut(page), self.first_days.get_mut(page))
        else {
            return;
        };
        if found.is_none() && day.is_none() {
            return;
        }
        let days = found.get_or_insert_with(|| Box::new([NOTHING; PAGE_ACCOUNTS]));
        let Some(slot) = days.get_mut(place) else { return };
        let was = std::mem::replace(slot, day.unwrap_or(NOTHING));
        *first = match day {
            Some(day) if day <= *first => day,
            // Only when the oldest of all has paid does somebody else take its place.
            _ if was == *first => days.iter().copied().min().unwrap_or(NOTHING),
            _ => *first,
        };
    }

    /// The first page from `from` on with somebody who owes since before `day`.
    pub fn page_before(&self, from: usize, day: i32) -> Option<usize> {
        let mut pages = self.first_days.iter().enumerate().skip(from);
        pages.find(|(_, first)| **first < day).map(|(page, _)| page)
    }

    /// Those who owe something among the accounts of a page, by id, each with the day since when.
    pub fn debtors(&self, page: usize) -> impl Iterator<Item = (AccountId, i32)> {
        let first = page.saturating_mul(PAGE_ACCOUNTS).saturating_add(1);
        let numbers = (first..).filter_map(|it| u32::try_from(it).ok());
        let ids = numbers.filter_map(|it| self.shard.account(it));
        let days = self.pages.get(page).and_then(Option::as_deref);
        let days = days.into_iter().flatten().copied();
        ids.zip(days).filter(|(_, day)| *day != NOTHING)
    }

    /// Pages there are, with debtors or not.
    pub fn pages_count(&self) -> usize {
        self.pages.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn debtors(oldest: &OldestDebts, page: usize) -> Vec<(u32, i32)> {
        oldest.debtors(page).map(|(id, day)| (id.0, day)).collect()
    }

    #[test]
    fn debtors_are_found_by_page_and_forgotten_when_they_have_paid() {
        let mut oldest = OldestDebts::default();
        oldest.set(AccountId(700), None);
        assert_eq!((oldest.pages_count(), debtors(&oldest, 0)), (0, vec![]));
        for (id, day) in [(700, 20_000), (1, 19_000), (256, 5), (257, -3), (512, 7)] {
            oldest.set(AccountId(id), Some(day));
        }
        assert_eq!(oldest.pages_count(), 3);
        assert_eq!(debtors(&oldest, 0), [(1, 19_000), (256, 5)]);
        assert_eq!(debtors(&oldest, 1), [(257, -3), (512, 7)]);
        assert_eq!(debtors(&oldest, 2), [(700, 20_000)]);
        oldest.set(AccountId(257), None);
        oldest.set(AccountId(512), Some(8));
        assert_eq!(debtors(&oldest, 1), [(512, 8)]);
        assert_eq!(debtors(&oldest, 3), []);
    }

    #[test]
    fn a_page_is_passed_over_when_all_of_it_owe_since_later() {
        let mut oldest = OldestDebts::default();
        for (id, day) in [(1, 19_000), (2, 18_000), (300, 17_000), (700, 20_000)] {
            oldest.set(AccountId(id), Some(day));
        }
        assert_eq!(oldest.page_before(0, 17_000), None);
        assert_eq!(oldest.page_before(0, 17_001), Some(1));
        assert_eq!(oldest.page_before(0, 18_001), Some(0));
        assert_eq!(oldest.page_before(2, 20_000), None);
        assert_eq!(oldest.page_before(2, i32::MAX), Some(2));
        // Another one becomes the page's oldest, whether the first has paid a part or all.
        oldest.set(AccountId(2), Some(18_500));
        assert_eq!(
            (oldest.page_before(0, 18_500), oldest.page_before(0, 18_501)),
            (Some(1), Some(0))
        );
        oldest.set(AccountId(2), None);
        assert_eq!(oldest.page_before(0, 19_000), Some(1));
        assert_eq!(oldest.page_before(0, 19_001), Some(0));
        oldest.set(AccountId(1), None);
        oldest.set(AccountId(300), None);
        assert_eq!(oldest.page_before(0, i32::MAX), Some(2));
        oldest.set(AccountId(300), Some(4));
        assert_eq!(oldest.page_before(0, 5), Some(1));
    }
}
