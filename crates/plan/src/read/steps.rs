//! Steps that stand in a line of their own, and the names, shapes and positions in them.

use wrt_core::Operation;

use super::{Making, Read};
use crate::access::row_major;
use crate::program::{AssembleStep, CallStep, FoldKind, FoldStep, PickStep, PickWay, Piece, ProductStep, View};
use crate::text::{axis_of, fold_name};
use crate::verify::MAX_ENTRIES;

/// Parts between separators that stand in no brackets.
pub(super) fn parts(text: &str, separator: char) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0i32, 0, Vec::new());
    for (k, c) in text.char_indices() {
        match c {
            '[' | '(' => depth += 1,
            ']' | ')' => depth -= 1,
            c if c == separator && depth == 0 => {
                found.push(text[start..k].trim());
                start = k + c.len_utf8();
            }
            _ => {}
        }
    }
    found.push(text[start..].trim());
    if found == [""] { Vec::new() } else { found }
}

pub(super) fn number(text: &str) -> Read<usize> {
    let text = text.trim();
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let value = is_number.then(|| text.parse::<usize>().ok()).flatten().filter(|n| *n <= MAX_ENTRIES * 64);
    value.ok_or_else(|| format!("expected a number that counts something, found `{text}`"))
}

/// `name` or `name[2, 3]`
pub(super) fn shaped(text: &str) -> Read<(&str, Vec<usize>)> {
    let Some((name, shape)) = text.split_once('[') else { return Ok((text, Vec::new())) };
    let shape = shape.strip_suffix(']').ok_or_else(|| format!("expected `]` at the end of `{text}`"))?;
    let shape = parts(shape, ',').into_iter().map(number).collect::<Read<Vec<usize>>>()?;
    let all = shape.iter().try_fold(1usize, |n, k| n.checked_mul((*k).max(1)));
    match all {
        Some(n) if n <= MAX_ENTRIES => Ok((name.trim(), shape)),
        _ => Err(format!("`{name}` has more than {MAX_ENTRIES} entries")),
    }
}

/// `i < 3, j < 4`, from the `first` axis on.
pub(super) fn axes(first: usize, text: &str) -> Read<Vec<usize>> {
    let mut sizes = Vec::new();
    for part in parts(text, ',') {
        let (name, size) = part.split_once(" < ").ok_or_else(|| format!("expected an axis, found `{part}`"))?;
        if axis_of(name) != Some(first + sizes.len()) {
            return Err(format!("the axis `{name}` comes out of order"));
        }
        sizes.push(number(size)?);
    }
    Ok(sizes)
}

/// Entries by their axes.
pub(super) fn view(text: &str, sizes: &[usize], making: &Making) -> Read<View> {
    let Some((name, inside)) = text.split_once('[') else {
        return Ok(View { buffer: making.array(text)?, offset: 0, strides: vec![0; sizes.len()] });
    };
    let buffer = making.array(name)?;
    let inside = inside.strip_suffix(']').ok_or_else(|| format!("expected `]` at the end of `{text}`"))?;
    let axis = |name: &str| {
        axis_of(name).filter(|k| *k < sizes.len()).ok_or_else(|| format!("`{name}` in `{text}` is no axis here"))
    };
    let mut strides = vec![0; sizes.len()];
    if inside.contains(',') {
        let order = inside.split(',').map(|n| axis(n.trim())).collect::<Read<Vec<usize>>>()?;
        let shape: Vec<usize> = order.iter().map(|k| sizes[*k]).collect();
        if shape.iter().try_fold(1usize, |n, k| n.checked_mul(*k)).is_none_or(|n| n > MAX_ENTRIES) {
            return Err(format!("`{text}` has too many entries"));
        }
        order.iter().zip(row_major(&shape)).for_each(|(k, s)| strides[*k] = s);
        return Ok(View { buffer, offset: 0, strides });
    }
    let mut offset = 0;
    for term in inside.split(" + ") {
        match term.split_once('*') {
            Some((stride, name)) => strides[axis(name)?] = number(stride)?,
            None if term.starts_with(|c: char| c.is_ascii_digit()) => offset = number(term)?,
            None => strides[axis(term)?] = 1,
        }
    }
    Ok(View { buffer, offset, strides })
}

/// `c = a @ b: 2 × 3 by 3 × 4 for l < 5 summed over p < 2, 96 operations`
pub(super) fn product(text: &str, making: &Making) -> Read<ProductStep> {
    let expected = || "expected `c = a @ b: m × k by k × n, … operations`".to_string();
    let (formula, rest) = text.split_once(": ").ok_or_else(expected)?;
    let (rest, _) = rest.rsplit_once(", ").ok_or_else(expected)?;
    let (rest, over) = rest.split_once(" summed over ").map_or((rest, ""), |(r, o)| (r, o));
    let (shapes, batch) = rest.split_once(" for ").map_or((rest, ""), |(s, b)| (s, b));
    let (first, second) = shapes.split_once(" by ").ok_or_else(expected)?;
    let pair = |text: &str| {
        let (a, b) = text.split_once(" × ").ok_or_else(expected)?;
        Ok::<_, String>((number(a)?, number(b)?))
    };
    let ((m, k), (inner, n), batch) = (pair(first)?, pair(second)?, axes(3, batch)?);
    if inner != k {
        return Err(format!("{k} columns are multiplied with {inner} rows"));
    }
    let over = axes(3 + batch.len(), over)?;
    let (whole, sizes) = (3 + batch.len(), [&[m, n, k], &batch[..], &over].concat());
    let (to, factors) = formula.split_once(" = ").ok_or_else(expected)?;
    let (a, b) = factors.split_once(" @ ").ok_or_else(expected)?;
    let at = |text: &str, rows: usize, columns: usize, end: usize| -> Read<View> {
        let (strides, name) = match text.strip_suffix('\'') {
            Some(name) => ([1, sizes[rows]], name),
            None if text.contains('[') => {
                let own = view(text, &sizes, making)?;
                if (0..3).chain(end..sizes.len()).any(|k| k != rows && k != columns && own.strides[k] != 0) {
                    return Err(format!("`{text}` goes along an axis that it lacks"));
                }
                let strides = [&[own.strides[rows], own.strides[columns]], &own.strides[3..end]].concat();
                return Ok(View { strides, ..own });
            }
            None => ([sizes[columns], 1], text),
        };
        let strides = [&strides[..], &vec![0; end - 3]].concat();
        Ok(View { buffer: making.array(name)?, offset: 0, strides })
    };
    let (a, b, c) = (at(a, 0, 2, sizes.len())?, at(b, 2, 1, sizes.len())?, at(to, 0, 1, whole)?);
    Ok(ProductStep { m, n, k, a, b, c, batch, over })
}

/// `t[i] = sum over j < 3 of x[i,j] for i < 2`
pub(super) fn fold(text: &str, making: &Making) -> Read<FoldStep> {
    let expected = || "expected `t[i] = sum over j < n of x[i,j] for i < m`".to_string();
    let (to, rest) = text.split_once(" = ").ok_or_else(expected)?;
    let (kind, rest) = rest.split_once(" over ").ok_or_else(expected)?;
    let (over, rest) = rest.split_once(" of ").ok_or_else(expected)?;
    let (from, kept) = rest.split_once(" for ").map_or((rest, ""), |(f, k)| (f, k));
    let kinds = [FoldKind::Sum, FoldKind::Max, FoldKind::Min, FoldKind::ArgMax, FoldKind::ArgMin];
    let kind = kinds.into_iter().find(|k| fold_name(*k) == kind).ok_or_else(expected)?;
    let kept = axes(0, kept)?;
    let folded = axes(kept.len(), over)?;
    let from = view(from, &[&kept[..], &folded].concat(), making)?;
    let to = making.array(to.split('[').next().unwrap_or(to))?;
    Ok(FoldStep { kind, from, kept, folded, to })
}

pub(super) fn pick(text: &str, making: &Making) -> Read<PickStep> {
    let expected = || "expected what is picked at labels, and how".to_string();
    let (what, how) = text.strip_suffix(')').and_then(|t| t.rsplit_once(" (")).ok_or_else(expected)?;
    let (count, how) = how.split_once(" labels, ").ok_or_else(expected)?;
    let (each, positions) = how.split_once(" for ").ok_or_else(expected)?;
    let (count, each) = (number(count)?, number(each)?);
    let positions = number(positions.strip_suffix(" positions").ok_or_else(expected)?)?;
    if let Some((labels, _)) = what.split_once(": is each one of ") {
        let labels = making.array(labels)?;
        let way = PickWay::Check;
        return Ok(PickStep {
            way,
            labels: (labels, count),
            positions,
            each,
            blocks: 0,
            inner: 0,
            array: labels,
            picked: labels,
        });
    }
    let (to, rest) = what.split_once(" = ").ok_or_else(expected)?;
    let (way, rest, ending) = match rest.strip_prefix("zeros, and ") {
        Some(rest) => (PickWay::AddBack, rest, " added at "),
        None => (PickWay::Pick, rest, " at "),
    };
    let (blocks, rest) = rest.split_once(" of ").map(|(b, r)| (b, r.to_string())).ok_or_else(expected)?;
    // `32 entries of x`, or `32 blocks of 4 of x`
    let (inner, rest) = match blocks.strip_suffix(" blocks") {
        Some(_) => {
            let (inner, rest) = rest.split_once(" of ").ok_or_else(expected)?;
            (number(inner)?, rest.to_string())
        }
        None => (1, rest),
    };
    let blocks = number(blocks.split(' ').next().unwrap_or_default())?;
    let (other, labels) = rest.split_once(ending).ok_or_else(expected)?;
    let (to, other, labels) = (making.array(to)?, making.array(other)?, making.array(labels)?);
    let (array, picked) = if way == PickWay::Pick { (other, to) } else { (to, other) };
    Ok(PickStep { way, labels: (labels, count), positions, each, blocks, inner, array, picked })
}

/// `t[2, 5] along j = zeros; 3 of x[i,j] at 0, 2 apart; 1 of y added at 4`
pub(super) fn assembled(text: &str, making: &Making) -> Read<AssembleStep> {
    let expected = || "expected `name[sizes] along axis = pieces`".to_string();
    let (to, pieces) = text.split_once(" = ").ok_or_else(expected)?;
    let (to, axis) = to.split_once(" along ").ok_or_else(expected)?;
    let (to, sizes) = shaped(to)?;
    let axis = axis_of(axis).filter(|k| *k < sizes.len().max(1)).ok_or_else(expected)?;
    let mut own = AssembleStep { sizes, axis, pieces: Vec::new(), is_covered: false, to: making.array(to)? };
    let list: Vec<&str> = pieces.split("; ").filter(|p| !p.is_empty()).collect();
    own.is_covered = list.first() != Some(&"zeros");
    for piece in list.into_iter().skip(usize::from(!own.is_covered)) {
        let (length, rest) = piece.split_once(" of ").ok_or_else(expected)?;
        let (from, place) = rest.split_once(" at ").ok_or_else(expected)?;
        let (from, adds) = from.strip_suffix(" added").map_or((from, false), |f| (f, true));
        let (start, step) = match place.split_once(", ") {
            Some((start, step)) => (start, number(step.strip_suffix(" apart").ok_or_else(expected)?)?),
            None => (place, 1),
        };
        let none = View { buffer: own.to, offset: 0, strides: Vec::new() };
        let piece = Piece { from: none, start: number(start)?, step, length: number(length)?, adds };
        let from = view(from, &own.sizes_of(&piece), making)?;
        own.pieces.push(Piece { from, ..piece });
    }
    Ok(own)
}

/// `c[2, 3] = cumsum<true>(x[2, 3])`
pub(super) fn called(text: &str, making: &Making) -> Read<CallStep> {
    let expected = || "expected `name[shape] = operation(arguments)`".to_string();
    let (to, rest) = text.split_once(" = ").ok_or_else(expected)?;
    let (head, args) = rest.strip_suffix(')').and_then(|r| r.split_once('(')).ok_or_else(expected)?;
    let (name, parameters) = match head.strip_suffix('>').and_then(|h| h.split_once('<')) {
        Some((name, parameters)) => (name, parameters),
        None => (head, ""),
    };
    let operation = Operation::read(name, parameters)
        .ok_or_else(|| format!("there is no operation `{name}` with the parameters `{parameters}`"))?;
    let (to, shape) = shaped(to)?;
    let one = |part: &str| {
        let (name, shape) = shaped(part)?;
        Ok((making.array(name)?, shape))
    };
    let args = parts(args, ',').into_iter().map(one).collect::<Read<Vec<_>>>()?;
    Ok(CallStep { operation, args, to: making.array(to)?, shape })
}
