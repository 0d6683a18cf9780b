//! How what was done is taken back: the action for it, filled in.

use engine::{AccountId, CreditId, Entry, Fact, Limit, SubscriptionId};
use pages::console::action::ActionKind;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::faces::Picture;
use crate::http::wire;

/// The action that takes back what an entry has done, and what its form is filled in with; `None`
/// where that takes more than one.
///
/// `picture` is of the moment before it was done.
pub fn undo(entry: &Entry, picture: &Picture) -> Option<(ActionKind, String)> {
    let account = entry.posting?.account;
    let subscription =
        |serial| format!("service={}", wire::subscription_id(SubscriptionId { account, serial }));
    let credit = |serial| format!("credit={}", wire::credit_id(CreditId { account, serial }));
    Some(match &entry.fact {
        fact if fact.is_real_payment() => {
            (ActionKind::CancelPayment, format!("payment={}", wire::payment_id(entry.position)))
        }
        Fact::CreditGranted { serial, .. } => (ActionKind::EndCredit, credit(*serial)),
        Fact::PromiseGranted(it) => (ActionKind::EndCredit, credit(it.credit)),
        Fact::CreditLimitSet(_) => (ActionKind::PermanentLimit, limit_before(account, picture)?),
        Fact::SubscriptionOpened { subscription: it, .. } => {
            (ActionKind::CloseService, subscription(*it))
        }
        Fact::SubscriptionSuspended { subscription: it, .. } => {
            (ActionKind::Resume, subscription(*it))
        }
        Fact::SubscriptionResumed { subscription: it } => (ActionKind::Suspend, subscription(*it)),
        Fact::PlanChanged { subscription: it, change } => {
            let service = utf8_percent_encode(change.from.as_str(), NON_ALPHANUMERIC);
            let query = format!("{}&new_service={service}", subscription(*it));
            (ActionKind::ChangePlan, query)
        }
        Fact::Adjustment(_) => (ActionKind::Adjust, opposite(entry)?),
        Fact::TransferOut(it) => {
            // From an account of somebody else's it goes back on that customer's page.
            picture.purse(it.other)?;
            let (from, to) = (wire::account_id(it.other), wire::account_id(account));
            (ActionKind::Transfer, format!("account={from}&to_account={to}"))
        }
        _ => return None,
    })
}

fn limit_before(account: AccountId, picture: &Picture) -> Option<String> {
    let purse = picture.purse(account)?;
    let amount = match purse.account.limit {
        Limit::Limited(amount) => amount.display(purse.account.exponent).to_string(),
        Limit::Unlimited => String::new(),
    };
    Some(format!("account={}&amount={amount}", wire::account_id(account)))
}

/// A correction by the same amount the other way.
fn opposite(entry: &Entry) -> Option<String> {
    let posting = entry.posting?;
    let amount = posting.amount.magnitude().display(posting.exponent);
    let sign = if posting.amount.units() < 0 { "" } else { "-" };
    Some(format!("account={}&amount={sign}{amount}", wire::account_id(posting.account)))
}
