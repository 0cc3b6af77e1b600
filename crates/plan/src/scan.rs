//! Scans: the step is planned as a program of its own, which runs once for each position.

use wrt_core::operations::Scan;
use wrt_core::{Id, Node, Operation};

use crate::access::{Access, entries, row_major};
use crate::lower::{Lowering, Refusal, plan};
use crate::program::{BufferId, Program, ScanStep};
use crate::values::{Value, ValueId};

/// A scan whose step has been planned.
pub(crate) struct PlannedScan {
    program: Program,
    inputs: Vec<Id>,
    /// How many states and slices there are; then there are captures.
    states: usize,
    slices: usize,
    /// The entries of one step of each input.
    entries: Vec<usize>,
    length: usize,
    backward: bool,
    last: Vec<usize>,
    stacked: Vec<usize>,
}

impl PlannedScan {
    pub(crate) fn step(&self, args: &[BufferId], to: BufferId) -> ScanStep {
        let all: Vec<(BufferId, usize)> = args.iter().copied().zip(self.entries.iter().copied()).collect();
        let (states, rest) = all.split_at(self.states);
        let (slices, captures) = rest.split_at(self.slices);
        ScanStep {
            program: self.program.clone(),
            inputs: self.inputs.clone(),
            states: states.to_vec(),
            slices: slices.to_vec(),
            captures: captures.to_vec(),
            length: self.length,
            backward: self.backward,
            last: self.last.clone(),
            stacked: self.stacked.clone(),
            to,
        }
    }
}

impl Lowering<'_> {
    /// All results of a scan: they are made at once, and each knows where it lies.
    pub(crate) fn scan(&mut self, results: &[Id], args: &[(Access, Vec<usize>)]) -> Result<Vec<(Id, Access)>, Refusal> {
        let of = |id: &Id| match self.graph.node(*id) {
            Node::Operation(Operation::Scan(scan), _) => Some((*id, scan)),
            _ => None,
        };
        let results: Vec<(Id, &Scan)> = results.iter().filter_map(of).collect();
        let Some((_, first)) = results.first() else { return Ok(Vec::new()) };
        let step = &first.step;
        let (states, slices, captures) = step.inputs();
        let lying: Vec<ValueId> = args.iter().map(|(access, shape)| self.lying(access.clone(), shape)).collect();
        let over = &args[states.len()..][..slices.len()];
        let length = over.first().and_then(|(_, shape)| shape.first()).copied().unwrap_or(0);
        let (last, stacked): (Vec<_>, Vec<_>) = results.iter().partition(|(_, scan)| !scan.is_stacked());

        let wanted = step.results().0.iter().copied().chain(stacked.iter().map(|(_, scan)| scan.inner_result()));
        let roots: Vec<(Id, Option<Id>)> = wanted.map(|id| (id, None)).collect();
        let program = plan(step.graph(), &roots, self.sizes)?;
        let row = |shape: &[usize]| entries(shape.get(1..).unwrap_or_default());
        let each = args.iter().enumerate().map(|(k, (_, shape))| {
            let is_slice = (states.len()..states.len() + slices.len()).contains(&k);
            if is_slice { row(shape) } else { entries(shape) }
        });
        let mut found = Vec::with_capacity(results.len());
        let mut offset = 0;
        let base = ValueId(self.values.all.len());
        for (id, _) in last.iter().chain(&stacked) {
            let shape = self.shape(*id)?;
            found.push((*id, Access { base, offset, strides: row_major(&shape) }));
            offset += entries(&shape);
        }
        let planned = PlannedScan {
            stacked: program.results[states.len()..].iter().map(|r| entries(&r.shape)).collect(),
            program,
            inputs: [states, slices, captures].concat(),
            states: states.len(),
            slices: slices.len(),
            entries: each.collect(),
            length,
            backward: first.backward,
            last: last.iter().map(|(_, scan)| scan.result).collect(),
        };
        self.values.scans.push(planned);
        let made = self.values.make(Value::Scan(self.values.scans.len() - 1, lying), &[offset]);
        debug_assert_eq!(made, base);
        Ok(found)
    }
}
