//! The order of a product's factors, and where its bar stands.

use wrt_core::{Graph, Id, LabelsId, Node, Primitive, Term};

use super::forms::{is_exponential, is_quotient};
use super::parts::{Base, Factor, Kind, base, factors_within, product};
use super::{MAX_NODES, MAX_PARTS, MAX_QUOTIENTS, Orders};
use crate::cost::{Costs, cost};

// Lengths as `cost` counts them. A bar with more behind it, `k/l^2*(x/l)^(k - 2)*exp(-(x/l)^k)`, stands where what is
// before it is read at a glance, and what is behind it would make a long line above a short one.

/// Factors before such a bar are no longer: names, their powers and short functions of them.
const SHORT_FACTOR: u32 = 4;

/// Or they are roots of so many names.
const MAX_UNDER_ROOT: usize = 3;

/// What follows behind such a bar is so long at least, and an exponential alone.
const LONG_REST: u32 = 11;
const LONG_EXPONENTIAL_REST: u32 = 8;

/// What stands before a bar with sums below it and a high exponential or power behind it is no longer in all.
const SHORT_FRONT: u32 = 12;

/// Sums without the variable that are no longer stand before what has it, as in `(a + b)*x`.
const CONSTANT: u32 = 6;

/// An exponential that is so long stands last: in front it hides what it is multiplied with.
const LONG_EXPONENTIAL: u32 = 8;

impl Orders {
    /// Factors as they come, but none before one that a person writes before it; divisors behind the last one, or behind
    /// the first ones where much follows.
    pub(super) fn in_order(&mut self, graph: &Graph, factors: &[Id], whole: bool) -> Vec<Id> {
        let factors = factors_within(graph, factors);
        if factors.len() > MAX_PARTS {
            return factors;
        }
        if several_huge(graph, &factors) {
            // Names among each other overflow in no order that a person minds.
            let is_name = |f: &Id| !base(graph, *f).1 && matches!(graph.node(base(graph, *f).0.0), Node::Symbol(_));
            let (names, rest): (Vec<Id>, Vec<Id>) = factors.iter().partition(|f| is_name(f));
            let (numbers, rest): (Vec<Id>, Vec<Id>) =
                rest.iter().partition(|f| matches!(graph.node(**f), Node::Number(_) | Node::Constant(_)));
            return self.as_multiplied(graph, &[numbers, names, rest].concat(), whole);
        }
        let (below, above): (Vec<Id>, Vec<Id>) = factors.iter().partition(|f| base(graph, **f).1);
        let [above, below] = [above, below].map(|side| self.names_first(graph, side));
        let above = self.constants_first(graph, above);
        let above = short_sums_first(graph, above);
        let [mut above, below] = [above, below].map(|side| self.as_multiplied(graph, &side, whole));
        above = self.inner_first(graph, waves_last(graph, above));
        // An exponential as long as what follows comes last.
        if above.len() > 1 && is_exponential(graph, above[0]) && self.costs.of(graph, above[0]) >= LONG_EXPONENTIAL {
            above.rotate_left(1);
        }
        if let Some(at) = self.as_divided(graph, &above, &below) {
            above.splice(at..at, below);
            return above;
        }
        let Some(at) = self.bar(graph, &above, &below) else {
            if self.is_before_tower(graph, &above, &below) {
                above.splice(above.len() - 1..above.len() - 1, below);
                return above;
            }
            return [above, below].concat();
        };
        let (front, behind): (Vec<Id>, Vec<Id>) = below.iter().partition(|d| {
            let divisor = base(graph, **d).0;
            self.is_plain(graph, **d)
                || above[at..].iter().any(|f| self.divided.contains(&(divisor, base(graph, *f).0)))
        });
        above.splice(at..at, front);
        above.extend(behind);
        above
    }

    /// Does it depend on the variable? Without a variable everything does.
    pub(super) fn depends(&self, graph: &Graph, id: Id) -> bool {
        let moves = |x: Id| graph.reachable_within(&[id], MAX_NODES).is_none_or(|all| all.contains(&x));
        self.variable.is_none_or(moves)
    }

    /// Is it short, and no sum? So is a root of a few names.
    fn is_plain(&mut self, graph: &Graph, factor: Id) -> bool {
        let (base, kind) = base(graph, factor).0;
        let is_name = |f: &Id| matches!(graph.node(*f), Node::Symbol(_) | Node::Constant(_));
        let names = match graph.node(base) {
            Node::Sum([_, _, ..]) => return false,
            Node::Contraction(factors, LabelsId::SCALAR) => {
                factors.len() <= MAX_UNDER_ROOT && factors.iter().all(is_name)
            }
            _ => false,
        };
        kind == Kind::Root && names || self.is_short(graph, factor)
    }

    /// Is it a name, a short function or sum of names, or a power of such?
    fn is_short(&mut self, graph: &Graph, factor: Id) -> bool {
        let ((base, kind), _) = base(graph, factor);
        self.costs.of(graph, if kind == Kind::Symbolic { factor } else { base }) <= SHORT_FACTOR
    }

    /// Short sums without the variable before what has it, and before powers: `(a + b)*x`, `A*(1 - a)*K^a*L^(-a)`.
    fn constants_first(&mut self, graph: &Graph, factors: Vec<Id>) -> Vec<Id> {
        if self.variable.is_none() {
            return factors;
        }
        let leads = |f: &Id| matches!(graph.node(*f), Node::Symbol(_) | Node::Number(_) | Node::Constant(_));
        let power = |f: &Id| base(graph, *f).0.1 == Kind::Symbolic;
        let lead = factors.iter().position(|f| !leads(f) && power(f) || self.depends(graph, *f));
        let Some(lead) = lead.filter(|_| factors.iter().any(|f| self.depends(graph, *f))) else { return factors };
        let mut found = factors[..lead].to_vec();
        let (constants, rest): (Vec<Id>, Vec<Id>) = factors[lead..].iter().partition(|f| {
            let sum = matches!(graph.node(base(graph, **f).0.0), Node::Sum(_));
            sum && self.costs.of(graph, **f) <= CONSTANT && !self.depends(graph, **f)
        });
        found.extend(constants);
        found.extend(rest);
        found
    }

    /// Names before functions; before sums with the variable only those that stand between, as in `(y - p)*n*exp(x)`. What
    /// nothing was simplified in has them as they came.
    fn names_first(&self, graph: &Graph, factors: Vec<Id>) -> Vec<Id> {
        let is_name = |f: &Id| matches!(graph.node(base(graph, *f).0.0), Node::Symbol(_));
        let has_name = |f: Id| graph.reachable_within(&[f], MAX_NODES).is_none_or(|all| all.iter().any(is_name));
        let between = self.variable.is_some() && factors.last().is_some_and(|f| !is_name(f));
        let is_function = |f: &Id| match graph.node(*f) {
            Node::Map(..) => !is_name(f) && has_name(*f),
            Node::Sum(_) => between && self.depends(graph, *f),
            _ => false,
        };
        let Some(function) = factors.iter().position(is_function) else { return factors };
        if !factors[function..].iter().any(is_name) {
            return factors;
        }
        let (names, rest): (Vec<Id>, Vec<Id>) = factors.into_iter().partition(is_name);
        names.into_iter().chain(rest).collect()
    }

    /// Factors in the order of the person's products. Names of the whole formula's product that the person never multiplied
    /// come as they do in the text, the variable where it is.
    fn as_multiplied(&self, graph: &Graph, factors: &[Id], whole: bool) -> Vec<Id> {
        // A group stands where its first factor does.
        let leading = |(id, kind): Base| match graph.node(id) {
            Node::Contraction(factors, LabelsId::SCALAR) => (factors.first().copied().unwrap_or(id), kind),
            _ => (id, kind),
        };
        let mut left: Vec<(Id, Base)> = factors.iter().map(|f| (*f, leading(base(graph, *f).0))).collect();
        let is_name =
            |f: Id| matches!(graph.node(f), Node::Symbol(_)) && whole && self.variable.is_some_and(|x| x != f);
        let mut names: Vec<(Id, Base)> = left.iter().filter(|(f, _)| is_name(*f)).copied().collect();
        names.sort_unstable_by_key(|(f, _)| *f);
        left.iter_mut().filter(|(f, _)| is_name(*f)).zip(names).for_each(|(place, name)| *place = name);
        let mut found = Vec::with_capacity(left.len());
        // A made function stands where the text's of its angle does, and behind that one itself; a logarithm behind both.
        let stand_in = |(f, kind): Base| match graph.node(f) {
            Node::Map(Primitive::Log, _) => Some((f, kind)),
            _ => Some((self.of_the_text(graph, f)?, kind)),
        };
        let is_log = |f: Id| matches!(graph.node(f), Node::Map(Primitive::Log, _));
        let is_before = |a: &Base, b: &Base| {
            let functions = || {
                let (f, g) = (stand_in(*a)?, stand_in(*b)?);
                let log_last = !is_log(a.0) && is_log(b.0) && !self.before.contains(&(g, f));
                Some(self.before.contains(&(f, g)) || f == *a && f == g && a != b || log_last)
            };
            self.before.contains(&(*a, *b)) || functions().unwrap_or(false)
        };
        while !left.is_empty() {
            let first = |(_, b): &(Id, Base)| !left.iter().any(|(_, other)| is_before(other, b));
            let next = left.iter().position(first).unwrap_or(0);
            found.push(left.remove(next).0);
        }
        found
    }

    /// The text's function of an angle, which a made one comes from: `sin(x)` for `cos(x)`.
    fn of_the_text(&self, graph: &Graph, function: Id) -> Option<Id> {
        let first = self.of_angle.get(&angle(graph, function)?).copied()?;
        Some(if function.index() < self.written { function } else { first })
    }

    /// A function behind those that are its argument, or were before they were differentiated: `-sin(x)*cos(cos(x))`.
    fn inner_first(&self, graph: &Graph, mut factors: Vec<Id>) -> Vec<Id> {
        let function = |f: Id| {
            let inner = base(graph, f).0.0;
            let is_one = matches!(graph.node(inner), Node::Map(p, _) if p != Primitive::Pow && p != Primitive::Sqrt);
            is_one.then_some(inner)
        };
        for at in (0..factors.len()).rev() {
            let Some(outer) = function(factors[at]) else { continue };
            let Some(within) = graph.reachable_within(&[outer], MAX_NODES) else { continue };
            let is_inner = |f: &Id| {
                let inner = function(*f).filter(|inner| *inner != outer);
                let own = inner.and_then(|inner| self.of_the_text(graph, inner));
                let found = inner.is_some_and(|inner| within.contains(&inner))
                    || own.is_some_and(|own| own != outer && within.contains(&own));
                found && !self.before.contains(&(base(graph, factors[at]).0, base(graph, *f).0))
            };
            if let Some(last) = factors.iter().rposition(is_inner).filter(|last| *last > at) {
                factors[at..=last].rotate_left(1);
            }
        }
        factors
    }

    /// Behind how many factors the bar stands where the person has the same quotient before something else:
    /// `F*D*a/(V*(a - k))*(exp(-k*t) - exp(-a*t))`.
    fn as_divided(&self, graph: &Graph, above: &[Id], below: &[Id]) -> Option<usize> {
        let within = |ids: &[Id]| {
            let all = ids.iter().map(|id| Some(product(graph, *id, &mut { MAX_PARTS })?.0));
            let mut found: Vec<Factor> = all.collect::<Option<Vec<_>>>()?.concat();
            found.sort_unstable();
            Some(found)
        };
        if self.quotients.is_empty() || below.is_empty() {
            return None;
        }
        let own = within(below)?;
        let is_name = |f: &Id| matches!(graph.node(*f), Node::Symbol(_));
        (1..above.len()).rev().find(|at| {
            // b*p/x, not b/x*p.
            // Nor w*x/(2*E*I)*(L - x).
            let low =
                |f: &Id| f.index() >= self.written && matches!(graph.node(*f), Node::Sum(_)) && cost(graph, *f) <= 3;
            let rest = &above[*at..];
            let behind = !rest.iter().any(is_name) && !rest.iter().all(low);
            let front = within(&above[..*at]).filter(|_| behind);
            front.is_some_and(|front| self.quotients.iter().any(|(a, b)| *a == front && *b == own))
        })
    }

    /// Notes a person's product, or what it has before its last factor, if that is a quotient.
    pub(super) fn note_quotient(&mut self, factors: &[Factor]) {
        let (mut above, mut below): (Vec<Factor>, Vec<Factor>) = factors.iter().partition(|(_, power)| *power > 0);
        if !above.is_empty() && !below.is_empty() && self.quotients.len() < MAX_QUOTIENTS {
            above.sort_unstable();
            below.sort_unstable();
            self.quotients.push((above, below));
        }
    }

    /// Is all short, and are sums below the bar, but an exponential or a symbolic power that stands last: `B*log(10)/(C + T)^2*10^(A - B/(C + T))`?
    fn is_before_tower(&mut self, graph: &Graph, above: &[Id], below: &[Id]) -> bool {
        let Some((tower, front @ [_, ..])) = above.split_last() else { return false };
        let is_tower = is_exponential(graph, *tower) || base(graph, *tower).0.1 == Kind::Symbolic;
        let short = |costs: &mut Costs, d: &Id| costs.of(graph, base(graph, *d).0.0) <= CONSTANT;
        is_tower
            && below.iter().any(|d| !self.is_plain(graph, *d))
            && 1 + self.costs.of(graph, *tower) >= LONG_EXPONENTIAL_REST
            && front.iter().map(|f| self.costs.of(graph, *f)).sum::<u32>() <= SHORT_FRONT
            && below.iter().all(|d| short(&mut self.costs, d))
    }

    /// Behind how many factors the bar stands where others follow: `k/l^2*(x/l)^(k - 2)*exp(-(x/l)^k)`.
    fn bar(&mut self, graph: &Graph, above: &[Id], below: &[Id]) -> Option<usize> {
        let divided = |f: &Id| below.iter().any(|d| self.divided.contains(&(base(graph, *d).0, base(graph, *f).0)));
        // 8*r/a^3*(1 - r/a): no bar below a bracket with bars.
        let fractions = |f: &Id| match graph.node(*f) {
            Node::Sum(terms @ [_, _, ..]) => terms.iter().any(|t| is_quotient(graph, t.node)),
            _ => false,
        };
        let bracket = above.iter().position(fractions).filter(|first| *first > 0);
        if let Some(at) = above.iter().position(divided).filter(|at| *at > 0) {
            let bracket = bracket.filter(|first| *first < at);
            return Some(bracket.unwrap_or(at));
        }
        if below.is_empty() {
            return None;
        }
        if !below.iter().all(|d| self.is_plain(graph, *d)) {
            return None;
        }
        if let Some(at) = bracket.filter(|at| at + 1 == above.len())
            && above[..at].iter().all(|f| self.is_short(graph, *f))
        {
            return bracket;
        }
        let last = above.len() > 1 && above.last().is_some_and(|f| is_exponential(graph, *f));
        let constants = above.iter().take_while(|f| !self.depends(graph, **f)).count();
        let at = match above.iter().position(|f| !self.is_short(graph, *f)).filter(|at| *at > 0 || last)? {
            _ if constants > 0 && !below.iter().any(|d| self.depends(graph, *d)) => constants,
            // Between what is long there is a bar before an exponential only.
            0 => above.len() - 1,
            short => short,
        };
        let rest: u32 = above[at..].iter().map(|f| 1 + self.costs.of(graph, *f)).sum();
        // x*exp(-x^2/2)/sqrt(2*pi) keeps the density together.
        let numbers = graph.free_symbols(below).is_empty();
        let least = if last && at + 1 == above.len() && !numbers { LONG_EXPONENTIAL_REST } else { LONG_REST };
        (rest >= least).then_some(at)
    }
}

/// Have several factors exponentials in them? Then which is divided first decides about an overflow.
pub(crate) fn several_huge(graph: &Graph, factors: &[Id]) -> bool {
    let huge = |f: &&Id| {
        let all = graph.reachable_within(&[**f], MAX_NODES);
        all.is_none_or(|all| all.iter().any(|id| is_exponential(graph, *id)))
    };
    factors.len() > 1 && factors.iter().filter(huge).take(2).count() > 1
}

/// The angle of a trigonometric or hyperbolic function.
pub(super) fn angle(graph: &Graph, id: Id) -> Option<Id> {
    match graph.node(id) {
        Node::Map(primitive, &[angle]) if crate::bases::is_of_angle(primitive) => Some(angle),
        _ => None,
    }
}

/// Sums of two names, or of a name and a number, before functions: `2*(x + 2)*sec(x)^2`.
fn short_sums_first(graph: &Graph, factors: Vec<Id>) -> Vec<Id> {
    let is_name = |t: &Term| matches!(graph.node(t.node), Node::Symbol(_) | Node::Number(_));
    let is_short = |f: &Id| match graph.node(base(graph, *f).0.0) {
        Node::Sum(terms @ [_, _]) => terms.iter().all(is_name),
        _ => false,
    };
    let is_function = |f: &Id| angle(graph, base(graph, *f).0.0).is_some();
    let Some(function) = factors.iter().position(is_function) else { return factors };
    let (before, behind) = factors.split_at(function);
    let (sums, rest): (Vec<Id>, Vec<Id>) = behind.iter().partition(|f| is_short(f));
    [before, &sums, &rest].concat()
}

/// Sines and cosines behind a factor that grows or decays: `exp(-a*x)*sin(b*x)`.
fn waves_last(graph: &Graph, factors: Vec<Id>) -> Vec<Id> {
    let is_wave = |f: &Id| matches!(graph.node(base(graph, *f).0.0), Node::Map(Primitive::Sin | Primitive::Cos, _));
    let Some(last) = factors.iter().rposition(|f| is_exponential(graph, *f)) else { return factors };
    let (before, behind) = factors.split_at(last + 1);
    let (waves, rest): (Vec<Id>, Vec<Id>) = before.iter().partition(|f| is_wave(f));
    [&rest, &waves, behind].concat()
}
