//! Rules on functions, as rows: what a function of something special is.
//!
//! A row reads `from => to`; letters stand for any expression. A row with a condition fires only where the condition
//! is known to hold. Identities of sums and products need no rows: the normal form has them built in.

use std::sync::OnceLock;

use wrt_core::{Graph, Id, Node, Primitive};
use wrt_language::{Scope, parse};

/// What a rule does to the set of points where the formula is defined.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Both sides are defined at the same points.
    Equal,
    /// The right side is defined at more points.
    Extends,
    /// The right side is defined at fewer points; a note says at which.
    Narrows,
}

/// When a rule may fire; unknown means no.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Condition {
    /// Always.
    Always,
    /// `x` is known to be at least 0.
    Nonnegative,
    /// `x` is known to be at most 0.
    Nonpositive,
}

/// A named identity.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// What people call it.
    pub name: &'static str,
    /// The function of something special.
    pub from: &'static str,
    /// What it is.
    pub to: &'static str,
    /// When.
    pub condition: Condition,
    /// What happens to the domain.
    pub effect: Effect,
}

impl Rule {
    /// The function that the left side calls, and both sides as nodes of a graph. None where a side can't be read, or the left
    /// one is no call of a function: no row is such.
    pub fn read(&self, graph: &mut Graph) -> Option<(Primitive, Id, Id)> {
        let scope = Scope { variables: &["x", "y", "c"], assumptions: &[], ..Scope::default() };
        let mut side = |text| parse(graph, text, &scope).ok().map(|p| p.result);
        let (from, to) = (side(self.from)?, side(self.to)?);
        match graph.node(from) {
            Node::Map(primitive, _) => Some((primitive, from, to)),
            _ => None,
        }
    }
}

const fn equal(name: &'static str, from: &'static str, to: &'static str) -> Rule {
    Rule { name, from, to, condition: Condition::Always, effect: Effect::Equal }
}

const fn extends(name: &'static str, from: &'static str, to: &'static str) -> Rule {
    Rule { name, from, to, condition: Condition::Always, effect: Effect::Extends }
}

const fn when(condition: Condition, name: &'static str, from: &'static str, to: &'static str) -> Rule {
    Rule { name, from, to, condition, effect: Effect::Equal }
}

/// Every rule on functions. Rules about rules: the right side is never longer than the left one; a rule whose sides are
/// defined at different points says so; rules at kinks keep the table's value (`max(x, 0)` is not `relu(x)`).
pub static RULES: &[Rule] = &[
    equal("logarithm of a power of e", "log(exp(x))", "x"),
    extends("power of a logarithm", "exp(log(x))", "x"),
    equal("logarithm of one", "log(1)", "0"),
    equal("logarithm of e", "log(e)", "1"),
    equal("log1p at zero", "log1p(0)", "0"),
    equal("expm1 at zero", "expm1(0)", "0"),
    equal("log1p of expm1", "log1p(expm1(x))", "x"),
    extends("expm1 of log1p", "expm1(log1p(x))", "x"),
    equal("binary logarithm of one", "log2(1)", "0"),
    equal("decimal logarithm of one", "log10(1)", "0"),
    equal("nothing times a logarithm", "xlogy(0, x)", "0"),
    equal("once a logarithm", "xlogy(1, x)", "log(x)"),
    equal("times the logarithm of one", "xlogy(x, 1)", "0"),
    equal("sine of zero", "sin(0)", "0"),
    equal("cosine of zero", "cos(0)", "1"),
    equal("tangent of zero", "tan(0)", "0"),
    equal("secant of zero", "sec(0)", "1"),
    equal("inverse sine of zero", "asin(0)", "0"),
    equal("inverse cosine of one", "acos(1)", "0"),
    equal("inverse tangent of zero", "atan(0)", "0"),
    extends("sine of its inverse", "sin(asin(x))", "x"),
    extends("cosine of its inverse", "cos(acos(x))", "x"),
    equal("tangent of its inverse", "tan(atan(x))", "x"),
    equal("hyperbolic sine of zero", "sinh(0)", "0"),
    equal("hyperbolic cosine of zero", "cosh(0)", "1"),
    equal("hyperbolic tangent of zero", "tanh(0)", "0"),
    equal("hyperbolic secant of zero", "sech(0)", "1"),
    equal("inverse hyperbolic sine of zero", "asinh(0)", "0"),
    equal("inverse hyperbolic tangent of zero", "atanh(0)", "0"),
    equal("inverse hyperbolic cosine of one", "acosh(1)", "0"),
    equal("hyperbolic sine of its inverse", "sinh(asinh(x))", "x"),
    equal("inverse of the hyperbolic sine", "asinh(sinh(x))", "x"),
    extends("hyperbolic tangent of its inverse", "tanh(atanh(x))", "x"),
    equal("inverse of the hyperbolic tangent", "atanh(tanh(x))", "x"),
    extends("hyperbolic cosine of its inverse", "cosh(acosh(x))", "x"),
    equal("sigmoid of zero", "sigmoid(0)", "1/2"),
    equal("relu of zero", "relu(0)", "0"),
    equal("magnitude of a magnitude", "abs(abs(x))", "abs(x)"),
    when(Condition::Nonnegative, "magnitude of a nonnegative number", "abs(x)", "x"),
    when(Condition::Nonpositive, "magnitude of a nonpositive number", "abs(x)", "-x"),
    equal("sign of zero", "sign(0)", "0"),
    equal("cube root of zero", "cbrt(0)", "0"),
    equal("cube root of one", "cbrt(1)", "1"),
    equal("error function of zero", "erf(0)", "0"),
    equal("complementary error function of zero", "erfc(0)", "1"),
    equal("gamma of one", "gamma(1)", "1"),
    equal("logarithm of gamma of one", "lgamma(1)", "0"),
    equal("larger of the same", "max(x, x)", "x"),
    equal("smaller of the same", "min(x, x)", "x"),
    equal("both branches the same", "where(c, x, x)", "x"),
    equal("the branch taken", "where(1, x, y)", "x"),
    equal("the branch not taken", "where(0, x, y)", "y"),
];

/// What the normal form does without rows: identities of sums, products, powers and families of functions, by name and
/// example, so that they are read and sampled as rules are. Where the domain grows at irrational points only, as that of
/// `tan(x)*cos(x)` does, no sample shows it, and it is left out here.
pub static BUILT_IN: &[Rule] = &[
    equal("like terms", "x + x", "2*x"),
    equal("common factor", "x*y + x*c", "x*(y + c)"),
    extends("common denominator", "x/(x + 1) + 1/(x + 1)", "1"),
    extends("factor of numerator and denominator", "(x^2 - 1)/(x - 1)", "x + 1"),
    extends("number over itself", "x/x", "1"),
    equal("terms that cancel", "(x + y)^2 - x^2 - 2*x*y", "y^2"),
    equal("product of powers", "x^2*x^3", "x^5"),
    equal("power of a power", "(x^2)^3", "x^6"),
    equal("power of a product", "(x*y)^2/4 + 3*x^2*y^2/4", "x^2*y^2"),
    equal("even power of the opposite", "(-x)^2", "x^2"),
    equal("power zero", "x^0", "1"),
    equal("factor zero", "0*sin(x)", "0"),
    extends("product of fractional powers", "x^(1/3)*x^(2/3)", "x"),
    extends("square of a root", "sqrt(x)^2", "x"),
    extends("square of a root of a product", "sqrt(x*y)^2", "x*y"),
    equal("root of a square", "sqrt(x^2)", "abs(x)"),
    when(Condition::Nonnegative, "root of a square of a nonnegative number", "sqrt(x^2)", "x"),
    when(Condition::Nonnegative, "root of a product with a nonnegative number", "sqrt(x^2*exp(y))", "x*exp(y/2)"),
    equal("roots of numbers", "sqrt(12)/sqrt(3)", "2"),
    equal("even power of a root of a number", "(x/sqrt(2))^2", "x^2/2"),
    equal("square of a magnitude", "abs(x)^2", "x^2"),
    equal("number and its sign", "x*sign(x)", "abs(x)"),
    extends("power over itself", "x^y/x^y", "1"),
    equal("product of exponentials", "exp(x)*exp(y)", "exp(x + y)"),
    equal("exponential and its inverse", "exp(x)*exp(-x)", "1"),
    equal("power of an exponential", "exp(x)^3", "exp(3*x)"),
    equal("power of e", "e^x", "exp(x)"),
    equal("logarithm of a product of exponentials", "log(exp(x)*exp(y))", "x + y"),
    equal("Pythagoras", "sin(x)^2 + cos(x)^2", "1"),
    equal("hyperbolic Pythagoras", "cosh(x)^2 - sinh(x)^2", "1"),
    equal("secant and tangent, hyperbolic", "sech(x)^2 + tanh(x)^2", "1"),
    extends("cosecant and cotangent", "csc(x)^2 - cot(x)^2", "1"),
    extends("cosecant and cotangent, hyperbolic", "coth(x)^2 - csch(x)^2", "1"),
    extends("cotangent and sine", "cot(x)*sin(x) + cos(x)", "2*cos(x)"),
    extends("hyperbolic cotangent and sine", "coth(x)*sinh(x) + cosh(x)", "2*cosh(x)"),
    equal("odd function of the opposite", "sin(-x)", "-sin(x)"),
    equal("even function of the opposite", "cos(-x)", "cos(x)"),
    equal("sigmoids of opposites", "y - y*sigmoid(-x)", "y*sigmoid(x)"),
    equal("choices on one condition", "where(c, x, 0) + where(c, 0, y)", "where(c, x, y)"),
    equal("factor of both branches", "exp(x)*where(c, exp(-x)*y, exp(-x))", "where(c, y, 1)"),
    equal("magnitude of a number", "abs(-3)", "3"),
    equal("whole part of a number", "floor(5/2)", "2"),
    equal("next whole number", "ceil(5/2)", "3"),
    equal("sign of a number", "sign(-2)", "-1"),
    equal("larger number", "max(2, 3)", "3"),
    equal("smaller number", "min(2, 3)", "2"),
    equal("positive part of a number", "relu(-2)", "0"),
    equal("numbers in order", "2 < 3", "1"),
    equal("cube root of a cube", "cbrt(-8)", "-2"),
];

/// A rule as nodes.
pub(crate) struct Compiled {
    pub(crate) rule: &'static Rule,
    pub(crate) from: Id,
    pub(crate) to: Id,
}

/// The rules as nodes of a graph of their own, in the order of the table.
pub(crate) struct RuleSet {
    pub(crate) graph: Graph,
    rules: Vec<(Primitive, Compiled)>,
}

impl RuleSet {
    /// The rules, read once for the whole process.
    pub(crate) fn get() -> &'static RuleSet {
        static SET: OnceLock<RuleSet> = OnceLock::new();
        SET.get_or_init(|| {
            let mut graph = Graph::new();
            let compiled = |rule: &'static Rule| {
                let (primitive, from, to) = rule.read(&mut graph)?;
                Some((primitive, Compiled { rule, from, to }))
            };
            let rules = RULES.iter().filter_map(compiled).collect();
            RuleSet { graph, rules }
        })
    }

    /// The rules whose left side is this function.
    pub(crate) fn of(&self, primitive: Primitive) -> impl Iterator<Item = &Compiled> {
        self.rules.iter().filter(move |(p, _)| *p == primitive).map(|(_, c)| c)
    }
}
