//! What will be if nothing is paid, and what a payment would change.
//!
//! **Invariant:** there is no second set of rules here. An account is put alone into a scratch
//! state, and the functions that decide go on with it: deadlines fire, payments come in.

mod recommended;

use crate::time::of_days;
use crate::{
    Account, AccountId, AccountRef, Amount, Balance, Command, Entry, Fact, Money, Name, Order,
    Origin, ReceivePayment, State, SwitchCause, Timestamp,
};
use recommended::recommended;

/// How far ahead is looked.
const HORIZON_DAYS: u32 = 400;

/// Entries after which no further is looked: an hourly fee on a large balance.
const ENTRIES_MAX: usize = 4_096;

/// What becomes of an account's services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// The next service that goes off if nothing is paid.
    pub next_off: Option<NextOff>,
    /// What the balance is from each moment on, until then: as charges bring it down.
    pub balances: Vec<(Timestamp, Balance)>,
    /// If none was found: up to here nothing goes off.
    pub seen_until: Timestamp,
    /// What to pay now so that everything comes on and stays on through its next period.
    pub recommended: Amount,
    /// Until when that lasts; `None` when no periods follow those that run.
    pub lasts_until: Option<Timestamp>,
}

/// A service that will be switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextOff {
    pub at: Timestamp,
    pub subscription: u32,
    pub service: Name,
    pub why: SwitchCause,
}

/// What a payment of some sum would do at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentEffect {
    /// Subscriptions that would come on.
    pub comes_on: Vec<u32>,
    /// Subscriptions that would stay off, and why.
    pub stays_off: Vec<(u32, SwitchCause)>,
    pub available: Option<Balance>,
    pub next_off: Option<NextOff>,
}

impl State {
    /// What becomes of an account's services from `now` on; `None` for an unknown account.
    pub fn forecast(&self, id: AccountId, now: Timestamp) -> Option<Forecast> {
        let now = now.max(self.shared.last_at);
        let horizon = now.plus(of_days(HORIZON_DAYS));
        let (scratch, alone) = self.scratch(id)?;
        let mut looking = Looking::new(scratch.clone(), alone, now);
        let next_off = looking.next_off(horizon);
        let balances = looking.balances();
        let seen_until = if next_off.is_some() { horizon } else { looking.seen_until(horizon) };
        let (recommended, lasts_until) = recommended(Looking::new(scratch, alone, now));
        Some(Forecast { next_off, balances, seen_until, recommended, lasts_until })
    }

    /// What a payment of `amount`, in the account's currency, would do now.
    pub fn effect_of_payment(
        &self,
        id: AccountId,
        amount: Amount,
        now: Timestamp,
    ) -> Option<PaymentEffect> {
        let now = now.max(self.shared.last_at);
        let (scratch, alone) = self.scratch(id)?;
        let mut looking = Looking::new(scratch, alone, now);
        let on_before: Vec<u32> = looking.on().collect();
        looking.pay(amount);
        let comes_on = looking.on().filter(|it| !on_before.contains(it)).collect();
        let account = looking.account();
        let off = account
            .subscriptions()
            .iter()
            .filter_map(|it| Some((it.serial, crate::standing(account, it, now).err()?)));
        let (stays_off, available) = (off.collect(), account.available());
        let next_off = looking.next_off(now.plus(of_days(HORIZON_DAYS)));
        Some(PaymentEffect { comes_on, stays_off, available, next_off })
    }
}

/// An account alone in a state, whose time goes on.
#[derive(Clone)]
struct Looking {
    state: State,
    id: AccountId,
    now: Timestamp,
    entries: Vec<Entry>,
}

impl Looking {
    fn new(state: State, id: AccountId, now: Timestamp) -> Self {
        let mut looking = Self { state, id, now, entries: Vec::new() };
        looking.state.fire_due(id, now, &mut looking.entries);
        looking.entries.clear();
        looking
    }

    fn account(&self) -> &Account {
        self.state.account(self.id).expect("it is alone in this state")
    }

    fn on(&self) -> impl Iterator<Item = u32> {
        self.account().subscriptions().iter().filter(|it| it.on).map(|it| it.serial)
    }

    /// Does what falls due next, if that is at `until` or before; answers when that was.
    fn step(&mut self, until: Timestamp) -> Option<Timestamp> {
        let at = self.state.next_due().filter(|it| *it <= until)?;
        self.state.fire_next(at, &mut self.entries);
        self.now = self.now.max(at);
        Some(at)
    }

    /// The first service that goes off for want of money.
    fn next_off(&mut self, horizon: Timestamp) -> Option<NextOff> {
        self.entries.clear();
        let mut seen = 0;
        let mut off = None;
        while off.is_none() && seen < ENTRIES_MAX && self.step(horizon).is_some() {
            off = self.entries.get(seen..).into_iter().flatten().find_map(goes_off);
            seen = self.entries.len();
        }
        off
    }

    /// What the last look saw of the balance, a line each time that money moved.
    fn balances(&self) -> Vec<(Timestamp, Balance)> {
        let moved = |it: &&crate::Posting| it.account == self.id && it.amount.units() != 0;
        let steps = self.entries.iter().filter_map(|entry| {
            let posting = entry.posting.as_ref().filter(moved)?;
            Some((entry.at, posting.balance))
        });
        steps.collect()
    }

    /// How far ahead the last look went without finding anything.
    fn seen_until(&self, horizon: Timestamp) -> Timestamp {
        let last = self.entries.last().map(|it| it.at);
        match (self.entries.len() < ENTRIES_MAX, last) {
            (false, Some(last)) => last,
            _ => horizon,
        }
    }

    fn pay(&mut self, amount: Amount) {
        let staff = Name::new("forecast").expect("well formed");
        let account = self.account();
        let money = Money { amount, currency: account.currency };
        let payment = ReceivePayment {
            account: Some(AccountRef::Id(self.id)),
            source: staff,
            reference: "forecast".into(),
            money,
            paid_at: None,
            note: None,
        };
        let order = Order {
            origin: Origin { actor: staff, channel: staff, reason: None },
            command: Command::ReceivePayment(Box::new(payment)),
        };
        if amount.is_zero() {
            return;
        }
        let paid = self.state.execute(&order, self.now, &mut self.entries);
        debug_assert!(paid.is_ok(), "a payment is never refused");
    }
}

/// Whether an entry switches something off for want of money.
fn goes_off(entry: &Entry) -> Option<NextOff> {
    let Fact::Switched(switch) = &entry.fact else {
        return None;
    };
    let for_money = matches!(
        switch.cause,
        SwitchCause::FundsLow | SwitchCause::PeriodUnpaid | SwitchCause::Overdue
    );
    (!switch.on && for_money).then(|| {
        let (subscription, service, why) = (switch.subscription, switch.service, switch.cause);
        NextOff { at: entry.at, subscription, service, why }
    })
}
