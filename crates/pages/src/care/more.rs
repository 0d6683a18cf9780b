//! Everything else that can be done, and the way out.

use super::home::Door;
use crate::Link;

#[derive(Clone, Debug, Default)]
pub struct More {
    pub doors: Vec<Door>,
    /// How the provider is reached: a telephone number, an address.
    pub contact: Vec<Link>,
}

impl More {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let contact = vec![
            Link::new("+689 40 00 00 00", "tel:+68940000000"),
            Link::new("help@fenua.example", "mailto:help@fenua.example"),
        ];
        let few = vec![Door::Statement, Door::Settings];
        vec![
            ("all", Self { doors: Door::ALL.to_vec(), contact }),
            ("few", Self { doors: few, contact: Vec::new() }),
        ]
    }
}

page!(More, "care/more.html");
