//! Origins: what each node was made for, so that a value that is not a number, a picture or a summary can say where it
//! comes from.
//!
//! A node's origin is noted behind its making: whoever makes nodes attributes those that are new since it began, and what
//! it called has attributed its own before. So no constructor knows of origins, a node that equals an earlier one keeps the
//! first origin, and who asks for none pays nothing.

use std::ops::Range;

use super::{Graph, Id};

/// What a node was made for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Origin {
    /// Nobody said.
    #[default]
    Unknown,
    /// A statement of a text, or a part of a layer in it: see [`Graph::location`].
    Text(LocationId),
    /// The adjoint of a node, in reverse mode: the derivative of the root with respect to it.
    Adjoint(Id),
    /// The tangent of a node, in forward mode: its derivative along a direction.
    Tangent(Id),
}

/// A [`Location`] of a graph.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LocationId(u32);

/// A place in a text from which nodes come.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Location {
    /// The definition, function, declaration or layer part; empty for a formula without a name.
    pub name: String,
    /// Did a layer give the name (`h_z`), and not the person?
    pub by_layer: bool,
    /// Where the statement stands in the text, in bytes.
    pub span: Range<usize>,
}

impl Graph {
    /// What a node was made for; of nodes that were made several times, what for the first time.
    ///
    /// ```
    /// use wrt_core::{Graph, Location, Origin};
    /// let mut g = Graph::new();
    /// let place = g.add_location(Location { name: "a".into(), span: 0..7, ..Location::default() });
    /// let square = g.within(Origin::Text(place), |g| {
    ///     let w = g.symbol("w");
    ///     g.mul(w, w)
    /// });
    /// let Origin::Text(at) = g.origin(square) else { panic!() };
    /// assert_eq!(g.location(at).name, "a");
    /// ```
    pub fn origin(&self, id: Id) -> Origin {
        self.origins.get(id.index()).copied().unwrap_or_default()
    }

    /// A place in a text.
    pub fn location(&self, id: LocationId) -> &Location {
        &self.locations[id.0 as usize]
    }

    /// The handle of a place in a text, a new one unless it is the last place again.
    pub fn add_location(&mut self, location: Location) -> LocationId {
        if self.locations.last() != Some(&location) {
            self.locations.push(location);
        }
        LocationId(self.locations.len() as u32 - 1)
    }

    /// Runs `f`; the nodes that it makes come from `origin`, but for those that have another one then.
    pub fn within<T>(&mut self, origin: Origin, f: impl FnOnce(&mut Graph) -> T) -> T {
        let from = self.len();
        let result = f(self);
        self.attribute(from, origin);
        result
    }

    /// Notes the origin of those nodes from position `from` on that have none.
    #[inline]
    pub fn attribute(&mut self, from: usize, origin: Origin) {
        self.attribute_if(from, origin, |known| known == Origin::Unknown);
    }

    /// Notes the origin of all nodes from position `from` on, whatever it was: of a derivative that was made by way of
    /// other derivatives.
    #[inline]
    pub fn attribute_all(&mut self, from: usize, origin: Origin) {
        self.attribute_if(from, origin, |_| true);
    }

    #[inline]
    fn attribute_if(&mut self, from: usize, origin: Origin, take: impl Fn(Origin) -> bool) {
        if from >= self.len() || origin == Origin::Unknown {
            return;
        }
        self.attribute_new(from, origin, take);
    }

    fn attribute_new(&mut self, from: usize, origin: Origin, take: impl Fn(Origin) -> bool) {
        if let Some(known) = self.origins.get_mut(from..) {
            known.iter_mut().filter(|o| take(**o)).for_each(|o| *o = origin);
        }
        // The list ends with the last node of which something is known.
        if self.origins.len() < from {
            self.origins.resize(from, Origin::Unknown);
        }
        self.origins.resize(self.len(), origin);
    }
}
