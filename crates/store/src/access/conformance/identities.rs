//! Users whom an issuer of OpenID Connect knows.

use super::super::{AccessEvent, AccessStore, Identity, NewSession, NewUser, Person};
use super::{Open, ann, at, begin, events, key, make_ann, new_session, new_user, note, signed_in};

fn identity(subject: &str) -> Identity {
    Identity { issuer: "https://id.example.com".into(), subject: subject.into() }
}

/// Ben, who has no password.
fn make_ben(store: &mut dyn AccessStore) -> bool {
    let ben = NewUser { password: None, identity: Some(identity("b")), ..new_user("ben") };
    let made = note(AccessEvent::UserCreated, &Person::User("ben".into()), 0);
    store.create_user(&ben, &made).unwrap()
}

pub fn a_user_without_a_password_comes_in_by_their_identity(open: Open<'_>) {
    let mut store = open("a");
    let ben = Person::User("ben".into());
    assert!(make_ben(store.as_mut()));
    drop(store);
    let mut store = open("a");
    let user = store.user_of(&identity("b")).unwrap().unwrap();
    assert_eq!((user.name.as_str(), user.password_at), ("ben", None));
    assert_eq!(user.identity, Some(identity("b")));
    assert_eq!(store.credential(&ben).unwrap().password, None);
    assert_eq!(store.user_of(&identity("B")).unwrap(), None);
    let elsewhere = Identity { issuer: "https://other.example.com".into(), ..identity("b") };
    assert_eq!(store.user_of(&elsewhere).unwrap(), None);
    let mut come_in = |token, identity: Option<Identity>| {
        let session = NewSession { identity, ..new_session(&ben, token, 1) };
        store.open_session(&session, &signed_in(&ben, 1)).unwrap().is_some()
    };
    assert!(!come_in(1, Some(identity("c"))) && !come_in(2, Some(elsewhere)));
    assert!(come_in(3, Some(identity("b"))));
    // A password that is set meanwhile is one more way in.
    let set = note(AccessEvent::PasswordSet, &ben, 2);
    assert!(store.set_password(&ben, "$argon2id$own", None, &set).unwrap());
    let user = store.user("ben").unwrap().unwrap();
    assert_eq!((user.password_at, user.identity), (Some(at(2)), Some(identity("b"))));
}

pub fn an_identity_is_one_users_and_stays_theirs(open: Open<'_>) {
    let mut store = open("a");
    make_ann(store.as_mut());
    assert!(make_ben(store.as_mut()));
    let linked = note(AccessEvent::UserChanged, &ann(), 1);
    let mut link =
        |name: &str, identity: &Identity| store.set_identity(name, identity, &linked).unwrap();
    assert!(!link("ann", &identity("b")) && !link("nobody", &identity("x")));
    assert!(link("ann", &identity("a")));
    // Whoever is known keeps it, whatever comes; only another issuer makes it another one.
    assert!(!link("ann", &identity("x")) && !link("ann", &identity("a")));
    let elsewhere = Identity { issuer: "https://other.example.com".into(), ..identity("x") };
    assert!(link("ann", &elsewhere));
    assert_eq!(store.user_of(&elsewhere).unwrap().unwrap().name, "ann");
    assert_eq!(store.user_of(&identity("a")).unwrap(), None);
    let again = NewUser { identity: Some(elsewhere), ..new_user("coe") };
    let made = note(AccessEvent::UserCreated, &Person::User("coe".into()), 2);
    assert!(!store.create_user(&again, &made).unwrap());
    let disabled = note(AccessEvent::UserDisabled, &ann(), 3);
    assert!(store.switch_user("ann", Some(at(3)), &disabled).unwrap());
    assert!(!store.set_identity("ann", &identity("a"), &linked).unwrap());
    let all = ["user_created", "user_created", "user_changed", "user_changed", "user_disabled"];
    assert_eq!(events(store.as_ref()), all);
}

pub fn what_the_issuer_calls_somebody_is_said_of_one_alone(open: Open<'_>) {
    let mut store = open("a");
    make_ann(store.as_mut());
    assert!(make_ben(store.as_mut()));
    let said = note(AccessEvent::UserChanged, &ann(), 1);
    assert!(store.set_identity("ann", &identity("a"), &said).unwrap());
    begin(store.as_mut(), &ann(), 1, 1);
    assert!(store.set_openid("ann", Some("ann@example.com"), &said).unwrap());
    // They are made known anew, and whoever came in as them is out.
    let user = store.user("ann").unwrap().unwrap();
    assert_eq!((user.openid.as_deref(), user.identity), (Some("ann@example.com"), None));
    assert!(store.session(&key(1), at(2)).unwrap().is_none());
    assert!(!store.set_openid("ben", Some("ann@example.com"), &said).unwrap());
    assert!(!store.set_openid("nobody", Some("nobody@example.com"), &said).unwrap());
    assert_eq!(store.user("ben").unwrap().unwrap().identity, Some(identity("b")));
    assert!(store.set_openid("ann", None, &said).unwrap());
    assert_eq!(store.user("ann").unwrap().unwrap().openid, None);
    assert!(store.set_openid("ben", Some("ann@example.com"), &said).unwrap());
    let all = ["user_created", "user_created", "user_changed", "signed_in"];
    assert_eq!(events(store.as_ref())[..4], all);
}
