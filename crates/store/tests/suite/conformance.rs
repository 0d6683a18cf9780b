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
    use engine::ShardId;
    use store::throwaway::Schema;
    use store::{Durability, PostgresDatabase, Store};

    fn fresh() -> Option<impl FnMut() -> Box<dyn Store>> {
        let mut first = Some(Schema::make()?);
        let mut schemas = Vec::new();
        Some(move || -> Box<dyn Store> {
            let schema = first.take().or_else(Schema::make).expect("there was a server before");
            let database = PostgresDatabase::open(&schema.url, Durability::Demo).unwrap();
            schemas.push(schema);
            Box::new(database.store(ShardId::FIRST).unwrap())
        })
    }

    store::conformance_suite!(fresh);
}
