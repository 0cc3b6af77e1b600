//! What a run is at a moment, in a file: whatever ends the process, training goes on from there, bit by bit.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use safetensors::SafeTensors;
use wrt::{Level, Progress, Trainer, Watch};

use crate::failure::Failure;
use crate::run_folder::RunFolder;
use crate::weights::{self, Kept, Shapes};

/// The file's name.
const FILE: &str = "state.safetensors";

/// The version of its form: which values there are, what they are called, and how the data is hashed.
const VERSION: &str = "4";

/// What the bits of a run depend on beside its model, its settings and its seed.
#[derive(Clone)]
pub struct Surroundings {
    /// The hash of the data.
    pub data: String,
    /// The version of wrt.
    version: String,
    /// The instructions that it computes with.
    level: String,
}

impl Surroundings {
    /// Those of this process.
    pub fn here(data: u64) -> Surroundings {
        let (version, level) = (wrt::VERSION.to_string(), format!("{:?}", Level::best()));
        Surroundings { data: format!("{data:016x}"), version, level }
    }
}

/// All that a trainer carries, as one row each.
fn shapes<T: Kept>(trainer: &Trainer<T>) -> Shapes {
    let values = trainer.values();
    values.names().map(|name| (name.to_string(), vec![values.get(name).unwrap_or_default().len()])).collect()
}

/// Writes the state; the old one is in its place until the new one is whole.
pub fn save<T: Kept>(folder: &RunFolder, trainer: &Trainer<T>, around: &Surroundings) -> Result<(), Failure> {
    let Progress { epochs, batches, total, sums, watch } = trainer.progress();
    let sums: Vec<String> = sums.iter().map(|x| format!("{:016x}", x.to_bits())).collect();
    let about = [
        ("state_version", VERSION.to_string()),
        ("epochs", epochs.to_string()),
        ("batches", batches.to_string()),
        ("total", format!("{:016x}", total.to_bits())),
        ("sums", sums.join(" ")),
        ("watch", watch.to_string()),
        ("data", around.data.clone()),
        ("wrt", around.version.clone()),
        ("level", around.level.clone()),
    ];
    let about: HashMap<String, String> = about.into_iter().map(|(k, v)| (k.to_string(), v)).collect();
    folder.write(FILE, &weights::written(shapes(trainer), trainer, Some(about))?)
}

/// Brings a trainer to where the run was, if it has kept a state; what is to be said of it.
pub fn load<T: Kept>(
    folder: &RunFolder,
    trainer: &mut Trainer<T>,
    around: &Surroundings,
) -> Result<Vec<String>, Failure> {
    let Some(bytes) = folder.read(FILE)? else { return Ok(Vec::new()) };
    let file = folder.path().join(FILE).display().to_string();
    let broken = |what: &str| Failure::plain(format!("{file} is no state of a run: {what}"));
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|e| broken(&e.to_string()))?;
    let about = metadata.metadata().clone().unwrap_or_default();
    let text = |name: &str| about.get(name).cloned().ok_or_else(|| broken(&format!("it says no `{name}`")));
    let number = |name: &str| text(name)?.parse::<usize>().map_err(|_| broken(&format!("`{name}` is no number")));
    if text("state_version")? != VERSION {
        return Err(broken("it is of another version of wrt"));
    }
    if text("data")? != around.data {
        let message = "the data is not that with which the run began";
        return Err(Failure::plain(message).with_help("wrt train --initial RUN/weights.safetensors begins another run"));
    }
    let bits = |word: &str| u64::from_str_radix(word, 16).map(f64::from_bits).map_err(|e| broken(&e.to_string()));
    let total = bits(&text("total")?)?;
    let sums = text("sums")?.split_whitespace().map(bits).collect::<Result<Vec<f64>, _>>()?;
    let watch: Watch = text("watch")?.parse().map_err(|e: String| broken(&format!("`watch`: {e}")))?;
    let progress = Progress { epochs: number("epochs")?, batches: number("batches")?, total, sums, watch };
    if progress.batches >= trainer.batches() {
        return Err(broken("it has more batches than an epoch"));
    }
    weights::taken(&bytes, &file, &shapes(trainer), &[], trainer)?;
    trainer.resume(progress);
    let mut said = Vec::new();
    for (what, name, now) in [("version", "wrt", &around.version), ("instructions", "level", &around.level)] {
        let then = text(name)?;
        if then != *now {
            said.push(format!("the run began with the {what} {then}, and goes on with {now}: last bits may differ"));
        }
    }
    Ok(said)
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From here on, the first Ctrl-C only asks to stop, and the second one ends the process.
pub fn watch() {
    // Where signals can't be caught, they end the process, and the last checkpoint stands.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
}

/// Has somebody asked to stop?
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
