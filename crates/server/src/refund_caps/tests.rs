use super::*;

fn read(text: &str) -> anyhow::Result<RefundCaps> {
    RefundCaps::read(&toml::from_str(text).unwrap())
}

#[test]
fn a_role_refunds_alone_up_to_its_cap() {
    let caps = read("[agent]\nEUR = '50.00'\nXPF = '6000'\n[admin]\nEUR = '900'").unwrap();
    let cap = |role, code| caps.cap(role, Currency::from_code(code).unwrap());
    let euros = |text| Some(Amount::parse(text, 2, Precision::MinorUnits).unwrap());
    assert_eq!(cap(Role::Agent, "EUR"), euros("50.00"));
    assert_eq!(cap(Role::Agent, "XPF"), Amount::parse("6000", 0, Precision::MinorUnits).ok());
    assert_eq!(cap(Role::Agent, "USD"), euros("0"));
    assert_eq!(cap(Role::Finance, "EUR"), euros("0"));
    assert_eq!(cap(Role::Admin, "EUR"), euros("900"));
    assert_eq!(cap(Role::Admin, "USD"), None);
}

#[test]
fn a_wrong_cap_is_an_error_that_names_its_place() {
    for (text, place) in [
        ("[agnet]\nEUR = '1'", "refunds.agnet"),
        ("[gateway]\nEUR = '1'", "refunds.gateway"),
        ("[agent]\nEURO = '1'", "refunds.agent.EURO"),
        ("[agent]\nEUR = '1.001'", "refunds.agent.EUR"),
        ("[agent]\nXPF = '-1'", "refunds.agent.XPF"),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.starts_with(place), "{error}");
    }
}
