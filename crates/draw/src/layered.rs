//! Places for the nodes of a graph in layers, from left to right, with few crossings (Sugiyama, Tagawa, Toda, "Methods for
//! visual understanding of hierarchical system structures", 1981).
//!
//! A layer holds nodes, labels of edges, and the places where long edges pass; all have a size, so that nothing meets. The
//! order in a layer comes from the places of neighbours, sweep by sweep; the heights are the nearest to those of the
//! neighbours that keep the order and the distances, which is isotonic regression.

/// What is to be placed: children before parents.
pub struct Nodes<'a> {
    /// The width and height of each node.
    pub sizes: &'a [[f64; 2]],
    /// From, to, and the size of the label; none for no label.
    pub edges: &'a [(usize, usize, Option<[f64; 2]>)],
    /// Between neighbours in a layer, and between layers.
    pub gaps: [f64; 2],
}

/// Where everything is.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Placed {
    /// The centre of each node.
    pub nodes: Vec<[f64; 2]>,
    /// The way of each edge, from side to side; between two points it may bend.
    pub edges: Vec<Vec<[f64; 2]>>,
    /// The centre of each label.
    pub labels: Vec<Option<[f64; 2]>>,
    /// The size of the whole.
    pub size: [f64; 2],
}

/// How often orders and heights are looked at again, forward and backward: less often where there is much to look at.
const SWEEPS: usize = 24;
/// The most looks at a cell of all sweeps together.
const LOOKS: usize = 2_000_000;

fn sweeps(cells: &[Cell]) -> usize {
    (LOOKS / cells.len().max(1)).clamp(2, SWEEPS)
}

/// A thing in a layer.
struct Cell {
    layer: usize,
    size: [f64; 2],
    before: Vec<usize>,
    after: Vec<usize>,
    /// Is it a place where an edge passes?
    passing: bool,
    centre: [f64; 2],
    /// How wide its layer is.
    room: f64,
}

/// Places nodes; edges that do not lead from an earlier node to a later one are left out.
pub fn place(graph: &Nodes<'_>) -> Placed {
    let mut cells: Vec<Cell> =
        ranks(graph).into_iter().zip(graph.sizes).map(|(rank, size)| cell(2 * rank, *size, false)).collect();
    let (mut chains, mut labels) = (Vec::new(), Vec::new());
    let mut trunks: Vec<Vec<usize>> = vec![Vec::new(); cells.len()];
    for (from, to, label) in graph.edges {
        let (chain, labelled) = chain(&mut cells, &mut trunks, *from, *to, *label);
        chains.push(chain);
        labels.push(labelled);
    }
    let mut layers = ordered(&cells);
    across(&mut cells, &layers, graph.gaps[1]);
    layers.retain(|layer| !layer.is_empty());
    heights(&mut cells, &layers, graph.gaps[0]);
    straighten(&mut cells, &layers, &chains, graph.gaps[0]);
    let top = cells.iter().map(|c| c.centre[1] - c.size[1] / 2.0).fold(f64::INFINITY, f64::min);
    cells.iter_mut().for_each(|c| c.centre[1] -= top);
    let right = cells.iter().map(|c| c.centre[0] + c.size[0] / 2.0).fold(0.0, f64::max);
    let low = cells.iter().map(|c| c.centre[1] + c.size[1] / 2.0).fold(0.0, f64::max);
    let ports = ports(&cells, &chains);
    Placed {
        edges: ways(&cells, &chains, &ports),
        labels: labels.into_iter().map(|l| l.map(|k| cells[k].centre)).collect(),
        nodes: cells[..graph.sizes.len()].iter().map(|c| c.centre).collect(),
        size: [right, low],
    }
}

fn cell(layer: usize, size: [f64; 2], passing: bool) -> Cell {
    Cell { layer, size, before: Vec::new(), after: Vec::new(), passing, centre: [0.0; 2], room: 0.0 }
}

/// The rank of each node: one more than the highest below it, but for those without any below, which stand before the
/// first that uses them.
fn ranks(graph: &Nodes<'_>) -> Vec<usize> {
    let n = graph.sizes.len();
    let mut ranks = vec![0usize; n];
    let mut below = vec![false; n];
    let mut edges: Vec<(usize, usize)> =
        graph.edges.iter().map(|(from, to, _)| (*from, *to)).filter(|(from, to)| from < to && *to < n).collect();
    edges.sort_unstable_by_key(|(from, to)| (*to, *from));
    for &(from, to) in &edges {
        ranks[to] = ranks[to].max(ranks[from] + 1);
        below[to] = true;
    }
    // Before the first use, which is known by now as only those without arguments move.
    let mut first = vec![usize::MAX; n];
    edges.iter().for_each(|(from, to)| first[*from] = first[*from].min(ranks[*to]));
    for k in 0..n {
        if !below[k] && first[k] != usize::MAX {
            ranks[k] = first[k].saturating_sub(1);
        }
    }
    ranks
}

/// The cells that an edge goes through, and the one that holds its label, which is the last before its end. Edges from one
/// node run together, in the cells of its trunk, up to where each one turns off; the last cell before an end is always the
/// edge's own.
fn chain(
    cells: &mut Vec<Cell>,
    trunks: &mut [Vec<usize>],
    from: usize,
    to: usize,
    label: Option<[f64; 2]>,
) -> (Vec<usize>, Option<usize>) {
    if from >= to || to >= trunks.len() || cells[from].layer >= cells[to].layer {
        return (Vec::new(), None);
    }
    let (first, last) = (cells[from].layer + 1, cells[to].layer);
    let mut all = vec![from];
    for layer in first..last - 1 {
        if let Some(shared) = trunks[from].get(layer - first) {
            all.push(*shared);
            continue;
        }
        join(cells, &mut all, cell(layer, [0.0; 2], true));
        trunks[from].push(cells.len() - 1);
    }
    join(cells, &mut all, cell(last - 1, label.unwrap_or([0.0; 2]), label.is_none()));
    let own = cells.len() - 1;
    all.push(to);
    cells[own].after.push(to);
    cells[to].before.push(own);
    (all, label.map(|_| own))
}

/// Puts one more cell behind the last of a chain.
fn join(cells: &mut Vec<Cell>, chain: &mut Vec<usize>, mut next: Cell) {
    let (k, last) = (cells.len(), chain[chain.len() - 1]);
    next.before.push(last);
    cells[last].after.push(k);
    cells.push(next);
    chain.push(k);
}

/// The cells of each layer, from top to bottom, in the order with the fewest crossings that sweeps have found.
///
/// Only the layers of nodes are put in order. Each cell between two of these has one before it and one behind: in the order
/// of what is behind them they add no crossing, and in the sweeps they would hold every node where it is.
fn ordered(cells: &[Cell]) -> Vec<Vec<usize>> {
    let count = cells.iter().map(|c| c.layer + 1).max().unwrap_or(0);
    let mut layers: Vec<Vec<usize>> = vec![Vec::new(); count];
    (0..cells.len()).for_each(|k| layers[cells[k].layer].push(k));
    let between: Vec<Vec<usize>> = layers.iter().skip(1).step_by(2).cloned().collect();
    let layers: Vec<Vec<usize>> = layers.into_iter().step_by(2).collect();
    let skipped = |all: &[usize], behind: bool| -> Vec<usize> {
        all.iter().flat_map(|k| if behind { &cells[*k].after } else { &cells[*k].before }).copied().collect()
    };
    let near: Vec<[Vec<usize>; 2]> =
        cells.iter().map(|c| [skipped(&c.before, false), skipped(&c.after, true)]).collect();
    let layers = swept(&near, layers, sweeps(cells));
    let place = places(&near, &layers);
    let mut all = Vec::with_capacity(count);
    for (k, layer) in layers.into_iter().enumerate() {
        all.push(layer);
        let mut between: Vec<usize> = between.get(k).cloned().unwrap_or_default();
        between.sort_by_key(|c| (place[cells[*c].after[0]], place[cells[*c].before[0]]));
        all.push(between);
    }
    all.truncate(count);
    all
}

/// Where each one is in its layer.
fn places(near: &[[Vec<usize>; 2]], layers: &[Vec<usize>]) -> Vec<usize> {
    let mut place = vec![0usize; near.len()];
    layers.iter().for_each(|layer| layer.iter().enumerate().for_each(|(at, k)| place[*k] = at));
    place
}

/// Sweeps forward and backward, in which each layer is put in the order of the means of its neighbours' places.
fn swept(near: &[[Vec<usize>; 2]], mut layers: Vec<Vec<usize>>, sweeps: usize) -> Vec<Vec<usize>> {
    let count = layers.len();
    let mut best = (crossings(near, &layers), layers.clone());
    for sweep in 0..sweeps {
        if best.0 == 0 {
            break;
        }
        let forward = sweep % 2 == 0;
        let mut place: Vec<f64> = places(near, &layers).into_iter().map(|at| at as f64).collect();
        let order: Vec<usize> =
            if forward { (1..count).collect() } else { (0..count.saturating_sub(1)).rev().collect() };
        for layer in order {
            let mean = |k: usize| {
                let others = &near[k][usize::from(!forward)];
                let sum: f64 = others.iter().map(|o| place[*o]).sum();
                if others.is_empty() { place[k] } else { sum / others.len() as f64 }
            };
            let mut keys: Vec<(f64, usize)> = layers[layer].iter().map(|k| (mean(*k), *k)).collect();
            // Equal ones stay as they are, or change places every other time.
            if sweep % 4 >= 2 {
                keys.reverse();
            }
            keys.sort_by(|a, b| a.0.total_cmp(&b.0));
            layers[layer] = keys.into_iter().map(|(_, k)| k).collect();
            layers[layer].iter().enumerate().for_each(|(at, k)| place[*k] = at as f64);
        }
        exchange(near, &mut layers);
        let now = crossings(near, &layers);
        if now < best.0 {
            best = (now, layers.clone());
        }
    }
    best.1
}

/// Neighbours change places where that saves crossings.
fn exchange(near: &[[Vec<usize>; 2]], layers: &mut [Vec<usize>]) {
    let mut place = places(near, layers);
    for layer in layers {
        for at in 1..layer.len() {
            let (a, b) = (layer[at - 1], layer[at]);
            let pairs = |x: usize, y: usize| {
                let side = |p: &[usize], q: &[usize]| {
                    p.iter().map(|i| q.iter().filter(|j| place[**j] < place[*i]).count()).sum::<usize>()
                };
                side(&near[x][0], &near[y][0]) + side(&near[x][1], &near[y][1])
            };
            if pairs(b, a) < pairs(a, b) {
                layer.swap(at - 1, at);
                (place[a], place[b]) = (at, at - 1);
            }
        }
    }
}

/// How many pairs of edges between neighbouring layers cross.
fn crossings(near: &[[Vec<usize>; 2]], layers: &[Vec<usize>]) -> usize {
    let place = places(near, layers);
    let mut count = 0;
    // How many ends of edges are at each place so far, as sums over ranges (Fenwick, "A new data structure for cumulative
    // frequency tables", 1994): a long layer has many edges, and each crosses those that end behind it.
    let mut ends = vec![0usize; layers.iter().map(Vec::len).max().unwrap_or(0) + 1];
    for layer in layers {
        ends.fill(0);
        let mut before = 0;
        for k in layer {
            for other in &near[*k][1] {
                let (mut at, mut up_to) = (place[*other] + 1, 0);
                while at > 0 {
                    up_to += ends[at];
                    at &= at - 1;
                }
                count += before - up_to;
            }
            for other in &near[*k][1] {
                let mut at = place[*other] + 1;
                while at < ends.len() {
                    ends[at] += 1;
                    at += at & at.wrapping_neg();
                }
            }
            before += near[*k][1].len();
        }
    }
    count
}

/// The middle of each layer: they stand side by side, as wide as what is in them.
fn across(cells: &mut [Cell], layers: &[Vec<usize>], gap: f64) {
    let mut left = 0.0;
    for layer in layers {
        let wide = layer.iter().map(|k| cells[*k].size[0]).fold(0.0, f64::max);
        for k in layer {
            cells[*k].centre[0] = left + wide / 2.0;
            cells[*k].room = wide;
        }
        left += wide + gap;
    }
}

/// Heights near those of neighbours, edges that pass as straight as can be.
fn heights(cells: &mut [Cell], layers: &[Vec<usize>], gap: f64) {
    for layer in layers {
        let mut top = 0.0;
        for k in layer {
            cells[*k].centre[1] = top + cells[*k].size[1] / 2.0;
            top += cells[*k].size[1] + gap;
        }
        let middle = (top - gap) / 2.0;
        layer.iter().for_each(|k| cells[*k].centre[1] -= middle);
    }
    for sweep in 0..sweeps(cells) {
        let count = layers.len();
        for step in 0..count {
            let layer = &layers[if sweep % 2 == 0 { step } else { count - 1 - step }];
            let wanted: Vec<(f64, f64)> = layer.iter().map(|k| pull(cells, *k)).collect();
            let found = separated(cells, layer, &wanted, gap);
            layer.iter().zip(found).for_each(|(k, y)| cells[*k].centre[1] = y);
        }
    }
}

/// The height that a cell's neighbours pull it to, and how strongly.
fn pull(cells: &[Cell], k: usize) -> (f64, f64) {
    let own = &cells[k];
    let weight = |o: usize| match (own.passing, cells[o].passing) {
        (true, true) => 8.0,
        (false, false) => 1.0,
        _ => 2.0,
    };
    let (mut sum, mut total) = (0.0, 0.0);
    for o in own.before.iter().chain(&own.after) {
        sum += weight(*o) * cells[*o].centre[1];
        total += weight(*o);
    }
    if total == 0.0 { (own.centre[1], 1.0) } else { (sum / total, total) }
}

/// The heights nearest to the wanted ones that keep the order and the distances: blocks that meet become one.
fn separated(cells: &[Cell], layer: &[usize], wanted: &[(f64, f64)], gap: f64) -> Vec<f64> {
    // Where each one would be if all before it stood as close as they may.
    let mut offsets = Vec::with_capacity(layer.len());
    let mut at = 0.0;
    for (place, k) in layer.iter().enumerate() {
        if place > 0 {
            at += (cells[layer[place - 1]].size[1] + cells[*k].size[1]) / 2.0 + gap;
        }
        offsets.push(at);
    }
    // Of each block: the weighted sum of what is wanted, the weight, and how many are in it.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    for ((y, weight), offset) in wanted.iter().zip(&offsets) {
        let mut block = ((y - offset) * weight, *weight, 1);
        while let Some(last) = blocks.last().copied().filter(|last| last.0 / last.1 >= block.0 / block.1) {
            block = (block.0 + last.0, block.1 + last.1, block.2 + last.2);
            blocks.pop();
        }
        blocks.push(block);
    }
    let heights = blocks.iter().flat_map(|(sum, weight, count)| std::iter::repeat_n(sum / weight, *count));
    heights.zip(&offsets).map(|(y, offset)| y + offset).collect()
}

/// Long edges run level where nothing is in their way.
fn straighten(cells: &mut [Cell], layers: &[Vec<usize>], chains: &[Vec<usize>], gap: f64) {
    let mut neighbours: Vec<[Option<usize>; 2]> = vec![[None; 2]; cells.len()];
    for pair in layers.iter().flat_map(|layer| layer.windows(2)) {
        neighbours[pair[0]][1] = Some(pair[1]);
        neighbours[pair[1]][0] = Some(pair[0]);
    }
    for _ in 0..2 {
        for chain in chains.iter().filter(|c| c.len() > 3) {
            let inner = &chain[1..chain.len() - 1];
            let room = |k: usize, side: usize| {
                let Some(o) = neighbours[k][side] else {
                    return if side == 0 { f64::NEG_INFINITY } else { f64::INFINITY };
                };
                let apart = (cells[k].size[1] + cells[o].size[1]) / 2.0 + gap;
                cells[o].centre[1] + if side == 0 { apart } else { -apart }
            };
            let low = inner.iter().map(|k| room(*k, 0)).fold(f64::NEG_INFINITY, f64::max);
            let high = inner.iter().map(|k| room(*k, 1)).fold(f64::INFINITY, f64::min);
            if low <= high {
                let mean = inner.iter().map(|k| cells[*k].centre[1]).sum::<f64>() / inner.len() as f64;
                inner.iter().for_each(|k| cells[*k].centre[1] = mean.clamp(low, high));
            }
        }
    }
}

/// Where each edge begins and ends: those of a node side by side, in the order of where they come from or go to.
fn ports(cells: &[Cell], chains: &[Vec<usize>]) -> Vec<[f64; 2]> {
    /// Between two ends at a node.
    const APART: f64 = 14.0;
    let mut ends = vec![[0.0; 2]; chains.len()];
    for begins in [true, false] {
        let at = |chain: &Vec<usize>, far: usize| if begins { chain[far] } else { chain[chain.len() - 1 - far] };
        let node = |k: usize| at(&chains[k], 0);
        let mut order: Vec<usize> = (0..chains.len()).filter(|k| chains[*k].len() > 1).collect();
        order.sort_by(|a, b| {
            let next = |k: usize| at(&chains[k], 1);
            let height = |k: usize| cells[next(k)].centre[1];
            node(*a).cmp(&node(*b)).then(height(*a).total_cmp(&height(*b))).then(next(*a).cmp(&next(*b)))
        });
        for group in order.chunk_by(|a, b| node(*a) == node(*b)) {
            let own = &cells[node(group[0])];
            // Those that run together begin together.
            let together: Vec<&[usize]> = group.chunk_by(|a, b| at(&chains[*a], 1) == at(&chains[*b], 1)).collect();
            let apart = (own.size[1] / (together.len() as f64 + 1.0)).min(APART);
            for (place, all) in together.iter().enumerate() {
                let height = own.centre[1] + (place as f64 - (together.len() as f64 - 1.0) / 2.0) * apart;
                all.iter().for_each(|k| ends[*k][usize::from(!begins)] = height);
            }
        }
    }
    ends
}

/// The ways of all edges. What several have in common is drawn once: the others begin where they turn off.
fn ways(cells: &[Cell], chains: &[Vec<usize>], ports: &[[f64; 2]]) -> Vec<Vec<[f64; 2]>> {
    let mut drawn = vec![false; cells.len()];
    let mut all = Vec::with_capacity(chains.len());
    for (chain, ends) in chains.iter().zip(ports) {
        let inner = chain.get(1..chain.len().saturating_sub(1)).unwrap_or_default();
        let known = inner.iter().take_while(|k| drawn[**k]).count();
        inner.iter().for_each(|k| drawn[*k] = true);
        all.push(way(cells, chain, known, *ends));
    }
    all
}

/// From the right side of the first cell, or of the last one where the way is known, to the left side of the last, straight
/// through those between.
fn way(cells: &[Cell], chain: &[usize], known: usize, ends: [f64; 2]) -> Vec<[f64; 2]> {
    let (Some(first), Some(last)) = (chain.first(), chain.last()) else { return Vec::new() };
    let edge = |k: usize, sign: f64, wide: f64| cells[k].centre[0] + sign * wide / 2.0;
    // Beside its node an edge is level, so that it meets no other one of the layer.
    let mut points = match known {
        0 => {
            vec![[edge(*first, 1.0, cells[*first].size[0]), ends[0]], [edge(*first, 1.0, cells[*first].room), ends[0]]]
        }
        _ => vec![[edge(chain[known], 1.0, cells[chain[known]].room), cells[chain[known]].centre[1]]],
    };
    for k in &chain[known + 1..chain.len().saturating_sub(1).max(1)] {
        points.push([edge(*k, -1.0, cells[*k].room), cells[*k].centre[1]]);
        points.push([edge(*k, 1.0, cells[*k].room), cells[*k].centre[1]]);
    }
    points.push([edge(*last, -1.0, cells[*last].room), ends[1]]);
    points.push([edge(*last, -1.0, cells[*last].size[0]), ends[1]]);
    points.dedup();
    points
}
