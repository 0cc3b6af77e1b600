//! The commands behind `wrt`; a library only so that tests and fuzzing reach the answer to a line of `wrt batch`.

mod answer;
mod args;
mod arrays;
mod batch;
mod bench;
mod budget;
mod checkpoint;
mod commands;
mod compare;
mod evaluate;
mod examples;
mod failure;
mod fmt;
mod graph;
mod init;
mod judge;
pub mod line;
mod moves;
mod npz;
mod output;
mod page;
mod plot;
mod point;
mod programs;
mod progress;
mod question;
mod repl;
mod rows;
mod run;
mod run_folder;
mod run_pictures;
mod seeds;
mod source;
mod steps;
mod table;
mod train;
mod training_output;
mod weights;
mod whole;

use std::process::ExitCode;

use args::{Arguments, Command};
use clap::Parser;
use failure::Failure;
use wrt::session::DerivativeKind;

/// Reads the arguments of the process and does what they say.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    if let Err(failure) = arguments.budget.watch() {
        return failure.report();
    }
    match dispatch(&arguments.command) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

/// Does what a command says.
fn dispatch(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Diff(a) => answer::diff(a),
        Command::Eval(a) => commands::eval(a),
        Command::Nudge(a) => judge::nudge(a),
        Command::Check(a) => judge::check(a),
        Command::Cost(a) => judge::cost(a),
        Command::Grad(a) => answer::derive(a, DerivativeKind::Gradient),
        Command::Jacobian(a) => answer::derive(a, DerivativeKind::Jacobian),
        Command::Hessian(a) => answer::derive(a, DerivativeKind::Hessian),
        Command::Hvp(a) => answer::derive(a, DerivativeKind::Hvp),
        Command::Jvp(a) => answer::derive(a, DerivativeKind::Jvp),
        Command::Vjp(a) => answer::derive(a, DerivativeKind::Vjp),
        Command::Shapes(a) => commands::shapes(a),
        Command::Fmt(a) => fmt::run(a),
        Command::Simplify(a) => commands::simplify(a),
        Command::Same(a) => commands::same(a),
        Command::Batch(a) => batch::run(a),
        Command::Run(a) => run::run(a),
        Command::Bench(a) => bench::run(a),
        Command::Plan(a) => programs::plan(a),
        Command::Plot(a) => plot::run(a),
        Command::Trace(a) => graph::trace::run(a),
        Command::Graph(a) => graph::run(a),
        Command::Steps(a) => steps::run(a),
        Command::Init(a) => init::run(a),
        Command::Descend(a) => plot::descend::run(a),
        Command::Train(a) => train::run(a),
        Command::Resume(a) => train::resume(a),
        Command::Compare(a) => compare::run(a),
        Command::Predict(a) => evaluate::predict(a),
        Command::Evaluate(a) => evaluate::run(a),
        Command::Repl => repl::run(),
    }
}
