//! Customers, accounts and exchange rates.

use std::sync::Arc;

use super::{Draft, check_currency, credit, posting, unmoved};
use crate::{
    AccountNumber, AccountRef, AddExchangeRates, Alerts, Amount, Answer, Balance, Contra, Currency,
    CustomerFields, CustomerId, Fact, OpenAccount, Opening, Plan, Position, Posting, Refusal,
    Renaming,
};

pub(super) fn create_customer(
    draft: &mut Draft<'_>,
    fields: &Arc<CustomerFields>,
) -> Result<Answer, Refusal> {
    let number = draft.state.shared.customers_count.saturating_add(1);
    let id = draft.state.shard().customer(number).ok_or(Refusal::ShardFull)?;
    draft.push(Some(id), None, Fact::CustomerCreated(Arc::clone(fields)));
    Ok(Answer::Done)
}

pub(super) fn update_customer(
    draft: &mut Draft<'_>,
    customer: CustomerId,
    fields: &Arc<CustomerFields>,
) -> Result<Answer, Refusal> {
    check_customer(draft, customer)?;
    draft.push(Some(customer), None, Fact::CustomerUpdated(Arc::clone(fields)));
    Ok(Answer::Done)
}

pub(super) fn open_account(draft: &mut Draft<'_>, open: &OpenAccount) -> Result<Answer, Refusal> {
    check_customer(draft, open.customer)?;
    let (number, own_sequence) = match &open.number {
        Some(number) if draft.state.is_number_taken(number) => {
            return Err(Refusal::AccountNumberTaken { number: number.to_string() });
        }
        Some(number) => (number.clone(), None),
        None => next_own_number(draft),
    };
    let count = u32::try_from(draft.state.accounts_count().saturating_add(1)).ok();
    let account = count.and_then(|it| draft.state.shard().account(it));
    let account = account.ok_or(Refusal::ShardFull)?;
    let exponent = open.currency.exponent();
    credit::check_ceiling(
        credit::Limits { limit: open.limit, temporary: Amount::ZERO, ceiling: open.ceiling },
        open.currency,
        exponent,
    )?;
    let posting = Posting {
        account,
        currency: open.currency,
        exponent,
        prev: Position::START,
        amount: Balance::ZERO,
        balance: Balance::ZERO,
        held: Amount::ZERO,
        credit: open.limit.under(open.ceiling),
        contra: Contra::None,
    };
    let opening = Opening {
        number,
        name: open.name.clone(),
        exponent,
        own_sequence,
        elder: draft.state.customer(open.customer).and_then(|it| it.newest_account),
        limit: open.limit,
        ceiling: open.ceiling,
    };
    draft.push(Some(open.customer), Some(posting), Fact::AccountOpened(Arc::new(opening)));
    Ok(Answer::Done)
}

pub(super) fn rename_account(
    draft: &mut Draft<'_>,
    account: &AccountRef,
    name: &str,
) -> Result<Answer, Refusal> {
    let account = draft.open_account(account)?;
    let renaming = Renaming { name: name.into() };
    draft.post(account, unmoved(account), Fact::AccountRenamed(Arc::new(renaming)));
    Ok(Answer::Done)
}

/// Gives an account a plan: what promised payments and recommendations go by.
pub(super) fn set_plan(
    draft: &mut Draft<'_>,
    account: &AccountRef,
    plan: Option<Plan>,
    currency: Option<Currency>,
) -> Result<Answer, Refusal> {
    let account = draft.open_account(account)?;
    let held = account.promises().iter().find(|it| it.is_open() && it.holds_plan);
    if let Some(promise) = held {
        return Err(Refusal::PlanHeld { until: promise.until });
    }
    currency.map_or(Ok(()), |it| check_currency(account, it))?;
    draft.post(account, unmoved(account), Fact::PlanSet(plan));
    Ok(Answer::Done)
}

pub(super) fn set_alerts(
    draft: &mut Draft<'_>,
    account: &AccountRef,
    alerts: &Arc<Alerts>,
    currency: Currency,
) -> Result<Answer, Refusal> {
    let account = draft.open_account(account)?;
    check_currency(account, currency)?;
    draft.post(account, unmoved(account), Fact::AlertsSet(Arc::clone(alerts)));
    Ok(Answer::Done)
}

pub(super) fn close_account(
    draft: &mut Draft<'_>,
    account: &AccountRef,
) -> Result<Answer, Refusal> {
    let account = draft.open_account(account)?;
    if let Some(open) = account.subscriptions().iter().find(|it| !it.closed) {
        let subscription = super::subscriptions::name(account.subscription_id(open.serial));
        return Err(Refusal::AccountHasSubscriptions { subscription });
    }
    if account.balance != Balance::ZERO || !account.held.is_zero() {
        return Err(Refusal::AccountNotEmpty {
            balance: account.balance,
            held: account.held,
            currency: account.currency,
            exponent: account.exponent,
        });
    }
    let posting = posting(account, Balance::ZERO, Contra::None)?;
    draft.post(account, posting, Fact::AccountClosed);
    Ok(Answer::Done)
}

pub(super) fn add_exchange_rates(
    draft: &mut Draft<'_>,
    rates: &Arc<AddExchangeRates>,
) -> Result<Answer, Refusal> {
    draft.push(None, None, Fact::ExchangeRatesAdded(Arc::clone(rates)));
    Ok(Answer::Done)
}

fn check_customer(draft: &Draft<'_>, customer: CustomerId) -> Result<(), Refusal> {
    match draft.state.customer_exists(customer) {
        true => Ok(()),
        false => Err(Refusal::CustomerNotFound { customer }),
    }
}

/// The next of our own numbers that no account brought along from an older system.
fn next_own_number(draft: &Draft<'_>) -> (AccountNumber, Option<u64>) {
    let own = |sequence| AccountNumber::own(draft.state.shard(), sequence);
    let mut sequence = draft.state.shared.own_numbers_count + 1;
    while draft.state.is_number_taken(&own(sequence)) {
        sequence += 1;
    }
    (own(sequence), Some(sequence))
}
