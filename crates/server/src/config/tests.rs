use std::io::Write;

use super::*;

fn load(file: &str, environment: &[(&str, &str)], flags: Flags) -> anyhow::Result<Config> {
    let mut written = tempfile::NamedTempFile::new()?;
    written.write_all(file.as_bytes())?;
    let flags = Flags { config: Some(written.path().into()), ..flags };
    let environment = environment.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    Config::load(&flags, environment)
}

fn error(file: &str, environment: &[(&str, &str)]) -> String {
    let error = load(file, environment, Flags::default()).expect_err("this is refused");
    format!("{error:#}")
}

#[test]
fn flags_come_before_the_environment_and_that_before_the_file() {
    let file = "listen = '127.0.0.1:1'\ndata_dir = 'file'\n[sessions]\ngrant_seconds = 10\n";
    let config = load(file, &[], Flags::default()).unwrap();
    assert_eq!((config.listen.as_str(), config.sessions.grant_seconds), ("127.0.0.1:1", 10));
    let environment = [("SPORRAN_LISTEN", "127.0.0.1:2"), ("SPORRAN_SESSIONS_GRANT_SECONDS", "20")];
    let config = load(file, &environment, Flags::default()).unwrap();
    assert_eq!((config.listen.as_str(), config.sessions.grant_seconds), ("127.0.0.1:2", 20));
    let flags = Flags { port: Some(3), data_dir: Some("flag".into()), ..Flags::default() };
    let config = load(file, &environment, flags).unwrap();
    assert_eq!(config.listen, "127.0.0.1:3");
    assert_eq!(config.data_dir, PathBuf::from("flag"));
}

#[test]
fn an_unknown_key_is_an_error_that_names_it() {
    assert!(error("lisen = 'x'\n", &[]).contains("lisen"), "{}", error("lisen = 'x'\n", &[]));
    assert!(error("[sessions]\ngrant = 3\n", &[]).contains("grant"));
    assert!(error("", &[("SPORRAN_LISEN", "x")]).contains("SPORRAN_LISEN"));
    assert!(error("", &[("SPORRAN_SESSIONS_GRANT", "3")]).contains("SPORRAN_SESSIONS_GRANT"));
}

#[test]
fn a_wrong_value_is_an_error_that_names_its_key() {
    for (file, key) in [
        ("listen = 'nowhere'", "listen"),
        ("[exchange]\npivot = 'EURO'", "exchange.pivot"),
        ("[sessions]\ngrant_seconds = 0", "sessions.grant_seconds"),
        ("[idempotency]\nkeep_hours = 1", "idempotency.keep_hours"),
        ("[log]\nformat = 'xml'", "format"),
        ("[refunds.agent]\nEUR = 'much'", "refunds.agent.EUR"),
        ("[refunds.agents]\nEUR = '1'", "refunds.agents"),
        ("[limits]\nbody_bytes_max = 1", "limits.body_bytes_max"),
        ("[console]\nsession_hours = 0", "console.session_hours"),
        ("[console]\nidle_minutes = 721", "console.idle_minutes"),
        ("[console]\npassword = false", "console.password: without console.openid"),
        ("[console]\nurl = 'http://billing.example.com'", "console.url"),
        ("[console]\nurl = 'https://billing.example.com/console'", "has a path"),
        ("[self_care]\nsession_days = 366", "self_care.session_days"),
        ("[self_care.codes]\nsender = 'screen'", "screen"),
        ("[self_care.codes]\nsender = 'smtp'\nhost = 'mail'\nfrom = 'us'", "self_care.codes.from"),
        (
            "[self_care.codes]\nsender = 'webhook'\nurl = 'https://a'",
            "self_care.codes: has neither",
        ),
    ] {
        assert!(error(file, &[]).contains(key), "{}", error(file, &[]));
    }
    assert!(error("", &[("SPORRAN_SESSIONS_GRANT_SECONDS", "many")]).contains("many"));
    assert!(error("", &[("SPORRAN_TRUSTED_PROXIES", "10.0.0.1, here")]).contains("here"));
    assert!(error("[channels.kiosk.osmp]\ncurrency = 'EUR'", &[]).contains("kiosk.osmp"));
}

#[test]
fn sign_in_through_an_issuer_is_read_and_its_secret_is_not_shown() {
    let with = |console: &str, openid: &str| {
        format!("[console]\n{console}\n[console.openid]\nclient_id = 'sporran'\n{openid}")
    };
    let (url, issuer) = ("url = 'https://b.example.com'", "issuer = 'https://id.example.com'");
    let whole = format!("{issuer}\nclient_secret = 'open sesame'");
    let config = load(&with(url, &whole), &[], Flags::default()).unwrap();
    let openid = config.console.openid.as_ref().unwrap();
    assert_eq!((openid.claim.as_str(), openid.roles_claim.as_str()), ("email", "groups"));
    let shown = toml::to_string(&config).unwrap();
    assert!(shown.contains("id.example.com") && !shown.contains("open sesame"), "{shown}");
    assert!(!format!("{config:?}").contains("open sesame"));
    assert!(config.access_options().unwrap().openid.is_some());
    let only = [("SPORRAN_CONSOLE_PASSWORD", "false")];
    assert!(!load(&with(url, &whole), &only, Flags::default()).unwrap().console.password);
    assert!(error("", &only).contains("console.password: without console.openid"));
    assert!(error("", &[("SPORRAN_CONSOLE_PASSWORD", "no")]).contains("is not true or false"));
    let here = "issuer = 'http://127.0.0.1:9000'\nclient_secret_file = 'a'";
    assert!(load(&with("url = 'http://localhost:8080/'", here), &[], Flags::default()).is_ok());
    let also = |more: &str| with(url, &format!("{whole}\n{more}"));
    for (file, wrong) in [
        (with("", &whole), "console.openid: needs console.url"),
        (with("url = 'http://b.example.com'", &whole), "console.url"),
        (with("url = 'https://b.example.com/console'", &whole), "has a path"),
        (with(url, "issuer = 'http://id.example.com'\nclient_secret = 'a'"), "openid.issuer"),
        (with(url, "issuer = 'id.example.com'\nclient_secret = 'a'"), "openid.issuer"),
        (with(url, issuer), "console.openid: has neither client_secret nor"),
        (also("client_secret_file = 'b'"), "console.openid: has both"),
        (also("claim = ' '"), "console.openid.claim"),
        (also("scopes = ['a b']"), "console.openid.scopes"),
        (also("roles = { x = 'gateway' }"), "console.openid.roles"),
        (also("role = 'admin'"), "unknown field `role`"),
    ] {
        assert!(error(&file, &[]).contains(wrong), "{wrong}: {}", error(&file, &[]));
    }
}

#[test]
fn a_list_in_the_environment_is_parted_by_commas() {
    let environment = [("SPORRAN_TRUSTED_PROXIES", "10.0.0.0/8, ::1")];
    let config = load("trusted_proxies = ['1.2.3.4']", &environment, Flags::default()).unwrap();
    let proxies: Vec<String> = config.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(proxies, ["10.0.0.0/8", "::1/128"]);
}

#[test]
fn databases_are_read_and_their_addresses_are_not_shown() {
    let file = "
        store = 'postgres://sporran:secret@db1.example/sporran'
        [[nodes.databases]]
        shards = '16-31'
        url = 'postgres://sporran:secret@db2.example/sporran'
    ";
    let config = load(file, &[], Flags::default()).unwrap();
    assert_eq!(config.storage().elsewhere[0].shards, "16-31");
    let shown = toml::to_string(&config).unwrap();
    assert!(shown.contains("16-31") && !shown.contains("secret@"), "{shown}");
    // The environment replaces the whole list; hosts have commas between them.
    let written = "8=postgres://a:1,b:2/x?sslmode=require  9-12=postgres://c/x";
    let environment = [("SPORRAN_NODES_DATABASES", written)];
    let config = load(file, &environment, Flags::default()).unwrap();
    let databases = config.storage().elsewhere;
    let shards: Vec<&str> = databases.iter().map(|it| it.shards.as_str()).collect();
    assert_eq!(shards, ["8", "9-12"]);
    let url = databases[0].url.as_ref().unwrap().as_str();
    assert_eq!(url, "postgres://a:1,b:2/x?sslmode=require");
    let said = |written| error(file, &[("SPORRAN_NODES_DATABASES", written)]);
    assert!(said("postgres://ann:secret@a/x?b=c").contains("is not such as 16-31=postgres://"));
    assert!(!said("postgres://ann:secret@a/x?b=c").contains("secret"));
    assert!(said("8=postgres://a/x 7-9=postgres://b/x").contains("8 is in nodes.databases[0] too"));
    let unknown = file.replace("shards =", "shard =");
    assert!(error(&unknown, &[]).contains("unknown field `shard`"), "{}", error(&unknown, &[]));
    let alone = file.replace("store = 'postgres://sporran:secret@db1.example/sporran'", "");
    assert!(error(&alone, &[]).contains("nodes.databases: a file is one shard; set store"));
    let config = load(file, &[], Flags::default()).unwrap();
    assert!(config.nodes.open().unwrap_err().to_string().contains("databases and no address"));
}

#[test]
fn a_section_of_two_words_is_in_the_environment_too() {
    let environment = [("SPORRAN_SELF_CARE_SESSION_DAYS", "7")];
    let config = load("", &environment, Flags::default()).unwrap();
    assert_eq!(config.self_care.session_days, 7);
}

#[test]
fn how_codes_are_sent_is_read_and_its_secrets_are_not_shown() {
    let mail = "
        [self_care.codes]
        sender = 'smtp'
        host = 'mail.lagoon.example'
        from = 'Lagoon <no-reply@lagoon.example>'
        user = 'sporran'
        password = 'open sesame'
    ";
    let config = load(mail, &[], Flags::default()).unwrap();
    let shown = toml::to_string(&config).unwrap();
    assert!(shown.contains("mail.lagoon.example") && !shown.contains("open sesame"), "{shown}");
    assert!(config.access_options().is_ok());
    let without = mail.replace("password = 'open sesame'", "");
    assert!(error(&without, &[]).contains("needs user and password"));
    let hook = "
        [self_care.codes]
        sender = 'webhook'
        url = 'https://sms.lagoon.example/codes'
        secret = 'whsec_c3BvcnJhbnNwb3JyYW5zcG9ycmFuc3BvcnJhbg=='
    ";
    let config = load(hook, &[], Flags::default()).unwrap();
    assert!(!toml::to_string(&config).unwrap().contains("c3BvcnJhb"));
    assert!(config.access_options().is_ok());
    assert!(load("", &[], Flags::default()).unwrap().access_options().is_ok());
}

#[test]
fn paying_by_stripe_is_read_and_what_is_wrong_with_it_is_named() {
    let good = "
        [channels.stripe.cards]
        secrets = ['whsec_for_the_tests']
        allow = ['0.0.0.0/0']
        [self_care.stripe]
        channel = 'cards'
        secret = 'sk_test_of_nobody'
        return_url = 'https://my.lagoon.example'
        [self_care.stripe.currencies]
        EUR = { minimum = '1.00', maximum = '500.00' }
        XPF = {}
    ";
    let config = load(good, &[], Flags::default()).unwrap();
    assert!(!toml::to_string(&config).unwrap().contains("sk_test"));
    assert!(config.open_channels().unwrap().checkout.is_some());
    assert!(load("", &[], Flags::default()).unwrap().open_channels().unwrap().checkout.is_none());
    for (what, wrong, says) in [
        ("'cards'\n        secret", "'coins'\n        secret", "self_care.stripe.channel"),
        ("secret = 'sk_test_of_nobody'", "", "neither secret nor secret_file"),
        ("'sk_test_of_nobody'", "'sk test of nobody'", "self_care.stripe.secret"),
        ("https://my.lagoon.example", "http://my.lagoon.example", "return_url"),
        ("https://my.lagoon.example", "https://my.lagoon.example/my", "return_url"),
        ("https://my.lagoon.example", "my.lagoon.example", "return_url"),
        ("'1.00'", "'0.00'", "currencies.EUR.minimum"),
        ("'1.00'", "'501.00'", "currencies.EUR.minimum"),
        ("'500.00'", "'1000000.00'", "currencies.EUR.maximum"),
        ("XPF = {}", "EURO = {}", "currencies.EURO"),
        ("channel = 'cards'", "channel = 'cards'\ntimeout_seconds = 0", "timeout_seconds"),
        ("channel = 'cards'", "channel = 'cards'\nkey = 'x'", "key"),
    ] {
        let file = good.replace(what, wrong);
        assert_ne!(file, good, "{what}");
        let error = error(&file, &[]);
        assert!(error.contains(says), "{wrong}: {error}");
    }
}
