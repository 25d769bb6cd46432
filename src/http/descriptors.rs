//! How many files and sockets the process may open, and how many connections of clients that and its memory allow.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use sysinfo::{Process, ProcessRefreshKind, ProcessesToUpdate, System, get_current_pid};

use crate::config::Sockets;
use crate::event::Event;

/// The memory of a connection once it has had a request: about 30 KiB.
const BYTES: u64 = 32 << 10;

/// The share of the memory that idle connections may take.
const SHARE: u64 = 8;

/// The maximum number of connections if the system does not say how much memory there is.
const MOST: usize = 8192;

/// The minimum number, however few descriptors there are.
const FEWEST: usize = 16;

/// Lets the process open as many files and sockets as the system allows. The usual soft limit of 1024 exists for programs
/// that call `select`; this one does not.
pub fn raise_limit() {
    // If the limit cannot be raised, the old one holds.
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
    {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

/// How many clients may be connected.
pub(super) fn maximum(sockets: &Sockets) -> usize {
    let limit = getrlimit(Resource::RLIMIT_NOFILE).map_or(u64::MAX, |(soft, _)| soft);
    let descriptors = usize::try_from(limit).unwrap_or(usize::MAX);
    let room = descriptors.saturating_sub(sockets.reserved).max(FEWEST);
    match sockets.maximum {
        Some(maximum) if maximum > room => {
            Event::DescriptorsTooFew { maximum, descriptors }.emit();
            room
        }
        Some(maximum) => maximum,
        None => room.min(of_memory(memory())),
    }
}

/// How many connections fit into their share of the memory.
fn of_memory(bytes: Option<u64>) -> usize {
    let Some(bytes) = bytes else { return MOST };
    usize::try_from(bytes / SHARE / BYTES).unwrap_or(usize::MAX).max(FEWEST)
}

/// The bytes of memory that the process may have: those of its container or unit, else of the machine.
fn memory() -> Option<u64> {
    let (pid, mut system) = (get_current_pid().ok()?, System::new().ok()?);
    system.refresh_memory();
    let only_this = ProcessesToUpdate::Some(&[pid]);
    system.refresh_processes_specifics(only_this, false, ProcessRefreshKind::nothing().without_tasks());
    let limits = system.process(pid).and_then(Process::cgroup_limits);
    let bytes = limits.map_or(system.total_memory(), |limits| limits.total_memory);
    Some(bytes).filter(|bytes| *bytes > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_get_what_is_left_and_no_more_than_is_set() {
        let of = |limit, reserved| maximum(&Sockets { maximum: limit, reserved, ..Sockets::default() });
        assert_eq!(of(Some(3), 64), 3);
        assert_eq!(of(None, usize::MAX), FEWEST);
        assert_eq!(of(Some(1000), usize::MAX), FEWEST);
        assert!(of(None, 64) >= FEWEST);
    }

    #[test]
    fn connections_take_an_eighth_of_the_memory() {
        assert_eq!([512 << 20, 2 << 30, 16 << 30].map(|bytes| of_memory(Some(bytes))), [2048, 8192, 65_536]);
        assert_eq!((of_memory(None), of_memory(Some(1))), (MOST, FEWEST));
        // On every system that the tests run on, the memory is known.
        assert!(memory().is_some_and(|bytes| bytes > 64 << 20));
    }
}
