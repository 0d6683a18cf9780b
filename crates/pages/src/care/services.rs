//! The customer's services, each with the rule that made it on or off and what would turn it on.

use super::home::{Door, Service};
use crate::Link;

mod samples;

#[derive(Clone, Debug, Default)]
pub struct Services {
    pub cards: Vec<ServiceCard>,
    pub doors: Vec<Door>,
}

#[derive(Clone, Debug, Default)]
pub struct ServiceCard {
    /// Its state and reason, as on the home page.
    pub service: Service,
    /// The id of its part on the page, so that it can be linked to: the subscription's.
    pub anchor: String,
    /// The account that pays for it, with its statement.
    pub account: Link,
    /// `4,990 XPF a month`; may be empty.
    pub price: String,
    /// The rule that made it so, with its figures; empty where there is nothing to explain.
    pub rule: String,
    /// What would turn it on, a line each.
    pub brings_on: Vec<String>,
    /// Pay, pay later, resume, pause, turbo: the first one is the main one where it is off.
    pub actions: Vec<Link>,
}

impl ServiceCard {
    /// Whether the first action is what brings it on.
    pub(crate) fn needs_help(&self) -> bool {
        !self.brings_on.is_empty()
    }
}

page!(Services, "care/services.html");
