//! Deciding: a command becomes entries, or a refusal.
//!
//! **Invariant:** pure. The same state, order and `now` give the same entries; nothing is changed
//! here, and nothing is added when the answer is a refusal. The order of the checks is the order
//! of [`Refusal`]'s variants.

mod credit;
mod directory;
pub(crate) mod falling;
pub(crate) mod follow;
mod money;
mod payments;
mod periods;
mod promises;
mod sessions;
mod subscriptions;
mod switches;
mod transit;
mod usage;

pub(crate) use periods::opening;

use crate::{
    Account, AccountId, AccountRef, Amount, Balance, Command, Contra, Currency, CustomerId, Entry,
    Fact, Name, Order, Origin, Position, Posting, Refusal, State, Timestamp,
};

/// What came of an order that was not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The entries that were added are the answer.
    Done,
    /// This request was answered before, by the entry at this position.
    Repeat(Position),
    /// This request of a session was answered before a later one was: its answer is found by
    /// walking the account's entries back from here.
    EarlierRepeat { from: Position, serial: u32, request: u32 },
}

/// Decides one order. The entries are added to `entries`, in order, and not yet applied.
pub fn decide(
    state: &State,
    order: &Order,
    now: Timestamp,
    entries: &mut Vec<Entry>,
) -> Result<Answer, Refusal> {
    let mut draft = Draft::new(state, &order.origin, now, entries);
    let draft = &mut draft;
    match &order.command {
        Command::CreateCustomer(fields) => directory::create_customer(draft, fields),
        Command::UpdateCustomer { customer, fields } => {
            directory::update_customer(draft, *customer, fields)
        }
        Command::OpenAccount(open) => directory::open_account(draft, open),
        Command::RenameAccount { account, name } => directory::rename_account(draft, account, name),
        Command::CloseAccount { account } => directory::close_account(draft, account),
        Command::SetPlan { account, plan, currency } => {
            directory::set_plan(draft, account, *plan, *currency)
        }
        Command::SetAlerts { account, alerts, currency } => {
            directory::set_alerts(draft, account, alerts, *currency)
        }
        Command::AddExchangeRates(rates) => directory::add_exchange_rates(draft, rates),
        Command::Charge(charge) => money::charge(draft, charge),
        Command::Adjust { account, amount, currency, reason, note } => {
            money::adjust(draft, account, (*amount, *currency), *reason, note)
        }
        Command::Transfer(transfer) => money::transfer(draft, transfer),
        Command::SetOpeningBalance { account, amount, currency, owed_since, note } => {
            money::set_opening_balance(draft, account, (*amount, *currency), *owed_since, note)
        }
        Command::WriteOff { account, money, note } => {
            money::write_off(draft, account, *money, note)
        }
        Command::RecoverWriteOff { account, money, note } => {
            money::recover_write_off(draft, account, *money, note)
        }
        Command::SetCreditLimit { account, limit, currency } => {
            credit::set_limit(draft, account, *limit, *currency)
        }
        Command::SetCreditCeiling { account, ceiling } => {
            credit::set_ceiling(draft, account, *ceiling)
        }
        Command::GrantCredit { account, money, until } => {
            credit::grant(draft, account, *money, *until)
        }
        Command::RevokeCredit { credit } => credit::revoke(draft, *credit),
        Command::SetPromisePolicy(policy) => promises::set_policy(draft, policy),
        Command::GrantPromise(grant) => promises::grant(draft, grant),
        Command::Authorise(authorise) => sessions::authorise(draft, authorise),
        Command::Settle(settle) => sessions::settle(draft, settle),
        Command::Release { reservation, request } => {
            sessions::release(draft, *reservation, *request)
        }
        _ => decide_payment(draft, &order.command),
    }
}

/// Payments: in, to an account, and back.
fn decide_payment(draft: &mut Draft<'_>, command: &Command) -> Result<Answer, Refusal> {
    match command {
        Command::ReceivePayment(payment) => payments::receive_payment(draft, payment),
        Command::AllocatePayment(allocate) => payments::allocate_payment(draft, allocate),
        Command::ReturnPayment(back) => payments::return_payment(draft, back),
        Command::SendTransfer(send) => transit::send_transfer(draft, send),
        Command::ForwardPayment(forward) => transit::forward_payment(draft, forward),
        Command::ReceiveTransit(transit) => transit::receive(draft, transit),
        Command::CancelPayment(cancel) => payments::cancel_payment(draft, cancel),
        Command::ChargeBackPayment(reverse) => payments::charge_back_payment(draft, reverse),
        Command::RefundPayment(refund) => payments::refund_payment(draft, refund),
        Command::ApproveRefund { account, serial } => {
            payments::approve_refund(draft, *account, *serial)
        }
        Command::RejectRefund { account, serial, note } => {
            payments::reject_refund(draft, *account, *serial, note)
        }
        Command::LockPayments { account, locked } => {
            payments::lock_payments(draft, account, *locked)
        }
        _ => decide_service(draft, command),
    }
}

/// What is sold, who has it, and its use.
fn decide_service(draft: &mut Draft<'_>, command: &Command) -> Result<Answer, Refusal> {
    match command {
        Command::SetService(service) => subscriptions::set_service(draft, service),
        Command::OpenSubscription(open) => subscriptions::open(draft, open),
        Command::ChangeSubscription { subscription, change } => {
            subscriptions::change(draft, *subscription, change)
        }
        Command::SuspendSubscription { subscription, by, until } => {
            subscriptions::suspend(draft, *subscription, *by, *until)
        }
        Command::ResumeSubscription { subscription, by } => {
            subscriptions::resume(draft, *subscription, *by)
        }
        Command::CloseSubscription { subscription, refund } => {
            subscriptions::close(draft, *subscription, *refund)
        }
        Command::ChangePlan(change) => subscriptions::change_plan(draft, change),
        Command::Purchase(purchase) => subscriptions::purchase(draft, purchase),
        Command::AuthoriseUse(authorise) => usage::authorise(draft, authorise),
        Command::SettleUse(settle) => usage::settle(draft, settle),
        _ => unreachable!("every other command is decided by its caller"),
    }
}

/// Decides what has fallen due on an account by `now`: the earliest moment's matter only, so
/// that each entry sees the account as the one before left it.
///
/// Of one moment, limits end first and holds next, so that periods begin with what is left.
pub(crate) fn due(state: &State, id: AccountId, now: Timestamp, entries: &mut Vec<Entry>) {
    let Some(account) = state.account(id) else {
        return;
    };
    let origin = timer();
    let credits = account.credits.iter().map(|it| (it.deadline(), Matter::Credit(it.serial)));
    let open = |it: &&crate::Session| matches!(it.phase, crate::Phase::Open { .. });
    let sessions = account.sessions.iter().filter(open);
    let sessions = sessions.map(|it| (it.phase.deadline(), Matter::Session(it.serial)));
    let bills = account.bills().iter().filter(|it| !it.overdue);
    let bills = bills.map(|it| (it.block_at, Matter::Bill));
    let subscriptions = account.subscriptions().iter().map(|it| {
        let (modifies, rank, serial) = (it.base.is_some(), it.priority, it.serial);
        (it.deadline(), Matter::Subscription { modifies, rank, serial })
    });
    let matters = credits.chain(sessions).chain(bills).chain(subscriptions);
    let Some((at, matter)) = matters.min().filter(|it| it.0 <= now) else {
        return;
    };
    let mut draft = Draft::new(state, &origin, at, entries);
    match matter {
        Matter::Credit(serial) => credit::fall_due(&mut draft, account, serial),
        Matter::Session(serial) => sessions::expire(&mut draft, account, serial),
        Matter::Bill => periods::fall_overdue(&mut draft, account),
        Matter::Subscription { serial, .. } => periods::fall_due(&mut draft, account, serial),
    }
}

/// What falls due on an account, in the order in which it is done at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Matter {
    Credit(u32),
    Session(u32),
    /// What modifies another waits to see whether that goes on.
    Subscription {
        modifies: bool,
        rank: u16,
        serial: u32,
    },
    Bill,
}

/// The origin of what happens by itself.
pub(crate) fn timer() -> Origin {
    let timer = Name::new("timer").expect("well formed");
    Origin { actor: timer, channel: timer, reason: None }
}

/// Entries being written for one order.
struct Draft<'a> {
    state: &'a State,
    origin: &'a Origin,
    at: Timestamp,
    entries: &'a mut Vec<Entry>,
    next: Position,
}

impl<'a> Draft<'a> {
    fn new(
        state: &'a State,
        origin: &'a Origin,
        now: Timestamp,
        entries: &'a mut Vec<Entry>,
    ) -> Self {
        let at = now.max(state.shared.last_at);
        Self { state, origin, at, entries, next: state.shared.head.plus(1) }
    }

    fn push(&mut self, customer: Option<CustomerId>, posting: Option<Posting>, fact: Fact) {
        self.entries.push(Entry {
            position: self.next,
            at: self.at,
            origin: self.origin.clone(),
            customer,
            posting,
            fact,
        });
        self.next = self.next.plus(1);
    }

    fn post(&mut self, account: &Account, posting: Posting, fact: Fact) {
        self.push(Some(account.customer), Some(posting), fact);
    }

    /// When to tell that something ends: the configured time before, when that is not past yet.
    fn notice_before(&self, until: Timestamp) -> Option<Timestamp> {
        let notice_at = until.plus(-self.state.settings.credit_notice);
        (notice_at > self.at && notice_at < until).then_some(notice_at)
    }

    /// The position of the entry that was pushed last.
    fn newest(&self) -> Position {
        self.entries.last().expect("something was pushed").position
    }

    /// Takes the last entry back: what comes after it was refused.
    fn take_back(&mut self) {
        let entry = self.entries.pop().expect("something was pushed");
        self.next = entry.position;
    }

    /// The account, if it takes commands.
    fn open_account(&self, account: &AccountRef) -> Result<&'a Account, Refusal> {
        let account = self.state.resolve(account)?;
        check_open(account)?;
        Ok(account)
    }
}

fn check_open(account: &Account) -> Result<(), Refusal> {
    match account.closed {
        true => Err(Refusal::AccountClosed { account: account.id }),
        false => Ok(()),
    }
}

/// The account after `amount` has moved, with everything else as it is.
fn posting(account: &Account, amount: Balance, contra: Contra) -> Result<Posting, Refusal> {
    let balance = account.balance.checked_add(amount).ok_or_else(|| out_of_range(account))?;
    Ok(Posting {
        account: account.id,
        currency: account.currency,
        exponent: account.exponent,
        prev: account.head,
        amount,
        balance,
        held: account.held,
        credit: account.credit(),
        contra,
    })
}

/// The account with its figures as they are.
fn unmoved(account: &Account) -> Posting {
    posting(account, Balance::ZERO, Contra::None).expect("adding zero stays in range")
}

/// Refuses money in a currency that is not the account's.
fn check_currency(account: &Account, actual: Currency) -> Result<(), Refusal> {
    let expected = account.currency;
    match actual == expected {
        true => Ok(()),
        false => Err(Refusal::CurrencyMismatch { expected, actual }),
    }
}

fn out_of_range(account: &Account) -> Refusal {
    Refusal::AmountOutOfRange { currency: account.currency, exponent: account.exponent }
}

/// Refuses when `requested` is more than may be spent.
fn check_funds(account: &Account, requested: Amount) -> Result<(), Refusal> {
    match account.available() {
        Some(available) if available < Balance::credit(requested) => {
            Err(insufficient(account, available, requested))
        }
        _ => Ok(()),
    }
}

fn insufficient(account: &Account, available: Balance, requested: Amount) -> Refusal {
    Refusal::InsufficientFunds {
        available,
        requested,
        currency: account.currency,
        exponent: account.exponent,
    }
}

/// What of `requested` is not covered by what may be spent.
fn uncovered(available: Option<Balance>, requested: Amount) -> Amount {
    match available {
        None => Amount::ZERO,
        Some(available) if available.is_negative() => requested,
        Some(available) => requested.excess_over(available.magnitude()),
    }
}

#[cfg(test)]
mod tests;
