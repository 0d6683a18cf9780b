//! Self-care, as customers meet it in a browser.

mod again;
mod coming_in;
mod doing;
mod doors;
mod pocket;
