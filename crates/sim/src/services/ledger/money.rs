//! Limits, promises and sessions of an account.

use engine::{Entry, Fact, Limit};

use super::Ledger;
use super::purse::Credit;

impl Ledger {
    /// Takes in what an entry does to limits; sessions were taken in when they were checked.
    pub(super) fn fold_money(&mut self, entry: &Entry) -> Result<(), String> {
        let id = entry.posting.expect("the caller has it").account.0;
        let purse = self.purses.get_mut(&id).ok_or("of no account")?;
        match &entry.fact {
            Fact::AccountClosed => purse.closed = true,
            Fact::CreditLimitSet(set) => purse.limit = limit(*set),
            Fact::CreditCeilingSet(set) => purse.ceiling = set.map(|it| it.units().into()),
            &Fact::CreditGranted { serial, amount, until, .. } => {
                let credit = Credit { amount: amount.units().into(), until: until.0 };
                purse.credits.insert(serial, credit);
            }
            Fact::PromiseGranted(fact) => {
                let credit = Credit { amount: fact.amount.units().into(), until: fact.until.0 };
                purse.credits.insert(fact.credit, credit);
            }
            Fact::CreditEnded { serial, .. } => _ = purse.credits.remove(serial),
            Fact::PromiseEnded(fact) => _ = purse.credits.remove(&fact.credit),
            _ => {}
        }
        Ok(())
    }
}

pub(super) fn limit(limit: Limit) -> Option<i128> {
    match limit {
        Limit::Limited(limit) => Some(limit.units().into()),
        Limit::Unlimited => None,
    }
}
