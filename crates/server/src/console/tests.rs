use std::collections::BTreeSet;

use engine::{PromiseRule, Unfit};
use pages::{Console, Language};
use store::provisioning::{AttemptEvent, CommandState};
use store::webhooks::DeliveryState;

use crate::http::auth::{Permission, Role};

const RULES: [PromiseRule; 20] = [
    PromiseRule::Channel,
    PromiseRule::Plan,
    PromiseRule::Acceptance,
    PromiseRule::OpenMax,
    PromiseRule::Unkept,
    PromiseRule::UnkeptMax,
    PromiseRule::Cooldown,
    PromiseRule::PerWindow,
    PromiseRule::PerMonth,
    PromiseRule::RepeatBalance,
    PromiseRule::MonthDays,
    PromiseRule::Tenure,
    PromiseRule::BlockedDays,
    PromiseRule::DebtMax,
    PromiseRule::DebtAge,
    PromiseRule::PaidMin,
    PromiseRule::Needed,
    PromiseRule::Duration,
    PromiseRule::Amount,
    PromiseRule::Ceiling,
];

const UNFIT: [Unfit; 6] = [
    Unfit::AccountMissing,
    Unfit::AccountUnknown,
    Unfit::AccountClosed,
    Unfit::PaymentsLocked,
    Unfit::NoExchangeRate,
    Unfit::AmountOutOfRange,
];

#[test]
fn roles_rules_and_states_of_queues_have_words_and_nothing_else_has() {
    let groups: [(&str, BTreeSet<String>); 7] = [
        ("rule", RULES.into_iter().map(|it| it.code().to_owned()).collect()),
        ("unfit", UNFIT.into_iter().map(|it| it.code().to_owned()).collect()),
        ("command", CommandState::ALL.into_iter().map(|it| it.name().to_owned()).collect()),
        ("attempt", AttemptEvent::ALL.into_iter().map(|it| it.name().to_owned()).collect()),
        ("delivery", DeliveryState::ALL.into_iter().map(|it| it.name().to_owned()).collect()),
        ("may", Permission::ALL.into_iter().map(|it| it.name().to_owned()).collect()),
        ("role", Role::ALL.into_iter().map(|it| it.name().replace('-', "_")).collect()),
    ];
    // That every language has the same words is held where they are read.
    let console = Console::of(Language::English);
    for (group, names) in groups {
        let words: BTreeSet<_> = console.names(group).map(str::to_owned).collect();
        assert_eq!(words, names, "{group}");
    }
}
