//! The optimisers that come along: texts of the language, put together as the settings ask for.

use wrt_core::{Id, Number, Role, Substitution};
use wrt_language::{Declaration, Initial, Optimiser, Setting, Update, closest};

use crate::error::{Error, ErrorKind};
use crate::session::Session;
use crate::training_options::TrainingOptions;
use crate::watch::Plateau;

/// An optimiser: its text, and others that stand in for it where a setting is not 0.
struct Row {
    name: &'static str,
    text: &'static str,
    with: &'static [(&'static str, &'static str)],
}

macro_rules! text {
    ($file:literal) => {
        include_str!(concat!("optimisers/", $file, ".wrt"))
    };
}

const fn row(name: &'static str, text: &'static str) -> Row {
    Row { name, text, with: &[] }
}

const OPTIMISERS: [Row; 12] = [
    Row { name: "sgd", text: text!("sgd"), with: &[("nesterov", text!("nesterov")), ("momentum", text!("momentum"))] },
    row("momentum", text!("momentum")),
    Row { name: "adam", text: text!("adam"), with: &[("amsgrad", text!("amsgrad"))] },
    row("adamax", text!("adamax")),
    row("adamw", text!("adamw")),
    Row {
        name: "rmsprop",
        text: text!("rmsprop"),
        with: &[("momentum", text!("rmsprop_momentum")), ("centered", text!("rmsprop_momentum"))],
    },
    row("adagrad", text!("adagrad")),
    row("adadelta", text!("adadelta")),
    row("nadam", text!("nadam")),
    row("lion", text!("lion")),
    row("gradient_descent", text!("gradient_descent")),
    // Keras has it in capitals only.
    row("nesterov", text!("nesterov")),
];

/// What stands before a slope is used.
const CLIPS: [(&str, &str); 3] = [
    ("clip_value", text!("frame/clip_value")),
    ("clip_norm", text!("frame/clip_norm")),
    ("clip_global_norm", text!("frame/clip_global_norm")),
];

/// How the rate changes with the steps.
const SCHEDULES: [(&str, &str); 7] = [
    ("cosine", text!("frame/cosine")),
    ("exponential", text!("frame/exponential")),
    ("step", text!("frame/step")),
    ("warmup", text!("frame/warmup")),
    ("polynomial", text!("frame/polynomial")),
    ("inverse", text!("frame/inverse")),
    (PIECEWISE, text!("frame/piecewise")),
];

/// The one that says all rates itself, as lists.
const PIECEWISE: &str = "piecewise";

/// The one that hangs on the losses of epochs, and is no part of a step.
const PLATEAU: &str = "plateau";

/// Those that are as long as the training unless they say how long.
const FOLLOW: [&str; 2] = ["cosine", "polynomial"];

/// Names that Keras and others have for settings.
const SYNONYMS: [(&str, &str); 18] = [
    ("learning_rate", "rate"),
    ("lr", "rate"),
    ("beta_1", "beta1"),
    ("beta_2", "beta2"),
    ("weight_decay", "decay"),
    ("clipvalue", "clip_value"),
    ("clipnorm", "clip_norm"),
    ("global_clipnorm", "clip_global_norm"),
    ("eps", "epsilon"),
    ("initial_accumulator_value", "initial_accumulator"),
    ("decay_steps", "steps"),
    ("decay_rate", "factor"),
    ("alpha", "floor"),
    ("min_lr", "floor"),
    ("restore_best_weights", "best"),
    ("gradient_accumulation_steps", "accumulate"),
    ("batch_size", "batch"),
    ("validation_split", "validation"),
];

/// The name that a setting has here.
pub(crate) fn canonical(name: &str) -> &str {
    SYNONYMS.iter().find(|(other, _)| *other == name).map_or(name, |(_, own)| own)
}

/// An optimiser that a name and settings ask for.
struct Asked {
    name: String,
    settings: Vec<(String, Number)>,
    schedule: Option<(String, Vec<(String, Setting)>)>,
}

impl Asked {
    /// What the model says, and what stands above it.
    fn of(session: &Session, options: &TrainingOptions) -> Result<Asked, Error> {
        let train = session.document().parsed().train.as_ref();
        let own = options.optimiser.as_deref().is_none_or(|name| train.is_some_and(|t| t.optimiser == name));
        let name = options.optimiser.clone().or_else(|| train.map(|t| t.optimiser.clone()));
        let mut asked = Asked { name: name.unwrap_or_else(|| "adam".into()), settings: Vec::new(), schedule: None };
        for (name, value) in train.iter().filter(|_| own).flat_map(|t| &t.options) {
            asked.set(name, value)?;
        }
        let schedules = train.iter().flat_map(|t| &t.settings).filter(|(name, _)| name == "schedule");
        for (name, value) in schedules {
            asked.set(name, value)?;
        }
        let says_rates = |value: &Setting| matches!(value, Setting::Word(word, _) if word == PIECEWISE);
        if options.settings.iter().any(|(name, value)| name == "schedule" && says_rates(value)) {
            // It stands above the model, and so above the model's rate.
            asked.settings.retain(|(name, _)| name != "rate");
        }
        for (name, value) in &options.settings {
            asked.set(name, value)?;
        }
        if asked.schedule.as_ref().is_some_and(|(name, _)| name == PIECEWISE)
            && asked.settings.iter().any(|(name, _)| name == "rate")
        {
            let message = format!("the schedule `{PIECEWISE}` says the rates, and `rate` says another one");
            let help = "leave out `rate`, or the schedule (schedule = none)";
            return Err(Error::new(ErrorKind::Arguments, message).with_help(help));
        }
        Ok(asked)
    }

    fn set(&mut self, name: &str, value: &Setting) -> Result<(), Error> {
        match (canonical(name), value) {
            ("schedule", Setting::Word(word, own)) if word == "none" && own.is_empty() => self.schedule = None,
            ("schedule", Setting::Word(word, own)) => self.schedule = Some((word.clone(), own.clone())),
            ("schedule", Setting::Number(_) | Setting::Numbers(_)) => {
                return Err(wrong("schedule", "the name of one, as in cosine(steps = 1000)", value));
            }
            (name, Setting::Number(number)) => {
                checked(name, number)?;
                self.settings.retain(|(n, _)| n != name);
                self.settings.push((name.to_string(), number.clone()));
            }
            (name, Setting::Word(..) | Setting::Numbers(_)) => return Err(wrong(name, "a number", value)),
        }
        Ok(())
    }

    fn is_set(&self, name: &str) -> bool {
        self.settings.iter().any(|(n, value)| n == name && !value.is_zero())
    }

    /// The text, and names of settings that it would have if they were not 0; slopes are averaged over so many batches.
    fn text(&self, batches: usize) -> Result<(String, Vec<&'static str>), Error> {
        let names = || OPTIMISERS.iter().map(|row| row.name);
        let Some(row) = OPTIMISERS.iter().find(|row| row.name == self.name) else {
            let help = match closest(&self.name, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}; or write w := … in the model", names().collect::<Vec<_>>().join(", ")),
            };
            let message = format!("there is no optimiser `{}`", self.name);
            return Err(Error::new(ErrorKind::Name, message).with_help(help));
        };
        let base = row.with.iter().find(|(setting, _)| self.is_set(setting)).map_or(row.text, |(_, text)| text);
        let (head, body) = base.split_once("\n\n").unwrap_or((base, ""));
        // What a step begins with stands behind the settings.
        let (mut top, mut rest) = (String::new(), String::new());
        for line in head.lines() {
            let to = if line.starts_with("hyper") || line.starts_with('#') { &mut top } else { &mut rest };
            to.push_str(line);
            to.push('\n');
        }
        rest.push('\n');
        rest.push_str(body);
        let clips: Vec<&(&str, &str)> = CLIPS.iter().filter(|(name, _)| self.is_set(name)).collect();
        match clips[..] {
            [] => {}
            [(_, text)] => {
                top.push_str(text);
                rest = rest.replace("d(cost, w)", "clipped(d(cost, w))");
            }
            _ => {
                let message = "slopes are clipped in one way: by clip_value, clip_norm or clip_global_norm";
                return Err(Error::new(ErrorKind::Arguments, message));
            }
        }
        if self.is_set("decay") && !top.contains("decay") {
            top.push_str("hyper decay = 0\n");
            rest = rest.replace("w := w ", "w := w - rate*decay*w ");
        }
        if let Some((name, own)) = self.schedule.as_ref().filter(|(name, _)| name != PLATEAU) {
            let text = schedule(name)?;
            top.push_str(text!("frame/counted"));
            match name.as_str() {
                PIECEWISE => top.push_str(&Piecewise::of(own)?.text(text)),
                _ => top.push_str(text),
            }
            rest = words_replaced(&rest, "rate", "scheduled");
        }
        if batches > 1 {
            if self.is_set("clip_global_norm") {
                let message = "clip_global_norm is of the slopes of one batch, and not of several accumulated ones";
                return Err(Error::new(ErrorKind::Arguments, message).with_help("clip_norm or clip_value is"));
            }
            (top, rest) = accumulated(&top, &rest, batches);
        }
        let others = row.with.iter().map(|(setting, _)| *setting).chain(CLIPS.iter().map(|(name, _)| *name));
        Ok((format!("{top}{rest}"), others.chain(["decay"]).collect()))
    }
}

/// An optimiser's text, its settings and the rest, so that a step is done with the last of so many batches.
fn accumulated(top: &str, rest: &str, batches: usize) -> (String, String) {
    let gated = |text: &str| -> String {
        let line = |line: &str| match line.split_once(":=") {
            Some((name, value)) => format!("{name}:= where(full, {}, {})\n", value.trim(), name.trim()),
            None => format!("{line}\n"),
        };
        text.lines().map(line).collect()
    };
    let frame = text!("frame/accumulate").replace("accumulate = 1", &format!("accumulate = {batches}"));
    let rest = gated(&rest.replace("d(cost, w)", "slope"));
    (
        format!("{frame}{}", gated(top)),
        rest.replacen("every param w\n", &format!("every param w\n{}", text!("frame/piled")), 1),
    )
}

/// The rates that a schedule says itself, and the steps up to which each but the last one holds.
struct Piecewise<'s> {
    boundaries: &'s [Number],
    values: &'s [Number],
}

impl<'s> Piecewise<'s> {
    const SETTINGS: [&'static str; 2] = ["boundaries", "values"];

    fn of(own: &'s [(String, Setting)]) -> Result<Piecewise<'s>, Error> {
        if let Some((name, _)) = own.iter().find(|(name, _)| !Piecewise::SETTINGS.contains(&name.as_str())) {
            return Err(no_setting(PIECEWISE, name, Piecewise::SETTINGS.to_vec()));
        }
        let help = "write piecewise(boundaries = [1000, 2000], values = [0.1, 0.01, 0.001])";
        let refused = |message: String| Error::new(ErrorKind::Arguments, message).with_help(help);
        let list = |wanted: &str| match own.iter().rev().find(|(name, _)| name == wanted).map(|(_, value)| value) {
            Some(Setting::Numbers(all)) if !all.is_empty() => Ok(all.as_slice()),
            Some(value) => Err(wrong(wanted, "a list of numbers", value).with_help(help)),
            None => Err(refused(format!("the schedule `{PIECEWISE}` needs `{wanted}`"))),
        };
        let [boundaries, values] = Piecewise::SETTINGS.map(list);
        let found = Piecewise { boundaries: boundaries?, values: values? };
        let (wanted, count) = (found.boundaries.len() + 1, found.values.len());
        if wanted != count {
            let message = "`values` has one number more than `boundaries`";
            return Err(refused(format!("{message}: expected {wanted}, found {count}")));
        }
        for rate in found.values {
            checked("values", rate)?;
        }
        checked("boundaries", &found.boundaries[0])?;
        match found.boundaries.windows(2).find(|pair| pair[0] >= pair[1]) {
            Some(pair) => Err(refused(format!("`boundaries` increase, and behind {} stands {}", pair[0], pair[1]))),
            None => Ok(found),
        }
    }

    /// The text of the schedule with these numbers in the place of those that stand there.
    fn text(&self, text: &str) -> String {
        let lists = [("boundaries", self.boundaries), ("values", self.values)];
        let declared =
            lists.map(|(name, all)| format!("schedule_{name}[{}] = {}", all.len(), Setting::Numbers(all.to_vec())));
        let line = |line: &str| match line.starts_with("hyper ") {
            true => format!("hyper {}\n", declared.join(", ")),
            false => format!("{line}\n"),
        };
        text.lines().map(line).collect()
    }
}

fn schedule(name: &str) -> Result<&'static str, Error> {
    let names = || SCHEDULES.iter().map(|(own, _)| *own).chain([PLATEAU]);
    if let Some((_, text)) = SCHEDULES.iter().find(|(own, _)| *own == name) {
        return Ok(text);
    }
    let help = match closest(name, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
    };
    Err(Error::new(ErrorKind::Name, format!("there is no schedule `{name}`")).with_help(help))
}

/// A text with a word in the place of another one, not within names.
fn words_replaced(text: &str, from: &str, to: &str) -> String {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(from) {
        let (before, behind) = (&rest[..at], &rest[at + from.len()..]);
        let whole = !before.ends_with(is_name) && !behind.starts_with(is_name);
        out.push_str(before);
        out.push_str(if whole { to } else { from });
        rest = behind;
    }
    out.push_str(rest);
    out
}

fn wrong(name: &str, what: &str, value: &Setting) -> Error {
    Error::new(ErrorKind::Value, format!("`{name}` is {what}, not {value}"))
}

fn number<'v>(name: &str, value: &'v Setting) -> Result<&'v Number, Error> {
    if let Setting::Number(number) = value { Ok(number) } else { Err(wrong(name, "a number", value)) }
}

/// Refuses a value that a setting can't have.
fn checked(name: &str, value: &Number) -> Result<(), Error> {
    let x = value.to_f64();
    let (fits, what) = match name {
        "clip_value" | "clip_norm" | "clip_global_norm" => (x >= 0.0, "above 0, or 0 for none"),
        "schedule_steps" => (x > 0.0, "above 0"),
        "beta1" | "beta2" | "rho" | "momentum" => ((0.0..1.0).contains(&x), "at least 0 and below 1"),
        "nesterov" | "centered" | "amsgrad" | "schedule_staircase" => (x == 0.0 || x == 1.0, "true or false"),
        _ => (x >= 0.0, "at least 0"),
    };
    if fits { Ok(()) } else { Err(wrong(name.trim_start_matches("schedule_"), what, &Setting::Number(value.clone()))) }
}

/// The optimiser and its settings as texts.
pub(crate) fn listed(session: &Session, options: &TrainingOptions) -> Result<Vec<(String, String)>, Error> {
    let pair = |name: &str, value: String| (name.to_string(), value);
    if !session.document().parsed().updates.is_empty() {
        return Ok(vec![pair("optimiser", "that of the model".to_string())]);
    }
    let asked = Asked::of(session, options)?;
    let mut all = vec![pair("optimiser", asked.name)];
    all.extend(asked.settings.iter().map(|(name, value)| pair(name, value.to_f64().to_string())));
    all.extend(asked.schedule.map(|(name, own)| pair("schedule", Setting::Word(name, own).to_string())));
    Ok(all)
}

/// What a step makes of parameters and state, and the text that says so: what the model says itself, or the optimiser of
/// its `train` line, or Adam.
pub(crate) fn updates(session: &mut Session, options: &TrainingOptions) -> Result<Optimiser, Error> {
    let parsed = session.document().parsed();
    if !parsed.updates.is_empty() {
        return own_updates(session, options);
    }
    if !parsed.has_cost {
        let help = "name what is to become small: cost = mean((p - y)^2)";
        return Err(Error::new(ErrorKind::Name, "the model has no `cost` to train for").with_help(help));
    }
    let asked = Asked::of(session, options)?;
    let (text, others) = asked.text(options.accumulate)?;
    let declared = parsed.declarations.iter().filter(|d| d.role == Role::Parameter);
    let parameters: Vec<Id> = declared.map(|d| d.id).collect();
    if parameters.is_empty() {
        return Err(Error::new(ErrorKind::Name, "the model has no parameters to train"));
    }
    let (name, cost) = (&asked.name, session.document().root());
    let found = wrt_language::optimiser(session.graph_mut(), &text, name, cost, &parameters);
    let mut optimiser = found.map_err(|e| {
        let message = format!("the optimiser `{name}` can't train this model: {}", e.message);
        Error::new(ErrorKind::NotDifferentiable, message)
    })?;
    let own = |d: &Declaration| {
        let name = d.name.strip_prefix(name.as_str())?.strip_prefix('.')?;
        (d.role == Role::Hyperparameter).then(|| name.to_string())
    };
    let known: Vec<String> = optimiser.declarations.iter().filter_map(own).collect();
    let is_own = |setting: &str| crate::rates::is_rate(setting) && !known.iter().any(|k| k == setting);
    let rates = asked.settings.iter().filter(|(n, _)| is_own(n)).map(|(n, value)| (n.as_str(), value));
    let rates: Vec<(&str, &Number)> = rates.collect();
    for (setting, value) in asked.settings.iter().filter(|(n, _)| !is_own(n)) {
        if known.contains(setting) && !setting.starts_with("schedule_") {
            set(session, &mut optimiser.declarations, &format!("{name}.{setting}"), value);
        } else if !others.contains(&setting.as_str()) {
            let mut names: Vec<&str> = known.iter().map(String::as_str).chain(others).collect();
            names.retain(|n| !n.starts_with("schedule_"));
            return Err(no_setting(name, setting, names));
        }
    }
    match &asked.schedule {
        Some((schedule, settings)) if schedule == PIECEWISE => {
            // Rates of single parameters are in proportion to the first one.
            let first = Piecewise::of(settings)?.values.first();
            first.into_iter().for_each(|rate| set(session, &mut optimiser.declarations, &format!("{name}.rate"), rate));
        }
        Some((schedule, settings)) if schedule != PLATEAU => {
            let is_long = settings.iter().any(|(n, _)| canonical(n) == "steps");
            if !is_long && !FOLLOW.contains(&schedule.as_str()) {
                let message = format!("the schedule `{schedule}` needs the number of steps");
                let help = format!("write {schedule}(steps = 1000)");
                return Err(Error::new(ErrorKind::Arguments, message).with_help(help));
            }
            for (setting, value) in settings {
                let full = format!("schedule_{}", canonical(setting));
                if !known.contains(&full) {
                    let names = known.iter().filter_map(|n| n.strip_prefix("schedule_")).collect();
                    return Err(no_setting(schedule, setting, names));
                }
                let value = number(setting, value)?;
                checked(&full, value)?;
                set(session, &mut optimiser.declarations, &format!("{name}.{full}"), value);
            }
        }
        _ => {}
    }
    crate::rates::apply(session, &mut optimiser, name, &rates)?;
    settle(session, &mut optimiser.declarations);
    Ok(optimiser)
}

/// What starts as a formula of settings starts as that of what they are now.
fn settle(session: &mut Session, all: &mut [Declaration]) {
    let mut values = Substitution::default();
    for d in all.iter().filter(|d| d.role == Role::Hyperparameter) {
        if let Some(Initial::Formula(value)) = d.initial {
            values.set(d.id, value);
        }
    }
    for d in all.iter_mut().filter(|d| matches!(d.role, Role::State | Role::Parameter)) {
        if let Some(Initial::Formula(value)) = &mut d.initial {
            *value = values.apply(session.graph_mut(), *value);
        }
    }
}

/// Updates of the model's own, whose settings are its own, too.
fn own_updates(session: &mut Session, options: &TrainingOptions) -> Result<Optimiser, Error> {
    let parsed = session.document().parsed();
    let updates: Vec<Update> = parsed.updates.clone();
    let mut declarations: Vec<Declaration> =
        parsed.declarations.iter().filter(|d| d.role == Role::Hyperparameter).cloned().collect();
    if options.accumulate > 1 {
        let message = "the model says itself what a step is (w := …), and accumulates no batches";
        return Err(Error::new(ErrorKind::Arguments, message));
    }
    if let Some(name) = &options.optimiser {
        let message = format!("the model says itself what a step is (w := …), and takes no optimiser `{name}`");
        return Err(Error::new(ErrorKind::Arguments, message));
    }
    for (name, value) in &options.settings {
        let Setting::Number(value) = value else { return Err(wrong(name, "a number", value)) };
        let own = canonical(name);
        checked(own, value)?;
        if declarations.iter().all(|d| d.name != own) {
            let names = declarations.iter().map(|d| d.name.as_str()).collect();
            return Err(no_setting("the model", name, names));
        }
        set(session, &mut declarations, own, value);
    }
    // What starts as a formula of settings does so whatever they are.
    let starts = |d: &&Declaration| matches!(d.role, Role::State | Role::Parameter);
    let mut started: Vec<Declaration> =
        session.document().parsed().declarations.iter().filter(starts).cloned().collect();
    declarations.append(&mut started);
    settle(session, &mut declarations);
    Ok(Optimiser { declarations, updates })
}

fn no_setting(owner: &str, name: &str, known: Vec<&str>) -> Error {
    let mut unique: Vec<&str> = Vec::new();
    known.into_iter().for_each(|n| {
        if !unique.contains(&n) {
            unique.push(n);
        }
    });
    let help = match closest(name, unique.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? (it has {})", unique.join(", ")),
        None => format!("it has {}", unique.join(", ")),
    };
    Error::new(ErrorKind::Name, format!("`{owner}` has no setting `{name}`")).with_help(help)
}

/// Gives a setting another value.
fn set(session: &mut Session, all: &mut [Declaration], name: &str, value: &Number) {
    let id = session.graph_mut().number(value.clone());
    if let Some(d) = all.iter_mut().find(|d| d.name == name && d.role == Role::Hyperparameter) {
        d.initial = Some(Initial::Formula(id));
    }
}

/// How many steps of warmup a schedule has that is as long as the training, since nothing says how long it is.
pub(crate) fn follows_training(session: &Session, options: &TrainingOptions) -> Option<f64> {
    let (name, own) = Asked::of(session, options).ok()?.schedule?;
    let value = |wanted: &str| own.iter().find(|(n, _)| canonical(n) == wanted).map(|(_, value)| value);
    let follows = FOLLOW.contains(&name.as_str()) && value("steps").is_none();
    let number = |value: &Setting| if let Setting::Number(n) = value { n.to_f64() } else { 0.0 };
    follows.then(|| value("warmup").map_or(0.0, number))
}

/// The schedule that hangs on the losses of epochs, if that is what is asked for.
///
/// # Errors
/// For a setting that it does not have.
pub(crate) fn plateau(session: &Session, options: &TrainingOptions) -> Result<Option<Plateau>, Error> {
    let asked =
        if session.document().parsed().updates.is_empty() { Asked::of(session, options)?.schedule } else { None };
    let Some((_, settings)) = asked.filter(|(name, _)| name == PLATEAU) else { return Ok(None) };
    let mut plateau = Plateau::default();
    for (name, value) in &settings {
        let x = number(name, value)?.to_f64();
        let (fits, what) = match canonical(name) {
            "patience" => (x.fract() == 0.0 && (1.0..1e9).contains(&x), "a whole number above 0"),
            "factor" => (x > 0.0 && x < 1.0, "above 0 and below 1"),
            "min_delta" | "floor" => (x >= 0.0, "at least 0"),
            _ => return Err(no_setting(PLATEAU, name, vec!["factor", "patience", "min_delta", "floor"])),
        };
        if !fits {
            return Err(wrong(name, what, value));
        }
        match canonical(name) {
            "patience" => plateau.patience = x as usize,
            "factor" => plateau.factor = x,
            "min_delta" => plateau.min_delta = x,
            _ => plateau.floor = x,
        }
    }
    Ok(Some(plateau))
}

/// How long a step along a slope may be, in units of one over the curvature, where that is what the optimiser does: with
/// momentum longer than without (Polyak, 1964; Nesterov, 1983).
pub(crate) fn descent_of(session: &Session, options: &TrainingOptions) -> Option<f64> {
    if !session.document().parsed().updates.is_empty() {
        return None;
    }
    let asked = Asked::of(session, options).ok()?;
    if asked.schedule.is_some() || CLIPS.iter().any(|(name, _)| asked.is_set(name)) {
        return None;
    }
    let value = |wanted: &str| asked.settings.iter().find(|(n, _)| n == wanted).map(|(_, value)| value.to_f64());
    match asked.name.as_str() {
        "gradient_descent" => Some(2.0),
        "sgd" if asked.is_set("nesterov") => value("momentum").map(|m| 2.0 * (1.0 + m) / (1.0 + 2.0 * m)),
        "sgd" => Some(2.0 * (1.0 + value("momentum").unwrap_or(0.0))),
        "momentum" => Some(2.0 * (1.0 + value("momentum").unwrap_or(0.9))),
        _ => None,
    }
}
