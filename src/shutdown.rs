//! Ask to stop, and wait until stopped.
