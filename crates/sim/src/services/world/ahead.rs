//! What is forecast, against what then happens.

use engine::{
    AccountId, AccountRef, Amount, Command, Entry, Fact, Money, Name, Order, Origin,
    ReceivePayment, State, SwitchCause, Timestamp,
};

use super::ServiceWorld;

/// More than anything costs.
const PLENTY: i64 = 1 << 58;

impl ServiceWorld {
    /// Looks ahead for one account, on copies of the state.
    pub(super) fn check_ahead(&mut self, now: Timestamp) -> Result<(), String> {
        let count = u32::try_from(self.ledger.purses.len()).expect("few");
        if count == 0 {
            return Ok(());
        }
        let id = AccountId(self.generator.one_of(count) + 1);
        let now = now.max(self.state.shared.last_at);
        let forecast = self.state.forecast(id, now).ok_or("no forecast")?;
        let told = |what: String| format!("{forecast:?} of {id:?} at {now:?}: {what}");
        let mut alone = self.state.clone();
        alone.fire_due(id, now, &mut Vec::new());
        let until = forecast.next_off.map_or(forecast.seen_until, |it| it.at);
        let (mut later, mut entries) = (alone.clone(), Vec::new());
        later.fire_due(id, until, &mut entries);
        let off = entries.iter().find_map(off_for_money);
        let expected = forecast.next_off.map(|it| (it.at, it.subscription, it.why));
        if off != expected {
            return Err(told(format!("what goes off is {off:?}")));
        }
        self.coverage.count(match off {
            Some(_) => "forecast of a service that goes off",
            None => "forecast of none",
        });
        self.check_recommended(&alone, id, (now, forecast.recommended, forecast.lasts_until))
            .map_err(told)?;
        self.check_effect(&alone, id, now)
    }

    /// The recommended payment does what any larger one would, for as long as is said.
    fn check_recommended(
        &mut self,
        alone: &State,
        id: AccountId,
        (now, recommended, lasts_until): (Timestamp, Amount, Option<Timestamp>),
    ) -> Result<(), String> {
        let plenty = Amount::from_units(PLENTY).expect("in bounds");
        let (mut rich, mut paid) = (alone.clone(), alone.clone());
        pay(&mut rich, id, plenty, now);
        if !recommended.is_zero() {
            self.coverage.count("recommended payment");
        }
        if !recommended.is_zero() {
            pay(&mut paid, id, recommended, now);
        }
        if on(&rich, id) != on(&paid, id) {
            let (rich, paid) = (on(&rich, id), on(&paid, id));
            return Err(format!("brings {paid:?} on, and more would bring {rich:?}"));
        }
        let wanted = on(&paid, id);
        let Some(until) = lasts_until else { return Ok(()) };
        let (last, mut entries, mut otherwise) = (Timestamp(until.0 - 1), Vec::new(), Vec::new());
        paid.fire_due(id, last, &mut entries);
        rich.fire_due(id, last, &mut otherwise);
        // What goes off whatever is paid, because there is no exchange rate, is not counted.
        let otherwise: Vec<_> = otherwise.iter().filter_map(off_for_money).collect();
        // What it is paid for is what comes on by it, not what begins in the meantime.
        let lost =
            |it: &(Timestamp, u32, SwitchCause)| wanted.contains(&it.1) && !otherwise.contains(it);
        match entries.iter().filter_map(off_for_money).find(lost) {
            Some(off) => Err(format!("{off:?} goes off although that was paid")),
            None => Ok(()),
        }
    }

    /// What a payment would do is what it does.
    fn check_effect(&mut self, alone: &State, id: AccountId, now: Timestamp) -> Result<(), String> {
        let amount = Amount::from_units(i64::from(self.generator.one_of(900)) * 10_000 + 10_000);
        let amount = amount.expect("small");
        let effect = self.state.effect_of_payment(id, amount, now).ok_or("no effect")?;
        let mut paid = alone.clone();
        let before = on(alone, id);
        pay(&mut paid, id, amount, now);
        let account = paid.account(id).expect("it is there");
        let comes_on: Vec<_> =
            on(&paid, id).into_iter().filter(|it| !before.contains(it)).collect();
        if !comes_on.is_empty() {
            self.coverage.count("payment brings back");
        }
        let off = account.subscriptions().iter().filter(|it| !it.on).map(|it| it.serial);
        let said: Vec<_> = effect.stays_off.iter().map(|it| it.0).collect();
        let is_so = effect.comes_on == comes_on
            && said == off.collect::<Vec<_>>()
            && effect.available == account.available();
        match is_so {
            true => Ok(()),
            false => Err(format!("{effect:?} of {amount:?}, and {comes_on:?} comes on")),
        }
    }
}

fn on(state: &State, id: AccountId) -> Vec<u32> {
    let account = state.account(id).expect("it is there");
    account.subscriptions().iter().filter(|it| it.on).map(|it| it.serial).collect()
}

fn off_for_money(entry: &Entry) -> Option<(Timestamp, u32, SwitchCause)> {
    let Fact::Switched(switch) = &entry.fact else { return None };
    let for_money = matches!(
        switch.cause,
        SwitchCause::FundsLow | SwitchCause::PeriodUnpaid | SwitchCause::Overdue
    );
    (!switch.on && for_money).then_some((entry.at, switch.subscription, switch.cause))
}

fn pay(state: &mut State, id: AccountId, amount: Amount, now: Timestamp) {
    let name = Name::new("sim").expect("well formed");
    let currency = state.account(id).expect("it is there").currency;
    let payment = ReceivePayment {
        account: Some(AccountRef::Id(id)),
        source: name,
        reference: "ahead".into(),
        money: Money { amount, currency },
        paid_at: None,
        note: None,
    };
    let order = Order {
        origin: Origin { actor: name, channel: name, reason: None },
        command: Command::ReceivePayment(Box::new(payment)),
    };
    let paid = state.execute(&order, now, &mut Vec::new());
    paid.expect("a payment is never refused");
}
