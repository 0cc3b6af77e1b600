//! `--time` and `--memory`: a thread that ends the process when it has used up what it may.

use std::time::{Duration, Instant};

use crate::failure::Failure;

/// How often the budget is looked at.
const STEP: Duration = Duration::from_millis(10);

/// A person's limits on one run.
#[derive(clap::Args)]
pub struct Budget {
    /// End with an error after so many seconds
    #[arg(long, global = true, value_name = "SECONDS")]
    pub time: Option<f64>,
    /// End with an error beyond so many megabytes of memory (on Linux)
    #[arg(long, global = true, value_name = "MB")]
    pub memory: Option<u64>,
}

impl Budget {
    /// Watches from now on.
    pub fn watch(&self) -> Result<(), Failure> {
        if self.time.is_none() && self.memory.is_none() {
            return Ok(());
        }
        let time = match self.time.map(Duration::try_from_secs_f64).transpose() {
            Ok(time) => time,
            Err(_) => return Err(Failure::plain("--time: expected a number of seconds").with_help("write --time 10")),
        };
        let (memory, start) = (self.memory, Instant::now());
        std::thread::spawn(move || {
            loop {
                if time.is_some_and(|limit| start.elapsed() >= limit) {
                    end(&format!("the time of {} s is used up", time.unwrap_or_default().as_secs_f64()));
                }
                if memory.is_some_and(|limit| resident_megabytes().is_some_and(|now| now > limit)) {
                    end(&format!("the memory of {} MB is used up", memory.unwrap_or_default()));
                }
                let left = time.map_or(STEP, |limit| limit.saturating_sub(start.elapsed()));
                std::thread::sleep(left.min(STEP));
            }
        });
        Ok(())
    }
}

/// Ends the process as any other error does.
fn end(message: &str) -> ! {
    Failure::plain(message).with_help("give it more, or ask for less").report();
    std::process::exit(2)
}

/// The memory that the process holds, where the system says so.
fn resident_megabytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| kilobytes / 1024)
}
