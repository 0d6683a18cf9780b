//! Which customer is meant by what somebody typed: an account number, a telephone, an e-mail.
//!
//! Only one: where several have the same telephone or e-mail, each signs in by account number.

use engine::{AccountNumber, CustomerId};
use store::{CustomerRecord, Reader, StoreError};

use crate::http::app::App;
use crate::http::error::Problem;
use crate::http::resources::customers::{Mark, bearer};

/// Customers who are looked through for one telephone or e-mail, at most.
const LOOKED_THROUGH: usize = 200;

/// Digits of a telephone number without its prefixes, at least.
const PHONE_DIGITS_MIN: usize = 6;

/// What was typed, as it counts for limits: without what makes no difference.
pub fn plain(typed: &str) -> String {
    let typed = typed.trim();
    match typed.contains('@') {
        true => typed.to_lowercase(),
        false => {
            let plain: String = typed.chars().filter(|it| it.is_alphanumeric()).collect();
            // A telephone is the same with and without zeros before it.
            plain.trim_start_matches('0').to_owned()
        }
    }
}

pub async fn customer(app: &App, typed: &str) -> Result<Option<CustomerId>, Problem> {
    let typed = typed.trim().to_owned();
    if let Some(number) = AccountNumber::parse(&typed)
        && let Some(found) = bearer(app, Mark::Number(number)).await?
    {
        return Ok(Some(found));
    }
    let mut found = Vec::new();
    for shard in app.shards.all() {
        let typed = typed.clone();
        let read = move |reader: &dyn Reader| bearers(reader, &typed);
        let Some(of_shard) = app.shards.read(shard, read).await? else { return Ok(None) };
        found.extend(of_shard);
    }
    Ok(match found.as_slice() {
        [one] => Some(one.id),
        _ => None,
    })
}

/// Every customer with this telephone or e-mail; `None` for what is neither, or where so many have
/// something like it that there may be another one.
pub fn bearers(
    reader: &dyn Reader,
    typed: &str,
) -> Result<Option<Vec<CustomerRecord>>, StoreError> {
    let (typed, digits) = (typed.trim().to_lowercase(), digits(typed));
    let is_email = typed.contains('@');
    if !is_email && !is_phone(&typed) {
        return Ok(None);
    }
    let words = if is_email { typed.clone() } else { ending(&digits) };
    let mut found = reader.search_customers(&words, CustomerId(0), LOOKED_THROUGH)?;
    if found.len() == LOOKED_THROUGH {
        return Ok(None);
    }
    found.retain(|it| match is_email {
        true => it.fields.email.as_ref().is_some_and(|it| it.to_lowercase() == typed),
        false => it.fields.phone.as_ref().is_some_and(|it| is_same_phone(it, &digits)),
    });
    Ok(Some(found))
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn is_phone(text: &str) -> bool {
    let plain = text.chars().all(|it| it.is_ascii_digit() || " +-./()\u{A0}".contains(it));
    plain && digits(text).len() >= PHONE_DIGITS_MIN
}

/// Without the zeros by which a call leaves a town or a country.
fn ending(digits: &str) -> String {
    digits.trim_start_matches('0').to_owned()
}

/// Whether it is the same number, with or without its prefixes.
fn is_same_phone(kept: &str, typed: &str) -> bool {
    let (kept, typed) = (ending(&digits(kept)), ending(typed));
    typed.len() >= PHONE_DIGITS_MIN && kept.len() >= PHONE_DIGITS_MIN && kept.ends_with(&typed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telephone_is_the_same_with_and_without_prefixes() {
        for typed in ["+689 87 12 34 56", "00689 87123456", "87 12 34 56", "087.12.34.56"] {
            assert!(is_phone(typed), "{typed}");
            assert!(is_same_phone("+689 87 12 34 56", &digits(typed)), "{typed}");
        }
        for other in ["87 12 34 57", "+1 689 87 12 34 56", "34 56", "12345"] {
            assert!(!is_same_phone("+689 87 12 34 56", &digits(other)), "{other}");
        }
        assert!(!is_phone("87 12 3") && !is_phone("ann") && !is_phone("871234x"));
    }

    #[test]
    fn what_makes_no_difference_counts_as_one() {
        assert_eq!(plain(" Ann@Example.COM "), "ann@example.com");
        assert_eq!(plain("+689 87-12-34-56"), plain("689 87 12 34 56"));
        assert_eq!(plain("00689 87 12 34 56"), plain("+689 87 12 34 56"));
        assert_ne!(plain("100000018"), plain("100000026"));
    }
}
