mod sqlite {
    use store::{SqliteStore, Store};

    fn fresh() -> Option<impl FnMut() -> Box<dyn Store>> {
        let directory = tempfile::tempdir().unwrap();
        let mut made = 0;
        Some(move || -> Box<dyn Store> {
            made += 1;
            Box::new(SqliteStore::open(&directory.path().join(format!("{made}.db"))).unwrap())
        })
    }

    store::conformance_suite!(fresh);
}

mod postgres {
    use store::throwaway::Schema;
    use store::{Durability, PostgresDatabase, Store};

    fn fresh() -> Option<impl FnMut() -> Box<dyn Store>> {
        // One schema for the stores of a test, each of which is a shard of its own.
        let schema = Schema::make()?;
        let database = PostgresDatabase::open(&schema.url, Durability::Demo).unwrap();
        let mut made = 0;
        Some(move || -> Box<dyn Store> {
            let _ = &schema;
            made += 1;
            Box::new(database.store(made).unwrap())
        })
    }

    store::conformance_suite!(fresh);
}
