//! What is kept beside the journal, when the server ends, a word is lost, and with several shards.

use engine::Position;
use engine::{AccountId, SubscriptionId, Timestamp};
use store::access::{AccessEvent, AccessStore, NewUser, Note, Person, SqlAccess, UserStore};
use store::conformance::{History, batch_of};
use store::provisioning::{CommandState, NewCommand, ProvisioningStore, SqlProvisioning};
use store::throwaway::{Schema, Server};
use store::webhooks::{
    Change, DeliveryStore, EndpointFields, EndpointStore, NewEvent, Secret, SqlWebhooks, Switch,
};
use store::{Durability, PostgresDatabase, Store, StoreError};

use super::proxy::Proxy;
use super::{made, shard};

fn create(store: &mut SqlAccess, name: &str) -> Result<bool, StoreError> {
    let at = Timestamp(7);
    let user = NewUser {
        name: name.into(),
        display_name: "Ann".into(),
        role: "agent".into(),
        password: Some("$argon2id$a".into()),
        identity: None,
        language: None,
        at,
    };
    let note = Note {
        at,
        event: AccessEvent::UserCreated,
        person: Some(Person::User(name.into())),
        means: None,
        by: None,
        address: None,
        agent: None,
    };
    store.create_user(&user, &note)
}

fn names(store: &SqlAccess) -> Vec<String> {
    store.users().unwrap().into_iter().map(|it| it.name).collect()
}

fn command(position: u64) -> NewCommand {
    NewCommand {
        position: Position(position),
        at: Timestamp(7),
        subscription: SubscriptionId { account: AccountId(7), serial: 1 },
        adapter: Some("router".into()),
        on: true,
        payload: "{}".into(),
    }
}

fn fields() -> EndpointFields {
    EndpointFields { url: "http://a".into(), events: None, description: None }
}

fn change() -> Change {
    let [action, actor, channel] = ["created", "ann", "api"].map(str::to_owned);
    Change { at: Timestamp(7), action, actor, channel, reason: None, detail: None }
}

fn event(position: u64) -> NewEvent {
    NewEvent {
        event: format!("evt_{position}"),
        event_type: "payment.received".into(),
        position: Some(Position(position)),
        subject: "acc_1".into(),
        at: Timestamp(7),
        payload: "{}".into(),
    }
}

#[test]
fn what_is_beside_the_journal_comes_back_with_the_server() {
    let directory = tempfile::tempdir().unwrap();
    let Some(server) = Server::start(&directory.path().join("postgres"), &[]) else { return };
    let database = PostgresDatabase::open(&server.url(), Durability::Required).unwrap();
    let mut store = SqlAccess::on_server(&database);
    assert!(create(&mut store, "ann").unwrap());
    server.stop();
    let error = store.users().unwrap_err();
    assert!(matches!(error, StoreError::Failed { .. }), "{error:?}");
    let error = create(&mut store, "ben").unwrap_err();
    assert!(matches!(error, StoreError::Failed { .. }), "{error:?}");
    server.restart(&[]);
    assert_eq!(names(&store), ["ann"]);
    assert!(create(&mut store, "ben").unwrap());
    // Between two calls: neither hears of it.
    server.restart(&[]);
    assert!(create(&mut store, "cleo").unwrap());
    assert_eq!(names(&store), ["ann", "ben", "cleo"]);
}

#[test]
fn a_command_whose_claim_is_not_known_of_is_sent_again() {
    let Some((schema, database)) = made() else { return };
    let proxy = Proxy::before(&schema.url);
    let near = PostgresDatabase::open(&proxy.url, Durability::Demo).unwrap();
    let mut store = SqlProvisioning::on_server(&near, shard(1)).unwrap();
    assert!(store.enqueue(Position(0), Position(3), &[command(3)], Timestamp(8)).unwrap());
    proxy.lose_the_next_commit();
    let error = store.claim("router", Timestamp(9), 5).unwrap_err();
    assert!(matches!(error, StoreError::Failed { .. }), "{error:?}");
    assert_eq!(proxy.lost(), 1);
    let state = |store: &SqlProvisioning| store.newest(command(3).subscription).unwrap();
    assert_eq!(state(&store).unwrap().state, CommandState::Sending);
    assert_eq!(store.claim("router", Timestamp(9), 5).unwrap(), []);
    assert_eq!(store.resume(&[], Timestamp(10)).unwrap(), 1);
    assert_eq!(store.claim("router", Timestamp(10), 5).unwrap().len(), 1);
    drop(database);
}

#[test]
fn a_transaction_that_was_ended_for_another_is_begun_again() {
    let Some((schema, database)) = made() else { return };
    schema.execute(
        "CREATE SEQUENCE ended; CREATE FUNCTION ended() RETURNS trigger LANGUAGE plpgsql AS $$ \
         BEGIN IF nextval('ended') <= 2 THEN RAISE EXCEPTION USING ERRCODE = '40P01'; END IF; \
         RETURN NULL; END $$; \
         CREATE TRIGGER ended AFTER INSERT ON access_users FOR EACH ROW EXECUTE FUNCTION ended()",
    );
    let mut store = SqlAccess::on_server(&database);
    assert!(create(&mut store, "ann").unwrap());
    assert_eq!(names(&store), ["ann"]);
    let notes = store.sign_ins(&store::access::SignInQuery::default(), 9).unwrap();
    assert_eq!(notes.len(), 1);
    assert_eq!(schema.rows("SELECT last_value FROM ended"), [[Some("3".to_owned())]]);
}

#[test]
fn a_process_that_is_stopped_in_the_middle_does_not_keep_others_waiting() {
    let Some((schema, database)) = made() else { return };
    schema.execute(
        "CREATE TABLE said (it TEXT); CREATE FUNCTION say() RETURNS trigger LANGUAGE plpgsql AS $$ \
         BEGIN INSERT INTO said VALUES (current_setting('idle_in_transaction_session_timeout')); \
         RETURN NULL; END $$; \
         CREATE TRIGGER say AFTER INSERT ON access_users FOR EACH ROW EXECUTE FUNCTION say()",
    );
    let mut store = SqlAccess::on_server(&database);
    assert!(create(&mut store, "ann").unwrap());
    // The server ends whatever is idle for longer, and lets go of what it had locked.
    assert_eq!(schema.rows("SELECT it FROM said"), [[Some("3s".to_owned())]]);
}

#[test]
fn endpoints_are_those_of_every_shard_and_deliveries_of_one() {
    let Some((schema, database)) = made() else { return };
    database
        .store(shard(2))
        .unwrap()
        .append(&batch_of(History::of_shard(2, shard(2)).entries(4)))
        .unwrap();
    let [mut one, mut two] = [1, 2].map(|it| SqlWebhooks::on_server(&database, shard(it)).unwrap());
    let secret = Secret { shared: vec![1; 32], seed: vec![2; 32], until: None };
    let id = one.create_endpoint(&fields(), &secret, Position(0), &change()).unwrap();
    // It is told what happens from now on, and of a shard that begins later, everything.
    let three = SqlWebhooks::on_server(&database, shard(3)).unwrap();
    let cursors = [&one, &two, &three].map(|it| it.endpoint(id).unwrap().unwrap().cursor.0);
    assert_eq!(cursors, [0, shard(2).start().plus(4).0, 0]);
    let now = Timestamp(8);
    assert!(one.enqueue(id, Position(0), Position(1), &[event(1)], now).unwrap());
    let end = shard(2).start().plus(4);
    assert!(two.enqueue(id, end, end.plus(1), &[event(5)], now).unwrap());
    for (store, position) in [(&one, 1), (&two, 5)] {
        let due = store.due(id, now, 9).unwrap();
        assert_eq!(due.len(), 1, "{due:?}");
        assert_eq!((due[0].event.position, due[0].sequence), (Some(Position(position)), 1));
        assert_eq!(store.pending(id).unwrap(), 1);
        assert_eq!(store.deliveries(id, None, None, 9).unwrap().len(), 2);
    }
    // Whoever changes an endpoint changes it for all.
    let start = Switch::StartAt(Position(1));
    assert!(one.update_endpoint(id, &fields(), start, &change()).unwrap());
    assert_eq!(two.pending(id).unwrap(), 0);
    assert_eq!(two.endpoint(id).unwrap().unwrap().cursor, end);
    // What was deleted is forgotten when no shard has anything of it.
    assert!(two.delete_endpoint(id, &change()).unwrap());
    assert!(one.prune(Timestamp(0), 9).unwrap() > 0);
    assert_eq!(one.prune(Timestamp(0), 9).unwrap(), 0);
    assert!(two.prune(Timestamp(0), 9).unwrap() > 0);
    assert_eq!(two.deliveries(id, None, None, 9).unwrap(), []);
    assert_eq!(two.prune(Timestamp(0), 9).unwrap(), 0);
    assert_eq!(schema.rows("SELECT * FROM webhook_removed"), Vec::<Vec<_>>::new());
}

#[test]
fn commands_are_those_of_one_shard() {
    let Some((_schema, database)) = made() else { return };
    let [mut one, mut two] =
        [1, 2].map(|it| SqlProvisioning::on_server(&database, shard(it)).unwrap());
    let now = Timestamp(8);
    for store in [&mut one, &mut two] {
        assert!(store.enqueue(Position(0), Position(3), &[command(3)], now).unwrap());
    }
    assert_eq!(one.claim("router", now, 9).unwrap().len(), 1);
    assert_eq!(one.queues().unwrap()[0].sending, 1);
    assert_eq!(two.queues().unwrap()[0].queued, 1);
    assert_eq!(one.put_back(Position(0), now).unwrap(), 1);
    assert_eq!((one.cursor().unwrap(), two.cursor().unwrap()), (Position(0), Position(3)));
    assert_eq!(two.claim("router", now, 9).unwrap().len(), 1);
}

#[test]
fn a_database_of_an_older_version_gets_what_it_lacks() {
    let Some(schema) = Schema::make() else { return };
    schema.execute(include_str!("../../../src/postgres/schema.sql"));
    schema.execute(
        "CREATE TABLE schema_version (version BIGINT NOT NULL); \
         INSERT INTO schema_version VALUES (1); \
         INSERT INTO api_keys (name, role, digest, created_at) VALUES ('ann', 'admin', 'x', 7)",
    );
    let database = PostgresDatabase::open(&schema.url, Durability::Demo).unwrap();
    assert!(create(&mut SqlAccess::on_server(&database), "ann").unwrap());
    assert_eq!(schema.rows("SELECT version > 1 FROM schema_version"), [[Some("t".to_owned())]]);
    assert_eq!(schema.rows("SELECT name FROM api_keys"), [[Some("ann".to_owned())]]);
}
