//! `glowplug dev`: a private PostgreSQL in the project's folder, its migrations, and the API of it all; on request also a
//! pooler and a queue.
//!
//! Everything it starts stops with it: in order at a Ctrl-C, and by the guards of `glowplug_local` when it is killed.

mod left_out;
mod migrations;
mod people;
mod project;
mod queue;
mod watch;

use std::io::ErrorKind;
use std::net::{self, SocketAddr};
use std::path::{Path, PathBuf};

use clap::Args;
use glowplug_local::{Cluster, ClusterOptions, Pooler, PoolerMode, PoolerOptions, Redis};
use tokio::net::TcpListener;

use crate::config::{DevPages, Mcp, Origin, Profile, Raw, Settled};
use crate::engine::Planning;
use crate::event::Event;
use crate::http::{ListenError, Listeners};

use crate::server::Server;

use super::failure::Failure;
use super::server::{self, Running};
use super::settings::Flags;
use migrations::{Changes, Mirror};
use project::Project;
use queue::Queue;
use watch::Watch;

/// The only database of the private server in use.
const DATABASE: &str = "postgres";

/// Where npm puts the example front end.
const BOARD: &str = "examples/web/dist";

/// The flags of `glowplug dev`.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Put a PgBouncer in transaction mode in between, as in production.
    #[arg(long)]
    pooler: bool,
    /// Throw the database away and begin with an empty one.
    #[arg(long)]
    reset: bool,
    /// Folder of the migrations, laid out as Diesel does.
    #[arg(long, value_name = "FOLDER", default_value = "migrations")]
    migrations: PathBuf,
    #[command(flatten)]
    flags: Flags,
}

/// Starts everything, serves until a signal arrives, and stops everything.
pub(super) fn run(options: &Options) -> Result<(), Failure> {
    refuse_of_serve(&options.flags.settings)?;
    let has_queue = queue::is_wanted(&options.flags.settings)?;
    let mut settled = options.flags.settle(Profile::Dev)?;
    // All other settings are checked before anything is started.
    settled.set_own_database("postgres://localhost/", "postgres://localhost/");
    if has_queue {
        settled.set_own_queue("redis://localhost/");
    }
    super::log::start(&settled.check()?.log);
    super::settings::tell_unknown_variables();
    let mut project = Project::open(Path::new("."))?;
    // Before anything that takes longer, or that cannot be undone.
    let listener = listen(&settled, settled.check()?.http.listen)?;
    if options.reset {
        erase(&project)?;
    }
    let queue = has_queue.then(|| Queue::start(&project.queue())).transpose()?;
    if let Some(queue) = &queue {
        settled.set_own_queue(&queue.url());
    }
    let cluster = Cluster::start(cluster_options(&project))?;
    // The copies live and die with the data, so they are in its folder. PostgreSQL ignores files there that are not its own.
    let mirror = Mirror::new(&options.migrations, &cluster.folder().join("data/applied-migrations"));
    let pooler = options.pooler.then(|| Pooler::start(&cluster, &pooler_options())).transpose()?;
    let direct_url = cluster.url(DATABASE);
    let url = pooler.as_ref().map_or_else(|| direct_url.clone(), |pooler| pooler.url(DATABASE));
    settled.set_own_database(&url, &direct_url);
    project.keep_urls(&url, &direct_url)?;
    let traces = settled.check()?.traces;
    server::block_on(&traces, async {
        let mut watch = Watch::new(&options.migrations);
        let has_applied = report(mirror.bring_up_to_date(&direct_url).await);
        // The migrations have created the roles, if the project has any.
        let config = settled.check()?;
        people::settle(&mut settled, &project, &config).await?;
        let mut config = settled.check()?;
        let (jwt, schemas) = (people::signer(&config), config.api.schemas.clone());
        config.http.dev = Some(DevPages { jwt, schemas, board: built_board() });
        let listener = TcpListener::from_std(listener).map_err(Failure::Runtime)?;
        let address = listener.local_addr().map_err(Failure::Runtime)?;
        let server = Server::builder().config(config.clone()).build()?;
        let (planning, engine) = (server.backend().planning().clone(), server.backend().engine().cloned());
        if let Some(engine) = &engine {
            engine.tell_missing(&config).await;
        }
        let running = Running::start(server, Listeners::from(listener).with_metrics(&config.http).await?)?;
        project.announce(&format!("http://{address}/"))?;
        if let Some(queue) = &queue {
            queue.work(&config)?;
        }
        greet((address, config.http.mcp), &direct_url, pooler.as_ref(), queue.as_ref());
        people::introduce(&config, engine.as_ref(), address).await?;
        let mut left_out =
            left_out::Watched::new(planning.clone(), people::roles(&config, engine.as_ref()).await).await;
        if has_applied {
            left_out.of_all_roles().iter().for_each(|line| println!("{line}"));
        }
        point_out_changes(&options.migrations);
        let follow = follow_migrations(&mut watch, &mirror, &direct_url, &planning, &mut left_out);
        serve(running, follow, queue.as_ref()).await;
        Ok(())
    })
}

/// Settings that are for `serve` alone.
fn refuse_of_serve(settings: &Raw) -> Result<(), Failure> {
    let Raw { database_url, direct_url, .. } = settings;
    if database_url.is_some() || direct_url.is_some() {
        return Err(Failure::Usage(
            "`dev` starts a database of its own; to serve another one, run `glowplug serve --database-url …`"
                .to_owned(),
        ));
    }
    if settings.production.is_some() {
        return Err(Failure::Usage(
            "`dev` is for developing and keeps its own defaults; run `glowplug serve --production`"
                .to_owned(),
        ));
    }
    Ok(())
}

fn erase(project: &Project) -> Result<(), glowplug_local::Error> {
    Cluster::erase(&project.database())?;
    // The operations in the queue were for that database.
    if project.queue().exists() { Redis::erase(&project.queue()) } else { Ok(()) }
}

/// Serves until a signal arrives or a part ends. The worker, if there is one, stops after the server.
async fn serve(running: Running, follow: impl Future<Output = ()>, queue: Option<&Queue>) {
    let Some(queue) = queue else { return Box::pin(server::until_stopped(running, follow)).await };
    let meanwhile = async {
        tokio::select! {
            () = follow => {}
            () = queue.failed() => {}
        }
    };
    Box::pin(server::until_stopped(running, meanwhile)).await;
    queue.stop().await;
}

fn cluster_options(project: &Project) -> ClusterOptions {
    ClusterOptions {
        on_download: |version| Event::PostgresDownloading { version }.emit(),
        ..ClusterOptions::kept_in(project.database())
    }
}

fn pooler_options() -> PoolerOptions {
    PoolerOptions { pool_mode: PoolerMode::Transaction, ..PoolerOptions::default() }
}

/// Listens on the configured address. Without one, takes another port if the usual one is in use.
fn listen(settled: &Settled, address: SocketAddr) -> Result<net::TcpListener, ListenError> {
    let bound = match net::TcpListener::bind(address) {
        Err(error)
            if error.kind() == ErrorKind::AddrInUse && settled.origin("listen") == Some(&Origin::Default) =>
        {
            eprintln!("{address} is taken; listening on another port");
            net::TcpListener::bind(SocketAddr::new(address.ip(), 0))
        }
        bound => bound,
    };
    // The runtime wants it so.
    let ready = bound.and_then(|listener| listener.set_nonblocking(true).map(|()| listener));
    ready.map_err(|source| ListenError { setting: "listen", address, source })
}

/// Applies changes of the migrations folder, for as long as it is polled.
async fn follow_migrations(
    watch: &mut Watch,
    mirror: &Mirror,
    url: &str,
    planning: &Planning,
    left_out: &mut left_out::Watched,
) {
    loop {
        watch.changed().await;
        report(mirror.bring_up_to_date(url).await);
        // A failure has been logged, and the old schema stays in use.
        let _ = planning.reload().await;
        for line in left_out.news().await {
            println!("{line}");
        }
    }
}

/// Prints what was done with the migrations, and returns whether any was applied. A failure is no reason to stop: the file will
/// be saved again.
fn report(result: Result<Changes, Failure>) -> bool {
    match result {
        Ok(Changes { reverted, applied }) => {
            for name in reverted {
                println!("reverted {name}");
            }
            for name in &applied {
                println!("applied {name}");
            }
            !applied.is_empty()
        }
        Err(failure) => {
            eprintln!("{failure}");
            false
        }
    }
}

fn greet((address, mcp): (SocketAddr, Mcp), database: &str, pooler: Option<&Pooler>, queue: Option<&Queue>) {
    println!("\nGlowplug is ready.\n");
    println!("  GraphiQL   http://{address}/");
    println!("  endpoint   http://{address}/graphql");
    println!("  SDL        http://{address}/schema.graphql");
    if mcp != Mcp::Off {
        println!("  agents     http://{address}/mcp");
    }
    println!("  database   {database}");
    println!("  diagram    http://{address}/dev/diagram");
    if built_board().is_some() {
        println!("  board      http://{address}/board");
    }
    if let Some(pooler) = pooler {
        println!("  pooler     {}", pooler.url(DATABASE));
    }
    if let Some(queue) = queue {
        println!("  queue      {}", queue.url());
    }
    println!();
    if !crate::http::graphiql::is_embedded() {
        println!(
            "This is an older GraphiQL, from a CDN; run `npm ci && npm run build` in web/ and build again for the new one, in the binary."
        );
    }
}

/// The folder of the example front end, if it is built.
fn built_board() -> Option<PathBuf> {
    Path::new(BOARD).join("index.html").exists().then(|| PathBuf::from(BOARD))
}

fn point_out_changes(migrations: &Path) {
    let folder = migrations.display();
    if migrations::entries(migrations).is_ok_and(|entries| entries.is_empty()) {
        println!(
            "There are no migrations in {folder}/ yet: write one in {folder}/2026-01-01-000000_first/up.sql,"
        );
        println!("or make tables with psql and the connection string above.");
    }
    println!("Changes in {folder}/ and in the database show at once. Ctrl-C stops everything.");
}
