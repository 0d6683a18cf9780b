//! Services and who has them, periods that begin and end, use by units.

use std::sync::Arc;

use engine::{
    AccountId, AccountRef, AskUse, AuthoriseUse, ChangePlan, Command, OpenSubscription, Price,
    Purchase, Refund, Service, SessionKey, SettleUse, SubscriptionChange, SubscriptionId,
    Suspender, ThenUse, Used, When, Whom,
};
use serde_json::{Value, json};

use super::{History, SECOND, name};

/// Those that can be subscribed to, and then what is bought once.
const SERVICES: [&str; 7] = ["fibre", "tv", "radio", "phone", "bytes", "turbo", "film"];
const SUBSCRIBABLE: u64 = 5;

/// Names that the network may know a subscription by.
pub const SUBJECTS: u64 = 24;

/// On one account, so that what falls due at one moment stays little.
const SUBSCRIPTIONS_MAX: usize = 3;

impl History {
    pub(super) fn services(&mut self) -> Command {
        let known = self.state.catalogue().services().count();
        if let Some(name) = SERVICES.get(known) {
            return self.set_service(name);
        }
        match self.below(30) {
            0 => {
                let place = self.below(SERVICES.len() as u64) as usize;
                self.set_service(SERVICES[place])
            }
            1..=6 => self.subscribe(),
            7 | 8 => self.purchase(),
            9..=15 => self.change_subscription(),
            16..=21 => self.authorise_use(),
            _ => self.settle_use(),
        }
    }

    fn set_service(&mut self, name: &str) -> Command {
        let currency = if self.below(6) == 0 { "USD" } else { "EUR" };
        let (mode, mut terms) = self.terms(name);
        let more = json!({
            "name": name, "version": 0, "title": name, "currency": currency, "mode": mode,
            "days": if self.below(2) == 0 { "customer" } else { "provider" },
            "adapter": "olt", "profile": {"kbit": self.below(3).to_string()},
        });
        let (terms_map, more) = (terms.as_object_mut(), more);
        if let (Some(terms), Value::Object(more)) = (terms_map, more) {
            terms.extend(more);
        }
        let service: Service = serde_json::from_value(terms).unwrap();
        Command::SetService(Arc::new(service))
    }

    fn terms(&mut self, name: &str) -> (&'static str, Value) {
        let price = format!("{}.{:02}", self.below(3), self.below(100));
        let daily = json!({"price": price, "every": {"count": 1, "unit": "day"}});
        let rates = json!([
            {"price": "0.10", "set_up": "0.05"},
            {"prefixes": ["47"], "price": [
                {"from": 0, "price": "0.20"}, {"from": 100, "price": "0.07"}
            ]}
        ]);
        match name {
            "fibre" => ("prepaid", json!({"recurring": daily, "refunds_unused": true})),
            "tv" => ("prepaid", json!({"recurring": daily, "while_off": "credited"})),
            "radio" => ("prepaid", json!({"recurring": daily, "while_off": "pauses"})),
            "phone" => (
                "postpaid",
                json!({
                    "recurring": daily, "due": {"days": 0, "grace_days": self.below(2)},
                    "usage": {
                        "unit": "second", "per": 60, "increment": 10,
                        "allowance": 60, "rates": rates
                    },
                }),
            ),
            "bytes" => (
                "prepaid",
                json!({
                    "usage": {"unit": "byte", "per": 100, "rates": rates, "grant_seconds": 20}
                }),
            ),
            "turbo" => (
                "prepaid",
                json!({
                    "one_time": {"price": price, "duration_seconds": 1 + self.below(100)}
                }),
            ),
            _ => ("prepaid", json!({"one_time": {"price": price}})),
        }
    }

    fn some_service(&mut self) -> engine::Name {
        name(SERVICES[self.below(SUBSCRIBABLE) as usize])
    }

    fn own_price(&mut self) -> Option<Price> {
        (self.below(4) == 0).then(|| Price::parse("0.4")).flatten()
    }

    fn subscribe(&mut self) -> Command {
        let account = self.account();
        let found = self.state.resolve(&account);
        let open = found.map_or(&[][..], |it| it.subscriptions());
        let (count, first) = (open.len(), open.first().map(|it| it.serial));
        if count >= SUBSCRIPTIONS_MAX {
            return self.payment();
        }
        Command::OpenSubscription(Box::new(OpenSubscription {
            account,
            service: self.some_service(),
            priority: self.below(3) as u16,
            own_price: self.own_price(),
            subjects: self.subjects(),
            base: first.filter(|_| self.below(4) == 0),
        }))
    }

    fn subjects(&mut self) -> Vec<Box<str>> {
        let count = self.below(3);
        (0..count).map(|_| subject(self.below(SUBJECTS))).collect()
    }

    fn purchase(&mut self) -> Command {
        let account = self.account();
        let found = self.state.resolve(&account);
        let open = found.map_or(&[][..], |it| it.subscriptions());
        let (count, base) = (open.len(), open.first().map(|it| it.serial));
        let service = if count < SUBSCRIPTIONS_MAX { "turbo" } else { "film" };
        let base = base.filter(|_| self.below(2) == 0);
        let item = (service == "film").then(|| "tt0133093".into());
        Command::Purchase(Box::new(Purchase { account, service: name(service), base, item }))
    }

    /// One of an account's subscriptions, if it has any.
    fn subscription(&mut self) -> Option<SubscriptionId> {
        let account = self.account();
        let account = self.state.resolve(&account).ok()?;
        let ids: Vec<_> = account.subscriptions().iter().map(|it| it.serial).collect();
        let ids = (account.id, ids);
        self.one_of(ids)
    }

    fn one_of(&mut self, (account, serials): (AccountId, Vec<u32>)) -> Option<SubscriptionId> {
        let place = self.below(serials.len() as u64) as usize;
        Some(SubscriptionId { account, serial: *serials.get(place)? })
    }

    fn change_subscription(&mut self) -> Command {
        let Some(subscription) = self.subscription() else { return self.subscribe() };
        let by = if self.below(3) == 0 { Suspender::Staff } else { Suspender::Customer };
        match self.below(9) {
            0 => {
                let refunds = [Refund::AsService, Refund::Unused, Refund::Nothing];
                let refund = refunds[self.below(3) as usize];
                Command::CloseSubscription { subscription, refund }
            }
            1 | 2 => Command::ChangePlan(Box::new(ChangePlan {
                subscription,
                service: self.some_service(),
                own_price: self.own_price(),
                when: if self.below(2) == 0 { When::Now } else { When::AtPeriodEnd },
            })),
            3 | 4 => {
                let seconds = 1 + self.below(40_000) as i64;
                let until = (self.below(2) == 0).then(|| self.now.plus(seconds * SECOND));
                Command::SuspendSubscription { subscription, by, until }
            }
            5 | 6 => Command::ResumeSubscription { subscription, by },
            _ => {
                let own_price = (self.below(2) == 0).then(|| self.own_price());
                let subjects = (self.below(2) == 0).then(|| self.subjects());
                let priority = Some(self.below(3) as u16);
                let change = SubscriptionChange { priority, own_price, subjects };
                Command::ChangeSubscription { subscription, change: Arc::new(change) }
            }
        }
    }

    fn ask(&mut self) -> AskUse {
        let expires_at = self.now.plus(10 * SECOND);
        AskUse { quantity: 1 + self.below(300), minimum: 1, expires_at }
    }

    fn authorise_use(&mut self) -> Command {
        let service = Some(name(if self.below(2) == 0 { "phone" } else { "bytes" }));
        let whom = match self.below(3) {
            0 => Whom::Subject(subject(self.below(SUBJECTS))),
            _ => Whom::Account(self.metered_account()),
        };
        Command::AuthoriseUse(Box::new(AuthoriseUse {
            whom,
            service,
            session: SessionKey(u128::from(self.made)),
            session_text: format!("use-{}", self.made).into(),
            request: 1,
            destination: (self.below(2) == 0).then(|| "4722334455".into()),
            ask: self.ask(),
        }))
    }

    /// An account that has something to use, if there is one.
    fn metered_account(&mut self) -> AccountRef {
        let accounts = self.state.accounts().filter(|it| {
            let metered =
                |it: &&engine::Subscription| matches!(it.service.as_str(), "phone" | "bytes");
            it.subscriptions().iter().find(metered).is_some_and(|it| it.on)
        });
        let ids: Vec<AccountId> = accounts.map(|it| it.id).collect();
        let place = self.below(ids.len() as u64) as usize;
        ids.get(place).map_or_else(|| self.account(), |it| AccountRef::Id(*it))
    }

    fn settle_use(&mut self) -> Command {
        if self.uses.is_empty() {
            return self.authorise_use();
        }
        let place = self.below(self.uses.len() as u64) as usize;
        let reservation = self.uses[place];
        let request = 2 + (self.made as u32);
        if self.below(9) == 0 {
            self.uses.swap_remove(place);
            return Command::Release { reservation, request };
        }
        let quantity = self.below(300);
        let used = if self.below(4) == 0 { Used::Total(quantity) } else { Used::More(quantity) };
        let then = [ThenUse::Keep, ThenUse::Ask(self.ask()), ThenUse::End];
        let then = then[self.below(3) as usize];
        Command::SettleUse(Box::new(SettleUse { reservation, request, used, then }))
    }
}

/// A name of the network.
pub fn subject(number: u64) -> Box<str> {
    format!("line-{number}").into()
}
