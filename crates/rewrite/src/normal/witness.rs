//! Points that show that a note is true: the printed formula has a value there, and the given one has none.

use wrt_core::{Id, Node, NodeMap, Primitive};
use wrt_poly::Poly;
use wrt_run::{Point, evaluate_all};

use super::notes::Limit;
use super::product::Product;
use super::{GeneratorId, Key, Normal};
use crate::doubles::signed;

/// So many points are looked at.
const POINTS: usize = 24;

/// The values of names.
type Place = Vec<(Id, f64)>;

impl Normal<'_> {
    /// Is the limit met at sample points, and at none of them the reason that only the printed formula has a value? Points
    /// are no proof: what happens at none of them may happen elsewhere, and the note is left out all the same. Such as
    /// `c = 0` in `m*v/(c^2 - v^2)^(3/2)` for what was `(1 - v^2/c^2)^(3/2)`.
    pub(super) fn is_refuted(&mut self, limit: Limit, given: Id, printed: Id) -> bool {
        let (Limit::Divisor(base) | Limit::Root(base)) = limit else { return false };
        let node = self.emit(&Product::generator(base));
        let names = self.graph.free_symbols(&[given, node]);
        let mut met = false;
        for k in 0..POINTS {
            let Some(place) = self.place(limit, base, &names, k) else { return false };
            let beyond = match (limit, self.values(node, &place).map(|v| v.of(node))) {
                (Limit::Divisor(_), Some(value)) => value == 0.0,
                (_, Some(value)) => value < 0.0,
                _ => false,
            };
            if beyond && self.is_defined(printed, &place) && !self.is_defined(given, &place) {
                return false;
            }
            met |= beyond;
        }
        met
    }

    /// Values of names; of a divisor, such that it is 0, if that is easily found.
    fn place(&self, limit: Limit, base: GeneratorId, names: &[Id], k: usize) -> Option<Place> {
        let eighths = |j: usize| (3 + 2 * ((7 * k + 11 * j + 3 * k * j) % 13)) as f64 / 8.0;
        let value = |(j, id): (usize, &Id)| signed(self.graph, *id, eighths(j), (k / 2 + k * j) % 2 == 1);
        let mut place: Place = names.iter().enumerate().map(value).collect();
        if matches!(limit, Limit::Divisor(_)) {
            let (name, root) = match &self.generators[base as usize].key {
                Key::Symbol(id) => (*id, 0.0),
                Key::Sum(p) => self.root_of(p, &place)?,
                _ => return None,
            };
            place.iter_mut().find(|(id, _)| *id == name)?.1 = root;
        }
        Some(place)
    }

    /// A name in which a polynomial is linear, and where it is 0.
    fn root_of(&self, p: &Poly, place: &Place) -> Option<(Id, f64)> {
        let name = |v: usize| match self.generators[self.variables[v].base as usize].key {
            Key::Symbol(id) if self.variables[v].root == 1 => Some(id),
            _ => None,
        };
        let at = |id: Id| place.iter().find(|(other, _)| *other == id).map(|(_, value)| *value);
        let value = |q: &Poly| {
            let term = |(m, c): &wrt_poly::Term| {
                m.powers().try_fold(*c as f64, |product, (v, e)| Some(product * at(name(v)?)?.powi(e as i32)))
            };
            q.terms().iter().map(term).sum::<Option<f64>>()
        };
        let linear = p.degrees().powers().find(|(v, e)| *e == 1 && name(*v).is_some())?.0;
        let root = -value(&p.coefficient_in(linear, 0))? / value(&p.coefficient_in(linear, 1))?;
        Some((name(linear)?, root))
    }

    fn values(&self, root: Id, place: &Place) -> Option<NodeMap<f64>> {
        let all = evaluate_all(self.graph, &[root], &Point::numbers(place), &0.0).ok()?;
        let mut values = NodeMap::default();
        for id in self.graph.reachable(&[root]) {
            values.insert(id, *all.get(id)?.first()?);
        }
        Some(values)
    }

    /// Has a formula a value, and all that it needs on the way, too? `1/(1/0 + 1)` has none.
    fn is_defined(&self, root: Id, place: &Place) -> bool {
        let Some(values) = self.values(root, place) else { return false };
        let mut defined: NodeMap<bool> = NodeMap::default();
        for id in self.graph.reachable(&[root]) {
            let mut all = values.of(id).is_finite();
            match self.graph.node(id) {
                Node::Map(Primitive::Select, &[condition, yes, no]) => {
                    let taken = if values.of(condition) != 0.0 { yes } else { no };
                    all &= defined.of(condition) && defined.of(taken);
                }
                _ => self.graph.for_each_child(id, |c| all &= defined.of(c)),
            }
            defined.insert(id, all);
        }
        defined.of(root)
    }
}
