//! Payments that wait, and money that goes back.

use engine::{
    AccountId, AccountRef, AllocatePayment, Amount, CancelPayment, Command, Money, ReceivePayment,
    RefundPayment, ReturnPayment, ReversePart, Timestamp,
};

use super::{Generator, SECOND};
use crate::Oracle;

const CENT: i64 = 10_000;

impl Generator {
    pub(super) fn pay(&mut self, oracle: &Oracle) -> Command {
        let account = self.account(oracle);
        let purse = self.purse(oracle, &account);
        let mut money = self.money(purse, 30);
        money.amount = self.paid();
        self.references_made += 1;
        Command::ReceivePayment(Box::new(ReceivePayment {
            account: self.random.chance(96).then_some(account),
            source: self.name(&["cash", "bank", "kiosk.7"]),
            reference: format!("R{}", self.references_made).into(),
            money,
            paid_at: self.random.chance(10).then_some(Timestamp(self.now - SECOND)),
            note: None,
        }))
    }

    /// Brings one that waits to an account.
    pub(super) fn allocate(&mut self, oracle: &Oracle) -> Command {
        let account = self.account(oracle);
        match self.random.pick(&self.waiting).cloned() {
            Some((payment, received)) => Command::AllocatePayment(Box::new(AllocatePayment {
                payment,
                received,
                account,
                note: None,
            })),
            None => self.pay(oracle),
        }
    }

    pub(super) fn give_back(&mut self, oracle: &Oracle) -> Command {
        match self.random.pick(&self.waiting).cloned() {
            Some((payment, received)) => {
                let note = Some("not ours".into());
                Command::ReturnPayment(Box::new(ReturnPayment { payment, received, note }))
            }
            None => self.pay(oracle),
        }
    }

    pub(super) fn cancel(&mut self, oracle: &Oracle) -> Command {
        match self.original(oracle) {
            Some(payment) => Command::CancelPayment(Box::new(payment)),
            None => self.pay(oracle),
        }
    }

    pub(super) fn charge_back(&mut self, oracle: &Oracle) -> Command {
        match self.reverse(oracle) {
            Some(reverse) => Command::ChargeBackPayment(Box::new(reverse)),
            None => self.pay(oracle),
        }
    }

    pub(super) fn refund(&mut self, oracle: &Oracle) -> Command {
        let cap = match self.random.below(3) {
            0 => None,
            1 => Some(Amount::ZERO),
            _ => Some(self.paid()),
        };
        match self.reverse(oracle) {
            Some(reverse) => Command::RefundPayment(Box::new(RefundPayment { reverse, cap })),
            None => self.pay(oracle),
        }
    }

    /// Agrees to a refund that waits, or turns it down; at times one that does not wait.
    pub(super) fn answer_refund(&mut self, oracle: &Oracle) -> Command {
        let mut waiting = Vec::new();
        for account in 1..=oracle.accounts_count() {
            let taken = oracle.purse(account).map_or(&[][..], |it| &it.taken);
            let pending = taken.iter().filter_map(|it| it.pending.as_ref());
            waiting.extend(pending.map(|it| (account, it.serial)));
        }
        let chosen = self.random.pick(&waiting).copied();
        let (account, serial) = match chosen.filter(|_| self.random.chance(95)) {
            Some((account, serial)) => (AccountId(account), serial),
            None => (self.account_id(oracle), 1),
        };
        match self.random.chance(80) {
            true => Command::ApproveRefund { account, serial },
            false => Command::RejectRefund { account, serial, note: None },
        }
    }

    pub(super) fn lock(&mut self, oracle: &Oracle) -> Command {
        let account = AccountRef::Id(self.account_id(oracle));
        Command::LockPayments { account, locked: self.random.chance(35) }
    }

    /// A payment that may be taken back; the latest are taken back oftener.
    fn original(&mut self, oracle: &Oracle) -> Option<CancelPayment> {
        let latest = &self.payments[self.payments.len().saturating_sub(8)..];
        let among = if self.random.chance(60) { latest } else { &self.payments[..] };
        let payment = self.random.pick(among).cloned()?;
        // A few are looked for in vain: the payment was there, the account is not.
        Some(match self.random.chance(97) {
            true => payment,
            false => CancelPayment { account: AccountId(oracle.accounts_count() + 1), ..payment },
        })
    }

    fn reverse(&mut self, oracle: &Oracle) -> Option<ReversePart> {
        let original = self.original(oracle)?;
        let own = oracle.purse(original.account.0).map(|it| it.currency);
        let (whole, currency) = match &original.conversion {
            Some(conversion) => (conversion.original, conversion.currency),
            None => (original.amount, own.unwrap_or_else(|| self.currency())),
        };
        let whole = whole.units() / CENT;
        let cents = match self.random.weighted(&[(6, 0), (3, 1), (1, 2)]) {
            0 => self.random.between(1, (whole / 2).max(1)),
            1 => self.random.between(1, whole.max(1)),
            _ => whole.saturating_add(1),
        };
        let amount = Amount::from_units(cents.saturating_mul(CENT)).unwrap_or(Amount::MAX);
        let currency = if self.random.chance(4) { self.currency() } else { currency };
        let part = self.random.chance(75).then_some(Money { amount, currency });
        Some(ReversePart { original, part })
    }
}
