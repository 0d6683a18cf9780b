//! What must never be written on the way to the issuer and back.

use super::super::desk::nobody;
use super::super::issuer::{Issuer, SECRET, Signing};
use super::{BEGIN, come, provider};
use crate::api::access::secrets::{finds, logged};

/// Everything that must not be found, and everything that is kept on the disk.
async fn come_and_fail() -> (Vec<String>, Vec<u8>) {
    let issuer = Issuer::start().await;
    let world = provider(&issuer, |_| {}).await;
    let mut browser = nobody(&world);
    let mut secrets = vec![SECRET.to_owned()];
    for signing in [Signing::ByAnother, Signing::Not, Signing::Properly] {
        issuer.tell().signing = signing;
        browser.get(BEGIN).await;
        let errand = browser.cookies["__Host-sporran-openid"].clone();
        secrets.extend(errand.split('.').filter(|it| it.len() == 43).map(str::to_owned));
        let page = come(&mut browser, &issuer).await;
        assert_eq!(page.status == 303, signing == Signing::Properly);
    }
    secrets.push(browser.cookies["__Host-sporran"].clone());
    secrets.extend(issuer.tell().secrets.iter().cloned());
    assert!(secrets.len() >= 20, "{secrets:?}");
    (secrets, world.home().kept_of_access())
}

#[test]
fn neither_the_log_nor_the_disk_has_a_secret_a_code_or_a_token() {
    let ((secrets, kept), log) = logged(come_and_fail());
    for begins in ["the log of this test begins", "a sign-in by OpenID Connect failed"] {
        assert!(finds(&log, begins), "nothing was logged of {begins}");
    }
    assert!(finds(&kept, "sub-of-ann"), "nothing was kept");
    for secret in &secrets {
        assert!(!finds(&log, secret), "the log has {secret}");
        assert!(!finds(&kept, secret), "the disk has {secret}");
    }
}
