//! The worked examples of `docs/charging.md`: what is charged here is what stands there.

use super::scenario::Scenario;

const DOCUMENT: &str = include_str!("../../../../../docs/charging.md");

/// Plays `script`; each of `figures` is in its transcript, in this order, and in the section of
/// the document under `heading`.
fn example(heading: &str, script: &str, figures: &[&str]) {
    let mut scenario = Scenario::default();
    for line in script.lines().map(str::trim).filter(|it| !it.is_empty()) {
        scenario.line(line);
    }
    scenario.prove();
    let transcript = scenario.transcript.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut rest = transcript.as_str();
    for figure in figures {
        let place = rest.find(figure);
        let place = place.unwrap_or_else(|| panic!("no {figure} in\n{rest}\nof\n{transcript}"));
        rest = &rest[place + figure.len()..];
    }
    let section = DOCUMENT.split("\n## ").find(|it| it.starts_with(heading));
    let section = section.unwrap_or_else(|| panic!("no section {heading:?}"));
    for figure in figures {
        let figure = figure.trim_start_matches(['+', '-']).trim();
        assert!(section.contains(figure), "{figure} is not in the section {heading:?}");
    }
}

#[test]
fn a_month_of_28_29_30_and_31_days() {
    example(
        "A month of 28, 29, 30 or 31 days",
        "
        zone UTC
        customer Ann
        service net month 29.00 anchor 1 pro-rata
        open A EUR
        pay A 100.00
        at 2027-02-11 00:00
        subscribe A net
        unsubscribe A/1
        at 2027-04-11 00:00
        subscribe A net
        unsubscribe A/2
        at 2027-05-11 00:00
        subscribe A net
        unsubscribe A/3
        at 2028-02-11 00:00
        subscribe A net
        unsubscribe A/4
        ",
        &["-18.64 ", "-19.33 ", "-19.65 ", "-19.00 "],
    );
}

#[test]
fn months_from_the_31st() {
    example(
        "Months from the 31st",
        "
        zone UTC
        customer Ann
        service net month 29.00
        open A EUR
        pay A 200.00
        at 2027-01-31 10:00
        subscribe A net
        at 2027-05-01 00:00
        fire
        ",
        &[
            "29.00",
            "2027-01-31 10:00 to 2027-02-28",
            "29.00",
            "2027-02-28 10:00 to 2027-03-31",
            "29.00",
            "2027-03-31 10:00 to 2027-04-30",
            "29.00",
            "2027-04-30 10:00 to 2027-05-31",
        ],
    );
}

/// A day of 24, 23 and 25 hours is paid whole; from noon on the rest of it goes back.
const DAYS: &str = "
    customer Ann
    service day day 2.40 refunds
    service hours hour 0.10
    open A EUR
    pay A 100.00
    ";

#[test]
fn the_days_when_the_clocks_change_in_berlin() {
    let script = "
        zone Europe/Berlin
        at 2027-03-27 00:00
        subscribe A day
        at 2027-03-27 12:00
        unsubscribe A/1
        at 2027-03-28 00:00
        subscribe A day
        at 2027-03-28 12:00
        unsubscribe A/2
        at 2027-10-31 00:00
        subscribe A day
        at 2027-10-31 12:00
        unsubscribe A/3
        ";
    let figures = ["-2.40 ", "+1.20 ", "-2.40 ", "+1.25 ", "-2.40 ", "+1.15 "];
    example("Days when the clocks change", &[DAYS, script].concat(), &figures);
}

#[test]
fn the_days_when_the_clocks_change_in_santiago() {
    let script = "
        zone America/Santiago
        at 2027-04-03 00:00
        subscribe A day
        at 2027-04-03 12:00
        unsubscribe A/1
        at 2027-09-04 00:00
        subscribe A day
        at 2027-09-05 12:00
        unsubscribe A/2
        ";
    let figures = ["-2.40 ", "+1.25 ", "-2.40 ", "-2.40 ", "+1.25 "];
    example("Days when the clocks change", &[DAYS, script].concat(), &figures);
}

#[test]
fn hours_of_days_when_the_clocks_change() {
    let script = "
        zone Europe/Berlin
        at 2027-03-28 00:00
        subscribe A hours
        at 2027-03-28 23:59
        fire
        unsubscribe A/1
        show A
        at 2027-10-31 00:00
        subscribe A hours
        at 2027-10-31 23:59
        fire
        unsubscribe A/2
        show A
        ";
    let figures = ["97.70", "95.20"];
    example("Hours of a day when the clocks change", &[DAYS, script].concat(), &figures);
}

#[test]
fn a_month_in_which_the_clocks_change() {
    example(
        "A month in which the clocks change",
        "
        zone Europe/Berlin
        customer Ann
        service net month 31.00 anchor 1 pro-rata
        open A EUR
        pay A 100.00
        at 2027-03-11 00:00
        subscribe A net
        ",
        &["-20.99 "],
    );
}

#[test]
fn a_plan_change_at_noon() {
    example(
        "A plan change at noon",
        "
        zone UTC
        customer Ann
        service net month 30.00 anchor 1 pro-rata
        service fast month 60.00 anchor 1 pro-rata
        open A EUR
        pay A 60.00
        at 2027-06-01 00:00
        subscribe A net
        at 2027-06-16 12:00
        change-plan A/1 fast
        show A
        ",
        &["-30.00 ", "+14.50 ", "-29.00 ", "15.50"],
    );
}

#[test]
fn a_call_across_midnight() {
    example(
        "A call across midnight",
        "
        zone Europe/Berlin
        customer Ann
        service tel use second 0.60 per 60 night 00:00-06:00=0.06
        open A EUR
        pay A 10.00
        at 2027-06-15 23:59:10
        subscribe A tel
        authorise-use A/1 S1 600 #1
        at 2027-06-16 00:00:10
        settle-use S1 total 60 #2 next 600
        at 2027-06-16 00:01:10
        settle-use S1 total 120 #3 final
        show A
        ",
        &["-0.51 ", "-0.06 ", "9.43"],
    );
}

#[test]
fn a_download_across_a_volume_step() {
    example(
        "A download across a volume step",
        "
        customer Ann
        service web use byte per 1048576 steps 0:0.02,104857600:0.01
        open A EUR
        pay A 10.00
        subscribe A web
        authorise-use A/1 S1 157286400 #1
        settle-use S1 total 62914560 #2
        settle-use S1 total 94371840 #3
        settle-use S1 total 157286400 #4 final
        show A
        ",
        &["2.50", "-1.20 ", "-0.60 ", "-0.70 ", "7.50"],
    );
}

#[test]
fn seventy_seconds_in_parts() {
    example(
        "Seventy seconds in parts",
        "
        customer Ann
        service tel use second 0.10 per 60
        open A EUR
        pay A 1.00
        subscribe A tel
        authorise-use A/1 S1 70 #1
        settle-use S1 total 35 #2
        settle-use S1 total 70 #3 final
        show A
        ",
        &["0.116667", "-0.058333 ", "-0.058334 ", "0.883333"],
    );
}

#[test]
fn a_set_up_fee_with_a_minimum_charge() {
    example(
        "A set-up fee with a minimum charge",
        "
        customer Ann
        service tel use second 0.10 per 60 increment 60 set-up 0.05 least 0.20
        open A EUR
        pay A 1.00
        subscribe A tel
        authorise-use A/1 S1 300 #1
        settle-use S1 total 30 #2 final
        authorise-use A/1 S2 300 #1
        settle-use S2 total 70 #2 final
        authorise-use A/1 S3 300 #1
        settle-use S3 total 0 #2 final
        show A
        ",
        &["-0.20 ", "-0.25 ", "0.55"],
    );
}

#[test]
fn free_minutes_before_money() {
    example(
        "Free minutes before money",
        "
        customer Ann
        service tel month 9.00 use second 0.12 per 60 free 6000
        open A EUR
        pay A 10.00
        subscribe A tel
        authorise-use A/1 S1 5400 #1
        settle-use S1 total 5400 #2 final
        authorise-use A/1 S2 900 #1
        settle-use S2 total 900 #2 final
        show A
        ",
        &["-9.00 ", "0.60", "-0.60 ", "0.40"],
    );
}

#[test]
fn a_refund_of_the_unused_part() {
    example(
        "A refund of the unused part",
        "
        zone UTC
        customer Ann
        service net month 29.00 refunds
        service still month 29.00 refunds off pauses
        open A EUR
        pay A 60.00
        at 2027-04-01 00:00
        subscribe A net
        subscribe A still
        at 2027-04-05 00:00
        suspend A/2
        at 2027-04-08 00:00
        resume A/2
        at 2027-04-11 18:00
        unsubscribe A/1
        unsubscribe A/2
        show A
        ",
        &["+18.61 ", "+21.51 ", "42.12"],
    );
}

#[test]
fn the_time_off_credited() {
    example(
        "The time off, credited",
        "
        zone UTC
        customer Ann
        service net month 30.00 off credited
        open A EUR
        pay A 60.00
        at 2027-04-01 00:00
        subscribe A net
        at 2027-04-10 06:00
        suspend A/1
        at 2027-04-12 18:00
        resume A/1
        at 2027-05-01 00:00
        fire
        show A
        ",
        &["-30.00 ", "+2.50 ", "-30.00 ", "2.50"],
    );
}

#[test]
fn several_accounts_and_currencies() {
    example(
        "Several accounts and currencies",
        "
        customer Ann
        rate EUR USD 1.10
        service net month 29.00
        service tv month 10.00
        service roaming use byte 0.000011 USD
        open A EUR
        open B USD
        pay A 30.00 ref R1
        pay B 11.00 ref R2
        subscribe A net
        subscribe B tv
        subscribe A roaming
        authorise-use A/2 S1 60000 #1
        settle-use S1 total 60000 #2 final
        charge-after B 0.01
        show A
        show B
        ",
        &["-29.00 ", "-11.00 ", "-0.60 ", "0.40", "-0.01"],
    );
}

#[test]
fn exactly_zero_and_below() {
    example(
        "Exactly zero, and a ten-thousandth of a cent below",
        "
        customer Ann
        service web use byte 0.000001
        open A EUR
        pay A 0.01
        subscribe A web
        authorise-use A/1 S1 10000 #1
        settle-use S1 total 10000 #2
        settle-use S1 total 10001 #3
        show A
        ",
        &["-0.01 ", "0.00", "-0.000001 ", "-0.000001"],
    );
}

#[test]
fn a_postpaid_period_and_its_days_of_grace() {
    example(
        "A postpaid period and its days of grace",
        "
        zone Europe/Berlin holidays 2027-05-17
        customer Ann
        service net month 30.00 anchor 1 postpaid due 14/2 skip weekends,holidays
        open A EUR limit 100.00
        at 2027-04-01 00:00
        subscribe A net
        at 2027-05-01 00:00
        fire
        at 2027-05-20 00:00
        fire
        pay A 30.00
        ",
        &["-30.00 ", "30.00", "+30.00 "],
    );
}
