//! Running the binary in tests.

#![allow(dead_code)]

pub mod svg;

use std::io::Write;
use std::process::{Command, Stdio};

/// What a run left behind.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs `wrt` with arguments and an input.
pub fn wrt(args: &[&str], input: &[u8]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wrt"));
    command.args(args);
    run(command, input)
}

/// Runs a command with an input, both ends at once.
pub fn run(mut command: Command, input: &[u8]) -> Run {
    command.env("NO_COLOR", "1").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || {
            // A command that fails at once does not read its input.
            let _ = stdin.write_all(input);
        });
        child.wait_with_output().unwrap()
    });
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Runs `wrt` within 256 MB of address space and 20 s of processor time where the system can be told so: it ends what
/// takes more, however busy the machine is. The optimised build answers within a second.
pub fn limited(args: &[&str], input: &[u8]) -> Run {
    let mut command;
    if cfg!(target_os = "linux") {
        command = Command::new("sh");
        command.args(["-c", "ulimit -v 262144 && ulimit -t 20 && exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_wrt")]);
        // Each thread's allocator would reserve addresses that it doesn't use.
        command.env("MALLOC_ARENA_MAX", "1");
    } else {
        command = Command::new(env!("CARGO_BIN_EXE_wrt"));
    }
    command.args(args);
    let done = run(command, input);
    assert!(!done.stderr.contains("panicked"), "{}", done.stderr);
    done
}
