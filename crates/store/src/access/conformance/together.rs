//! Rules about several who write to the same place at the same moment.

use engine::CustomerId;

use super::super::{AccessEvent, AccessStore, Identity, NewSession, NewUser, UserStore};
use super::attempts::allowance;
use super::{Open, ann, at, customer, key, make_ann, new_session, new_user, note, signed_in};
use crate::access::Person;

/// How many others there are.
const OTHERS: u8 = 4;

/// What `work` answers in each of several who have the place open and do it at once.
fn at_once<T: Send>(open: Open<'_>, work: impl Fn(u8, &mut dyn AccessStore) -> T + Sync) -> Vec<T> {
    let stores: Vec<_> = (1..=OTHERS).map(|number| (number, open("a"))).collect();
    std::thread::scope(|scope| {
        let begin = |(number, mut store): (u8, Box<dyn AccessStore>)| {
            let work = &work;
            scope.spawn(move || work(number, store.as_mut()))
        };
        let begun: Vec<_> = stores.into_iter().map(begin).collect();
        begun.into_iter().map(|it| it.join().expect("it does not panic")).collect()
    })
}

pub fn a_name_and_an_identity_are_given_once_however_many_ask(open: Open<'_>) {
    drop(open("a"));
    let create = |store: &mut dyn AccessStore, user: &NewUser| {
        let made = note(AccessEvent::UserCreated, &Person::User(user.name.clone()), 0);
        store.create_user(user, &made).unwrap()
    };
    let identity = Identity { issuer: "https://id".into(), subject: "7".into() };
    for round in 0..5 {
        let name = format!("ann{round}");
        let made = at_once(open, |_, store| create(store, &new_user(&name)));
        assert_eq!(made.iter().filter(|it| **it).count(), 1, "{made:?}");
        let given = at_once(open, |number, store| {
            let identity = Identity { subject: round.to_string(), ..identity.clone() };
            let user =
                NewUser { identity: Some(identity), ..new_user(&format!("b{number}{round}")) };
            create(store, &user)
        });
        assert_eq!(given.iter().filter(|it| **it).count(), 1, "{given:?}");
        // The same with somebody who is there and somebody who is made.
        let identity = Identity { subject: format!("x{round}"), ..identity.clone() };
        let said = note(AccessEvent::UserChanged, &Person::User(name.clone()), 1);
        let given = at_once(open, |number, store| match number {
            1 => store.set_identity(&name, &identity, &said).unwrap(),
            _ => {
                let identity = Some(identity.clone());
                create(store, &NewUser { identity, ..new_user(&format!("c{number}{round}")) })
            }
        });
        assert_eq!(given.iter().filter(|it| **it).count(), 1, "{given:?}");
    }
}

pub fn attempts_at_once_are_as_many(open: Open<'_>) {
    drop(open("a"));
    let tried = at_once(open, |_, store| {
        let allowances = [allowance(1), allowance(2)];
        (0..5).filter(|_| store.attempt(&allowances, at(0)).unwrap().is_none()).count()
    });
    assert_eq!(tried.iter().sum::<usize>(), 5, "{tried:?}");
}

pub fn a_code_opens_once_however_many_try_it(open: Open<'_>) {
    for round in 0..10 {
        let of = CustomerId(round);
        open("a").keep_code(of, &key(1), at(600), 5).unwrap();
        let wrong = note(AccessEvent::SignInFailed, &customer(round), 1);
        let opened = at_once(open, |_, store| store.try_code(of, &key(1), &wrong).unwrap());
        assert_eq!(opened.iter().filter(|it| **it).count(), 1, "{opened:?}");
        open("a").keep_code(of, &key(1), at(600), 3).unwrap();
        let opened = at_once(open, |_, store| store.try_code(of, &key(9), &wrong).unwrap());
        assert_eq!(opened, [false; OTHERS as usize]);
        assert!(!open("a").try_code(of, &key(1), &wrong).unwrap(), "its tries are used up");
    }
}

pub fn who_is_shut_out_at_that_moment_has_no_session(open: Open<'_>) {
    make_ann(open("a").as_mut());
    for round in 0..10 {
        let disabled = note(AccessEvent::UserDisabled, &ann(), round);
        let enabled = note(AccessEvent::UserEnabled, &ann(), round);
        at_once(open, |number, store| match number {
            1 => drop(store.switch_user("ann", Some(at(round)), &disabled).unwrap()),
            _ => {
                let password = store.credential(&ann()).unwrap().password;
                let token = u8::try_from(round).unwrap() * OTHERS + number;
                let session = NewSession { password, ..new_session(&ann(), token, round) };
                let opened = store.open_session(&session, &signed_in(&ann(), round));
                assert!(opened.is_ok());
            }
        });
        let mut store = open("a");
        assert_eq!(store.sessions_of(&ann(), at(round)).unwrap(), []);
        assert!(UserStore::switch_user(store.as_mut(), "ann", None, &enabled).unwrap());
    }
}
