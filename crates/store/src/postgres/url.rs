//! Where the database is, as users of libpq write it: a URL, and what the environment says.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

use super::tls::{Tls, Verify};
use crate::StoreError;

const DOING: &str = "read the address of the database";

/// What the environment says of a name; tests say it themselves.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// How to reach a database.
#[derive(Debug)]
pub struct Target {
    pub config: Config,
    pub tls: Tls,
}

impl Target {
    /// Where it is, for people: hosts, port and name, without user and password.
    pub fn shown(&self) -> String {
        let ports = self.config.get_ports();
        let port = |place: usize| ports.get(place).or_else(|| ports.first()).unwrap_or(&5432);
        let hosts = self.config.get_hosts().iter().enumerate().map(|(place, host)| {
            let port = port(place);
            match host {
                Host::Tcp(name) if name.contains(':') => format!("[{name}]:{port}"),
                Host::Tcp(name) => format!("{name}:{port}"),
                Host::Unix(path) => format!("{}:{port}", path.display()),
            }
        });
        let hosts: Vec<String> = hosts.collect();
        let name = self.config.get_dbname().or_else(|| self.config.get_user());
        name.map_or_else(|| hosts.join(","), |it| format!("{}/{it}", hosts.join(",")))
    }

    /// How long connecting may take, over all hosts: what the address says for each, else ten
    /// seconds, and as long again for what comes after the socket.
    pub fn connect_limit(&self) -> Duration {
        let hosts = u32::try_from(self.config.get_hosts().len()).unwrap_or(1).max(1);
        let each = self.config.get_connect_timeout().copied();
        each.unwrap_or(Duration::from_secs(10)).saturating_mul(2).saturating_mul(hosts)
    }
}

pub fn parse(url: &str, environment: Environment<'_>) -> Result<Target, StoreError> {
    let scheme = ["postgres://", "postgresql://"].iter().any(|it| url.starts_with(it));
    if !scheme {
        return Err(wrong("it does not begin with postgres://"));
    }
    let (address, own) = split(url)?;
    let mut config: Config = address.parse().map_err(StoreError::failed(DOING))?;
    // The driver takes a list for one host.
    own.hosts.iter().flat_map(|it| it.split(',')).for_each(|it| _ = config.host(it));
    complete(&mut config, environment)?;
    if !url.contains("keepalives") {
        // A server that was cut off while it owed us an answer is found out about as soon.
        config.keepalives_idle(Duration::from_secs(5));
        config.keepalives_interval(Duration::from_secs(2)).keepalives_retries(3);
    }
    // Whatever the URL says: neither a batch nor an answer comes from a server that only follows.
    match own.session.or_else(|| environment("PGTARGETSESSIONATTRS")).as_deref() {
        None | Some("any" | "read-write" | "primary") => {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        Some(other) => {
            let why = "nothing could be written there";
            return Err(wrong(format!("target_session_attrs is {other}: {why}")));
        }
    }
    let mode = own.mode.or_else(|| environment("PGSSLMODE"));
    let root = own.root.or_else(|| environment("PGSSLROOTCERT"));
    let tls = tls(mode.as_deref(), root, own.certificate, own.key, environment)?;
    let remote = config.get_hosts().iter().any(|it| matches!(it, Host::Tcp(_)));
    config.ssl_mode(match (tls.verify, mode.as_deref()) {
        // As libpq does: on a socket of the machine there is nobody between.
        (None, _) => SslMode::Disable,
        _ if !remote => SslMode::Disable,
        (Some(Verify::Nothing), None | Some("prefer" | "allow")) => SslMode::Prefer,
        _ => SslMode::Require,
    });
    Ok(Target { config, tls })
}

/// What the driver does not know of a URL.
#[derive(Default)]
struct Own {
    hosts: Option<String>,
    mode: Option<String>,
    root: Option<String>,
    certificate: Option<String>,
    key: Option<String>,
    session: Option<String>,
}

/// The URL without what is ours to see to.
fn split(url: &str) -> Result<(String, Own), StoreError> {
    let mut own = Own::default();
    let Some((address, query)) = url.split_once('?') else {
        return Ok((url.to_owned(), own));
    };
    let mut rest = Vec::new();
    for pair in query.split('&').filter(|it| !it.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let place = match name {
            "host" => &mut own.hosts,
            "sslmode" => &mut own.mode,
            "sslrootcert" => &mut own.root,
            "sslcert" => &mut own.certificate,
            "sslkey" => &mut own.key,
            "target_session_attrs" => &mut own.session,
            _ => {
                rest.push(pair);
                continue;
            }
        };
        *place = Some(decode(value)?);
    }
    let question = if rest.is_empty() { "" } else { "?" };
    Ok((format!("{address}{question}{}", rest.join("&")), own))
}

fn decode(value: &str) -> Result<String, StoreError> {
    let mut bytes = Vec::new();
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next(), rest.next()].map(|it| it.unwrap_or(b'?'));
        let text = std::str::from_utf8(&digits).unwrap_or_default();
        let decoded = u8::from_str_radix(text, 16);
        bytes.push(decoded.map_err(|_| wrong(format!("{value:?} is not percent-encoded")))?);
    }
    String::from_utf8(bytes).map_err(|_| wrong(format!("{value:?} is not UTF-8")))
}

/// Fills in what the URL leaves out.
fn complete(config: &mut Config, environment: Environment<'_>) -> Result<(), StoreError> {
    if config.get_hosts().is_empty() {
        let local = ["/var/run/postgresql", "/tmp"];
        let local = local.into_iter().find(|it| Path::new(it).is_dir()).unwrap_or("localhost");
        let hosts = environment("PGHOST").unwrap_or_else(|| local.to_owned());
        hosts.split(',').for_each(|it| _ = config.host(it));
    }
    if config.get_ports().is_empty() {
        for port in environment("PGPORT").iter().flat_map(|it| it.split(',')) {
            let port = port.parse().map_err(|_| wrong(format!("PGPORT is {port:?}")))?;
            config.port(port);
        }
    }
    if config.get_user().is_none() {
        // Without any the driver asks the system who we are.
        environment("PGUSER").iter().for_each(|it| _ = config.user(it));
    }
    if config.get_dbname().is_none() {
        environment("PGDATABASE").iter().for_each(|it| _ = config.dbname(it));
    }
    if config.get_options().is_none() {
        environment("PGOPTIONS").iter().for_each(|it| _ = config.options(it));
    }
    if config.get_application_name().is_none() {
        let name = environment("PGAPPNAME");
        config.application_name(name.unwrap_or_else(|| "sporran".to_owned()));
    }
    if config.get_connect_timeout().is_none() {
        let seconds = environment("PGCONNECT_TIMEOUT").and_then(|it| it.parse().ok());
        config.connect_timeout(Duration::from_secs(seconds.unwrap_or(5)));
    }
    if config.get_tcp_user_timeout().is_none() {
        // A server that was cut off is one that does not answer for so long.
        config.tcp_user_timeout(Duration::from_secs(10));
    }
    if config.get_password().is_none() {
        let password = environment("PGPASSWORD").or_else(|| from_file(config, environment));
        password.iter().for_each(|it| _ = config.password(it));
    }
    Ok(())
}

/// The password that the password file has for this database.
fn from_file(config: &Config, environment: Environment<'_>) -> Option<String> {
    let path = match environment("PGPASSFILE") {
        Some(path) => PathBuf::from(path),
        None => PathBuf::from(environment("HOME")?).join(".pgpass"),
    };
    // As libpq does: a file that others may read is no secret.
    use std::os::unix::fs::PermissionsExt;
    let is_private = std::fs::metadata(&path).ok()?.permissions().mode() & 0o077 == 0;
    let text = std::fs::read_to_string(&path).ok().filter(|_| is_private)?;
    let user = config.get_user().unwrap_or_default();
    let database = config.get_dbname().unwrap_or(user);
    config.get_hosts().iter().enumerate().find_map(|(place, host)| {
        let host = match host {
            Host::Tcp(name) => name.as_str(),
            Host::Unix(_) => "localhost",
        };
        let ports = config.get_ports();
        let port = ports.get(place).or_else(|| ports.first()).unwrap_or(&5432).to_string();
        let wanted = [host, &port, database, user];
        text.lines().find_map(|line| password_of(line, wanted))
    })
}

/// The password of a line `host:port:database:user:password`, when it is about these.
fn password_of(line: &str, wanted: [&str; 4]) -> Option<String> {
    let mut fields = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => fields.last_mut()?.extend(letters.next()),
            ':' if fields.len() < 5 => fields.push(String::new()),
            letter => fields.last_mut()?.push(letter),
        }
    }
    let [host, port, database, user, password] = fields.try_into().ok()?;
    let found = [host, port, database, user];
    let fits = found.iter().zip(wanted).all(|(it, wanted)| it == "*" || it == wanted);
    (fits && !line.starts_with('#')).then_some(password)
}

fn tls(
    mode: Option<&str>,
    root: Option<String>,
    certificate: Option<String>,
    key: Option<String>,
    environment: Environment<'_>,
) -> Result<Tls, StoreError> {
    let home = environment("HOME").map(|it| PathBuf::from(it).join(".postgresql"));
    let own = |name: &str| home.as_ref().map(|it| it.join(name)).filter(|it| it.exists());
    let root = root.map(PathBuf::from).or_else(|| own("root.crt"));
    let verify = match mode {
        Some("disable") => None,
        None | Some("allow" | "prefer") => Some(Verify::Nothing),
        // As libpq does: with authorities at hand they are asked.
        Some("require") if root.is_some() => Some(Verify::Authority),
        Some("require") => Some(Verify::Nothing),
        Some("verify-ca") => Some(Verify::Authority),
        Some("verify-full") => Some(Verify::AuthorityAndName),
        Some(other) => return Err(wrong(format!("there is no sslmode {other:?}"))),
    };
    let certificate = certificate.or_else(|| environment("PGSSLCERT")).map(PathBuf::from);
    let key = key.or_else(|| environment("PGSSLKEY")).map(PathBuf::from);
    let certificate = certificate.or_else(|| own("postgresql.crt"));
    let key = key.or_else(|| own("postgresql.key"));
    Ok(Tls { verify, root, client: certificate.zip(key) })
}

fn wrong(why: impl Into<String>) -> StoreError {
    StoreError::Failed { doing: DOING, source: why.into().into() }
}

#[cfg(test)]
mod tests;
