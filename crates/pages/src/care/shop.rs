//! What can be bought at once: turbo buttons and films.

use super::pay::RateLine;
use crate::{Care, Field, FieldKind, Language, Message, Moment, Money, Say, Shell};

mod samples;

#[derive(Clone, Debug)]
pub struct Shop {
    pub kind: ShopKind,
    /// What is to spend on the account that pays; `None` where it differs from offer to offer.
    pub purse: Option<ShopPurse>,
    /// What is looked for, by name.
    pub q: String,
    pub offers: Vec<Offer>,
    /// Where the next page is; empty where this is the last one.
    pub older: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShopKind {
    Turbo,
    Films,
}

#[derive(Clone, Debug, Default)]
pub struct ShopPurse {
    pub account: String,
    /// `None` is without limit: then nothing is said.
    pub to_spend: Option<Money>,
    /// Its statement.
    pub href: String,
}

#[derive(Clone, Debug, Default)]
pub struct Offer {
    pub name: String,
    /// What it is: `2 hours with 500 Mbit/s`; may be empty.
    pub text: String,
    /// In the catalogue's currency; of what is bought, what was paid. Without a currency nothing
    /// is said.
    pub price: Money,
    /// In the account's, where that is another one.
    pub charged: Option<Money>,
    /// At which that was converted; `None` where nothing is.
    pub rate: Option<RateLine>,
    pub state: OfferState,
    /// Its review; of a film that is bought, where it is watched; empty for neither.
    pub href: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OfferState {
    #[default]
    Buy,
    /// Bought, and good until then.
    Bought { until: Option<Moment> },
    /// Not yet: so much is missing. Its review says what helps.
    Missing(Money),
    /// Not now, for a reason in plain words.
    NotNow(String),
}

impl ShopKind {
    pub fn path(self) -> &'static str {
        match self {
            Self::Turbo => "/my/turbo",
            Self::Films => "/my/films",
        }
    }
}

impl Shop {
    pub(crate) fn title(&self, language: &Language) -> &'static str {
        let care = Care::of(*language);
        match self.kind {
            ShopKind::Turbo => care.shop_turbo,
            ShopKind::Films => care.shop_films,
        }
    }

    /// Films are many, and found by name.
    pub(crate) fn find_field(&self, shell: &Shell) -> Option<Field> {
        let label = shell.care().shop_find;
        let field = Field::new("q", label, FieldKind::Text).with_value(&self.q).unmarked();
        (self.kind == ShopKind::Films).then_some(field)
    }

    /// A film is watched; a turbo button just works.
    pub(crate) fn is_watched(&self) -> bool {
        self.kind == ShopKind::Films
    }

    pub(crate) fn none(&self, language: &Language) -> &'static str {
        let care = Care::of(*language);
        if self.q.is_empty() { care.shop_none } else { care.shop_not_found }
    }
}

impl ShopPurse {
    pub(crate) fn text(&self, say: &Say) -> Option<String> {
        let money = say.money_text(self.to_spend.as_ref()?);
        let form = Care::of(say.language).shop_to_spend;
        Some(form.with("money", money).with("account", &self.account))
    }
}

impl Offer {
    pub(crate) fn converted(&self, money: &Money, say: &Say) -> String {
        Care::of(say.language).shop_converted.with("money", say.money_text(money))
    }

    pub(crate) fn yours(&self, until: &Option<Moment>, say: &Say) -> String {
        let care = Care::of(say.language);
        match until {
            Some(at) => care.shop_until.with("at", say.moment_text(at)),
            None => care.shop_yours.to_owned(),
        }
    }
}

page!(Shop, "care/shop.html");
