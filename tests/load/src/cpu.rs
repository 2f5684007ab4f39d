//! Cores, and what a process has used of them: what is measured has one core, what measures has another.

use std::{fs, time::Duration};

use conformance::failure::{Failure, Outcome};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The two cores.
#[derive(Clone, Copy, Debug)]
pub struct Cores {
    /// Of what is measured.
    pub measured: usize,
    /// Of what measures.
    pub measuring: usize,
}

impl Cores {
    /// The first two this process may use. From now on this thread is on the second.
    ///
    /// # Errors
    /// There is only one.
    pub fn take() -> Outcome<Cores> {
        let allowed = sched_getaffinity(None)?;
        let mut own = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        let (Some(measured), Some(measuring)) = (own.next(), own.next()) else {
            return Err(Failure::new("two cores are needed: one for the server, one for the load"));
        };
        move_to(measuring)?;
        Ok(Cores { measured, measuring })
    }

    /// Has something done on the core of what is measured. A process that is started there stays there.
    ///
    /// # Errors
    /// The system does not let us.
    pub fn on_measured<T>(self, act: impl FnOnce() -> T) -> Outcome<T> {
        move_to(self.measured)?;
        let done = act();
        move_to(self.measuring)?;
        Ok(done)
    }
}

fn move_to(core: usize) -> Outcome {
    let mut set = CpuSet::new();
    set.set(core);
    Ok(sched_setaffinity(None, &set)?)
}

/// The time a process has spent on a core, all its threads together. A thread that has ended takes its time with it: those
/// of our servers do not.
///
/// # Errors
/// It has ended.
pub fn time_of(process: u32) -> Outcome<Duration> {
    let mut total = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let text = fs::read_to_string(thread?.path().join("schedstat"))?;
        total += text.split(' ').next().and_then(|first| first.parse::<u64>().ok()).unwrap_or_default();
    }
    Ok(Duration::from_nanos(total))
}

/// What a process has in memory, in MiB.
///
/// # Errors
/// It has ended.
pub fn memory_of(process: u32) -> Outcome<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = resident.and_then(|text| text.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.map(|kib| kib / 1024.0).ok_or_else(|| Failure::new("the system does not tell a process's memory"))
}
