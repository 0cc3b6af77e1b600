//! What the command line accepts; the help is written from here.

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use wrt::Form;

/// Derivatives of formulas, as readable formulas and as numbers.
#[derive(Parser)]
#[command(name = "wrt", version, disable_help_subcommand = true, max_term_width = 100)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
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
    /// Write a formula shorter: wrt simplify "x + x + 0*y"
    #[command(disable_help_flag = true)]
    Simplify(Simplify),
    /// Are two formulas equal wherever both are defined? Exit status 0: yes, 1: no, 3: not decided
    #[command(disable_help_flag = true)]
    Same(Same),
    /// Answer one JSON object a line: {"f": "w^2", "at": {"w": 3}}
    #[command(disable_help_flag = true)]
    Batch(Batch),
}

/// A formula, from the command line, standard input or a file.
#[derive(Args)]
pub struct Formula {
    /// The formula, such as "w^2"; - reads it from standard input
    #[arg(allow_hyphen_values = true, required_unless_present = "file")]
    pub formula: Option<String>,
    /// Read the formula from a file
    #[arg(long, value_name = "PATH", conflicts_with = "formula")]
    pub file: Option<std::path::PathBuf>,
    /// What holds for a name: "x > 0", "x >= 0", "x != 0", "n integer"
    #[arg(long, value_name = "ASSUMPTION", allow_hyphen_values = true)]
    pub assume: Vec<String>,
    // Only `--help`: `-h` is a formula.
    /// Print help
    #[arg(long, action = ArgAction::Help)]
    pub help: Option<bool>,
}

/// How results are written.
#[derive(Args)]
pub struct Style {
    /// The notation: text, unicode, latex, mathml, rust, c, numpy or jax
    #[arg(long, default_value = "text")]
    pub form: Form,
    /// Answer with one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `wrt diff`
#[derive(Args)]
pub struct Diff {
    #[command(flatten)]
    pub formula: Formula,
    /// The names to differentiate with respect to [default: every free name]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub wrt: Vec<String>,
    /// The point, as exact numbers: w=3, x=0.1,y=1/3
    #[arg(long, value_name = "NAME=NUMBER", value_delimiter = ',', allow_hyphen_values = true)]
    pub at: Vec<String>,
    /// 1 for first derivatives, 2 for all second ones, …
    #[arg(long, default_value_t = 1)]
    pub order: u32,
    /// d for dJ/dw, partial for ∂J/∂w [default: d for one name, partial for several]
    #[arg(long)]
    pub notation: Option<Notation>,
    #[command(flatten)]
    pub style: Style,
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
    /// The point, as exact numbers: w=3, x=0.1,y=1/3
    #[arg(long, value_name = "NAME=NUMBER", value_delimiter = ',', allow_hyphen_values = true)]
    pub at: Vec<String>,
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
    /// What holds for a name: "x > 0", "x >= 0", "x != 0", "n integer"
    #[arg(long, value_name = "ASSUMPTION", allow_hyphen_values = true)]
    pub assume: Vec<String>,
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
    /// How numbers are computed
    #[arg(long, default_value = "reference", value_parser = ["reference"])]
    pub engine: String,
    /// How many threads work [default: as many as the machine runs at once]
    #[arg(long)]
    pub threads: Option<std::num::NonZeroUsize>,
    /// Print help
    #[arg(long, action = ArgAction::Help)]
    pub help: Option<bool>,
}
