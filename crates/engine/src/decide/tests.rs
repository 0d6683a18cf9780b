//! Scenarios: a script of commands in, every answer out. [`check`] is the only one that touches
//! the engine's API; after each script it also proves the trial balance and the replay.

mod adapters;
mod bills;
mod checkpoint;
mod credit;
mod debts;
mod describe;
mod directory;
mod final_bills;
mod finance;
mod forecast;
mod forecasts;
mod holds;
mod money;
mod new_versions;
mod plan_changes;
mod promises;
mod promising;
mod providers;
mod refusals;
mod repeats;
mod reversals;
mod scenario;
mod script;
mod service_refusals;
mod services;
mod subscription_periods;
mod subscriptions;
mod switching;
mod time;
mod transfers;
mod transit;
mod unfit;
mod use_by_units;
mod use_holds;
mod waiting;
mod while_off;
mod worked;

use expect_test::Expect;

use scenario::Scenario;

/// Plays `script` and compares what was answered.
///
/// ```text
/// at 10:00 | at 1d 10:00:30        the clock, forwards or back
/// fire                             what is due by now, over all accounts
/// customer Ann | update 1 Ann
/// open A EUR [number N] [limit 5.00|unlimited] [ceiling 20.00] [of 1]
/// rename A shop | close A
/// pay A 5.00 [USD] [ref R1] | cancel R1
/// charge A 1.00 [USD] | charge-after A 9.00 [USD] | adjust A -1.00 goodwill [USD]
/// transfer A B 3.00 EUR
/// send A USD 3.00 EUR | forward R1 EUR   to an account in another shard, of this currency
/// receive A 3.00 [EUR] [ref R1]    from there: a transfer, or a payment with a reference
/// limit A 5.00|unlimited | ceiling A 20.00|none | credit A 10.00 until 12:00 | revoke A/1
/// authorise A S1 4.00 [#1] [min 1.00] [for 60s]
/// settle S1 2.50 [#2] [next 3.00 [min 1.00] [for 60s] | final] | release S1 [#4]
/// rate EUR USD 1.10 [from 09:00]
/// show A | totals | receivables
/// opening A -5.00 [since -40] | lock A | unlock A
/// allocate R1 A | return R1 | chargeback R1 [1.00]
/// refund R1 [1.00] [cap 5.00] | approve A/1 | reject A/1
/// write-off A [1.00] | recover A [1.00]
/// plan A internet 20.00|none | alert A [low 5.00]... [owed 10.00]
/// policy EUR [group g] fixed 10.00|from 1.00 max 9.00|shortfall|percent 100 [rules]|withdrawn
/// offer A [5.00] [hours 24] [accept] | promise A [5.00] [hours 24] [accept] [over role]
/// service net month 29.00 [USD] [postpaid] [anchor 1] [pro-rata] [count 3] [off pauses] [refunds]
///     [due 14/7 [skip weekends,holidays]] [adapter a] [sets k=v,k=v] [days customer] [withdrawn]
///     [use second 0.10 per 60 ...: see `services::usage`] | service film once 4.00 [lasts 2h]
///     | service net {"recurring": …} in JSON, to the end of the line
/// subscribe A net [own 20.00] [priority 5] [known ann,+49301] [base 1]
/// change A/1 [own 20.00|none] [priority 5] [known ann] | change-plan A/1 fast [own 9.00] [at-end]
/// suspend A/1 [staff] [until 12:00] | resume A/1 [staff] | unsubscribe A/1 [refund|no-refund]
/// purchase A film [base 1] [item 4711]
/// authorise-use A/1|~ann|A S1 300 [#1] [min 60] [to +4930] [of tel] [for 60s]
/// settle-use S1 total|more 70 [#2] [next 300 [min 60] [for 60s] | final]
/// forecast A | effect A 5.00        what will be, and what a payment would do
/// rates-grow-old 5d                older ones are not used from now on
/// zone Europe/Berlin [holidays 2026-12-25,2026-12-26] | at 2026-12-24 18:00   its days
/// ... as bob via self-care         who, through which channel; anna via console else
/// ```
///
/// An amount is in the account's currency unless another is named. An account is a name that the
/// script opened, `@9` for an id or `=100000017` for a number.
fn check(script: &str, expect: Expect) {
    let mut scenario = Scenario::default();
    // A line that ends in "+" goes on in the next one.
    let script = script.split("+\n").map(str::trim).collect::<Vec<_>>().join(" ");
    for line in script.lines().map(str::trim).filter(|it| !it.is_empty()) {
        scenario.line(line);
    }
    scenario.prove();
    expect.assert_eq(&scenario.transcript);
}
