use engine::AccountId;

use super::*;

fn profile(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|it| (it.0.to_owned(), it.1.to_owned())).collect()
}

fn judge(
    on: (bool, bool),
    service: Option<&str>,
    has: Option<&[(&str, &str)]>,
) -> Option<DifferenceKind> {
    let found = Found {
        named: Named::Subject("amelie@example.pf".into()),
        on: on.0,
        service: service.map(str::to_owned),
        profile: has.map(profile),
    };
    let desired = Desired {
        subscription: SubscriptionId { account: AccountId(1), serial: 2 },
        on: on.1,
        service: "internet-100".into(),
        subjects: vec!["amelie@example.pf".into()],
        base: None,
        modifiers: Vec::new(),
    };
    difference(&found, &desired, &profile(&[("down_kbit", "100000"), ("up_kbit", "20000")]))
}

#[test]
fn on_and_off_come_before_what_is_set() {
    use DifferenceKind::{OnDiffers, ProfileDiffers, ServiceDiffers};
    let right: &[(&str, &str)] = &[("up_kbit", "20000"), ("down_kbit", "100000"), ("mtu", "1492")];
    let slow: &[(&str, &str)] = &[("up_kbit", "20000"), ("down_kbit", "20000")];
    let less: &[(&str, &str)] = &[("up_kbit", "20000")];
    for (on, service, has, difference) in [
        ((true, true), None, None, None),
        ((true, true), Some("internet-100"), Some(right), None),
        ((true, false), None, None, Some(OnDiffers)),
        ((false, true), Some("tv"), Some(slow), Some(OnDiffers)),
        ((true, true), Some("tv"), Some(slow), Some(ServiceDiffers)),
        ((true, true), None, Some(slow), Some(ProfileDiffers)),
        ((true, true), None, Some(less), Some(ProfileDiffers)),
        ((true, true), None, Some(&[]), Some(ProfileDiffers)),
        ((false, false), Some("tv"), Some(slow), None),
    ] {
        assert_eq!(judge(on, service, has), difference, "{on:?} {service:?} {has:?}");
    }
}
