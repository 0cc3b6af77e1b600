//! `wrt train` and `wrt resume`: from a model file and data to trained parameters, in a folder of their own.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use wrt::{Epoch, Model, Part, Progress, Step, Trainer, TrainingOptions, check_gradient};

use crate::answer::versioned;
use crate::args::{Format, Resume, Train, threads};
use crate::budget::{check_memory, limit, look_before_training};
use crate::checkpoint::{self, Surroundings};
use crate::examples;
use crate::failure::Failure;
use crate::output::{print, print_json};
use crate::point::{Text, read, utf8};
use crate::progress::{Bar, Standing};
use crate::question::warn;
use crate::rows::{self, Known};
use crate::run_folder::RunFolder;
use crate::run_pictures;
use crate::seeds::{self, Seeds};
use crate::source::Source;
use crate::training_output::{self as output, Beginning, History};
use crate::weights::{self, Kept};

/// Rows between two looks at whether somebody wants to stop.
const LOOK: usize = 1 << 13;
/// What a state is written after, unless it is said after how many epochs.
const EPOCH_PAUSE: Duration = Duration::from_secs(1);
/// The same within an epoch.
const PAUSE: Duration = Duration::from_secs(10);
/// The name of a file of starting values within the folder.
const INITIAL: &str = "initial.safetensors";

/// What a run was asked for beside its model file; kept in its folder.
struct Asked {
    /// The model file, as it was named.
    model: String,
    data: PathBuf,
    precision: Format,
    /// Settings that stand above those of the model.
    settings: Map<String, Value>,
    /// How many seeds, if there are to be several runs.
    seeds: Option<u64>,
}

impl Asked {
    fn of(a: &Train, path: &Path, model: &Model) -> Result<Asked, Failure> {
        // The run may be resumed from elsewhere: the path is a whole one.
        let data = source(a, path, model)?;
        let given = [
            // A setting belongs to the optimiser that is named before it.
            ("optimiser", a.optimizer.clone().map(Value::from)),
            ("rate", a.rate.clone().map(Value::from)),
            ("schedule", a.schedule.clone().map(Value::from)),
            ("split", a.split.clone().map(Value::from)),
            ("missing", a.missing.clone().map(Value::from)),
            ("shuffle", a.shuffle.map(|s| Value::from(u8::from(s)))),
            ("stream", a.stream.map(|s| Value::from(u8::from(s)))),
            ("shuffle_buffer", a.shuffle_buffer.map(Value::from)),
            ("epochs", a.epochs.map(Value::from)),
            ("batch", a.batch.map(Value::from)),
            ("seed", a.seed.map(Value::from)),
            ("validation", a.validation.map(Value::from)),
            ("test", a.test.map(Value::from)),
            ("patience", a.patience.map(Value::from)),
            ("best", a.best.then(|| Value::from(1))),
            ("accumulate", a.accumulate.map(Value::from)),
            ("gradients", a.gradients.then(|| Value::from(1))),
        ];
        let given = given.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?)));
        let mut settings: Map<String, Value> = given.collect();
        for text in &a.set {
            let (name, value) = text.split_once('=').ok_or_else(|| {
                Failure::plain(format!("`{text}` sets nothing")).with_help("write --set momentum=0.9")
            })?;
            settings.insert(name.trim().to_string(), value.trim().into());
        }
        Ok(Asked {
            model: path.display().to_string(),
            data,
            precision: a.precision,
            settings,
            seeds: a.seeds.map(|n| n.get().into()),
        })
    }

    /// The same for one seed.
    fn of_seed(&self, seed: u64) -> Asked {
        let (model, data, mut settings) = (self.model.clone(), self.data.clone(), self.settings.clone());
        settings.insert("seed".into(), seed.into());
        Asked { model, data, precision: self.precision, settings, seeds: None }
    }

    fn read(folder: &RunFolder, kept: &Value) -> Result<Asked, Failure> {
        let text = |name: &str| {
            let missing = || Failure::plain(format!("{}/run.json says no `{name}`", folder.path().display()));
            kept[name].as_str().map(String::from).ok_or_else(missing)
        };
        let precision = if text("precision")? == "f64" { Format::F64 } else { Format::F32 };
        let settings = kept["settings"].as_object().cloned().unwrap_or_default();
        let seeds = kept["seeds"].as_u64();
        Ok(Asked { model: text("model")?, data: text("data")?.into(), precision, settings, seeds })
    }

    fn json(&self) -> Map<String, Value> {
        let precision = if self.precision == Format::F64 { "f64" } else { "f32" };
        let all = [
            ("run_version", json!(2)),
            ("model", json!(self.model)),
            ("data", json!(self.data.display().to_string())),
            ("precision", json!(precision)),
            ("settings", json!(self.settings)),
            ("finished", json!(false)),
        ];
        let seeds = self.seeds.map(|n| ("seeds", json!(n)));
        all.into_iter().chain(seeds).map(|(name, value)| (name.to_string(), value)).collect()
    }

    /// The files with which a run begins.
    fn files(&self, text: &str, initial: Option<Vec<u8>>) -> Vec<(&'static str, Vec<u8>)> {
        let model = [("model.wrt", text.as_bytes().to_vec())];
        let run = ("run.json", format!("{:#}\n", Value::Object(self.json())).into_bytes());
        model.into_iter().chain(initial.map(|bytes| (INITIAL, bytes))).chain([run]).collect()
    }

    /// What the `train` line says, and what was asked for instead.
    fn options(&self, model: &Model) -> Result<TrainingOptions, wrt::Error> {
        let mut options = TrainingOptions::of(model)?;
        for (name, value) in &self.settings {
            match value.as_str() {
                Some(text) => options.set_text(name, text)?,
                None => options.set(name, value.as_f64().unwrap_or(f64::NAN))?,
            }
        }
        Ok(options)
    }
}

/// The file of the data: that of the arguments, or the model's, beside which it lies.
fn source(a: &Train, path: &Path, model: &Model) -> Result<PathBuf, Failure> {
    if let Some(path) = &a.data {
        return Ok(rows::located(Path::new(""), path));
    }
    let Some(own) = model.data_file() else {
        let help = "write data X[m, n], y[m] from \"file.csv\" in the model, or --data file.csv";
        return Err(Failure::plain("the model does not say where its data comes from").with_help(help));
    };
    Ok(rows::located(path.parent().unwrap_or_else(|| Path::new("")), Path::new(&own)))
}

/// How the run is done this time, which changes nothing of what comes out.
struct Manner {
    threads: usize,
    checkpoint: Option<usize>,
    json: bool,
    /// Is it one of several, which tells nothing by itself?
    quiet: bool,
    /// The file of starting values as it was named, of which the folder has a copy.
    initial: Option<PathBuf>,
}

/// Trains, and tells what came of it.
pub fn run(a: &Train) -> Result<ExitCode, Failure> {
    let Some(path) = &a.model else { return examples::list(a) };
    let name = path.display().to_string();
    let file = std::fs::File::open(path);
    let file = file.map_err(|e| Failure::plain(format!("{name} could not be opened: {e}")))?;
    let text = Text { text: utf8(&name, read(file, &name)?)?, name };
    let fail = |e: wrt::Error| Failure::in_text(&e, &text);
    let model = Model::parse(&text.text).map_err(fail)?;
    let asked = Asked::of(a, path, &model)?;
    let options = asked.options(&model).map_err(fail)?;
    Step::<f32>::with_options(&model, &options).map_err(fail)?;
    let initial = a.initial.as_ref().map(|path| {
        std::fs::read(path).map_err(|e| Failure::plain(format!("{} could not be read: {e}", path.display())))
    });
    let files = asked.files(&text.text, initial.transpose()?);
    let checkpoint = a.checkpoint.map(|n| n.get());
    let initial = a.initial.clone();
    let manner = Manner { threads: threads(a.threads), checkpoint, json: a.json, quiet: false, initial };
    let stem = path.file_stem().map_or("run".into(), |s| s.to_string_lossy().into_owned());
    let was_there = a.out.as_ref().is_some_and(|p| p.exists());
    let folder = RunFolder::new(a.out.as_deref(), &stem, &files)?;
    if asked.seeds.is_some() {
        let first = folder.path().join(Seeds::folder(asked.options(&model)?.seed));
        let result = several(&folder, &asked, &model, &text, manner);
        if result.is_err() && !first.exists() {
            folder.abandon(was_there);
        }
        return result;
    }
    Ok(begun(folder, &asked, &model, &text, &manner, was_there)?.code())
}

/// How a run has ended.
enum Ended {
    Finished,
    Stopped,
}

impl Ended {
    fn code(&self) -> ExitCode {
        match self {
            Ended::Finished => ExitCode::SUCCESS,
            Ended::Stopped => ExitCode::from(130),
        }
    }
}

/// Runs with several seeds, in folders within the one folder; those that are there go on.
fn several(folder: &RunFolder, asked: &Asked, model: &Model, text: &Text, manner: Manner) -> Result<ExitCode, Failure> {
    let fail = |e: wrt::Error| Failure::in_text(&e, text);
    let first = asked.options(model).map_err(fail)?.seed;
    let seeds = Seeds { first, count: asked.seeds.unwrap_or(1), json: manner.json };
    let manner = Manner { quiet: true, ..manner };
    let initial = folder.read(INITIAL)?;
    seeds.run(folder, asked.json(), &mut |seed| {
        let (own, path) = (asked.of_seed(seed), folder.path().join(Seeds::folder(seed)));
        let ended = if path.join("run.json").is_file() {
            let there = RunFolder::open(&path)?;
            if kept(&there)?["finished"] == json!(true) {
                Ended::Finished
            } else {
                go_on(there, &own, model, text, &manner)?
            }
        } else {
            let there = RunFolder::new(Some(&path), "seed", &own.files(&text.text, initial.clone()))?;
            begun(there, &own, model, text, &manner, false)?
        };
        match ended {
            Ended::Stopped => Ok(seeds::Ended::Stopped),
            Ended::Finished => {
                let results = kept(&RunFolder::open(&path)?)?["results"].as_object().cloned();
                Ok(seeds::Ended::Finished(results.unwrap_or_default()))
            }
        }
    })
}

/// What `run.json` says.
fn kept(folder: &RunFolder) -> Result<Value, Failure> {
    let name = folder.path().join("run.json").display().to_string();
    let bytes = folder.read("run.json")?.unwrap_or_default();
    serde_json::from_str(&utf8(&name, bytes)?).map_err(|e| Failure::plain(format!("{name}: {e}")))
}

/// A new run; the folder of one that can't begin is no folder.
fn begun(
    folder: RunFolder,
    asked: &Asked,
    model: &Model,
    text: &Text,
    manner: &Manner,
    was_there: bool,
) -> Result<Ended, Failure> {
    fn run<T: Kept>(
        folder: RunFolder,
        asked: &Asked,
        model: &Model,
        text: &Text,
        manner: &Manner,
        was_there: bool,
    ) -> Result<Ended, Failure> {
        match Run::<T>::new(&folder, asked, model, text, manner) {
            Ok(run) => run.finish(&folder, asked, text, manner),
            Err(failure) => {
                folder.abandon(was_there);
                Err(failure)
            }
        }
    }
    match asked.precision {
        Format::F32 => run::<f32>(folder, asked, model, text, manner, was_there),
        Format::F64 => run::<f64>(folder, asked, model, text, manner, was_there),
    }
}

/// A run that has begun before.
fn go_on(folder: RunFolder, asked: &Asked, model: &Model, text: &Text, manner: &Manner) -> Result<Ended, Failure> {
    match asked.precision {
        Format::F32 => Run::<f32>::new(&folder, asked, model, text, manner)?.finish(&folder, asked, text, manner),
        Format::F64 => Run::<f64>::new(&folder, asked, model, text, manner)?.finish(&folder, asked, text, manner),
    }
}

/// Goes on with a run that was ended before it was finished.
pub fn resume(a: &Resume) -> Result<ExitCode, Failure> {
    let folder = RunFolder::open(&a.run)?;
    let file = |name: &str| {
        let missing = || Failure::plain(format!("{} is no run: it has no {name}", a.run.display()));
        let bytes = folder.read(name)?.ok_or_else(missing)?;
        let name = a.run.join(name).display().to_string();
        Ok::<Text, Failure>(Text { text: utf8(&name, bytes)?, name })
    };
    let (text, kept) = (file("model.wrt")?, kept(&folder)?);
    if kept["run_version"].as_u64().is_none_or(|v| v > 2) {
        return Err(Failure::plain(format!("{} is a run of another version of wrt", a.run.display())));
    }
    if kept["finished"] != json!(false) {
        let epochs = &kept["epochs"];
        if a.json {
            return print_json(versioned(json!({ "finished": true, "epochs": epochs })));
        }
        let after = epochs.as_u64().map_or(String::new(), |epochs| format!(", after {epochs} epochs"));
        print(&format!("the run in {} is finished{after}: nothing is left to do\n", a.run.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let asked = Asked::read(&folder, &kept)?;
    let model = Model::parse(&text.text).map_err(|e| Failure::in_text(&e, &text))?;
    let checkpoint = a.checkpoint.map(|n| n.get());
    let manner = Manner { threads: threads(a.threads), checkpoint, json: a.json, quiet: false, initial: None };
    if asked.seeds.is_some() {
        return several(&folder, &asked, &model, &text, manner);
    }
    Ok(go_on(folder, &asked, &model, &text, &manner)?.code())
}

/// A run at work.
struct Run<T: Kept> {
    step: Step<T>,
    trainer: Trainer<T>,
    model: Model,
    options: TrainingOptions,
    sizes: Vec<(String, usize)>,
    classes: Vec<String>,
    around: Surroundings,
    history: History,
}

impl<T: Kept> Run<T> {
    /// Everything that comes before the first step, or the next one.
    fn new(folder: &RunFolder, asked: &Asked, model: &Model, text: &Text, manner: &Manner) -> Result<Run<T>, Failure> {
        let fail = |e: wrt::Error| Failure::in_text(&e, text);
        let options = asked.options(model).map_err(fail)?;
        let step = Step::<T>::with_options(model, &options).map_err(fail)?;
        look_before_training();
        let known = Known { missing: options.missing, ..Known::default() };
        let source = Source::open(&asked.data, &step, &options, &known)?;
        let (rows, sizes, classes) = source.about();
        let around = Surroundings::here(source.fingerprint());
        let lent: Vec<(&str, usize)> = sizes.iter().map(|(n, k)| (n.as_str(), *k)).collect();
        let held = source.held(&step, &options);
        // What is left beside the rows; where nothing is, the step says what it needs.
        let memory = limit().map(|bytes| bytes.saturating_sub(held));
        let options = TrainingOptions { memory, ..options };
        let step = if memory.is_some() { Step::<T>::with_options(model, &options).map_err(fail)? } else { step };
        let needs = step.needs(&lent, options.batch.min(rows).max(1), manner.threads).map_err(fail)?;
        check_memory(&needs, held)?;
        let mut trainer = source.trainer(model, &options, &lent).map_err(fail)?.with_threads(manner.threads);
        refuse_unseen(&trainer.unseen_classes(), &classes)?;
        let options = trainer.options().clone();
        if let Some(bytes) = folder.read(INITIAL)? {
            let fitted: Vec<String> = step.fitted().into_iter().map(|p| p.name).collect();
            let file = manner.initial.clone().unwrap_or_else(|| folder.path().join(INITIAL)).display().to_string();
            weights::taken(&bytes, &file, &weights::shapes(&step, &lent), &fitted, &mut trainer)?;
        }
        checkpoint::load(folder, &mut trainer, &around)?.iter().for_each(|said| warn(said));
        let parameters = step.parameters();
        let entries = parameters.iter().map(|p| p.entries(&lent).unwrap_or(0)).collect::<Vec<_>>();
        let parameters = parameters.into_iter().zip(entries).collect();
        if !manner.quiet {
            let gradients = gradients(&trainer, model);
            let beginning = Beginning { parameters, fitted: step.fitted(), gradients: &gradients, rows };
            output::begin(manner.json, &trainer, &beginning)?;
        }
        if *trainer.progress() == Progress::default() {
            warn_of_rate(&trainer, model);
        }
        let kept = folder.read("history.csv")?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let history = History::new(&trainer, kept.as_deref());
        Ok(Run { step, trainer, model: model.clone(), options, sizes, classes, around, history })
    }

    /// Trains until all epochs are over, or somebody stops it.
    fn finish(mut self, folder: &RunFolder, asked: &Asked, text: &Text, manner: &Manner) -> Result<Ended, Failure> {
        checkpoint::watch();
        let start = Instant::now();
        let mut last = start;
        let mut bar = Bar::new(!manner.json);
        let mut measures = String::new();
        let mut odd: Vec<String> = Vec::new();
        let look = (LOOK / self.options.batch).max(1);
        while !self.trainer.is_finished() {
            let done = self.trainer.run_batches(look).map_err(|e| Failure::in_text(&e, text))?;
            let number = self.trainer.progress().epochs;
            if let Some(epoch) = &done {
                self.history.push(number, epoch);
                measures = self.measured(epoch);
                if !manner.quiet {
                    bar.clear();
                    output::epoch(manner.json, self.options.epochs, &self.trainer, epoch)?;
                }
                odd = output::odd_gradients(&self.trainer, epoch);
            }
            bar.show(&self.standing(&measures));
            if checkpoint::interrupted() && !self.trainer.is_finished() {
                drop(bar);
                return self.stopped(folder, manner);
            }
            let due = match (&done, manner.checkpoint) {
                (Some(_), Some(every)) => number.is_multiple_of(every),
                (Some(_), None) => last.elapsed() >= EPOCH_PAUSE,
                (None, _) => last.elapsed() >= PAUSE,
            };
            if due {
                self.save(folder)?;
                last = Instant::now();
            }
        }
        drop(bar);
        odd.iter().for_each(|said| warn(said));
        self.end(folder, asked, text, manner, start.elapsed().as_secs_f64())
    }

    /// What the line of progress says of the last epoch.
    fn measured(&self, epoch: &Epoch) -> String {
        let names = self.trainer.epoch_names().validation.iter().map(|name| format!("val_{name}"));
        format!("  loss {:.4}{}", epoch.loss, output::measured(names.zip(&epoch.validation)))
    }

    fn standing(&self, measures: &str) -> Standing {
        let Progress { epochs, batches, .. } = *self.trainer.progress();
        let rows = self.trainer.rows(Part::Train);
        let done = (batches * self.options.batch).min(rows);
        Standing { epochs: [epochs, self.options.epochs], rows: [done, rows], measures: measures.to_string() }
    }

    /// What a resume needs: the history first, of which it takes as much as the state has epochs.
    fn save(&self, folder: &RunFolder) -> Result<(), Failure> {
        folder.write("history.csv", self.history.text.as_bytes())?;
        checkpoint::save(folder, &self.trainer, &self.around)
    }

    fn weights(&self) -> Result<Vec<u8>, Failure> {
        let sizes: Vec<(&str, usize)> = self.sizes.iter().map(|(n, k)| (n.as_str(), *k)).collect();
        weights::written(weights::shapes(&self.step, &sizes), &self.trainer, None)
    }

    /// The history as a picture.
    fn picture(&self, folder: &RunFolder) -> Result<(), Failure> {
        let best = self.trainer.progress().watch.best_epoch;
        let marked = (best > 0 && (self.options.best || self.options.patience.is_some())).then_some(best);
        let name = folder.path().file_name().map_or("run".into(), |name| name.to_string_lossy().into_owned());
        run_pictures::history(folder, &name, &self.history.text, marked)
    }

    /// Somebody has stopped the run.
    fn stopped(&self, folder: &RunFolder, manner: &Manner) -> Result<Ended, Failure> {
        self.save(folder)?;
        self.picture(folder)?;
        let (path, done) = (folder.path().display().to_string(), self.trainer.progress().epochs);
        if manner.json && !manner.quiet {
            print_json(versioned(json!({ "stopped": true, "epochs": done, "folder": path })))?;
        } else if !manner.quiet {
            let all = self.options.epochs;
            print(&format!("stopped after {done} of {all} epochs; go on with: wrt resume {path}\n"))?;
        }
        Ok(Ended::Stopped)
    }

    /// What the model came to on each part of the rows, and where it is kept.
    fn end(
        mut self,
        folder: &RunFolder,
        asked: &Asked,
        text: &Text,
        manner: &Manner,
        seconds: f64,
    ) -> Result<Ended, Failure> {
        self.save(folder)?;
        self.trainer.take_best();
        folder.write("weights.safetensors", &self.weights()?)?;
        let (results, values) = output::results(&mut self.trainer).map_err(|e| Failure::in_text(&e, text))?;
        self.picture(folder)?;
        run_pictures::confusion(folder, &self.model, &mut self.trainer, &self.classes)?;
        let mut object = asked.json();
        let sizes: Map<String, Value> = self.sizes.iter().map(|(n, k)| (n.clone(), json!(k))).collect();
        let more = [
            ("finished", json!(true)),
            ("epochs", json!(self.trainer.progress().epochs)),
            ("batch", json!(self.options.batch)),
            ("seed", json!(self.options.seed)),
            ("classes", json!(self.classes)),
            ("sizes", json!(sizes)),
            ("results", json!(values)),
            ("seconds", json!(seconds)),
        ];
        object.extend(more.map(|(name, value)| (name.to_string(), value)));
        let best = self.trainer.progress().watch.best_epoch;
        if self.options.best && best > 0 {
            object.insert("best_epoch".into(), json!(best));
        }
        let mut object = Value::Object(object);
        folder.write("run.json", format!("{object:#}\n").as_bytes())?;
        let path = folder.path().display().to_string();
        if manner.json && !manner.quiet {
            object["folder"] = json!(path);
            print_json(versioned(object))?;
        } else if !manner.quiet {
            let ending = output::ending(&self.trainer);
            print(&format!("{ending}{results}trained in {seconds:.2} s, kept in {path}\n"))?;
        }
        Ok(Ended::Finished)
    }
}

/// Refuses rows kept apart of classes that are never trained on.
fn refuse_unseen(unseen: &[usize], words: &[String]) -> Result<(), Failure> {
    let name = |class: &usize| words.get(*class).map_or_else(|| class.to_string(), |word| format!("`{word}`"));
    let message = match unseen {
        [] => return Ok(()),
        [one] => format!("rows are kept apart whose class is {}, which no row to train on has", name(one)),
        all => {
            let names: Vec<String> = all.iter().map(name).collect();
            format!("rows are kept apart whose classes are {}, which no row to train on has", names.join(", "))
        }
    };
    Err(Failure::plain(message)
        .with_help("split = random gives each part its share of each class; or keep fewer apart"))
}

/// Says so where steps along the slopes are longer than they may be.
fn warn_of_rate<T: Kept>(trainer: &Trainer<T>, model: &Model) {
    // What has no curvature that can be computed is no fault.
    let Ok(Some((rate, stable))) = trainer.stable_rate(model) else { return };
    if rate > stable {
        warn(&format!(
            "the rate {} is beyond {}, up to which steps are stable where training starts: try --rate {}",
            wrt_draw::number(rate, 3),
            wrt_draw::number(stable, 2),
            wrt_draw::number(stable / 2.0, 2)
        ));
    }
}

/// Are the gradients with which a trainer trains right?
fn gradients<T: Kept>(trainer: &Trainer<T>, model: &Model) -> String {
    match check_gradient(trainer, model) {
        Ok(true) => "right: nudges agree with them".to_string(),
        Ok(false) => "WRONG: nudges disagree (wrt check tells where)".to_string(),
        Err(e) => format!("not checked: {}", e.message()),
    }
}
