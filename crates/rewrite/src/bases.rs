//! A formula in other generators: trigonometric functions by one of them, roots as names of their own.
//!
//! The normal form knows few relations between generators. Where a formula mixes `sin(x)` with `tan(x/2)`, or roots of
//! several sums, terms cancel that it cannot see. In the tangent of half the angle, in one function alone, or with a root
//! as a name (`r` for `sqrt(a + b*x)`, and `(r^2 - b*x)/a` no more `a`), the formula is a quotient of polynomials, where
//! nothing is hidden. What comes out is brought back, and counts only where it is the same number as the given formula.

mod exponentials;
mod roots;
mod trig;
mod values;

use wrt_core::{Assumptions, Graph, Id, LabelsId, Node, NodeMap, Primitive, Substitution, Term};

use crate::normal::Normal;
use crate::order::{Factor, divisor, product, without_coefficients};
use trig::Base;
pub(crate) use values::{NOTE_POINTS, Values, divided_by, has_value_where_zero};

/// Formulas of fewer names, numbers and operators are short enough.
pub(crate) const WORTH: u32 = 5;

/// Larger formulas are read part by part.
const MAX_NODES: usize = 500;

/// In texts of so many nodes so many of the person's quotients get names.
const MAX_TEXT: usize = 60;
const MAX_QUOTIENTS: usize = 3;

/// What it is worth in names and signs that one stands beside a number, as in `1 - r/a`.
const BESIDE_NUMBER: u64 = 3;

/// Of no more factors than these.
const MAX_FACTORS: usize = 12;

/// A name that nobody can write, and that stands behind all others: functions and roots are written behind names.
pub(crate) fn fresh(graph: &mut Graph, known: Assumptions) -> Id {
    let name = format!("\u{10fffd}{}", graph.len());
    graph.symbol_with(&name, known)
}

/// The formula as it comes out of other generators, each time in other words.
pub(crate) fn candidates(graph: &mut Graph, root: Id) -> Vec<Id> {
    let order = graph.reachable(&[root]);
    if order.len() > MAX_NODES {
        return Vec::new();
    }
    let mut found = exponentials::by_each_other(graph, root, &order);
    if !order.iter().any(|id| trig::is_trigonometric(graph, *id) || roots::is_root(graph, *id))
        || has_root_of_power(graph, &order)
    {
        return found;
    }
    let groups = trig::groups(graph, &order);
    if groups.is_empty() {
        found.extend(through(graph, root, &order, None));
    } else {
        for base in Base::ALL {
            let Some(way) = trig::way(graph, &groups, base) else { continue };
            found.extend(through(graph, root, &order, Some(&way)));
        }
    }
    let mut known = vec![root];
    found.retain(|id| {
        let new = !known.contains(id);
        known.push(*id);
        new
    });
    found
}

/// The formula with parts of the person's products as they are, to be taken as it comes, and what each of these is worth:
/// with `1 - r/a` a formula may be longer than with `a - r`.
pub(crate) fn with_own_parts(graph: &mut Graph, root: Id, written: usize) -> Vec<(Id, u64)> {
    let order = graph.reachable(&[root]);
    if order.len() > MAX_NODES || has_root_of_power(graph, &order) {
        return Vec::new();
    }
    let mut found = with_own_quotients(graph, root, &order, written);
    found.extend(with_own_roots(graph, root, &order, written).into_iter().map(|id| (id, 0)));
    found
}

/// How many trigonometric functions of a formula the person's text has not; one below a bar, for which there is another
/// above it, counts twice.
pub(crate) fn count_new(graph: &Graph, root: Id, written: usize) -> usize {
    let is_new = |id: Id| id.index() >= written && trig::is_trigonometric(graph, id);
    let count = |id: &Id| usize::from(is_new(*id)) + usize::from(divisor(graph, *id).is_some_and(is_new));
    graph.reachable(&[root]).iter().map(count).sum()
}

/// How many roots are in a formula.
pub(crate) fn count_roots(graph: &Graph, root: Id) -> u64 {
    graph.reachable(&[root]).into_iter().filter(|id| roots::has_fraction(graph, *id)).count() as u64
}

/// Left of 0 a root of x^n is no power of x, which no point tells whose n is no integer.
fn has_root_of_power(graph: &Graph, order: &[Id]) -> bool {
    order.iter().any(|id| roots::radicand(graph, *id).is_some_and(|under| has_symbolic_power(graph, under)))
}

/// Is it a symbolic power, or a product with one?
fn has_symbolic_power(graph: &Graph, id: Id) -> bool {
    match graph.node(id) {
        Node::Map(Primitive::Pow, &[base, e]) => graph.as_number(e).is_none() || has_symbolic_power(graph, base),
        Node::Contraction(factors, _) => factors.iter().any(|f| has_symbolic_power(graph, *f)),
        Node::Sum([single]) => has_symbolic_power(graph, single.node),
        _ => false,
    }
}

/// With a quotient that the person has a function or a power of as a name, and one of the names above its bar gone:
/// `24*u/r*((s/r)^6 - 2*(s/r)^12)` for `24*u*(s^6/r^7 - 2*s^12/r^13)`.
fn with_own_quotients(graph: &mut Graph, root: Id, order: &[Id], written: usize) -> Vec<(Id, u64)> {
    let few = if written <= MAX_TEXT { written } else { 0 };
    let argument = |id: Id| match graph.node(id) {
        Node::Map(_, args) => args.first().map(|a| without_coefficients(graph, *a)),
        _ => None,
    };
    let mut own: Vec<Id> = (0..few).map(Id::from_index).filter_map(argument).collect();
    own.sort_unstable();
    own.dedup();
    let mut found = Vec::new();
    for quotient in own {
        let Some((factors, coefficient)) = product(graph, quotient, &mut { MAX_FACTORS }) else { continue };
        if coefficient.is_zero() || !factors.iter().any(|(_, power)| *power < 0) {
            continue;
        }
        let quotient = if coefficient.is_one() { quotient } else { product_of(graph, &factors) };
        // The name that stands in the fewest places goes.
        let once = |f: Id| factors.iter().filter(|(other, _)| *other == f).count() == 1;
        let is_name = |f: Id| matches!(graph.node(f), Node::Symbol(_)) && once(f);
        let names = factors.iter().filter(|(f, p)| p.abs() == 1 && is_name(*f));
        let Some((name, power)) = names.min_by_key(|(f, _)| places(graph, order, *f)).copied() else { continue };
        let others: Vec<Factor> = factors.iter().filter(|(f, _)| *f != name).copied().collect();
        let others = product_of(graph, &others);
        // A root that would be squared is none to keep: D^2/(2*s^2) for (D/(s*sqrt(2)))^2.
        let has_root = graph.reachable(&[quotient]).iter().any(|id| roots::has_fraction(graph, *id));
        if has_root || graph.free_symbols(&[others]).contains(&name) || !graph.free_symbols(&[root]).contains(&name) {
            continue;
        }
        let known = crate::known_of(graph, quotient);
        let symbol = fresh(graph, known);
        let image = if power > 0 { graph.div(symbol, others) } else { graph.div(others, symbol) };
        let (mut there, mut back) = (Substitution::default(), Substitution::default());
        there.set(name, image);
        back.set(symbol, quotient);
        let named = there.apply(graph, root);
        let simple = simplified(graph, named);
        let simple = back.apply(graph, simple);
        if graph.reachable(&[simple]).contains(&quotient) {
            let others = [Some(simple), joined(graph, simple)].into_iter().flatten();
            found.extend(others.map(|id| (id, if is_beside_number(graph, id, quotient) { BESIDE_NUMBER } else { 0 })));
        }
        if found.len() >= MAX_QUOTIENTS {
            break;
        }
    }
    found
}

/// In how many places a name stands, among the nodes of a formula.
fn places(graph: &Graph, order: &[Id], name: Id) -> usize {
    let mut count = 0;
    order.iter().for_each(|id| graph.for_each_child(*id, |c| count += usize::from(c == name)));
    count
}

/// Is a quotient added to a number somewhere, and to nothing else?
fn is_beside_number(graph: &Graph, root: Id, quotient: Id) -> bool {
    let is_one = |id: Id| match graph.node(id) {
        Node::Sum([a, b]) => {
            let number = |t: &Term| graph.as_number(t.node).is_some();
            number(a) && b.node == quotient || number(b) && a.node == quotient
        }
        _ => false,
    };
    graph.reachable(&[root]).into_iter().any(is_one)
}

/// A product with all powers of a factor together: `8*r/a^3` for `8*(r/a)/a^2`.
fn joined(graph: &mut Graph, id: Id) -> Option<Id> {
    let (factors, coefficient) = product(graph, id, &mut { MAX_NODES })?;
    let mut together: Vec<Factor> = Vec::new();
    for (f, power) in factors {
        match together.iter_mut().find(|(g, _)| *g == f) {
            Some((_, own)) => *own = own.checked_add(power)?,
            None => together.push((f, power)),
        }
    }
    together.retain(|(_, power)| *power != 0);
    let body = product_of(graph, &together);
    Some(graph.sum(&[Term::new(coefficient, body)]))
}

fn product_of(graph: &mut Graph, factors: &[Factor]) -> Id {
    let powers: Vec<Id> = factors
        .iter()
        .map(|(base, power)| {
            let exponent = graph.integer(*power);
            if *power == 1 { *base } else { graph.map(Primitive::Pow, &[*base, exponent]) }
        })
        .collect();
    match powers[..] {
        [] => graph.integer(1),
        [one] => one,
        _ => graph.product(&powers),
    }
}

/// With the person's roots of products as names: `4*pi*(m/(2*pi*k*T))^(3/2)*…` is not taken apart.
fn with_own_roots(graph: &mut Graph, root: Id, order: &[Id], written: usize) -> Vec<Id> {
    let is_product =
        |id: Id| matches!(graph.node(id), Node::Contraction(factors, LabelsId::SCALAR) if factors.len() > 1);
    let of_product = |id: &&Id| id.index() < written && roots::radicand(graph, **id).is_some_and(is_product);
    let own: Vec<Id> = order.iter().filter(of_product).copied().collect();
    if own.is_empty() {
        return Vec::new();
    }
    // Also with a name below them solved for, so that what is multiplied with a root may become its square.
    let solved = (written <= MAX_TEXT).then(|| {
        let solved = roots::named(graph, root, &[]);
        let simple = simplified(graph, solved.root);
        solved.back(graph, simple)
    });
    let (mut there, mut back) = (Substitution::default(), Substitution::default());
    for id in own {
        let symbol = fresh(graph, Assumptions::nonnegative());
        there.set(id, symbol);
        back.set(symbol, id);
    }
    let named = there.apply(graph, root);
    let simple = simplified(graph, named);
    std::iter::once(back.apply(graph, simple)).chain(solved).collect()
}

/// Has a made sum a factor 2, as `2*T*s - 2*L` has, which the square of a root of `2*T` leaves?
pub(crate) fn has_content(graph: &Graph, root: Id, written: usize) -> bool {
    let number = |t: &Term| Some(&product(graph, t.node, &mut { MAX_FACTORS })?.1 * &t.coefficient);
    let even = |t: &Term| number(t).and_then(|n| n.as_i64()).is_some_and(|n| n % 2 == 0);
    let common = |id: &Id| matches!(graph.node(*id), Node::Sum(terms @ [_, _, ..]) if terms.iter().all(even));
    graph.reachable(&[root]).iter().filter(|id| id.index() >= written).any(common)
}

/// There and back by one way.
fn through(graph: &mut Graph, root: Id, order: &[Id], way: Option<&trig::Way>) -> Option<Id> {
    let (mut there, mut back) = (Substitution::default(), Substitution::default());
    for (call, symbol) in opaque(graph, order, way.is_some()) {
        there.set(call, symbol);
        back.set(symbol, call);
    }
    for (node, image) in way.iter().flat_map(|w| &w.there) {
        there.set(*node, *image);
    }
    let inner = there.apply(graph, root);
    let solved = roots::named(graph, inner, way.map_or(&[], |w| &w.symbols));
    if way.is_none() && solved.names.is_empty() {
        return None;
    }
    let simple = match way {
        Some(way) => way.simplified(graph, solved.root)?,
        None => simplified(graph, solved.root),
    };
    let named = solved.back(graph, simple);
    let named = match way {
        Some(way) => way.back(graph, named),
        None => named,
    };
    Some(back.apply(graph, named))
}

/// As short as the normal form makes it, in its own generators.
fn simplified(graph: &mut Graph, root: Id) -> Id {
    let (order, budget) = (graph.reachable(&[root]), crate::algebra(usize::MAX));
    let mut normal = Normal::new(graph, 0, &order, &budget);
    normal.run(&order);
    normal.combined(root)
}

/// Functions of what gets other names, each with a symbol that stands for it.
fn opaque(graph: &mut Graph, order: &[Id], trigonometric: bool) -> Vec<(Id, Id)> {
    let mut inside: NodeMap<bool> = NodeMap::default();
    let mut found = Vec::new();
    for &id in order {
        let mut any = false;
        graph.for_each_child(id, |c| any |= inside.of(c));
        let renamed = roots::is_root(graph, id) || trigonometric && trig::is_trigonometric(graph, id);
        inside.insert(id, any || renamed);
        let function = match graph.node(id) {
            Node::Map(Primitive::Pow | Primitive::Sqrt, _) => None,
            Node::Map(p, _) => Some(p.row().range),
            _ => None,
        };
        if let (Some(range), true, false) = (function, any, renamed) {
            let symbol = fresh(graph, Assumptions::within(range.into()));
            found.push((id, symbol));
        }
    }
    found
}

/// Has the other formula no function with poles that the given one doesn't have? That is as good as a tangent where there
/// was a secant, at the same angle.
pub(crate) fn excludes_no_more(graph: &Graph, given: Id, other: Id) -> bool {
    let poles = |root: Id| graph.reachable(&[root]).into_iter().filter_map(|id| trig::poles(graph, id));
    let known: Vec<_> = poles(given).collect();
    poles(other).all(|p| known.contains(&p))
}

/// As above, where division by such a function counts, too.
pub(crate) fn divides_by_no_more(graph: &Graph, given: Id, other: Id) -> bool {
    let zeros = |root: Id| {
        let all = graph.reachable(&[root]).into_iter();
        all.filter_map(|id| trig::poles(graph, id).or_else(|| trig::divisors(graph, id)))
    };
    let known: Vec<_> = zeros(given).collect();
    zeros(other).all(|p| known.contains(&p))
}

/// Is it a trigonometric or hyperbolic function?
pub(crate) fn is_of_angle(primitive: Primitive) -> bool {
    trig::member(primitive).is_some()
}
