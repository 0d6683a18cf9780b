//! The running server: data directory, shard, listener, and an orderly end.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::serve::ListenerExt;
use engine::Timestamp;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use store::provisioning::ProvisioningStore;
use store::webhooks::WebhookStore;
use store::{Database, OpenedStore, WalFolder};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::access::users::ACTOR_PREFIX;
use crate::access::{self, Access};
use crate::clock::Clock;
use crate::config::Config;
use crate::data_dir::{DataDir, kind};
use crate::http::app::App;
use crate::http::auth::{NewKey, Role};
use crate::http::routes;
use crate::lent::{self, SharedStore};
use crate::nodes;
use crate::progress::RecoveryBar;
use crate::provisioning::{self, Provisioning};
use crate::readers::Readers;
use crate::shard::{Shard, ShardOptions, ShardThreads};
use crate::shards::Shards;
use crate::storage::{Storage, Taken, apart};
use crate::webhooks;

/// A shard on a data directory that nobody else has.
pub struct Running {
    pub shard: Shard,
    pub database: Arc<dyn Database>,
    pub readers: Readers,
    pub webhooks: SharedStore<dyn WebhookStore>,
    pub provisioning: SharedStore<dyn ProvisioningStore>,
    pub access: access::Opened,
    threads: ShardThreads,
    folding: Option<Folding>,
    _data_dir: DataDir,
}

impl Running {
    /// Opens the data directory and recovers; shows how far it is when that takes long.
    ///
    /// The clock of a demo or test directory is ahead of the one in `options` as far as it was
    /// set; everywhere else it is that one.
    pub fn open(storage: impl Into<Storage>, options: ShardOptions) -> anyhow::Result<Self> {
        let storage = storage.into();
        apart(|| Self::open_here(&storage, options))
    }

    fn open_here(storage: &Storage, options: ShardOptions) -> anyhow::Result<Self> {
        let Taken { data_dir, beside, database, opened } = storage.take()?;
        let OpenedStore { store, folder } = opened;
        let clock = kind::clock_of(database.reader()?.as_ref(), options.clock)?;
        let options = ShardOptions { clock, ..options };
        let webhooks = lent::shared::<dyn WebhookStore>(Box::new(beside.webhooks()?));
        let provisioning = lent::shared::<dyn ProvisioningStore>(Box::new(beside.provisioning()?));
        let access = access::open(&beside)?;
        let acknowledged = data_dir.acknowledged()?;
        let folding = folder.map(Folding::start).transpose()?;
        let note = Box::new(move |position| acknowledged.note(position));
        let mut bar = RecoveryBar::default();
        let (shard, threads) =
            Shard::start(store, options, note, &mut |progress| bar.show(progress))?;
        bar.finish();
        let readers = {
            let database = Arc::clone(&database);
            Readers::new(move || database.reader()).taking(storage.turns())
        };
        Ok(Self {
            shard,
            database,
            readers,
            webhooks,
            provisioning,
            access,
            threads,
            folding,
            _data_dir: data_dir,
        })
    }

    /// Whether another process has taken the shard.
    pub fn is_replaced(&self) -> bool {
        self.shard.gauges().replaced.load(Ordering::Acquire)
    }

    /// Saves everything and lets go of the directory.
    pub fn close(self) -> anyhow::Result<()> {
        self.shard.stop();
        let ended = self.threads.join();
        self.folding.into_iter().for_each(Folding::stop);
        anyhow::ensure!(
            ended,
            "the shard ended by a panic; `sporran verify` says whether it is well"
        );
        Ok(())
    }
}

/// Folds the write-ahead log back, beside the commits.
pub struct Folding {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<()>,
}

/// Bytes of log after which it is folded back, and how often: small steps, because a commit that
/// meets a large one waits for the disk.
const FOLD_ABOVE: u64 = 4 * 1024 * 1024;
const FOLD_EVERY: Duration = Duration::from_millis(20);

impl Folding {
    pub fn start(folder: WalFolder) -> anyhow::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopping = Arc::clone(&stop);
        let run = move || {
            while !stopping.load(Ordering::Acquire) {
                std::thread::park_timeout(FOLD_EVERY);
                if folder.log_bytes() > FOLD_ABOVE {
                    let started = std::time::Instant::now();
                    match folder.fold() {
                        Ok(folded) => {
                            let took = started.elapsed();
                            tracing::debug!(?folded, ?took, "folded the write-ahead log back");
                        }
                        Err(error) => {
                            tracing::warn!(%error, "the write-ahead log was not folded back");
                        }
                    }
                }
            }
            // A clean stop leaves a short log, and the next start is quicker for it.
            let _ = folder.fold();
        };
        let thread = std::thread::Builder::new().name("folder".into()).spawn(run);
        Ok(Self { stop, thread: thread.context("failed to start a thread")? })
    }

    pub fn stop(self) {
        self.stop.store(true, Ordering::Release);
        self.thread.thread().unpark();
        if self.thread.join().is_err() {
            tracing::warn!("folding back the write-ahead log ended by a panic");
        }
    }
}

/// Threads that may wait for a disk or a database, at most.
pub const BLOCKING_THREADS: usize = 512;

/// The runtime that serves connections, with a thread for each core.
pub fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    Ok(builder.max_blocking_threads(BLOCKING_THREADS).enable_all().build()?)
}

/// Runs the server until it is asked to stop.
pub async fn serve(config: &Config) -> anyhow::Result<()> {
    if let Some(options) = config.nodes.open()? {
        return nodes::serve(config, options).await;
    }
    let started = std::time::Instant::now();
    let storage = config.storage();
    let shards = apart(|| storage.shards())?;
    anyhow::ensure!(
        shards == 1,
        "the database has {shards} shards, which nodes share; set nodes.address and nodes.secret"
    );
    let running = Running::open(storage, config.shard_options())?;
    let first_key = apart(|| make_first_key(running.database.as_ref()))?;
    let listener = bind(&config.listen).await?;
    let address = listener.local_addr().context("failed to read the listener's address")?;
    let accounts = running.shard.read(None, |state, _| state.accounts_count()).await;
    let accounts = accounts.map_err(|_| anyhow::anyhow!("the shard ended at its start"))?;
    let clock_settable = running.shard.is_clock_settable();
    tracing::info!(
        data_dir = %config.data_dir.display(), accounts, clock_settable,
        ready_in_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "ready"
    );
    let (stop, stopping) = watch::channel(false);
    let app = app(&running, config, stopping)?;
    app.keys
        .read_again()
        .await
        .map_err(|it| anyhow::anyhow!("no key can be read: {}", it.title))?;
    let nobody = app.access.read(|it| Ok(it.users()?.is_empty())).await?;
    greet(&address.to_string(), first_key.as_deref(), nobody.then_some(NOBODY));
    run(listener, app, stop).await?;
    tracing::info!("stopping");
    let closed = tokio::task::spawn_blocking(move || running.close());
    closed.await.context("failed to close the shard")?
}

const NOBODY: &str = "Nobody can sign in to the console yet. `sporran user create --role admin \
                      --name NAME`\nwith the same --data-dir makes a user.\n";

/// Says where the server is. Whoever started it may not be listening, and that is no failure.
fn greet(address: &str, first_key: Option<&str>, nobody: Option<&str>) {
    let mut text = format!(
        "Sporran listens on http://{address}\n\
         The API is described and can be tried at http://{address}/docs\n"
    );
    text += &first_key.map(shown_once).unwrap_or_default();
    text += nobody.unwrap_or_default();
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// What is said of the key that was made because there was none.
pub fn shown_once(key: &str) -> String {
    format!("There was no key yet. An administrator's key, shown only now:\n{key}\n")
}

/// The API over a running shard that is the only one.
pub fn app(
    running: &Running,
    config: &Config,
    stopping: watch::Receiver<bool>,
) -> anyhow::Result<App> {
    app_of_many(running, config, Shards::one(running.readers.clone()), stopping)
}

/// The API over a running shard, beside the others.
pub fn app_of_many(
    running: &Running,
    config: &Config,
    shards: Shards,
    stopping: watch::Receiver<bool>,
) -> anyhow::Result<App> {
    let metrics = metrics_recorder()?;
    let shard = match shards.claims() {
        Some(claims) => running.shard.clone().claiming(claims),
        None => running.shard.clone(),
    };
    let shard = (shard, running.readers.clone());
    let store = Arc::clone(&running.webhooks);
    let webhooks = webhooks::Webhooks::new(store, config.webhook_options());
    let channels = config.open_channels()?;
    let store = Arc::clone(&running.provisioning);
    let provisioning = Provisioning::new(store, config.provisioning.open()?);
    let access = Access::new(&running.access, config.access_options()?, running.shard.clock())?;
    let beside = (webhooks, provisioning, access);
    let observing = (metrics, stopping);
    Ok(App::new(shard, shards, beside, config.api_options(), channels, observing))
}

/// The process has one recorder, which several servers in it share.
fn metrics_recorder() -> anyhow::Result<PrometheusHandle> {
    static RECORDER: Mutex<Option<PrometheusHandle>> = Mutex::new(None);
    let mut recorder = RECORDER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = recorder.as_ref() {
        return Ok(handle.clone());
    }
    let handle = PrometheusBuilder::new().install_recorder();
    let handle = handle.context("failed to set up the metrics")?;
    Ok(recorder.insert(handle).clone())
}

pub async fn bind(listen: &str) -> anyhow::Result<tokio::net::TcpListener> {
    let listener = tokio::net::TcpListener::bind(listen).await;
    listener.with_context(|| format!("failed to listen on {listen}; is another server there?"))
}

/// Serves until a signal comes, then lets what is under way finish, for ten seconds at most.
pub async fn run(
    listener: tokio::net::TcpListener,
    app: App,
    stop: watch::Sender<bool>,
) -> anyhow::Result<()> {
    let signalled = async move {
        asked_to_stop().await;
        stop.send_replace(true);
    };
    let background = Background::start(&app);
    let ended = listen(listener, routes::router(app), signalled).await;
    background.stop();
    ended
}

/// Answers until `stopped`, and then for ten seconds at most what is under way.
pub async fn listen(
    listener: tokio::net::TcpListener,
    router: Router,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let listener = listener.tap_io(|stream| {
        // A reply is one write: waiting for more to send with it would only delay it.
        let _ = stream.set_nodelay(true);
    });
    let (stop, mut stopping) = watch::channel(false);
    let stopped = async move {
        stopped.await;
        stop.send_replace(true);
    };
    // Who calls is known by the address too: payment channels are called from some only.
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, service).with_graceful_shutdown(stopped);
    let too_long = async {
        // Ends only with the server itself when nobody stops it.
        let _ = stopping.wait_for(|stopping| *stopping).await;
        tokio::time::sleep(Duration::from_secs(10)).await;
    };
    tokio::select! {
        served = async { served.await } => served.context("failed to serve"),
        () = too_long => Ok(()),
    }
}

/// What a server does beside answering: deliveries, and keeping things fresh and tidy.
pub struct Background(Vec<JoinHandle<()>>);

impl Background {
    pub fn start(app: &App) -> Self {
        let (fresh, tidy) = (app.clone(), app.clone());
        let stopping = || app.stopping.clone();
        let webhooks = Arc::clone(&app.webhooks);
        let deliveries = webhooks::Dispatcher::new(webhooks, app.readers.clone(), &app.shard);
        let provisioning = Arc::clone(&app.provisioning);
        let commands = provisioning::Dispatcher::new(provisioning, app.readers.clone(), &app.shard);
        Self(vec![
            tokio::spawn(async move { fresh.keys.keep_fresh().await }),
            tokio::spawn(deliveries.run(stopping())),
            tokio::spawn(commands.run(stopping())),
            tokio::spawn(async move { tidy.access.keep_tidy(tidy.stopping.clone()).await }),
        ])
    }

    pub fn add(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.push(tokio::spawn(task));
    }

    pub fn stop(self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

/// Until a signal asks the process to end.
pub async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

/// A directory without any key gets one, so that nobody starts with a known secret.
pub fn make_first_key(database: &dyn Database) -> anyhow::Result<Option<String>> {
    if !database.reader()?.api_keys()?.is_empty() {
        return Ok(None);
    }
    add_key(database, "admin", Role::Admin).map(Some)
}

/// Makes a key and notes its digest; the key itself is only returned.
///
/// It works whether or not a server has the directory: keys are not in the journal.
pub fn make_key(storage: impl Into<Storage>, name: &str, role: Role) -> anyhow::Result<String> {
    let storage = storage.into();
    apart(|| add_key(storage.database()?.as_ref(), name, role))
}

fn add_key(database: &dyn Database, name: &str, role: Role) -> anyhow::Result<String> {
    let name = engine::Name::new(name).map_err(|error| anyhow::anyhow!("{name:?} {error}"))?;
    // The journal would not tell them apart.
    let is_person = name.as_str().starts_with(ACTOR_PREFIX) || name.as_str() == "customer";
    anyhow::ensure!(!is_person, "{name:?} would be taken for a user of the console or a customer");
    let key = NewKey::generate(role)?;
    let at: Timestamp = Clock::System.now();
    database.add_api_key(name.as_str(), role.name(), &key.digest, at)?;
    Ok(key.key)
}
