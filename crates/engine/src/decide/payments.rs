//! Payments that come in, wait, find their account, and go back.
//!
//! **Invariant:** a payment that was received is never refused for a state of ours. What fits no
//! account is kept as unallocated, with the reason.

use std::sync::Arc;

use super::money::convert;
use super::{Draft, check_currency, check_open, posting, unmoved};
use crate::{
    Account, AccountId, AccountRef, AllocatePayment, AllocationFact, Amount, Answer, Balance,
    CancelPayment, CancellationFact, Contra, Conversion, Currency, Fact, Money, Note, PaymentFact,
    PendingRefund, Precision, ReceivePayment, RefundFact, RefundPayment, RefundRejection,
    RefundRequest, Refusal, ReturnFact, ReturnPayment, Reversal, ReversePart, UnallocatedFact,
    Unfit,
};

pub(super) fn receive_payment(
    draft: &mut Draft<'_>,
    payment: &ReceivePayment,
) -> Result<Answer, Refusal> {
    match fit(draft, payment) {
        Ok((account, posting, conversion)) => {
            let fact = PaymentFact {
                reference: payment.reference.clone(),
                paid_at: payment.paid_at,
                conversion,
                note: payment.note.clone(),
            };
            draft.post(account, posting, Fact::Payment(Arc::new(fact)));
        }
        Err(why) => {
            let fact = unallocated(payment, why);
            draft.push(None, None, Fact::PaymentUnallocated(Arc::new(fact)));
        }
    }
    Ok(Answer::Done)
}

type Fitting<'a> = (&'a Account, crate::Posting, Option<Arc<Conversion>>);

/// The account that takes the payment, and what the payment does to it.
fn fit<'a>(draft: &Draft<'a>, payment: &ReceivePayment) -> Result<Fitting<'a>, Unfit> {
    let named = payment.account.as_ref().ok_or(Unfit::AccountMissing)?;
    let account = draft.state.resolve(named).map_err(|_| Unfit::AccountUnknown)?;
    if account.closed {
        return Err(Unfit::AccountClosed);
    }
    if account.payments_locked {
        return Err(Unfit::PaymentsLocked);
    }
    let converted = convert(draft, payment.money, account.unit(), Precision::MinorUnits);
    let (amount, conversion) = converted.map_err(|refusal| match refusal {
        Refusal::NoExchangeRate { .. } => Unfit::NoExchangeRate,
        _ => Unfit::AmountOutOfRange,
    })?;
    let posting = posting(account, Balance::credit(amount), Contra::Payments(payment.source));
    Ok((account, posting.map_err(|_| Unfit::AmountOutOfRange)?, conversion))
}

fn unallocated(payment: &ReceivePayment, why: Unfit) -> UnallocatedFact {
    let named = payment.account.as_ref().map(|it| match it {
        AccountRef::Id(id) => format!("acc_{}", id.0),
        AccountRef::Number(number) => number.to_string(),
    });
    UnallocatedFact {
        source: payment.source,
        reference: payment.reference.clone(),
        amount: payment.money.amount,
        currency: payment.money.currency,
        exponent: payment.money.currency.exponent(),
        why,
        named: named.map(Into::into),
        paid_at: payment.paid_at,
        note: payment.note.clone(),
        original: None,
    }
}

/// Brings an unallocated payment to its account, at the rate of this moment.
pub(super) fn allocate_payment(
    draft: &mut Draft<'_>,
    allocate: &AllocatePayment,
) -> Result<Answer, Refusal> {
    let account = draft.open_account(&allocate.account)?;
    if account.payments_locked {
        return Err(Refusal::PaymentsLocked { account: account.id });
    }
    let received = &allocate.received;
    let money = Money { amount: received.amount, currency: received.currency };
    let (amount, conversion) = convert(draft, money, account.unit(), Precision::MinorUnits)?;
    let posting = posting(account, Balance::credit(amount), Contra::Unallocated)?;
    let fact = AllocationFact {
        payment: allocate.payment,
        source: received.source,
        reference: received.reference.clone(),
        paid_at: received.paid_at,
        conversion,
        note: allocate.note.clone(),
    };
    draft.post(account, posting, Fact::PaymentAllocated(Arc::new(fact)));
    Ok(Answer::Done)
}

/// Sends an unallocated payment back.
pub(super) fn return_payment(
    draft: &mut Draft<'_>,
    back: &ReturnPayment,
) -> Result<Answer, Refusal> {
    let received = &back.received;
    let fact = ReturnFact {
        payment: back.payment,
        source: received.source,
        amount: received.amount,
        currency: received.currency,
        exponent: received.exponent,
        note: back.note.clone(),
    };
    draft.push(None, None, Fact::PaymentReturned(Arc::new(fact)));
    Ok(Answer::Done)
}

/// Reverses a payment, at the rate it came in at. The account may go into debt by it; a closed
/// account takes it too, because the money is gone all the same.
pub(super) fn cancel_payment(
    draft: &mut Draft<'_>,
    cancel: &CancelPayment,
) -> Result<Answer, Refusal> {
    let account = draft.state.resolve(&AccountRef::Id(cancel.account))?;
    let reversed = reversed_part(account, cancel, None, Spoken::WithRequests)?;
    // What was refunded or charged back in part cannot be undone as a whole.
    if let (Some(left), Some(whole)) = (&reversed.conversion, &cancel.conversion)
        && left.original != whole.original
    {
        return Err(original_reversed(left, whole.original));
    }
    if reversed.amount != cancel.amount {
        return Err(payment_reversed(account, reversed.amount, cancel.amount));
    }
    let posting = reversing(account, cancel, reversed.amount)?;
    let fact = Fact::PaymentCancelled(Arc::new(cancellation(cancel, reversed.conversion)));
    draft.post(account, posting, fact);
    Ok(Answer::Done)
}

/// As [`cancel_payment`], because the bank or the card scheme says so.
pub(super) fn charge_back_payment(
    draft: &mut Draft<'_>,
    reverse: &ReversePart,
) -> Result<Answer, Refusal> {
    let account = draft.state.resolve(&AccountRef::Id(reverse.original.account))?;
    // The bank has done it: a refund that somebody asked for has to stand back.
    let reversed = reversed_part(account, &reverse.original, reverse.part, Spoken::Done)?;
    let posting = reversing(account, &reverse.original, reversed.amount)?;
    let fact = cancellation(&reverse.original, reversed.conversion);
    draft.post(account, posting, Fact::PaymentChargedBack(Arc::new(fact)));
    Ok(Answer::Done)
}

/// Pays money back, or asks a second person to agree.
pub(super) fn refund_payment(
    draft: &mut Draft<'_>,
    refund: &RefundPayment,
) -> Result<Answer, Refusal> {
    let original = &refund.reverse.original;
    let account = draft.state.resolve(&AccountRef::Id(original.account))?;
    let spoken = Spoken::WithRequests;
    let reversed = reversed_part(account, original, refund.reverse.part, spoken)?;
    // Parts count together: a large refund in small ones needs the second person too.
    let together = spoken_for(account, original, spoken).amount.add_capped(reversed.amount);
    if refund.cap.is_none_or(|cap| together <= cap) {
        let posting = reversing(account, original, reversed.amount)?;
        let fact = RefundFact {
            payment: original.payment,
            request: None,
            requested_by: None,
            conversion: reversed.conversion,
            note: original.note.clone(),
        };
        draft.post(account, posting, Fact::Refunded(Arc::new(fact)));
        return Ok(Answer::Done);
    }
    let request = RefundRequest {
        serial: account.extra.as_deref().map_or(0, |it| it.refunds_count) + 1,
        payment: original.payment,
        paid: original.amount,
        paid_original: original.conversion.as_ref().map(|it| it.original),
        amount: reversed.amount,
        source: original.source,
        conversion: reversed.conversion,
        note: original.note.clone(),
    };
    draft.post(account, unmoved(account), Fact::RefundRequested(Arc::new(request)));
    Ok(Answer::Done)
}

pub(super) fn approve_refund(
    draft: &mut Draft<'_>,
    account: AccountId,
    serial: u32,
) -> Result<Answer, Refusal> {
    let account = draft.state.resolve(&AccountRef::Id(account))?;
    let pending = pending_refund(account, serial)?;
    if pending.requested_by == draft.origin.actor {
        return Err(Refusal::SecondPersonNeeded { requested_by: pending.requested_by });
    }
    let request = &pending.request;
    check_left(account, request)?;
    let contra = Contra::Payments(request.source);
    let posting = posting(account, Balance::debit(request.amount), contra)?;
    let fact = RefundFact {
        payment: request.payment,
        request: Some(serial),
        requested_by: Some(pending.requested_by),
        conversion: request.conversion.clone(),
        note: request.note.clone(),
    };
    draft.post(account, posting, Fact::Refunded(Arc::new(fact)));
    Ok(Answer::Done)
}

/// Whoever asked for a refund may take the request back too.
pub(super) fn reject_refund(
    draft: &mut Draft<'_>,
    account: AccountId,
    serial: u32,
    note: &Note,
) -> Result<Answer, Refusal> {
    let account = draft.state.resolve(&AccountRef::Id(account))?;
    pending_refund(account, serial)?;
    let fact = RefundRejection { serial, note: note.clone() };
    draft.post(account, unmoved(account), Fact::RefundRejected(Arc::new(fact)));
    Ok(Answer::Done)
}

pub(super) fn lock_payments(
    draft: &mut Draft<'_>,
    account: &AccountRef,
    locked: bool,
) -> Result<Answer, Refusal> {
    let account = draft.open_account(account)?;
    check_open(account)?;
    draft.post(account, unmoved(account), Fact::PaymentsLocked(locked));
    Ok(Answer::Done)
}

fn pending_refund(account: &Account, serial: u32) -> Result<&PendingRefund, Refusal> {
    let refunds = account.extra.as_deref().map_or(&[][..], |it| &it.refunds);
    let found = refunds.iter().find(|it| it.request.serial == serial);
    found
        .ok_or_else(|| Refusal::RefundNotFound { refund: format!("rfd_{}-{serial}", account.id.0) })
}

/// What is taken back of a payment: in the account's currency, and as it was paid in.
struct Reversed {
    amount: Amount,
    conversion: Option<Arc<Conversion>>,
}

/// What is not left of a payment any more.
#[derive(Clone, Copy)]
enum Spoken {
    /// What was taken back.
    Done,
    /// And what waits for a second person.
    WithRequests,
}

/// The part that is asked for, all that is left when none is named.
fn reversed_part(
    account: &Account,
    payment: &CancelPayment,
    part: Option<Money>,
    spoken: Spoken,
) -> Result<Reversed, Refusal> {
    let before = spoken_for(account, payment, spoken);
    let left = payment.amount.excess_over(before.amount);
    let Some(conversion) = &payment.conversion else {
        part.map_or(Ok(()), |it| check_currency(account, it.currency))?;
        let amount = part.map_or(left, |it| it.amount);
        if amount > left || left.is_zero() {
            return Err(payment_reversed(account, left, amount));
        }
        return Ok(Reversed { amount, conversion: None });
    };
    let original_left = conversion.original.excess_over(before.original.unwrap_or(Amount::ZERO));
    let original = part.map_or(original_left, |it| it.amount);
    if let Some(part) = part {
        check_currency_is(conversion.currency, part.currency)?;
    }
    if original > original_left || original_left.is_zero() {
        let left = Conversion { original: original_left, ..Conversion::clone(conversion) };
        return Err(original_reversed(&left, original));
    }
    // The last part takes what the parts before it have left, so that nothing remains of rounding.
    let amount = match original == original_left {
        true => left,
        false => proportion(payment.amount, original, conversion.original).min(left),
    };
    let conversion = Conversion { original, ..Conversion::clone(conversion) };
    Ok(Reversed { amount, conversion: Some(Arc::new(conversion)) })
}

fn spoken_for(account: &Account, payment: &CancelPayment, spoken: Spoken) -> Reversal {
    let none = Reversal { payment: payment.payment, amount: Amount::ZERO, original: None };
    let mut sum = account.reversed(payment.payment).unwrap_or(none);
    if let Spoken::Done = spoken {
        return sum;
    }
    let pending = account.extra.as_deref().map_or(&[][..], |it| &it.refunds);
    for it in pending.iter().filter(|it| it.request.payment == payment.payment) {
        sum.amount = sum.amount.add_capped(it.request.amount);
        if let Some(conversion) = &it.request.conversion {
            let before = sum.original.unwrap_or(Amount::ZERO);
            sum.original = Some(before.add_capped(conversion.original));
        }
    }
    sum
}

/// Refuses a refund that was asked for when the bank has taken the money meanwhile.
fn check_left(account: &Account, request: &RefundRequest) -> Result<(), Refusal> {
    let reversed = account.reversed(request.payment);
    // Parts are rounded, so that each currency may run out before the other.
    if let (Some(conversion), Some(paid)) = (&request.conversion, request.paid_original) {
        let gone = reversed.and_then(|it| it.original).unwrap_or(Amount::ZERO);
        let original = paid.excess_over(gone);
        if conversion.original > original {
            let left = Conversion { original, ..Conversion::clone(conversion) };
            return Err(original_reversed(&left, conversion.original));
        }
    }
    let left = request.paid.excess_over(reversed.map_or(Amount::ZERO, |it| it.amount));
    match request.amount > left {
        true => Err(payment_reversed(account, left, request.amount)),
        false => Ok(()),
    }
}

/// `whole × part ÷ of`, rounded half to even to a whole minor unit: at the payment's own rate.
fn proportion(whole: Amount, part: Amount, of: Amount) -> Amount {
    let step = i128::from(crate::FINE_PER_MINOR);
    let numerator = i128::from(whole.units()) * i128::from(part.units());
    let denominator = i128::from(of.units()) * step;
    let (quotient, rest) = (numerator.div_euclid(denominator), numerator.rem_euclid(denominator));
    let up = match (rest * 2).cmp(&denominator) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => quotient % 2 == 1,
    };
    let units = (quotient + i128::from(up)) * step;
    let amount = i64::try_from(units).ok().and_then(Amount::from_units);
    amount.expect("a part is not more than the whole")
}

fn reversing(
    account: &Account,
    payment: &CancelPayment,
    amount: Amount,
) -> Result<crate::Posting, Refusal> {
    posting(account, Balance::debit(amount), Contra::Payments(payment.source))
}

fn cancellation(payment: &CancelPayment, conversion: Option<Arc<Conversion>>) -> CancellationFact {
    CancellationFact { payment: payment.payment, conversion, note: payment.note.clone() }
}

fn payment_reversed(account: &Account, left: Amount, requested: Amount) -> Refusal {
    Refusal::PaymentReversed {
        left,
        requested,
        currency: account.currency,
        exponent: account.exponent,
    }
}

/// As [`payment_reversed`], in the currency that was paid in.
fn original_reversed(left: &Conversion, requested: Amount) -> Refusal {
    Refusal::PaymentReversed {
        left: left.original,
        requested,
        currency: left.currency,
        exponent: left.exponent,
    }
}

fn check_currency_is(expected: Currency, actual: Currency) -> Result<(), Refusal> {
    match expected == actual {
        true => Ok(()),
        false => Err(Refusal::CurrencyMismatch { expected, actual }),
    }
}
