//! What books are called in the accountant's text. Different books never share a name.

use std::collections::HashMap;

use engine::{AccountId, Contra};
use store::AccountRecord;

use super::Dialect;
use crate::books::Book;

/// Names of accounts by their numbers, and of everything else by what it is.
pub struct Names {
    dialect: Dialect,
    accounts: HashMap<AccountId, Box<str>>,
}

impl Names {
    pub fn new(dialect: Dialect) -> Self {
        Self { dialect, accounts: HashMap::new() }
    }

    pub fn add(&mut self, account: &AccountRecord) {
        let name = match self.dialect {
            Dialect::Hledger => account.number.clone(),
            Dialect::Beancount if is_component(&account.number) => account.number.clone(),
            Dialect::Beancount => format!("{ID}{}", account.id.0),
        };
        self.accounts.insert(account.id, name.into());
    }

    pub fn of(&self, book: Book) -> String {
        let contra = match book {
            Book::Account(id) => {
                let number = self.accounts.get(&id).map_or("", |it| it);
                return self.join(["liabilities", "accounts"], number);
            }
            Book::Contra(contra) => contra,
        };
        match contra {
            Contra::None => unreachable!("money that moved has another side"),
            Contra::Payments(source) => self.named(["assets", "payments"], source.as_str()),
            Contra::Revenue(service) => self.named(["income", "revenue"], service.as_str()),
            Contra::Adjustments(reason) => self.named(["expenses", "adjustments"], reason.as_str()),
            Contra::Transfers => self.named(["equity", "transfers"], ""),
            Contra::Exchange(it) => self.join(["equity", "exchange"], it.code()),
            Contra::Unallocated => self.named(["liabilities", "unallocated"], ""),
            Contra::WrittenOff => self.named(["expenses", "written-off"], ""),
            Contra::Opening => self.named(["equity", "opening"], ""),
        }
    }

    fn named(&self, path: [&str; 2], name: &str) -> String {
        match self.dialect {
            Dialect::Hledger => self.join(path, name),
            Dialect::Beancount => self.join(path, &component(name)),
        }
    }

    fn join(&self, path: [&str; 2], last: &str) -> String {
        let [first, second] = match self.dialect {
            Dialect::Hledger => path.map(str::to_owned),
            Dialect::Beancount => path.map(capitalised),
        };
        match last.is_empty() {
            true => format!("{first}:{second}"),
            false => format!("{first}:{second}:{last}"),
        }
    }
}

/// What stands before the id of an account whose number beancount would not read. Numbers that
/// begin with it are not taken as they are either.
const ID: &str = "Id-";

fn is_component(number: &str) -> bool {
    let begins = |it: char| it.is_ascii_uppercase() || it.is_ascii_digit();
    number.starts_with(begins)
        && !number.starts_with(ID)
        && number.chars().all(|it| it.is_ascii_alphanumeric() || it == '-')
}

/// A name of ours as a part of a beancount account. Names are lower-case, so that what stands for
/// a dot or an underscore, being capitalised, is never mistaken for a part of the name.
fn component(name: &str) -> String {
    capitalised(name).replace('.', "-Dot-").replace('_', "-Low-")
}

fn capitalised(name: &str) -> String {
    let mut characters = name.chars();
    let first = characters.next().map(|it| it.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

/// What people wrote as hledger takes it: on one line, and no comment begun by it.
pub fn plain(text: &str) -> String {
    text.chars().map(|it| if it.is_control() || it == ';' { ' ' } else { it }).collect()
}

/// What people wrote as it stands between beancount's quotation marks.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            it if it.is_control() => quoted.push(' '),
            it => quoted.push(it),
        }
    }
    quoted
}
