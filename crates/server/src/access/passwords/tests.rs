use std::pin::Pin;
use std::task::Poll;

use super::*;

/// A hash with half of the memory and one pass, as an older version might have made.
fn old(password: &str) -> String {
    let params = Params::new(9_728, 1, 1, None).unwrap();
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    hasher.hash_password_with_salt(password.as_bytes(), &[7; 16]).unwrap().to_string()
}

#[test]
fn a_password_is_known_again_and_no_other_is() {
    let kept = hash("correct horse battery");
    assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
    assert_ne!(kept, hash("correct horse battery"), "each has a salt of its own");
    assert!(matches!(verify(Some(&kept), "correct horse battery"), Verdict::Right));
    for wrong in ["", "correct horse batter", "Correct horse battery", "correct horse battery "] {
        assert!(matches!(verify(Some(&kept), wrong), Verdict::Wrong), "{wrong:?}");
    }
}

#[test]
fn where_there_is_no_password_none_is_right() {
    for kept in [None, Some(""), Some("plain"), Some("$argon2id$v=19$m=19456,t=2,p=1$AAAA")] {
        for offered in ["", "plain", "\0"] {
            assert!(matches!(verify(kept, offered), Verdict::Wrong), "{kept:?} {offered:?}");
        }
    }
    assert!(matches!(verify(Some(DECOY), "anything"), Verdict::Wrong));
}

#[test]
fn the_decoy_costs_what_a_password_costs() {
    let decoy = PasswordHash::new(DECOY).unwrap();
    let real = PasswordHash::new(&hash("correct horse battery")).unwrap();
    assert_eq!(Params::try_from(&decoy).unwrap(), Params::try_from(&real).unwrap());
    assert_eq!((decoy.algorithm, decoy.version), (real.algorithm, real.version));
    assert!(!is_weaker(&real) && !is_weaker(&decoy));
}

#[test]
fn a_hash_that_costs_less_is_made_anew() {
    let kept = old("correct horse battery");
    assert!(matches!(verify(Some(&kept), "wrong horse battery"), Verdict::Wrong));
    let Verdict::Old(better) = verify(Some(&kept), "correct horse battery") else {
        panic!("{kept} is as good as new");
    };
    assert!(matches!(verify(Some(&better), "correct horse battery"), Verdict::Right));
}

#[test]
fn a_new_password_is_neither_short_nor_known_nor_plain() {
    let words = ["ann", "Ann Bäcker", "ann.baecker@example.com", "+689 87 12 34 56"];
    let fault = |password: &str| fault_of_user(password, &words);
    assert_eq!(fault("tiare+lagoon"), None);
    assert_eq!(fault("пароль на двоих"), None);
    assert_eq!(fault("123454321234"), None);
    assert_eq!(fault("tiare+lag"), Some(PasswordFault::TooShort { characters_min: 10 }));
    assert_eq!(fault("тиаре+лаг"), Some(PasswordFault::TooShort { characters_min: 10 }));
    assert_eq!(fault(&"ab+c".repeat(64)), None);
    let long = "ab+c".repeat(64) + "d";
    assert_eq!(fault(&long), Some(PasswordFault::TooLong { characters_max: 256 }));
    for name in ["Ann Bäcker", "ann-bäcker", "Ann.Baecker@Example.com", "+689 87 12 34 56"] {
        assert_eq!(fault(name), Some(PasswordFault::IsName), "{name}");
    }
    for plain in ["aaaaaaaaaa", "abababababab", "1234567890", "abcdefghijkl", "9876543210"] {
        assert_eq!(fault(plain), Some(PasswordFault::TooPlain), "{plain}");
    }
}

async fn waits<T>(mut future: Pin<&mut impl Future<Output = T>>) -> bool {
    std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_pending())).await
}

#[tokio::test]
async fn who_comes_when_too_many_wait_is_sent_away() {
    let passwords = Passwords { cores: Arc::new(Semaphore::new(0)), waiting: AtomicUsize::new(0) };
    let mut waiting: Vec<_> = (0..WAITING_MAX).map(|_| Box::pin(passwords.run(|| ()))).collect();
    for it in &mut waiting {
        assert!(waits(it.as_mut()).await);
    }
    assert!(passwords.run(|| ()).await.is_err());
    // Whoever goes away makes room.
    waiting.truncate(WAITING_MAX - 1);
    let mut next = Box::pin(passwords.run(|| ()));
    assert!(waits(next.as_mut()).await);
    passwords.cores.add_permits(1);
    for it in waiting {
        assert!(it.await.is_ok());
    }
    assert!(next.await.is_ok());
}

#[tokio::test]
async fn who_hangs_up_frees_no_core_that_still_works() {
    let passwords = Passwords { cores: Arc::new(Semaphore::new(1)), waiting: AtomicUsize::new(0) };
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let mut hashing = Box::pin(passwords.run(move || ended.recv()));
    assert!(waits(hashing.as_mut()).await);
    drop(hashing);
    assert_eq!(passwords.cores.available_permits(), 0);
    end.send(()).unwrap();
    assert!(passwords.run(|| ()).await.is_ok());
}
