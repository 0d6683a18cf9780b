//! What requests of payment channels are about: an account, or the payment by its own number there.

use axum::http::request::Parts;
use engine::AccountNumber;

use super::{Named, of_account, of_number};
use crate::channels::kiosk::{Command, Parameters};
use crate::channels::stripe::{self, Back, Notice};
use crate::claims::Value;
use crate::http::resources::payments::payment_key;

/// `None` for what is no request of a channel that says whose business it is.
///
/// Nothing is believed here: whoever answers checks who asks.
pub(super) fn named(parts: &Parts, body: &[u8]) -> Option<Vec<Named>> {
    let (kind, channel) = parts.uri.path().strip_prefix("/channels/")?.split_once('/')?;
    match kind {
        "kiosk" if !channel.contains('/') => {
            let query = parts.uri.query().filter(|_| body.is_empty());
            Some(by_kiosk(channel, query.or_else(|| std::str::from_utf8(body).ok())?))
        }
        "stripe" => Some(by_stripe(channel, body)),
        _ => None,
    }
}

fn reference(channel: &str, reference: &str) -> Named {
    Named::Sought(Value::Reference(payment_key(channel, reference)))
}

fn by_kiosk(channel: &str, text: &str) -> Vec<Named> {
    let parameters = Parameters::parse(text, None);
    let said = |name| parameters.get(name).ok().flatten();
    let account = said("account").and_then(|it| AccountNumber::parse(&it.replace('\u{a0}', " ")));
    let (account, paid) = (account.map(of_number), said("txn_id").map(|it| reference(channel, it)));
    let named = match Command::read(&parameters) {
        // The payment as it was received, whatever is said of an account.
        Ok(Command::Cancel | Command::Status) => [paid, None],
        Ok(Command::Check | Command::Pay) | Err(_) => [account, paid],
    };
    named.into_iter().flatten().collect()
}

/// The payment first: an event that names its account may come after one that did not.
fn by_stripe(channel: &str, body: &[u8]) -> Vec<Named> {
    let back = |it: &Back| vec![reference(channel, &it.reference)];
    match stripe::read(body) {
        Ok(Notice::Paid(paid)) => {
            let account = paid.account.as_deref().and_then(of_account);
            std::iter::once(reference(channel, &paid.reference)).chain(account).collect()
        }
        Ok(Notice::TakenBack(parts)) => parts.first().map(back).unwrap_or_default(),
        Ok(Notice::RefundedUpTo(it) | Notice::CameBack(it)) => back(&it),
        Ok(Notice::Nothing(_)) | Err(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use engine::ShardId;

    use super::*;

    /// Whose a request is, in its order.
    fn said(method: &str, target: &str, body: &str) -> Option<Vec<String>> {
        let (parts, ()) =
            Request::builder().method(method).uri(target).body(()).unwrap().into_parts();
        let said = |it| match it {
            Named::By(shard) => shard.number().to_string(),
            Named::Sought(Value::Number(number)) => number.to_string(),
            Named::Sought(Value::Reference(key)) => match key {
                _ if key == payment_key("osmp", "11000000013") => "a kiosk's".into(),
                _ if key == payment_key("cards", "pi_1") => "a card's".into(),
                _ => "another".into(),
            },
            Named::Sought(Value::Subject(_)) => unreachable!("no channel knows any"),
        };
        Some(named(&parts, body.as_bytes())?.into_iter().map(said).collect())
    }

    #[test]
    fn a_terminal_means_an_account_or_a_payment_of_its_own() {
        // Their number looks like that of an account in another shard, and is none.
        let own = AccountNumber::own(ShardId::new(5).unwrap(), 12);
        for (query, whose) in [
            (
                format!("command=pay&txn_id=11000000013&account={own}"),
                ["5", "a kiosk's"].as_slice(),
            ),
            ("command=check&account=KA+7%C2%A0b&txn_id=11000000013".into(), &["KA7b", "a kiosk's"]),
            (format!("command=status&txn_id=11000000013&account={own}"), &["a kiosk's"]),
            ("command=cancel&txn_id=11000000013".into(), &["a kiosk's"]),
            ("command=pay&account=%".into(), &[]),
        ] {
            let (path, whose) =
                ("/channels/kiosk/osmp", Some(whose.iter().map(ToString::to_string).collect()));
            assert_eq!(said("GET", &format!("{path}?{query}"), ""), whose, "{query}");
            assert_eq!(said("POST", path, &query), whose, "{query}");
        }
        assert_eq!(said("GET", "/channels/kiosk/osmp/registry?date=1", ""), None);
        assert_eq!(said("POST", "/channels/bank/main", ""), None);
    }

    #[test]
    fn stripe_means_a_payment_and_then_its_account() {
        let event = |kind: &str, object: &str| {
            format!(r#"{{"type":"{kind}","data":{{"object":{object}}}}}"#)
        };
        let of = |body: &str| said("POST", "/channels/stripe/cards", body).unwrap();
        let intent = r#"{"id":"pi_1","amount_received":500,"currency":"eur","customer":"cus_7",
            "metadata":{"account":"KA-7"}}"#;
        assert_eq!(of(&event("payment_intent.succeeded", intent)), ["a card's", "KA-7"]);
        let refund = r#"{"id":"re_1","payment_intent":"pi_1","amount":5,"currency":"eur",
            "status":"succeeded"}"#;
        assert_eq!(of(&event("refund.created", refund)), ["a card's"]);
        assert_eq!(
            of(&event("refund.failed", &refund.replace("succeeded", "failed"))),
            ["a card's"]
        );
        assert!(of(&event("customer.created", "{}")).is_empty() && of("{").is_empty());
    }
}
