//! The lines of the script about promised payments: `policy`, `promise`, `offer`.

use std::sync::Arc;

use super::describe;
use super::finance::balance;
use super::scenario::Scenario;
use super::script::{Words, amount, currency};
use crate::{
    Bound, Command, Cooldown, Currency, FeeRule, GrantPromise, Name, PerWindow, PromiseAmount,
    PromiseAsk, PromiseDuration, PromisePolicy, PromiseRules, StaffCap, evaluate,
};

pub fn promise(scenario: &Scenario, verb: &str, words: &mut Words<'_>) -> Command {
    if verb == "policy" {
        let unit = currency(words.next());
        let group = words.option("group").map(|it| Name::new(it).unwrap());
        let rules = (!words.flag("withdrawn")).then(|| rules(words, unit));
        let policy = PromisePolicy { group, currency: unit, version: 0, rules };
        return Command::SetPromisePolicy(Arc::new(policy));
    }
    let account = scenario.account_ref(words.next());
    let unit = words.unit(scenario, &account);
    let overriding = words.option("over").map(|it| Name::new(it).unwrap());
    let ask = ask(words, unit);
    Command::GrantPromise(GrantPromise { account, ask, currency: Some(unit), overriding })
}

fn ask(words: &mut Words<'_>, unit: Currency) -> PromiseAsk {
    PromiseAsk {
        hours: words.option("hours").map(|it| it.parse().unwrap()),
        accepts_terms: words.flag("accept"),
        amount: words.optional_money(unit).map(|it| it.amount),
    }
}

/// The dry run.
pub fn offer(scenario: &Scenario, mut words: Words<'_>) -> String {
    words.next();
    let channel = Name::new(words.option("via").unwrap_or("console")).unwrap();
    let account = scenario.account(words.next());
    let (_, rules) = match scenario.state.promise_rules(account) {
        Ok(found) => found,
        Err(refusal) => return describe::refusal(&refusal),
    };
    let ask = ask(&mut words, account.currency);
    words.finish();
    let since = scenario.state.customer_since(account.customer);
    let offer = evaluate(account, since, rules, ask, channel, scenario.now);
    let amount = offer.amount.display(account.exponent);
    let until = describe::moment(offer.until);
    let mut text = format!("{amount} until {until}");
    if !offer.fee.is_zero() {
        text += &format!(" fee {}", offer.fee.display(account.exponent));
    }
    for failing in &offer.failing {
        text += &format!("\n    {}", describe::failing(failing, account.exponent));
    }
    match offer.failing.is_empty() {
        true => text,
        false => format!("\n    {text}"),
    }
}

fn rules(words: &mut Words<'_>, unit: Currency) -> PromiseRules {
    let number = |it: &str| it.parse::<u32>().expect("a number");
    let names = |it: &str| it.split(',').map(|it| Name::new(it).unwrap()).collect::<Vec<_>>();
    let bound = |words: &mut Words<'_>, key: &str| {
        words.option(key).map(|it| match (it.strip_suffix('%'), it.strip_suffix('d')) {
            (Some(percent), _) => Bound::FeePercent(number(percent)),
            (_, Some(days)) => Bound::FeeDays(number(days)),
            _ => Bound::Amount(amount(it, unit)),
        })
    };
    let money = |it: &str| amount(it, unit);
    let after_grant = words.option("cooldown-grant").map(|it| Cooldown::DaysAfterGrant(number(it)));
    let after_end = words.option("cooldown").map(|it| Cooldown::DaysAfterEnd(number(it)));
    let fee = words.option("fee").map(money);
    let fee_percent = words.option("fee-percent").map_or(0, number);
    PromiseRules {
        duration: PromiseDuration {
            hours: words.option("hours").map_or(72, number),
            choices: words
                .option("choices")
                .map_or(Vec::new(), |it| it.split(',').map(number).collect()),
            hours_max: words.option("hours-max").map(number),
            hours_per_year: words.option("per-year").map_or(0, number),
        },
        channels: words.option("channels").map(names).unwrap_or_default(),
        open_max: words.option("open").map_or(1, number),
        cooldown: after_grant.or(after_end),
        per_window: words.option("window").map(|it| {
            let (count, days) = it.split_once('/').expect("count/days");
            PerWindow { count: number(count), days: number(days) }
        }),
        per_month: words.option("month").map(number),
        repeat_balance_min: words.option("repeat-min").map(|it| balance(it, unit)),
        debt_max: bound(words, "debt-max"),
        debt_age_days_max: words.option("debt-age").map(number),
        tenure_days_min: words.option("tenure").map(number),
        blocked_days_max: words.option("blocked").map(number),
        bars_after_unkept: words.flag("bars"),
        unkept_max: words.option("unkept-max").map(number),
        paid_min: bound(words, "paid-min"),
        needed_below: bound(words, "needed"),
        month_days: words.option("days").map(|it| {
            let (first, last) = it.split_once('-').expect("first-last");
            (first.parse().unwrap(), last.parse().unwrap())
        }),
        plans: words.option("plans").map(names).unwrap_or_default(),
        fee: (fee.is_some() || fee_percent > 0).then(|| FeeRule {
            amount: fee.unwrap_or(crate::Amount::ZERO),
            percent: fee_percent,
            waived_from: words.option("waived").map(|it| balance(it, unit)),
        }),
        needs_acceptance: words.flag("terms"),
        holds_plan: words.flag("holds-plan"),
        overrides: words.option("override").map_or(Vec::new(), |it| {
            let parts: Vec<_> = it.split(':').collect();
            vec![StaffCap {
                role: Name::new(parts[0]).unwrap(),
                amount_max: money(parts[1]),
                hours_max: number(parts[2]),
            }]
        }),
        amount: promise_amount(words, unit),
    }
}

fn promise_amount(words: &mut Words<'_>, unit: Currency) -> PromiseAmount {
    let max = words.option("max").map(|it| amount(it, unit));
    if let Some(fixed) = words.option("fixed") {
        return PromiseAmount::Fixed(amount(fixed, unit));
    }
    if let Some(min) = words.option("from") {
        return PromiseAmount::Between { min: amount(min, unit), max: max.expect("a maximum") };
    }
    if let Some(percent) = words.option("percent") {
        return PromiseAmount::FeePercent { percent: percent.parse().unwrap(), max };
    }
    match words.next() {
        "shortfall" => PromiseAmount::Shortfall { max },
        "shortfall-of-fee" => PromiseAmount::ShortfallOfFee { max },
        other => panic!("not understood: {other:?}"),
    }
}
