//! TLS and passwords towards a server that asks for both.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use store::throwaway::{Server, execute, give};
use store::{Durability, PostgresDatabase};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tls").join(name)
}

/// A server that lets nobody in over the network without TLS and a password.
fn guarded(directory: &Path) -> Option<(Server, u16)> {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    std::fs::create_dir_all(directory).unwrap();
    let who = "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n";
    std::fs::write(directory.join("who"), who).unwrap();
    for name in ["server.pem", "server.key"] {
        std::fs::copy(fixture(name), directory.join(name)).unwrap();
    }
    let key = directory.join("server.key");
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).unwrap();
    give(&key);
    let place = directory.display();
    let settings = [
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        format!("hba_file={place}/who"),
        "ssl=on".to_owned(),
        format!("ssl_cert_file={place}/server.pem"),
        format!("ssl_key_file={place}/server.key"),
    ];
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    Server::start(directory, &settings).map(|it| (it, port))
}

#[test]
fn a_server_is_reached_as_sslmode_says() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let place = directory.path().join("postgres");
    let Some((server, port)) = guarded(&place) else { return };
    let local = server.url().replace("?host", &format!("?port={port}&host"));
    execute(&local, "CREATE ROLE ann LOGIN PASSWORD 's3cret'; CREATE SCHEMA ann AUTHORIZATION ann");
    let tried = |who: &str, host: &str, query: &str| -> Result<(), String> {
        let url = format!("postgres://{who}@{host}:{port}/postgres?{query}");
        let opened = PostgresDatabase::open(&url, Durability::Required);
        opened.map(drop).map_err(|it| {
            let cause: &dyn std::error::Error = &it;
            let causes = std::iter::successors(Some(cause), |it| it.source());
            causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
        })
    };
    let ca =
        |mode: &str, name: &str| format!("sslmode={mode}&sslrootcert={}", fixture(name).display());
    let right = "ann:s3cret";
    for (host, query) in [
        ("localhost", ca("verify-full", "authority.pem")),
        ("localhost", ca("verify-ca", "authority.pem")),
        ("127.0.0.1", ca("verify-ca", "authority.pem")),
        ("127.0.0.1", ca("require", "authority.pem")),
        ("127.0.0.1", "sslmode=require".to_owned()),
        ("127.0.0.1", "sslmode=require&channel_binding=require".to_owned()),
        ("127.0.0.1", "sslmode=prefer".to_owned()),
        ("127.0.0.1", String::new()),
    ] {
        assert_eq!(tried(right, host, &query), Ok(()), "{host} {query}");
    }
    for (host, query, why) in [
        ("127.0.0.1", ca("verify-full", "authority.pem"), "not valid for name"),
        ("localhost", ca("verify-full", "other-authority.pem"), "UnknownIssuer"),
        ("localhost", ca("verify-ca", "other-authority.pem"), "UnknownIssuer"),
        ("localhost", ca("require", "other-authority.pem"), "UnknownIssuer"),
        ("localhost", ca("verify-full", "none.pem"), "set up TLS"),
        ("localhost", "sslmode=disable".to_owned(), "no pg_hba.conf entry"),
    ] {
        let refused = tried(right, host, &query).unwrap_err();
        assert!(refused.contains(why), "{host} {query}: {refused}");
    }
    let refused = tried("ann:wrong", "localhost", "sslmode=require").unwrap_err();
    assert!(refused.contains("password authentication failed"), "{refused}");
    // Of several hosts the first one that answers and may be written to.
    let both = format!("localhost:1,127.0.0.1:{port}");
    let url = format!("postgres://{right}@{both}/postgres?sslmode=require");
    PostgresDatabase::open(&url, Durability::Required).unwrap();
}
