//! The process itself, as Linux tells it; nothing elsewhere.

use std::{fmt, fs};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
};

/// `USER_HZ`: in what Linux counts the time of processes, on every machine we run on.
const TICKS: f64 = 100.0;

/// Looks the process up whenever somebody asks.
#[derive(Debug)]
pub(super) struct Process {
    /// In seconds since the Unix epoch.
    started: Option<f64>,
}

impl Process {
    pub(super) fn new() -> Process {
        Process { started: started() }
    }
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        if let Some(seconds) = cpu() {
            let counter = ConstCounter::new(seconds);
            let help = "Time the process spent working";
            counter.encode(encoder.encode_descriptor(
                "process_cpu_seconds",
                help,
                None,
                counter.metric_type(),
            )?)?;
        }
        let gauges = [
            ("process_resident_memory_bytes", "Memory the process holds", memory()),
            ("process_open_fds", "Open files and connections", files()),
            ("process_start_time_seconds", "When the process started", self.started),
        ];
        for (name, help, value) in gauges {
            if let Some(value) = value {
                let gauge = ConstGauge::new(value);
                gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
            }
        }
        Ok(())
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
    let count = fs::read_dir("/proc/self/fd").ok()?.count();
    u32::try_from(count).ok().map(f64::from)
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
