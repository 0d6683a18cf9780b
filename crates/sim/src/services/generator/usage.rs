//! Sessions: of units, and of money beside them.

use engine::{
    AccountId, Ask, AskUse, Authorise, AuthoriseUse, Command, ReservationId, SessionKey, Settle,
    SettleUse, Then, ThenUse, Timestamp, Used, Whom,
};

use super::{Generator, SECOND};
use crate::services::ledger::{Call, Ledger};

impl Generator {
    pub(super) fn use_command(&mut self, ledger: &Ledger) -> Command {
        match self.random.weighted(&[(12, 0), (16, 1), (2, 2), (2, 3), (3, 4), (2, 5)]) {
            0 => self.authorise_use(ledger),
            1 => self.settle_use(ledger),
            2 => self.authorise(ledger),
            3 => self.settle(ledger),
            4 => self.go_on(ledger),
            _ => self.release(ledger),
        }
    }

    fn key(&mut self) -> SessionKey {
        self.made += 1;
        SessionKey(u128::from(self.made))
    }

    fn ask_use(&mut self) -> AskUse {
        let quantity = match self.random.below(8) {
            0 => self.random.below(3) + 1,
            1 => 600,
            2 => 1_500,
            _ => self.random.below(300) + 1,
        };
        let minimum = match self.random.below(4) {
            0 => quantity,
            1 => self.random.below(60),
            _ => 1,
        };
        let seconds = self.random.between(30, 1_800);
        AskUse { quantity, minimum, expires_at: Timestamp(self.now + seconds * SECOND) }
    }

    fn authorise_use(&mut self, ledger: &Ledger) -> Command {
        let mut metered = Vec::new();
        for (id, purse) in &ledger.purses {
            let those = purse
                .subscriptions
                .iter()
                .filter(|(_, it)| ledger.newest(it.service).is_some_and(|it| it.usage.is_some()));
            metered.extend(those.map(|(serial, it)| (*id, *serial, it.clone())));
        }
        let picked = self.random.pick(&metered).cloned();
        let id = match &picked {
            Some((account, serial, _)) if self.random.chance(95) => {
                let (account, serial) = (AccountId(*account), *serial);
                engine::SubscriptionId { account, serial }
            }
            _ => self.subscription(ledger),
        };
        let mut service = None;
        let subject = picked.as_ref().and_then(|it| it.2.subjects.first().cloned());
        let whom = match (self.random.below(3), subject, picked) {
            (0, Some(subject), _) => Whom::Subject(subject),
            (1, _, Some((account, _, sub))) => {
                service = Some(sub.service);
                Whom::Account(Self::account_ref(account))
            }
            _ => Whom::Subscription(id),
        };
        let destination = *self
            .random
            .pick(&[Some("4930123"), Some("49170"), Some("1555"), Some("33"), None])
            .expect("some");
        let key = self.key();
        Command::AuthoriseUse(Box::new(AuthoriseUse {
            whom,
            service,
            session: key,
            session_text: format!("s{}", key.0).into(),
            request: if self.random.chance(60) { 1 } else { 0 },
            destination: destination.map(Into::into),
            ask: self.ask_use(),
        }))
    }

    /// A session that is known asks again by the next number.
    fn go_on(&mut self, ledger: &Ledger) -> Command {
        let numbered = self.requests.iter().filter(|it| *it.1 > 0);
        let numbered: Vec<_> = numbered.map(|(place, request)| (*place, *request)).collect();
        let recent = &numbered[numbered.len() - numbered.len().min(8)..];
        let Some(((account, serial), request)) = self.random.pick(recent).copied() else {
            return self.authorise_use(ledger);
        };
        let call = ledger.purses[&account].calls.get(&serial);
        let Some(subscription) = call.and_then(Call::subscription) else {
            return self.authorise_use(ledger);
        };
        let account_id = AccountId(account);
        let key = self.keys[&(account, serial)];
        Command::AuthoriseUse(Box::new(AuthoriseUse {
            whom: Whom::Subscription(engine::SubscriptionId {
                account: account_id,
                serial: subscription,
            }),
            service: None,
            session: key,
            session_text: format!("s{}", key.0).into(),
            request: request + 1,
            destination: None,
            ask: self.ask_use(),
        }))
    }

    fn some_call(&mut self, ledger: &Ledger, metered: bool) -> Option<ReservationId> {
        let mut calls = Vec::new();
        for (id, purse) in &ledger.purses {
            let those = purse.calls.iter().filter(|(_, it)| {
                it.rated.is_some() == metered && (it.open_until.is_some() || it.held > 0)
            });
            calls.extend(those.map(|it| (*id, *it.0)));
        }
        if self.random.chance(8) {
            // One that has ended, or expired, or is known no longer.
            let known: Vec<_> = self.requests.keys().copied().collect();
            calls = known[known.len() - known.len().min(6)..].to_vec();
        }
        let (account, serial) = *self.random.pick(&calls)?;
        Some(ReservationId { account: AccountId(account), serial })
    }

    fn settle_use(&mut self, ledger: &Ledger) -> Command {
        let Some(reservation) = self.some_call(ledger, true) else {
            return self.authorise_use(ledger);
        };
        let place = (reservation.account.0, reservation.serial);
        let call = ledger.purses[&place.0].calls.get(&place.1);
        let before = call.and_then(|it| it.rated.as_ref()).map_or(0, |it| it.tally.total);
        let before = u64::try_from(before).expect("small");
        let more = match self.random.below(6) {
            0 => 0,
            1 => self.random.below(10),
            2 => self.random.below(900),
            3 => self.random.below(12_000),
            _ => self.random.below(150),
        };
        let used = match self.random.below(12) {
            0 if before > 0 => Used::Total(before - 1),
            1..5 => Used::More(more),
            _ => Used::Total(before + more),
        };
        let then = match self.random.below(10) {
            0..3 => ThenUse::End,
            3..5 => ThenUse::Keep,
            _ => ThenUse::Ask(self.ask_use()),
        };
        let request = self.next_request(place);
        Command::SettleUse(Box::new(SettleUse { reservation, request, used, then }))
    }

    fn next_request(&self, place: (u32, u32)) -> u32 {
        match self.requests.get(&place) {
            Some(0) | None => 0,
            Some(last) => last + 1,
        }
    }

    fn authorise(&mut self, ledger: &Ledger) -> Command {
        let (account, purse) = self.purse(ledger);
        let key = self.key();
        let whole = Self::whole(purse.currency);
        let amount = Self::amount((self.random.between(0, 3 * whole)).into());
        Command::Authorise(Authorise {
            account: Self::account_ref(account),
            session: key,
            session_text: format!("s{}", key.0).into(),
            request: 1,
            service: self.name(&["other"]),
            currency: purse.currency,
            ask: Ask {
                amount,
                minimum: Self::amount(0),
                expires_at: Timestamp(self.now + self.random.between(10, 900) * SECOND),
            },
        })
    }

    fn settle(&mut self, ledger: &Ledger) -> Command {
        let metered = self.random.chance(5);
        let Some(reservation) = self.some_call(ledger, metered) else {
            return self.authorise(ledger);
        };
        let currency = ledger.purses[&reservation.account.0].currency;
        let whole = Self::whole(currency);
        Command::Settle(Settle {
            reservation,
            request: self.next_request((reservation.account.0, reservation.serial)),
            currency,
            used: Self::amount(self.random.between(0, 2 * whole).into()),
            then: if self.random.chance(50) { Then::Keep } else { Then::End },
        })
    }

    fn release(&mut self, ledger: &Ledger) -> Command {
        let metered = self.random.chance(70);
        let Some(reservation) = self.some_call(ledger, metered) else {
            return self.authorise(ledger);
        };
        let request = self.next_request((reservation.account.0, reservation.serial));
        Command::Release { reservation, request }
    }
}
