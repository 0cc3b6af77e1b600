//! Threads that share the units of a kernel's work: they spin while there is work to come, and sleep when there is none.
//!
//! Units are claimed from one word, by the caller from below and by half of the helpers from above, so that a thread
//! meets the same part of an array again in the next kernel. Nobody waits for a thread, only for units that run: a
//! helper that the system has put aside holds up nothing.

use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;

/// The most units of a round.
pub const MAX_UNITS: usize = 255;

/// The most threads of a team.
const MAX_THREADS: usize = 64;

/// How often a helper looks for work before it sleeps, where it comes often: about a millisecond.
const SPINS: u32 = 1 << 15;

/// How often a thread looks before it lends its core to others: they may be what it waits for. About a tenth of a
/// millisecond; sooner, what is lent is given back too late.
const PATIENCE: u32 = 1 << 12;

/// A caller and its helpers.
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use wrt_lanes::Team;
/// let mut team = Team::new(2);
/// let sum = AtomicUsize::new(0);
/// team.run(10, &|_, unit| _ = sum.fetch_add(unit, Ordering::Relaxed));
/// assert_eq!(sum.into_inner(), 45);
/// ```
#[derive(Debug)]
pub struct Team {
    shared: Arc<Shared>,
    helpers: Vec<JoinHandle<()>>,
}

/// What is done for a thread and a unit; it lives until the round ends.
type Job = *const (dyn Fn(usize, usize) + Sync);

#[derive(Debug)]
struct Shared {
    ticket: AtomicU64,
    job: UnsafeCell<Option<Job>>,
    finished: AtomicUsize,
    failed: AtomicBool,
    asleep: AtomicUsize,
    stop: AtomicBool,
}

// SAFETY: the job is written by the caller between rounds, and read by who has claimed a unit, within one.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

/// A round's number, how many of its units are claimed from below and from above, and how many there are.
#[derive(Clone, Copy)]
struct Ticket {
    round: u64,
    below: u64,
    above: u64,
    units: u64,
}

impl Ticket {
    fn of(word: u64) -> Ticket {
        Ticket { round: word >> 24, below: word >> 16 & 255, above: word >> 8 & 255, units: word & 255 }
    }

    fn word(self) -> u64 {
        self.round << 24 | self.below << 16 | self.above << 8 | self.units
    }
}

impl Shared {
    /// A unit of the round that is open, if one is left.
    fn claim(&self, from_above: bool) -> Option<usize> {
        let mut word = self.ticket.load(Ordering::Acquire);
        loop {
            let mut t = Ticket::of(word);
            if t.below + t.above >= t.units {
                return None;
            }
            let unit = if from_above { t.units - 1 - t.above } else { t.below };
            if from_above {
                t.above += 1;
            } else {
                t.below += 1;
            }
            match self.ticket.compare_exchange_weak(word, t.word(), Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(unit as usize),
                Err(found) => word = found,
            }
        }
    }

    /// Does units until none is left.
    fn work(&self, thread: usize) {
        while let Some(unit) = self.claim(thread % 2 == 1) {
            // SAFETY: the round can't end before this unit is finished, and the job lives as long.
            let job = unsafe { &*(*self.job.get()).expect("an open round has a job") };
            if catch_unwind(AssertUnwindSafe(|| job(thread, unit))).is_err() {
                self.failed.store(true, Ordering::Relaxed);
            }
            self.finished.fetch_add(1, Ordering::Release);
        }
    }

    fn help(&self, thread: usize) {
        let mut seen = self.ticket.load(Ordering::Acquire);
        while !self.stop.load(Ordering::Relaxed) {
            self.work(thread);
            let mut spins = 0;
            while self.ticket.load(Ordering::Acquire) == seen && spins < SPINS {
                std::hint::spin_loop();
                spins += 1;
                if spins % PATIENCE == 0 {
                    std::thread::yield_now();
                }
            }
            if spins == SPINS {
                self.asleep.fetch_add(1, Ordering::SeqCst);
                if self.ticket.load(Ordering::SeqCst) == seen && !self.stop.load(Ordering::SeqCst) {
                    std::thread::park();
                }
                self.asleep.fetch_sub(1, Ordering::SeqCst);
            }
            seen = self.ticket.load(Ordering::Acquire);
        }
    }
}

impl Team {
    /// So many threads together, the caller's own among them; fewer if the system starts no more.
    pub fn new(threads: usize) -> Team {
        let shared = Arc::new(Shared {
            ticket: AtomicU64::new(0),
            job: UnsafeCell::new(None),
            finished: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
            asleep: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
        });
        let start = |thread: usize| {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new().spawn(move || shared.help(thread)).ok()
        };
        let helpers = (1..threads.min(MAX_THREADS)).map_while(start).collect();
        Team { shared, helpers }
    }

    /// How many threads there are.
    pub fn threads(&self) -> usize {
        self.helpers.len() + 1
    }

    /// Calls `f` once for each unit, with the number of the thread that does it. Each unit is done when it returns.
    ///
    /// # Panics
    /// If `f` does, and for more than [`MAX_UNITS`] units.
    pub fn run(&mut self, units: usize, f: &(dyn Fn(usize, usize) + Sync)) {
        assert!(units <= MAX_UNITS, "{units} units");
        if units < 2 || self.helpers.is_empty() {
            return (0..units).for_each(|unit| f(0, unit));
        }
        let shared = &*self.shared;
        // SAFETY: no round is open, so that nobody reads the job. Its lifetime is left out: below, the round ends.
        unsafe { *shared.job.get() = Some(std::mem::transmute::<*const (dyn Fn(usize, usize) + Sync + '_), Job>(f)) };
        shared.finished.store(0, Ordering::Relaxed);
        let round = Ticket::of(shared.ticket.load(Ordering::Relaxed)).round + 1;
        shared.ticket.store(Ticket { round, below: 0, above: 0, units: units as u64 }.word(), Ordering::SeqCst);
        if shared.asleep.load(Ordering::SeqCst) > 0 {
            self.helpers.iter().for_each(|h| h.thread().unpark());
        }
        shared.work(0);
        let mut spins = 0;
        while shared.finished.load(Ordering::Acquire) < units {
            std::hint::spin_loop();
            spins += 1;
            if spins % PATIENCE == 0 {
                std::thread::yield_now();
            }
        }
        if shared.failed.swap(false, Ordering::Relaxed) {
            resume_unwind(Box::new("a unit of work has failed"));
        }
    }
}

impl Clone for Team {
    /// As many threads of its own.
    fn clone(&self) -> Team {
        Team::new(self.threads())
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        for helper in self.helpers.drain(..) {
            helper.thread().unpark();
            // A helper catches what fails in its work.
            _ = helper.join();
        }
    }
}
