//! What is sold.

use engine::{
    Anchor, Band, BandDay, BandTime, Currency, DestinationRate, DueRule, Name, OneTime,
    PaymentMode, PeriodLength, PeriodUnit, Price, Profile, Recurring, Service, SkipDays, Step,
    Usage, UsageUnit, WhileOff, WhoseDays,
};

use super::Generator;

/// Every kind of service; those with a fee alone are each mode with each policy.
const SOLD: [&str; 14] = [
    "runs-prepaid",
    "pauses-prepaid",
    "credited-prepaid",
    "runs-postpaid",
    "pauses-postpaid",
    "credited-postpaid",
    "mobile-prepaid",
    "mobile-postpaid",
    "data",
    "calls",
    "film",
    "button",
    "button-long",
    "rare",
];

pub const FILMS: [&str; 3] = ["film", "button", "button-long"];

const OFF: [WhileOff; 3] = [WhileOff::RunsOn, WhileOff::Pauses, WhileOff::Credited];

const WORKDAYS: [BandDay; 5] =
    [BandDay::Monday, BandDay::Tuesday, BandDay::Wednesday, BandDay::Thursday, BandDay::Friday];

impl Generator {
    pub(super) fn sold_count(&self) -> usize {
        SOLD.len()
    }

    pub(super) fn sold(&mut self, only: &[usize]) -> Name {
        let place = *self.random.pick(only).expect("some");
        Name::new(SOLD[place]).expect("well formed")
    }

    /// The next version of a service: other prices, periods, policies, but of the same kind.
    pub(super) fn service(&mut self, place: usize) -> Service {
        let name = SOLD[place];
        let one_time = FILMS.contains(&name);
        let metered = matches!(name, "mobile-prepaid" | "mobile-postpaid" | "data" | "calls");
        let recurring = !one_time && !matches!(name, "data" | "calls");
        let prepaid = !name.ends_with("postpaid") && name != "calls";
        let mode = match (prepaid, self.random.chance(4)) {
            (true, false) | (false, true) => PaymentMode::Prepaid,
            _ => PaymentMode::Postpaid,
        };
        let while_off =
            if place < 6 { OFF[place % 3] } else { *self.random.pick(&OFF).expect("3") };
        let rare = Currency::from_code("XPF").expect("a currency");
        let currency = if name == "rare" { rare } else { self.currency() };
        let due = (mode == PaymentMode::Postpaid && recurring && self.random.chance(60))
            .then(|| self.due());
        Service {
            name: Name::new(name).expect("well formed"),
            version: 0,
            title: name.into(),
            currency,
            mode,
            recurring: recurring.then(|| self.recurring()),
            usage: metered.then(|| self.usage(recurring)),
            one_time: one_time.then(|| OneTime {
                price: self.price(1, 400),
                duration_seconds: (name != "film").then(|| self.duration(name)),
            }),
            days: if self.random.chance(40) { WhoseDays::Customer } else { WhoseDays::Provider },
            while_off,
            refunds_unused: self.random.chance(60),
            due,
            adapter: self.random.chance(80).then(|| self.name(&["shaper", "switch"])),
            profile: self.profile(),
            withdrawn: false,
        }
    }

    fn duration(&mut self, name: &str) -> u32 {
        let seconds = match name {
            "button" => self.random.between(30, 7_200),
            _ => self.random.between(7_200, 200_000),
        };
        u32::try_from(seconds).expect("small")
    }

    fn due(&mut self) -> DueRule {
        let days = u32::try_from(self.random.between(0, 6)).expect("small");
        let grace_days = u32::try_from(self.random.between(0, 4)).expect("small");
        let (weekends, holidays) = (self.random.chance(50), self.random.chance(50));
        DueRule { days, grace_days, skip: SkipDays { weekends, holidays } }
    }

    fn profile(&mut self) -> Profile {
        let speed = self.random.pick(&["1000", "2000", "5000"]).expect("some");
        [("down_kbit".into(), (*speed).into())].into()
    }

    /// In hundredths, at times with more places.
    pub(super) fn price(&mut self, low: i64, high: i64) -> Price {
        let hundredths = self.random.between(low, high);
        let more = if self.random.chance(20) { self.random.between(1, 99) } else { 0 };
        let text = format!("{}.{:02}{more:02}", hundredths / 100, hundredths % 100);
        Price::parse(&text).expect("a price")
    }

    fn recurring(&mut self) -> Recurring {
        let (unit, most) = self.random.weighted(&[
            (2, (PeriodUnit::Hour, 30)),
            (5, (PeriodUnit::Day, 3)),
            (5, (PeriodUnit::Week, 2)),
            (9, (PeriodUnit::Month, 2)),
            (1, (PeriodUnit::Year, 1)),
        ]);
        let least = if unit == PeriodUnit::Hour { 5 } else { 1 };
        let count = u16::try_from(self.random.between(least, most)).expect("small");
        let by_month = matches!(unit, PeriodUnit::Month | PeriodUnit::Year);
        let day = u8::try_from(self.random.between(1, 28)).expect("small");
        let anchor = match by_month && self.random.chance(60) {
            true => Anchor::MonthDay(day),
            false => Anchor::Start,
        };
        let price = if self.random.chance(4) { Price::ZERO } else { self.price(10, 1_500) };
        let every = PeriodLength { count, unit };
        Recurring { price, every, anchor, pro_rata: self.random.chance(60) }
    }

    fn usage(&mut self, recurring: bool) -> Usage {
        let unit = *self
            .random
            .pick(&[UsageUnit::Second, UsageUnit::Second, UsageUnit::Byte, UsageUnit::Event])
            .expect("some");
        let bands = match self.random.below(3) {
            0 => Vec::new(),
            1 => bands(&[(480, 1_080)]),
            // The first quarter of each half hour.
            _ => {
                let quarters: Vec<_> = (0..48).map(|it| (it * 30, it * 30 + 15)).collect();
                bands(&quarters)
            }
        };
        let places = bands.len().max(1);
        let mut rates = vec![self.rate(&["49", "4930"], places), self.rate(&["1"], places)];
        if self.random.chance(75) {
            rates.push(self.rate(&[""], places));
        }
        Usage {
            unit,
            per: *self.random.pick(&[1, 60, 100]).expect("some"),
            increment: *self.random.pick(&[1, 6, 60]).expect("some"),
            minimum: *self.random.pick(&[0, 0, 30]).expect("some"),
            allowance: match recurring {
                true => *self.random.pick(&[0, 100, 250]).expect("some"),
                false => 0,
            },
            bands,
            rates,
            grant_quantity_max: self.random.chance(40).then_some(150),
            grant_seconds: u32::try_from(self.random.between(60, 7_200)).expect("small"),
        }
    }

    fn rate(&mut self, prefixes: &[&str], bands: usize) -> DestinationRate {
        let set_up = if self.random.chance(40) { self.price(1, 30) } else { Price::ZERO };
        let least = if self.random.chance(30) { self.price(1, 60) } else { Price::ZERO };
        let prices = (0..bands).map(|_| {
            let mut steps = vec![Step { from: 0, price: self.price(0, 40) }];
            if self.random.chance(60) {
                steps.push(Step { from: 60, price: self.price(0, 30) });
                steps.push(Step { from: 200, price: self.price(0, 20) });
            }
            steps
        });
        DestinationRate {
            title: "somewhere".into(),
            prefixes: prefixes.iter().map(|it| (*it).to_owned()).collect(),
            prices: prices.collect(),
            set_up,
            minimum_charge: least,
        }
    }
}

/// On working days the band `day` at these minutes; the band `night` at all others, at weekends
/// and on holidays.
fn bands(by_day: &[(u16, u16)]) -> Vec<Band> {
    let time = |days: &[BandDay], from_minute, until_minute| BandTime {
        days: days.to_vec(),
        from_minute,
        until_minute,
    };
    let name = |it| Name::new(it).expect("well formed");
    let day = by_day.iter().map(|it| time(&WORKDAYS, it.0, it.1)).collect();
    let mut night = vec![time(&[BandDay::Saturday, BandDay::Sunday, BandDay::Holiday], 0, 1_440)];
    let mut until = 0;
    for (from, next) in by_day.iter().copied().chain([(1_440, 1_440)]) {
        if until < from {
            night.push(time(&WORKDAYS, until, from));
        }
        until = next;
    }
    vec![Band { name: name("day"), times: day }, Band { name: name("night"), times: night }]
}
