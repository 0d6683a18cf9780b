use std::os::unix::fs::PermissionsExt;

use super::*;

/// What comes of a URL in an environment of these names and values.
fn parsed(url: &str, environment: &[(&str, &str)]) -> Target {
    tried(url, environment).unwrap()
}

fn tried(url: &str, environment: &[(&str, &str)]) -> Result<Target, StoreError> {
    let find = |name: &str| environment.iter().find(|it| it.0 == name);
    parse(url, &|name| find(name).map(|it| it.1.to_owned()))
}

fn hosts(target: &Target) -> Vec<String> {
    let text = |it: &Host| match it {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    };
    target.config.get_hosts().iter().map(text).collect()
}

fn refused(url: &str, environment: &[(&str, &str)]) -> String {
    use std::error::Error;
    let error = tried(url, environment).unwrap_err();
    format!("{error}: {}", error.source().unwrap())
}

#[test]
fn where_it_is_is_shown_without_user_and_password() {
    let shown = |url: &str| parsed(url, &[("PGHOST", "db9")]).shown();
    let several = "postgres://ann:s%40cret@db1:5433,db2:5434/purse?application_name=x";
    assert_eq!(shown(several), "db1:5433,db2:5434/purse");
    assert_eq!(shown("postgres://ann:secret@db1"), "db1:5432/ann");
    assert_eq!(shown("postgres:///purse"), "db9:5432/purse");
    assert_eq!(shown("postgres://ann@/purse?host=/run/a,/run/b"), "/run/a:5432,/run/b:5432/purse");
    assert_eq!(shown("postgres://[::1]:5433/purse"), "[::1]:5433/purse");
}

#[test]
fn a_url_says_where_and_who() {
    let it = parsed("postgres://ann:s%40cret@db1:5433,db2:5434/purse?application_name=x", &[]);
    assert_eq!(hosts(&it), ["db1", "db2"]);
    assert_eq!(it.config.get_ports(), [5433, 5434]);
    assert_eq!((it.config.get_user(), it.config.get_dbname()), (Some("ann"), Some("purse")));
    assert_eq!(it.config.get_password(), Some(b"s@cret".as_slice()));
    assert_eq!(it.config.get_application_name(), Some("x"));
    assert_eq!(it.config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
}

#[test]
fn sockets_are_several_hosts_too() {
    let it = parsed("postgres://ann@/purse?host=%2Frun/one,/run/two&port=5433,5434", &[]);
    assert_eq!(hosts(&it), ["/run/one", "/run/two"]);
    assert_eq!(it.config.get_ports(), [5433, 5434]);
    assert_eq!(hosts(&parsed("postgres:///purse?host=db1,db2", &[])), ["db1", "db2"]);
}

#[test]
fn what_the_url_leaves_out_comes_from_the_environment() {
    let environment = [
        ("PGHOST", "db7"),
        ("PGPORT", "6000"),
        ("PGUSER", "bob"),
        ("PGDATABASE", "money"),
        ("PGPASSWORD", "word"),
        ("PGAPPNAME", "sporran-7"),
        ("PGOPTIONS", "-c search_path=seven"),
        ("PGCONNECT_TIMEOUT", "9"),
        ("PGSSLMODE", "require"),
    ];
    let it = parsed("postgres://", &environment);
    assert_eq!(hosts(&it), ["db7"]);
    assert_eq!(it.config.get_ports(), [6000]);
    assert_eq!((it.config.get_user(), it.config.get_dbname()), (Some("bob"), Some("money")));
    assert_eq!(it.config.get_password(), Some(b"word".as_slice()));
    assert_eq!(it.config.get_application_name(), Some("sporran-7"));
    assert_eq!(it.config.get_options(), Some("-c search_path=seven"));
    assert_eq!(it.config.get_connect_timeout(), Some(&Duration::from_secs(9)));
    assert_eq!(it.config.get_ssl_mode(), SslMode::Require);
    let said = parsed("postgres://eve:other@db8/mine?sslmode=disable", &environment);
    assert_eq!((hosts(&said), said.config.get_user()), (vec!["db8".to_owned()], Some("eve")));
    assert_eq!(said.config.get_password(), Some(b"other".as_slice()));
    assert_eq!(said.config.get_ssl_mode(), SslMode::Disable);
    assert_eq!(parsed("postgres://db", &[]).config.get_application_name(), Some("sporran"));
}

#[test]
fn every_sslmode_is_what_it_is_to_libpq() {
    let of = |query: &str| {
        let it = parsed(&format!("postgres://db/{query}"), &[]);
        (it.tls.verify, it.config.get_ssl_mode())
    };
    use {SslMode as Mode, Verify as V};
    assert_eq!(of(""), (Some(V::Nothing), Mode::Prefer));
    assert_eq!(of("?sslmode=disable"), (None, Mode::Disable));
    assert_eq!(of("?sslmode=prefer"), (Some(V::Nothing), Mode::Prefer));
    assert_eq!(of("?sslmode=require"), (Some(V::Nothing), Mode::Require));
    assert_eq!(of("?sslmode=require&sslrootcert=/ca"), (Some(V::Authority), Mode::Require));
    assert_eq!(of("?sslmode=verify-ca"), (Some(V::Authority), Mode::Require));
    assert_eq!(of("?sslmode=verify-full"), (Some(V::AuthorityAndName), Mode::Require));
    let root = parsed("postgres://db/?sslrootcert=%2Fetc%2Fmy%20ca.pem", &[]).tls.root;
    assert_eq!(root, Some(PathBuf::from("/etc/my ca.pem")));
    // There is nobody between on a socket of the machine.
    let local = parsed("postgres:///x?host=/run/pg&sslmode=verify-full", &[]);
    assert_eq!(local.config.get_ssl_mode(), SslMode::Disable);
}

#[test]
fn what_cannot_be_meant_is_refused() {
    assert!(refused("mysql://db/x", &[]).contains("postgres://"));
    assert!(refused("postgres://db/?sslmode=perhaps", &[]).contains("perhaps"));
    assert!(refused("postgres:///x", &[("PGPORT", "many")]).contains("PGPORT"));
    let standby = refused("postgres://a,b/?target_session_attrs=standby", &[]);
    assert!(standby.contains("standby"), "{standby}");
    parsed("postgres://a,b/?target_session_attrs=read-write", &[]);
    parsed("postgres://a,b/?target_session_attrs=primary", &[]);
}

#[test]
fn the_password_file_is_read_as_libpq_reads_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pass");
    let lines = "# db1:5432:*:ann:comment\n\
                 db1:5432:purse:ann:fir\\:st\n\
                 *:*:*:bob:second:with:colons\n\
                 localhost:*:*:*:local\n";
    std::fs::write(&path, lines).unwrap();
    let mode = |mode| std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
    let environment = [("PGPASSFILE", path.to_str().unwrap())];
    let password = |url: &str| -> Option<String> {
        let it = parsed(url, &environment);
        it.config.get_password().map(|it| String::from_utf8(it.to_vec()).unwrap())
    };
    mode(0o600);
    assert_eq!(password("postgres://ann@db1/purse").as_deref(), Some("fir:st"));
    assert_eq!(password("postgres://ann@db1/other"), None);
    assert_eq!(password("postgres://ann@db1:5433/purse"), None);
    assert_eq!(password("postgres://bob@db9/x").as_deref(), Some("second:with:colons"));
    assert_eq!(password("postgres://eve@/x?host=/run/pg").as_deref(), Some("local"));
    assert_eq!(password("postgres://bob:mine@db9/x").as_deref(), Some("mine"));
    mode(0o644);
    assert_eq!(password("postgres://bob@db9/x"), None);
}
