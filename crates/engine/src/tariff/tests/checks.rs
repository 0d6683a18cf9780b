use expect_test::expect;

use super::*;

fn day_and_night() -> Usage {
    usage(DAY_AND_NIGHT)
}

/// What is wrong with the tariff of day and night after each of the changes.
fn faults(changes: &[&dyn Fn(&mut Usage)]) -> String {
    let faults = changes.iter().enumerate().map(|(place, change)| {
        let mut usage = day_and_night();
        change(&mut usage);
        let fault = usage.check().expect_err(&format!("change {place} is for the worse"));
        assert_eq!(fault.to_string(), format!("{} {}; {}", fault.place, fault.what, fault.remedy));
        format!("{} {}\n    {}\n", fault.place, fault.what, fault.remedy)
    });
    faults.collect()
}

fn time(days: &[BandDay], from_minute: u16, until_minute: u16) -> BandTime {
    BandTime { days: days.to_vec(), from_minute, until_minute }
}

#[test]
fn quantities_are_within_their_bounds() {
    let faults = faults(&[
        &|it| it.per = 0,
        &|it| it.per = (1 << 40) + 1,
        &|it| it.increment = 0,
        &|it| it.increment = QUANTITY_MAX + 1,
        &|it| it.minimum = QUANTITY_MAX + 1,
        &|it| it.allowance = QUANTITY_MAX + 1,
        &|it| it.grant_quantity_max = Some(0),
        &|it| it.grant_seconds = 0,
        &|it| it.grant_seconds = 32 * 86_400,
    ]);
    expect![[r#"
        usage.per is 0
            give a number from 1 to 1099511627776
        usage.per is 1099511627777
            give a number from 1 to 1099511627776
        usage.increment is 0
            give a number from 1 to 9223372036854775807
        usage.increment is 9223372036854775808
            give a number from 1 to 9223372036854775807
        usage.minimum is 9223372036854775808
            give a number from 0 to 9223372036854775807
        usage.allowance is 9223372036854775808
            give a number from 0 to 9223372036854775807
        usage.grant_quantity_max is 0
            give a number from 1 to 9223372036854775807, or none
        usage.grant_seconds is 0
            give a number from 1 to 2678400
        usage.grant_seconds is 2764800
            give a number from 1 to 2678400
    "#]]
    .assert_eq(&faults);
    let mut widest = day_and_night();
    (widest.per, widest.increment, widest.minimum) = (1 << 40, QUANTITY_MAX, QUANTITY_MAX);
    (widest.allowance, widest.grant_quantity_max) = (QUANTITY_MAX, Some(QUANTITY_MAX));
    assert_eq!(widest.check(), Ok(()));
}

#[test]
fn every_minute_of_the_week_is_in_exactly_one_band() {
    use BandDay::{Holiday, Monday, Sunday, Wednesday};
    let faults = faults(&[
        &|it| it.bands[0].times[0].from_minute = 419,
        &|it| it.bands[0].times[0].from_minute = 421,
        &|it| it.bands[0].times[0].until_minute = 1_321,
        &|it| it.bands[1].times[1].until_minute = 1_439,
        &|it| it.bands[1].times[0].from_minute = 1,
        &|it| it.bands[1].times[0].days.retain(|it| *it != Wednesday),
        &|it| it.bands[0].times.push(time(&[Sunday], 0, 1_440)),
        // In one band too: a minute in two times of it would be a slip.
        &|it| it.bands[0].times.push(time(&[Monday], 420, 421)),
        &|it| it.bands[0].times.push(time(&[Holiday], 0, 600)),
    ]);
    expect![[r#"
        usage.bands[0].times[0] is in force on monday 06:59–07:00 like usage.bands[1].times[0]
            let one of the two begin or end elsewhere
        usage.bands leaves out monday 07:00–07:01
            put every minute of the week into one of the bands
        usage.bands[1].times[1] is in force on monday 22:00–22:01 like usage.bands[0].times[0]
            let one of the two begin or end elsewhere
        usage.bands leaves out monday 23:59–24:00
            put every minute of the week into one of the bands
        usage.bands leaves out monday 00:00–00:01
            put every minute of the week into one of the bands
        usage.bands leaves out wednesday 00:00–07:00
            put every minute of the week into one of the bands
        usage.bands[0].times[1] is in force on sunday 00:00–07:00 like usage.bands[1].times[0]
            let one of the two begin or end elsewhere
        usage.bands[0].times[0] is in force on monday 07:00–07:01 like usage.bands[0].times[1]
            let one of the two begin or end elsewhere
        usage.bands leaves out holiday 10:00–24:00
            put every minute of the week into one of the bands
    "#]]
    .assert_eq(&faults);
    let mut with_holidays = day_and_night();
    with_holidays.bands[1].times.push(time(&[Holiday], 0, 1_440));
    assert_eq!(with_holidays.check(), Ok(()));
}

#[test]
fn a_band_has_a_name_of_its_own_and_times() {
    let band = day_and_night().bands[0].clone();
    let faults = faults(&[
        &|it| it.bands[1].name = it.bands[0].name,
        &|it| it.bands[1].times.clear(),
        &|it| it.bands[1].times[1].days.clear(),
        &|it| it.bands[1].times[1].days.push(BandDay::Monday),
        &|it| it.bands[1].times[1].until_minute = 360,
        &|it| it.bands[1].times[1].until_minute = 1_320,
        &|it| it.bands[1].times[1].until_minute = 1_441,
        &|it| it.bands[1].times[1].from_minute = 1_440,
        &|it| it.bands = vec![band.clone(); 17],
        &|it| it.bands[0].times = vec![band.times[0].clone(); 255],
    ]);
    expect![[r#"
        usage.bands[1].name has the name of usage.bands[0]
            give it its own
        usage.bands[1].times has no time
            say when the band is in force, or remove the band
        usage.bands[1].times[1] has no day
            say on which days it is in force
        usage.bands[1].times[1].days[7] is monday once more
            remove it
        usage.bands[1].times[1] ends at 06:00, not after 22:00
            split a time that goes past midnight: until 24:00, and from 00:00 of the days after
        usage.bands[1].times[1] ends at 22:00, not after 22:00
            split a time that goes past midnight: until 24:00, and from 00:00 of the days after
        usage.bands[1].times[1] goes beyond 24:00
            give times from 00:00 to 24:00
        usage.bands[1].times[1] goes beyond 24:00
            give times from 00:00 to 24:00
        usage.bands has 17 bands
            give 16 at most
        usage.bands has 257 times
            give 256 at most
    "#]]
    .assert_eq(&faults);
}

/// As many rates with as many prefixes each.
fn many(usage: &mut Usage, rates: u32, prefixes: u32) {
    let rates = (0..rates).map(|rate| {
        let prefixes = (0..prefixes).map(|it| format!("{rate}x{it}")).collect();
        DestinationRate { prefixes, ..usage.rates[0].clone() }
    });
    usage.rates = rates.collect();
}

#[test]
fn a_rate_has_prefixes_of_its_own() {
    let faults = faults(&[
        &|it| it.rates.clear(),
        &|it| it.rates.extend(day_and_night().rates),
        &|it| it.rates[0].prefixes.clear(),
        &|it| it.rates[0].prefixes = vec!["49".into(), "49".into()],
        &|it| it.rates[0].prefixes[0] = "tel:49".into(),
        &|it| it.rates[0].title = "a\nb".into(),
        &|it| it.rates[0].title = "x".repeat(201),
        &|it| many(it, 10_001, 1),
        &|it| many(it, 10, 10_001),
    ]);
    expect![[r#"
        usage.rates has no rate
            add one, with the prefix "" for all use
        usage.rates[1].prefixes[0] is "" like usage.rates[0].prefixes[0]
            leave it with one of the two
        usage.rates[0].prefixes is empty, so that the rate is never used
            give the beginnings of its destinations, or "" for all others
        usage.rates[0].prefixes[1] is "49" like usage.rates[0].prefixes[0]
            leave it with one of the two
        usage.rates[0].prefixes[0] is "tel:49"
            give at most 32 of 0-9, a-z, A-Z, + and dots
        usage.rates[0].title has 3 bytes, or characters that cannot be shown
            give at most 200 bytes of text in one line
        usage.rates[0].title has 201 bytes, or characters that cannot be shown
            give at most 200 bytes of text in one line
        usage.rates has 10001 rates
            give 10000 at most
        usage.rates has 100010 prefixes
            give 100000 at most
    "#]]
    .assert_eq(&faults);
    let with_prefix = |prefix: &str| {
        let mut usage = day_and_night();
        usage.rates[0].prefixes = vec![String::new(), prefix.into()];
        usage.check().map_err(|fault| fault.place)
    };
    for prefix in ["4 9", "é", "49-30", "sip:49", "*31", &"4".repeat(33)] {
        assert_eq!(with_prefix(prefix), Err("usage.rates[0].prefixes[1]".into()), "{prefix}");
    }
    for prefix in ["+49", "0049", "example.com", "B2B", &"4".repeat(32)] {
        assert_eq!(with_prefix(prefix), Ok(()), "{prefix}");
    }
    let mut most = day_and_night();
    many(&mut most, 10_000, 10);
    assert_eq!(most.check(), Ok(()));
}

#[test]
fn steps_ascend_from_zero_for_every_band() {
    let step = |from| Step { from, price: price("0.01") };
    let always = |it: &mut Usage| {
        it.bands.clear();
        it.rates[0].prices.truncate(1);
    };
    let steps: Vec<Step> = (0..64).map(step).collect();
    let faults = faults(&[
        &|it| it.rates[0].prices.truncate(1),
        &|it| it.bands.clear(),
        &|it| it.rates[0].prices[1].clear(),
        &|it| it.rates[0].prices[1][0].from = 1,
        &|it| it.rates[0].prices[1].push(step(0)),
        &|it| it.rates[0].prices[0].extend([step(20), step(10)]),
        &|it| it.rates[0].prices[0].push(step(QUANTITY_MAX + 1)),
        &|it| it.rates[0].prices[0].extend((1..65).map(step)),
        &|it| {
            let rate = DestinationRate { prices: vec![steps.clone(); 2], ..it.rates[0].clone() };
            it.rates = vec![rate; 1_563];
        },
        &|it| {
            always(it);
            it.rates[0].prices[0].push(step(0));
        },
    ]);
    expect![[r#"
        usage.rates[0].price is for 1 bands, and there are 2
            give one for each band, by its name, or just one where there is no band
        usage.rates[0].price is for 2 bands, and there are 0
            give one for each band, by its name, or just one where there is no band
        usage.rates[0].price.night has no step
            give a price
        usage.rates[0].price.night[0].from is 1
            let the first step be from 0
        usage.rates[0].price.night[1].from is 0, not above the 0 before it
            write the steps in ascending order
        usage.rates[0].price.day[2].from is 10, not above the 20 before it
            write the steps in ascending order
        usage.rates[0].price.day[1].from is 9223372036854775808
            give a number up to 9223372036854775807
        usage.rates[0].price.day has 65 steps
            give 64 at most
        usage.rates has 200064 steps
            give 200000 at most
        usage.rates[0].price[1].from is 0, not above the 0 before it
            write the steps in ascending order
    "#]]
    .assert_eq(&faults);
    let mut one = day_and_night();
    always(&mut one);
    assert_eq!(one.check(), Ok(()));
}
