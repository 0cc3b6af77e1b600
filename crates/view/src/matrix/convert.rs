//! From nodes to matrix notation.

use std::cell::RefCell;
use std::collections::HashMap;

use wrt_core::operations::latex_of;
use wrt_core::{Dim, Graph, Id, Labels, LabelsId, Node, Number, Operation, Primitive, Term};

use super::contraction::{Contraction, Item, Signature};
use super::notation::{Expression, Expressions, Function, Notation};
use super::scan::{Functions, NO_CALL, Spelling};
use crate::form::Form;
use crate::template::slots;

/// The longest vector that is written as a list where entries are put at their places.
const MAX_LIST: u64 = 12;

/// A node in matrix notation.
#[derive(Clone, Debug)]
pub(super) struct Converted {
    /// Which of the node's axes the expression has; along the others it is constant.
    pub(super) covered: Vec<bool>,
    pub(super) natural: Expression,
    /// With its two axes exchanged, where it has two.
    pub(super) transposed: Expression,
}

impl Converted {
    fn scalar(e: Expression, rank: usize) -> Converted {
        Converted { covered: vec![false; rank], natural: e, transposed: e }
    }

    fn axes(&self) -> Vec<usize> {
        (0..self.covered.len()).filter(|k| self.covered[*k]).collect()
    }
}

/// Writes the nodes of a graph in one form.
pub(super) struct Converter<'g> {
    pub(super) graph: &'g Graph,
    pub(super) form: Form,
    pub(super) list: Expressions,
    /// The nodes that are written by name.
    pub(super) parts: &'g HashMap<Id, String>,
    /// The node whose definition is being written.
    pub(super) root: Id,
    /// The parts that were used.
    pub(super) used: RefCell<Vec<Id>>,
    /// Nodes without notation that would have to be parts.
    pub(super) wanted: Vec<Id>,
    /// The names of functions.
    pub(super) functions: &'g Functions,
    /// The person's functions that scans go through, and other names of nodes.
    pub(super) lines: Vec<super::Function>,
    /// Parts that no derivative in the text may go through.
    pub(super) stopped: Vec<Id>,
    /// An operation that has no notation in this form.
    pub(super) missing: Option<&'static str>,
    memo: HashMap<Id, Option<Converted>>,
    /// The names of indices, none of which occurs in the formula.
    pub(super) indices: Vec<String>,
}

impl<'g> Converter<'g> {
    pub(super) fn new(
        graph: &'g Graph,
        form: Form,
        parts: &'g HashMap<Id, String>,
        functions: &'g Functions,
        root: Id,
        indices: Vec<String>,
        as_written: bool,
    ) -> Converter<'g> {
        let list = Expressions::new(matches!(form, Form::NumPy | Form::Jax), as_written);
        let (used, wanted, memo) = (RefCell::default(), Vec::new(), HashMap::new());
        let (lines, stopped, missing) = (Vec::new(), Vec::new(), None);
        Converter { graph, form, list, parts, root, used, wanted, functions, lines, stopped, missing, memo, indices }
    }

    /// The name of a node that is a part.
    pub(super) fn part(&self, id: Id) -> Option<&'g str> {
        let name = self.parts.get(&id).filter(|_| id != self.root)?;
        self.used.borrow_mut().push(id);
        Some(name)
    }

    /// A node in matrix notation; none where there is none. Parts bound the depth of the recursion.
    pub(super) fn convert(&mut self, id: Id) -> Option<Converted> {
        if let Some(known) = self.memo.get(&id) {
            return known.clone();
        }
        let mut converted = self.fresh(id);
        if let Some(c) = converted.as_mut().filter(|c| c.covered == [true, true] && self.graph.is_symmetric(id)) {
            let cheaper = self.list.cost(c.transposed) < self.list.cost(c.natural);
            let e = if cheaper { c.transposed } else { c.natural };
            (c.natural, c.transposed) = (e, e);
        }
        self.memo.insert(id, converted.clone());
        converted
    }

    /// A node with all its axes.
    pub(super) fn full(&mut self, id: Id) -> Option<Expression> {
        let converted = self.convert(id)?;
        self.filled(&converted, id).map(|both| both.0)
    }

    fn fresh(&mut self, id: Id) -> Option<Converted> {
        let rank = self.graph.rank(id);
        if let Some(name) = self.part(id) {
            let e = self.list.name(name, rank);
            return Some(self.all(e, rank));
        }
        match self.graph.node(id) {
            Node::Number(n) => Some(Converted::scalar(self.list.number(n.clone()), 0)),
            Node::Constant(c) => Some(Converted::scalar(self.list.intern(Notation::Constant(c), 0), 0)),
            Node::Symbol(s) => {
                let e = self.list.name(&s.name, rank);
                Some(self.all(e, rank))
            }
            Node::Sum(terms) => self.sum(terms, rank),
            Node::Contraction(factors, labels) => self.contraction(id, factors, labels),
            Node::Map(primitive, args) => self.map(primitive, args, rank),
            Node::Operation(operation, args) => self.operation(operation, args, rank),
        }
    }

    /// An expression that has all axes.
    fn all(&mut self, e: Expression, rank: usize) -> Converted {
        let transposed = if rank == 2 { self.list.transposed(e) } else { e };
        Converted { covered: vec![true; rank], natural: e, transposed }
    }

    /// A dimension as an expression.
    pub(super) fn size(&mut self, dim: Dim) -> Expression {
        let dimension = self.graph.dimension(dim);
        let number = dimension.as_size().and_then(|n| i64::try_from(n).ok());
        match (number, dimension.as_name()) {
            (Some(n), _) => self.list.number(Number::integer(n)),
            (None, Some(name)) => self.list.name(name, 0),
            _ => {
                let text = dimension.to_string();
                self.polynomial(&text)
            }
        }
    }

    /// A dimension such as `m*n + 1`.
    fn polynomial(&mut self, text: &str) -> Expression {
        let mut terms = Vec::new();
        for part in text.replace(" - ", " + -").split(" + ") {
            let (negative, part) = part.strip_prefix('-').map_or((false, part), |rest| (true, rest));
            let one = self.list.number(Number::ONE);
            let mut product = part.split('*').fold(one, |product, factor| {
                let factor = match Number::parse(factor) {
                    Ok(n) => self.list.number(n),
                    Err(_) => self.list.name(factor, 0),
                };
                self.list.elementwise(product, factor)
            });
            if negative {
                product = self.list.scaled(&Number::MINUS_ONE, product);
            }
            terms.push(product);
        }
        self.list.sum_as_is(terms)
    }

    /// An expression with all of its node's axes, in both orientations.
    pub(super) fn filled(&mut self, converted: &Converted, id: Id) -> Option<(Expression, Expression)> {
        let dims = self.graph.dims(id).to_vec();
        let (natural, transposed) = (converted.natural, converted.transposed);
        if converted.covered.iter().all(|c| *c) {
            return Some((natural, transposed));
        }
        let sizes: Vec<Expression> = dims.iter().map(|d| self.size(*d)).collect();
        let fill = |list: &mut Expressions, function, sizes: &[Expression]| {
            list.intern(Notation::Call(function, sizes.to_vec()), sizes.len())
        };
        let full = match converted.covered.as_slice() {
            _ if self.list.is_zero(natural) => fill(&mut self.list, Function::Zeros, &sizes),
            [false, true] => {
                let ones = fill(&mut self.list, Function::Ones, &sizes[..1]);
                self.list.outer(ones, natural)
            }
            [true, false] => {
                let ones = fill(&mut self.list, Function::Ones, &sizes[1..]);
                self.list.outer(natural, ones)
            }
            covered if is_suffix(covered) => {
                let ones = fill(&mut self.list, Function::Ones, &sizes);
                self.list.elementwise(natural, ones)
            }
            _ => return None,
        };
        let turned = if dims.len() == 2 { self.list.transposed(full) } else { full };
        Some((full, turned))
    }
}

fn is_suffix(covered: &[bool]) -> bool {
    covered.iter().skip_while(|c| !**c).all(|c| *c)
}

/// Elementwise nodes.
impl Converter<'_> {
    /// The axes that the arguments have together, and the arguments so that they broadcast, in both orientations.
    fn aligned(&mut self, args: &[Id], rank: usize) -> Option<(Vec<bool>, Vec<Expression>, Vec<Expression>)> {
        let mut converted = Vec::with_capacity(args.len());
        let mut covered = vec![false; rank];
        for arg in args {
            let own = self.convert(*arg)?;
            own.axes().into_iter().for_each(|k| covered[k] = true);
            converted.push(own);
        }
        let axes: Vec<usize> = (0..rank).filter(|k| covered[*k]).collect();
        let mut natural = Vec::with_capacity(args.len());
        let mut transposed = Vec::with_capacity(args.len());
        for own in converted {
            let list = own.axes();
            let (mut straight, mut turned) = (own.natural, own.transposed);
            match (axes.as_slice(), list.as_slice()) {
                ([r, _], [k]) if k == r => straight = self.list.column(straight),
                ([_, c], [k]) if k == c => turned = self.list.column(turned),
                _ if axes.ends_with(&list) => {}
                _ => return None,
            }
            natural.push(straight);
            transposed.push(turned);
        }
        Some((covered, natural, transposed))
    }

    /// What both orientations cost, the cheaper one transposed if that is less.
    fn relaxed(&mut self, covered: Vec<bool>, natural: Expression, transposed: Expression) -> Converted {
        let count = covered.iter().filter(|c| **c).count();
        if count != 2 {
            return Converted { covered, natural, transposed: natural };
        }
        let (there, back) = (self.list.transposed(natural), self.list.transposed(transposed));
        let natural = if self.list.cost(back) < self.list.cost(natural) { back } else { natural };
        let transposed = if self.list.cost(there) < self.list.cost(transposed) { there } else { transposed };
        Converted { covered, natural, transposed }
    }

    fn sum(&mut self, terms: &[Term], rank: usize) -> Option<Converted> {
        let terms: Vec<&Term> = terms.iter().filter(|t| !t.coefficient.is_zero()).collect();
        if let Some(list) = self.scattered(&terms, rank) {
            return Some(list);
        }
        let nodes: Vec<Id> = terms.iter().map(|t| t.node).collect();
        let (covered, natural, transposed) = self.aligned(&nodes, rank)?;
        let mut total = |list: &[Expression]| {
            let scaled: Vec<Expression> =
                list.iter().zip(&terms).map(|(e, t)| self.list.scaled(&t.coefficient, *e)).collect();
            self.list.sum_of(&scaled)
        };
        let natural = total(&natural);
        if covered.iter().filter(|c| **c).count() != 2 {
            return Some(Converted { covered, natural, transposed: natural });
        }
        let transposed = total(&transposed);
        Some(self.relaxed(covered, natural, transposed))
    }

    fn map(&mut self, primitive: Primitive, args: &[Id], rank: usize) -> Option<Converted> {
        let (covered, natural, transposed) = self.aligned(args, rank)?;
        let natural = self.applied(primitive, &natural);
        if covered.iter().filter(|c| **c).count() != 2 {
            return Some(Converted { covered, natural, transposed: natural });
        }
        let transposed = self.applied(primitive, &transposed);
        Some(self.relaxed(covered, natural, transposed))
    }

    pub(super) fn applied(&mut self, primitive: Primitive, args: &[Expression]) -> Expression {
        let rank = args.iter().map(|a| self.list.rank(*a)).max().unwrap_or(0);
        match (primitive, args) {
            (Primitive::Pow, [base, exponent]) => match self.list.notation(*exponent).clone() {
                Notation::Number(n) => self.list.power(*base, &n),
                _ => self.list.intern(Notation::Power(*base, *exponent), rank),
            },
            (Primitive::Sqrt, [base]) => self.list.power(*base, &Number::HALF),
            _ => self.list.intern(Notation::Map(primitive, args.to_vec()), rank),
        }
    }
}

/// Operations.
impl Converter<'_> {
    fn operation(&mut self, operation: &Operation, args: &[Id], rank: usize) -> Option<Converted> {
        let dims: Vec<&[Dim]> = args.iter().map(|a| self.graph.dims(*a)).collect();
        let spelling = operation.spelling(self.graph, &dims);
        let mut template = match self.form {
            Form::Latex | Form::MathMl => spelling.latex,
            Form::NumPy => spelling.numpy,
            Form::Jax => spelling.jax,
            _ => spelling.text,
        };
        let mut others = Vec::new();
        if !template.is_empty() {
            self.name_arguments(operation, args)?;
            if let Some((text, names)) = self.scan(operation, args)? {
                template = if self.form.is_latex() { latex_of(&text) } else { text };
                others = names;
            }
        }
        if template.is_empty() {
            let scan = matches!(operation, Operation::Scan(_)) && !self.list.code;
            self.missing = Some(if scan { NO_CALL } else { operation.name() });
            return None;
        }
        if let Some(list) = self.entries(operation, args, rank) {
            return list;
        }
        let shown: Vec<bool> = {
            let slots = slots(&template, args.len());
            (0..args.len()).map(|k| slots.iter().any(|s| s.argument() == Some(k))).collect()
        };
        let mut natural = Vec::with_capacity(args.len());
        let mut transposed = Vec::with_capacity(args.len());
        for (arg, shown) in args.iter().zip(shown) {
            if !shown {
                // Its place in the list is kept.
                let none = self.list.number(Number::ZERO);
                natural.push(none);
                transposed.push(none);
                continue;
            }
            let own = self.convert(*arg);
            let Some((straight, turned)) = own.and_then(|own| self.filled(&own, *arg)) else {
                self.wanted.push(*arg);
                return None;
            };
            natural.push(straight);
            transposed.push(turned);
        }
        for (name, rank) in others {
            let e = self.list.name(&name, rank);
            natural.push(e);
            transposed.push(e);
        }
        if let ("{0}", Some(&straight)) = (template.as_str(), natural.first()) {
            // It is written like its argument.
            return Some(self.all(straight, rank));
        }
        if dims.first().is_some_and(|d| d.len() == 2) {
            template = template.replace("axis=-1", "axis=1").replace("axis}=-1", "axis}=1");
        }
        let name = operation.name();
        let straight = self.list.intern(Notation::Operation(name, template.clone(), natural), rank);
        let mut converted = self.all(straight, rank);
        // An operation along the last axis of a permuted matrix is one along the first axis of the matrix.
        if let (Some(along), &[arg]) = (other_axis(&template), args)
            && self.graph.rank(arg) == 2
            && rank <= 2
        {
            let turned = self.list.intern(Notation::Operation(name, along, transposed), rank);
            if rank < 2 && self.list.cost(turned) < self.list.cost(converted.natural) {
                converted = Converted { natural: turned, transposed: turned, ..converted };
            } else if rank == 2 {
                converted = self.relaxed(converted.covered, converted.natural, turned);
            }
        }
        Some(converted)
    }
}

impl Converter<'_> {
    /// What must be a name is a symbol or a part; none, where it is neither and becomes a part first.
    fn name_arguments(&mut self, operation: &Operation, args: &[Id]) -> Option<()> {
        let named = |c: &Self, id: Id| c.parts.contains_key(&id) || matches!(c.graph.node(id), Node::Symbol(_));
        let missing: Vec<Id> = operation.named().into_iter().map(|k| args[k]).filter(|id| !named(self, *id)).collect();
        self.wanted.extend(&missing);
        missing.is_empty().then_some(())
    }

    /// The spelling of a scan whose function has a name in this sheet, or that is a derivative, with further arguments; the
    /// inner option is none for anything else, the outer one where the function cannot be written.
    fn scan(&mut self, operation: &Operation, args: &[Id]) -> Option<Option<Spelling>> {
        let Operation::Scan(scan) = operation else { return Some(None) };
        let function = match self.function_of(scan, args) {
            Ok(name) => name,
            Err(why) => {
                self.missing = Some(why);
                return None;
            }
        };
        // Names stand behind the arguments, so that each form writes them in its way.
        let slot = format!("{{{}}}", args.len());
        let derivative = self.derivative_of_scan(scan, args, (&function, &slot));
        Some(derivative.or_else(|| Some((scan.text_by(&slot)?, vec![(function, 0)]))))
    }
}

/// Lists.
impl Converter<'_> {
    /// Scalars or vectors that are joined along a new axis, as a list; the outer option is none for anything else.
    fn entries(&mut self, operation: &Operation, args: &[Id], rank: usize) -> Option<Option<Converted>> {
        if self.list.code || rank == 0 || rank > 2 {
            return None;
        }
        let entries: Vec<Option<Id>> = match operation {
            Operation::Concat(_) => args.iter().map(|a| self.single(*a).map(Some)).collect::<Option<_>>()?,
            Operation::Pad(pad) if rank == 1 => {
                let size = pad.size.as_size().filter(|n| *n <= MAX_LIST)?;
                let start = usize::try_from(pad.start).ok().filter(|k| (*k as u64) < size)?;
                let entry = self.single(args[0])?;
                (0..size as usize).map(|k| (k == start).then_some(entry)).collect()
            }
            _ => return None,
        };
        Some(self.listed(&entries, rank))
    }

    /// What a value is that was given one more axis of size 1.
    fn single(&self, id: Id) -> Option<Id> {
        match self.graph.node(id) {
            Node::Operation(Operation::Reshape(r), args)
                if !self.parts.contains_key(&id) && r.axes == 0 && r.to.len() == 1 =>
            {
                Some(args[0])
            }
            _ => None,
        }
    }

    fn listed(&mut self, entries: &[Option<Id>], rank: usize) -> Option<Converted> {
        let zero = self.list.number(Number::ZERO);
        let mut list = Vec::with_capacity(entries.len());
        for entry in entries {
            list.push(match entry {
                Some(id) => self.full(*id).or_else(|| {
                    self.wanted.push(*id);
                    None
                })?,
                None => zero,
            });
        }
        Some(self.list_of(list, rank))
    }

    fn list_of(&mut self, list: Vec<Expression>, rank: usize) -> Converted {
        let slots: Vec<String> = (0..list.len()).map(|k| format!("{{{k}}}")).collect();
        let latex = matches!(self.form, Form::Latex | Form::MathMl);
        let template =
            if latex { format!("\\left[{}\\right]", slots.join(", ")) } else { format!("[{}]", slots.join(", ")) };
        let list = self.list.intern(Notation::Operation("list", template, list), rank);
        // A list of vectors is a matrix with these rows; they were joined as columns.
        let natural = self.list.transposed(list);
        Converted { covered: vec![true; rank], natural, transposed: list }
    }

    /// A sum of single entries at different places of a short vector, as a list.
    fn scattered(&mut self, terms: &[&Term], rank: usize) -> Option<Converted> {
        if rank != 1 || self.list.code || terms.is_empty() {
            return None;
        }
        let mut places: Vec<Option<(Number, Id)>> = Vec::new();
        for t in terms {
            let Node::Operation(Operation::Pad(pad), args) = self.graph.node(t.node) else { return None };
            let size = pad.size.as_size().filter(|n| *n <= MAX_LIST)? as usize;
            let start = usize::try_from(pad.start).ok().filter(|k| *k < size)?;
            let entry = self.single(args[0]).filter(|_| !self.parts.contains_key(&t.node))?;
            places.resize(size, None);
            if places[start].replace((t.coefficient.clone(), entry)).is_some() {
                return None;
            }
        }
        let zero = self.list.number(Number::ZERO);
        let mut list = Vec::with_capacity(places.len());
        for place in places {
            list.push(match place {
                Some((c, id)) => {
                    let e = self.full(id)?;
                    self.list.scaled(&c, e)
                }
                None => zero,
            });
        }
        Some(self.list_of(list, 1))
    }
}

/// The spelling along the first axis of a matrix.
fn other_axis(template: &str) -> Option<String> {
    if let Some(rest) = template.strip_prefix("[0][:, ").filter(|rest| *rest != "None]") {
        return Some(format!("[0][{rest}"));
    }
    if let Some(rest) = template.strip_prefix("{[0]}_{{:, ") {
        return Some(format!("{{[0]}}_{{{{{rest}"));
    }
    let plain = slots(template, 1).iter().any(|s| s.argument() == Some(0));
    let turned = template.replace("axis=1", "axis=0").replace("axis}=1", "axis}=0");
    (plain && turned != template).then_some(turned)
}

/// A contraction's factors.
struct Items {
    /// Those without labels, and whether they are denominators.
    scalars: Vec<(Expression, bool)>,
    items: Vec<Item>,
    /// The labels that occur in some factor.
    covered: u64,
}

/// Contractions.
impl Converter<'_> {
    fn contraction(&mut self, id: Id, factors: &[Id], labels: LabelsId) -> Option<Converted> {
        let graph = self.graph;
        let labels = graph.labels(labels);
        let rank = graph.rank(id);
        self.cheaper_product(factors, labels, rank)
            .or_else(|| self.elementwise(factors, labels))
            .or_else(|| self.one_axis(factors, labels))
            .or_else(|| self.einsum(factors, labels, rank))
            .or_else(|| self.closed(id, rank))
    }

    /// The product as it stands or with the products inside taken in, whichever is shorter: `(x' @ A) @ x` is
    /// `x' @ A @ x`, not a product with `A' @ x`.
    fn cheaper_product(&mut self, factors: &[Id], labels: &Labels, rank: usize) -> Option<Converted> {
        let plain = self.matrices(factors, labels, rank);
        let Some((all, own)) = self.flattened(factors, labels) else { return plain };
        let flat = self.matrices(&all, &own, rank);
        match (plain, flat) {
            (Some(plain), Some(flat)) => {
                let better =
                    plain.covered == flat.covered && self.list.cost(flat.natural) < self.list.cost(plain.natural);
                Some(if better { flat } else { plain })
            }
            (plain, flat) => plain.or(flat),
        }
    }

    /// The factors with those of unnamed vectors among them in their places; none if there is no such vector.
    fn flattened(&self, factors: &[Id], labels: &Labels) -> Option<(Vec<Id>, Labels)> {
        /// Longer products are read in pieces anyway.
        const MAX_FACTORS: usize = 8;
        let (mut ids, mut own) = (Vec::new(), Labels { factors: Vec::new(), ..labels.clone() });
        let mut found = false;
        for (factor, list) in factors.iter().zip(&labels.factors) {
            let inner = match self.graph.node(*factor) {
                Node::Contraction(inner, spec) if list.len() == 1 && !self.parts.contains_key(factor) => {
                    Some((inner, self.graph.labels(spec)))
                }
                _ => None,
            };
            let simple = |spec: &Labels| {
                let distinct = (1..spec.output.len()).all(|k| !spec.output[..k].contains(&spec.output[k]));
                let covered = (0..spec.dims.len() as u8).all(|l| spec.factors.iter().any(|f| f.contains(&l)));
                // A scalar that a person wrote within stays within.
                let apart = self.list.as_written && spec.factors.iter().any(Vec::is_empty);
                distinct && covered && !apart && !spec.is_scalar()
            };
            let Some((inner, spec)) = inner.filter(|(_, spec)| simple(spec)) else {
                ids.push(*factor);
                own.factors.push(list.clone());
                continue;
            };
            found = true;
            let mut map: Vec<u8> = Vec::with_capacity(spec.dims.len());
            for (l, dim) in spec.dims.iter().enumerate() {
                map.push(match spec.output.iter().position(|o| *o == l as u8) {
                    Some(k) => list[k],
                    None => {
                        own.dims.push(*dim);
                        (own.dims.len() - 1) as u8
                    }
                });
            }
            ids.extend(inner);
            own.factors.extend(spec.factors.iter().map(|f| f.iter().map(|l| map[*l as usize]).collect::<Vec<u8>>()));
        }
        (found && ids.len() <= MAX_FACTORS && own.dims.len() <= 60).then_some((ids, own))
    }

    /// The factors with their labels, taken apart into scalars and tensors; labels that a factor is constant along are
    /// left out.
    fn items(&mut self, factors: &[Id], labels: &Labels) -> Option<Items> {
        let (mut scalars, mut items, mut covered) = (Vec::new(), Vec::new(), 0);
        for (k, factor) in factors.iter().enumerate() {
            let (base, power) = self.denominator(*factor);
            let converted = self.convert(base)?;
            let own = labels.factors.get(k).map_or(&[][..], Vec::as_slice);
            let own: Signature = own.iter().zip(&converted.covered).filter(|(_, c)| **c).map(|(l, _)| *l).collect();
            covered = own.iter().fold(covered, |m, l| m | 1u64 << l);
            let (mut natural, mut transposed) = (converted.natural, converted.transposed);
            if let Some(n) = &power {
                natural = self.list.power(natural, n);
                transposed = self.list.power(transposed, n);
            }
            let below = power.is_some();
            match own.as_slice() {
                [] => scalars.push((natural, below)),
                [i, j] if i == j => {
                    if below {
                        natural = self.list.inverse(natural);
                    }
                    let summed = labels.is_summed(*i)
                        && labels.factors.iter().enumerate().all(|(other, list)| other == k || !list.contains(i));
                    if summed {
                        scalars.push((self.list.linear(Function::Trace, natural, 0), false));
                    } else {
                        let diagonal = self.list.linear(Function::Diagonal, natural, 1);
                        let labels = [*i].into_iter().collect();
                        items.push(Item { labels, natural: diagonal, transposed: diagonal, below: false });
                    }
                }
                [_] | [_, _] => items.push(Item { labels: own, natural, transposed, below }),
                _ => return None,
            }
        }
        Some(Items { scalars, items, covered })
    }

    /// `u^-2` is a denominator `u^2`.
    pub(super) fn denominator(&self, id: Id) -> (Id, Option<Number>) {
        match self.graph.node(id) {
            Node::Map(Primitive::Pow, &[base, exponent]) if id == self.root || !self.parts.contains_key(&id) => {
                let negative = self.graph.as_number(exponent).filter(|n| n.is_negative());
                negative.map_or((id, None), |n| (base, Some(n.abs())))
            }
            _ => (id, None),
        }
    }

    fn matrices(&mut self, factors: &[Id], labels: &Labels, rank: usize) -> Option<Converted> {
        if labels.dims.len() > 64 {
            return None;
        }
        let Items { scalars, items, covered } = self.items(factors, labels)?;
        let scale = self.scale(&scalars, covered, labels);
        if self.list.is_zero(scale) {
            return Some(Converted::scalar(scale, rank));
        }
        let sizes: Vec<Expression> = labels.dims.iter().map(|d| self.size(*d)).collect();
        let output = labels.output.iter().fold(0, |m, l| m | 1u64 << l);
        let (mut scale, mut open) = (scale, Vec::new());
        for group in connected(items) {
            let mut contraction = Contraction { list: &mut self.list, output, sizes: &sizes };
            let (signature, natural, transposed) = contraction.write(&group)?;
            match signature.len() {
                0 => scale = self.list.elementwise(scale, natural),
                _ => open.push((signature, natural, transposed)),
            }
        }
        self.assembled(scale, &open, labels, rank)
    }

    /// The product of the scalars and of the sizes of labels that are summed but occur in no factor.
    fn scale(&mut self, scalars: &[(Expression, bool)], covered: u64, labels: &Labels) -> Expression {
        let mut product = self.list.number(Number::ONE);
        for (e, below) in scalars {
            product = if *below { self.list.quotient(product, *e) } else { self.list.elementwise(product, *e) };
        }
        for l in 0..labels.dims.len() as u8 {
            if labels.is_summed(l) && covered >> l & 1 == 0 {
                let size = self.size(labels.dims[l as usize]);
                product = self.list.elementwise(product, size);
            }
        }
        product
    }

    /// The result from its connected parts.
    fn assembled(
        &mut self,
        scale: Expression,
        open: &[(Signature, Expression, Expression)],
        labels: &Labels,
        rank: usize,
    ) -> Option<Converted> {
        let covered: Vec<bool> =
            labels.output.iter().map(|l| open.iter().any(|(signature, ..)| signature.contains(l))).collect();
        let repeated = labels.output.len() == 2 && labels.output[0] == labels.output[1];
        let distinct = (1..rank).all(|k| !labels.output[..k].contains(&labels.output[k]));
        if !repeated && !distinct {
            return None;
        }
        let (natural, transposed, covered) = match open {
            [] if repeated => {
                let size = self.size(labels.dims[labels.output[0] as usize]);
                let eye = self.list.intern(Notation::Call(Function::Eye, vec![size]), 2);
                (eye, eye, vec![true; 2])
            }
            [] => return Some(Converted::scalar(scale, rank)),
            [(_, e, _)] if repeated => {
                let diagonal = self.list.linear(Function::Diagonal, *e, 2);
                (diagonal, diagonal, vec![true; 2])
            }
            [(signature, natural, transposed)] => {
                let first = labels.output.iter().find(|l| signature.contains(l));
                let straight = first == signature.first();
                if straight { (*natural, *transposed, covered) } else { (*transposed, *natural, covered) }
            }
            [a, b] if a.0.len() == 1 && b.0.len() == 1 => {
                let place = |s: &Signature| labels.output.iter().position(|l| s.first() == Some(l));
                let (first, second) = if place(&a.0) < place(&b.0) { (a, b) } else { (b, a) };
                (self.list.outer(first.1, second.1), self.list.outer(second.1, first.1), covered)
            }
            _ => return None,
        };
        let natural = self.list.elementwise(scale, natural);
        let transposed = self.list.elementwise(scale, transposed);
        Some(Converted { covered, natural, transposed })
    }

    /// A product of tensors that broadcast by themselves, of any rank.
    fn elementwise(&mut self, factors: &[Id], labels: &Labels) -> Option<Converted> {
        let distinct = (1..labels.output.len()).all(|k| !labels.output[..k].contains(&labels.output[k]));
        if !distinct || labels.dims.len() > labels.output.len() {
            return None;
        }
        if !labels.factors.iter().all(|own| labels.output.ends_with(own)) {
            return None;
        }
        let mut product = self.list.number(Number::ONE);
        let mut widest = 0;
        for factor in factors {
            let (base, power) = self.denominator(*factor);
            let own = self.convert(base)?;
            if !is_suffix(&own.covered) {
                return None;
            }
            widest = widest.max(own.axes().len());
            let e = power.as_ref().map_or(own.natural, |n| self.list.power(own.natural, n));
            product = if power.is_some() { self.list.quotient(product, e) } else { self.list.elementwise(product, e) };
        }
        let rank = labels.output.len();
        let covered = (0..rank).map(|k| k >= rank - widest).collect();
        Some(Converted { covered, ..self.all(product, widest) })
    }

    /// The sum of one tensor of any rank over one axis or all.
    fn one_axis(&mut self, factors: &[Id], labels: &Labels) -> Option<Converted> {
        let (&[factor], [own]) = (factors, labels.factors.as_slice()) else { return None };
        let distinct = (1..own.len()).all(|k| !own[..k].contains(&own[k]));
        let closed: Vec<usize> = (0..own.len()).filter(|k| labels.is_summed(own[*k])).collect();
        let kept: Vec<u8> = own.iter().copied().filter(|l| !labels.is_summed(*l)).collect();
        if !distinct || kept != labels.output || labels.dims.len() > own.len() {
            return None;
        }
        let axis = match closed.as_slice() {
            _ if kept.is_empty() => None,
            [axis] => Some(*axis),
            _ => return None,
        };
        let e = self.full(factor)?;
        let sizes: Vec<Expression> = closed.iter().map(|k| self.size(labels.dims[own[*k] as usize])).collect();
        let sum = self.list.sum(e, axis, &sizes);
        Some(self.all(sum, kept.len()))
    }

    /// In source code every product has a notation.
    fn einsum(&mut self, factors: &[Id], labels: &Labels, rank: usize) -> Option<Converted> {
        let plain = (1..rank).all(|k| !labels.output[..k].contains(&labels.output[k]));
        if !self.list.code || labels.dims.len() > 26 || !plain {
            return None;
        }
        let letters = |own: &[u8]| own.iter().map(|l| (b'a' + (l + 8) % 26) as char).collect::<String>();
        let (mut inputs, mut args, mut scalars) = (Vec::new(), Vec::new(), self.list.number(Number::ONE));
        for (k, factor) in factors.iter().enumerate() {
            let e = self.full(*factor)?;
            if self.graph.is_scalar(*factor) {
                scalars = self.list.elementwise(scalars, e);
                continue;
            }
            inputs.push(letters(&labels.factors[k]));
            args.push(e);
        }
        let named = |l: &u8| labels.factors.iter().any(|own| own.contains(l));
        for l in (0..labels.dims.len() as u8).filter(|l| !named(l)) {
            // Ones at a label that no factor has.
            let size = self.size(labels.dims[l as usize]);
            inputs.push(letters(&[l]));
            args.push(self.list.intern(Notation::Call(Function::Ones, vec![size]), 1));
        }
        let text = format!("{}->{}", inputs.join(","), letters(&labels.output));
        let call = self.list.intern(Notation::Call(Function::Einsum(text), args), rank);
        let e = self.list.elementwise(scalars, call);
        Some(self.all(e, rank))
    }

    /// A number in index notation, which stands in matrix notation as well.
    fn closed(&mut self, id: Id, rank: usize) -> Option<Converted> {
        if rank > 0 {
            return None;
        }
        let e = self.at(id, &[], &mut Vec::new())?;
        Some(Converted::scalar(e, 0))
    }
}

/// The items in groups that share labels, in the order of their first ones.
fn connected(items: Vec<Item>) -> Vec<Vec<Item>> {
    let mut groups: Vec<(u64, Vec<Item>)> = Vec::new();
    for item in items {
        let mut mask = item.labels.iter().fold(0, |m, l| m | 1u64 << l);
        let mut merged: Vec<Item> = Vec::new();
        let mut kept = Vec::with_capacity(groups.len());
        let mut place = None;
        for (own, group) in groups {
            if own & mask != 0 {
                mask |= own;
                merged.extend(group);
                place = place.or(Some(kept.len()));
            } else {
                kept.push((own, group));
            }
        }
        merged.push(item);
        kept.insert(place.unwrap_or(kept.len()), (mask, merged));
        groups = kept;
    }
    groups.into_iter().map(|(_, group)| group).collect()
}
