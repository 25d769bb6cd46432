//! How many files and sockets the process may open, and how many of them are for clients.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::config::Sockets;
use crate::event::Event;

/// The maximum number of connections by default. Each costs some 30 KiB once it has had a request.
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
    let limit =
        getrlimit(Resource::RLIMIT_NOFILE).map_or(MOST, |(soft, _)| usize::try_from(soft).unwrap_or(MOST));
    let room = limit.saturating_sub(sockets.reserved).max(FEWEST);
    match sockets.maximum {
        Some(maximum) if maximum > room => {
            Event::DescriptorsTooFew { maximum, descriptors: limit }.emit();
            room
        }
        Some(maximum) => maximum,
        None => room.min(MOST),
    }
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
        assert!((FEWEST..=MOST).contains(&of(None, 64)));
    }
}
