//! The commands behind `wrt`; a library only so that tests and fuzzing reach the answer to a line of `wrt batch`.

mod args;
mod array_line;
mod batch;
mod budget;
mod commands;
mod failure;
mod fmt;
mod judge;
pub mod line;
mod output;
mod point;
mod question;
mod table;
mod tensors;

use std::process::ExitCode;

use args::{Arguments, Command};
use clap::Parser;
use tensors::What;

/// Reads the arguments of the process and does what they say.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    if let Err(failure) = arguments.budget.watch() {
        return failure.report();
    }
    let done = match arguments.command {
        Command::Diff(a) => commands::diff(&a),
        Command::Eval(a) => commands::eval(&a),
        Command::Nudge(a) => judge::nudge(&a),
        Command::Check(a) => judge::check(&a),
        Command::Cost(a) => judge::cost(&a),
        Command::Grad(a) => tensors::derive(&a, What::Gradient),
        Command::Jacobian(a) => tensors::derive(&a, What::Jacobian),
        Command::Hessian(a) => tensors::derive(&a, What::Hessian),
        Command::Hvp(a) => tensors::derive(&a, What::Hvp),
        Command::Jvp(a) => tensors::derive(&a, What::Jvp),
        Command::Vjp(a) => tensors::derive(&a, What::Vjp),
        Command::Shapes(a) => tensors::shapes(&a),
        Command::Fmt(a) => fmt::run(&a),
        Command::Simplify(a) => commands::simplify(&a),
        Command::Same(a) => commands::same(&a),
        Command::Batch(a) => batch::run(&a),
    };
    match done {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}
