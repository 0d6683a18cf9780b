//! What only some accounts have, and what is owed altogether, against the oracle.

use std::collections::BTreeMap;

use engine::{Account, AccountId, Debt, Order, State};

use super::{World, accounts_of};
use crate::More;
use crate::oracle::ended;

impl World {
    pub(super) fn more(&self, account: &Account) -> More {
        let extra = account.extra.as_deref();
        let promises = account.promises().iter();
        let reversals = extra.map_or(&[][..], |it| &it.reversals).iter();
        let refunds = extra.map_or(&[][..], |it| &it.refunds).iter();
        let mut reversals: Vec<_> = reversals
            .map(|it| {
                let original = it.original.map(|it| i128::from(it.units()));
                (it.payment.0, i128::from(it.amount.units()), original)
            })
            .collect();
        reversals.sort_unstable();
        More {
            debts: account
                .debts
                .iter()
                .map(|it| (it.day.into(), it.amount.units().into()))
                .collect(),
            promises: promises
                .map(|it| (it.credit, it.paid.units().into(), it.ended.map(|it| ended(it.1))))
                .collect(),
            paid: account.paid.units().into(),
            written_off: account.written_off().units().into(),
            reversals,
            refunds: refunds
                .map(|it| (it.request.serial, it.request.amount.units().into()))
                .collect(),
            short_since: extra.and_then(|it| it.short_since).map(|it| it.0),
        }
    }

    pub(super) fn check_receivables(&self, what: &str, state: &State) -> Result<(), String> {
        let sums = state.receivables.sums();
        let found: BTreeMap<_, _> =
            sums.map(|(key, sum)| ((key.currency, key.group, i64::from(key.day)), sum)).collect();
        let expected = self.oracle.receivables();
        if found != expected {
            return Err(format!("{what} say {found:?} is owed, and should say {expected:?}"));
        }
        let oldest = &state.receivables.oldest;
        let found: Vec<_> = (0..oldest.pages_count()).flat_map(|it| oldest.debtors(it)).collect();
        let expected = state.accounts().filter_map(|it| Some((it.id, it.debts.first()?.day)));
        let expected: Vec<_> = expected.collect();
        if found != expected {
            return Err(format!("{what} list {found:?} as debtors, and should {expected:?}"));
        }
        let found: BTreeMap<_, _> = state.receivables.written_off().collect();
        let expected = self.oracle.written_off();
        match found == expected {
            true => Ok(()),
            false => Err(format!("{what} say {found:?} written off, should be {expected:?}")),
        }
    }

    /// The newest points of the history are the sums of now.
    pub(super) fn check_history(&mut self) -> Result<(), String> {
        for point in self.state.receivables.take_history() {
            let before = self.history.insert(point.key, point);
            if before.is_some_and(|it| it.minute > point.minute) {
                return Err(format!("the history goes back from {before:?} to {point:?}"));
            }
        }
        let owed = self.history.values().filter(|it| it.owed != 0);
        let found: Vec<_> = owed.map(|it| (it.key, it.owed)).collect();
        let expected: Vec<_> = self.state.receivables.sums().collect();
        match found == expected {
            true => Ok(()),
            false => Err(format!("the history ends in {found:?}, and {expected:?} is owed")),
        }
    }

    /// The debts of the accounts that an order is about.
    pub(super) fn debts_of(&self, order: &Order) -> Vec<(AccountId, Vec<Debt>)> {
        let accounts = accounts_of(&self.state, order).into_iter();
        let accounts = accounts.filter_map(|it| self.state.account(it));
        let owing = accounts.map(|it| (it.id, it.debts.iter().collect::<Vec<_>>()));
        owing.filter(|(_, debts)| debts.len() > 1).collect()
    }

    /// Counts where the oldest of several debts was paid and a younger one was not.
    pub(super) fn check_oldest_paid(&mut self, debts: &[(AccountId, Vec<Debt>)]) {
        for (account, before) in debts {
            let after = self.state.account(*account).map(|it| it.debts.iter().collect::<Vec<_>>());
            let after = after.unwrap_or_default();
            let (Some(oldest), Some(youngest)) = (before.first(), before.last()) else { continue };
            if !after.contains(oldest) && after.contains(youngest) {
                self.coverage.count("debt paid first in first out");
            }
        }
    }
}
