use store::webhooks::{SqliteWebhooks, WebhookStore};

fn open() -> impl FnMut(&str) -> Box<dyn WebhookStore> {
    let directory = tempfile::tempdir().unwrap();
    move |name| Box::new(SqliteWebhooks::open(&directory.path().join(name)).unwrap())
}

store::webhook_conformance_suite!(open);

#[test]
fn only_the_owner_reads_the_secrets() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("webhooks.db");
    drop(SqliteWebhooks::open(&path).unwrap());
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{mode:o}");
}
