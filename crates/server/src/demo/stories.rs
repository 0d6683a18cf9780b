//! What happens once in a while: a payment to the wrong account, a goodwill credit, a customer
//! who leaves.

use std::sync::Arc;

use engine::{
    Account, AccountRef, Balance, Charge, Command, CreditId, FINE_PER_MINOR, Limit, Money, State,
    Timestamp, Timing, Transfer,
};

use super::catalogue::{ROAMING, top_up};
use super::people;
use super::promises::Promised;
use super::provider::{DAY, HOUR, Provider, account_id, name, operation, origin, staff};
use super::roster::Plan;
use crate::shard::Operation;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Story {
    /// A payment that is cancelled some time later.
    WrongPayment,
    Goodwill,
    Correction,
    /// Between two accounts of one customer.
    Transfer,
    /// To somebody who has another currency.
    TransferAbroad,
    /// A temporary limit that ends by itself.
    ShortCredit,
    /// One that runs on after history.
    RunningCredit,
    /// One that is taken back.
    RevokedCredit,
    Revoke(CreditId),
    KeptPromise,
    BrokenPromise,
    OpenPromise,
    /// Pays what was promised on a line.
    KeepPromise(usize),
    RaisedLimit,
    Ceiling,
    /// A new telephone number.
    Moved,
    Renamed,
    /// Use abroad, reported after the fact.
    Roaming,
    /// Away for some days.
    Holiday,
    /// Away, and back before it was planned.
    ShortHoliday,
    Back(engine::SubscriptionId),
    /// A faster plan.
    Faster,
    /// The balance is paid out and the account closed.
    Leave,
}

impl Story {
    /// All that may be told at any time, once each.
    pub const ALL: [Self; 20] = [
        Self::WrongPayment,
        Self::Goodwill,
        Self::Correction,
        Self::Transfer,
        Self::TransferAbroad,
        Self::ShortCredit,
        Self::RunningCredit,
        Self::RevokedCredit,
        Self::KeptPromise,
        Self::BrokenPromise,
        Self::OpenPromise,
        Self::RaisedLimit,
        Self::Ceiling,
        Self::Moved,
        Self::Renamed,
        Self::Roaming,
        Self::Holiday,
        Self::ShortHoliday,
        Self::Faster,
        Self::Leave,
    ];
}

impl Provider {
    pub(super) fn tell(&mut self, story: Story, state: &State, now: Timestamp) -> Vec<Operation> {
        let told = match story {
            Story::WrongPayment => self.wrong_payment(state, now),
            Story::Goodwill => self.goodwill(state),
            Story::Correction => self.correction(state),
            Story::Transfer => self.transfer(state),
            Story::TransferAbroad => self.transfer_abroad(state),
            Story::ShortCredit => self.credit(state, now, 3),
            Story::RunningCredit => self.credit(state, now, 12),
            Story::RevokedCredit => self.revoked_credit(state, now),
            Story::Revoke(credit) => {
                let by = staff(3, Some("granted to the wrong customer"));
                Some(operation(by, Command::RevokeCredit { credit }))
            }
            Story::KeptPromise => self.promise(Promised::Kept, state, now),
            Story::BrokenPromise => self.promise(Promised::Broken, state, now),
            Story::OpenPromise => self.promise(Promised::Open, state, now),
            Story::KeepPromise(line) => self.keep_promise(line, state, now),
            Story::RaisedLimit => self.raised_limit(state),
            Story::Ceiling => self.ceiling(state),
            Story::Moved => self.moved(state),
            Story::Renamed => self.renamed(state),
            Story::Roaming => self.roaming(state),
            Story::Holiday => self.holiday(state, now),
            Story::ShortHoliday => return self.back_early(state, now),
            Story::Back(subscription) => {
                let by = engine::Suspender::Customer;
                let who = origin("self-care", "portal");
                Some(operation(who, Command::ResumeSubscription { subscription, by }))
            }
            Story::Faster => self.faster(state),
            Story::Leave => return self.leave(state),
        };
        told.into_iter().collect()
    }

    /// The first line from a random one on that suits, and its account.
    pub(super) fn find<'a>(
        &mut self,
        state: &'a State,
        suits: impl Fn(&Self, usize, &Account) -> bool,
    ) -> Option<(usize, &'a Account)> {
        let count = self.roster.lines.len();
        let first = self.random.below(count);
        (first..first + count).map(|it| it % count).find_map(|line| {
            let account = self.account(line, state)?;
            suits(self, line, account).then_some((line, account))
        })
    }

    fn find_private<'a>(&mut self, state: &'a State) -> Option<(usize, &'a Account)> {
        self.find(state, |it, line, _| !matches!(it.roster.lines[line].plan, Plan::Office))
    }

    fn wrong_payment(&mut self, state: &State, now: Timestamp) -> Option<Operation> {
        let (line, account) = self.find_private(state)?;
        let payment = self.payment(line, top_up(account.currency, 2), 0, state, now);
        if let Command::ReceivePayment(payment) = &payment.order.command {
            self.wrong.insert(payment.reference.to_string());
        }
        Some(payment)
    }

    fn goodwill(&mut self, state: &State) -> Option<Operation> {
        let (line, account) = self.find_private(state)?;
        let amount = Balance::credit(top_up(account.currency, 0).amount);
        let note = "no signal for a day after the storm";
        Some(self.adjustment(line, account, amount, "goodwill", note))
    }

    fn correction(&mut self, state: &State) -> Option<Operation> {
        let price = |account: &Account| top_up(account.currency, 0).amount;
        let (line, account) = self.find(state, |_, _, it| {
            it.available().is_some_and(|left| left.units() > price(it).units())
        })?;
        let amount = Balance::debit(price(account));
        let note = "a film was not charged while the set-top box was offline";
        Some(self.adjustment(line, account, amount, "correction", note))
    }

    fn adjustment(
        &self,
        line: usize,
        account: &Account,
        amount: Balance,
        reason: &str,
        note: &str,
    ) -> Operation {
        let command = Command::Adjust {
            account: AccountRef::Id(account.id),
            amount,
            currency: account.currency,
            reason: name(reason),
            note: Some(note.into()),
        };
        operation(staff(self.roster.lines[line].customer, None), command)
    }

    fn transfer(&mut self, state: &State) -> Option<Operation> {
        let (line, from) = self.find(state, |it, line, account| {
            let lines = &it.roster.lines;
            let next = lines.get(line + 1);
            let same = next.is_some_and(|it| it.customer == lines[line].customer);
            let open = it.account(line + 1, state).is_some();
            same && open && has_money(account)
        })?;
        let note = "pays the other account of the house";
        Some(transfer_between(from, line + 1, "self-care", note))
    }

    fn transfer_abroad(&mut self, state: &State) -> Option<Operation> {
        let (_, from) = self.find(state, |_, _, account| has_money(account))?;
        let (line, _) = self.find(state, |_, _, it| it.currency != from.currency)?;
        Some(transfer_between(from, line, "self-care", "for my brother abroad"))
    }

    fn credit(&mut self, state: &State, now: Timestamp, days: i64) -> Option<Operation> {
        let (line, account) = self.find(state, |it, line, account| {
            let private = !matches!(it.roster.lines[line].plan, Plan::Office);
            private && account.ceiling.is_none() && account.credits.is_empty()
        })?;
        let money = top_up(account.currency, 1);
        let until = now.plus(days * DAY);
        let command = Command::GrantCredit { account: AccountRef::Id(account.id), money, until };
        let reason = Some("the salary comes on Friday");
        Some(operation(staff(self.roster.lines[line].customer, reason), command))
    }

    fn revoked_credit(&mut self, state: &State, now: Timestamp) -> Option<Operation> {
        let granted = self.credit(state, now, 6)?;
        if let Command::GrantCredit { account, .. } = &granted.order.command {
            let account = state.resolve(account).ok()?;
            let credit = CreditId { account: account.id, serial: account.credits_count + 1 };
            self.plan(now.plus(HOUR), super::provider::Act::Tell(Story::Revoke(credit)));
        }
        Some(granted)
    }

    fn raised_limit(&mut self, state: &State) -> Option<Operation> {
        let (line, account) = self.find(state, |_, _, it| {
            it.ceiling.is_none() && it.limit != Limit::Unlimited && it.credits.is_empty()
        })?;
        let money = top_up(account.currency, 3);
        let command = Command::SetCreditLimit {
            account: AccountRef::Id(account.id),
            limit: Limit::Limited(money.amount),
            currency: Some(money.currency),
        };
        let reason = Some("has paid on time for years");
        Some(operation(staff(self.roster.lines[line].customer, reason), command))
    }

    fn ceiling(&mut self, state: &State) -> Option<Operation> {
        let (line, account) = self.find(state, |_, _, it| it.limit != Limit::NONE)?;
        let money = match account.limit {
            Limit::Unlimited => {
                let month = super::catalogue::OFFICE.price(account.currency);
                let two = month.amount.checked_add(month.amount)?;
                let three = two.checked_add(month.amount)?;
                Money { amount: three, currency: account.currency }
            }
            Limit::Limited(limit) => {
                Money { amount: limit.checked_add(limit)?, currency: account.currency }
            }
        };
        // What is owed already stays within it.
        let owed = account.balance.units().min(0).unsigned_abs();
        let ceiling = (owed < money.amount.units().unsigned_abs()).then_some(money)?;
        let account = AccountRef::Id(account.id);
        let command = Command::SetCreditCeiling { account, ceiling: Some(ceiling) };
        let reason = Some("asked for by the customer");
        Some(operation(staff(self.roster.lines[line].customer, reason), command))
    }

    fn moved(&mut self, state: &State) -> Option<Operation> {
        let (line, account) = self.find_private(state)?;
        let customer = self.roster.lines[line].customer;
        let country = self.roster.country(line);
        let phone = people::phone(&mut self.random, country);
        let fields = &mut self.roster.customers[customer].fields;
        fields.phone = Some(phone);
        let (customer, fields) = (account.customer, Arc::new(fields.clone()));
        let by = staff(line, Some("has a new telephone number"));
        Some(operation(by, Command::UpdateCustomer { customer, fields }))
    }

    fn renamed(&mut self, state: &State) -> Option<Operation> {
        let (line, account) = self.find_private(state)?;
        let name = match self.roster.lines[line].plan {
            Plan::Mobile => "Mobile, work",
            Plan::Internet(_) => "Internet, summer house",
            Plan::Television(_) => "TV, children's room",
            Plan::Office => "Office, annexe",
        };
        let command =
            Command::RenameAccount { account: AccountRef::Id(account.id), name: name.into() };
        Some(operation(origin("self-care", "portal"), command))
    }

    fn roaming(&mut self, state: &State) -> Option<Operation> {
        let (_, account) = self.find(state, |it, line, account| {
            let price = ROAMING.price(account.currency).amount;
            let mobile = matches!(it.roster.lines[line].plan, Plan::Mobile);
            mobile && account.available().is_some_and(|left| left.units() < price.units())
        })?;
        let charge = Charge {
            account: AccountRef::Id(account.id),
            money: ROAMING.price(account.currency),
            service: name(ROAMING.service),
            timing: Timing::AfterUse,
            reference: Some(format!("TAP-{:08x}", self.random.next() as u32).into()),
            note: Some("calls from a ship, reported by the partner network".into()),
        };
        Some(operation(origin("roaming-import", "batch"), Command::Charge(charge)))
    }

    fn leave(&mut self, state: &State) -> Vec<Operation> {
        let found = self.find(state, |it, line, account| {
            let whole = account.balance.units() % FINE_PER_MINOR == 0;
            let stays = matches!(it.roster.lines[line].plan, Plan::Office | Plan::Mobile);
            let quiet = account.credits.is_empty() && account.held.is_zero();
            whole && !stays && quiet && !account.balance.is_negative()
        });
        let Some((line, account)) = found else {
            return Vec::new();
        };
        let mut operations: Vec<_> = super::services::close_all(account).collect();
        if account.balance > Balance::ZERO {
            let amount = Balance::debit(account.balance.magnitude());
            let note = "balance paid out in cash";
            operations.push(self.adjustment(line, account, amount, "payout", note));
        }
        let reason = Some("moves to another island");
        let by = staff(self.roster.lines[line].customer, reason);
        let account = AccountRef::Id(account.id);
        operations.push(operation(by, Command::CloseAccount { account }));
        operations
    }
}

/// Whether a small sum can be given away.
fn has_money(account: &Account) -> bool {
    let small = top_up(account.currency, 0).amount;
    account.available().is_some_and(|it| it.units() >= small.units())
}

fn transfer_between(from: &Account, to: usize, actor: &str, note: &str) -> Operation {
    let transfer = Transfer {
        from: AccountRef::Id(from.id),
        to: AccountRef::Id(account_id(to)),
        money: top_up(from.currency, 0),
        note: Some(note.into()),
    };
    operation(origin(actor, "portal"), Command::Transfer(Box::new(transfer)))
}
