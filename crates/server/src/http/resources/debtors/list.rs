//! Looking through the accounts for the first debtors after a place.

use std::collections::BinaryHeap;

use engine::{AccountId, State, Timestamp, day_of};
use serde::{Deserialize, Serialize};

use super::Sort;
use crate::http::app::App;
use crate::http::error::Problem;
use crate::http::resources::receivables::Scope;
use crate::shards::Question;

/// What is looked at without anybody else having a turn, in well below a millisecond: pages of
/// debtors, and debtors that have a place in the list.
const SLICE_PAGES: usize = 256;
const SLICE_PLACES: usize = 4_096;

/// Which debtors are asked for.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Wanted {
    pub scope: Scope,
    pub sort: Sort,
    pub older_than_days: Option<i32>,
    pub after: Option<Place>,
}

/// Where a debtor stands in the list: by the day or the sum, then by account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The day of the oldest debt, or the units that are owed below zero.
    rank: i64,
    account: AccountId,
}

impl Place {
    pub fn parse(text: &str) -> Option<Self> {
        let (rank, account) = text.rsplit_once('.')?;
        Some(Self { rank: rank.parse().ok()?, account: AccountId(account.parse().ok()?) })
    }

    pub fn cursor(self) -> String {
        format!("{}.{}", self.rank, self.account.0)
    }
}

impl Wanted {
    /// Where a debtor stands in the list that is asked for, if they do: before `bound`.
    fn place(
        self,
        state: &State,
        (account, oldest): (AccountId, i32),
        today: i32,
        bound: Option<Place>,
    ) -> Option<Place> {
        if self.older_than_days.is_some_and(|days| today - oldest <= days) {
            return None;
        }
        // The account is in another place of memory, and its customer in a third: looked at last.
        let rank = match self.sort {
            Sort::Oldest => i64::from(oldest),
            Sort::Largest => -state.account(account)?.owed().units(),
        };
        let place = Place { rank, account };
        let is_next = self.after.is_none_or(|it| place > it);
        if !is_next || bound.is_some_and(|it| place >= it) {
            return None;
        }
        let Scope { currency, group } = self.scope;
        let has = match (currency, group) {
            (None, None) => true,
            (_, None) => self.scope.has(state.account(account)?.currency, None),
            (_, Some(_)) => {
                let account = state.account(account)?;
                self.scope.has(account.currency, state.group_of(account))
            }
        };
        has.then_some(place)
    }
}

/// A search for the first places of the list: what was found so far, and where it goes on.
struct Search {
    wanted: Wanted,
    today: i32,
    /// Places that are kept at most.
    keep: usize,
    /// The last of those that are kept is on top, and goes when a better one comes.
    kept: BinaryHeap<Place>,
    page: usize,
}

impl Search {
    /// Looks at a slice of the accounts; says whether there is more to look at.
    fn go_on(&mut self, state: &State) -> bool {
        let oldest = &state.receivables.oldest;
        let (mut pages, mut places) = (0, 0);
        while pages < SLICE_PAGES && places < SLICE_PLACES {
            let Some(page) = oldest.page_before(self.page, self.latest()) else { return false };
            for debtor in oldest.debtors(page) {
                let bound = self.bound();
                let Some(place) = self.wanted.place(state, debtor, self.today, bound) else {
                    continue;
                };
                if bound.is_some() {
                    self.kept.pop();
                }
                self.kept.push(place);
                places += 1;
            }
            self.page = page + 1;
            pages += 1;
        }
        true
    }

    /// The last place that is kept, when there is no room for one after it.
    fn bound(&self) -> Option<Place> {
        self.kept.peek().copied().filter(|_| self.kept.len() == self.keep)
    }

    /// The day before which somebody has to owe who still finds a place: of two who owe since the
    /// same day the one with the lower id comes first, and that was looked at already.
    fn latest(&self) -> i32 {
        let Wanted { sort, older_than_days, .. } = self.wanted;
        let bound = self.bound().filter(|_| sort == Sort::Oldest);
        let bound = bound.and_then(|it| i32::try_from(it.rank).ok());
        let age = older_than_days.map(|days| self.today - days);
        bound.into_iter().chain(age).min().unwrap_or(i32::MAX)
    }
}

/// Asks a shard for its first places of the list, so many at most, in order.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct AskDebtors {
    wanted: Wanted,
    keep: usize,
    today: i32,
}

impl Question for AskDebtors {
    const NAME: &'static str = "debtors";

    type Answer = Vec<Place>;

    async fn answer(self, app: &App) -> Result<Vec<Place>, Problem> {
        let Self { wanted, keep, today } = self;
        let mut search = Search { wanted, today, keep, kept: BinaryHeap::new(), page: 0 };
        let mut has_more = true;
        while has_more {
            let look = move |state: &State, _| {
                let has_more = search.go_on(state);
                (search, has_more)
            };
            (search, has_more) = app.shard.read(None, look).await?;
        }
        Ok(search.kept.into_sorted_vec())
    }
}

/// The first places of the list, over all shards.
pub async fn find(
    app: &App,
    wanted: Wanted,
    limit: usize,
    as_of: Timestamp,
) -> Result<Places, Problem> {
    let finding = AskDebtors { wanted, keep: limit + 1, today: day_of(as_of) };
    let mut places = app.ask_all(finding).await?.concat();
    places.sort_unstable();
    let has_more = places.len() > limit;
    places.truncate(limit);
    let next = places.last().copied().filter(|_| has_more);
    Ok(Places { places, next })
}

pub struct Places {
    places: Vec<Place>,
    /// The last place, when there are more after it.
    next: Option<Place>,
}

impl Places {
    /// The first so many, those after them where there are more, and else the last place where
    /// the list goes on.
    pub fn split(mut self, count: usize) -> (Self, Option<Self>, Option<Place>) {
        let rest = self.places.split_off(count.min(self.places.len()));
        let first = Self { places: self.places, next: None };
        match rest.is_empty() {
            true => (first, None, self.next),
            false => (first, Some(Self { places: rest, next: self.next }), None),
        }
    }

    /// The accounts in their order, and the cursor of what comes after them.
    pub fn accounts(self) -> (Vec<AccountId>, Option<String>) {
        (self.places.iter().map(|it| it.account).collect(), self.next.map(Place::cursor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_split_into_pieces_and_goes_on_after_its_last_one() {
        let place = |account| Place { rank: 7, account: AccountId(account) };
        let places = Places { places: (1..=5).map(place).collect(), next: Some(place(5)) };
        let accounts = |it: Places| it.accounts().0.into_iter().map(|it| it.0).collect::<Vec<_>>();
        let (first, rest, next) = places.split(2);
        assert_eq!((accounts(first), next), (vec![1, 2], None));
        let (first, rest, next) = rest.expect("three more").split(2);
        assert_eq!((accounts(first), next), (vec![3, 4], None));
        let (first, rest, next) = rest.expect("one more").split(2);
        assert_eq!((accounts(first), next), (vec![5], Some(place(5))));
        assert!(rest.is_none());
    }
}
