use super::home::Door;
use crate::{Care, Language};

/// The codes of the rules of promised payments, in the evaluator's order.
const RULES: [&str; 20] = [
    "channel",
    "plan",
    "acceptance",
    "open_max",
    "unkept",
    "unkept_max",
    "cooldown",
    "per_window",
    "per_month",
    "repeat_balance",
    "month_days",
    "tenure",
    "blocked_days",
    "debt_max",
    "debt_age",
    "paid_min",
    "needed",
    "duration",
    "amount",
    "ceiling",
];

#[test]
fn every_rule_is_said_in_plain_words() {
    for language in Language::ALL {
        let mut names: Vec<&str> = Care::of(language).names("in_way").collect();
        names.sort_by_key(|name| RULES.iter().position(|it| it == name));
        assert_eq!(names, RULES, "{language:?}");
    }
}

#[test]
fn every_door_has_its_word() {
    for language in Language::ALL {
        for door in Door::ALL {
            assert!(!door.word(language).is_empty(), "{door:?} in {language:?}");
            assert!(!door.hint(language).is_empty(), "{door:?} in {language:?}");
        }
        assert_eq!(Care::of(language).names("door").count(), Door::ALL.len());
    }
}
