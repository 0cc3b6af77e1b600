//! Two instructions as one where nothing else needs what lies between: a pass over a block less, with the same bits.

use super::instruction::{Instruction, Op, Pair};

/// A tape whose registers are written once each: sources first, then one for each instruction.
struct Values {
    sources: usize,
    steps: Vec<Option<(Op, Vec<usize>)>>,
    uses: Vec<usize>,
}

/// The tape with its pairs as one instruction each, what is kept in which registers, and how many registers there are.
/// `is_number` says of a source whether it is one number for all positions.
pub(super) fn paired(
    tape: &[Instruction],
    sources: usize,
    kept: &[u16],
    is_number: &dyn Fn(usize) -> bool,
) -> (Vec<Instruction>, Vec<u16>, usize) {
    let most = tape.iter().map(|s| usize::from(s.to) + 1).chain([sources]).max().unwrap_or(0);
    let mut now: Vec<usize> = (0..most).collect();
    let mut values = Values { sources, steps: Vec::with_capacity(tape.len()), uses: vec![0; sources + tape.len()] };
    for (k, step) in tape.iter().enumerate() {
        let args: Vec<usize> = step.args[..step.op.arity()].iter().map(|a| now[usize::from(*a)]).collect();
        args.iter().for_each(|a| values.uses[*a] += 1);
        values.steps.push(Some((step.op, args)));
        now[usize::from(step.to)] = sources + k;
    }
    let kept: Vec<usize> = kept.iter().map(|r| now[usize::from(*r)]).collect();
    kept.iter().for_each(|v| values.uses[*v] += 1);
    for k in 0..tape.len() {
        let Some((pair, args, gone)) = values.steps[k].as_ref().and_then(|(op, args)| values.pair(*op, args)) else {
            continue;
        };
        let numbers = args.iter().enumerate().filter(|(_, a)| **a < sources && is_number(**a));
        let numbers = numbers.fold(0, |all, (k, _)| all | 1 << k);
        values.steps[gone - sources] = None;
        values.steps[k] = Some((Op::Pair(pair, numbers), args));
    }
    values.allocated(&kept)
}

/// What is done first.
#[derive(Clone, Copy, PartialEq)]
enum First {
    Add,
    Sub,
    Mul,
}

impl Values {
    /// A value that nothing else reads, as a sum, a difference or a product of two.
    fn first(&self, value: usize) -> Option<(First, usize, usize)> {
        let (op, args) = self.steps.get(value.checked_sub(self.sources)?)?.as_ref()?;
        if self.uses[value] != 1 {
            return None;
        }
        match (op, &args[..]) {
            (Op::Add, &[a, b]) => Some((First::Add, a, b)),
            (Op::Sub, &[a, b]) => Some((First::Sub, a, b)),
            (Op::Mul | Op::Scale, &[a, b]) => Some((First::Mul, a, b)),
            (Op::Square, &[a]) => Some((First::Mul, a, a)),
            _ => None,
        }
    }

    /// The instruction that an instruction and one before it are, its arguments, and the value that is no more.
    fn pair(&self, op: Op, args: &[usize]) -> Option<(Pair, Vec<usize>, usize)> {
        let with = |value: usize, others: &[usize], of: &dyn Fn(First) -> Option<Pair>| {
            let (first, a, b) = self.first(value)?;
            Some((of(first)?, [&[a, b], others].concat(), value))
        };
        match (op, args) {
            (Op::Add, &[x, y]) => {
                let sum = |first| match first {
                    First::Add => Some(Pair::AddAdd),
                    First::Sub => Some(Pair::SubAdd),
                    First::Mul => None,
                };
                with(x, &[y], &sum).or_else(|| with(y, &[x], &sum))
            }
            (Op::Sub, &[x, y]) => with(x, &[y], &|first| match first {
                First::Add => Some(Pair::AddSub),
                First::Sub => Some(Pair::SubSub),
                First::Mul => Some(Pair::MulSub),
            })
            .or_else(|| {
                with(y, &[x], &|first| match first {
                    First::Add => Some(Pair::MinusAdd),
                    First::Sub => Some(Pair::MinusSub),
                    First::Mul => Some(Pair::MinusMul),
                })
            }),
            (Op::Mul | Op::Scale, &[x, y]) if x != y => {
                let product = |first| match first {
                    First::Add => Some(Pair::AddMul),
                    First::Sub => Some(Pair::SubMul),
                    First::Mul => Some(Pair::MulMul),
                };
                with(x, &[y], &product).or_else(|| with(y, &[x], &product))
            }
            (Op::MulAdd | Op::ScaleAdd, &[x, y, z]) => {
                let factor = |first| match first {
                    First::Add => None,
                    First::Sub => Some(Pair::SubMulAdd),
                    First::Mul => Some(Pair::MulMulAdd),
                };
                let last = |first| (first == First::Mul).then_some(Pair::MulAddMul);
                with(x, &[y, z], &factor).or_else(|| with(y, &[x, z], &factor)).or_else(|| with(z, &[x, y], &last))
            }
            _ => None,
        }
    }

    /// The tape on as few registers as values need at a time; the one that is written is none that is read, and what is kept
    /// has one for itself.
    fn allocated(&self, kept: &[usize]) -> (Vec<Instruction>, Vec<u16>, usize) {
        let mut last = vec![0; self.uses.len()];
        for (k, (_, args)) in self.steps.iter().enumerate().filter_map(|(k, s)| Some((k, s.as_ref()?))) {
            args.iter().for_each(|a| last[*a] = k);
        }
        kept.iter().for_each(|v| last[*v] = self.steps.len());
        let mut registers: Vec<u16> = (0..self.uses.len() as u16).collect();
        let (mut free, mut count, mut tape) = (Vec::new(), self.sources, Vec::with_capacity(self.steps.len()));
        for (k, (op, args)) in self.steps.iter().enumerate().filter_map(|(k, s)| Some((k, s.as_ref()?))) {
            let value = self.sources + k;
            let own = if last[value] == self.steps.len() { None } else { free.pop() };
            registers[value] = own.unwrap_or_else(|| {
                count += 1;
                (count - 1) as u16
            });
            let args: Vec<u16> = args.iter().map(|a| registers[*a]).collect();
            tape.push(Instruction::new(*op, registers[value], &args));
            let mut done: Vec<usize> = self.steps[k].iter().flat_map(|(_, args)| args.iter().copied()).collect();
            done.sort_unstable();
            done.dedup();
            free.extend(done.iter().filter(|a| **a >= self.sources && last[**a] == k).map(|a| registers[*a]));
        }
        (tape, kept.iter().map(|v| registers[*v]).collect(), count)
    }
}
