use super::home::Door;
use super::sentence;
use super::task::{Choices, TaskKind};
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

#[test]
fn every_task_has_its_words_and_its_fields_their_labels() {
    let choices = Choices { currencies: vec!["XPF".into()], ..Choices::default() };
    for language in Language::ALL {
        for kind in TaskKind::ALL {
            let words = [kind.title(language), kind.verb(language), kind.ready(language)];
            assert!(words.iter().all(|it| !it.is_empty()), "{kind:?} in {language:?}: {words:?}");
            for field in kind.fields(&choices, language) {
                assert!(!field.label.is_empty(), "{kind:?} in {language:?}: {field:?}");
            }
        }
    }
}

/// What is looked up by name elsewhere: why a service is off, who came in, what did not work.
const NAMES: [(&str, &[&str]); 5] = [
    (
        "off",
        &[
            "base",
            "ended",
            "funds",
            "missing",
            "overdue",
            "paused_by_us",
            "paused_by_you",
            "paused_by_you_until",
            "starting",
        ],
    ),
    (
        "lately",
        &[
            "code_not_sent",
            "code_sent",
            "ended",
            "password_by_us",
            "password_set",
            "refused_code",
            "refused_password",
            "signed_in_code",
            "signed_in_password",
            "signed_out",
        ],
    ),
    ("unit", &["gigabyte", "kilobyte", "megabyte", "second"]),
    ("trouble", TROUBLES),
    ("help", TROUBLES),
];

const TROUBLES: &[&str] =
    &["expired", "failed", "not_allowed", "not_found", "too_many", "unavailable"];

#[test]
fn every_reason_and_every_trouble_has_its_words() {
    for language in Language::ALL {
        for (group, names) in NAMES {
            let found: Vec<&str> = Care::of(language).names(group).collect();
            assert_eq!(found, names, "{group} in {language:?}");
        }
    }
}

#[test]
fn a_sentence_that_ends_in_a_short_month_has_one_full_stop() {
    let remedy = Care::of(Language::Russian).remedy_from;
    let text = crate::Message::with(remedy, "at", "3 дек.");
    assert_eq!(sentence(&text), "Снова можно с 3 дек.");
}
