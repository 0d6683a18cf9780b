//! Payments: in, waiting, to an account, and back.

use engine::{
    AccountId, AccountRef, AllocatePayment, CancelPayment, Money, Origin, ReceivePayment,
    RefundPayment, ReturnPayment, ReversePart, UnallocatedFact,
};

use super::books::Original;
use super::exchange::{Grain, nearest_even};
use super::purse::{Pending, Taken};
use super::{MOST, Oracle, Otherwise, Verdict, refuse};

/// What is not left of a payment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gone {
    Really,
    /// Refunds that wait count too.
    OrAskedFor,
}

impl Oracle {
    pub(super) fn pay(&mut self, payment: &ReceivePayment, at: i64) {
        let fitting = self.fit(payment, at);
        let (place, amount, original) = match fitting {
            Ok(fitting) => fitting,
            Err(why) => {
                self.write_down("payment_unallocated", at, None);
                let (money, source) = (payment.money, payment.source);
                let units = money.amount.units();
                self.books.wait(&format!("payments:{source}"), money.currency, units);
                return self.tell(why.into());
            }
        };
        self.post(place, "payment", at, |line| {
            line.amount = amount;
            line.original = original;
            line.contra = format!("payments:{}", payment.source);
        });
        self.purses[place].flows.push((self.head, amount));
    }

    /// The purse that takes the payment, and what it makes of the money; else why not.
    fn fit(
        &mut self,
        payment: &ReceivePayment,
        at: i64,
    ) -> Result<(usize, i128, Original), &'static str> {
        let account = payment.account.as_ref().ok_or("account_missing")?;
        let place = self.place(account).map_err(|_| "account_unknown")?;
        if self.purses[place].closed {
            return Err("account_closed");
        }
        if self.purses[place].locked {
            return Err("payments_locked");
        }
        let converted = self.in_currency_of(place, payment.money, at, Grain::Minor);
        let fits = converted.and_then(|it| self.check_range(place, it.0).map(|()| it));
        let (amount, original) = fits.map_err(|it| match it {
            Verdict::Refused(code, _) => code,
            _ => unreachable!("a refusal"),
        })?;
        Ok((place, amount, original))
    }

    pub(super) fn allocate(
        &mut self,
        allocate: &AllocatePayment,
        at: i64,
    ) -> Result<(), Otherwise> {
        let place = self.open_place(&allocate.account)?;
        if self.purses[place].locked {
            return refuse("payments_locked", []);
        }
        let received: &UnallocatedFact = &allocate.received;
        let money = Money { amount: received.amount, currency: received.currency };
        let (amount, original) = self.in_currency_of(place, money, at, Grain::Minor)?;
        self.check_range(place, amount)?;
        self.post(place, "payment_allocated", at, |line| {
            line.amount = amount;
            line.original = original;
            line.contra = "unallocated".into();
        });
        self.tell(format!("payment {}", allocate.payment.0));
        self.purses[place].flows.push((self.head, amount));
        Ok(())
    }

    pub(super) fn give_back(&mut self, back: &ReturnPayment, at: i64) {
        self.write_down("payment_returned", at, None);
        let received: &UnallocatedFact = &back.received;
        let (source, units) = (received.source, received.amount.units());
        self.books.wait(&format!("payments:{source}"), received.currency, -units);
        self.tell(format!("payment {} {units} {}", back.payment.0, received.currency));
    }

    /// Only a payment of which nothing was taken, and nothing is to be.
    pub(super) fn cancel(&mut self, cancel: &CancelPayment, at: i64) -> Result<(), Otherwise> {
        let place = self.place(&AccountRef::Id(cancel.account))?;
        let part = self.part_of(place, cancel, None, Gone::OrAskedFor)?;
        let (left, whole) = match (&cancel.conversion, part.original) {
            (Some(conversion), Some((left, _))) => (left, conversion.original.units()),
            _ => (part.amount, cancel.amount.units()),
        };
        if left != whole.into() {
            return refuse("payment_reversed", [left, whole.into()]);
        }
        self.take_back(place, "payment_cancelled", cancel, part, at)
    }

    pub(super) fn charge_back(&mut self, reverse: &ReversePart, at: i64) -> Result<(), Otherwise> {
        let place = self.place(&AccountRef::Id(reverse.original.account))?;
        // The bank has done it, whatever somebody has asked for.
        let part = self.part_of(place, &reverse.original, reverse.part, Gone::Really)?;
        self.take_back(place, "payment_charged_back", &reverse.original, part, at)
    }

    pub(super) fn refund(
        &mut self,
        refund: &RefundPayment,
        origin: &Origin,
        at: i64,
    ) -> Result<(), Otherwise> {
        let payment = &refund.reverse.original;
        let place = self.place(&AccountRef::Id(payment.account))?;
        let mut part = self.part_of(place, payment, refund.reverse.part, Gone::OrAskedFor)?;
        // All parts of a payment together, those that wait too.
        let of_it = self.purses[place].taken.iter().filter(|it| it.payment == part.payment);
        let together = of_it.map(|it| it.amount).sum::<i128>() + part.amount;
        if refund.cap.is_none_or(|cap| together.min(MOST) <= cap.units().into()) {
            return self.take_back(place, "refunded", payment, part, at);
        }
        let purse = &mut self.purses[place];
        purse.refunds_asked += 1;
        let serial = purse.refunds_asked;
        let (asked_by, source) = (origin.actor, payment.source);
        part.pending = Some(Pending { serial, asked_by, source });
        let told = format!("payment {} {}", part.payment, part.amount);
        purse.taken.push(part);
        self.post(place, "refund_requested", at, |line| line.serial = serial);
        self.tell(told);
        Ok(())
    }

    pub(super) fn approve_refund(
        &mut self,
        account: AccountId,
        serial: u32,
        origin: &Origin,
        at: i64,
    ) -> Result<(), Otherwise> {
        let place = self.place(&AccountRef::Id(account))?;
        let asked = self.find_refund(place, serial)?;
        let taken = self.purses[place].taken[asked].clone();
        let pending = taken.pending.expect("it waits");
        if pending.asked_by == origin.actor {
            return refuse("second_person_needed", []);
        }
        let (left, left_of_original) =
            self.left_of(place, taken.payment, taken.whole, Gone::Really);
        if let (Some(left), Some((asked, _))) = (left_of_original, taken.original)
            && asked > left
        {
            return refuse("payment_reversed", [left, asked]);
        }
        if taken.amount > left {
            return refuse("payment_reversed", [left, taken.amount]);
        }
        self.check_range(place, -taken.amount)?;
        self.purses[place].taken[asked].pending = None;
        let original = taken.original.map(|(it, currency)| (-it, currency));
        self.post(place, "refunded", at, |line| {
            line.amount = -taken.amount;
            line.original = original;
            line.serial = serial;
            line.contra = format!("payments:{}", pending.source);
        });
        self.tell(format!("payment {} asked by {}", taken.payment, pending.asked_by));
        self.purses[place].flows.push((taken.payment, -taken.amount));
        Ok(())
    }

    pub(super) fn reject_refund(
        &mut self,
        account: AccountId,
        serial: u32,
        at: i64,
    ) -> Result<(), Otherwise> {
        let place = self.place(&AccountRef::Id(account))?;
        let asked = self.find_refund(place, serial)?;
        self.purses[place].taken.remove(asked);
        self.post(place, "refund_rejected", at, |line| line.serial = serial);
        Ok(())
    }

    fn find_refund(&self, place: usize, serial: u32) -> Result<usize, Otherwise> {
        let asked = |it: &Taken| it.pending.as_ref().is_some_and(|it| it.serial == serial);
        let found = self.purses[place].taken.iter().position(asked);
        found.map_or_else(|| refuse("refund_not_found", []), Ok)
    }

    /// The part of a payment that is asked for, when so much is left of it.
    fn part_of(
        &self,
        place: usize,
        payment: &CancelPayment,
        part: Option<Money>,
        gone: Gone,
    ) -> Result<Taken, Otherwise> {
        let purse = &self.purses[place];
        let whole = i128::from(payment.amount.units());
        let paid_in = payment.conversion.as_ref().map(|it| i128::from(it.original.units()));
        let wholes = (whole, paid_in);
        let (left, left_of_original) = self.left_of(place, payment.payment.0, wholes, gone);
        let currency = payment.conversion.as_ref().map_or(purse.currency, |it| it.currency);
        if part.is_some_and(|it| it.currency != currency) {
            return refuse("currency_mismatch", []);
        }
        let asked = part.map(|it| i128::from(it.amount.units()));
        let taken = |amount, original| Taken {
            payment: payment.payment.0,
            amount,
            original,
            whole: wholes,
            pending: None,
        };
        let Some((paid_in, left_of_original)) = paid_in.zip(left_of_original) else {
            let amount = asked.unwrap_or(left);
            return match left == 0 || amount > left {
                true => refuse("payment_reversed", [left, amount]),
                false => Ok(taken(amount, None)),
            };
        };
        let asked = asked.unwrap_or(left_of_original);
        if left_of_original == 0 || asked > left_of_original {
            return refuse("payment_reversed", [left_of_original, asked]);
        }
        // The last part takes all that is left, however the parts before it were rounded.
        let amount = match asked == left_of_original {
            true => left,
            false => left.min(nearest_even(whole * asked, paid_in * 10_000) * 10_000),
        };
        Ok(taken(amount, Some((asked, currency))))
    }

    /// What is left of a payment, on the account and in the currency that was paid in.
    fn left_of(
        &self,
        place: usize,
        payment: u64,
        (whole, paid_in): (i128, Option<i128>),
        gone: Gone,
    ) -> (i128, Option<i128>) {
        let taken = self.purses[place].taken.iter().filter(|it| it.payment == payment);
        let taken = taken.filter(|it| gone == Gone::OrAskedFor || it.pending.is_none());
        let amounts: i128 = taken.clone().map(|it| it.amount).sum();
        let originals: i128 = taken.filter_map(|it| Some(it.original?.0)).sum();
        ((whole - amounts).max(0), paid_in.map(|it| (it - originals).max(0)))
    }

    fn take_back(
        &mut self,
        place: usize,
        kind: &'static str,
        payment: &CancelPayment,
        part: Taken,
        at: i64,
    ) -> Result<(), Otherwise> {
        self.check_range(place, -part.amount)?;
        self.post(place, kind, at, |line| {
            line.amount = -part.amount;
            line.original = part.original.map(|(it, currency)| (-it, currency));
            line.contra = format!("payments:{}", payment.source);
        });
        self.tell(format!("payment {}", part.payment));
        self.purses[place].flows.push((part.payment, -part.amount));
        self.purses[place].taken.push(part);
        Ok(())
    }
}
