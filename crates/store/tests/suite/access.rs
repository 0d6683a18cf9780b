use store::access::{SqlAccess, UserStore};

mod sqlite {
    use store::access::{AccessStore, SqlAccess};

    fn open() -> Option<impl FnMut(&str) -> Box<dyn AccessStore>> {
        let directory = tempfile::tempdir().unwrap();
        Some(move |name: &str| -> Box<dyn AccessStore> {
            Box::new(SqlAccess::in_file(&directory.path().join(name)).unwrap())
        })
    }

    store::access_conformance_suite!(open);
}

mod postgres {
    use store::access::{AccessStore, SqlAccess};

    use crate::suite::places::Places;

    fn open() -> Option<impl FnMut(&str) -> Box<dyn AccessStore>> {
        let mut places = Places::make()?;
        Some(move |name: &str| -> Box<dyn AccessStore> {
            Box::new(SqlAccess::on_server(&places.open(name)))
        })
    }

    store::access_conformance_suite!(open);
}

#[test]
fn only_the_owner_reads_who_may_come_in() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("access.db");
    drop(SqlAccess::in_file(&path).unwrap());
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{mode:o}");
}

#[test]
fn users_of_an_older_file_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("access.db");
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../../src/access/schema.sql")).unwrap();
    old.execute_batch(
        "INSERT INTO users VALUES ('ann', 'Ann B.', 'admin', '$argon2id$a', 'fr', 5, 6, NULL);
         INSERT INTO users VALUES ('ben', 'Ben C.', 'agent', '$argon2id$b', NULL, 7, 8, 9);
         PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(old);
    for _ in 0..2 {
        let users = SqlAccess::in_file(&path).unwrap().users().unwrap();
        let kept: Vec<_> = users
            .iter()
            .map(|it| (it.name.as_str(), it.role.as_str(), it.created_at.0, it.password_at))
            .collect();
        let at = |it| Some(engine::Timestamp(it));
        assert_eq!(kept, [("ann", "admin", 5, at(6)), ("ben", "agent", 7, at(8))]);
        assert_eq!(users[1].disabled_at, at(9));
        assert!(users.iter().all(|it| it.openid.is_none() && it.identity.is_none()));
    }
}
