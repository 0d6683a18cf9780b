//! Commands about services and subscriptions.

use std::sync::Arc;

use engine::{
    AccountId, ChangePlan, Command, OpenSubscription, Price, Purchase, Refund, SubscriptionChange,
    SubscriptionId, Suspender, Timestamp, When,
};

use super::{ACCOUNTS_MAX, DAY, Generator, HOUR, SECOND};
use crate::services::ledger::{Ledger, Purse};

/// Places of what is had by periods or use, and of what is bought once.
const SUBSCRIBABLE: [usize; 10] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const ONE_TIME: [usize; 3] = [10, 11, 12];

const MONEY_ONLY: u32 = 3;

const SUBJECTS: [&str; 9] = ["amy", "bob", "cy", "dan", "eve", "+4930", "+4931", "+4932", "fay"];

impl Generator {
    pub(super) fn command(&mut self, ledger: &Ledger) -> Command {
        match self.random.weighted(&[
            (6, 0),
            (12, 1),
            (6, 2),
            (9, 3),
            (9, 4),
            (5, 5),
            (7, 6),
            (9, 7),
            (34, 8),
            (60, 9),
            (3, 10),
        ]) {
            0 => self.set_service(),
            1 => self.open(ledger),
            2 => self.change(ledger),
            3 => self.suspend(ledger),
            4 => self.resume(ledger),
            5 => self.close(ledger),
            6 => self.change_plan(ledger),
            7 => self.purchase(ledger),
            8 => self.use_command(ledger),
            9 => self.money_command(ledger),
            _ => self.account_command(ledger),
        }
    }

    fn account_command(&mut self, ledger: &Ledger) -> Command {
        let opened = u32::try_from(ledger.purses.len()).expect("few");
        if opened < ACCOUNTS_MAX && self.random.chance(40) {
            let customer = self.one_of(self.customers) + 1;
            return self.open_account(customer);
        }
        let empty = ledger.purses.iter().filter(|(_, it)| {
            !it.closed && it.balance == 0 && it.held() == 0 && it.subscriptions.is_empty()
        });
        let empty: Vec<_> = empty.map(|it| *it.0).collect();
        let account = match self.random.pick(&empty) {
            Some(id) if opened > 4 => *id,
            _ => self.purse(ledger).0,
        };
        Command::CloseAccount { account: Self::account_ref(account) }
    }

    fn set_service(&mut self) -> Command {
        let place = usize::try_from(self.one_of(14)).expect("small");
        let mut service = self.service(place);
        match self.random.below(14) {
            0 => service.withdrawn = true,
            1 => (service.recurring, service.usage, service.one_time) = (None, None, None),
            2 => service.title.clear(),
            _ => {}
        }
        Command::SetService(Arc::new(service))
    }

    fn open(&mut self, ledger: &Ledger) -> Command {
        let (account, purse) = self.purse_for_services(ledger);
        let service = match self.random.below(25) {
            0 => self.sold(&ONE_TIME),
            1 => self.name(&["nothing"]),
            2 => self.sold(&[13]),
            _ => self.sold(&SUBSCRIBABLE),
        };
        let bases: Vec<_> = purse.subscriptions.keys().copied().collect();
        let base = self.random.chance(15).then(|| self.random.pick(&bases).copied()).flatten();
        Command::OpenSubscription(Box::new(OpenSubscription {
            account: Self::account_ref(account),
            service,
            priority: u16::try_from(self.random.between(0, 5)).expect("small"),
            own_price: self.own_price(),
            subjects: self.subjects(),
            base,
        }))
    }

    /// One account of each run has no services ever.
    fn purse_for_services<'a>(&mut self, ledger: &'a Ledger) -> (u32, &'a Purse) {
        loop {
            let (id, purse) = self.purse(ledger);
            if id != MONEY_ONLY {
                return (id, purse);
            }
        }
    }

    fn own_price(&mut self) -> Option<Price> {
        self.random.chance(20).then(|| self.price(5, 900))
    }

    fn subjects(&mut self) -> Vec<Box<str>> {
        let count = self.random.below(3);
        (0..count).map(|_| (*self.random.pick(&SUBJECTS).expect("some")).into()).collect()
    }

    fn change(&mut self, ledger: &Ledger) -> Command {
        let priority = self.random.chance(50).then(|| self.random.between(0, 5));
        let change = SubscriptionChange {
            priority: priority.map(|it| u16::try_from(it).expect("small")),
            own_price: self.random.chance(40).then(|| self.own_price()),
            subjects: self.random.chance(60).then(|| self.subjects()),
        };
        let subscription = self.subscription(ledger);
        Command::ChangeSubscription { subscription, change: Arc::new(change) }
    }

    fn suspender(&mut self) -> Suspender {
        if self.random.chance(50) { Suspender::Customer } else { Suspender::Staff }
    }

    fn suspend(&mut self, ledger: &Ledger) -> Command {
        let until = match self.random.below(5) {
            0 => Some(self.now - SECOND),
            1 => Some(self.now + self.random.between(1, 3 * HOUR)),
            2 => Some(self.now + self.random.between(1, 40) * DAY),
            _ => None,
        };
        Command::SuspendSubscription {
            subscription: self.subscription(ledger),
            by: self.suspender(),
            until: until.map(Timestamp),
        }
    }

    fn resume(&mut self, ledger: &Ledger) -> Command {
        let mut suspended = Vec::new();
        for (id, purse) in &ledger.purses {
            let those = purse.subscriptions.iter().filter(|it| it.1.suspended.is_some());
            let account = AccountId(*id);
            suspended.extend(those.map(|it| SubscriptionId { account, serial: *it.0 }));
        }
        let any = self.subscription(ledger);
        let one = self.random.pick(&suspended).copied();
        let subscription = one.filter(|_| self.random.chance(90)).unwrap_or(any);
        Command::ResumeSubscription { subscription, by: self.suspender() }
    }

    fn close(&mut self, ledger: &Ledger) -> Command {
        let refund =
            *self.random.pick(&[Refund::AsService, Refund::Unused, Refund::Nothing]).expect("some");
        Command::CloseSubscription { subscription: self.subscription(ledger), refund }
    }

    fn change_plan(&mut self, ledger: &Ledger) -> Command {
        let service = match self.random.below(20) {
            0 => self.sold(&ONE_TIME),
            _ => self.sold(&SUBSCRIBABLE),
        };
        let when = if self.random.chance(60) { When::Now } else { When::AtPeriodEnd };
        Command::ChangePlan(Box::new(ChangePlan {
            subscription: self.subscription(ledger),
            service,
            own_price: self.own_price(),
            when,
        }))
    }

    fn purchase(&mut self, ledger: &Ledger) -> Command {
        let (account, purse) = self.purse_for_services(ledger);
        let service = match self.random.below(20) {
            0 => self.sold(&SUBSCRIBABLE),
            _ => self.sold(&ONE_TIME),
        };
        let bases: Vec<_> = purse.subscriptions.keys().copied().collect();
        let base = self.random.chance(40).then(|| self.random.pick(&bases).copied()).flatten();
        Command::Purchase(Box::new(Purchase {
            account: Self::account_ref(account),
            service,
            base,
            item: self.random.chance(25).then(|| "tt0042".into()),
        }))
    }
}
