use store::provisioning::{ProvisioningStore, SqliteProvisioning};

fn open() -> impl FnMut(&str) -> Box<dyn ProvisioningStore> {
    let directory = tempfile::tempdir().unwrap();
    move |name| Box::new(SqliteProvisioning::open(&directory.path().join(name)).unwrap())
}

store::provisioning_conformance_suite!(open);
