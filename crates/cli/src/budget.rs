//! `--time` and `--memory`: what a compiled program needs is looked at before it runs, and a thread ends the process when it
//! has used up what it may.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use wrt::{Needs, memory_size as size};

use crate::failure::Failure;

/// How often the budget is looked at.
const STEP: Duration = Duration::from_millis(10);

/// A person's limits on one run.
#[derive(clap::Args)]
pub struct Budget {
    /// End with an error after so many seconds
    #[arg(long, global = true, value_name = "SECONDS")]
    pub time: Option<f64>,
    /// Take no more memory than 4GiB or 500MiB; a number alone is in MiB. What a compiled program needs is said before any
    /// is taken: arrays for which there is no room are computed again, and what needs more all the same is refused; else the
    /// process ends with an error beyond it (on Linux)
    #[arg(long, global = true, value_name = "SIZE", value_parser = bytes)]
    pub memory: Option<u64>,
}

/// The bytes that the process takes beside what it computes with, at least: its code, its tables, what it has read.
const OWN: u64 = 24 << 20;

/// What it takes, in whole numbers of these, and what training takes beside its steps: programs that measure, and the check
/// of the gradient.
const OWN_STEP: u64 = 8 << 20;
const OF_TRAINING: u64 = 24 << 20;

/// The limit that was asked for.
static LIMIT: OnceLock<u64> = OnceLock::new();

/// The bytes that a compiled program may take, if there is a limit.
pub fn limit() -> Option<u64> {
    LIMIT.get().map(|bytes| bytes.saturating_sub(own()))
}

/// What the process takes beside programs and rows.
static OWN_NOW: OnceLock<u64> = OnceLock::new();

/// Looks at what the process takes before it reads rows and trains: for a large model that is more than for others.
pub fn look_before_training() {
    OWN_NOW.get_or_init(|| resident().unwrap_or(0).next_multiple_of(OWN_STEP).max(OWN) + OF_TRAINING);
}

fn own() -> u64 {
    OWN_NOW.get().copied().unwrap_or(OWN)
}

/// Bytes: a number with a unit, or of MiB.
fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim().trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.trim()[digits.len()..].to_ascii_lowercase();
    let exponent = match unit.trim_end_matches('b').trim_end_matches('i') {
        "k" => 1,
        "" if unit.is_empty() => 2,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "" if unit == "b" => 0,
        _ => return Err(format!("`{unit}` is no unit of memory: write 4GiB, 500MiB or 64KiB")),
    };
    match digits.trim().parse::<f64>() {
        Ok(n) if n > 0.0 && n.is_finite() => Ok((n * 1024f64.powi(exponent)) as u64),
        _ => Err("expected a size above 0, such as 4GiB, 500MiB or 64KiB".into()),
    }
}

/// Refuses a program that needs more memory than it may have: what was asked for, else what the machine has. `held` are
/// the bytes that are taken beside it.
pub fn check_memory(needs: &Needs, held: u64) -> Result<(), Failure> {
    let total = needs.total().saturating_add(held);
    let beside = if held > 0 { format!(", and {} of data are held beside it", size(held)) } else { String::new() };
    let said = format!("the program needs {needs}{beside}");
    let (limit, own, whose) = match (LIMIT.get(), machine()) {
        (Some(limit), _) => {
            eprintln_quietly(&format!("Memory: {said}"));
            (*limit, own(), format!("--memory allows {}, of which the process takes {}", size(*limit), size(own())))
        }
        (None, Some(limit)) => (limit, 0, format!("this machine has {}", size(limit))),
        (None, None) => return Ok(()),
    };
    let total = total.saturating_add(own);
    if total <= limit {
        return Ok(());
    }
    let help = format!(
        "it takes --memory {}MiB on a machine that has as much; smaller sizes or batches need less, and so does --precision f32",
        total.div_ceil(1 << 20)
    );
    Err(Failure::plain(format!("{said}; {whose}")).with_help(help))
}

/// A line for people beside the result.
fn eprintln_quietly(line: &str) {
    use std::io::Write;
    // Nothing is left to do if standard error is closed.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The memory of the machine, or of the part of it that processes like this one may use, where the system says so.
fn machine() -> Option<u64> {
    let info = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = info.lines().find_map(|l| l.strip_prefix("MemTotal:"))?;
    let all = line.split_whitespace().next()?.parse::<u64>().ok()?.saturating_mul(1024);
    let group = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    Some(group.and_then(|text| text.trim().parse().ok()).map_or(all, |own: u64| own.min(all)))
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
        if let Some(limit) = memory {
            LIMIT.get_or_init(|| limit);
        }
        std::thread::spawn(move || {
            loop {
                if time.is_some_and(|limit| start.elapsed() >= limit) {
                    end(&format!("the time of {} s is used up", time.unwrap_or_default().as_secs_f64()));
                }
                if memory.is_some_and(|limit| resident().is_some_and(|now| now > limit)) {
                    end(&format!("the memory of {} is used up", size(memory.unwrap_or_default())));
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

/// The bytes that the process holds, where the system says so.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| kilobytes.saturating_mul(1024))
}
