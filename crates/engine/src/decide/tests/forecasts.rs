//! What is forecast is what happens: random accounts from printed seeds, and a few by hand.

use super::scenario::Scenario;
use super::script::origin;
use crate::{
    AccountId, AccountRef, Amount, Command, Entry, FINE_PER_MINOR, Fact, Forecast, Money, NextOff,
    Order, ReceivePayment, State, SwitchCause, Timestamp,
};

const SEEDS: u64 = 250;

/// More than anything here costs.
const PLENTY: i64 = 1_000_000_000_000;

/// Of a forecast that finds nothing, this much is looked at.
const DAYS_MAX: i64 = 40;

/// Numbers that look random and are the same in every run (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn one_of<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[usize::try_from(self.below(of.len().try_into().unwrap())).unwrap()]
    }

    /// Cents, mostly few.
    fn money(&mut self) -> String {
        let most = [200, 2_000, 10_000][usize::try_from(self.below(3)).unwrap()];
        let cents = self.below(most) + 1;
        format!("{}.{:02}", cents / 100, cents % 100)
    }
}

const BEFORE: [&str; 20] = [
    "zone Europe/Berlin holidays 2027-03-29",
    "at 2027-03-03 10:17",
    "customer Ann",
    "rate EUR USD 1.20",
    "policy EUR from 1.00 max 9.00 hours 100 open 2",
    "service hourly hour 0.10",
    "service net day 12.00 count 7 adapter edge",
    "service pause day 9.00 count 5 off pauses refunds",
    "service credit day 8.00 count 6 off credited refunds",
    "service month month 29.90 anchor 1 pro-rata",
    "service later day 10.00 count 5 postpaid",
    "service latepause day 10.00 count 5 postpaid off pauses",
    "service latecredit day 7.00 count 4 postpaid off credited",
    "service due day 11.00 count 5 postpaid due 2/2",
    "service duemonth month 15.00 anchor 10 postpaid pro-rata due 3/2 skip weekends,holidays",
    "service usd day 6.00 count 3 USD",
    "service tel day 2.00 count 4 use second 0.05 per 60 free 300",
    "service web use byte 0.0001",
    "service turbo once 2.50 lasts 30h off pauses",
    "service film once 3.00",
];

const SUBSCRIBABLE: [&str; 13] = [
    "hourly",
    "net",
    "pause",
    "credit",
    "month",
    "later",
    "latepause",
    "latecredit",
    "due",
    "duemonth",
    "usd",
    "tel",
    "web",
];

/// One random line about the account A.
fn line(numbers: &mut Numbers, scenario: &Scenario, round: usize) -> String {
    let services = scenario.account("A").services.as_deref();
    let opened = services.map_or(0, |it| it.subscriptions_count);
    let one = numbers.below(u64::from(opened) + 1).max(1);
    let money = numbers.money();
    let service = numbers.one_of(&SUBSCRIBABLE);
    match numbers.below(26) {
        0..4 => format!("pay A {money} ref R{round}"),
        4 => format!("charge-after A {money}"),
        5 => format!("charge A {money}"),
        6 => format!("limit A {}", numbers.one_of(&["0.00", "5.00", "20.00", "40.00"])),
        7 => {
            let later = scenario.now.plus(i64::try_from(numbers.below(200) + 1).unwrap() * HOUR);
            format!("credit A {money} until {}", super::describe::dated(later))
        }
        8 => "promise A 5.00".into(),
        9..13 => format!("subscribe A {service} priority {}", numbers.below(4)),
        13 => format!("subscribe A {service} base {one}"),
        14 => format!("purchase A turbo base {one}"),
        15 => format!("purchase A {}", numbers.one_of(&["turbo", "film"])),
        16 => format!("suspend A/{one} {}", numbers.one_of(&["staff", ""])),
        17 => format!("resume A/{one} staff"),
        18 => format!("unsubscribe A/{one} {}", numbers.one_of(&["refund", "no-refund", ""])),
        19 => format!("change-plan A/{one} {service} {}", numbers.one_of(&["at-end", ""])),
        20 => format!("change A/{one} own {} priority {}", money, numbers.below(4)),
        21 => format!("authorise A M{round} {money} min 0.01 #1 for 5h"),
        22 => format!("authorise-use A/{one} S{round} 600 #1 for 3h"),
        23 => match scenario.sessions.keys().find(|it| it.starts_with('S')).cloned() {
            Some(session) => format!("settle-use {session} more {}", numbers.below(500)),
            None => "totals".into(),
        },
        24 => format!("service hourly hour 0.{}0", numbers.below(9)),
        _ => format!("service due day 12.00 count {} postpaid due 1/1", numbers.below(4) + 1),
    }
}

const HOUR: i64 = 3_600_000_000;

/// Tells what was played when a check fails.
struct Life {
    seed: u64,
    scenario: Scenario,
}

impl Drop for Life {
    #[expect(clippy::print_stderr, reason = "a failing test says what it played")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}\n{}", self.seed, self.scenario.transcript);
        }
    }
}

/// A random life of an account, to some moment.
fn life(seed: u64) -> Life {
    let numbers = &mut Numbers(seed);
    let mut life = Life { seed, scenario: Scenario::default() };
    let scenario = &mut life.scenario;
    BEFORE.iter().for_each(|it| scenario.line(it));
    scenario.line(&format!("open A EUR limit {}", numbers.one_of(&["0.00", "0.00", "30.00"])));
    for round in 0..usize::try_from(numbers.below(24) + 2).unwrap() {
        let line = line(numbers, scenario, round);
        scenario.line(&line);
        if numbers.below(3) == 0 {
            let hours = numbers.below(100);
            let later = scenario.now.plus(i64::try_from(hours).unwrap() * HOUR);
            scenario.line(&format!("at {}", super::describe::dated(later)));
            scenario.line("fire");
        }
    }
    life
}

#[test]
fn what_is_forecast_happens_and_what_is_recommended_is_just_enough() {
    for seed in 0..SEEDS {
        let Life { scenario, .. } = &life(seed);
        scenario.prove();
        check(&scenario.state, AccountId(1), scenario.now);
    }
}

fn check(state: &State, id: AccountId, now: Timestamp) {
    let forecast = state.forecast(id, now).expect("it exists");
    let looked = now.plus(DAYS_MAX * 24 * HOUR).min(forecast.seen_until);
    let until = forecast.next_off.map_or(looked, |it| it.at);
    let mut lived = state.clone();
    let happens = first_off(&mut lived, id, until);
    assert_eq!(forecast.next_off.filter(|it| it.at <= until), happens, "{forecast:?}");
    if let (Some(_), Some((_, last))) = (happens, forecast.balances.last()) {
        assert_eq!(*last, lived.account(id).expect("it exists").balance, "{forecast:?}");
    }
    let wanted = on(&paid(state, id, PLENTY, now), id);
    if wanted.is_empty() {
        let owed = state.account(id).expect("it exists").owed();
        return assert_eq!(forecast.recommended, owed, "nothing but the debt");
    }
    let credits = state.account(id).expect("it exists").credits.iter().map(|it| it.until).max();
    let enough = paid(state, id, forecast.recommended.units(), now);
    assert_eq!(keeps(enough, id, &wanted, &forecast, credits), Ok(()), "{forecast:?}");
    let effect = state.effect_of_payment(id, forecast.recommended, now).expect("it exists");
    let came: Vec<u32> = wanted.iter().copied().filter(|it| !on(state, id).contains(it)).collect();
    assert_eq!(effect.comes_on, came, "{forecast:?}");
    if !forecast.recommended.is_zero() {
        let less = paid(state, id, forecast.recommended.units() - FINE_PER_MINOR, now);
        let kept = keeps(less, id, &wanted, &forecast, credits);
        assert!(kept.is_err(), "a cent less is enough: {forecast:?}");
    }
}

/// Whether all that is wanted is on and nothing goes off for money before the forecast's end, or
/// that of the last credit.
fn keeps(
    mut state: State,
    id: AccountId,
    wanted: &[u32],
    forecast: &Forecast,
    credits: Option<Timestamp>,
) -> Result<(), String> {
    if on(&state, id) != wanted {
        return Err(format!("{:?} instead of {wanted:?}", on(&state, id)));
    }
    // Where no periods follow, those that run are still to be paid for.
    let running = state.account(id).unwrap().subscriptions().iter();
    let running = running.filter(|it| it.on && !it.ends).filter_map(|it| it.period);
    let through = running.map(|it| it.until).max().or(credits);
    let Some(until) = forecast.lasts_until.map(|it| it.plus(-1)).or(through) else {
        return Ok(());
    };
    match first_off(&mut state, id, until) {
        Some(off) => Err(format!("{off:?}")),
        None => Ok(()),
    }
}

fn on(state: &State, id: AccountId) -> Vec<u32> {
    let subscriptions = state.account(id).unwrap().subscriptions().iter();
    subscriptions.filter(|it| it.on).map(|it| it.serial).collect()
}

fn paid(state: &State, id: AccountId, units: i64, now: Timestamp) -> State {
    let mut state = state.clone();
    let amount = Amount::from_units(units).unwrap();
    if amount.is_zero() {
        return state;
    }
    let payment = ReceivePayment {
        account: Some(AccountRef::Id(id)),
        source: super::services::name("cash"),
        reference: "check".into(),
        money: Money { amount, currency: state.account(id).unwrap().currency },
        paid_at: None,
        note: None,
    };
    let command = Command::ReceivePayment(Box::new(payment));
    let order = Order { origin: origin("anna", "console"), command };
    state.execute(&order, now, &mut Vec::new()).unwrap();
    state
}

/// The first service that goes off for want of money, as time goes on to `until`.
fn first_off(state: &mut State, id: AccountId, until: Timestamp) -> Option<NextOff> {
    let mut entries = Vec::new();
    while state.fire_next(until, &mut entries) {
        if let Some(off) = entries.iter().find_map(|it| goes_off(it, id)) {
            return Some(off);
        }
        entries.clear();
    }
    None
}

fn goes_off(entry: &Entry, id: AccountId) -> Option<NextOff> {
    let Fact::Switched(switch) = &entry.fact else {
        return None;
    };
    let mine = entry.posting.is_some_and(|it| it.account == id);
    let why = switch.cause;
    let for_money = [SwitchCause::FundsLow, SwitchCause::PeriodUnpaid, SwitchCause::Overdue];
    let off = !switch.on && mine && for_money.contains(&why);
    off.then(|| NextOff {
        at: entry.at,
        subscription: switch.subscription,
        service: switch.service,
        why,
    })
}
