//! The operating system's numbers about this process, under the names of Prometheus' own client libraries.
//!
//! They are read when the metrics are requested. Numbers that the system does not provide are left out.

use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};
use sysinfo::{Process, ProcessRefreshKind, ProcessesToUpdate, System, get_current_pid};

/// The current metrics of the process.
pub(super) fn now() -> Registry {
    let mut registry = Registry::with_prefix("process");
    let (Ok(pid), Ok(mut system)) = (get_current_pid(), System::new()) else { return registry };
    let wanted = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, wanted);
    if let Some(process) = system.process(pid) {
        register(&mut registry, process);
    }
    registry
}

fn register(registry: &mut Registry, process: &Process) {
    #[expect(clippy::cast_precision_loss, reason = "a process has no 100,000 years of CPU time")]
    let cpu = process.accumulated_cpu_time() as f64 / 1000.0;
    registry.register_with_unit("cpu", "CPU time used", Unit::Seconds, ConstCounter::new(cpu));
    for (name, help, bytes) in [
        ("resident_memory", "Resident memory", process.memory()),
        ("virtual_memory", "Virtual memory", process.virtual_memory()),
    ] {
        registry.register_with_unit(name, help, Unit::Bytes, ConstGauge::new(bytes));
    }
    let start = process.start_time();
    registry.register_with_unit(
        "start_time",
        "Start time, since 1970",
        Unit::Seconds,
        ConstGauge::new(start),
    );
    for (name, help, files) in [
        ("open_fds", "Open files and sockets", process.open_files()),
        ("max_fds", "Maximum number of open files and sockets", process.open_files_limit()),
    ] {
        if let Some(files) = files {
            registry.register(name, help, ConstGauge::new(files as u64));
        }
    }
}
