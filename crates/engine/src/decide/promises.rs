//! Promised payments: policies, grants, ends.

use std::sync::Arc;

use super::{Draft, check_currency, posting, uncovered, unmoved};
use crate::{
    Account, Amount, Answer, Balance, ChargeFact, Contra, Credit, CreditKind, Fact, GrantPromise,
    Name, Offer, Posting, Promise, PromiseEnd, PromiseEndFact, PromiseFact, PromisePolicy,
    PromiseRules, Refusal, evaluate,
};

/// The next version of a policy.
pub(super) fn set_policy(
    draft: &mut Draft<'_>,
    policy: &Arc<PromisePolicy>,
) -> Result<Answer, Refusal> {
    let before = draft.state.promise_policy_exactly(policy.group, policy.currency);
    let version = before.map_or(0, |it| it.version) + 1;
    let policy = PromisePolicy { version, ..PromisePolicy::clone(policy) };
    draft.push(None, None, Fact::PromisePolicySet(Arc::new(policy)));
    Ok(Answer::Done)
}

/// Grants what the evaluator allows, or what staff may grant beyond it, and takes the fee.
pub(super) fn grant(draft: &mut Draft<'_>, grant: &GrantPromise) -> Result<Answer, Refusal> {
    let account = draft.open_account(&grant.account)?;
    grant.currency.map_or(Ok(()), |it| check_currency(account, it))?;
    let (policy, rules) = draft.state.promise_rules(account)?;
    let since = draft.state.customer_since(account.customer);
    let channel = draft.origin.channel;
    let mut offer = evaluate(account, since, rules, grant.ask, channel, draft.at);
    let mut overridden = Vec::new();
    if let Some(role) = grant.overriding {
        check_cap(account, rules, role, &offer)?;
        overridden.extend(offer.failing.drain(..).map(|it| it.rule));
    }
    if !offer.failing.is_empty() {
        return Err(Refusal::PromiseNotPossible {
            failing: offer.failing,
            currency: account.currency,
            exponent: account.exponent,
        });
    }
    let credit = account.credits_count + 1;
    let notice_at = draft.notice_before(offer.until);
    let granted = Credit {
        serial: credit,
        kind: CreditKind::Promised,
        amount: offer.amount,
        from: draft.at,
        until: offer.until,
        notice_at,
    };
    let mut after = account.clone();
    after.credits.push(granted);
    let posting = Posting { credit: after.credit(), ..unmoved(account) };
    let fact = PromiseFact {
        credit,
        amount: offer.amount,
        until: offer.until,
        notice_at,
        fee: offer.fee,
        group: policy.group,
        version: policy.version,
        holds_plan: rules.holds_plan,
        overridden,
    };
    draft.post(account, posting, Fact::PromiseGranted(Arc::new(fact)));
    charge_fee(draft, &mut after, offer.fee)?;
    Ok(Answer::Done)
}

/// The fee is charged like any service; the account stands as the grant has left it.
fn charge_fee(draft: &mut Draft<'_>, after: &mut Account, fee: Amount) -> Result<(), Refusal> {
    if fee.is_zero() {
        return Ok(());
    }
    after.head = draft.newest();
    let service = Name::new("promised-payment").expect("well formed");
    let posting = posting(after, Balance::debit(fee), Contra::Revenue(service));
    match posting {
        Ok(posting) => {
            // Whoever owes more than was promised owes the fee as well.
            let overrun = uncovered(after.available(), fee);
            let fact = ChargeFact {
                note: Some("fee".into()),
                overrun: (!overrun.is_zero()).then_some(overrun),
                ..ChargeFact::default()
            };
            draft.post(after, posting, Fact::Charge(Some(Arc::new(fact))));
            Ok(())
        }
        Err(refusal) => {
            draft.take_back();
            Err(refusal)
        }
    }
}

/// Refuses what is beyond the cap of the role; a role without one may override nothing.
fn check_cap(
    account: &Account,
    rules: &PromiseRules,
    role: Name,
    offer: &Offer,
) -> Result<(), Refusal> {
    let cap = rules.overrides.iter().find(|it| it.role == role);
    let (amount_max, hours_max) = cap.map_or((Amount::ZERO, 0), |it| (it.amount_max, it.hours_max));
    if offer.amount > amount_max || offer.hours > hours_max || offer.amount.is_zero() {
        return Err(Refusal::OverrideNotAllowed {
            role,
            amount_max,
            requested: offer.amount,
            hours_max,
            hours: offer.hours,
            currency: account.currency,
            exponent: account.exponent,
        });
    }
    Ok(())
}

/// Ends a promise: kept, at its moment, or by staff.
pub(super) fn end(draft: &mut Draft<'_>, account: &Account, promise: &Promise, end: PromiseEnd) {
    let mut after = account.clone();
    after.credits.retain(|it| it.serial != promise.credit);
    let posting = Posting { credit: after.credit(), ..unmoved(account) };
    let fact =
        PromiseEndFact { credit: promise.credit, amount: promise.amount, paid: promise.paid, end };
    draft.post(account, posting, Fact::PromiseEnded(Arc::new(fact)));
}

/// Its moment has come and it was not kept.
pub(super) fn expire(draft: &mut Draft<'_>, account: &Account, credit: u32) {
    let promise = account.promises().iter().find(|it| it.credit == credit);
    let promise = promise.expect("a promised limit has its promise");
    let how = match promise.paid.is_zero() {
        true => PromiseEnd::Expired,
        false => PromiseEnd::PartlyRepaid,
    };
    end(draft, account, promise, how);
}
