//! What an account owes, by the day since when.
//!
//! **Invariant:** together the debts are the balance below zero. Nearly every debtor owes since
//! one day or two, so the newest debt stands in the account itself and only older ones elsewhere.

use serde::{Deserialize, Serialize};

use crate::Amount;

/// A part of what is owed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Debt {
    /// Days from 1970-01-01 in UTC.
    pub day: i32,
    pub amount: Amount,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Debts {
    /// Of no amount when nothing is owed.
    newest: Debt,
    /// Oldest first; never empty.
    #[expect(clippy::box_collection, reason = "eight bytes in each account, and few have one")]
    older: Option<Box<Vec<Debt>>>,
}

impl Debts {
    /// Every debt, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = Debt> {
        let newest = Some(self.newest).filter(|it| !it.amount.is_zero());
        self.older().iter().copied().chain(newest)
    }

    /// The oldest one.
    pub fn first(&self) -> Option<Debt> {
        self.iter().next()
    }

    pub fn is_empty(&self) -> bool {
        self.newest.amount.is_zero()
    }

    fn older(&self) -> &[Debt] {
        self.older.as_deref().map_or(&[], |it| it)
    }

    /// More is owed, since `day`.
    pub(crate) fn owe(&mut self, day: i32, amount: Amount) {
        if self.is_empty() {
            self.newest = Debt { day, amount };
        } else if self.newest.day == day {
            self.newest.amount = add(self.newest.amount, amount);
        } else if self.newest.day < day {
            let before = std::mem::replace(&mut self.newest, Debt { day, amount });
            self.older.get_or_insert_default().push(before);
        } else {
            self.owe_earlier(day, amount);
        }
    }

    /// A debt that is older than the newest: it was brought in from another system.
    fn owe_earlier(&mut self, day: i32, amount: Amount) {
        let older = self.older.get_or_insert_default();
        let place = older.partition_point(|it| it.day < day);
        match older.get_mut(place).filter(|it| it.day == day) {
            Some(debt) => debt.amount = add(debt.amount, amount),
            None => older.insert(place, Debt { day, amount }),
        }
    }

    /// The oldest debts are paid first; calls `each` with every day and what was paid of it.
    pub(crate) fn pay(&mut self, amount: Amount, mut each: impl FnMut(i32, Amount)) {
        let mut left = amount;
        if let Some(older) = &mut self.older {
            let mut paid_off = 0;
            for debt in older.iter_mut() {
                let paid = debt.amount.min(left);
                each(debt.day, paid);
                left = subtract(left, paid);
                debt.amount = subtract(debt.amount, paid);
                paid_off += usize::from(debt.amount.is_zero());
                if left.is_zero() {
                    break;
                }
            }
            older.drain(..paid_off);
            if older.is_empty() {
                self.older = None;
            }
        }
        if !left.is_zero() {
            each(self.newest.day, left);
            self.newest.amount = subtract(self.newest.amount, left);
        }
        if self.newest.amount.is_zero() {
            self.newest = Debt::default();
        }
    }
}

fn add(left: Amount, right: Amount) -> Amount {
    left.checked_add(right).expect("parts of one sum stay in bounds")
}

fn subtract(left: Amount, right: Amount) -> Amount {
    left.checked_sub(right).expect("the smaller one is subtracted")
}
