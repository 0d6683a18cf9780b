use store::access::{AccessStore, SqliteAccess};

fn open() -> impl FnMut(&str) -> Box<dyn AccessStore> {
    let directory = tempfile::tempdir().unwrap();
    move |name| Box::new(SqliteAccess::open(&directory.path().join(name)).unwrap())
}

store::access_conformance_suite!(open);

#[test]
fn only_the_owner_reads_who_may_come_in() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("access.db");
    drop(SqliteAccess::open(&path).unwrap());
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{mode:o}");
}
