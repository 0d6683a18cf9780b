//! Charges, adjustments, transfers, opening balances and write-offs.

use std::sync::Arc;

use super::{Draft, check_currency, check_funds, check_open, out_of_range, posting, uncovered};
use crate::{
    Account, AccountRef, Amount, Answer, Balance, Charge, ChargeFact, Contra, Conversion, Currency,
    ExchangeError, Fact, Money, Name, Note, NoteFact, OpeningBalanceFact, Precision, Refusal,
    Timestamp, Timing, Transfer, TransferFact, Unit,
};

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
    money: (Balance, Currency),
    reason: Name,
    note: &Note,
) -> Result<Answer, Refusal> {
    let account = draft.open_account(account)?;
    let (amount, currency) = money;
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
            transit: None,
        })
    };
    draft.post(from, out_posting, Fact::TransferOut(fact(to)));
    draft.post(to, in_posting, Fact::TransferIn(fact(from)));
    Ok(Answer::Done)
}

/// Brings in what stood on an account elsewhere; once, so that running it again adds nothing.
pub(super) fn set_opening_balance(
    draft: &mut Draft<'_>,
    account: &AccountRef,
    money: (Balance, Currency),
    owed_since: Option<Timestamp>,
    note: &Note,
) -> Result<Answer, Refusal> {
    let account = draft.open_account(account)?;
    if account.has_opening_balance {
        return Err(Refusal::OpeningBalanceSet { account: account.id });
    }
    let (amount, currency) = money;
    check_currency(account, currency)?;
    let posting = posting(account, amount, Contra::Opening)?;
    let fact = OpeningBalanceFact { owed_since, note: note.clone() };
    draft.post(account, posting, Fact::OpeningBalance(Arc::new(fact)));
    Ok(Answer::Done)
}

/// Gives up what is owed as lost. It stays collectable: see [`recover_write_off`].
pub(super) fn write_off(
    draft: &mut Draft<'_>,
    account: &AccountRef,
    money: Option<Money>,
    note: &Note,
) -> Result<Answer, Refusal> {
    // A charge-back may have left a closed account in debt.
    let account = draft.state.resolve(account)?;
    let amount = part_of(account, account.owed(), money)?;
    let posting = posting(account, Balance::credit(amount), Contra::WrittenOff)?;
    account.written_off().checked_add(amount).ok_or_else(|| out_of_range(account))?;
    let fact = note.clone().map(|note| Arc::new(NoteFact { note }));
    draft.post(account, posting, Fact::WrittenOff(fact));
    Ok(Answer::Done)
}

/// Claims again what was written off: it is owed as of today.
pub(super) fn recover_write_off(
    draft: &mut Draft<'_>,
    account: &AccountRef,
    money: Option<Money>,
    note: &Note,
) -> Result<Answer, Refusal> {
    let account = draft.open_account(account)?;
    let amount = part_of(account, account.written_off(), money)?;
    let posting = posting(account, Balance::debit(amount), Contra::WrittenOff)?;
    let fact = note.clone().map(|note| Arc::new(NoteFact { note }));
    draft.post(account, posting, Fact::WriteOffRecovered(fact));
    Ok(Answer::Done)
}

/// What is asked for of `whole`, all of it when no sum is named.
fn part_of(account: &Account, whole: Amount, money: Option<Money>) -> Result<Amount, Refusal> {
    money.map_or(Ok(()), |it| check_currency(account, it.currency))?;
    let requested = money.map_or(whole, |it| it.amount);
    if requested > whole || requested.is_zero() {
        return Err(Refusal::MoreThanOwed {
            owed: whole,
            requested,
            currency: account.currency,
            exponent: account.exponent,
        });
    }
    Ok(requested)
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

pub(super) type Converted = (Amount, Option<Arc<Conversion>>);

/// `money` in the unit of an account, at the rate of this moment.
pub(super) fn convert(
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
