//! How much processor time each program used, read from `/proc`. Linux only.

use std::fs;
use std::time::Duration;

/// The kernel counts in hundredths of a second for programs, whatever it counts in itself.
const TICK: Duration = Duration::from_millis(10);

/// Processor time of the programs that take part, since each of them began.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    pub(crate) glowplug: Duration,
    pub(crate) pgbouncer: Duration,
    pub(crate) postgresql: Duration,
    /// The load generators that have ended.
    pub(crate) load: Duration,
    /// This process.
    pub(crate) own: Duration,
}

/// The process ids of the programs that take part.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Programs {
    pub(crate) glowplug: u32,
    pub(crate) pgbouncer: u32,
    pub(crate) postgresql: u32,
}

impl Programs {
    /// What they have used until now.
    pub(crate) fn usage(self) -> Usage {
        let own = |pid: u32| stat(pid).map(|stat| stat.own).unwrap_or_default();
        let servers = processes().filter(|stat| stat.parent == self.postgresql).map(|stat| stat.own).sum();
        Usage {
            glowplug: own(self.glowplug),
            pgbouncer: own(self.pgbouncer),
            postgresql: servers,
            load: stat(std::process::id()).map(|stat| stat.children).unwrap_or_default(),
            own: own(std::process::id()),
        }
    }
}

impl Usage {
    /// What was used since, for each request.
    pub(crate) fn since(self, earlier: Self, requests: u64) -> Self {
        let share = |now: Duration, then: Duration| {
            now.saturating_sub(then) / u32::try_from(requests.max(1)).unwrap_or(u32::MAX)
        };
        Self {
            glowplug: share(self.glowplug, earlier.glowplug),
            pgbouncer: share(self.pgbouncer, earlier.pgbouncer),
            postgresql: share(self.postgresql, earlier.postgresql),
            load: share(self.load, earlier.load),
            own: share(self.own, earlier.own),
        }
    }
}

/// What `/proc/<pid>/stat` says.
struct Stat {
    parent: u32,
    own: Duration,
    /// That of the children that have ended and were waited for.
    children: Duration,
}

fn processes() -> impl Iterator<Item = Stat> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| stat(entry.file_name().to_str()?.parse().ok()?))
}

/// `None` if the process has ended meanwhile.
fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name stands in parentheses, and may have spaces in it.
    let (_, rest) = text.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    let ticks = |index: usize| fields.get(index)?.parse::<u32>().ok().map(|count| TICK * count);
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        own: ticks(11)? + ticks(12)?,
        children: ticks(13)? + ticks(14)?,
    })
}
