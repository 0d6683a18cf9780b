//! `[console.openid]` in the configuration.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use serde::{Deserialize, Serialize};

use super::super::config::{Console, secret};
use super::super::users::{ROLES, role};
use super::issuer::Issuer;
use super::{CALLBACK, OpenId, signature};
use crate::channels::access::{Secret, one_of};
use crate::http::auth::Role;
use crate::webhooks::client::Target;

const PLACE: &str = "console.openid";

/// Who says who somebody of the staff is, beside their password or in place of it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OpenIdConfig {
    /// As the issuer calls itself: `https://id.example.com/realms/lagoon`.
    pub issuer: String,
    /// As it knows us.
    pub client_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<Secret>,
    /// Holds the secret, so that the configuration need not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret_file: Option<PathBuf>,
    /// What the sign-in page calls it.
    #[serde(default = "button")]
    pub button: String,
    /// What is asked for beside `openid`.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// Which claim says whose identity it is, when it comes for the first time.
    #[serde(default = "claim")]
    pub claim: String,
    /// Which claim names groups.
    #[serde(default = "roles_claim")]
    pub roles_claim: String,
    /// Group to role. Where there are any, users are made and get their role by them.
    #[serde(default)]
    pub roles: BTreeMap<String, String>,
}

fn button() -> String {
    "OpenID Connect".to_owned()
}

fn scopes() -> Vec<String> {
    ["profile", "email"].map(str::to_owned).to_vec()
}

fn claim() -> String {
    "email".to_owned()
}

fn roles_claim() -> String {
    "groups".to_owned()
}

/// Says what is wrong without looking at any file.
pub fn check(console: &Console) -> anyhow::Result<()> {
    if !console.url.is_empty()
        && let Err(why) = Target::origin(&console.url)
    {
        bail!("console.url: {:?} {why}", console.url);
    }
    let Some(openid) = &console.openid else {
        ensure!(console.password, "console.password: without {PLACE} nobody could come in");
        return Ok(());
    };
    ensure!(!console.url.is_empty(), "{PLACE}: needs console.url: the address that staff open");
    check_url(&openid.issuer).with_context(|| format!("{PLACE}.issuer"))?;
    for (key, value) in [
        ("client_id", &openid.client_id),
        ("button", &openid.button),
        ("claim", &openid.claim),
        ("roles_claim", &openid.roles_claim),
    ] {
        ensure!(!value.trim().is_empty(), "{PLACE}.{key}: is empty");
    }
    let is_scope = |it: &String| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_graphic());
    ensure!(openid.scopes.iter().all(is_scope), "{PLACE}.scopes: one of them is no word");
    let names = ["client_secret", "client_secret_file"];
    let file = openid.client_secret_file.as_deref();
    one_of(PLACE, names, openid.client_secret.as_ref(), file)?;
    read_roles(&openid.roles).map(drop)
}

/// What is configured, if anything is.
pub fn open(console: &Console) -> anyhow::Result<Option<OpenId>> {
    let Some(openid) = &console.openid else { return Ok(None) };
    let place = format!("{PLACE}.client_secret_file");
    let client_secret = secret(&place, &openid.client_secret, &openid.client_secret_file)?;
    let client_secret = client_secret.context("it has no client secret")?;
    let client_secret = client_secret.as_str().to_owned();
    let scopes = ["openid"].into_iter().chain(openid.scopes.iter().map(String::as_str));
    let mut scopes: Vec<&str> = scopes.collect();
    scopes.dedup();
    let redirect_uri = format!("{}{CALLBACK}", console.url.trim_end_matches('/'));
    signature::install();
    Ok(Some(OpenId {
        button: openid.button.trim().to_owned(),
        scope: scopes.join(" "),
        claim: openid.claim.clone(),
        roles_claim: openid.roles_claim.clone(),
        roles: read_roles(&openid.roles)?,
        issuer: Issuer::new(&openid.issuer, &openid.client_id, client_secret, redirect_uri),
    }))
}

/// The strongest role first: who is in several groups has it.
fn read_roles(roles: &BTreeMap<String, String>) -> anyhow::Result<Vec<(String, Role)>> {
    let read = |(group, name): (&String, &String)| {
        let read = role(name).with_context(|| format!("{PLACE}.roles: {group:?}"));
        Ok((group.clone(), read?))
    };
    let mut read = roles.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
    read.sort_by_key(|(_, role)| ROLES.iter().position(|it| it == role));
    Ok(read)
}

/// With TLS; without it only on this machine.
fn check_url(url: &str) -> anyhow::Result<()> {
    let target = Target::parse(url).map_err(|why| anyhow::anyhow!("{url:?} {why}"))?;
    ensure!(
        target.is_https() || target.is_here(),
        "{url:?} does not begin with https:// and is not on this machine"
    );
    Ok(())
}
