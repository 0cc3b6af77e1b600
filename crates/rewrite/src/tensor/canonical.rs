//! A canonical form of sums of products: the same whatever the order of the factors and the names of the summed labels.
//!
//! Naming labels so is graph canonisation. Labels are told apart by where they stand, refined by their neighbours (the
//! colour refinement of Weisfeiler and Leman, 1968); where that leaves ties, all orders of these are tried.

use std::hash::{DefaultHasher, Hash, Hasher};

use wrt_core::{Graph, Id, Labels, Node, Primitive};

/// The factors of a product at labels, sorted.
pub(super) type CanonicalForm = Vec<(Id, Vec<u16>)>;

/// The most summed labels of a product that is looked at.
const MAX_SUMMED: usize = 12;

/// How many namings of the summed labels are tried where their places don't tell them apart.
const MAX_TRIES: usize = 24;

/// The canonical form of a node at these labels; none for what is no sum of products.
pub(super) fn canonical_form(g: &Graph, id: Id, labels: &[u8]) -> Option<CanonicalForm> {
    let Node::Contraction(factors, spec) = g.node(id) else { return None };
    let spec = g.labels(spec);
    let summed: Vec<u8> = (0..spec.dims.len() as u8).filter(|l| spec.is_summed(*l)).collect();
    let repeated = (1..spec.output.len()).any(|k| spec.output[..k].contains(&spec.output[k]));
    if spec.is_scalar() || summed.is_empty() || summed.len() > MAX_SUMMED || repeated {
        return None;
    }
    let factors = factors.iter().zip(&spec.factors).flat_map(|(f, own)| unfolded(g, *f, own)).collect();
    let product = Product { g, factors, spec, labels };
    let colours = product.colours();
    let mut order = summed;
    order.sort_by_key(|l| colours[*l as usize]);
    let tied: Vec<Vec<u8>> =
        order.chunk_by(|a, b| colours[*a as usize] == colours[*b as usize]).map(<[u8]>::to_vec).collect();
    let tries: usize = tied.iter().map(|group| (1..=group.len()).product::<usize>()).product();
    if tries > MAX_TRIES {
        return None;
    }
    let mut all: Vec<Vec<u8>> = vec![Vec::new()];
    for group in &tied {
        let turned = Labels::orders(group);
        all = all.iter().flat_map(|head| turned.iter().map(move |tail| [&head[..], tail].concat())).collect();
    }
    all.iter().map(|order| product.named(order)).min()
}

/// `x[i]*x[i]` for `x[i]^2`: both are written for the same sum.
fn unfolded(g: &Graph, factor: Id, own: &[u8]) -> Vec<(Id, Vec<u8>)> {
    const MAX_POWER: i64 = 4;
    if let Node::Map(Primitive::Pow, &[base, exponent]) = g.node(factor)
        && let Some(k) = g.as_number(exponent).and_then(|e| e.as_i64())
        && (2..=MAX_POWER).contains(&k)
        && g.rank(base) == own.len()
    {
        return (0..k).map(|_| (base, own.to_vec())).collect();
    }
    vec![(factor, own.to_vec())]
}

struct Product<'a> {
    g: &'a Graph,
    /// Each at its labels.
    factors: Vec<(Id, Vec<u8>)>,
    spec: &'a Labels,
    /// The outer names of the output's labels.
    labels: &'a [u8],
}

impl Product<'_> {
    fn outer(&self, label: u8) -> Option<u16> {
        self.spec.output.iter().position(|o| *o == label).map(|k| u16::from(self.labels[k]))
    }

    /// Labels by the places where they stand, refined by those of their neighbours.
    fn colours(&self) -> Vec<u64> {
        let count = self.spec.dims.len();
        let mut colours: Vec<u64> = (0..count as u8).map(|l| self.outer(l).map_or(1 << 20, u64::from)).collect();
        for _ in 0..self.factors.len().min(8) {
            let mut seen: Vec<Vec<u64>> = vec![Vec::new(); count];
            for (factor, own) in &self.factors {
                let symmetric = own.len() == 2 && self.g.is_symmetric(*factor);
                for (k, label) in own.iter().enumerate() {
                    let mut others: Vec<(usize, u64)> =
                        own.iter().enumerate().map(|(j, l)| (j, colours[*l as usize])).collect();
                    let place = if symmetric { 0 } else { k };
                    if symmetric {
                        others.iter_mut().for_each(|o| o.0 = 0);
                        others.sort_unstable();
                    }
                    seen[*label as usize].push(hash(&(*factor, place, others)));
                }
            }
            for (colour, mut places) in colours.iter_mut().zip(seen) {
                places.sort_unstable();
                *colour = hash(&(*colour, places));
            }
        }
        colours
    }

    /// The sorted factors where the summed labels are numbered in this order.
    fn named(&self, order: &[u8]) -> CanonicalForm {
        // Behind all labels of the body.
        let inner = |l: u8| 256 + order.iter().position(|o| *o == l).unwrap_or(0) as u16;
        let mut all: CanonicalForm = Vec::with_capacity(self.factors.len());
        for (factor, own) in &self.factors {
            let mut own: Vec<u16> = own.iter().map(|l| self.outer(*l).unwrap_or_else(|| inner(*l))).collect();
            if own.len() == 2 && self.g.is_symmetric(*factor) {
                own.sort_unstable();
            }
            all.push((*factor, own));
        }
        all.sort();
        all
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
