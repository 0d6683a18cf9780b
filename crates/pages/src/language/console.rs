//! The words that only the console has.

use std::collections::BTreeMap;

use super::{Plural, read_lines, take, take_plural};

words! {
    /// The words of the console.
    Console;
    console find find_hint key_credit key_find key_keys key_payment key_services keys sections;
    customers
}
