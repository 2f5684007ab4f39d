//! The process itself, as Linux tells it; nothing elsewhere.

use std::fs;

use prometheus_client::{metrics::counter::ConstCounter, registry::Registry};

use super::{count, gauge};

/// `USER_HZ`: in what Linux counts the time of processes, on every machine we run on.
const TICKS: f64 = 100.0;

/// Adds what is known.
pub(super) fn register(registry: &mut Registry) {
    if let Some(seconds) = cpu() {
        let help = "Time the process spent working";
        registry.register("process_cpu_seconds", help, ConstCounter::new(seconds));
    }
    for (name, help, value) in [
        ("process_resident_memory_bytes", "Memory the process holds", memory()),
        ("process_open_fds", "Open files and connections", files()),
        ("process_start_time_seconds", "When the process started", started()),
    ] {
        if let Some(value) = value {
            gauge(registry, name, help, value);
        }
    }
}

/// A field of `/proc/self/stat`, counted as proc(5) does. The second may hold blanks and is in parentheses.
fn stat(number: usize) -> Option<f64> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    let after = text.rsplit_once(')')?.1;
    after.split_whitespace().nth(number.checked_sub(3)?)?.parse().ok()
}

fn cpu() -> Option<f64> {
    Some((stat(14)? + stat(15)?) / TICKS)
}

fn started() -> Option<f64> {
    let text = fs::read_to_string("/proc/stat").ok()?;
    let booted: f64 = text.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(booted + stat(22)? / TICKS)
}

fn memory() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let size = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: f64 = size.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024.0)
}

fn files() -> Option<f64> {
    fs::read_dir("/proc/self/fd").ok().map(|files| count(files.count()))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn linux_tells_everything() {
        assert!(cpu().is_some_and(|seconds| seconds >= 0.0));
        assert!(memory().is_some_and(|bytes| bytes > 100_000.0));
        assert!(files().is_some_and(|count| count >= 3.0));
        let now = u32::try_from(Clock::system().now().seconds()).map(f64::from).unwrap();
        assert!(started().is_some_and(|at| at <= now + 2.0 && at > now - 86_400.0));
    }
}
