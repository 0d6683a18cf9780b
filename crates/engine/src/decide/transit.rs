//! The two sides of money that goes from one shard to another.

use std::sync::Arc;

use super::money::convert;
use super::{Draft, check_currency, check_funds, out_of_range, posting};
use crate::{
    Account, AccountRef, AllocationFact, Answer, Balance, Contra, Conversion, Fact, ForwardFact,
    ForwardPayment, Posting, Precision, ReceiveTransit, Refusal, SendTransfer, Sent, TransferFact,
    Transit, UnallocatedFact, Unfit,
};

/// Takes the money off the account that pays. It is under way from then on, in the currency that
/// was named.
pub(super) fn send_transfer(draft: &mut Draft<'_>, send: &SendTransfer) -> Result<Answer, Refusal> {
    let from = draft.open_account(&send.from)?;
    let money = send.money;
    if money.currency != send.to.currency {
        check_currency(from, money.currency)?;
    }
    let (amount, conversion) = convert(draft, money, from.unit(), Precision::MinorUnits)?;
    // What rounds to nothing here would be money for nothing there.
    if amount.is_zero() {
        return Err(out_of_range(from));
    }
    let posting = posting(from, Balance::debit(amount), Contra::Transfers)?;
    check_funds(from, amount)?;
    let exponent = money.currency.exponent();
    let fact = TransferFact {
        other: send.to.id,
        conversion,
        note: send.note.clone(),
        transit: Some(Transit::Sent {
            amount: money.amount,
            currency: money.currency,
            exponent,
            from: from.number.clone(),
            to: send.to.number.clone(),
        }),
    };
    draft.post(from, posting, Fact::TransferOut(Arc::new(fact)));
    Ok(Answer::Done)
}

/// Has an unallocated payment leave for the shard of its account.
pub(super) fn forward_payment(
    draft: &mut Draft<'_>,
    forward: &ForwardPayment,
) -> Result<Answer, Refusal> {
    let received = &forward.received;
    let fact = ForwardFact {
        payment: forward.payment,
        account: forward.account,
        source: received.source,
        reference: received.reference.clone(),
        amount: received.amount,
        currency: received.currency,
        exponent: received.exponent,
        paid_at: received.paid_at,
        note: forward.note.clone(),
    };
    draft.push(None, None, Fact::PaymentForwarded(Arc::new(fact)));
    Ok(Answer::Done)
}

/// Gives what was sent to its account, at the rate of this moment; what does not fit there waits
/// for staff. Never refused, because the money has left the other shard.
pub(super) fn receive(draft: &mut Draft<'_>, transit: &ReceiveTransit) -> Result<Answer, Refusal> {
    match fit(draft, transit) {
        Ok((account, posting, conversion)) => {
            let fact = taken(transit, conversion);
            draft.post(account, posting, fact);
        }
        Err(why) => {
            let fact = unallocated(transit, why);
            draft.push(None, None, Fact::PaymentUnallocated(Arc::new(fact)));
        }
    }
    Ok(Answer::Done)
}

type Fitting<'a> = (&'a Account, Posting, Option<Arc<Conversion>>);

fn fit<'a>(draft: &Draft<'a>, transit: &ReceiveTransit) -> Result<Fitting<'a>, Unfit> {
    let account = draft.state.resolve(&AccountRef::Id(transit.account));
    let account = account.map_err(|_| Unfit::AccountUnknown)?;
    let is_payment = matches!(transit.sent, Sent::Payment { .. });
    if account.closed {
        return Err(Unfit::AccountClosed);
    }
    if is_payment && account.payments_locked {
        return Err(Unfit::PaymentsLocked);
    }
    let converted = convert(draft, transit.money, account.unit(), Precision::MinorUnits);
    let (amount, conversion) = converted.map_err(|refusal| match refusal {
        Refusal::NoExchangeRate { .. } => Unfit::NoExchangeRate,
        _ => Unfit::AmountOutOfRange,
    })?;
    if amount.is_zero() && !is_payment {
        return Err(Unfit::AmountOutOfRange);
    }
    let posting = posting(account, Balance::credit(amount), Contra::Transfers);
    Ok((account, posting.map_err(|_| Unfit::AmountOutOfRange)?, conversion))
}

fn taken(transit: &ReceiveTransit, conversion: Option<Arc<Conversion>>) -> Fact {
    match &transit.sent {
        Sent::Transfer { from, number, note } => Fact::TransferIn(Arc::new(TransferFact {
            other: *from,
            conversion,
            note: note.clone(),
            transit: Some(Transit::Received { original: transit.original, from: number.clone() }),
        })),
        Sent::Payment { payment, source, reference, paid_at, note } => {
            Fact::PaymentAllocated(Arc::new(AllocationFact {
                payment: *payment,
                source: *source,
                reference: reference.clone(),
                paid_at: *paid_at,
                conversion,
                note: note.clone(),
            }))
        }
    }
}

fn unallocated(transit: &ReceiveTransit, why: Unfit) -> UnallocatedFact {
    let (source, reference, paid_at, note) = match &transit.sent {
        Sent::Transfer { note, .. } => {
            let source = crate::Name::new("transfer").expect("well formed");
            (source, transit.original.0.to_string().into(), None, note)
        }
        Sent::Payment { source, reference, paid_at, note, .. } => {
            (*source, reference.clone(), *paid_at, note)
        }
    };
    UnallocatedFact {
        source,
        reference,
        amount: transit.money.amount,
        currency: transit.money.currency,
        exponent: transit.money.currency.exponent(),
        why,
        named: Some(format!("acc_{}", transit.account.0).into()),
        paid_at,
        note: note.clone(),
        original: Some(transit.original),
    }
}
