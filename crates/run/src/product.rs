//! Products with identities and outer products below them: a delta gives two labels one name and takes no room, and an
//! outer product that is summed is never written out.
//!
//! Derivatives by a whole array start from identities. Written as arrays, those of a matrix have n⁴ entries, and what is
//! multiplied with them costs n⁶; as labels they cost nothing. A sum over index notation (`sum[i,j,k](A[i,j]*B[j,k])`)
//! is one of an outer product of n³ entries; its factors contract in pairs.

use std::collections::HashMap;

use wrt_core::{Dim, Graph, Id, Labels, LabelsId, Node, Number, Term};

/// Products of more factors are not written in place of what they are a factor of.
const MAX_FACTORS: usize = 6;
/// The most products whose sum stands for an array.
const MAX_TERMS: usize = 8;
/// The most labels of a product.
const MAX_LABELS: usize = 64;

/// A product of factors at labels, times a number.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub scale: Number,
    pub factors: Vec<(Id, Vec<u8>)>,
    pub output: Vec<u8>,
    pub dims: Vec<Dim>,
}

impl Product {
    /// May it stand where it is a factor? If nothing is summed, nothing is computed twice that costs anything; if a delta is
    /// left, its array would cost more than what is summed below it.
    fn is_inline(&self) -> bool {
        let summed = (0..self.dims.len() as u8).any(|l| !self.output.contains(&l));
        let delta = (1..self.output.len()).any(|k| self.output[..k].contains(&self.output[k]));
        self.factors.len() <= MAX_FACTORS && (delta || !summed)
    }

    /// Are there more labels than any factor has, none of them summed or twice?
    fn is_outer(&self) -> bool {
        self.factors.iter().all(|(_, own)| self.output.iter().any(|l| !own.contains(l)))
    }
}

/// What among some nodes has identities or ones below it, as sums of products without these.
#[derive(Clone, Debug, Default)]
pub(crate) struct Products {
    known: HashMap<Id, Vec<Product>>,
    /// What is a product and no sum, with those below it in their places.
    plain: HashMap<Id, Product>,
}

impl Products {
    /// Those among nodes that are given children first, where some nodes have a value of their own.
    pub fn among(graph: &Graph, order: &[Id], has_value: impl Fn(Id) -> bool) -> Products {
        let mut products = Products::default();
        for &id in order.iter().filter(|id| !has_value(**id)) {
            let plain = products.flattened(graph, id);
            products.plain.extend(plain.map(|product| (id, product)));
            let found = match graph.node(id) {
                Node::Contraction(factors, labels) if labels != LabelsId::SCALAR => {
                    products.contraction(graph, factors, labels)
                }
                Node::Sum(terms) => products.sum(graph, terms, id),
                _ => None,
            };
            products.known.extend(found.map(|product| (id, product)));
        }
        products
    }

    /// The products whose sum a contraction is, if that is not what stands in the graph.
    pub fn of(&self, graph: &Graph, id: Id) -> Option<&[Product]> {
        if self.known.is_empty() || !matches!(graph.node(id), Node::Contraction(..)) {
            return None;
        }
        self.known.get(&id).map(Vec::as_slice)
    }

    /// Products that may stand where their sum is a factor.
    fn inline(&self, id: Id) -> Option<&[Product]> {
        self.known.get(&id).map(Vec::as_slice).filter(|all| all.iter().all(Product::is_inline))
    }

    /// A product without a sum or a diagonal, in whose factors are no such products.
    fn flattened(&self, graph: &Graph, id: Id) -> Option<Product> {
        match graph.node(id) {
            Node::Contraction(factors, labels) if labels != LabelsId::SCALAR && !factors.is_empty() => {
                let labels = graph.labels(labels);
                let once = |l: u8| labels.output.iter().filter(|o| **o == l).count() == 1;
                if !(0..labels.dims.len() as u8).all(once) {
                    return None;
                }
                let below: Vec<Option<&Product>> = factors.iter().map(|f| self.plain.get(f)).collect();
                Products::product(factors, labels, &below)
            }
            Node::Sum([Term { coefficient, node }]) => {
                let product = self.plain.get(node)?;
                Some(Product { scale: &product.scale * coefficient, ..product.clone() })
            }
            _ => None,
        }
    }

    fn sum(&self, graph: &Graph, terms: &[Term], id: Id) -> Option<Vec<Product>> {
        let mut all = Vec::new();
        for Term { coefficient, node } in terms {
            let own = self.inline(*node).filter(|_| graph.dims(*node) == graph.dims(id))?;
            all.extend(own.iter().map(|p| Product { scale: &p.scale * coefficient, ..p.clone() }));
        }
        (all.len() <= MAX_TERMS).then_some(all)
    }

    fn contraction(&self, graph: &Graph, factors: &[Id], labels: LabelsId) -> Option<Vec<Product>> {
        let labels = graph.labels(labels);
        let summed = (0..labels.dims.len() as u8).any(|l| !labels.output.contains(&l));
        let instead = |f: Id| {
            let outer = || self.plain.get(&f).filter(|product| summed && product.is_outer());
            self.inline(f).or_else(|| outer().map(std::slice::from_ref))
        };
        // A diagonal matrix is a delta itself: beside the diagonal it is 0 whatever it is multiplied with.
        let delta = (1..labels.output.len()).any(|k| labels.output[..k].contains(&labels.output[k]));
        if !delta && !factors.is_empty() && factors.iter().all(|f| instead(*f).is_none()) {
            return None;
        }
        // One of the products for each factor, in every way.
        let mut ways: Vec<Vec<Option<&Product>>> = vec![Vec::new()];
        for factor in factors {
            let choices: Vec<Option<&Product>> = match instead(*factor) {
                Some(all) => all.iter().map(Some).collect(),
                None => vec![None],
            };
            let longer = |way: &Vec<Option<_>>| choices.iter().map(|c| [&way[..], &[*c]].concat()).collect::<Vec<_>>();
            ways = ways.iter().flat_map(longer).collect();
            if ways.len() > MAX_TERMS {
                return None;
            }
        }
        ways.iter().map(|way| Products::product(factors, labels, way)).collect()
    }

    /// A contraction with products in place of some factors.
    fn product(factors: &[Id], labels: &Labels, instead: &[Option<&Product>]) -> Option<Product> {
        let mut scale = Number::ONE;
        // Where labels are one, all stand for the first.
        let mut dims = labels.dims.clone();
        let mut same: Vec<usize> = (0..dims.len()).collect();
        let mut flat: Vec<(Id, Vec<u8>)> = Vec::with_capacity(factors.len());
        for ((factor, own), product) in factors.iter().zip(&labels.factors).zip(instead) {
            let Some(product) = product else {
                flat.push((*factor, own.clone()));
                continue;
            };
            scale = &scale * &product.scale;
            let mut names: Vec<Option<u8>> = vec![None; product.dims.len()];
            for (inner, label) in product.output.iter().zip(own) {
                match names.get(*inner as usize).copied().flatten() {
                    Some(first) => unite(&mut same, first, *label),
                    None => names[*inner as usize] = Some(*label),
                }
            }
            // What is summed below is summed here.
            for (name, dim) in names.iter_mut().zip(&product.dims).filter(|(name, _)| name.is_none()) {
                *name = Some(u8::try_from(dims.len()).ok()?);
                same.push(dims.len());
                dims.push(*dim);
            }
            for (id, inner) in &product.factors {
                flat.push((*id, inner.iter().map(|l| names[*l as usize]).collect::<Option<_>>()?));
            }
        }
        if flat.len() > MAX_FACTORS.max(factors.len()) || dims.len() > MAX_LABELS {
            return None;
        }
        let firsts: Vec<usize> = (0..same.len()).filter(|l| first(&same, *l) == *l).collect();
        let renamed = |l: &u8| firsts.iter().position(|f| *f == first(&same, *l as usize)).unwrap_or(0) as u8;
        let all = |own: &Vec<u8>| own.iter().map(renamed).collect::<Vec<u8>>();
        Some(Product {
            scale,
            factors: flat.iter().map(|(id, own)| (*id, all(own))).collect(),
            output: all(&labels.output),
            dims: firsts.iter().map(|l| dims[*l]).collect(),
        })
    }
}

/// What a label stands for.
fn first(same: &[usize], mut label: usize) -> usize {
    while same[label] != label {
        label = same[label];
    }
    label
}

fn unite(same: &mut [usize], a: u8, b: u8) {
    let (a, b) = (first(same, a as usize), first(same, b as usize));
    same[a.max(b)] = a.min(b);
}
