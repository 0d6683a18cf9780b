use super::*;

fn entry(shards: &str, url: &str) -> DatabaseEntry {
    DatabaseEntry { shards: shards.to_owned(), url: Some(url.into()), url_file: None }
}

const SECOND: &str = "postgres://sporran:secret@db2.example/sporran";

fn said(entries: &[DatabaseEntry]) -> String {
    read(entries).map_or_else(|it| format!("{it:#}"), |_| String::new())
}

#[test]
fn each_shard_is_in_the_database_of_its_entry() {
    let mapped = read(&[entry("16-31", SECOND), entry(" 7 ", SECOND), entry("32 - 63", SECOND)]);
    let mapped = mapped.unwrap();
    let of = |shard| mapped.iter().position(|it| it.has(ShardId::new(shard).unwrap()));
    let found: Vec<Option<usize>> = [0, 7, 15, 16, 31, 32, 63].map(of).to_vec();
    assert_eq!(found, [None, Some(1), None, Some(0), Some(0), Some(2), Some(2)]);
    assert_eq!(mapped[0].place, "nodes.databases[0]");
    assert_eq!(mapped[0].url.as_str(), SECOND);
}

#[test]
fn what_is_wrong_with_a_map_is_said_with_its_place_and_a_remedy() {
    for (shards, wrong) in [
        ("31-16", "nodes.databases[0].shards: \"31-16\" is neither a shard nor a range such as"),
        ("some", "is neither a shard nor a range"),
        ("", "is neither a shard nor a range"),
        ("1-2-3", "is neither a shard nor a range"),
        ("-3", "is neither a shard nor a range"),
        ("60-64", "goes beyond the last shard that there can be, which is 63"),
        ("0-3", "has the first shard, which is always in the database that store names; begin"),
    ] {
        let said = said(&[entry(shards, SECOND)]);
        assert!(said.contains(wrong), "{shards}: {said}");
    }
    let both = said(&[entry("1-9", SECOND), entry("20", SECOND), entry("9-12", SECOND)]);
    assert_eq!(
        both,
        "nodes.databases[2].shards: 9 is in nodes.databases[0] too; name each shard once"
    );
    for wrong in ["db2.example", "mysql://db2.example/sporran", "postgres://db2:port/sporran"] {
        let said = said(&[entry("1", wrong)]);
        assert!(said.contains("nodes.databases[0].url: is no address such as postgres:"), "{said}");
    }
    let said = said(&[DatabaseEntry { url: None, ..entry("1", "") }]);
    assert!(said.contains("nodes.databases[0]: has neither url nor url_file"), "{said}");
    let said = check(&[entry("1", SECOND)], false).unwrap_err().to_string();
    assert!(said.contains("set store to the first of the PostgreSQL databases"), "{said}");
    check(&[], false).unwrap();
}

#[test]
fn an_address_may_stand_in_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("second");
    let in_file = DatabaseEntry { url: None, url_file: Some(path.clone()), ..entry("1-3", "") };
    check(std::slice::from_ref(&in_file), true).unwrap();
    assert!(said(std::slice::from_ref(&in_file)).contains("failed to read"));
    std::fs::write(&path, format!("{SECOND}\n")).unwrap();
    assert_eq!(read(std::slice::from_ref(&in_file)).unwrap()[0].url.as_str(), SECOND);
    std::fs::write(&path, "db2.example/sporran\n").unwrap();
    let wrong = said(std::slice::from_ref(&in_file));
    assert!(wrong.contains("nodes.databases[0].url_file: is no address"), "{wrong}");
    let both = DatabaseEntry { url: Some(SECOND.into()), ..in_file };
    assert!(said(&[both]).contains("has both url and url_file"));
}
