//! Payments, charges, adjustments and transfers.

use std::sync::Arc;

use super::{Draft, check_currency, check_funds, check_open, out_of_range, posting, uncovered};
use crate::{
    Account, AccountRef, Amount, Answer, Balance, CancelPayment, CancellationFact, Charge,
    ChargeFact, Contra, Conversion, Currency, ExchangeError, Fact, Money, Name, Note, NoteFact,
    PaymentFact, Precision, ReceivePayment, Refusal, Timing, Transfer, TransferFact, Unit,
};

pub(super) fn receive_payment(
    draft: &mut Draft<'_>,
    payment: &ReceivePayment,
) -> Result<Answer, Refusal> {
    let account = draft.open_account(&payment.account)?;
    let (amount, conversion) =
        convert(draft, payment.money, account.unit(), Precision::MinorUnits)?;
    let contra = Contra::Payments(payment.source);
    let posting = posting(account, Balance::credit(amount), contra)?;
    let fact = PaymentFact {
        reference: payment.reference.clone(),
        paid_at: payment.paid_at,
        conversion,
        note: payment.note.clone(),
    };
    draft.post(account, posting, Fact::Payment(Arc::new(fact)));
    Ok(Answer::Done)
}

/// Reverses a payment, at the rate it came in at. The account may go into debt by it; a closed
/// account takes it too, because the money is gone all the same.
pub(super) fn cancel_payment(
    draft: &mut Draft<'_>,
    cancel: &CancelPayment,
) -> Result<Answer, Refusal> {
    let account = draft.state.resolve(&AccountRef::Id(cancel.account))?;
    let contra = Contra::Payments(cancel.source);
    let posting = posting(account, Balance::debit(cancel.amount), contra)?;
    let fact = CancellationFact {
        payment: cancel.payment,
        conversion: cancel.conversion.clone(),
        note: cancel.note.clone(),
    };
    draft.post(account, posting, Fact::PaymentCancelled(Arc::new(fact)));
    Ok(Answer::Done)
}

pub(super) fn charge(draft: &mut Draft<'_>, charge: &Charge) -> Result<Answer, Refusal> {
    let account = draft.open_account(&charge.account)?;
    let (amount, conversion) = convert(draft, charge.money, account.unit(), Precision::Fine)?;
    let posting = posting(account, Balance::debit(amount), Contra::Revenue(charge.service))?;
    let overrun = match charge.timing {
        Timing::BeforeUse => {
            check_funds(account, amount)?;
            Amount::ZERO
        }
        Timing::AfterUse => uncovered(account.available(), amount),
    };
    let fact = ChargeFact {
        reference: charge.reference.clone(),
        note: charge.note.clone(),
        conversion,
        overrun: (!overrun.is_zero()).then_some(overrun),
    };
    let fact = (fact != ChargeFact::default()).then(|| Arc::new(fact));
    draft.post(account, posting, Fact::Charge(fact));
    Ok(Answer::Done)
}

/// Corrects a balance. It may go below what is available: staff decide that, and say why.
pub(super) fn adjust(
    draft: &mut Draft<'_>,
    account: &AccountRef,
    amount: Balance,
    currency: Currency,
    reason: Name,
    note: &Note,
) -> Result<Answer, Refusal> {
    let account = draft.open_account(account)?;
    check_currency(account, currency)?;
    let posting = posting(account, amount, Contra::Adjustments(reason))?;
    let fact = note.clone().map(|note| Arc::new(NoteFact { note }));
    draft.post(account, posting, Fact::Adjustment(fact));
    Ok(Answer::Done)
}

pub(super) fn transfer(draft: &mut Draft<'_>, transfer: &Transfer) -> Result<Answer, Refusal> {
    let from = draft.state.resolve(&transfer.from)?;
    let to = draft.state.resolve(&transfer.to)?;
    check_open(from)?;
    check_open(to)?;
    if from.id == to.id {
        return Err(Refusal::SameAccount { account: from.id });
    }
    let sides = transfer_sides(draft, transfer, from, to)?;
    // What rounds to nothing on one side would be money for nothing on the other.
    for (account, amount) in [(from, sides.debited), (to, sides.credited)] {
        if amount.is_zero() {
            return Err(out_of_range(account));
        }
    }
    let [out_contra, in_contra] = match from.currency == to.currency {
        true => [Contra::Transfers; 2],
        false => [Contra::Exchange(to.currency), Contra::Exchange(from.currency)],
    };
    let out_posting = posting(from, Balance::debit(sides.debited), out_contra)?;
    let in_posting = posting(to, Balance::credit(sides.credited), in_contra)?;
    check_funds(from, sides.debited)?;
    let fact = |other: &Account| {
        Arc::new(TransferFact {
            other: other.id,
            conversion: sides.rates.clone(),
            note: transfer.note.clone(),
        })
    };
    draft.post(from, out_posting, Fact::TransferOut(fact(to)));
    draft.post(to, in_posting, Fact::TransferIn(fact(from)));
    Ok(Answer::Done)
}

struct Sides {
    debited: Amount,
    credited: Amount,
    /// The rates between the two, when they differ in currency.
    rates: Option<Arc<Conversion>>,
}

/// What leaves the one account and reaches the other: exact on the side whose currency was
/// named, converted on the other.
fn transfer_sides(
    draft: &Draft<'_>,
    transfer: &Transfer,
    from: &Account,
    to: &Account,
) -> Result<Sides, Refusal> {
    let named = transfer.money;
    if named.currency == from.currency {
        let (credited, rates) = convert(draft, named, to.unit(), Precision::MinorUnits)?;
        return Ok(Sides { debited: named.amount, credited, rates });
    }
    if named.currency == to.currency {
        let (debited, rates) = convert(draft, named, from.unit(), Precision::MinorUnits)?;
        return Ok(Sides { debited, credited: named.amount, rates });
    }
    Err(Refusal::CurrencyMismatch { expected: from.currency, actual: named.currency })
}

type Converted = (Amount, Option<Arc<Conversion>>);

/// `money` in the unit of an account, at the rate of this moment.
fn convert(
    draft: &Draft<'_>,
    money: Money,
    to: Unit,
    precision: Precision,
) -> Result<Converted, Refusal> {
    if money.currency == to.currency {
        return Ok((money.amount, None));
    }
    let from = Unit { currency: money.currency, exponent: money.currency.exponent() };
    let converted = draft.state.exchange.convert(money.amount, from, to, draft.at, precision);
    match converted {
        Ok((amount, conversion)) => Ok((amount, Some(Arc::new(conversion)))),
        Err(ExchangeError::NoRate) => {
            Err(Refusal::NoExchangeRate { from: money.currency, to: to.currency, at: draft.at })
        }
        Err(ExchangeError::OutOfRange) => {
            Err(Refusal::AmountOutOfRange { currency: to.currency, exponent: to.exponent })
        }
    }
}
