//! How far a training is: two bars on a line of the terminal that is drawn over, and nothing elsewhere.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Between two drawings.
const PAUSE: Duration = Duration::from_millis(100);
/// Characters of a bar.
const CELLS: usize = 8;
/// The width of the line, where the terminal does not tell its own.
const WIDTH: usize = 79;

/// Where a training stands.
pub struct Standing {
    /// Epochs that are over, and that there are to be.
    pub epochs: [usize; 2],
    /// Rows of the epoch that has begun, and of a whole one.
    pub rows: [usize; 2],
    /// The loss, and what else was measured last.
    pub measures: String,
}

impl Standing {
    /// The share of the run that is over.
    fn share(&self) -> f64 {
        let [done, all] = self.rows;
        (self.epochs[0] as f64 + done as f64 / all.max(1) as f64) / self.epochs[1].max(1) as f64
    }

    fn rows_done(&self) -> f64 {
        (self.epochs[0] * self.rows[1] + self.rows[0]) as f64
    }
}

/// The line of a training at work.
pub struct Bar {
    start: Instant,
    drawn: Option<Instant>,
    on: bool,
    is_there: bool,
    /// Where the training stood when it began, or went on.
    from: Option<(f64, f64)>,
}

impl Bar {
    /// One that is drawn if it is wanted, and somebody looks at standard error.
    pub fn new(wanted: bool) -> Bar {
        let on = wanted && std::io::stderr().is_terminal();
        Bar { start: Instant::now(), drawn: None, on, is_there: false, from: None }
    }

    /// Draws where the training stands, unless that was done a moment ago.
    pub fn show(&mut self, standing: &Standing) {
        let (share, rows) = *self.from.get_or_insert((standing.share(), standing.rows_done()));
        if !self.on || self.drawn.is_some_and(|then| then.elapsed() < PAUSE) {
            return;
        }
        let seconds = self.start.elapsed().as_secs_f64();
        let speed = Speed {
            rows: (standing.rows_done() - rows) / seconds.max(1e-9),
            left: seconds / (standing.share() - share).max(1e-12) * (1.0 - standing.share()),
        };
        let width = terminal_size::terminal_size_of(std::io::stderr()).map_or(WIDTH, |(w, _)| usize::from(w.0) - 1);
        let text: String = line(standing, &speed).chars().take(width).collect();
        // Nothing is lost if nobody sees it.
        let _ = write!(std::io::stderr(), "\r\x1b[2K{text}");
        (self.drawn, self.is_there) = (Some(Instant::now()), true);
    }

    /// Makes room for a line of another kind.
    pub fn clear(&mut self) {
        if self.is_there {
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
            self.is_there = false;
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.clear();
    }
}

/// How fast it is.
struct Speed {
    /// Rows in a second.
    rows: f64,
    /// Seconds that are left.
    left: f64,
}

fn line(standing: &Standing, speed: &Speed) -> String {
    let Standing { epochs: [done, all], rows: [row, rows], measures } = standing;
    let epoch = (done + 1).min(*all);
    let (own, run) = (bar(*row as f64 / (*rows).max(1) as f64), bar(standing.share()));
    let left = if speed.left.is_finite() { format!("  {} left", duration(speed.left)) } else { String::new() };
    format!(
        "epoch {epoch}/{all} {own}  run {run} {:.0} %  {} rows/s{left}{measures}",
        100.0 * standing.share(),
        count(speed.rows)
    )
}

/// Blocks, the last one in eighths.
fn bar(share: f64) -> String {
    const PARTS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    let eighths = (share.clamp(0.0, 1.0) * (8 * CELLS) as f64) as usize;
    let mut text = "█".repeat(eighths / 8);
    if eighths / 8 < CELLS {
        text.push(PARTS[eighths % 8]);
    }
    format!("▕{text:<CELLS$}▏")
}

/// A number with a letter for thousands, millions and so on.
fn count(x: f64) -> String {
    for (unit, letter) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] {
        if x >= 10.0 * unit {
            return format!("{:.0}{letter}", x / unit);
        }
        if x >= unit {
            return format!("{:.1}{letter}", x / unit);
        }
    }
    format!("{x:.0}")
}

/// Seconds as people say them.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.round().clamp(0.0, 1e15) as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole / 60 % 60),
    }
}
