//! Places of temporary arrays: those of arrays that nothing reads any more are given again.

use crate::program::{Buffer, Program, Source, Step};

/// Entries that arrays begin at multiples of: whole lines of the cache, in single precision.
const LINE: usize = 16;

/// The entries that so many take: whole lines.
pub(crate) fn rounded(entries: usize) -> usize {
    entries.next_multiple_of(LINE).max(LINE)
}

/// The first and the last step for which each array is needed.
pub(crate) fn spans(program: &Program) -> Vec<Option<(usize, usize)>> {
    let mut spans: Vec<Option<(usize, usize)>> = vec![None; program.buffers.len()];
    for (at, step) in program.steps.iter().enumerate() {
        for b in step.reads().into_iter().chain(step.writes()) {
            let span = spans[b].get_or_insert((at, at));
            span.1 = at;
        }
        // A product and the loop over its entries go over rows together: what the product reads is needed until both end.
        if let (Step::Product(p), Some(Step::Lanes(next))) = (step, program.steps.get(at + 1)) {
            let reads = |s: &Source| matches!(s, Source::Array(view) if view.buffer == p.c.buffer);
            if next.sources.iter().any(reads) {
                [p.a.buffer, p.b.buffer].into_iter().for_each(|b| spans[b].get_or_insert((at, at)).1 = at + 1);
            }
        }
    }
    spans
}

/// Gives each temporary array its place.
pub(crate) fn settle(program: &mut Program) {
    let spans = spans(program);
    // Positions and lengths of what is taken, and until which step.
    let mut taken: Vec<(usize, usize, usize)> = Vec::new();
    let mut order: Vec<usize> = (0..spans.len()).filter(|b| spans[*b].is_some()).collect();
    order.sort_by_key(|b| spans[*b].map(|(from, _)| from));
    for b in order {
        let (Buffer::Temporary { at }, Some((from, to))) = (&mut program.buffers[b], spans[b]) else { continue };
        taken.retain(|(_, _, until)| *until >= from);
        taken.sort_unstable();
        let length = rounded(program.entries[b]);
        let mut place = 0;
        for (start, own, _) in &taken {
            if place + length <= *start {
                break;
            }
            place = place.max(start + own);
        }
        *at = place;
        taken.push((place, length, to));
        program.arena = program.arena.max(place + length);
    }
}
