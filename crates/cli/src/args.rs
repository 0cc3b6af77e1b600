//! What the command line accepts; the help is written from here.

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use wrt::Form;

use crate::budget::Budget;

/// Derivatives of formulas, as readable formulas and as numbers.
#[derive(Parser)]
#[command(name = "wrt", version, disable_help_subcommand = true, max_term_width = 100)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub budget: Budget,
}

/// The commands.
#[derive(Subcommand)]
pub enum Command {
    /// Differentiate a formula: wrt diff "w^2" --at w=3
    #[command(disable_help_flag = true)]
    Diff(Diff),
    /// Evaluate a formula at a point: wrt eval "w^2" --at w=3.001
    #[command(disable_help_flag = true)]
    Eval(Eval),
    /// Nudge a name by ε and see by how much the formula moves: wrt nudge "w^2" --at w=3 --eps 0.001
    #[command(disable_help_flag = true)]
    Nudge(Nudge),
    /// Hold every way to a derivative against the others. Exit status 0: they agree, 1: not, 3: no derivative there
    #[command(disable_help_flag = true)]
    Check(Check),
    /// Count the work of nudging against that of backprop
    #[command(disable_help_flag = true)]
    Cost(Cost),
    /// The gradient of a cost by every parameter, or by the names asked for: wrt grad model.wrt
    #[command(disable_help_flag = true)]
    Grad(Derive),
    /// The Jacobian of a vector or any other value: wrt jacobian "A @ x" --shapes "A[m,n], x[n]" --wrt x
    #[command(disable_help_flag = true)]
    Jacobian(Derive),
    /// The Hessian of a cost, block by block
    #[command(disable_help_flag = true)]
    Hessian(Derive),
    /// The product of the Hessian with a direction v
    #[command(disable_help_flag = true)]
    Hvp(Derive),
    /// The product of the Jacobian with a direction v: forward mode
    #[command(disable_help_flag = true)]
    Jvp(Derive),
    /// The product of weights u with the Jacobian: reverse mode
    #[command(disable_help_flag = true)]
    Vjp(Derive),
    /// Each line of a model with its shape: wrt shapes model.wrt
    #[command(disable_help_flag = true)]
    Shapes(Shapes),
    /// Format a model file in place
    Fmt(Fmt),
    /// Write a formula shorter: wrt simplify "x + x + 0*y"
    #[command(disable_help_flag = true)]
    Simplify(Simplify),
    /// Are two formulas equal wherever both are defined? Exit status 0: yes, 1: no, 3: not decided
    #[command(disable_help_flag = true)]
    Same(Same),
    /// Answer one JSON object a line: {"f": "w^2", "at": {"w": 3}}
    #[command(disable_help_flag = true)]
    Batch(Batch),
    /// Evaluate a model with its compiled program: wrt run model.wrt --at data.npz --wrt W,b -o out.npz
    #[command(disable_help_flag = true)]
    Run(Run),
    /// Time a model's compiled programs on made-up data: wrt bench model.wrt --dims m=1000 --batch 32
    #[command(disable_help_flag = true)]
    Bench(Bench),
    /// What a compiled program does in memory, step by step: wrt plan model.wrt --dims m=1000 --what step --batch 32
    #[command(disable_help_flag = true)]
    Plan(PlanText),
    /// Draw a formula, its tangents and what a nudge does: wrt plot "w^2" --at w=3,2,-3 -o tangents.svg
    #[command(disable_help_flag = true)]
    Plot(crate::plot::Plot),
    /// Each node of the computation graph with its value and derivative: wrt trace "a = 2 + 3*w; J = a^2" --at w=3
    #[command(disable_help_flag = true)]
    Trace(crate::graph::trace::Table),
    /// Work a derivative out line by line, with the rule of each step: wrt steps "(2 + 3*w)^2"
    #[command(disable_help_flag = true)]
    Steps(crate::steps::Command),
    /// Formulas, definitions and commands line by line, from the terminal or a pipe
    Repl,
    /// Draw the computation graph with values and derivatives: wrt graph "(2 + 3*w)^2" --at w=3 -o graph.svg
    #[command(disable_help_flag = true)]
    Graph(crate::graph::Graph),
    /// Write a first model file for a CSV file, whose last column is to be learned: wrt init data.csv
    #[command(disable_help_flag = true)]
    Init(Init),
    /// Go down a formula step by step: wrt descend "w^2" --from w=5 --rate 0.1 --steps 20
    #[command(disable_help_flag = true)]
    Descend(crate::plot::descend::Descend),
    /// Train a model on data: wrt train model.wrt --data file.csv; without a file, list the examples
    #[command(disable_help_flag = true)]
    Train(Train),
    /// Go on with a training that was ended, from its last checkpoint: wrt resume runs/digits-1
    #[command(disable_help_flag = true)]
    Resume(Resume),
    /// The cost and the metrics of a trained model on other data: wrt evaluate runs/digits-1 --data file.csv
    #[command(disable_help_flag = true)]
    Evaluate(Evaluate),
    /// What sets trainings apart, and their losses in one picture: wrt compare runs/digits-1 runs/digits-2
    #[command(disable_help_flag = true)]
    Compare(crate::compare::Compare),
    /// What a trained model says of new rows: wrt predict runs/digits-1 --data new.csv -o out.csv
    #[command(disable_help_flag = true)]
    Predict(Predict),
}

/// A formula, from the command line, standard input or a file.
#[derive(Args, Clone)]
pub struct Formula {
    /// The formula, such as "w^2"; a path that ends in .wrt is a model file; - reads standard input
    #[arg(allow_hyphen_values = true, required_unless_present = "file")]
    pub formula: Option<String>,
    /// Read the formula from a file
    #[arg(long, value_name = "PATH", conflicts_with = "formula")]
    pub file: Option<std::path::PathBuf>,
    /// What holds for a name: "x > 0", "x >= 0", "x != 0", "n integer", "S symmetric"
    #[arg(long, value_name = "ASSUMPTION", allow_hyphen_values = true)]
    pub assume: Vec<String>,
    /// The shapes of names: "A[m,n], x[n]"
    #[arg(long, value_name = "SHAPES")]
    pub shapes: Vec<String>,
    /// The sizes of named dimensions: m=4,n=3 [default: those of the values given]
    #[arg(long, value_name = "NAME=SIZE", value_delimiter = ',')]
    pub dims: Vec<String>,
    /// Write scans and recurrent layers out, step by step, along axes whose size is a number
    #[arg(long)]
    pub unroll: bool,
    // Only `--help`: `-h` is a formula.
    /// Print help
    #[arg(long, action = ArgAction::Help)]
    pub help: Option<bool>,
}

/// How results are written.
#[derive(Args)]
pub struct Style {
    /// The notation: text, unicode, latex, mathml, rust, c, numpy, jax or index
    #[arg(long, default_value = "text")]
    pub form: Form,
    /// Answer with one JSON object
    #[arg(long)]
    pub json: bool,
}

/// What kind of numbers to answer with.
#[derive(Args)]
pub struct Precision {
    /// So many certified digits, up to 10000 [default: the nearest double]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub digits: Option<String>,
}

/// `wrt diff`
#[derive(Args)]
pub struct Diff {
    #[command(flatten)]
    pub formula: Formula,
    /// The names to differentiate with respect to [default: every free name]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub wrt: Vec<String>,
    /// The point, as exact numbers and nested lists: w=3, x=0.1,y=1/3, A=[[1,2],[3,1/3]]
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = ',', allow_hyphen_values = true)]
    pub at: Vec<String>,
    /// 1 for first derivatives, 2 for all second ones, …
    #[arg(long, default_value_t = 1)]
    pub order: u32,
    /// d for dJ/dw, partial for ∂J/∂w [default: d for one name, partial for several]
    #[arg(long)]
    pub notation: Option<Notation>,
    /// Leave out the nudges and the check
    #[arg(long)]
    pub quick: bool,
    /// Plain doubles, operation by operation as the formula stands, without care for lost digits
    #[arg(long, conflicts_with = "digits")]
    pub as_written: bool,
    #[command(flatten)]
    pub precision: Precision,
    #[command(flatten)]
    pub style: Style,
}

/// `wrt grad`, `wrt jacobian`, `wrt hessian`, `wrt hvp`, `wrt jvp`, `wrt vjp`
#[derive(Args)]
pub struct Derive {
    #[command(flatten)]
    pub formula: Formula,
    /// The names to differentiate with respect to [default: the parameters, or every free name]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub wrt: Vec<String>,
    /// Differentiate this definition instead of the cost
    #[arg(long, value_name = "NAME")]
    pub of: Option<String>,
    /// The point, as exact numbers and nested lists: w=3,A=[[1,2],[3,1/3]]
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = ',', allow_hyphen_values = true)]
    pub at: Vec<String>,
    /// Leave out the nudges and the check
    #[arg(long)]
    pub quick: bool,
    /// Plain doubles, operation by operation as the formula stands, without care for lost digits
    #[arg(long, conflicts_with = "digits")]
    pub as_written: bool,
    #[command(flatten)]
    pub precision: Precision,
    #[command(flatten)]
    pub style: Style,
}

/// `wrt shapes`
#[derive(Args)]
pub struct Shapes {
    #[command(flatten)]
    pub formula: Formula,
    /// Answer with one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `wrt fmt`
#[derive(Args)]
pub struct Fmt {
    /// The files; - formats standard input to standard output
    #[arg(required = true)]
    pub files: Vec<std::path::PathBuf>,
    /// Change nothing; exit status 1 if a file is not formatted
    #[arg(long)]
    pub check: bool,
}

/// The sign of differentiation.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Notation {
    /// dJ/dw
    D,
    /// ∂J/∂w
    Partial,
}

/// `wrt eval`
#[derive(Args)]
pub struct Eval {
    #[command(flatten)]
    pub formula: Formula,
    /// The point, as exact numbers and nested lists: w=3, x=0.1,y=1/3, A=[[1,2],[3,1/3]]
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = ',', allow_hyphen_values = true)]
    pub at: Vec<String>,
    /// Plain doubles, operation by operation as the formula stands, without care for lost digits
    #[arg(long, conflicts_with = "digits")]
    pub as_written: bool,
    #[command(flatten)]
    pub precision: Precision,
    /// Answer with one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `wrt nudge`
#[derive(Args)]
pub struct Nudge {
    #[command(flatten)]
    pub formula: Formula,
    /// The names to nudge, one at a time [default: every free name]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub wrt: Vec<String>,
    /// The point, as exact numbers and nested lists: w=3, x=0.1,y=1/3, A=[[1,2],[3,1/3]]
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = ',', allow_hyphen_values = true)]
    pub at: Vec<String>,
    /// By how much to nudge
    #[arg(long, value_delimiter = ',', default_value = "0.1,0.01,0.001,0.0001", allow_hyphen_values = true)]
    pub eps: Vec<String>,
    /// Which way
    #[arg(long, default_value = "forward")]
    pub direction: Way,
    /// ε from 1 down to 1e-16 in single and double precision and exactly, with the error
    #[arg(long)]
    pub sweep: bool,
    #[command(flatten)]
    pub precision: Precision,
    /// Answer with one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Which way a name is moved.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Way {
    /// J(w + ε) - J(w)
    Forward,
    /// J(w) - J(w - ε)
    Backward,
    /// J(w + ε) - J(w - ε), over 2ε
    Central,
}

/// `wrt check`
#[derive(Args)]
pub struct Check {
    #[command(flatten)]
    pub formula: Formula,
    /// The names to differentiate with respect to [default: every free name]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub wrt: Vec<String>,
    /// The point, as exact numbers and nested lists [default: what parameters start as, and random values of the domain,
    /// the same every time]
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = ',', allow_hyphen_values = true)]
    pub at: Vec<String>,
    /// How many entries of each name are moved one at a time: a number, or all [default: a few, and random directions]
    #[arg(long, value_name = "N")]
    pub entries: Option<String>,
    /// Take derivatives that the text gives (`derivative f(x) = …`) as right: engines are held against each other only
    #[arg(long)]
    pub trust: bool,
    #[command(flatten)]
    pub precision: Precision,
    /// Answer with one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `wrt cost`
#[derive(Args)]
pub struct Cost {
    #[command(flatten)]
    pub formula: Formula,
    /// The names to differentiate with respect to [default: every free name]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub wrt: Vec<String>,
    /// Answer with one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `wrt simplify`
#[derive(Args)]
pub struct Simplify {
    #[command(flatten)]
    pub formula: Formula,
    #[command(flatten)]
    pub style: Style,
}

/// `wrt same`
#[derive(Args)]
pub struct Same {
    /// One formula
    #[arg(allow_hyphen_values = true)]
    pub a: String,
    /// The other formula
    #[arg(allow_hyphen_values = true)]
    pub b: String,
    /// What holds for a name: "x > 0", "x >= 0", "x != 0", "n integer", "S symmetric"
    #[arg(long, value_name = "ASSUMPTION", allow_hyphen_values = true)]
    pub assume: Vec<String>,
    /// The shapes of names: "A[m,n], x[n]"
    #[arg(long, value_name = "SHAPES")]
    pub shapes: Vec<String>,
    /// Answer with one JSON object
    #[arg(long)]
    pub json: bool,
    /// Print help
    #[arg(long, action = ArgAction::Help)]
    pub help: Option<bool>,
}

/// `wrt batch`
#[derive(Args)]
pub struct Batch {
    /// The file of requests; - is standard input
    #[arg(default_value = "-")]
    pub file: String,
    /// How numbers are computed: with as many digits as it takes, or by compiled programs in double precision
    #[arg(long, default_value = "reference")]
    pub engine: BatchEngine,
    /// How many threads work [default: as many as the machine runs at once]
    #[arg(long)]
    pub threads: Option<std::num::NonZeroUsize>,
    /// Print help
    #[arg(long, action = ArgAction::Help)]
    pub help: Option<bool>,
}

/// How many threads work: as many as are asked for, else as the machine runs at once.
pub fn threads(asked: Option<std::num::NonZeroUsize>) -> usize {
    asked.or_else(|| std::thread::available_parallelism().ok()).map_or(1, |n| n.get())
}

/// What computes the numbers of `wrt batch`.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BatchEngine {
    /// With as many digits as it takes.
    Reference,
    /// By compiled programs in double precision.
    Compiled,
    /// By compiled programs in double precision; what loses digits there is computed with more.
    Guarded,
}

/// What a compiled program is made of.
#[derive(Args)]
pub struct Compiled {
    #[command(flatten)]
    pub formula: Formula,
    /// Data that is not made up, as for `wrt run`: data.npz, X=x.npy, w=[1,2]
    #[arg(long, value_name = "FILE|NAME=VALUE", allow_hyphen_values = true)]
    pub at: Vec<String>,
    /// The names to differentiate with respect to [default: the parameters, or every free name]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub wrt: Vec<String>,
    /// The rows of a batch: the first axis of the data [default: all of them]
    #[arg(long, value_name = "ROWS")]
    pub batch: Option<usize>,
}

/// `wrt bench`
#[derive(Args)]
pub struct Bench {
    #[command(flatten)]
    pub compiled: Compiled,
    /// What is timed: the value, the value with its gradient, the Hessian, its product with a direction, the Jacobian, a
    /// step of training on one batch
    #[arg(long, value_delimiter = ',', default_value = "value,gradient")]
    pub what: Vec<What>,
    /// The numbers: f32 or f64 [default: f64, and f32 for a step]
    #[arg(long)]
    pub precision: Option<Format>,
    /// How many threads share the work [default: as many as the machine runs at once]
    #[arg(long, value_name = "N")]
    pub threads: Option<std::num::NonZeroUsize>,
    /// How many windows of time are measured
    #[arg(long, default_value_t = 200)]
    pub repeat: usize,
    /// Answer with one JSON object for each
    #[arg(long)]
    pub json: bool,
}

/// `wrt train`
#[derive(Args)]
pub struct Train {
    /// The model file [default: list the examples]
    pub model: Option<std::path::PathBuf>,
    /// A CSV file: columns in the order of the model's data, the target last [default: what the model says]
    #[arg(long, value_name = "FILE")]
    pub data: Option<std::path::PathBuf>,
    /// How often all rows are gone through [default: as the model says, else 1]
    #[arg(long)]
    pub epochs: Option<usize>,
    /// Rows of a batch [default: as the model says, else 32]
    #[arg(long, value_name = "ROWS")]
    pub batch: Option<usize>,
    /// What random numbers hang on: starting values, the split, the order of rows
    #[arg(long)]
    pub seed: Option<u64>,
    /// The share of rows that each epoch is judged by
    #[arg(long, value_name = "SHARE")]
    pub validation: Option<f64>,
    /// The share of rows that are kept for the end
    #[arg(long, value_name = "SHARE")]
    pub test: Option<f64>,
    /// The optimiser: sgd, adam, adamw, rmsprop, … [default: as the model says, else adam]
    #[arg(long, alias = "optimiser", value_name = "NAME")]
    pub optimizer: Option<String>,
    /// The length of a step [default: as the model says, else the optimiser's]
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    pub rate: Option<String>,
    /// How the rate changes: cosine, "step(steps = 1000, factor = 0.1)",
    /// "piecewise(boundaries = [500], values = [0.1, 0.01])", … or none
    #[arg(long, value_name = "NAME")]
    pub schedule: Option<String>,
    /// Stop after so many epochs in which the validation loss was not the lowest so far
    #[arg(long, value_name = "EPOCHS")]
    pub patience: Option<usize>,
    /// Keep the weights of the epoch whose validation loss was the lowest
    #[arg(long)]
    pub best: bool,
    /// Do a step for the mean slopes of so many batches
    #[arg(long, value_name = "BATCHES")]
    pub accumulate: Option<usize>,
    /// Write the norm of each parameter's gradient into history.csv, and name those that vanish or explode
    #[arg(long)]
    pub gradients: bool,
    /// Train with so many seeds, one after the other, and tell the mean and the spread
    #[arg(long, value_name = "N")]
    pub seeds: Option<std::num::NonZeroU32>,
    /// Another setting of the optimiser or of the training: --set momentum=0.9
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Which rows are kept apart: random ones, with a share of each class, or the last ones
    #[arg(long, value_name = "random|last")]
    pub split: Option<String>,
    /// What becomes of rows with missing values: an error, they are left out, or the mean of the column stands for them
    /// [default: as the model says, else refuse]
    #[arg(long, value_name = "refuse|drop|mean")]
    pub missing: Option<String>,
    /// Are rows gone through in another order in each epoch? true or false
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub shuffle: Option<bool>,
    /// Read the rows from their file again and again, and don't hold them; true or false
    /// [default: as the model says, else for files of more than 1 GiB]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub stream: Option<bool>,
    /// How many rows a stream holds at once, and shuffles among themselves [default: as the model says, else 32 MiB of them]
    #[arg(long, value_name = "ROWS")]
    pub shuffle_buffer: Option<usize>,
    /// The numbers: f32 or f64
    #[arg(long, default_value = "f32")]
    pub precision: Format,
    /// How many threads share the work [default: as many as the machine runs at once]
    #[arg(long, value_name = "N")]
    pub threads: Option<std::num::NonZeroUsize>,
    /// What the parameters start as: a safetensors file with their names [default: as the model says, at random by the seed]
    #[arg(long, value_name = "FILE")]
    pub initial: Option<std::path::PathBuf>,
    /// Write down where it stands after every so many epochs [default: after an epoch, but no more than once a second]
    #[arg(long, value_name = "EPOCHS")]
    pub checkpoint: Option<std::num::NonZeroUsize>,
    /// The folder for what comes of it [default: a new one in runs/]
    #[arg(long, value_name = "DIR")]
    pub out: Option<std::path::PathBuf>,
    /// Answer with JSON lines
    #[arg(long)]
    pub json: bool,
    /// Print help
    #[arg(long, action = ArgAction::Help)]
    pub help: Option<bool>,
}

/// `wrt init`
#[derive(Args)]
pub struct Init {
    /// A CSV file
    pub data: std::path::PathBuf,
    /// The model file to write [default: the data's name, with .wrt]
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<std::path::PathBuf>,
    /// Print help
    #[arg(long, action = ArgAction::Help)]
    pub help: Option<bool>,
}

/// `wrt resume`
#[derive(Args)]
pub struct Resume {
    /// The folder of a run
    pub run: std::path::PathBuf,
    /// How many threads share the work [default: as many as the machine runs at once]
    #[arg(long, value_name = "N")]
    pub threads: Option<std::num::NonZeroUsize>,
    /// Write down where it stands after every so many epochs [default: after an epoch, but no more than once a second]
    #[arg(long, value_name = "EPOCHS")]
    pub checkpoint: Option<std::num::NonZeroUsize>,
    /// Answer with JSON lines
    #[arg(long)]
    pub json: bool,
    /// Print help
    #[arg(long, action = ArgAction::Help)]
    pub help: Option<bool>,
}

/// `wrt evaluate`
#[derive(Args)]
pub struct Evaluate {
    /// The folder of a run
    pub run: std::path::PathBuf,
    /// A CSV file with the columns that the model was trained on
    #[arg(long, value_name = "FILE")]
    pub data: std::path::PathBuf,
    /// Read the rows from their file some at a time, and don't hold them; true or false [default: for files of more than 1 GiB]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub stream: Option<bool>,
    /// Answer with one JSON object
    #[arg(long)]
    pub json: bool,
    /// Print help
    #[arg(long, action = ArgAction::Help)]
    pub help: Option<bool>,
}

/// `wrt predict`
#[derive(Args)]
pub struct Predict {
    /// The folder of a run
    pub run: std::path::PathBuf,
    /// A CSV file with the columns that the model was trained on; the target may be missing
    #[arg(long, value_name = "FILE")]
    pub data: std::path::PathBuf,
    /// The CSV file to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<std::path::PathBuf>,
    /// Which definition of the model to write [default: what its cost compares the target with]
    #[arg(long, value_name = "NAME")]
    pub output: Option<String>,
    /// Read the rows from their file some at a time, and don't hold them; true or false [default: for files of more than 1 GiB]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub stream: Option<bool>,
    /// Print help
    #[arg(long, action = ArgAction::Help)]
    pub help: Option<bool>,
}

/// `wrt plan`
#[derive(Args)]
pub struct PlanText {
    #[command(flatten)]
    pub compiled: Compiled,
    /// Of what: the value, the value with its gradient, the Hessian, its product with a direction, the Jacobian, or a step
    /// of training on one batch
    #[arg(long, default_value = "gradient")]
    pub what: What,
    /// The numbers, of which --memory has room for twice as many in f32: f32 or f64 [default: f64, and f32 for a step]
    #[arg(long)]
    pub precision: Option<Format>,
}

/// `wrt run`
#[derive(Args)]
pub struct Run {
    #[command(flatten)]
    pub formula: Formula,
    /// The values of names: data.npz or weights.safetensors with arrays of these names, X=x.npy, X=x.csv, w=[1,2]
    #[arg(long, value_name = "FILE|NAME=VALUE", allow_hyphen_values = true)]
    pub at: Vec<String>,
    /// Compute the gradient by these names, too
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub wrt: Vec<String>,
    /// Compute this definition instead of the cost
    #[arg(long, value_name = "NAME")]
    pub of: Option<String>,
    /// Write the results to this .npz file: the value by its name, the gradient by w as d_w
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<std::path::PathBuf>,
    /// The numbers: f32 or f64
    #[arg(long, default_value = "f64")]
    pub precision: Format,
    /// How many threads share the work [default: as many as the machine runs at once]
    #[arg(long, value_name = "N")]
    pub threads: Option<std::num::NonZeroUsize>,
    /// Answer with one JSON object
    #[arg(long)]
    pub json: bool,
}

/// What a compiled program computes.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum What {
    Value,
    Gradient,
    Hessian,
    Hvp,
    Jacobian,
    Step,
}

impl What {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            What::Value => "value",
            What::Gradient => "gradient",
            What::Hessian => "hessian",
            What::Hvp => "hvp",
            What::Jacobian => "jacobian",
            What::Step => "step",
        }
    }

    /// The numbers that it is computed in, unless it is said: what learns is fine in single precision, what is looked at
    /// needs double.
    pub fn precision(self) -> Format {
        if self == What::Step { Format::F32 } else { Format::F64 }
    }
}

/// The numbers that a compiled program computes with.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    F32,
    F64,
}
