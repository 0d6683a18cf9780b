//! Several processes of the program over one database.

use std::net::TcpListener;
use std::path::PathBuf;

use store::throwaway;

use super::harness::{Client, Server, cents, run, text, wait_for};

pub const SECRET: &str = "what the nodes alone know";

/// Whether another database server has everything before it is acknowledged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Standby {
    Without,
    Synchronous,
}

/// Nodes by number, and the database that they share.
pub struct Cluster {
    directory: tempfile::TempDir,
    primary: throwaway::Server,
    standby: Option<throwaway::Server>,
    url: String,
    shards: u32,
    config: Option<PathBuf>,
    pub key: String,
    pub nodes: Vec<Option<Server>>,
}

impl Cluster {
    /// `None` where PostgreSQL is not installed.
    pub fn start(name: &str, count: usize, standby: Standby) -> Option<Self> {
        Self::with_shards(name, 1, count, standby)
    }

    /// As [`Self::start`], over a database that is made for so many shards.
    pub fn with_shards(name: &str, shards: u32, count: usize, standby: Standby) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let name = format!("sporran-{name}-{}", std::process::id());
        let place = |it: &str| std::env::temp_dir().join(format!("{name}-{it}"));
        let Some(primary) = throwaway::Server::start(&place("1"), &["fsync=on"]) else {
            println!("skipped: PostgreSQL is not installed");
            return None;
        };
        let mut url = primary.url();
        let standby = match standby {
            Standby::Without => None,
            Standby::Synchronous => {
                let settings = ["fsync=on", "wal_retrieve_retry_interval=100ms"];
                let standby = primary.standby(&place("2"), &settings);
                // From here on no commit returns before the standby has it.
                primary.restart(&["fsync=on", "synchronous_standby_names=*"]);
                url = format!("{url},{}", standby.socket().display());
                Some(standby)
            }
        };
        let first = directory.path().join("key");
        let place = ["--data-dir", text(&first), "--store", &url];
        let (code, said) = run(&[&["key", "create", "--role", "admin"], &place[..]].concat());
        assert_eq!(code, 0, "{said}");
        let key = said.split_whitespace().last().unwrap().to_owned();
        let (nodes, config) = (Vec::new(), None);
        let mut cluster = Self { directory, primary, standby, url, shards, config, key, nodes };
        cluster.add_all(count);
        Some(cluster)
    }

    /// As [`Self::with_shards`], of nodes with this configuration.
    pub fn configured(name: &str, shards: u32, count: usize, config: &str) -> Option<Self> {
        let mut cluster = Self::with_shards(name, shards, 0, Standby::Without)?;
        let path = cluster.directory.path().join("sporran.toml");
        std::fs::write(&path, config).unwrap();
        cluster.config = Some(path);
        cluster.add_all(count);
        Some(cluster)
    }

    fn add_all(&mut self, count: usize) {
        for _ in 0..count {
            self.add();
        }
        if count > 0 {
            self.wait_for_all_shards();
        }
    }

    pub fn data_dir(&self, number: usize) -> PathBuf {
        self.directory.path().join(format!("node-{number}"))
    }

    /// Starts another node; answers its number.
    pub fn add(&mut self) -> usize {
        let number = self.nodes.len();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("http://127.0.0.1:{port}");
        let shards = self.shards.to_string();
        let mut settings = vec![
            ("SPORRAN_STORE", self.url.as_str()),
            ("SPORRAN_NODES_ADDRESS", &address),
            ("SPORRAN_NODES_SECRET", SECRET),
        ];
        if self.shards > 1 {
            settings.push(("SPORRAN_NODES_SHARDS", &shards));
        }
        settings.extend(self.config.as_ref().map(|it| ("SPORRAN_CONFIG", text(it))));
        let port = port.to_string();
        let server =
            Server::start_as(&self.data_dir(number), &self.key, &settings, &["--port", &port]);
        self.nodes.push(Some(server));
        number
    }

    pub fn node(&self, number: usize) -> &Server {
        self.nodes[number].as_ref().unwrap()
    }

    pub fn wait_for_all_shards(&self) {
        wait_for("nodes that have all shards", || {
            (self.held().iter().sum::<i64>() == i64::from(self.shards)).then_some(())
        });
    }

    /// How many shards each node says it has.
    pub fn held(&self) -> Vec<i64> {
        let held =
            |it: &Option<Server>| it.as_ref().map_or(0, |it| metric(it, "sporran_shards_held"));
        self.nodes.iter().map(held).collect()
    }

    /// A node that says it has a shard.
    pub fn owner(&self) -> Option<usize> {
        (0..self.nodes.len()).find(|it| {
            self.nodes[*it].as_ref().is_some_and(|node| metric(node, "sporran_shards_held") > 0)
        })
    }

    /// A node that does not have it.
    pub fn other(&self) -> usize {
        let owner = self.owner().unwrap();
        (0..self.nodes.len()).find(|it| *it != owner && self.nodes[*it].is_some()).unwrap()
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends every connection to the database, as a cut network does.
    pub fn disconnect(&self) {
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE pid <> pg_backend_pid() AND application_name = 'sporran'";
        throwaway::execute(&self.url, sql);
    }

    /// Ends the primary as a power cut would and lets the standby take the lead; `false` when there
    /// is none any more.
    pub fn fail_over(&mut self) -> bool {
        let Some(standby) = self.standby.take() else { return false };
        self.primary.stop();
        standby.promote();
        self.primary = standby;
        true
    }

    /// What a command is told of where the business is.
    pub fn place(&self) -> Vec<String> {
        let data_dir = self.directory.path().join("key");
        let mut place = vec!["--data-dir", text(&data_dir), "--store", &self.url];
        place.extend(self.config.iter().flat_map(|it| ["--config", text(it)]));
        place.into_iter().map(str::to_owned).collect()
    }

    /// Ends whoever is left, in order.
    pub fn stop(&mut self) {
        for node in self.nodes.iter_mut().flatten() {
            node.terminate();
            wait_for("the end of a node", || node.ended());
        }
        self.nodes.clear();
    }

    /// Starts a node on the database, which has so many shards by now.
    pub fn restart_with(&mut self, shards: u32) {
        self.shards = shards;
        self.add_all(1);
    }

    /// Ends whoever is left in order, and checks the books.
    pub fn verify(self) {
        let said = self.end_and_verify();
        assert!(said.contains("Everything holds."), "{said}");
    }

    /// Ends whoever is left in order; answers what is said of the books.
    pub fn end_and_verify(mut self) -> String {
        self.stop();
        let place = self.place();
        let place: Vec<&str> = place.iter().map(String::as_str).collect();
        let (code, said) = run(&[&["verify"], &place[..]].concat());
        assert_eq!(code == 0, said.contains("Everything holds."), "{said}");
        said
    }
}

pub fn metric(node: &Server, name: &str) -> i64 {
    let text = node.client().text("/metrics");
    let line = text.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|it| it.trim().parse().ok()).unwrap_or(0)
}

/// The figures of a node's `/metrics` with this name, by shard.
pub fn by_shard(node: &Server, name: &str) -> Vec<String> {
    let text = node.client().text("/metrics");
    let start = format!("{name}{{shard=");
    let mut found: Vec<String> =
        text.lines().filter(|it| it.starts_with(&start)).map(str::to_owned).collect();
    found.sort();
    found
}

pub fn balance(client: &mut Client, account: &str) -> i64 {
    let found = client.get(&format!("/v1/accounts/{account}"));
    assert_eq!(found.status, 200, "{found:?}");
    cents(&found.body["balance"])
}
