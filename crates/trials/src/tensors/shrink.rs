//! Smaller recipes of tensors.

use super::dim::shape_text;
use super::recipe::level::OPERAND;
use super::recipe::{Instruction, Recipe, Taste};
use crate::shrink::Shrink;

impl Shrink for Recipe {
    fn candidates(&self) -> Vec<Recipe> {
        let mut found = Vec::new();
        for root in 0..self.steps.len().saturating_sub(1) {
            found.extend(self.rooted(root));
        }
        found.extend(smaller(&self.steps, self).into_iter().map(|steps| Recipe { steps, ..self.clone() }));
        for (k, f) in self.functions.iter().enumerate() {
            for steps in smaller(&f.steps, self) {
                let mut recipe = self.clone();
                recipe.functions[k].steps = steps;
                found.push(recipe);
            }
            let mut fewer = self.clone();
            fewer.functions.remove(k);
            found.push(fewer);
        }
        found.push(Recipe { is_model: false, ..self.clone() });
        found.push(Recipe { taste: Taste::Generic, ..self.clone() });
        found.push(Recipe { by: 0, ..self.clone() });
        found
    }

    fn weight(&self) -> usize {
        10 * self.text().len() + self.by + usize::from(self.is_model) + usize::from(self.taste == Taste::Tied)
    }
}

impl Recipe {
    /// An earlier step as the result.
    fn rooted(&self, root: usize) -> Option<Recipe> {
        let mut steps = self.steps[..=root].to_vec();
        if self.kind.of_number() && !steps[root].shape.is_empty() {
            let text = "sum({0})".to_string();
            steps.push(Instruction { text, level: OPERAND, args: vec![root], shape: Vec::new(), head: None });
        } else if let Some(head) = &steps[root].head
            && !head.contains('[')
        {
            steps[root].head = None;
        }
        Some(Recipe { steps: cleaned(steps), ..self.clone() })
    }
}

/// The steps with one of them replaced by something simpler of the same shape.
fn smaller(steps: &[Instruction], recipe: &Recipe) -> Vec<Vec<Instruction>> {
    let mut found = Vec::new();
    for at in (0..steps.len()).rev() {
        let step = &steps[at];
        for &arg in step.args.iter().filter(|a| steps[**a].shape == step.shape) {
            let mut all = steps.to_vec();
            for later in &mut all[at + 1..] {
                later.args.iter_mut().filter(|k| **k == at).for_each(|k| *k = arg);
            }
            if at + 1 == all.len() {
                all.truncate(arg + 1);
                all[arg].head = None;
            }
            found.push(cleaned(all));
        }
        let mut replace = |text: String| {
            let mut all = steps.to_vec();
            all[at] = Instruction { text, level: OPERAND, args: Vec::new(), shape: step.shape.clone(), head: None };
            found.push(cleaned(all));
        };
        recipe.declared.iter().filter(|d| d.shape == step.shape).for_each(|d| replace(d.name.clone()));
        if step.shape.is_empty() {
            replace("1".to_string());
            replace("2".to_string());
        } else {
            replace(format!("ones({})", shape_text(&step.shape)));
        }
        if step.head.as_ref().is_some_and(|h| !h.contains('[')) {
            let mut all = steps.to_vec();
            all[at].head = None;
            found.push(all);
        }
    }
    found
}

/// Only the steps that the last one needs.
pub(super) fn cleaned(mut steps: Vec<Instruction>) -> Vec<Instruction> {
    let mut needed = vec![false; steps.len()];
    if let Some(last) = needed.last_mut() {
        *last = true;
    }
    for k in (0..steps.len()).rev() {
        if needed[k] {
            steps[k].args.iter().for_each(|a| needed[*a] = true);
        }
    }
    let mut count = 0;
    let mut new = Vec::with_capacity(steps.len());
    for is_needed in &needed {
        new.push(count);
        count += usize::from(*is_needed);
    }
    steps.iter_mut().for_each(|s| s.args.iter_mut().for_each(|a| *a = new[*a]));
    let mut keep = needed.into_iter();
    steps.retain(|_| keep.next().unwrap_or(false));
    steps
}
