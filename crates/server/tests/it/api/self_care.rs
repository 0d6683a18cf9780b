//! Self-care, as customers meet it in a browser.

mod again;
mod checkout;
mod coming_in;
mod doing;
mod doors;
mod pocket;
mod shop;
mod statement;
mod stripe;
