//! One-time codes for customers: asked for, sent, and signed in with.
//!
//! **Invariant:** whoever asks learns nothing about who is a customer. The answer leaves before
//! anybody looks for one; a name that nobody has is counted and answered as any other.

use store::access::{AccessEvent, AccessStore, Digest, Means, Person};

use super::limits;
use super::opening::{LetIn, SignInError, SignedIn, count_outcome};
use super::senders::{CodeMessage, Delivery};
use super::{Access, Area, Visit, find};
use crate::http::app::App;
use crate::http::error::Problem;
use engine::CustomerId;

/// How long a code opens something.
pub const CODE_MINUTES: u32 = 10;

/// How often it may be mistyped.
const TRIES: u32 = 5;

const CODES: u32 = 1_000_000;

/// A code was asked for. Whether one is on its way is not said.
pub struct Asked {
    /// How long it would open something.
    pub minutes: u32,
    /// In a demo, which has nobody to send it to: the code.
    pub shown: Option<String>,
}

/// Has a code sent to the customer of this name, if there is one who can be reached.
pub async fn request_code(app: &App, name: &str, visit: &Visit) -> Result<Asked, SignInError> {
    let access = &app.access;
    if !access.sends_codes() {
        return Err(Problem::not_found("way to sign in by a code here").into());
    }
    let counted = limits::request(&access.seal, &find::plain(name), visit.address);
    access.count(&counted).await?;
    let (app, name, visit) = (app.clone(), name.to_owned(), visit.clone());
    let shown = match access.options.codes {
        Delivery::Screen => issue(&app, &name, &visit).await?,
        Delivery::Off | Delivery::Sender(_) => {
            tokio::spawn(async move {
                if let Err(problem) = issue(&app, &name, &visit).await {
                    tracing::warn!(why = problem.title, "a one-time code was not sent");
                }
            });
            None
        }
    };
    Ok(Asked { minutes: CODE_MINUTES, shown })
}

/// Signs a customer in by the code that was sent.
pub async fn sign_in_with_code(
    app: &App,
    name: &str,
    code: &str,
    visit: &Visit,
) -> Result<SignedIn, SignInError> {
    let access = &app.access;
    let area = Area::SelfCare;
    let counted = limits::sign_in(&access.seal, area.channel(), &find::plain(name), visit.address);
    access.count(&counted).await?;
    let known = find::customer(app, name).await?;
    // Customers count from 1: for a name that nobody has the same is done, and finds nothing.
    let customer = known.unwrap_or(CustomerId(0));
    let digits: String = code.chars().filter(|it| !it.is_whitespace()).collect();
    let digest = digest(access, customer, &digits);
    let (person, means) = (known.map(Person::Customer), Means::Code);
    let wrong = access.note(AccessEvent::SignInFailed, person.clone(), Some(means), visit);
    let tried = move |it: &mut dyn AccessStore| {
        // It comes first: a password that is set from here on takes the code away as well.
        let password = it.credential(&Person::Customer(customer))?.password;
        Ok((it.try_code(customer, &digest, &wrong)?, password))
    };
    let (is_right, password) = access.store(tried).await?;
    let Some(person) = person.filter(|_| is_right) else {
        count_outcome("failed");
        return Err(SignInError::Wrong);
    };
    access.forgive(&counted).await?;
    let sent = limits::sending(&access.seal, &person).key;
    access.store(move |it| it.forgive(&[sent], &[])).await?;
    access.open(area, LetIn { person, password, identity: None, means }, visit).await
}

/// Makes a code and sends it; answers it where it is shown and not sent.
async fn issue(app: &App, name: &str, visit: &Visit) -> Result<Option<String>, Problem> {
    let access = &app.access;
    let Some(customer) = find::customer(app, name).await? else { return Ok(None) };
    let person = Person::Customer(customer);
    let (allowance, now) = (limits::sending(&access.seal, &person), access.now());
    let waits = access.store(move |it| it.attempt(&[allowance], now)).await?;
    // Who is flooded hears nothing more for a while, by whichever name it is tried.
    let Ok(_sending) = access.sending.try_acquire() else {
        return note(access, AccessEvent::CodeNotSent, person, visit).await;
    };
    if waits.is_some() {
        return note(access, AccessEvent::CodeNotSent, person, visit).await;
    }
    let code = draw().map_err(|_| Problem::internal())?;
    let (digest, expires_at) =
        (digest(access, customer, &code), now.plus(i64::from(CODE_MINUTES) * 60_000_000));
    let keep = access.store(move |it| {
        it.keep_code(customer, &digest, expires_at, TRIES)?;
        it.credential(&Person::Customer(customer))
    });
    let language = keep.await?.language;
    let sender = match &access.options.codes {
        Delivery::Sender(sender) => sender,
        Delivery::Screen | Delivery::Off => {
            note(access, AccessEvent::CodeSent, person, visit).await?;
            return Ok(Some(code));
        }
    };
    let of = customer.shard();
    let record = app.shards.read(of, move |it| it.customer(customer)).await?;
    let fields = record.ok_or_else(Problem::internal)?.fields;
    let language = language.as_deref().or(fields.language.as_deref());
    let message = CodeMessage {
        customer,
        language: language.and_then(pages::Language::from_tag).unwrap_or(pages::Language::English),
        email: fields.email,
        phone: fields.phone,
        code,
        minutes: CODE_MINUTES,
        at: now,
        expires_at,
    };
    let event = match sender.send(&message).await {
        Ok(()) => AccessEvent::CodeSent,
        Err(why) => {
            tracing::warn!(customer = customer.0, why, "a one-time code was not sent");
            AccessEvent::CodeNotSent
        }
    };
    note(access, event, person, visit).await
}

async fn note(
    access: &Access,
    event: AccessEvent,
    person: Person,
    visit: &Visit,
) -> Result<Option<String>, Problem> {
    let note = access.note(event, Some(person), Some(Means::Code), visit);
    access.store(move |it| it.note(&note)).await?;
    Ok(None)
}

/// A code of few digits is found by trying them all, so its digest needs the secret.
fn digest(access: &Access, customer: CustomerId, code: &str) -> Digest {
    access.seal.sign("code", &[&customer.0.to_be_bytes(), code.as_bytes()])
}

/// Six digits, each code as likely as any other.
fn draw() -> Result<String, getrandom::Error> {
    loop {
        let mut random = [0_u8; 4];
        getrandom::fill(&mut random)?;
        let number = u32::from_be_bytes(random);
        // Above the last whole million the small codes would come more often.
        if number < u32::MAX / CODES * CODES {
            return Ok(format!("{:06}", number % CODES));
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_code_is_six_digits_and_another_each_time() {
        let codes: Vec<String> = (0..50).map(|_| super::draw().unwrap()).collect();
        for code in &codes {
            assert!(code.len() == 6 && code.bytes().all(|it| it.is_ascii_digit()), "{code}");
        }
        let different: std::collections::BTreeSet<_> = codes.iter().collect();
        assert!(different.len() > 40, "{codes:?}");
    }
}
