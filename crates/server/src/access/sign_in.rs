//! Signing in by name and password.

use store::access::{Means, Person};

use super::limits::{self, Counted};
use super::opening::{SignInError, SignedIn};
use super::passwords::Verdict;
use super::{Access, Area, Visit, find};
use crate::http::app::App;

/// Signs a user of the console in.
pub async fn sign_in_staff(
    app: &App,
    name: &str,
    password: &str,
    visit: &Visit,
) -> Result<SignedIn, SignInError> {
    let access = &app.access;
    let name = name.trim().to_lowercase();
    let counted = limits::sign_in(&access.seal, Area::Console.channel(), &name, visit.address);
    access.count(&counted).await?;
    let user = access.store(move |it| it.user(&name)).await?;
    let is_disabled = user.as_ref().is_some_and(|it| it.disabled_at.is_some());
    let person = user.map(|it| Person::User(it.name));
    let person = check(access, person, password, &counted, visit).await?;
    if is_disabled {
        return Err(access.fail(Some(person), Means::Password, visit).await);
    }
    access.forgive(&counted).await?;
    access.open(Area::Console, person, Means::Password, visit).await
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
    let person = check(access, person, password, &counted, visit).await?;
    access.forgive(&counted).await?;
    access.open(Area::SelfCare, person, Means::Password, visit).await
}

/// The person, when it is their password. It takes as long for one whom nobody knows.
pub(super) async fn check(
    access: &Access,
    known: Option<Person>,
    password: &str,
    counted: &Counted,
    visit: &Visit,
) -> Result<Person, SignInError> {
    let of = known.clone();
    let kept = access.store(move |it| of.map(|it_is| it.credential(&it_is)).transpose()).await?;
    let kept = kept.and_then(|it| it.password);
    let verdict = access.passwords.verify(kept.clone(), password.to_owned()).await;
    let Ok(verdict) = verdict else {
        // It was not looked at, so it does not count.
        access.forgive_one(counted).await?;
        return Err(SignInError::Busy);
    };
    match (verdict, known) {
        (Verdict::Wrong, known) => Err(access.fail(known, Means::Password, visit).await),
        (Verdict::Old(new), Some(person)) => {
            let (of, kept) = (person.clone(), kept.unwrap_or_default());
            access.store(move |it| it.rehash(&of, &kept, &new)).await?;
            Ok(person)
        }
        (Verdict::Right, Some(person)) => Ok(person),
        (Verdict::Right | Verdict::Old(_), None) => unreachable!("nobody has no password"),
    }
}
