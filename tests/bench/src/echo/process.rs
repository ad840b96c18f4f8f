//! What the system knows of a running server.

use std::fs;

use super::Failure;

/// A process by its number.
#[derive(Clone, Copy, Debug)]
pub struct Process(pub u32);

impl Process {
    /// Processor time of all its threads so far, in nanoseconds, its system calls included: as the
    /// scheduler counts it, finer than the ticks of `getrusage`.
    ///
    /// # Errors
    /// If it is gone.
    pub fn cpu_ns(self) -> Result<u64, Failure> {
        let mut sum = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.0))? {
            let stat = fs::read_to_string(task?.path().join("schedstat"))?;
            let time = stat.split_whitespace().next().ok_or("no time in schedstat")?;
            sum += time.parse::<u64>()?;
        }
        Ok(sum)
    }

    /// Its memory, in bytes.
    ///
    /// # Errors
    /// If it is gone.
    pub fn memory(self) -> Result<u64, Failure> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()).ok_or("no VmRSS")?;
        Ok(kib.parse::<u64>()? << 10)
    }
}
