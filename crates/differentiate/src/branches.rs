//! The branches that contributions to a derivative come through, so that a `where` is written once around what is in it.
//!
//! A contribution that came through `where(c, u, v)` counts where `c` holds, or where it does not. It stays bare on its way
//! down and remembers its branch; contributions that meet are joined as `where(c, ∂u, ∂v)`. So the derivative of branches
//! within branches has as many nodes as these have, where a factor that is 0 or 1 for each of them, multiplied into all that
//! is below, makes a copy of the outer ones for each of the inner.

use std::collections::{BTreeMap, HashMap};

use wrt_core::{Builder, Id, Primitive};

/// A branch of a `where` with branches around it, by its number; [`EVERYWHERE`] is around all of them.
pub(crate) type Branch = u32;

pub(crate) const EVERYWHERE: Branch = 0;

/// The branches that one sweep goes through, each behind the one around it.
#[derive(Default)]
pub(crate) struct Branches {
    list: Vec<Side>,
    numbers: HashMap<Side, Branch>,
}

/// Where a condition holds, or where it does not, within a branch.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Side {
    around: Branch,
    condition: Id,
    holds: bool,
}

/// What meets in a branch: contributions to all of it, and to the sides of conditions in it.
#[derive(Default)]
struct Meeting {
    parts: Vec<Id>,
    sides: Vec<(Id, [Option<Id>; 2])>,
}

impl Branches {
    pub(crate) fn clear(&mut self) {
        self.list.clear();
        self.numbers.clear();
    }

    /// The branch within `around` where a condition holds, or does not.
    pub(crate) fn within(&mut self, around: Branch, condition: Id, holds: bool) -> Branch {
        let side = Side { around, condition, holds };
        *self.numbers.entry(side).or_insert_with(|| {
            self.list.push(side);
            self.list.len() as Branch
        })
    }

    /// The sum of contributions, and the innermost branch that all of them are in.
    pub(crate) fn sum(&self, b: &Builder, parts: &[(Id, Branch)]) -> (Id, Branch) {
        let first = parts.first().map_or(EVERYWHERE, |(_, branch)| *branch);
        if parts.iter().all(|(_, branch)| *branch == first) {
            let ids: Vec<Id> = parts.iter().map(|(id, _)| *id).collect();
            return (b.sum(&ids), first);
        }
        let mut meetings: BTreeMap<Branch, Meeting> = BTreeMap::new();
        for (id, branch) in parts {
            meetings.entry(*branch).or_default().parts.push(*id);
        }
        // A branch has a higher number than those around it.
        while let Some((branch, meeting)) = meetings.pop_last() {
            let total = meeting.total(b);
            let Some(side) = self.side(branch).filter(|_| !meetings.is_empty()) else { return (total, branch) };
            meetings.entry(side.around).or_default().add(side, total);
        }
        (b.sum(&[]), EVERYWHERE)
    }

    /// A value that counts in a branch, as one that counts everywhere: zero outside.
    pub(crate) fn everywhere(&self, b: &Builder, value: Id, mut branch: Branch) -> Id {
        let mut value = value;
        while let Some(side) = self.side(branch) {
            value = if side.holds {
                chosen(b, side.condition, [Some(value), None])
            } else {
                chosen(b, side.condition, [None, Some(value)])
            };
            branch = side.around;
        }
        value
    }

    fn side(&self, branch: Branch) -> Option<Side> {
        self.list.get((branch as usize).checked_sub(1)?).copied()
    }
}

impl Meeting {
    fn add(&mut self, side: Side, value: Id) {
        let at = self.sides.iter().position(|(c, _)| *c == side.condition).unwrap_or_else(|| {
            self.sides.push((side.condition, [None, None]));
            self.sides.len() - 1
        });
        self.sides[at].1[usize::from(!side.holds)] = Some(value);
    }

    fn total(&self, b: &Builder) -> Id {
        let sides = self.sides.iter().rev().map(|(condition, values)| chosen(b, *condition, *values));
        let all: Vec<Id> = self.parts.iter().copied().chain(sides).collect();
        b.sum(&all)
    }
}

/// `where(condition, yes, no)`, where what is missing is zero.
fn chosen(b: &Builder, condition: Id, values: [Option<Id>; 2]) -> Id {
    b.with(|g| {
        let zero = g.integer(0);
        let [yes, no] = values.map(|v| v.unwrap_or(zero));
        if yes == zero && no == zero { zero } else { g.map(Primitive::Select, &[condition, yes, no]) }
    })
}
