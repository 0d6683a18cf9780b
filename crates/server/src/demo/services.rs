//! What the demo's provider sells, as a catalogue, and who has it.

use std::sync::Arc;

use engine::{
    Account, AccountRef, Anchor, Band, BandDay, BandTime, Command, Currency, DestinationRate,
    DueRule, OneTime, OpenSubscription, PaymentMode, PeriodLength, PeriodUnit, Price, Purchase,
    Recurring, Service, SkipDays, State, Step, SubscriptionId, Suspender, Timestamp, Usage,
    UsageUnit, WhileOff, WhoseDays,
};

use super::catalogue::{
    CURRENCIES, DATA, FILM, Fee, INTERNET, OFFICE, TELEPHONY, TELEVISION, TRUNK, TURBO,
    Usage as Metered, currency,
};
use super::provider::{DAY, HOUR, Provider, account_id, name, operation, origin, staff};
use super::roster::Plan;
use super::stories::Story;
use crate::shard::Operation;

/// The adapter that tells the demo's network what to switch.
pub const NETWORK: &str = "access";

/// Where calls go to, by the beginning of the number: how often, and the share of the price.
const DESTINATIONS: [(&str, &[&str], &str); 4] = [
    ("Own network", &["689", "33", "34", "52"], "1"),
    ("Pacific", &["61", "64", "687"], "2"),
    ("Free numbers", &["800"], "0"),
    ("Everywhere else", &[""], "4"),
];

/// Numbers that are called.
const CALLED: [&str; 6] =
    ["68987123456", "33612345678", "5255112233", "6421555777", "800555001", "12125550100"];

/// What network elements price by themselves and nobody subscribes to: the catalogue says what it
/// is called.
const PRICED_BY_THE_NETWORK: [(Metered, &str); 2] = [(DATA, "Mobile data"), (TRUNK, "SIP trunk")];

/// Every service, in the order in which it is set.
pub fn catalogue() -> Vec<Operation> {
    let mut services = Vec::new();
    for code in CURRENCIES {
        let unit = currency(code);
        services.extend(INTERNET.map(|it| internet(it, unit)));
        services.push(office(unit));
        services.push(telephony(unit));
    }
    // The studios and the exchange bill in euros: others are charged at the rate of the day.
    services.extend(TELEVISION.map(television));
    services.push(film());
    services.push(turbo());
    services.extend(PRICED_BY_THE_NETWORK.map(priced_by_the_network));
    let set = |service: Service| {
        operation(staff(3, Some("price list")), Command::SetService(Arc::new(service)))
    };
    services.into_iter().map(set).collect()
}

/// The name of a service in a currency: the euro's has no ending.
pub fn service_name(service: &str, unit: Currency) -> engine::Name {
    match unit == Currency::EUR {
        true => name(service),
        false => name(&format!("{service}.{}", unit.code().to_lowercase())),
    }
}

fn plain(service: &str, title: &str, unit: Currency) -> Service {
    Service {
        name: service_name(service, unit),
        version: 0,
        title: title.into(),
        currency: unit,
        mode: PaymentMode::Prepaid,
        recurring: None,
        usage: None,
        one_time: None,
        days: WhoseDays::Provider,
        while_off: WhileOff::RunsOn,
        refunds_unused: false,
        due: None,
        adapter: Some(name(NETWORK)),
        profile: Default::default(),
        withdrawn: false,
    }
}

fn monthly(fee: Fee, unit: Currency) -> Option<Recurring> {
    Some(Recurring {
        price: price(fee, unit),
        every: PeriodLength { count: 1, unit: PeriodUnit::Month },
        anchor: Anchor::Start,
        pro_rata: false,
    })
}

fn price(fee: Fee, unit: Currency) -> Price {
    let text = fee.price(unit).amount.display(unit.exponent()).to_string();
    Price::parse(&text).expect("the list has prices")
}

fn internet(fee: Fee, unit: Currency) -> Service {
    let speed = fee.service.trim_start_matches("internet-");
    let kbit = format!("{speed}000");
    Service {
        recurring: monthly(fee, unit),
        while_off: WhileOff::Pauses,
        refunds_unused: true,
        profile: [("down_kbit".into(), kbit.as_str().into())].into(),
        ..plain(fee.service, &format!("Internet {speed}"), unit)
    }
}

fn television(fee: Fee) -> Service {
    Service {
        recurring: monthly(fee, Currency::EUR),
        while_off: WhileOff::Credited,
        ..plain(fee.service, &fee.service.replace("tv-", "TV "), Currency::EUR)
    }
}

/// Billed afterwards: two weeks to pay, a week of grace, and nothing falls due on a Sunday.
fn office(unit: Currency) -> Service {
    let skip = SkipDays { weekends: true, holidays: true };
    Service {
        mode: PaymentMode::Postpaid,
        recurring: monthly(OFFICE, unit),
        due: Some(DueRule { days: 14, grace_days: 7, skip }),
        profile: [("down_kbit".into(), "1000000".into())].into(),
        ..plain(OFFICE.service, "Office 1000", unit)
    }
}

/// By the second, cheaper at night and on Sundays and holidays, dearer far away.
fn telephony(unit: Currency) -> Service {
    let steps = |share: &str, night: bool| {
        let share: i64 = share.parse().expect("a number");
        let minute = TELEPHONY.price(unit, 60).units() * share / if night { 2 } else { 1 };
        let minute = engine::Amount::from_units(minute).expect("a price is within bounds");
        let text = minute.display(unit.exponent()).to_string();
        vec![Step { from: 0, price: Price::parse(&text).expect("a price a minute") }]
    };
    let rate = |(title, prefixes, share): (&str, &[&str], &str)| DestinationRate {
        title: title.into(),
        prefixes: prefixes.iter().map(ToString::to_string).collect(),
        set_up: Price::ZERO,
        minimum_charge: Price::ZERO,
        prices: vec![steps(share, false), steps(share, true)],
    };
    let (day, night) = ((7 * 60, 21 * 60), [(0, 7 * 60), (21 * 60, 24 * 60)]);
    let time = |days: &[BandDay], (from_minute, until_minute): (u16, u16)| BandTime {
        days: days.to_vec(),
        from_minute,
        until_minute,
    };
    let working = [
        BandDay::Monday,
        BandDay::Tuesday,
        BandDay::Wednesday,
        BandDay::Thursday,
        BandDay::Friday,
        BandDay::Saturday,
    ];
    let quiet = [BandDay::Sunday, BandDay::Holiday];
    let mut cheap: Vec<_> = night.iter().map(|it| time(&working, *it)).collect();
    cheap.push(time(&quiet, (0, 24 * 60)));
    let usage = Usage {
        unit: UsageUnit::Second,
        per: 60,
        increment: 1,
        minimum: 10,
        allowance: 0,
        bands: vec![
            Band { name: name("day"), times: vec![time(&working, day)] },
            Band { name: name("night"), times: cheap },
        ],
        rates: DESTINATIONS.iter().map(|it| rate(*it)).collect(),
        grant_quantity_max: Some(3_600),
        grant_seconds: 3_600,
    };
    Service { usage: Some(usage), ..plain(TELEPHONY.service, "Telephony", unit) }
}

fn priced_by_the_network((service, title): (Metered, &str)) -> Service {
    let minute = service.price(Currency::EUR, 60).display(Currency::EUR.exponent()).to_string();
    let price = Price::parse(&minute).expect("a price a minute");
    let usage = Usage {
        unit: UsageUnit::Second,
        per: 60,
        increment: 1,
        minimum: 0,
        allowance: 0,
        bands: Vec::new(),
        rates: vec![DestinationRate {
            title: String::new(),
            prefixes: vec![String::new()],
            set_up: Price::ZERO,
            minimum_charge: Price::ZERO,
            prices: vec![vec![Step { from: 0, price }]],
        }],
        grant_quantity_max: None,
        grant_seconds: 3_600,
    };
    Service { usage: Some(usage), withdrawn: true, ..plain(service.service, title, Currency::EUR) }
}

fn film() -> Service {
    let one_time =
        OneTime { price: price(FILM, Currency::EUR), duration_seconds: Some(48 * 3_600) };
    let one_time = Some(one_time);
    Service { one_time, ..plain(FILM.service, "Film for 48 hours", Currency::EUR) }
}

fn turbo() -> Service {
    let one_time =
        OneTime { price: price(TURBO, Currency::EUR), duration_seconds: Some(24 * 3_600) };
    Service {
        one_time: Some(one_time),
        profile: [("down_kbit".into(), "500000".into())].into(),
        ..plain(TURBO.service, "Turbo for 24 hours", Currency::EUR)
    }
}

/// What the network knows a line by.
pub fn subject(line: usize, plan: Plan) -> Box<str> {
    match plan {
        Plan::Mobile => format!("68989{line:06}"),
        Plan::Internet(_) => format!("line-{line:05}"),
        Plan::Television(_) => format!("box-{line:05}"),
        Plan::Office => format!("office-{line:05}"),
    }
    .into()
}

/// Opens what a line is there for.
pub fn subscribe(line: usize, plan: Plan, unit: Currency) -> Operation {
    let service = match plan {
        Plan::Mobile => service_name(TELEPHONY.service, unit),
        Plan::Television(fee) => name(fee.service),
        Plan::Internet(fee) => service_name(fee.service, unit),
        Plan::Office => service_name(OFFICE.service, unit),
    };
    let open = OpenSubscription {
        account: AccountRef::Id(account_id(line)),
        service,
        priority: 10,
        own_price: None,
        subjects: vec![subject(line, plan)],
        base: None,
    };
    operation(staff(line, None), Command::OpenSubscription(Box::new(open)))
}

impl Provider {
    /// A number that is called.
    pub(super) fn called(&mut self) -> Arc<str> {
        self.random.pick(&CALLED).into()
    }

    /// A film for the television, or a day of more speed for the Internet beside it.
    pub(super) fn buy(&mut self, line: usize, title: &str, state: &State) -> Option<Operation> {
        if self.random.chance(20) {
            return self.buy_turbo(line, state);
        }
        let account = self.account(line, state)?;
        let purchase = Purchase {
            account: AccountRef::Id(account.id),
            service: name(FILM.service),
            base: None,
            item: Some(title.into()),
        };
        let by = origin("vod-server", "set-top-box");
        Some(operation(by, Command::Purchase(Box::new(purchase))))
    }

    fn buy_turbo(&mut self, line: usize, state: &State) -> Option<Operation> {
        let access = line.checked_sub(1)?;
        let same = self.roster.lines[access].customer == self.roster.lines[line].customer;
        let account = self.account(access, state).filter(|_| same)?;
        let base =
            monthly_of(account).filter(|it| account.subscription(*it).is_some_and(|it| it.on));
        let purchase = Purchase {
            account: AccountRef::Id(account.id),
            service: name(TURBO.service),
            base: Some(base?),
            item: None,
        };
        let by = origin("self-care", "portal");
        Some(operation(by, Command::Purchase(Box::new(purchase))))
    }

    /// A customer goes away for some days, and pays nothing for Internet meanwhile.
    pub(super) fn holiday(&mut self, state: &State, now: Timestamp) -> Option<Operation> {
        let (_, account) = self.find(state, |it, line, account| {
            let internet = matches!(it.roster.lines[line].plan, Plan::Internet(_));
            internet && runs(account)
        })?;
        let subscription = subscription_of(account)?;
        let until = Some(now.plus(self.random.between(2, 5) * DAY));
        let (by, who) = (Suspender::Customer, origin("self-care", "portal"));
        Some(operation(who, Command::SuspendSubscription { subscription, by, until }))
    }

    /// A customer comes back early from where the Internet was not needed.
    pub(super) fn back_early(&mut self, state: &State, now: Timestamp) -> Vec<Operation> {
        let Some(suspended) = self.holiday(state, now) else { return Vec::new() };
        if let Command::SuspendSubscription { subscription, .. } = &suspended.order.command {
            self.plan(now.plus(9 * HOUR), super::provider::Act::Tell(Story::Back(*subscription)));
        }
        vec![suspended]
    }

    /// More speed from today on, with credit for what is left of the slower month.
    pub(super) fn faster(&mut self, state: &State) -> Option<Operation> {
        let fastest = INTERNET[INTERNET.len() - 1];
        let (line, account) = self.find(state, |it, line, account| {
            let plan = it.roster.lines[line].plan;
            let slow = matches!(plan, Plan::Internet(fee) if fee.service != fastest.service);
            let rich = account
                .available()
                .is_some_and(|left| left.units() >= fastest.price(account.currency).amount.units());
            slow && rich && runs(account)
        })?;
        let change = engine::ChangePlan {
            subscription: subscription_of(account)?,
            service: service_name(fastest.service, account.currency),
            own_price: None,
            when: engine::When::Now,
        };
        self.roster.lines[line].plan = Plan::Internet(fastest);
        let by = staff(self.roster.lines[line].customer, Some("asked for by the customer"));
        Some(operation(by, Command::ChangePlan(Box::new(change))))
    }
}

/// Closes everything that an account has.
pub fn close_all(account: &Account) -> impl Iterator<Item = Operation> {
    let open = account.subscriptions().iter().filter(|it| !it.closed);
    open.map(|it| {
        let subscription = account.subscription_id(it.serial);
        let refund = engine::Refund::Nothing;
        let by = staff(0, Some("moves to another island"));
        operation(by, Command::CloseSubscription { subscription, refund })
    })
}

fn runs(account: &Account) -> bool {
    let serial = monthly_of(account);
    let found = serial.and_then(|it| account.subscription(it));
    found.is_some_and(|it| it.on && it.suspended.is_none())
}

fn monthly_of(account: &Account) -> Option<u32> {
    account.subscriptions().iter().find(|it| !it.ends && !it.closed).map(|it| it.serial)
}

fn subscription_of(account: &Account) -> Option<SubscriptionId> {
    monthly_of(account).map(|it| account.subscription_id(it))
}
