//! Permanent and temporary limits, and the ceiling over both.

use super::{Draft, check_currency, check_open, out_of_range, promises, unmoved};
use crate::{
    Account, AccountRef, Amount, Answer, Credit, CreditEnd, CreditId, CreditKind, Currency, Fact,
    Limit, Money, Posting, PromiseEnd, Refusal, Timestamp,
};

pub(super) fn set_limit(
    draft: &mut Draft<'_>,
    account: &AccountRef,
    limit: Limit,
    currency: Option<Currency>,
) -> Result<Answer, Refusal> {
    let account = draft.open_account(account)?;
    currency.map_or(Ok(()), |it| check_currency(account, it))?;
    let posting = posting_with(account, |it| it.limit = limit)?;
    draft.post(account, posting, Fact::CreditLimitSet(limit));
    Ok(Answer::Done)
}

/// Sets or takes away the ceiling. One below the limits that run already is allowed: they are
/// capped by it from now on.
pub(super) fn set_ceiling(
    draft: &mut Draft<'_>,
    account: &AccountRef,
    ceiling: Option<Money>,
) -> Result<Answer, Refusal> {
    let account = draft.open_account(account)?;
    ceiling.map_or(Ok(()), |it| check_currency(account, it.currency))?;
    let ceiling = ceiling.map(|it| it.amount);
    let mut after = account.clone();
    after.ceiling = ceiling;
    let posting = Posting { credit: after.credit(), ..unmoved(account) };
    draft.post(account, posting, Fact::CreditCeilingSet(ceiling));
    Ok(Answer::Done)
}

pub(super) fn grant(
    draft: &mut Draft<'_>,
    account: &AccountRef,
    money: Money,
    until: Timestamp,
) -> Result<Answer, Refusal> {
    let account = draft.open_account(account)?;
    check_currency(account, money.currency)?;
    let amount = money.amount;
    if until <= draft.at {
        return Err(Refusal::CreditEndsInPast { until, now: draft.at });
    }
    let serial = account.credits_count + 1;
    let notice_at = draft.notice_before(until);
    let (kind, from) = (CreditKind::Temporary, draft.at);
    let credit = Credit { serial, kind, amount, from, until, notice_at };
    let posting = posting_with(account, |it| it.credits.push(credit))?;
    draft.post(account, posting, Fact::CreditGranted { serial, amount, until, notice_at });
    Ok(Answer::Done)
}

pub(super) fn revoke(draft: &mut Draft<'_>, credit: CreditId) -> Result<Answer, Refusal> {
    let account = draft.state.resolve(&AccountRef::Id(credit.account))?;
    let Some(found) = account.credits.iter().find(|it| it.serial == credit.serial) else {
        let credit = format!("crd_{}-{}", credit.account.0, credit.serial);
        return Err(Refusal::CreditNotFound { credit });
    };
    check_open(account)?;
    match found.kind {
        CreditKind::Temporary => end(draft, account, credit.serial, CreditEnd::Revoked),
        CreditKind::Promised => {
            let promise = account.promises().iter().find(|it| it.credit == credit.serial);
            let promise = promise.expect("a promised limit has its promise");
            promises::end(draft, account, promise, PromiseEnd::Revoked);
        }
    }
    Ok(Answer::Done)
}

/// Does what a limit's moment has come for: tells that it ends soon, or ends it.
pub(super) fn fall_due(draft: &mut Draft<'_>, account: &Account, serial: u32) {
    let credit = account.credits.iter().find(|it| it.serial == serial);
    let credit = credit.expect("the caller found the limit");
    if credit.notice_at.is_some() {
        let fact = Fact::CreditEnding { serial, amount: credit.amount, until: credit.until };
        return draft.post(account, unmoved(account), fact);
    }
    match credit.kind {
        CreditKind::Temporary => end(draft, account, serial, CreditEnd::Expired),
        CreditKind::Promised => promises::expire(draft, account, serial),
    }
}

fn end(draft: &mut Draft<'_>, account: &Account, serial: u32, end: CreditEnd) {
    let mut after = account.clone();
    let ended = after.credits.iter().position(|it| it.serial == serial);
    let ended = after.credits.remove(ended.expect("the caller found the limit"));
    let posting = Posting { credit: after.credit(), ..unmoved(account) };
    draft.post(account, posting, Fact::CreditEnded { serial, amount: ended.amount, end });
}

/// The account's posting after `change`, which may raise its limits as far as the ceiling lets it.
fn posting_with(account: &Account, change: impl FnOnce(&mut Account)) -> Result<Posting, Refusal> {
    let mut after = account.clone();
    change(&mut after);
    let temporary =
        after.credits.iter().try_fold(Amount::ZERO, |sum, it| sum.checked_add(it.amount));
    let temporary = temporary.ok_or_else(|| out_of_range(account))?;
    let limits = Limits { limit: after.limit, temporary, ceiling: after.ceiling };
    check_ceiling(limits, account.currency, account.exponent)?;
    Ok(Posting { credit: after.credit(), ..unmoved(account) })
}

/// What an account's limits would be.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub limit: Limit,
    pub temporary: Amount,
    pub ceiling: Option<Amount>,
}

/// Refuses limits that together pass the ceiling, or what can be counted.
pub(super) fn check_ceiling(
    limits: Limits,
    currency: Currency,
    exponent: u8,
) -> Result<(), Refusal> {
    let sum = match limits.limit {
        Limit::Unlimited => Amount::MAX,
        Limit::Limited(limit) => limit
            .checked_add(limits.temporary)
            .ok_or(Refusal::AmountOutOfRange { currency, exponent })?,
    };
    match limits.ceiling {
        Some(ceiling) if sum > ceiling => {
            Err(Refusal::CreditCeilingExceeded { ceiling, requested: sum, currency, exponent })
        }
        _ => Ok(()),
    }
}
