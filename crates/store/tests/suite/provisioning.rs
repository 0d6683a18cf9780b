use engine::{Position, Timestamp};
use store::provisioning::{ProvisioningStore, SqlProvisioning};

mod sqlite {
    use store::provisioning::{ProvisioningStore, SqlProvisioning};

    fn open() -> Option<impl FnMut(&str) -> Box<dyn ProvisioningStore>> {
        let directory = tempfile::tempdir().unwrap();
        Some(move |name: &str| -> Box<dyn ProvisioningStore> {
            Box::new(SqlProvisioning::in_file(&directory.path().join(name)).unwrap())
        })
    }

    store::provisioning_conformance_suite!(open);
}

mod postgres {
    use store::provisioning::{ProvisioningStore, SqlProvisioning};

    use crate::suite::places::Places;

    fn open() -> Option<impl FnMut(&str) -> Box<dyn ProvisioningStore>> {
        let mut places = Places::make()?;
        Some(move |name: &str| -> Box<dyn ProvisioningStore> {
            Box::new(
                SqlProvisioning::on_server(&places.open(name), crate::suite::postgres::shard(5))
                    .unwrap(),
            )
        })
    }

    store::provisioning_conformance_suite!(open);
}

#[test]
fn commands_of_an_older_file_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("provisioning.db");
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../../src/provisioning/schema.sql")).unwrap();
    old.execute_batch(
        "UPDATE cursor SET position = 17;
         INSERT INTO commands (position, at, account, subscription, adapter, \"on\", payload, state,
                               sent, failures, next_at)
             VALUES (16, 5, 7, 1, 'router', 1, '{}', 'queued', 1, 1, 7),
                    (17, 5, 7, 2, 'router', 0, '{}', 'acknowledged', 1, 0, NULL);
         INSERT INTO attempts VALUES (16, 1, 6, 'refused', 500, 'no', 3, NULL, NULL, 1);
         INSERT INTO adapters VALUES ('router', 'no', 6, 6, 5);
         PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(old);
    let mut store = SqlProvisioning::in_file(&path).unwrap();
    assert_eq!(store.cursor().unwrap(), Position(17));
    let queue = store.queues().unwrap().remove(0);
    assert_eq!((queue.queued, queue.acknowledged, queue.failing_since), (1, 1, Some(Timestamp(6))));
    assert_eq!(store.command(Position(16)).unwrap().unwrap().1.len(), 1);
    let claimed = store.claim("router", Timestamp(7), 9).unwrap();
    assert_eq!(claimed.iter().map(|it| it.order.position).collect::<Vec<_>>(), [Position(16)]);
    // Tallies go on where they were.
    let queue = store.queues().unwrap().remove(0);
    assert_eq!((queue.queued, queue.sending, queue.acknowledged), (0, 1, 1));
}
