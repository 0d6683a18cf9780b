use super::*;

fn read(text: &str) -> anyhow::Result<ProvisioningConfig> {
    let config: ProvisioningConfig = toml::from_str(text)?;
    config.check()?;
    Ok(config)
}

const KEY: &str = "whsec_8vZTHp1lBsE6nzqAhFqUgQbHYIhHMoySCzS1UEsxeqM=";

#[test]
fn an_adapter_of_each_kind_has_defaults() {
    let text = format!(
        "[adapters.olt]\nkind = 'webhook'\nurl = 'http://10.0.0.5:8080/switch'\nsecret = '{KEY}'\n\
         [adapters.shaper]\nkind = 'program'\ncommand = ['/usr/local/bin/shape', '-v']\n\
         concurrency = 1\n\
         [adapters.field]\nkind = 'manual'\n"
    );
    let options = read(&text).unwrap().open().unwrap();
    assert_eq!(options.kept, 30 * 86_400_000_000);
    let found: Vec<_> = options
        .adapters
        .iter()
        .map(|it| (it.name.as_str(), it.means.kind(), it.concurrency, it.acknowledge_within))
        .collect();
    assert_eq!(
        found,
        [
            ("field", "manual", 0, 0),
            ("olt", "webhook", 8, 300_000_000),
            ("shaper", "program", 1, 300_000_000),
        ]
    );
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let webhook = format!("kind = 'webhook'\nurl = 'http://a/'\nsecret = '{KEY}'\n");
    for (adapter, place) in [
        (webhook.replace("http://", ""), "provisioning.adapters.a.url"),
        (webhook.replace("whsec_", ""), "provisioning.adapters.a.secret"),
        (webhook.replace("secret = ", "secrets = "), "secrets"),
        ("kind = 'webhook'\nurl = 'http://a/'".into(), "neither secret nor secret_file"),
        (format!("{webhook}secret_file = '/key'"), "both secret and secret_file"),
        (format!("{webhook}timeout_seconds = 0"), "provisioning.adapters.a.timeout_seconds"),
        (format!("{webhook}concurrency = 0"), "provisioning.adapters.a.concurrency"),
        (
            format!("{webhook}acknowledge_within_seconds = 90000"),
            "provisioning.adapters.a.acknowledge_within_seconds",
        ),
        ("kind = 'program'\ncommand = ['shape']".into(), "provisioning.adapters.a.command"),
        ("kind = 'program'\ncommand = []".into(), "provisioning.adapters.a.command"),
        ("kind = 'manual'\nurl = 'http://a/'".into(), "url"),
        ("kind = 'radius'".into(), "radius"),
        ("command = ['/bin/true']".into(), "kind"),
    ] {
        let error = read(&format!("[adapters.a]\n{adapter}\n")).expect_err("this is refused");
        let error = format!("{error:#}");
        assert!(error.contains(place), "{adapter}: {error}");
    }
    assert!(read("keep_days = 0").is_err());
    assert!(read("[adapters.\"A B\"]\nkind = 'manual'").is_err());
}

#[test]
fn a_secret_is_never_shown() {
    let text = format!("[adapters.a]\nkind = 'webhook'\nurl = 'http://a/'\nsecret = '{KEY}'\n");
    let config = read(&text).unwrap();
    let shown = toml::to_string(&config).unwrap();
    assert!(shown.contains("(hidden)") && !shown.contains("8vZTHp1l"), "{shown}");
    assert!(!format!("{config:?}").contains("8vZTHp1l"));
}
