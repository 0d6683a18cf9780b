//! Signing in by name and password.

use store::access::{Means, Person};

use super::limits::{self, Counted};
use super::opening::{LetIn, SignInError, SignedIn};
use super::passwords::Verdict;
use super::{Access, Area, Visit, find};
use crate::http::app::App;
use crate::http::error::Problem;

/// Signs a user of the console in.
pub async fn sign_in_staff(
    app: &App,
    name: &str,
    password: &str,
    visit: &Visit,
) -> Result<SignedIn, SignInError> {
    let access = &app.access;
    if !access.takes_passwords() {
        return Err(Problem::not_found("way to sign in by a password here").into());
    }
    let name = name.trim().to_lowercase();
    let counted = limits::sign_in(&access.seal, Area::Console.channel(), &name, visit.address);
    access.count(&counted).await?;
    let user = access.read(move |it| it.user(&name)).await?;
    let is_disabled = user.as_ref().is_some_and(|it| it.disabled_at.is_some());
    let person = user.map(|it| Person::User(it.name));
    let let_in = check(access, person, password, &counted, visit).await?;
    if is_disabled {
        return Err(access.fail(Some(let_in.person), Means::Password, visit).await);
    }
    access.forgive(&counted).await?;
    access.open(Area::Console, let_in, visit).await
}

/// Signs a customer in, by account number, telephone or e-mail.
pub async fn sign_in_customer(
    app: &App,
    name: &str,
    password: &str,
    visit: &Visit,
) -> Result<SignedIn, SignInError> {
    let access = &app.access;
    let key = find::plain(name);
    let counted = limits::sign_in(&access.seal, Area::SelfCare.channel(), &key, visit.address);
    access.count(&counted).await?;
    let person = find::customer(app, name).await?.map(Person::Customer);
    let let_in = check(access, person, password, &counted, visit).await?;
    access.forgive(&counted).await?;
    access.open(Area::SelfCare, let_in, visit).await
}

/// The person, when it is their password. It takes as long for one whom nobody knows.
pub(super) async fn check(
    access: &Access,
    known: Option<Person>,
    password: &str,
    counted: &Counted,
    visit: &Visit,
) -> Result<LetIn, SignInError> {
    let of = known.clone();
    let kept = access.read(move |it| of.map(|person| it.credential(&person)).transpose()).await?;
    let kept = kept.and_then(|it| it.password);
    let verdict = access.passwords.verify(kept.clone(), password.to_owned()).await;
    let Ok(verdict) = verdict else {
        // It was not looked at, so it does not count.
        access.forgive_one(counted).await?;
        return Err(SignInError::Busy);
    };
    let by_password =
        |person, password| LetIn { person, password, identity: None, means: Means::Password };
    match (verdict, known) {
        (Verdict::Wrong, known) => Err(access.fail(known, Means::Password, visit).await),
        (Verdict::Old(new), Some(person)) => {
            let (of, kept) = (person.clone(), kept.unwrap_or_default());
            let put = new.clone();
            if access.store(move |it| it.rehash(&of, &kept, &put)).await? {
                return Ok(by_password(person, Some(new)));
            }
            // Another attempt has just put a better hash there, or there is another password.
            access.forgive_one(counted).await?;
            Err(SignInError::Busy)
        }
        (Verdict::Right, Some(person)) => Ok(by_password(person, kept)),
        (Verdict::Right | Verdict::Old(_), None) => unreachable!("nobody has no password"),
    }
}
