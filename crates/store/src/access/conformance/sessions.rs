//! Rules about sessions and the users they belong to.

use engine::Timestamp;

use super::super::{AccessEvent, AccessStore, NewSession, Person, SESSIONS_MAX};
use super::{Open, ann, at, begin, customer, events, key, make_ann, new_session, note, signed_in};

pub fn a_disabled_user_has_no_session_and_may_come_back(open: Open<'_>) {
    let mut store = open("a");
    make_ann(store.as_mut());
    begin(store.as_mut(), &ann(), 1, 0);
    let disabled = note(AccessEvent::UserDisabled, &ann(), 1);
    assert!(store.switch_user("ann", Some(at(1)), &disabled).unwrap());
    assert!(store.session(&key(1), at(2)).unwrap().is_none());
    assert_eq!(store.user("ann").unwrap().unwrap().disabled_at, Some(at(1)));
    // Twice is once, and noted once.
    assert!(store.switch_user("ann", Some(at(5)), &disabled).unwrap());
    assert_eq!(store.user("ann").unwrap().unwrap().disabled_at, Some(at(1)));
    let enabled = note(AccessEvent::UserEnabled, &ann(), 6);
    assert!(store.switch_user("ann", None, &enabled).unwrap());
    assert_eq!(store.user("ann").unwrap().unwrap().disabled_at, None);
    assert!(store.session(&key(1), at(7)).unwrap().is_none());
    assert!(!store.switch_user("ben", None, &enabled).unwrap());
    let all = ["user_created", "signed_in", "user_disabled", "user_enabled"];
    assert_eq!(events(store.as_ref()), all);
}

/// Opens a session for somebody who was let in with this password.
fn come_in(store: &mut dyn AccessStore, person: &Person, password: Option<&str>) -> bool {
    let session = NewSession { password: password.map(str::to_owned), ..new_session(person, 9, 1) };
    let opened = store.open_session(&session, &signed_in(person, 1)).unwrap();
    assert_eq!(store.session(&key(9), at(2)).unwrap().is_some(), opened.is_some());
    opened.is_some()
}

pub fn who_is_shut_out_while_coming_in_stays_out(open: Open<'_>) {
    let mut store = open("a");
    make_ann(store.as_mut());
    let first = Some("$argon2id$first");
    let disabled = note(AccessEvent::UserDisabled, &ann(), 1);
    assert!(store.switch_user("ann", Some(at(1)), &disabled).unwrap());
    assert!(!come_in(store.as_mut(), &ann(), first));
    let enabled = note(AccessEvent::UserEnabled, &ann(), 1);
    assert!(store.switch_user("ann", None, &enabled).unwrap());
    let set = note(AccessEvent::PasswordSet, &ann(), 1);
    assert!(store.set_password(&ann(), "$argon2id$second", None, &set).unwrap());
    assert!(!come_in(store.as_mut(), &ann(), first));
    assert!(!come_in(store.as_mut(), &ann(), None));
    assert!(!come_in(store.as_mut(), &Person::User("ben".into()), first));
    assert!(!come_in(store.as_mut(), &Person::User("ben".into()), None));
    // By a code, for one who had no password then.
    let set = note(AccessEvent::PasswordSet, &customer(7), 1);
    assert!(store.set_password(&customer(7), "$argon2id$own", None, &set).unwrap());
    assert!(!come_in(store.as_mut(), &customer(7), None));
    assert!(!come_in(store.as_mut(), &customer(7), first));
    let all = ["user_created", "user_disabled", "user_enabled", "password_set", "password_set"];
    assert_eq!(events(store.as_ref()), all, "nobody has signed in");
    assert!(come_in(store.as_mut(), &customer(7), Some("$argon2id$own")));
    let mut store = open("b");
    make_ann(store.as_mut());
    assert!(come_in(store.as_mut(), &ann(), first));
    let mut store = open("c");
    assert!(come_in(store.as_mut(), &customer(8), None));
}

pub fn a_password_is_not_set_in_a_session_that_was_ended(open: Open<'_>) {
    let mut store = open("a");
    make_ann(store.as_mut());
    let theirs = begin(store.as_mut(), &ann(), 1, 0);
    let others = begin(store.as_mut(), &customer(7), 2, 0);
    let set = note(AccessEvent::PasswordSet, &ann(), 1);
    assert!(store.set_password(&ann(), "$argon2id$given", None, &set).unwrap());
    for keep in [theirs, others, 999] {
        assert!(!store.set_password(&ann(), "$argon2id$kept", Some(keep), &set).unwrap());
    }
    let kept = store.credential(&ann()).unwrap().password;
    assert_eq!(kept.as_deref(), Some("$argon2id$given"));
    assert!(store.session(&key(2), at(2)).unwrap().is_some());
    assert_eq!(events(store.as_ref()).last(), Some(&"password_set"));
}

pub fn a_session_is_found_by_its_token_until_it_ends(open: Open<'_>) {
    let mut store = open("a");
    make_ann(store.as_mut());
    let id = begin(store.as_mut(), &ann(), 1, 0);
    begin(store.as_mut(), &customer(7), 2, 0);
    drop(store);
    let store = open("a");
    let find = |token, moment| store.session(&key(token), moment).unwrap();
    let found = find(1, at(10)).unwrap();
    assert_eq!(found.session.id, id);
    assert_eq!(found.session.person, ann());
    assert_eq!(found.user.map(|it| it.name).as_deref(), Some("ann"));
    assert_eq!(found.language.as_deref(), Some("fr"));
    let written = new_session(&ann(), 1, 0);
    assert_eq!(found.session.agent, written.agent);
    assert_eq!(found.session.address, written.address);
    assert_eq!((found.session.created_at, found.session.seen_at), (at(0), at(0)));
    assert_eq!((found.session.until, found.session.ends_at), (at(3_600), at(86_400)));
    let other = find(2, at(10)).unwrap();
    assert_eq!((other.session.person, other.user), (customer(7), None));
    assert!(find(1, Timestamp(at(3_600).0 - 1)).is_some());
    assert!(find(1, at(3_600)).is_none());
    assert!(find(4, at(10)).is_none());
}

pub fn a_session_runs_on_but_not_beyond_its_end(open: Open<'_>) {
    let mut store = open("a");
    let id = begin(store.as_mut(), &customer(7), 1, 0);
    store.touch_session(id, at(3_000), at(6_600)).unwrap();
    let found = store.session(&key(1), at(5_000)).unwrap().unwrap().session;
    assert_eq!((found.seen_at, found.until), (at(3_000), at(6_600)));
    // One that comes late takes nothing back.
    store.touch_session(id, at(2_000), at(5_600)).unwrap();
    let found = store.session(&key(1), at(5_000)).unwrap().unwrap().session;
    assert_eq!((found.seen_at, found.until), (at(3_000), at(6_600)));
    store.touch_session(id, at(86_000), at(89_600)).unwrap();
    assert!(store.session(&key(1), at(86_399)).unwrap().is_some());
    assert!(store.session(&key(1), at(86_400)).unwrap().is_none());
    store.touch_session(999, at(1), at(2)).unwrap();
}

pub fn only_ones_own_sessions_are_listed_and_ended(open: Open<'_>) {
    let mut store = open("a");
    make_ann(store.as_mut());
    let users = begin(store.as_mut(), &ann(), 1, 0);
    let first = begin(store.as_mut(), &customer(7), 2, 0);
    let second = begin(store.as_mut(), &customer(7), 3, 1);
    let third = begin(store.as_mut(), &customer(7), 4, 2);
    let others = begin(store.as_mut(), &customer(8), 5, 0);
    store.touch_session(first, at(5), at(3_605)).unwrap();
    let list = |store: &dyn AccessStore, of: &Person, moment| -> Vec<u64> {
        store.sessions_of(of, moment).unwrap().iter().map(|it| it.id).collect()
    };
    assert_eq!(list(store.as_ref(), &customer(7), at(9)), [first, third, second]);
    assert_eq!(list(store.as_ref(), &customer(7), at(3_602)), [first]);
    let ended = note(AccessEvent::SignedOut, &customer(7), 9);
    for not_theirs in [users, others, 999] {
        assert!(!store.end_session(&customer(7), not_theirs, &ended).unwrap());
    }
    assert!(!store.end_session(&Person::User("ben".into()), users, &ended).unwrap());
    assert!(store.end_session(&customer(7), second, &ended).unwrap());
    assert!(!store.end_session(&customer(7), second, &ended).unwrap());
    let ended = note(AccessEvent::SessionsEnded, &customer(7), 10);
    assert_eq!(store.end_sessions(&customer(7), Some(first), &ended).unwrap(), 1);
    assert_eq!(store.end_sessions(&customer(7), Some(first), &ended).unwrap(), 0);
    assert_eq!(list(store.as_ref(), &customer(7), at(11)), [first]);
    assert_eq!(store.end_sessions(&customer(7), None, &ended).unwrap(), 1);
    assert!(list(store.as_ref(), &customer(7), at(11)).is_empty());
    assert_eq!(list(store.as_ref(), &ann(), at(11)), [users]);
    assert_eq!(list(store.as_ref(), &customer(8), at(11)), [others]);
    let ends = events(store.as_ref()).into_iter().skip(6).collect::<Vec<_>>();
    assert_eq!(ends, ["signed_out", "sessions_ended", "sessions_ended"]);
}

pub fn the_oldest_of_too_many_sessions_ends(open: Open<'_>) {
    let mut store = open("a");
    begin(store.as_mut(), &customer(8), 200, 0);
    let mut ids = Vec::new();
    for number in 0..=SESSIONS_MAX as u8 {
        let session = new_session(&customer(7), number, i64::from(number));
        let opened = store.open_session(&session, &signed_in(&customer(7), 0)).unwrap();
        ids.push(opened.expect("they may come in"));
    }
    let running = store.sessions_of(&customer(7), at(60)).unwrap();
    assert_eq!(running.len(), SESSIONS_MAX);
    assert!(store.session(&key(0), at(60)).unwrap().is_none());
    assert!(store.session(&key(1), at(60)).unwrap().is_some());
    assert!(store.session(&key(200), at(60)).unwrap().is_some());
}

pub fn users_are_seen_by_their_browsers(open: Open<'_>) {
    let mut store = open("a");
    make_ann(store.as_mut());
    let seen = |store: &dyn AccessStore, seconds| {
        let found = store.users_seen(at(seconds)).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].user, store.user("ann").unwrap().unwrap());
        (found[0].sessions, found[0].seen_at)
    };
    assert_eq!(seen(store.as_ref(), 5), (0, None));
    let first = begin(store.as_mut(), &ann(), 1, 10);
    begin(store.as_mut(), &ann(), 2, 20);
    begin(store.as_mut(), &customer(7), 3, 30);
    assert_eq!(seen(store.as_ref(), 40), (2, Some(at(20))));
    store.touch_session(first, at(3_000), at(6_600)).unwrap();
    assert_eq!(seen(store.as_ref(), 4_000), (1, Some(at(3_000))));
    let ended = note(AccessEvent::SignedOut, &ann(), 4_000);
    assert!(store.end_session(&ann(), first, &ended).unwrap());
    assert_eq!(seen(store.as_ref(), 4_000), (0, Some(at(20))));
}
