//! One random command.

use std::sync::Arc;

use engine::{
    AccountId, AccountNumber, AccountRef, AddExchangeRates, Ask, Authorise, Charge, Command,
    CreditId, Currency, CustomerFields, CustomerId, Limit, OpenAccount, Order, Origin, Rate,
    ReservationId, SessionKey, Settle, ShardId, Then, Timestamp, Timing, Transfer,
};

use super::{Generator, SECOND};
use crate::Oracle;
use crate::oracle::{Purse, Talk};

/// Accounts that are opened before anything else happens.
const ACCOUNTS_AT_FIRST: u32 = 8;

const SERVICES: [&str; 3] = ["internet", "call", "film"];

impl Generator {
    pub(super) fn order(&mut self, oracle: &Oracle) -> Order {
        let command = match (oracle.customers_count(), oracle.accounts_count()) {
            (0, _) => self.customer(),
            (_, count) if count < ACCOUNTS_AT_FIRST => self.open(oracle),
            _ => self.command(oracle),
        };
        Order {
            origin: Origin {
                actor: self.name(&["ann", "bob"]),
                channel: self.name(&["api", "self-care"]),
                reason: None,
            },
            command,
        }
    }

    fn command(&mut self, oracle: &Oracle) -> Command {
        type Make = fn(&mut Generator, &Oracle) -> Command;
        let choices: [(u64, Make); 30] = [
            (4, Self::directory),
            (2, Self::open),
            (3, Self::close),
            (28, Self::pay),
            (4, Self::allocate),
            (1, Self::give_back),
            (4, Self::cancel),
            (4, Self::charge_back),
            (8, Self::refund),
            (5, Self::answer_refund),
            (2, Self::lock),
            (3, Self::take_over),
            (3, Self::write_off),
            (2, Self::recover),
            (3, Self::plan),
            (3, Self::alerts),
            (8, Self::policy),
            (24, Self::promise),
            (24, Self::charge),
            (6, Self::adjust),
            (16, Self::transfer),
            (5, Self::limit),
            (4, Self::ceiling),
            (7, Self::grant_credit),
            (4, Self::revoke),
            (34, Self::authorise),
            (18, Self::authorise_again),
            (46, Self::settle),
            (9, Self::release),
            (5, Self::rates),
        ];
        self.random.weighted(&choices)(self, oracle)
    }

    fn customer(&mut self) -> Command {
        Command::CreateCustomer(self.fields())
    }

    /// Of some group, and for some years already.
    fn fields(&mut self) -> Arc<CustomerFields> {
        let ago = self.random.between(0, 1_200) * 86_400 * SECOND;
        Arc::new(CustomerFields {
            name: format!("Customer {}", self.random.below(1000)),
            group: self.group(),
            since: self.random.chance(40).then(|| Timestamp(self.now - ago)),
            ..CustomerFields::default()
        })
    }

    fn directory(&mut self, oracle: &Oracle) -> Command {
        match self.random.below(3) {
            0 => self.customer(),
            1 => Command::UpdateCustomer {
                customer: self.customer_id(oracle),
                fields: self.fields(),
            },
            _ => Command::RenameAccount { account: self.account(oracle), name: "another".into() },
        }
    }

    fn customer_id(&mut self, oracle: &Oracle) -> CustomerId {
        let count = u64::from(oracle.customers_count());
        let id = match self.random.chance(5) {
            true => (count + 1) * self.random.below(2),
            false => 1 + self.random.below(count),
        };
        CustomerId(u32::try_from(id).expect("a small number"))
    }

    fn open(&mut self, oracle: &Oracle) -> Command {
        let number = match self.random.below(6) {
            // Taken over from an older system: free, taken, or one that we would give out later.
            0 => Some(format!("OLD-{}", self.random.below(40))),
            1 => Some(next_own_number(oracle, self.random.below(3))),
            _ => None,
        };
        Command::OpenAccount(Box::new(OpenAccount {
            customer: self.customer_id(oracle),
            currency: self.currency(),
            name: "".into(),
            number: number.map(|it| AccountNumber::parse(&it).expect("a number")),
            limit: self.any_limit(None),
            ceiling: self.random.chance(20).then(|| self.amount(None)),
        }))
    }

    fn any_limit(&mut self, purse: Option<&Purse>) -> Limit {
        match self.random.weighted(&[(10, 0), (10, 1), (1, 2)]) {
            0 => Limit::NONE,
            1 => Limit::Limited(self.amount(purse)),
            _ => Limit::Unlimited,
        }
    }

    fn close(&mut self, oracle: &Oracle) -> Command {
        // Those that can be closed and have been in use are looked for: few ever are.
        let empty = 1..=oracle.accounts_count();
        let empty = empty.filter(|it| {
            let in_use = oracle.purse(*it).is_some_and(|it| !it.talks.is_empty());
            let figures = oracle.figures(*it);
            in_use && figures.is_some_and(|it| it.balance == 0 && it.held == 0)
        });
        let empty: Vec<_> = empty.collect();
        let account = match self.random.pick(&empty) {
            Some(id) if self.random.chance(60) => AccountRef::Id(AccountId(*id)),
            _ => self.account(oracle),
        };
        Command::CloseAccount { account }
    }

    fn charge(&mut self, oracle: &Oracle) -> Command {
        let account = self.account(oracle);
        let purse = self.purse(oracle, &account);
        Command::Charge(Charge {
            money: self.money(purse, 20),
            account,
            service: self.name(&SERVICES),
            timing: match self.random.chance(70) {
                true => Timing::BeforeUse,
                false => Timing::AfterUse,
            },
            reference: self.random.chance(20).then(|| "C".into()),
            note: None,
        })
    }

    fn adjust(&mut self, oracle: &Oracle) -> Command {
        let id = self.account_id(oracle);
        let balance = oracle.figures(id.0).map_or(0, |it| it.balance);
        Command::Adjust {
            account: AccountRef::Id(id),
            amount: self.correction(balance),
            currency: self.currency_for(oracle.purse(id.0), 5),
            reason: self.name(&["goodwill", "mistake"]),
            note: self.random.chance(50).then(|| "because".into()),
        }
    }

    fn transfer(&mut self, oracle: &Oracle) -> Command {
        let (from, to) = (self.account(oracle), self.account(oracle));
        let side = match self.random.chance(50) {
            true => self.purse(oracle, &from),
            false => self.purse(oracle, &to),
        };
        Command::Transfer(Box::new(Transfer { money: self.money(side, 4), from, to, note: None }))
    }

    fn limit(&mut self, oracle: &Oracle) -> Command {
        let account = self.account(oracle);
        let purse = self.purse(oracle, &account);
        let limit = self.any_limit(purse);
        Command::SetCreditLimit {
            limit,
            currency: match limit {
                Limit::Unlimited => None,
                Limit::Limited(_) => Some(self.currency_for(purse, 3)),
            },
            account,
        }
    }

    fn ceiling(&mut self, oracle: &Oracle) -> Command {
        let account = self.account(oracle);
        let purse = self.purse(oracle, &account);
        Command::SetCreditCeiling {
            ceiling: self.random.chance(60).then(|| self.money(purse, 3)),
            account,
        }
    }

    fn grant_credit(&mut self, oracle: &Oracle) -> Command {
        let account = self.account(oracle);
        let purse = self.purse(oracle, &account);
        Command::GrantCredit { money: self.money(purse, 3), until: self.until(), account }
    }

    fn revoke(&mut self, oracle: &Oracle) -> Command {
        let account = self.account_id(oracle);
        let limits = oracle.purse(account.0).map_or(&[][..], |it| &it.limits);
        let vows = oracle.purse(account.0).map_or(&[][..], |it| &it.vows);
        let running = limits.iter().map(|it| it.0);
        let running = running.chain(vows.iter().filter(|it| it.is_open()).map(|it| it.serial));
        let running: Vec<_> = running.collect();
        let running = self.random.pick(&running).copied();
        let serial = match running {
            Some(serial) if self.random.chance(90) => serial,
            _ => u32::try_from(self.random.below(5)).expect("a small number"),
        };
        Command::RevokeCredit { credit: CreditId { account, serial } }
    }

    /// A moment to come; at times one that is there already.
    fn until(&mut self) -> Timestamp {
        let later = self.random.weighted(&[
            (2, 0),
            (2, -SECOND),
            (3, 1),
            (30, 20 * SECOND),
            (30, 60 * SECOND),
            (5, 3600 * SECOND),
        ]);
        Timestamp(self.now + later)
    }

    fn ask(&mut self, purse: Option<&Purse>) -> Ask {
        let amount = self.amount(purse);
        let minimum = match self.random.below(4) {
            0 => engine::Amount::ZERO,
            1 => self.amount(purse),
            _ => amount,
        };
        Ask { amount, minimum, expires_at: self.until() }
    }

    /// A session that begins.
    fn authorise(&mut self, oracle: &Oracle) -> Command {
        let account = self.account(oracle);
        self.sessions_made += 1;
        let key = self.sessions_made;
        let request = self.random.weighted(&[(3, 0), (6, 1), (1, 7)]);
        self.authorise_as(oracle, account, key.into(), request)
    }

    /// A session that goes on, or is asked for again.
    fn authorise_again(&mut self, oracle: &Oracle) -> Command {
        let account = AccountRef::Id(self.account_in_use(oracle));
        let talk = self.talk(oracle, &account).cloned();
        let key = talk.as_ref().map_or(self.sessions_made.into(), |it| it.key);
        let request = self.request(talk.as_ref());
        self.authorise_as(oracle, account, key, request)
    }

    fn authorise_as(
        &mut self,
        oracle: &Oracle,
        account: AccountRef,
        key: u128,
        request: u32,
    ) -> Command {
        let purse = self.purse(oracle, &account);
        Command::Authorise(Authorise {
            session: SessionKey(key),
            session_text: key.to_string().into(),
            request,
            service: self.name(&SERVICES),
            currency: self.currency_for(purse, 2),
            ask: self.ask(purse),
            account,
        })
    }

    fn talk<'a>(&mut self, oracle: &'a Oracle, account: &AccountRef) -> Option<&'a Talk> {
        let talks = &self.purse(oracle, account)?.talks;
        let open: Vec<_> = talks.iter().filter(|it| it.is_open()).collect();
        match self.random.pick(&open) {
            Some(talk) if self.random.chance(75) => Some(talk),
            _ => self.random.pick(talks),
        }
    }

    /// The next number of a session; at times one that was answered, or skipped, or none.
    fn request(&mut self, talk: Option<&Talk>) -> u32 {
        let highest = talk.map_or(0, Talk::highest);
        match self.random.weighted(&[(60, 0), (15, 1), (8, 2), (12, 3), (5, 4)]) {
            0 => highest + 1,
            1 => highest,
            2 => u32::try_from(self.random.below(highest.into())).expect("a small number"),
            3 => 0,
            _ => highest + 3,
        }
    }

    fn settle(&mut self, oracle: &Oracle) -> Command {
        let (reservation, talk) = self.reservation(oracle);
        let purse = oracle.purse(reservation.account.0);
        let held = talk.as_ref().map_or(0, |it| i64::try_from(it.held).expect("in bounds"));
        let used = match self.random.below(6) {
            0 => engine::Amount::from_units(held),
            1 => engine::Amount::from_units(self.random.between(0, held)),
            2 => Some(engine::Amount::ZERO),
            3 => engine::Amount::from_units(held.saturating_add(self.random.between(1, SECOND))),
            _ => Some(self.amount(purse)),
        };
        Command::Settle(Settle {
            reservation,
            request: self.request(talk.as_ref()),
            currency: self.currency_for(purse, 2),
            used: used.unwrap_or(engine::Amount::ZERO),
            then: match self.random.weighted(&[(4, 0), (5, 1), (2, 2)]) {
                0 => Then::Keep,
                1 => Then::Ask(self.ask(purse)),
                _ => Then::End,
            },
        })
    }

    fn release(&mut self, oracle: &Oracle) -> Command {
        let (reservation, talk) = self.reservation(oracle);
        Command::Release { reservation, request: self.request(talk.as_ref()) }
    }

    fn reservation(&mut self, oracle: &Oracle) -> (ReservationId, Option<Talk>) {
        let account = self.account_in_use(oracle);
        let talk = self.talk(oracle, &AccountRef::Id(account)).cloned();
        let serial = match &talk {
            Some(talk) if self.random.chance(98) => talk.serial,
            _ => u32::try_from(self.random.below(4)).expect("a small number"),
        };
        let talk = talk.filter(|it| it.serial == serial);
        (ReservationId { account, serial }, talk)
    }

    fn rates(&mut self, _: &Oracle) -> Command {
        let base = match self.random.below(4) {
            0 => self.currency(),
            _ => Currency::EUR,
        };
        let mut rates = Vec::new();
        for _ in 0..=self.random.below(3) {
            let quote = self.currency();
            let digits = self.random.between(1, 999_999);
            let scale = self.random.below(7);
            let text = decimal(digits, usize::try_from(scale).expect("a small number"));
            if quote != base {
                rates.push((quote, Rate::try_from(text).expect("a rate")));
            }
        }
        let ago = self.random.weighted(&[(5, 0), (2, 3600 * SECOND), (1, -60 * SECOND)]);
        Command::AddExchangeRates(Arc::new(AddExchangeRates {
            base,
            source: self.name(&["ecb", "cb"]),
            valid_from: Timestamp(self.now - ago),
            rates,
        }))
    }
}

/// `digits` with the point `scale` places from the right.
fn decimal(digits: i64, scale: usize) -> String {
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    match fraction {
        "" => whole.into(),
        _ => format!("{whole}.{fraction}"),
    }
}

/// A number that the provider has yet to give out, by what is in use already.
fn next_own_number(oracle: &Oracle, ahead: u64) -> String {
    let own = (1..=oracle.accounts_count()).filter_map(|it| oracle.purse(it));
    let own = own.filter(|it| it.number.len() == 9 && !it.number.contains('-')).count();
    let sequence = u64::try_from(own).expect("a count") + 1 + ahead;
    AccountNumber::own(ShardId::FIRST, sequence).to_string()
}
