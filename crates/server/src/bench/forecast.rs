//! `forecast`: what will be of one account with twenty subscriptions.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use engine::{
    AccountId, AccountRef, Amount, Anchor, Command, Currency, ExchangeRates, Limit, Money,
    OpenSubscription, Order, Origin, PeriodLength, PeriodUnit, ReceivePayment, Recurring, Service,
    Settings, State, Timestamp,
};

use super::BenchOptions;
use super::result::{Measured, latencies};
use super::sessions::{name, open_account, plain, price};

const SUBSCRIPTIONS: u32 = 20;
const DAY: i64 = 86_400_000_000;

/// Twenty monthly services that began on twenty days, paid for some months ahead.
pub fn run(options: &BenchOptions) -> anyhow::Result<Measured> {
    let mut state = State::new(Settings::default(), ExchangeRates::default());
    let mut now = Timestamp(1_800_000_000_000_000);
    let every = PeriodLength { count: 1, unit: PeriodUnit::Month };
    let recurring =
        Recurring { price: price("9.90"), every, anchor: Anchor::Start, pro_rata: false };
    let plan = Service { recurring: Some(recurring), ..plain("plan") };
    let mut operations = Vec::new();
    open_account(0, Limit::NONE, &mut operations);
    let opened = operations.into_iter().map(|it| it.order.command);
    for command in opened.chain([Command::SetService(Arc::new(plan)), pay()]) {
        execute(&mut state, command, now)?;
    }
    for place in 0..SUBSCRIPTIONS {
        now = now.plus(DAY);
        let open = OpenSubscription {
            account: AccountRef::Id(AccountId(1)),
            service: name("plan"),
            priority: u16::try_from(place)?,
            own_price: None,
            subjects: Vec::new(),
            base: None,
        };
        execute(&mut state, Command::OpenSubscription(Box::new(open)), now)?;
    }
    let mut times = latencies();
    let (mut count, began) = (0, Instant::now());
    while began.elapsed() < Duration::from_secs(options.seconds.into()) {
        let asked = Instant::now();
        let forecast = state.forecast(AccountId(1), now).context("an account")?;
        times.saturating_record(asked.elapsed().as_micros() as u64);
        ensure!(forecast.next_off.is_some(), "money ends one day");
        count += 1;
    }
    let mut measured = Measured::new("forecast", count, began.elapsed().as_secs_f64(), &times);
    measured.accounts = 1;
    measured.durability = "memory";
    Ok(measured)
}

/// Enough for three months of everything.
fn pay() -> Command {
    let amount = Amount::from_units(600_000_000).expect("in bounds");
    Command::ReceivePayment(Box::new(ReceivePayment {
        account: Some(AccountRef::Id(AccountId(1))),
        source: name("cash"),
        reference: "1".into(),
        money: Money { amount, currency: Currency::EUR },
        paid_at: None,
        note: None,
    }))
}

fn execute(state: &mut State, command: Command, now: Timestamp) -> anyhow::Result<()> {
    let actor = name("bench");
    let origin = Origin { actor, channel: actor, reason: None };
    let done = state.execute(&Order { origin, command }, now, &mut Vec::new());
    done.map(drop).map_err(|refusal| anyhow::anyhow!("{}", refusal.code()))
}
