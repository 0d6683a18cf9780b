//! The words that only self-care has.

use std::collections::BTreeMap;

use super::{Plural, read_lines, take, take_plural};

words! {
    /// The words of self-care.
    Care;
    hello home more pay sections services statement theme_dark theme_light;
    tries
}
