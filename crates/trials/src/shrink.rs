//! The smallest recipe that still fails.

use wrt_core::Number;

use crate::recipe::{Instruction, Recipe};

/// What can be made smaller.
pub trait Shrink: Clone {
    /// The same with something taken away or made simpler.
    fn candidates(&self) -> Vec<Self>;
    /// What must fall, so that shrinking ends.
    fn weight(&self) -> usize;
}

/// Takes steps away and makes steps simpler as long as `fails` says yes, at most some thousand times.
pub fn shrink<R: Shrink>(recipe: &R, fails: impl Fn(&R) -> bool) -> R {
    let mut best = recipe.clone();
    let mut budget = 4000;
    loop {
        let smaller = best.candidates().into_iter().find(|c| {
            budget -= 1;
            budget > 0 && c.weight() < best.weight() && fails(c)
        });
        match smaller {
            Some(found) => best = found,
            None => return best,
        }
    }
}

impl Shrink for Recipe {
    fn candidates(&self) -> Vec<Recipe> {
        candidates(self)
    }

    fn weight(&self) -> usize {
        let of = |step: &Instruction| match step {
            Instruction::Symbol(k) => 10 + k,
            Instruction::Number(n) => 11 + (!n.is_one()) as usize + n.to_string().len(),
            Instruction::Constant(_) => 15,
            Instruction::Sum(terms) => {
                20 + 5 * terms.len() + terms.iter().map(|(c, _)| c.to_string().len()).sum::<usize>()
            }
            Instruction::Product(factors) => 20 + 5 * factors.len(),
            Instruction::Quotient(..) => 31,
            Instruction::Map(_, args) => 21 + 5 * args.len(),
        };
        self.steps.iter().map(of).sum()
    }
}

fn candidates(recipe: &Recipe) -> Vec<Recipe> {
    let mut found = Vec::new();
    for root in 0..recipe.steps.len().saturating_sub(1) {
        found.push(cleaned(recipe.steps[..=root].to_vec()));
    }
    for at in (0..recipe.steps.len()).rev() {
        for step in simpler(&recipe.steps[at]) {
            let mut steps = recipe.steps.clone();
            steps[at] = step;
            found.push(cleaned(steps));
        }
        for child in children(&recipe.steps[at]) {
            let mut steps = recipe.steps.clone();
            for later in &mut steps[at + 1..] {
                redirect(later, at, child);
            }
            found.push(cleaned(steps));
        }
    }
    found
}

fn children(step: &Instruction) -> Vec<usize> {
    match step {
        Instruction::Number(_) | Instruction::Constant(_) | Instruction::Symbol(_) => Vec::new(),
        Instruction::Sum(terms) => terms.iter().map(|(_, t)| *t).collect(),
        Instruction::Product(list) | Instruction::Map(_, list) => list.clone(),
        Instruction::Quotient(a, b) => vec![*a, *b],
    }
}

fn redirect(step: &mut Instruction, from: usize, to: usize) {
    let change = |k: &mut usize| {
        if *k == from {
            *k = to;
        }
    };
    match step {
        Instruction::Number(_) | Instruction::Constant(_) | Instruction::Symbol(_) => {}
        Instruction::Sum(terms) => terms.iter_mut().for_each(|(_, t)| change(t)),
        Instruction::Product(list) | Instruction::Map(_, list) => list.iter_mut().for_each(change),
        Instruction::Quotient(a, b) => [a, b].into_iter().for_each(change),
    }
}

fn simpler(step: &Instruction) -> Vec<Instruction> {
    let mut found = vec![
        Instruction::Symbol(0),
        Instruction::Number(Number::ONE),
        Instruction::Number(Number::integer(2)),
        Instruction::Number(Number::ZERO),
    ];
    match step {
        Instruction::Sum(terms) => {
            for k in 0..terms.len() {
                let mut fewer = terms.clone();
                fewer.remove(k);
                if !fewer.is_empty() {
                    found.push(Instruction::Sum(fewer));
                }
                let mut plain = terms.clone();
                plain[k].0 = Number::ONE;
                found.push(Instruction::Sum(plain));
            }
        }
        Instruction::Product(factors) if factors.len() > 1 => {
            for k in 0..factors.len() {
                let mut fewer = factors.clone();
                fewer.remove(k);
                found.push(Instruction::Product(fewer));
            }
        }
        Instruction::Number(n) => found.push(Instruction::Number(n.floor())),
        _ => {}
    }
    found
}

/// Only the steps that the last one needs.
fn cleaned(mut steps: Vec<Instruction>) -> Recipe {
    let mut needed = vec![false; steps.len()];
    if let Some(last) = needed.last_mut() {
        *last = true;
    }
    for k in (0..steps.len()).rev() {
        if needed[k] {
            children(&steps[k]).into_iter().for_each(|c| needed[c] = true);
        }
    }
    let mut new = Vec::with_capacity(steps.len());
    let mut count = 0;
    for is_needed in &needed {
        new.push(count);
        count += *is_needed as usize;
    }
    for step in &mut steps {
        let moved = |k: &mut usize| *k = new[*k];
        match step {
            Instruction::Number(_) | Instruction::Constant(_) | Instruction::Symbol(_) => {}
            Instruction::Sum(terms) => terms.iter_mut().for_each(|(_, t)| moved(t)),
            Instruction::Product(list) | Instruction::Map(_, list) => list.iter_mut().for_each(moved),
            Instruction::Quotient(a, b) => [a, b].into_iter().for_each(moved),
        }
    }
    let mut keep = needed.into_iter();
    steps.retain(|_| keep.next().unwrap_or(false));
    Recipe { steps }
}
