//! `wrt batch`: lines in, lines out, in order, on all cores, in bounded memory.
//!
//! Blocks of lines go to the workers in turn, and their answers are taken back in the same turn, so that the order
//! needs no bookkeeping and no worker runs far ahead.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use wrt::session::Numbers;

use crate::args::{Batch, BatchEngine, threads};
use crate::failure::Failure;
use crate::line::{MAX_LINE, answer};

/// A block goes to a worker when it has this many lines, …
const BLOCK_LINES: usize = 64;
/// … or this many bytes, or when the input has no more for the moment.
const BLOCK_BYTES: usize = 1 << 18;
/// Blocks that wait at a worker.
const WAITING: usize = 4;

/// Lines as read, each without its end.
#[derive(Default)]
struct Block {
    bytes: Vec<u8>,
    /// Where each line ends in `bytes`.
    ends: Vec<usize>,
}

/// Runs the command.
pub fn run(batch: &Batch) -> Result<ExitCode, Failure> {
    let threads = threads(batch.threads);
    let numbers = match batch.engine {
        BatchEngine::Reference => Numbers::Doubles,
        BatchEngine::Compiled => Numbers::Compiled,
        BatchEngine::Guarded => Numbers::Guarded,
    };
    if batch.file == "-" {
        return work(io::stdin().lock(), threads, numbers);
    }
    let file = File::open(&batch.file);
    let file = file.map_err(|e| Failure::plain(format!("{} could not be opened: {e}", batch.file)))?;
    work(file, threads, numbers)
}

fn work(input: impl Read, threads: usize, numbers: Numbers) -> Result<ExitCode, Failure> {
    std::thread::scope(|scope| {
        let (mut to, mut from) = (Vec::new(), Vec::new());
        for _ in 0..threads {
            let (give, take) = sync_channel::<Block>(WAITING);
            let (put, get) = sync_channel::<Vec<u8>>(WAITING);
            scope.spawn(move || answer_blocks(&take, &put, numbers));
            to.push(give);
            from.push(get);
        }
        let writer = scope.spawn(move || write_answers(&from));
        let read = read_blocks(BufReader::with_capacity(1 << 16, input), &to);
        drop(to);
        let written = writer.join().unwrap_or_else(|_| Err(io::Error::other("the writer failed")));
        read.map_err(|e| Failure::plain(format!("the requests could not be read: {e}")))?;
        written.map_err(|e| Failure::plain(format!("the answers could not be written: {e}")))?;
        Ok(ExitCode::SUCCESS)
    })
}

fn answer_blocks(take: &Receiver<Block>, put: &SyncSender<Vec<u8>>, numbers: Numbers) {
    for block in take {
        let mut out = Vec::with_capacity(block.bytes.len() * 2);
        let mut start = 0;
        for end in block.ends {
            answer(&block.bytes[start..end], numbers, &mut out);
            start = end;
        }
        if put.send(out).is_err() {
            return;
        }
    }
}

/// Takes one block of answers from each worker in turn; the first that has ended is the end of all.
fn write_answers(from: &[Receiver<Vec<u8>>]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for worker in from.iter().cycle() {
        let Ok(answers) = worker.recv() else { break };
        match out.write_all(&answers).and_then(|()| out.flush()) {
            // Nobody reads on; the reader may wait for input forever, so the process ends here.
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
            done => done?,
        }
    }
    Ok(())
}

/// Gives one block to each worker in turn until the input ends or the workers are gone.
fn read_blocks(mut input: BufReader<impl Read>, to: &[SyncSender<Block>]) -> io::Result<()> {
    for worker in to.iter().cycle() {
        let block = read_block(&mut input)?;
        if block.ends.is_empty() || worker.send(block).is_err() {
            break;
        }
    }
    Ok(())
}

/// At least one line, unless the input has ended; a line is never waited for while others could be answered.
fn read_block(input: &mut BufReader<impl Read>) -> io::Result<Block> {
    let mut block = Block::default();
    while block.ends.len() < BLOCK_LINES && block.bytes.len() < BLOCK_BYTES {
        if !block.ends.is_empty() && !input.buffer().contains(&b'\n') {
            break;
        }
        if !read_line(input, &mut block)? {
            break;
        }
    }
    Ok(block)
}

/// One line, of which at most one byte more than the limit is kept; false at the end of the input.
fn read_line(input: &mut BufReader<impl Read>, block: &mut Block) -> io::Result<bool> {
    let start = block.bytes.len();
    let mut any = false;
    loop {
        let buffer = match input.fill_buf() {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if buffer.is_empty() {
            break;
        }
        any = true;
        let end = buffer.iter().position(|b| *b == b'\n');
        let line = &buffer[..end.unwrap_or(buffer.len())];
        let room = (MAX_LINE + 1).saturating_sub(block.bytes.len() - start);
        block.bytes.extend_from_slice(&line[..line.len().min(room)]);
        let used = line.len() + end.is_some() as usize;
        input.consume(used);
        if end.is_some() {
            break;
        }
    }
    if any {
        block.ends.push(block.bytes.len());
    }
    Ok(any)
}
