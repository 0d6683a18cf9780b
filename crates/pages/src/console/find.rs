//! Finding a customer, as one types.

use crate::{Badge, Language, Money};

mod samples;

/// The search page. The part of it with the id `results` is fetched anew as one types.
#[derive(Clone, Debug, Default)]
pub struct Find {
    /// What was typed; empty on arriving.
    pub query: String,
    /// The best first. Without a query, those that were opened lately.
    pub hits: Vec<Hit>,
    /// Whether there are more than are shown.
    pub has_more: bool,
    /// Where a new customer is made; empty where the role may not.
    pub new_customer: String,
}

#[derive(Clone, Debug)]
pub struct Hit {
    pub name: String,
    pub href: String,
    pub matched: Matched,
    /// What was found by, as it is kept: the number, the address; empty where that is the name.
    pub matched_text: String,
    pub accounts: Vec<HitAccount>,
}

/// By which of its marks a customer was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matched {
    Name,
    Telephone,
    Email,
    AccountNumber,
    Login,
    PaymentReference,
}

impl Matched {
    fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Telephone => "telephone",
            Self::Email => "email",
            Self::AccountNumber => "account_number",
            Self::Login => "login",
            Self::PaymentReference => "payment_reference",
        }
    }

    pub fn word(self, language: Language) -> &'static str {
        crate::Console::of(language).named("matched", self.name()).unwrap_or_default()
    }
}

/// One of the customer's accounts, as far as a list shows it.
#[derive(Clone, Debug)]
pub struct HitAccount {
    pub number: String,
    pub name: String,
    pub balance: Money,
    /// Of its services together: off where one of them is.
    pub state: Badge,
}

page!(Find, "console/find.html");
