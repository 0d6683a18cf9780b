use engine::{Position, Timestamp};
use store::webhooks::{DeliveryStore, EndpointStore, NewEvent, SqlWebhooks};

mod sqlite {
    use store::webhooks::{SqlWebhooks, WebhookStore};

    fn open() -> Option<impl FnMut(&str) -> Box<dyn WebhookStore>> {
        let directory = tempfile::tempdir().unwrap();
        Some(move |name: &str| -> Box<dyn WebhookStore> {
            Box::new(SqlWebhooks::in_file(&directory.path().join(name)).unwrap())
        })
    }

    store::webhook_conformance_suite!(open);
}

mod postgres {
    use store::webhooks::{SqlWebhooks, WebhookStore};

    use crate::suite::places::Places;

    fn open() -> Option<impl FnMut(&str) -> Box<dyn WebhookStore>> {
        let mut places = Places::make()?;
        Some(move |name: &str| -> Box<dyn WebhookStore> {
            Box::new(
                SqlWebhooks::on_server(&places.open(name), crate::suite::postgres::shard(5))
                    .unwrap(),
            )
        })
    }

    store::webhook_conformance_suite!(open);
}

#[test]
fn only_the_owner_reads_the_secrets() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("webhooks.db");
    drop(SqlWebhooks::in_file(&path).unwrap());
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{mode:o}");
}

#[test]
fn endpoints_and_deliveries_of_an_older_file_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("webhooks.db");
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../../src/webhooks/schema.sql")).unwrap();
    old.execute_batch(
        "INSERT INTO endpoints (id, url, cursor, created_at, updated_at)
             VALUES (4, 'http://a', 17, 5, 6);
         INSERT INTO secrets (endpoint, shared, seed, made_at) VALUES (4, x'01', x'02', 5);
         INSERT INTO sequences VALUES (4, 'acc_1', 8);
         INSERT INTO deliveries (id, endpoint, event, type, position, subject, sequence, at,
                                 payload, state, tries, next_at, created_at)
             VALUES (9, 4, 'evt_17', 'payment.received', 17, 'acc_1', 8, 5, '{}', 'pending', 2,
                     7, 5);
         PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(old);
    let mut store = SqlWebhooks::in_file(&path).unwrap();
    let kept = store.endpoints().unwrap().remove(0);
    assert_eq!((kept.id, kept.cursor, kept.secrets.len()), (4, Position(17), 1));
    let due = store.due(4, Timestamp(7), 9).unwrap().remove(0);
    assert_eq!((due.id, due.sequence, due.tries), (9, 8, 2));
    let next = NewEvent { event: "evt_18".into(), position: Some(Position(18)), ..due.event };
    assert!(store.enqueue(4, Position(17), Position(18), &[next], Timestamp(8)).unwrap());
    let newest = store.deliveries(4, None, None, 9).unwrap().remove(0);
    assert_eq!((newest.id, newest.sequence, newest.next_at), (10, 9, None));
}
