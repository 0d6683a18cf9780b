use store::{SqliteStore, Store};

fn fresh() -> impl FnMut() -> Box<dyn Store> {
    let directory = tempfile::tempdir().unwrap();
    let mut made = 0;
    move || {
        made += 1;
        Box::new(SqliteStore::open(&directory.path().join(format!("{made}.db"))).unwrap())
    }
}

store::conformance_suite!(fresh);
