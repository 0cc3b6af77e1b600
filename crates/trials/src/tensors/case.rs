//! A text, what is asked of it, and the values of its names.

use wrt::session::{Scope, Session};
use wrt_core::{Array, Number};

use super::point::values;
use super::recipe::{Declared, DerivativeKind, Recipe, Taste, Values};

/// A text, and what is asked of it.
pub struct Case {
    /// The text.
    pub text: String,
    /// Names whose shapes are told beside it.
    pub shapes: Vec<(String, Vec<String>)>,
    /// What values of names are like; those that are missing are any numbers.
    pub values: Vec<(String, Values)>,
    /// Sizes of named dimensions.
    pub sizes: Vec<(String, usize)>,
    /// The derivative.
    pub kind: DerivativeKind,
    /// With respect to which name, counted around.
    pub by: usize,
    /// How values are drawn.
    pub taste: Taste,
    /// And from what.
    pub seed: u64,
}

impl Case {
    /// Of a recipe.
    pub fn of(recipe: &Recipe) -> Case {
        let names = |d: &Declared| (d.name.clone(), d.shape.iter().map(ToString::to_string).collect());
        let told = recipe.used().filter(|d| !recipe.is_model && !d.shape.is_empty());
        Case {
            text: recipe.text(),
            shapes: told.map(names).collect(),
            values: recipe.declared.iter().map(|d| (d.name.clone(), d.values.clone())).collect(),
            sizes: recipe.sizes(),
            kind: recipe.kind,
            by: recipe.by,
            taste: recipe.taste,
            seed: recipe.seed,
        }
    }

    /// The command line that prints a derivative.
    pub fn command(&self, kind: DerivativeKind) -> String {
        let shapes =
            if self.shapes.is_empty() { String::new() } else { format!(" --shapes \"{}\"", self.shape_list()) };
        format!("wrt {} \"{}\"{shapes}", kind.word(), self.text)
    }

    /// `A[m,n], x[n]`
    pub(super) fn shape_list(&self) -> String {
        self.shapes.iter().map(|(n, d)| format!("{n}[{}]", d.join(","))).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn session(&self) -> Result<Session, String> {
        let shapes: Vec<(&str, Vec<&str>)> =
            self.shapes.iter().map(|(n, d)| (n.as_str(), d.iter().map(String::as_str).collect())).collect();
        let dimensions: Vec<&str> = self.sizes.iter().map(|(n, _)| n.as_str()).collect();
        let scope = Scope { shapes: &shapes, dimensions: &dimensions, ..Scope::default() };
        Session::parse(&self.text, &scope).map_err(|e| e.to_string())
    }

    pub(super) fn value(&self, name: &str, shape: &[usize], random: bool) -> Array<Number> {
        let found = self.values.iter().find(|(n, _)| n == name).map(|(_, v)| v);
        let any = if random { Values::Positive } else { Values::Real };
        let found = found.unwrap_or(&any);
        let classes = match found {
            Values::Labels(dim) => dim.size(),
            _ => 1,
        };
        values(name, shape, found, self.taste, self.seed, classes)
    }
}
