use super::*;

/// One price a minute, billed by the second.
const CALL: &str = r#"{"unit": "second", "per": 60, "rates": [{"price": "0.10"}]}"#;

fn call(terms: &str) -> Usage {
    usage(&format!(r#"{{"unit": "second", "per": 60, {terms}, "rates": [{{"price": "0.10"}}]}}"#))
}

/// The week from Monday to Friday, and weekends with holidays.
fn with_holidays() -> Usage {
    usage(
        r#"{
            "unit": "second", "per": 60,
            "bands": [
                {"name": "working", "times": [{
                    "days": ["monday", "tuesday", "wednesday", "thursday", "friday"],
                    "from": "00:00", "until": "24:00"
                }]},
                {"name": "free-days", "times": [{
                    "days": ["saturday", "sunday", "holiday"], "from": "00:00", "until": "24:00"
                }]}
            ],
            "rates": [{"price": {"free-days": "0.06", "working": "0.12"}}]
        }"#,
    )
}

#[test]
fn seventy_seconds_and_an_hour_are_rounded_once() {
    assert_eq!(cost(&usage(CALL), NOON, 70), "0.116667");
    let by_the_second = usage(r#"{"unit": "second", "rates": [{"price": "0.01"}]}"#);
    assert_eq!(cost(&by_the_second, NOON, 3_600), "36.00");
    // Reported every second, the last cost is the same.
    let every_second: Vec<u64> = (1..=3_600).collect();
    let hour = costs(&by_the_second, NOON, 0, &every_second);
    assert_eq!((hour[0].as_str(), hour[3_599].as_str()), ("0.01", "36.00"));
    assert_eq!(costs(&usage(CALL), NOON, 0, &every_second)[69], "0.116667");
}

#[test]
fn what_is_billed_is_raised_to_the_minimum_and_the_increment() {
    let table = [
        (
            r#""increment": 60, "minimum": 60"#,
            [(0, "0.00"), (1, "0.10"), (60, "0.10"), (61, "0.20"), (121, "0.30")],
        ),
        (
            r#""increment": 1, "minimum": 60"#,
            [(0, "0.00"), (1, "0.10"), (60, "0.10"), (61, "0.101667"), (121, "0.201667")],
        ),
        (
            r#""increment": 1, "minimum": 0"#,
            [(0, "0.00"), (1, "0.001667"), (60, "0.10"), (61, "0.101667"), (121, "0.201667")],
        ),
        // A minimum that is no multiple of the increment is raised to one.
        (
            r#""increment": 30, "minimum": 45"#,
            [(0, "0.00"), (1, "0.10"), (60, "0.10"), (61, "0.15"), (121, "0.25")],
        ),
    ];
    for (terms, examples) in table {
        let usage = call(terms);
        for (seconds, expected) in examples {
            assert_eq!(cost(&usage, NOON, seconds), expected, "{seconds} s with {terms}");
        }
        // In one session the same totals cost the same.
        let totals = examples.map(|it| it.0);
        assert_eq!(costs(&usage, NOON, 0, &totals), examples.map(|it| it.1), "{terms}");
    }
}

#[test]
fn a_call_across_an_edge_has_both_prices() {
    let usage = usage(DAY_AND_NIGHT);
    // 90 s by day, 180 s by night.
    let begun_at = "2026-11-27T21:58:30+01:00";
    assert_eq!(cost(&usage, begun_at, 270), "0.45");
    assert_eq!(costs(&usage, begun_at, 0, &[60, 91, 270]), ["0.20", "0.300833", "0.45"]);
    // Midnight is no edge, and the morning is one.
    assert_eq!(cost(&usage, "2026-11-27T23:59:00+01:00", 600), "0.50");
    assert_eq!(cost(&usage, "2026-11-28T06:59:59+01:00", 61), "0.200833");
    // From noon to noon over three days: 15 h of day and 9 h of night, three times.
    assert_eq!(cost(&usage, NOON, 3 * 86_400), "621.00");
}

#[test]
fn a_second_has_the_price_of_the_moment_at_which_it_began() {
    let usage = usage(DAY_AND_NIGHT);
    // The first second begins 1 µs before the edge.
    assert_eq!(cost(&usage, "2026-11-27T21:59:59.999999+01:00", 61), "0.053333");
    assert_eq!(cost(&usage, "2026-11-27T22:00:00+01:00", 60), "0.05");
    assert_eq!(cost(&usage, "2026-11-27T21:59:00.000001+01:00", 60), "0.20");
    assert_eq!(cost(&usage, "2026-11-27T21:59:00+01:00", 61), "0.200833");
}

#[test]
fn a_holiday_has_prices_of_its_own() {
    let usage = with_holidays();
    // Christmas 2026 is a Friday; the day before is no holiday.
    assert_eq!(cost(&usage, "2026-12-24T23:59:00+01:00", 120), "0.18");
    assert_eq!(cost(&usage, "2026-12-25T12:00:00+01:00", 60), "0.06");
    assert_eq!(cost(&usage, "2026-12-18T12:00:00+01:00", 60), "0.12");
    // The holiday is the provider's, by the clock where the customer is.
    let calendar = berlin();
    let santiago = Meter { zone: zone("America/Santiago"), ..meter(&usage, &calendar) };
    let until = santiago.band_until(at("2026-12-24T20:00:00-03:00"));
    assert_eq!(until, Some(at("2026-12-25T00:00:00-03:00")));
}

#[test]
fn a_holiday_that_no_band_names_is_its_day_of_the_week() {
    let mut usage = with_holidays();
    let days = &mut usage.bands[1].times[0].days;
    days.retain(|it| *it != BandDay::Holiday);
    usage.check().unwrap();
    assert_eq!(cost(&usage, "2026-12-25T12:00:00+01:00", 60), "0.12");
    assert_eq!(cost(&usage, "2026-12-26T12:00:00+01:00", 60), "0.06");
}

#[test]
fn a_step_is_crossed_alike_in_one_report_and_in_many() {
    let mib = 1 << 20;
    let usage = usage(
        r#"{
            "unit": "byte", "per": 1048576,
            "rates": [{"price": [
                {"from": 0, "price": "0.02"},
                {"from": 104857600, "price": "0.01"},
                {"from": 209715200, "price": "0"}
            ]}]
        }"#,
    );
    assert_eq!(cost(&usage, NOON, 150 * mib), "2.50");
    assert_eq!(cost(&usage, NOON, 100 * mib), "2.00");
    // A byte costs less than can be written, and a hundred of them do not.
    assert_eq!(cost(&usage, NOON, 100 * mib + 1), "2.00");
    assert_eq!(cost(&usage, NOON, 100 * mib + 105), "2.000001");
    assert_eq!(cost(&usage, NOON, 1_000 * mib), "3.00");
    let even: Vec<u64> = (1..=150).map(|it| it * mib).collect();
    assert_eq!(costs(&usage, NOON, 0, &even)[149], "2.50");
    let odd: Vec<u64> = (1..150 * mib).step_by(7_654_321).chain([150 * mib]).collect();
    assert_eq!(costs(&usage, NOON, 0, &odd).last().unwrap(), "2.50");
}

#[test]
fn set_up_and_minimum_charge_count_once_for_a_session_with_charged_use() {
    let usage = usage(
        r#"{
            "unit": "second", "per": 60,
            "rates": [{"set_up": "0.05", "minimum_charge": "0.12", "price": "0.10"}]
        }"#,
    );
    let totals = [0, 1, 42, 43, 60, 600];
    // Neither is charged while use is free, and both are once it is not.
    let table = [
        (0, ["0.00", "0.12", "0.12", "0.121667", "0.15", "1.05"]),
        (41, ["0.00", "0.00", "0.12", "0.12", "0.12", "0.981667"]),
        (42, ["0.00", "0.00", "0.00", "0.12", "0.12", "0.98"]),
        (600, ["0.00"; 6]),
    ];
    for (free, expected) in table {
        assert_eq!(costs(&usage, NOON, free, &totals), expected, "{free} s are free");
    }
}

#[test]
fn an_allowance_that_ends_in_a_session_is_used_before_money() {
    let usage = call(r#""increment": 60, "minimum": 60, "allowance": 6000"#);
    // 90 s are left of it: half of the second minute is free.
    let totals = [1, 60, 61, 120, 121];
    assert_eq!(costs(&usage, NOON, 90, &totals), ["0.00", "0.00", "0.05", "0.05", "0.15"]);
    let calendar = berlin();
    let meter = meter(&usage, &calendar);
    let used = meter.after(&Metered::new(at(NOON)), 121, 90, at(NOON)).unwrap();
    assert_eq!((used.total, used.billed, used.free), (121, 180, 90));
    assert_eq!(used.parts(), [Part { band: 0, step: 0, quantity: 90 }]);
}

#[test]
fn free_units_count_towards_the_steps() {
    let usage = usage(
        r#"{
            "unit": "event",
            "rates": [{"price": [{"from": 0, "price": "1"}, {"from": 10, "price": "0.5"}]}]
        }"#,
    );
    assert_eq!(costs(&usage, NOON, 4, &[4, 10, 12]), ["0.00", "6.00", "7.00"]);
    assert_eq!(costs(&usage, NOON, 12, &[12, 14]), ["0.00", "1.00"]);
}

#[test]
fn bytes_have_the_price_of_the_moment_at_which_they_were_granted() {
    let usage = Usage { unit: UsageUnit::Byte, per: 1, ..usage(DAY_AND_NIGHT) };
    let calendar = berlin();
    let meter = meter(&usage, &calendar);
    let evening = at("2026-11-27T21:59:59.999999+01:00");
    let used = meter.after(&Metered::new(evening), 10, 0, evening).unwrap();
    let used = meter.after(&used, 30, 0, at("2026-11-27T22:00:00+01:00")).unwrap();
    // Where nothing was used since, the moment is of no matter.
    let used = meter.after(&used, 30, 0, evening).unwrap();
    let [by_day, by_night] =
        [(0, 10), (1, 20)].map(|(band, quantity)| Part { band, step: 0, quantity });
    assert_eq!(used.parts(), [by_day, by_night]);
    assert_eq!(meter.cost(&used), Some(exactly("3")));
}

/// Night until half past two.
fn edge_in_the_hour_that_changes() -> Usage {
    let text = DAY_AND_NIGHT.replace("07:00", "02:30");
    usage(&text.replace("0.20", "0.06").replace("0.05", "0.01"))
}

#[test]
fn an_edge_that_the_clocks_leave_out_is_where_they_go_forward() {
    let usage = edge_in_the_hour_that_changes();
    // From 01:50 there are 10 minutes of night until the clocks show 03:00.
    let begun_at = "2026-03-29T01:50:00+01:00";
    assert_eq!(costs(&usage, begun_at, 0, &[600, 601, 1_800]), ["0.10", "0.101", "1.30"]);
    assert_eq!(cost(&usage, begun_at, 1_800), "1.30");
    // On any other day there are 40 minutes of night.
    assert_eq!(cost(&usage, "2026-03-28T01:50:00+01:00", 3_000), "1.00");
}

#[test]
fn an_edge_that_the_clocks_show_twice_is_there_twice() {
    let usage = edge_in_the_hour_that_changes();
    // 20 min of night to 02:30, 30 of day to 03:00, which is 02:00; 30 of night, then day.
    let begun_at = "2026-10-25T02:10:00+02:00";
    let totals = [20, 50, 80, 100].map(|it| it * 60);
    assert_eq!(costs(&usage, begun_at, 0, &totals), ["0.20", "2.00", "2.30", "3.50"]);
    assert_eq!(cost(&usage, begun_at, 6_000), "3.50");
    // A day of 25 hours, one of 23, and one of 24.
    assert_eq!(cost(&usage, "2026-10-25T00:00:00+02:00", 25 * 3_600), "75.00");
    assert_eq!(cost(&usage, "2026-03-29T00:00:00+01:00", 23 * 3_600), "70.80");
    assert_eq!(cost(&usage, "2026-03-30T00:00:00+02:00", 24 * 3_600), "72.90");
}

#[test]
fn the_end_of_a_band_is_known_ahead() {
    let (calendar, usage) = (berlin(), usage(DAY_AND_NIGHT));
    let meter = meter(&usage, &calendar);
    let until = |text: &str| meter.band_until(at(text));
    assert_eq!(until(NOON), Some(at("2026-11-27T22:00:00+01:00")));
    assert_eq!(until("2026-11-27T22:00:00+01:00"), Some(at("2026-11-28T07:00:00+01:00")));
    // Ten hours of night when the clocks go back in them, and eight when they go forward.
    assert_eq!(until("2026-10-24T22:00:00+02:00"), Some(at("2026-10-25T07:00:00+01:00")));
    assert_eq!(until("2026-03-28T22:00:00+01:00"), Some(at("2026-03-29T07:00:00+02:00")));
    let with_holidays = with_holidays();
    let meter = super::meter(&with_holidays, &calendar);
    assert_eq!(meter.band_until(at(NOON)), Some(at("2026-11-28T00:00:00+01:00")));
    // Two holidays and the Sunday after them.
    let christmas = at("2026-12-25T10:00:00+01:00");
    assert_eq!(meter.band_until(christmas), Some(at("2026-12-28T00:00:00+01:00")));
    let always = super::usage(CALL);
    assert_eq!(super::meter(&always, &calendar).band_until(at(NOON)), None);
}

#[test]
fn use_that_cannot_be_counted_is_refused_and_nothing_panics() {
    let calendar = berlin();
    let call = usage(CALL);
    let meter = meter(&call, &calendar);
    let none = Metered::new(at(NOON));
    let most = meter.after(&none, QUANTITY_MAX, 0, at(NOON)).unwrap();
    assert_eq!((most.total, most.billed), (QUANTITY_MAX, QUANTITY_MAX));
    assert_eq!(meter.after(&none, QUANTITY_MAX + 1, 0, at(NOON)), None);
    assert_eq!(meter.after(&most, QUANTITY_MAX - 1, 0, at(NOON)), None, "less than before");
    let free = meter.after(&none, QUANTITY_MAX, u64::MAX, at(NOON)).unwrap();
    assert_eq!(meter.cost(&free), Some(Fraction::ZERO));
    assert_eq!(meter.cost(&most).unwrap().to_amount(2, Precision::Fine), None);
    let cheap = usage(r#"{"unit": "byte", "rates": [{"price": "0.000000001"}]}"#);
    let cost = super::meter(&cheap, &calendar).cost(&most).unwrap();
    let shown = cost.to_amount(2, Precision::Fine).unwrap().display(2).to_string();
    assert_eq!(shown, "9223372036.854776");
    let dear = usage(r#"{"unit": "byte", "rates": [{"price": "999999999999"}]}"#);
    assert_eq!(super::meter(&dear, &calendar).cost(&most), None);
    // Raised to an increment it is above the bound, and still counted.
    let coarse = usage(r#"{"unit": "byte", "increment": 60, "rates": [{"price": "0"}]}"#);
    let raised = super::meter(&coarse, &calendar).after(&none, QUANTITY_MAX, 0, at(NOON)).unwrap();
    assert_eq!(raised.billed, QUANTITY_MAX + 53);
}

#[test]
fn a_second_in_a_band_has_to_be_in_the_calendar_and_within_years_of_the_last_report() {
    let (calendar, usage) = (berlin(), usage(DAY_AND_NIGHT));
    let meter = meter(&usage, &calendar);
    let none = Metered::new(at(NOON));
    for total in [QUANTITY_MAX, QUANTITY_MAX / 1_000_000, 500_000_000_000, 100_000_000_000] {
        assert_eq!(meter.after(&none, total, 0, at(NOON)), None);
    }
    let year = meter.after(&none, 366 * 86_400, 0, at(NOON)).unwrap();
    let hours: Vec<u64> = year.parts().iter().map(|it| it.quantity / 3_600).collect();
    assert_eq!(hours, [366 * 15, 366 * 9]);
    let never = Metered::new(Timestamp::NEVER);
    assert_eq!(meter.after(&never, 1, 0, Timestamp::NEVER), None);
    assert_eq!(meter.band_until(Timestamp::NEVER), None);
    assert_eq!(meter.affordable(&never, 1, 0, Timestamp::NEVER, |_| true), 0);
}
