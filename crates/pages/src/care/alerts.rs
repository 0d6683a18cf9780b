//! Alerts: at which balance a customer wants to be told.

use super::home::Purse;
use crate::{Care, Field, FieldKind, Message, Money, Say, Shell};

#[derive(Clone, Debug, Default)]
pub struct Alerts {
    pub accounts: Vec<AlertCard>,
    /// Where they are told: `amelie@example.pf`; empty where no way is known.
    pub means: String,
}

/// The form of one account: it sends `balance_below`, empty for none.
#[derive(Clone, Debug, Default)]
pub struct AlertCard {
    /// `Internet · 1000 0423 7`
    pub account: String,
    /// Its digits alone: the fields' ids are made of it.
    pub id: String,
    pub path: String,
    pub currency: String,
    /// What was typed, or what is set.
    pub balance_below: String,
    pub error: String,
    /// Other thresholds, which the provider or somebody else has set.
    pub others: Vec<Money>,
}

impl AlertCard {
    pub(crate) fn field(&self, shell: &Shell) -> Field {
        let care = shell.care();
        let word = |group| care.named(group, "balance_below").unwrap_or_default();
        let kind = FieldKind::Money { unit: self.currency.clone() };
        Field::new("balance_below", word("field"), kind)
            .with_id(format!("below-{}", self.id))
            .with_value(&self.balance_below)
            .with_hint(word("hint"))
            .with_error(&self.error)
            .unmarked()
    }

    pub(crate) fn other(&self, money: &Money, say: &Say) -> String {
        Care::of(say.language).alerts_others.with("money", say.money_text(money))
    }
}

impl Alerts {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let card = |purse: &Purse, below: &str, error: &str| AlertCard {
            account: purse.account_line(),
            id: purse.number.replace(' ', ""),
            path: "/my/alerts/10000423".into(),
            currency: purse.currency.clone(),
            balance_below: below.into(),
            error: error.into(),
            others: Vec::new(),
        };
        let homes = super::home::Home::samples();
        let purses = homes.into_iter().filter(|it| it.0 == "many").flat_map(|it| it.1.purses);
        let purses: Vec<Purse> = purses.collect();
        let cards = |below: &str, error: &str| -> Vec<AlertCard> {
            purses.iter().map(|it| card(it, below, error)).collect()
        };
        let means = "amelie@example.pf";
        let with_others = cards("500", "")
            .into_iter()
            .map(|it| AlertCard { others: vec![Money::new(0, &it.currency, 0)], ..it });
        let alerts = |accounts, means: &str| Self { accounts, means: means.into() };
        vec![
            ("empty", alerts(Vec::new(), means)),
            ("unset", alerts(cards("", ""), "")),
            ("set", alerts(with_others.collect(), means)),
            ("wrong", alerts(cards("much", "This is not an amount."), means)),
        ]
    }
}

page!(Alerts, "care/alerts.html");
