//! Rules for computing: what a textbook formula becomes so that it keeps its digits in floating point.
//!
//! Rules for people ([`crate::RULES`]) make a formula short; these keep its real value, and make it longer where that
//! saves digits: `exp(x) - 1` is `expm1(x)`, `sqrt(x + 1) - sqrt(x)` is `1/(sqrt(x + 1) + sqrt(x))`. They are used before
//! a formula is differentiated and once more on what comes out. Each is a row with a name, both sides, the condition
//! under which it may fire and its effect on the domain; letters stand for any expression. What a row does is a function
//! on nodes, since sums have their terms in any order, with any coefficient.

mod algebra;
mod differences;
mod exponentials;
mod parts;
mod series;

use hashbrown::HashSet;
use wrt_core::{Graph, Id, Node, NodeMap, Number, Primitive};

use crate::rules::Effect;

/// Where a rule is used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Pace {
    /// In every compiled program: the new form costs about what the old one did.
    Always,
    /// Where digits count more than time: the new form costs more.
    Asked,
}

/// A named identity for computing.
#[derive(Clone, Copy, Debug)]
pub struct StableRule {
    /// What people call it.
    pub name: &'static str,
    /// A formula that loses digits.
    pub from: &'static str,
    /// What it becomes.
    pub to: &'static str,
    /// When; unknown means no.
    pub condition: &'static str,
    /// What happens to the domain.
    pub effect: Effect,
    /// Where it is used.
    pub pace: Pace,
    /// Is it tried on the formula as it stands, before rules have been used on its parts?
    whole: bool,
    /// What the node becomes, if the row says anything of it.
    apply: fn(&mut Graph, Id) -> Option<Id>,
}

const fn row(
    name: &'static str,
    from: &'static str,
    to: &'static str,
    condition: &'static str,
    pace: Pace,
    apply: fn(&mut Graph, Id) -> Option<Id>,
) -> StableRule {
    StableRule { name, from, to, condition, effect: Effect::Equal, pace, whole: false, apply }
}

/// A row whose left side has parts of which other rows would make something else.
const fn whole(rule: StableRule) -> StableRule {
    StableRule { whole: true, ..rule }
}

use Pace::{Always, Asked};
use {algebra as a, differences as d, exponentials as e, series as s};

/// Every rule for computing, in the order in which they are tried at a node whose parts are stable already. Rules about
/// rules: both sides are equal wherever the left one is defined, and defined at the same points; nowhere does the right one
/// lose more digits than the left one, but for a few units in the last place.
#[rustfmt::skip]
pub static STABLE_RULES: &[StableRule] = &[
    row("power of the number e", "e^x", "exp(x)", "", Always, e::power_of_e),
    // Logarithms.
    row("logarithm of a power of e", "log(exp(x))", "x", "", Always, e::log_of_exp),
    whole(row("logarithm of a product with a power of e", "log(exp(x)*y)", "x + log(y)", "", Always, e::log_of_exp_product)),
    whole(row("logarithm of a share of powers of e", "log(exp(x)/(exp(x) + exp(y)))", "-softplus(y - x)", "", Always, e::log_of_exp_product)),
    whole(row("logarithm of a sum of powers of e", "log(exp(x) + exp(y))", "where(x > y, x, y) + softplus(where(x > y, y - x, x - y))", "all coefficients are positive", Always, e::log_sum_exp)),
    whole(row("softplus", "log(1 + exp(x))", "softplus(x)", "", Always, e::log_sum_exp)),
    row("softplus by log1p", "log1p(exp(x))", "softplus(x)", "", Always, e::log1p_of_exp),
    row("logarithm of a sigmoid", "log(sigmoid(x))", "-softplus(-x)", "", Always, e::log_of_sigmoid),
    whole(row("logarithm of one minus a sigmoid", "log(1 - sigmoid(x))", "-softplus(x)", "", Always, e::log_of_one_minus_sigmoid)),
    row("logarithm of one minus a power of e", "log(-expm1(x))", "where(x < -0.7, log1p(-exp(x)), log(-expm1(x)))", "", Always, e::log_of_minus_expm1),
    whole(row("inverse hyperbolic sine", "log(x + sqrt(x^2 + 1))", "asinh(x)", "", Asked, d::inverse_hyperbolic)),
    whole(row("inverse hyperbolic tangent", "log((1 + x)/(1 - x))", "2*atanh(x)", "", Asked, d::atanh)),
    whole(row("logarithm of a quotient near one", "log((x + 1)/x)", "where(abs(1) < abs(x)/2, log1p(1/x), log((x + 1)/x))", "numerator and denominator have a common term", Asked, d::log_of_quotient)),
    row("logarithm of a power of e minus one", "log(expm1(x))", "where(x > 1, x + log1p(-exp(-x)), log(expm1(x)))", "", Asked, e::log_of_expm1),
    row("logarithm of a hyperbolic cosine", "log(cosh(x))", "where(abs(x) > 1, abs(x) + softplus(-2*abs(x)) - log(2), log1p(2*sinh(x/2)^2))", "", Asked, e::log_of_cosh),
    whole(row("logarithm of a power", "log(x^3)", "3*log(x)", "the exponent is a number; of an even one the magnitude is taken", Asked, e::log_of_power)),
    row("binary and decimal logarithm of one and something", "log2(1 + x)", "log1p(x)/log(2)", "", Asked, e::other_log1p),
    whole(row("logarithm of one and a rational formula", "log(1 + 2*x + x^2)", "log1p(x*(x + 2))", "", Asked, e::log1p_of_rational)),
    row("logarithm of one and something", "log(1 + x)", "log1p(x)", "", Always, e::log1p),
    // Products and shares of powers of e.
    row("hyperbolic tangent by powers of e", "expm1(x)/(exp(x) + 1)", "tanh(x/2)", "", Always, e::tanh),
    row("hyperbolic tangent by sine and cosine", "sinh(x)/(exp(x) + exp(-x))", "tanh(x)/2", "", Always, e::tanh),
    whole(row("share of powers of e", "exp(x)/(exp(x) + exp(y))", "sigmoid(-(y - x))", "all coefficients are positive", Always, e::share)),
    row("sigmoid", "1/(1 + exp(-x))", "sigmoid(x)", "all coefficients are positive", Always, e::share_of_one),
    row("power of e over itself minus one", "exp(x)/expm1(x)", "-1/expm1(-x)", "", Always, e::exp_over_expm1),
    row("powers of e as one", "exp(x)/exp(y)", "exp(x - y)", "", Asked, e::one_power),
    // Sums: two terms that cancel.
    row("power of e minus one", "exp(x) - 1", "expm1(x)", "", Always, e::expm1),
    row("hyperbolic sine", "exp(x) - exp(-x)", "2*sinh(x)", "", Asked, e::sinh),
    row("hyperbolic cosine minus one", "exp(x) + exp(-x) - 2", "4*sinh(x/2)^2", "", Asked, e::cosh_minus_one),
    row("difference of powers of e", "exp(x + y) - exp(x)", "where(y > 0, exp(x + y)*-expm1(-y), exp(x)*expm1(y))", "", Asked, e::exp_difference),
    row("sigmoid of the opposite", "1 - sigmoid(x)", "sigmoid(-x)", "", Asked, e::one_minus_sigmoid),
    row("sigmoids of opposites", "sigmoid(x) - sigmoid(-x)", "tanh(x/2)", "", Asked, e::sigmoid_difference),
    row("one and a hyperbolic tangent", "1 + tanh(x)", "2*sigmoid(2*x)", "", Asked, e::one_and_tanh),
    row("complementary error function", "1 - erf(x)", "erfc(x)", "", Asked, e::complementary),
    row("half angle", "1 - cos(x)", "2*sin(x/2)^2", "", Asked, d::half_angle),
    row("hyperbolic half angle", "cosh(x) - 1", "2*sinh(x/2)^2", "", Asked, d::half_angle),
    row("square of a sine from that of a cosine", "1 - cos(x)^2", "sin(x)^2", "", Asked, d::sine_from_cosine),
    row("square of a cosine from that of a sine", "1 - sin(x)^2", "cos(x)^2", "", Asked, d::cosine_from_sine),
    row("square of a secant, hyperbolic", "1 - tanh(x)^2", "sech(x)^2", "", Asked, d::secant_from_tangent),
    whole(row("difference of sines", "sin(x + y) - sin(x)", "where(abs(y) < 1, 2*cos(x + y/2)*sin(y/2), sin(x + y) - sin(x))", "the angles have a common term", Asked, d::of_function)),
    whole(row("difference of cosines", "cos(x + y) - cos(x)", "where(abs(y) < 1, -2*sin(x + y/2)*sin(y/2), cos(x + y) - cos(x))", "the angles have a common term", Asked, d::of_function)),
    whole(row("difference of tangents", "tan(x + y) - tan(x)", "where(abs(y) < 1, sin(y)/(cos(x + y)*cos(x)), tan(x + y) - tan(x))", "the angles have a common term", Asked, d::of_function)),
    whole(row("difference of inverse tangents", "atan(x + 1) - atan(x)", "atan2(1, 1 + (x + 1)*x)", "the arguments have a common term", Asked, d::of_function)),
    whole(row("difference of logarithms", "log(x + 1) - log(x)", "where((x > 0)*(abs(1) < abs(x)/2), log1p(1/x), log1p(x) - log(x))", "the arguments have a common term", Asked, d::of_function)),
    whole(row("difference of cube roots", "cbrt(x + 1) - cbrt(x)", "1/(cbrt(x + 1)^2 + cbrt(x + 1)*cbrt(x) + cbrt(x)^2)", "the radicands differ by a number that is not 0", Asked, d::of_function)),
    whole(row("difference of powers", "(x + 1)^y - x^y", "where((x > 0)*(abs(1) < abs(x)/2), x^y*expm1(y*log1p(1/x)), where(abs(x) < 1/2, exp(y*log1p(x)), (x + 1)^y) - x^y)", "the bases have a common term", Asked, d::of_power)),
    row("power minus one", "(1 + x)^3 - 1", "where(abs(x) < 1/2, expm1(3*log1p(x)), (1 + x)^3 - 1)", "base or exponent is a number", Asked, d::power_minus_one),
    row("power of a number near one, minus one", "where(abs(x) < 1/2, exp(y*log1p(x)), (1 + x)^y) - 1", "where(abs(x) < 1/2, expm1(y*log1p(x)), (1 + x)^y - 1)", "", Asked, d::choice_minus_one),
    whole(row("conjugate of a root", "sqrt(x + y) - sqrt(x)", "where(-sqrt(x) < 0, y/(sqrt(x + y) + abs(-sqrt(x))), sqrt(x + y) - sqrt(x))", "what is left below the root is shorter", Asked, d::conjugate)),
    whole(row("difference of reciprocal roots", "1/sqrt(x) - 1/sqrt(x + 1)", "where(-sqrt(x) < 0, 1/(sqrt(x + 1) + abs(-sqrt(x))), sqrt(x + 1) - sqrt(x))/(sqrt(x)*sqrt(x + 1))", "the radicands have a common term", Asked, d::of_reciprocals)),
    row("difference of squares", "x^2 - y^2", "(x + y)*(x - y)", "", Asked, d::of_squares),
    row("fractions and polynomials as one product", "1/x - 1/(x + 1)", "1/(x*(x + 1))", "the simplified form is a product, and defined at the same points", Asked, a::product),
    row("terms that cancel at zero", "x - sin(x)", "where(abs(x) < 0.067, x^3*(1/6 + x^2*(-1/120 + x^2*(1/5040 - x^2/362880))), x - sin(x))", "one name; its series at 0 begins above that of a term", Asked, s::near_zero),
    // Powers and roots.
    row("power of a number near one", "(1 + x)^y", "where(abs(x) < 1/2, exp(y*log1p(x)), (1 + x)^y)", "the exponent is no number", Asked, d::power_near_one),
    row("length of a vector", "sqrt(x^2 + y^2)", "hypot(x, y)", "", Asked, d::hypot),
    row("root of a large square", "sqrt(x^2 + y)", "where(abs(x) > 1125899906842624, abs(x)*sqrt(1 + y/x/x), sqrt(x^2 + y))", "one term is a square", Asked, d::large_root),
    StableRule { effect: Effect::Extends, ..row("factor of a branch and of the divisor", "where(y > 0, x*y, y)/x", "where(y > 0, y, y/x)", "", Asked, d::choice_over) },
];

/// Formulas in the form for computing: always the same value, up to rounding. Rules that cost time are used where they
/// are `asked` for.
///
/// ```
/// use wrt_core::Graph;
/// use wrt_language::{Scope, parse};
/// use wrt_rewrite::{Pace, stable};
/// let mut g = Graph::new();
/// let read = |g: &mut Graph, text| parse(g, text, &Scope::default()).unwrap().result;
/// let (from, to) = (read(&mut g, "log(1 + exp(x))/2"), read(&mut g, "softplus(x)/2"));
/// assert_eq!(stable(&mut g, &[from], Pace::Always), [to]);
/// ```
pub fn stable(graph: &mut Graph, roots: &[Id], pace: Pace) -> Vec<Id> {
    let known = Known::of(graph, &graph.reachable(roots), roots);
    let mut pass = Pass { pace, known, done: NodeMap::default(), plain: NodeMap::default(), begun: NodeMap::default() };
    roots.iter().map(|id| pass.run(graph, *id)).collect()
}

/// Rules at work on the nodes of a graph: on each as it stands, then on its parts, then on what it is of these.
struct Pass {
    pace: Pace,
    known: Known,
    /// What nodes have become.
    done: NodeMap<Id>,
    /// What has become of those that stand in what they become.
    plain: NodeMap<Id>,
    begun: NodeMap<bool>,
}

/// What is to be done with a node: to look at it; to build it of its parts, where rules made another of it.
enum Task {
    Look(Id),
    Build { id: Id, of: Id, plain: bool },
}

impl Pass {
    fn run(&mut self, graph: &mut Graph, root: Id) -> Id {
        let mut tasks = vec![Task::Look(root)];
        while let Some(task) = tasks.pop() {
            match task {
                Task::Look(id) if self.done.has(id) || self.plain.has(id) => {}
                Task::Look(id) => {
                    let plain = self.begun.of(id);
                    let of = if plain { id } else { self.fired(graph, id, true) };
                    self.begun.insert(id, true);
                    tasks.push(Task::Build { id, of, plain });
                    graph.for_each_child(of, |c| tasks.push(Task::Look(c)));
                }
                Task::Build { id, of, plain } => {
                    let from = graph.len();
                    let own = wrt_core::rebuild(graph, of, |c| self.image(c));
                    let new = if plain || self.known.divisors.of(id) { own } else { self.fired(graph, own, false) };
                    graph.attribute(from, graph.origin(id));
                    if plain { self.plain.insert(id, new) } else { self.done.insert(id, new) }
                }
            }
        }
        self.image(root)
    }

    fn image(&self, id: Id) -> Id {
        self.done.get(id).or(self.plain.get(id)).copied().unwrap_or(id)
    }

    /// What rules make of a node, those for formulas as they stand or all.
    fn fired(&mut self, graph: &mut Graph, mut id: Id, whole: bool) -> Id {
        if whole && self.known.divisors.of(id) {
            return id;
        }
        let from = graph.len();
        let origin = graph.origin(id);
        for _ in 0..MAX_STEPS {
            let mut rules = STABLE_RULES.iter().filter(|rule| rule.pace <= self.pace && (rule.whole || !whole));
            let known = &self.known;
            let found =
                rules.find_map(|rule| (rule.apply)(graph, id).filter(|new| *new != id && !known.has(graph, *new)));
            let Some(new) = found else { break };
            self.known.note(graph, new);
            id = new;
        }
        graph.attribute(from, origin);
        id
    }
}

/// What a formula has before rules are used.
struct Known {
    /// Divisors of products: these are looked at as a whole.
    divisors: NodeMap<bool>,
    /// Conditions of choices with what is taken otherwise: a rule whose branch that is has been here.
    choices: HashSet<(Id, Id)>,
}

impl Known {
    fn of(graph: &Graph, order: &[Id], roots: &[Id]) -> Known {
        let mut known = Known { divisors: NodeMap::default(), choices: HashSet::default() };
        for id in order {
            match graph.node(*id) {
                Node::Contraction(factors, _) => {
                    let is_divisor = |f: &&Id| matches!(graph.node(**f), Node::Map(Primitive::Pow, &[_, n]) if graph.as_number(n).is_some_and(Number::is_negative));
                    factors.iter().filter(is_divisor).for_each(|f| known.divisors.insert(*f, true));
                }
                Node::Map(Primitive::Select, &[condition, _, otherwise]) => {
                    known.choices.insert((condition, otherwise));
                }
                _ => {}
            }
        }
        roots.iter().for_each(|id| known.divisors.insert(*id, false));
        known
    }

    /// The choice that a rule has made.
    fn choice(graph: &Graph, new: Id) -> Option<(Id, Id)> {
        match graph.node(parts::multiple(graph, new).1) {
            Node::Map(Primitive::Select, &[condition, _, otherwise]) => Some((condition, otherwise)),
            _ => None,
        }
    }

    /// Does a node stand in the choice already that a rule would make?
    fn has(&self, graph: &Graph, new: Id) -> bool {
        Known::choice(graph, new).is_some_and(|choice| self.choices.contains(&choice))
    }

    fn note(&mut self, graph: &Graph, new: Id) {
        self.choices.extend(Known::choice(graph, new));
    }
}

/// At one node so many rules fire at most.
const MAX_STEPS: usize = 6;
