//! Random tariffs and sessions from printed seeds, against the schoolbook pricer.

use super::oracle::Oracle;
use super::*;
use crate::{Amount, Name};

const SEEDS: u64 = 250;

/// Numbers that look random and are the same in every run (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.draw() % bound
    }

    fn one_of<T: Clone>(&mut self, of: &[T]) -> T {
        let place = self.below(u64::try_from(of.len()).unwrap());
        of[usize::try_from(place).unwrap()].clone()
    }

    /// Every other time of small numbers as often as of large ones.
    fn up_to(&mut self, most: u64) -> u64 {
        if self.below(2) == 0 {
            return self.below(most + 1);
        }
        let bits = 64 - most.leading_zeros();
        let width = self.below(u64::from(bits) + 1);
        self.draw().checked_shr(64 - u32::try_from(width).unwrap()).unwrap_or(0).min(most)
    }
}

/// Nights in which the clocks change, holidays, and a zone without either.
const NIGHTS: [(&str, &str); 9] = [
    ("Europe/Berlin", "2026-03-29T02:00:00Z"),
    ("Europe/Berlin", "2026-10-25T02:00:00Z"),
    ("America/Santiago", "2026-04-05T04:00:00Z"),
    ("America/Santiago", "2026-09-06T05:00:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T16:30:00Z"),
    ("America/St_Johns", "2026-03-08T06:30:00Z"),
    ("America/St_Johns", "2026-11-01T06:30:00Z"),
    ("Europe/Berlin", "2026-12-25T00:00:00Z"),
    ("Asia/Kathmandu", "2026-11-27T12:00:00Z"),
];

fn random_usage(numbers: &mut Numbers) -> Usage {
    let bands = random_bands(numbers);
    let unit =
        numbers.one_of(&[UsageUnit::Second, UsageUnit::Second, UsageUnit::Second, UsageUnit::Byte]);
    let prices = (0..bands.len().max(1)).map(|_| random_steps(numbers));
    let rate = DestinationRate {
        title: "all".into(),
        prefixes: vec![String::new()],
        prices: prices.collect(),
        set_up: numbers.one_of(&["0", "0", "0.05", "1.000000001"].map(price)),
        minimum_charge: numbers.one_of(&["0", "0", "0.10", "25"].map(price)),
    };
    let usage = Usage {
        unit,
        per: numbers.one_of(&[1, 7, 60, 1_000, 1_024, 3_600]),
        increment: numbers.one_of(&[1, 1, 6, 7, 30, 60, 1_000]),
        minimum: numbers.one_of(&[0, 0, 1, 30, 60, 61, 900]),
        allowance: 0,
        bands,
        rates: vec![rate],
        grant_quantity_max: None,
        grant_seconds: 3_600,
    };
    usage.check().unwrap_or_else(|fault| panic!("{fault}"));
    usage
}

/// Every day is cut into a few pieces, and each of them given to one of up to four bands.
fn random_bands(numbers: &mut Numbers) -> Vec<Band> {
    let count = numbers.one_of(&[0_u32, 1, 2, 3, 4, 4]);
    let mut bands: Vec<Band> = (0..count)
        .map(|it| Band { name: Name::new(&format!("band-{it}")).unwrap(), times: Vec::new() })
        .collect();
    if bands.is_empty() {
        return bands;
    }
    let mut days = vec![
        BandDay::Monday,
        BandDay::Tuesday,
        BandDay::Wednesday,
        BandDay::Thursday,
        BandDay::Friday,
        BandDay::Saturday,
        BandDay::Sunday,
    ];
    if numbers.below(2) == 0 {
        days.push(BandDay::Holiday);
    }
    for day in days {
        let pieces = 2 + numbers.below(6);
        let hours_of_change = [60, 90, 120, 150, 180, 210];
        let cut = |numbers: &mut Numbers| match numbers.below(2) {
            0 => numbers.one_of(&hours_of_change),
            _ => u16::try_from(1 + numbers.below(1_439)).unwrap(),
        };
        let mut cuts: Vec<u16> = (0..pieces).map(|_| cut(numbers)).chain([0, 1_440]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        for pair in cuts.windows(2) {
            let time = BandTime { days: vec![day], from_minute: pair[0], until_minute: pair[1] };
            let place = usize::try_from(numbers.below(u64::from(count))).unwrap();
            bands[place].times.push(time);
        }
    }
    bands.retain(|it| !it.times.is_empty());
    bands
}

fn random_steps(numbers: &mut Numbers) -> Vec<Step> {
    let mut from: Vec<u64> = (0..numbers.below(4)).map(|_| numbers.up_to(8_000)).collect();
    from.push(0);
    from.sort_unstable();
    from.dedup();
    let prices = ["0", "0.10", "0.01", "0.000000001", "0.29", "1", "0.123456789", "3.333"];
    from.into_iter().map(|from| Step { from, price: price(numbers.one_of(&prices)) }).collect()
}

/// A provider, and the beginning of a session there in the two hours before such a moment.
fn random_begin(numbers: &mut Numbers) -> (Calendar, Timestamp) {
    let (name, night) = numbers.one_of(&NIGHTS);
    let holidays = days(&["2026-03-28", "2026-10-25", "2026-04-05", "2026-12-25"]);
    let before = i64::try_from(numbers.below(7_200_000_000)).unwrap();
    let begun_at = at(night).0 - before;
    let on_a_minute = numbers.below(2) == 0;
    let begun_at = if on_a_minute { begun_at - begun_at % 60_000_000 } else { begun_at };
    (Calendar { zone: zone(name), holidays }, Timestamp(begun_at))
}

/// How often the random numbers made what the tests are for.
#[derive(Default, Debug)]
struct Seen {
    bands_in_one_call: u32,
    clock_changes: u32,
    steps: u32,
    allowance_ends: u32,
    minimum_charge: u32,
    granted_part: u32,
    granted_nothing: u32,
    granted_all: u32,
}

#[test]
fn every_partition_of_a_session_costs_what_each_unit_costs_by_itself() {
    let mut seen = Seen::default();
    for seed in 0..SEEDS {
        let mut numbers = Numbers(seed);
        let usage = random_usage(&mut numbers);
        let (calendar, begun_at) = random_begin(&mut numbers);
        let meter = meter(&usage, &calendar);
        let allowance = numbers.one_of(&[0, 0, 50, 5_000]);
        let mut oracle = Oracle::new(&meter, begun_at);
        let mut used = Metered::new(begun_at);
        let mut cost = Fraction::ZERO;
        let mut granted_at = begun_at;
        for _ in 0..=numbers.below(12) {
            let total = used.total + numbers.up_to(4_000);
            oracle.report(total, allowance - oracle.free, granted_at);
            used = meter.after(&used, total, allowance - used.free, granted_at).unwrap();
            let found = meter.cost(&used).unwrap();
            assert_eq!(found, oracle.cost(), "seed {seed}: {total} of {usage:?}");
            assert!(found >= cost, "seed {seed}: more use costs no less");
            cost = found;
            let parts = used.parts().iter().map(|it| it.quantity).sum::<u64>();
            assert_eq!((parts, used.free), (oracle.charged, oracle.free), "seed {seed}");
            assert_eq!(parts + used.free, used.billed, "seed {seed}");
            // The next grant of bytes may be in another band, as long as nobody is asked twice.
            if usage.unit != UsageUnit::Second && numbers.below(2) == 0 {
                granted_at = granted_at.plus(3_600_000_000);
            }
        }
        if granted_at == begun_at {
            let none = Metered::new(begun_at);
            let at_once = meter.after(&none, used.total, allowance, begun_at).unwrap();
            assert_eq!(at_once, used, "seed {seed}: in one report and in many");
        }
        seen.count(&usage, &calendar, &used, cost);
    }
    let Seen { bands_in_one_call, clock_changes, steps, .. } = seen;
    let often = [bands_in_one_call, clock_changes, steps, seen.allowance_ends, seen.minimum_charge];
    assert!(often.iter().all(|it| *it >= 20), "{seen:?}");
}

impl Seen {
    fn count(&mut self, usage: &Usage, calendar: &Calendar, used: &Metered, cost: Fraction) {
        let has = |mut places: Vec<u16>| {
            places.dedup();
            u32::from(places.len() > 1)
        };
        let seconds = i64::try_from(used.billed).unwrap();
        let until = used.begun_at.plus(seconds * 1_000_000);
        let change = calendar.zone.next_change(used.begun_at);
        let is_call = usage.unit == UsageUnit::Second;
        let in_bands = is_call && usage.bands.len() > 1;
        self.clock_changes += u32::from(in_bands && change.is_some_and(|it| it < until));
        self.bands_in_one_call +=
            if is_call { has(used.parts().iter().map(|it| it.band).collect()) } else { 0 };
        self.steps += has(used.parts().iter().map(|it| it.step).collect());
        self.allowance_ends += u32::from(used.free > 0 && !used.parts().is_empty());
        let least = exactly(&usage.rates[0].minimum_charge.to_string());
        self.minimum_charge += u32::from(!cost.is_zero() && cost == least);
    }
}

/// Mostly between the two, and at times exactly the one or the other, or less than both.
fn random_money(numbers: &mut Numbers, least: Amount, most: Amount) -> Amount {
    let units = |it: i64| Amount::from_units(it).unwrap();
    match numbers.below(8) {
        0 => least,
        1 => most,
        2 => least.excess_over(units(1)),
        _ => {
            let span = most.checked_sub(least).unwrap().units().unsigned_abs();
            let more = units(i64::try_from(numbers.below(span + 1)).unwrap());
            least.checked_add(more).unwrap()
        }
    }
}

#[test]
fn what_is_affordable_is_the_most_that_is() {
    let mut seen = Seen::default();
    for seed in 0..SEEDS {
        let mut numbers = Numbers(seed.wrapping_mul(7_919));
        let usage = random_usage(&mut numbers);
        let (calendar, begun_at) = random_begin(&mut numbers);
        let meter = meter(&usage, &calendar);
        let allowance = numbers.one_of(&[0, 0, 50, 5_000]);
        let total = numbers.up_to(5_000);
        let used = meter.after(&Metered::new(begun_at), total, allowance, begun_at).unwrap();
        let (ask, free) = (numbers.up_to(8_000), allowance - used.free);
        let rounded = |it: Fraction| it.to_amount(2, Precision::Fine).unwrap();
        let all = meter.after(&used, total + ask, free, begun_at).unwrap();
        let [least, most] = [&used, &all].map(|it| rounded(meter.cost(it).unwrap()));
        let money = random_money(&mut numbers, least, most);
        let granted = meter.affordable(&used, ask, free, begun_at, |it| rounded(it) <= money);
        assert!(granted <= ask, "seed {seed}");
        let mut oracle = Oracle::new(&meter, begun_at);
        let mut cost_of = |more: u64| {
            oracle.report(total + more, allowance - oracle.free, begun_at);
            rounded(oracle.cost())
        };
        if cost_of(0) > money {
            assert_eq!(granted, 0, "seed {seed}: what was used is not covered");
        } else {
            assert!(cost_of(granted) <= money, "seed {seed}: {granted} of {ask} are too many");
            if granted < ask {
                assert!(
                    cost_of(granted + 1) > money,
                    "seed {seed}: {granted} of {ask} are too few"
                );
                let end = total + granted;
                assert!(end.is_multiple_of(usage.increment) || granted == 0, "seed {seed}: {end}");
            }
        }
        seen.granted_all += u32::from(granted == ask);
        seen.granted_nothing += u32::from(granted == 0 && ask > 0);
        seen.granted_part += u32::from(granted > 0 && granted < ask);
    }
    let often = [seen.granted_all, seen.granted_nothing, seen.granted_part];
    assert!(often.iter().all(|it| *it >= 20), "{seen:?}");
}

#[test]
fn the_end_of_a_band_is_the_first_minute_of_another() {
    let mut ends = 0;
    for seed in 0..SEEDS / 4 {
        let mut numbers = Numbers(seed.wrapping_mul(104_729));
        let usage = random_usage(&mut numbers);
        let (calendar, begun_at) = random_begin(&mut numbers);
        if usage.bands.len() < 2 {
            continue;
        }
        let meter = meter(&usage, &calendar);
        let oracle = Oracle::new(&meter, begun_at);
        let now = oracle.band_at(begun_at.0);
        // Edges and changes of the clocks are on whole minutes.
        let minutes = (begun_at.0 / 60_000_000 + 1..).take(7 * 1_440);
        let mut moments = minutes.map(|it| it * 60_000_000);
        let first = moments.find(|it| oracle.band_at(*it) != now);
        match meter.band_until(begun_at) {
            Some(until) if first.is_none() => {
                assert!(until.since(begun_at) > 7 * 86_400_000_000, "seed {seed}");
            }
            until => assert_eq!(until.map(|it| it.0), first, "seed {seed}: {usage:?}"),
        }
        ends += u32::from(first.is_some());
    }
    assert!(ends >= 30, "{ends}");
}
