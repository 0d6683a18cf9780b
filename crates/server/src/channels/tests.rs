use std::io::Write;

use super::*;

const OSMP: &str = "
    [kiosk.osmp]
    secret = 'open sesame'
    allow = ['91.232.230.0/23', '127.0.0.1']
    currency = 'EUR'
    minimum = '1.00'
    maximum = '500.00'
    time_zone = 'Europe/Paris'
";

fn channels(text: &str) -> anyhow::Result<Channels> {
    let channels: Channels = toml::from_str(text)?;
    channels.check()?;
    Ok(channels)
}

#[test]
fn a_channel_opens_with_what_the_configuration_says() {
    let open = channels(OSMP).unwrap().open().unwrap();
    let Channel { name, access, terms } = &open.kiosk["osmp"].channel;
    assert_eq!((name.as_str(), terms.currency), ("osmp", Currency::EUR));
    assert!(access.is_secret(b"open sesame"));
    assert_eq!(terms.minimum.map(Amount::units), Some(1_000_000));
    assert_eq!(terms.zone.iana_name(), Some("Europe/Paris"));
}

#[test]
fn what_is_wrong_with_a_channel_names_its_key() {
    for (from, to, expected) in [
        ("secret = 'open sesame'", "", "channels.kiosk.osmp: has neither secret"),
        ("secret = 'open sesame'", "secret = 'short'", "channels.kiosk.osmp.secret: is shorter"),
        ("currency = 'EUR'", "currency = 'EURO'", "channels.kiosk.osmp.currency: \"EURO\""),
        ("currency = 'EUR'", "", "currency"),
        ("'1.00'", "'1.001'", "channels.kiosk.osmp.minimum: \"1.001\""),
        ("'1.00'", "'501.00'", "channels.kiosk.osmp.minimum: is above"),
        ("'500.00'", "'0'", "channels.kiosk.osmp.maximum: \"0\""),
        ("Europe/Paris", "Europe/Atlantis", "channels.kiosk.osmp.time_zone"),
        ("'91.232.230.0/23', '127.0.0.1'", "", "channels.kiosk.osmp.allow: names no address"),
        ("127.0.0.1", "127.0.0", "127.0.0"),
        ("minimum", "minimun", "minimun"),
        ("[kiosk.osmp]", "[kiosk.OSMP]", "channels.kiosk.OSMP: \"OSMP\" must be"),
        ("[kiosk.osmp]", "[kiosc.osmp]", "kiosc"),
        ("[kiosk.osmp]", "[kiosk.osmp]\nsecret_parameter = 'sum'", "secret_parameter: is empty"),
        ("[kiosk.osmp]", "[kiosk.osmp]\nsecret_file = 'x'", "channels.kiosk.osmp: has both"),
    ] {
        let text = OSMP.replace(from, to);
        assert_ne!(text, OSMP, "{from}");
        let error = format!("{:#}", channels(&text).expect_err(to));
        assert!(error.contains(expected), "{to:?} gave {error}");
    }
}

#[test]
fn a_secret_may_stand_in_a_file_of_its_own() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let line = format!("secret_file = '{}'", file.path().display());
    let channels = channels(&OSMP.replace("secret = 'open sesame'", &line)).unwrap();
    let error = format!("{:#}", channels.open().expect_err("an empty secret"));
    assert!(error.contains("channels.kiosk.osmp.secret_file: is shorter"), "{error}");
    file.write_all(b"from a file\n").unwrap();
    let open = channels.open().unwrap();
    assert!(open.kiosk["osmp"].channel.access.is_secret(b"from a file"));
    file.close().unwrap();
    let error = format!("{:#}", channels.open().expect_err("no file"));
    assert!(error.contains("secret_file: failed to read"), "{error}");
}
