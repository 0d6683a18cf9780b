//! What every place that knows who may come in must do: one suite, run on each with
//! [`access_conformance_suite!`](crate::access_conformance_suite).

mod attempts;
mod identities;
mod sessions;
mod together;

use engine::{CustomerId, Timestamp};

use super::{
    AccessEvent, AccessStore, Digest, Means, NewSession, NewUser, Note, Person, SignInQuery,
};

pub use attempts::*;
pub use identities::*;
pub use sessions::*;
pub use together::*;

/// Opens the same place again at each call with the same name.
pub type Open<'a> = &'a mut dyn FnMut(&str) -> Box<dyn AccessStore>;

/// One test for each rule, on the places that what `$open` answers opens; `None` skips it.
#[macro_export]
macro_rules! access_conformance_suite {
    ($open:expr) => {
        $crate::access_conformance_suite!($open;
            the_secret_is_drawn_once
            a_user_is_read_back_as_it_was_written
            a_users_name_is_taken_for_ever
            users_are_seen_by_their_browsers
            a_disabled_user_has_no_session_and_may_come_back
            a_password_is_set_and_ends_the_other_sessions
            a_hash_is_replaced_only_while_it_is_the_same
            customers_have_passwords_and_languages
            a_user_without_a_password_comes_in_by_their_identity
            an_identity_is_one_users_and_stays_theirs
            what_the_issuer_calls_somebody_is_said_of_one_alone
            who_is_shut_out_while_coming_in_stays_out
            a_password_is_not_set_in_a_session_that_was_ended
            a_session_is_found_by_its_token_until_it_ends
            a_session_runs_on_but_not_beyond_its_end
            only_ones_own_sessions_are_listed_and_ended
            the_oldest_of_too_many_sessions_ends
            attempts_beyond_the_free_ones_wait_longer_and_longer
            an_attempt_that_waits_counts_nowhere
            attempts_are_forgotten_after_their_time
            a_success_forgives
            a_code_opens_once_and_only_its_customer
            a_code_has_so_many_tries_and_an_end
            notes_are_found_by_person_event_and_time
            what_is_over_is_pruned_in_steps
            what_one_process_writes_another_sees
            a_name_and_an_identity_are_given_once_however_many_ask
            attempts_at_once_are_as_many
            a_code_opens_once_however_many_try_it
            who_is_shut_out_at_that_moment_has_no_session
        );
    };
    ($open:expr; $($rule:ident)*) => {
        $(#[test]
        fn $rule() {
            let Some(mut open) = $open() else { return };
            $crate::access::conformance::$rule(&mut open);
        })*
    };
}

fn at(seconds: i64) -> Timestamp {
    Timestamp(1_800_000_000_000_000 + seconds * 1_000_000)
}

fn key(byte: u8) -> Digest {
    [byte; 32]
}

fn ann() -> Person {
    Person::User("ann".into())
}

fn customer(id: u32) -> Person {
    Person::Customer(CustomerId(id))
}

fn note(event: AccessEvent, person: &Person, seconds: i64) -> Note {
    Note {
        at: at(seconds),
        event,
        person: Some(person.clone()),
        means: None,
        by: None,
        address: Some("192.0.2.7".into()),
        agent: None,
    }
}

fn signed_in(person: &Person, seconds: i64) -> Note {
    Note { means: Some(Means::Password), ..note(AccessEvent::SignedIn, person, seconds) }
}

fn new_user(name: &str) -> NewUser {
    NewUser {
        name: name.into(),
        display_name: "Ann Bäcker".into(),
        role: "agent".into(),
        password: Some("$argon2id$first".into()),
        identity: None,
        language: Some("fr".into()),
        at: at(0),
    }
}

fn make_ann(store: &mut dyn AccessStore) {
    let made = note(AccessEvent::UserCreated, &ann(), 0);
    assert!(store.create_user(&new_user("ann"), &made).unwrap());
}

/// A session from `seconds` on for an hour, and at most for a day.
fn new_session(person: &Person, token: u8, seconds: i64) -> NewSession {
    NewSession {
        digest: key(token),
        person: person.clone(),
        password: None,
        identity: None,
        at: at(seconds),
        until: at(seconds + 3_600),
        ends_at: at(seconds + 86_400),
        agent: Some("Firefox".into()),
        address: Some("192.0.2.7".into()),
    }
}

/// Opens a session for somebody with the password that they have.
fn begin(store: &mut dyn AccessStore, person: &Person, token: u8, seconds: i64) -> u64 {
    let password = store.credential(person).unwrap().password;
    let session = NewSession { password, ..new_session(person, token, seconds) };
    let opened = store.open_session(&session, &signed_in(person, seconds)).unwrap();
    opened.expect("they may come in")
}

fn events(store: &dyn AccessStore) -> Vec<&'static str> {
    let found = store.sign_ins(&SignInQuery::default(), 100).unwrap();
    found.iter().rev().map(|it| it.1.event.name()).collect()
}

pub fn the_secret_is_drawn_once(open: Open<'_>) {
    let mut store = open("a");
    assert_eq!(store.secret(key(1)).unwrap(), key(1));
    assert_eq!(store.secret(key(2)).unwrap(), key(1));
    drop(store);
    assert_eq!(open("a").secret(key(3)).unwrap(), key(1));
    assert_eq!(open("b").secret(key(3)).unwrap(), key(3));
}

pub fn a_user_is_read_back_as_it_was_written(open: Open<'_>) {
    let mut store = open("a");
    make_ann(store.as_mut());
    drop(store);
    let mut store = open("a");
    let user = store.user("ann").unwrap().unwrap();
    assert_eq!((user.name.as_str(), user.display_name.as_str()), ("ann", "Ann Bäcker"));
    assert_eq!((user.role.as_str(), user.language.as_deref()), ("agent", Some("fr")));
    assert_eq!((user.created_at, user.password_at, user.disabled_at), (at(0), Some(at(0)), None));
    assert_eq!((&user.openid, &user.identity), (&None, &None));
    assert_eq!(store.users().unwrap(), [user]);
    assert_eq!(store.user("Ann").unwrap(), None);
    let changed = note(AccessEvent::UserChanged, &ann(), 1);
    assert!(store.change_user("ann", "Ann", "finance", &changed).unwrap());
    assert!(!store.change_user("ben", "Ben", "finance", &changed).unwrap());
    let user = store.user("ann").unwrap().unwrap();
    assert_eq!((user.display_name.as_str(), user.role.as_str()), ("Ann", "finance"));
    assert_eq!(events(store.as_ref()), ["user_created", "user_changed"]);
}

pub fn a_users_name_is_taken_for_ever(open: Open<'_>) {
    let mut store = open("a");
    make_ann(store.as_mut());
    let disabled = note(AccessEvent::UserDisabled, &ann(), 1);
    assert!(store.switch_user("ann", Some(at(1)), &disabled).unwrap());
    let again = NewUser { password: Some("$argon2id$other".into()), ..new_user("ann") };
    let made = note(AccessEvent::UserCreated, &ann(), 2);
    assert!(!store.create_user(&again, &made).unwrap());
    let kept = store.credential(&ann()).unwrap().password;
    assert_eq!(kept.as_deref(), Some("$argon2id$first"));
    assert_eq!(events(store.as_ref()), ["user_created", "user_disabled"]);
}

pub fn a_password_is_set_and_ends_the_other_sessions(open: Open<'_>) {
    let mut store = open("a");
    make_ann(store.as_mut());
    let kept = begin(store.as_mut(), &ann(), 1, 0);
    begin(store.as_mut(), &ann(), 2, 0);
    begin(store.as_mut(), &customer(7), 3, 0);
    let set = note(AccessEvent::PasswordSet, &ann(), 5);
    assert!(store.set_password(&ann(), "$argon2id$second", Some(kept), &set).unwrap());
    let password = |store: &dyn AccessStore| store.credential(&ann()).unwrap().password;
    assert_eq!(password(store.as_ref()).as_deref(), Some("$argon2id$second"));
    assert_eq!(store.user("ann").unwrap().unwrap().password_at, Some(at(5)));
    let runs = |store: &dyn AccessStore, token| store.session(&key(token), at(6)).unwrap();
    assert_eq!([1, 2, 3].map(|it| runs(store.as_ref(), it).is_some()), [true, false, true]);
    assert!(store.set_password(&ann(), "$argon2id$third", None, &set).unwrap());
    assert!(runs(store.as_ref(), 1).is_none());
    let nobody = Person::User("ben".into());
    assert!(!store.set_password(&nobody, "$argon2id$x", None, &set).unwrap());
    assert!(password(store.as_ref()).is_some_and(|it| it.ends_with("third")));
}

pub fn a_hash_is_replaced_only_while_it_is_the_same(open: Open<'_>) {
    let mut store = open("a");
    make_ann(store.as_mut());
    let set = note(AccessEvent::PasswordSet, &customer(7), 1);
    assert!(store.set_password(&customer(7), "$argon2id$first", None, &set).unwrap());
    for person in [ann(), customer(7)] {
        assert!(store.rehash(&person, "$argon2id$first", "$argon2id$better").unwrap());
        assert!(!store.rehash(&person, "$argon2id$first", "$argon2id$worse").unwrap());
        let kept = store.credential(&person).unwrap().password;
        assert_eq!(kept.as_deref(), Some("$argon2id$better"));
    }
}

pub fn customers_have_passwords_and_languages(open: Open<'_>) {
    let mut store = open("a");
    assert!(store.credential(&customer(7)).unwrap() == super::Credential::default());
    store.set_language(&customer(7), "ru").unwrap();
    let set = note(AccessEvent::PasswordSet, &customer(7), 1);
    assert!(store.set_password(&customer(7), "$argon2id$one", None, &set).unwrap());
    store.set_language(&customer(7), "es").unwrap();
    let many: Vec<CustomerId> = (8..=20).map(CustomerId).collect();
    store.set_passwords(&many, "$argon2id$all", at(2)).unwrap();
    drop(store);
    let mut store = open("a");
    let kept = store.credential(&customer(7)).unwrap();
    assert_eq!(kept.password.as_deref(), Some("$argon2id$one"));
    assert_eq!(kept.language.as_deref(), Some("es"));
    let kept = store.credential(&customer(20)).unwrap();
    assert_eq!((kept.password.as_deref(), kept.language), (Some("$argon2id$all"), None));
    make_ann(store.as_mut());
    store.set_language(&ann(), "en").unwrap();
    assert_eq!(store.credential(&ann()).unwrap().language.as_deref(), Some("en"));
    let found = begin(store.as_mut(), &customer(7), 1, 0);
    let found = (found, store.session(&key(1), at(1)).unwrap().unwrap());
    assert_eq!((found.1.session.id, found.1.language.as_deref()), (found.0, Some("es")));
}

pub fn notes_are_found_by_person_event_and_time(open: Open<'_>) {
    use AccessEvent::{CodeSent, SignInFailed, SignedIn};
    let mut store = open("a");
    let unknown = Note { person: None, ..note(SignInFailed, &ann(), 0) };
    let by = Note {
        by: Some("user.boss".into()),
        means: Some(Means::Code),
        agent: Some("a browser".into()),
        ..note(CodeSent, &customer(7), 3)
    };
    let written = [unknown, signed_in(&ann(), 1), signed_in(&customer(7), 2), by];
    written.iter().for_each(|it| store.note(it).unwrap());
    let find = |query: SignInQuery| {
        let found = store.sign_ins(&query, 10).unwrap();
        found.iter().map(|it| written.iter().position(|one| *one == it.1)).collect::<Vec<_>>()
    };
    let all = SignInQuery::default;
    assert_eq!(find(all()), [Some(3), Some(2), Some(1), Some(0)]);
    assert_eq!(find(SignInQuery { person: Some(customer(7)), ..all() }), [Some(3), Some(2)]);
    assert_eq!(find(SignInQuery { person: Some(ann()), ..all() }), [Some(1)]);
    assert_eq!(find(SignInQuery { event: Some(SignedIn), ..all() }), [Some(2), Some(1)]);
    assert_eq!(find(SignInQuery { from: Some(at(2)), ..all() }), [Some(3), Some(2)]);
    assert_eq!(find(SignInQuery { to: Some(at(2)), ..all() }), [Some(1), Some(0)]);
    let both = SignInQuery { person: Some(ann()), event: Some(SignInFailed), ..all() };
    assert_eq!(find(both), []);
    let first = store.sign_ins(&all(), 3).unwrap();
    let next = SignInQuery { before: first.last().map(|it| it.0), ..all() };
    assert_eq!(find(next), [Some(0)]);
}

pub fn what_is_over_is_pruned_in_steps(open: Open<'_>) {
    let mut store = open("a");
    for number in 0..5 {
        begin(store.as_mut(), &customer(1), number, 0);
        store.keep_code(CustomerId(u32::from(number)), &key(1), at(600), 5).unwrap();
        store.attempt(&[attempts::allowance(number)], at(0)).unwrap();
    }
    begin(store.as_mut(), &customer(1), 9, 50_000);
    let later = Timestamp(at(0).0 + 40_000 * 1_000_000);
    let kept_since = at(1);
    // Three of the five of each kind, and then the rest.
    assert_eq!(store.prune(later, kept_since, 3).unwrap(), 12);
    assert_eq!(store.prune(later, kept_since, 3).unwrap(), 8);
    assert_eq!(store.prune(later, kept_since, 3).unwrap(), 0);
    assert_eq!(store.sessions_of(&customer(1), at(0)).unwrap().len(), 1);
    assert_eq!(events(store.as_ref()), ["signed_in"]);
}

pub fn what_one_process_writes_another_sees(open: Open<'_>) {
    let mut server = open("a");
    let mut command = open("a");
    make_ann(command.as_mut());
    begin(server.as_mut(), &ann(), 1, 0);
    assert!(server.session(&key(1), at(1)).unwrap().is_some());
    let disabled = note(AccessEvent::UserDisabled, &ann(), 1);
    assert!(command.switch_user("ann", Some(at(1)), &disabled).unwrap());
    assert!(server.session(&key(1), at(1)).unwrap().is_none());
}
