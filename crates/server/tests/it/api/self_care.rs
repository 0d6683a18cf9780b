//! Self-care, as customers meet it in a browser.

mod coming_in;
mod doing;
mod doors;
mod pocket;
