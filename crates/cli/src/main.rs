//! `wrt`: derivatives of formulas on the command line.

fn main() -> std::process::ExitCode {
    wrt_cli::run()
}
