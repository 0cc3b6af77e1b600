//! A value for each of some nodes.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use rustc_hash::FxHasher;

use crate::graph::Id;

/// Nodes up to this one are kept in a list, the others in a table: what is said of a small formula costs nothing more in
/// a large graph.
const LISTED: usize = 2048;

/// Values of nodes.
///
/// ```
/// use wrt_core::{Id, NodeMap};
/// let mut sizes = NodeMap::default();
/// sizes.insert(Id::from_index(70_000), 3);
/// assert_eq!(sizes.get(Id::from_index(70_000)), Some(&3));
/// assert_eq!(sizes.get(Id::from_index(1)), None);
/// ```
#[derive(Clone, Debug)]
pub struct NodeMap<T> {
    list: Vec<Option<T>>,
    table: HashMap<Id, T, BuildHasherDefault<FxHasher>>,
}

impl<T> Default for NodeMap<T> {
    fn default() -> NodeMap<T> {
        NodeMap { list: Vec::new(), table: HashMap::default() }
    }
}

impl<T> NodeMap<T> {
    /// The value of a node.
    #[inline]
    pub fn get(&self, id: Id) -> Option<&T> {
        if id.index() < LISTED { self.list.get(id.index()).and_then(Option::as_ref) } else { self.table.get(&id) }
    }

    /// Has the node a value?
    #[inline]
    pub fn has(&self, id: Id) -> bool {
        self.get(id).is_some()
    }

    /// Gives a node a value.
    pub fn insert(&mut self, id: Id, value: T) {
        if id.index() >= LISTED {
            self.table.insert(id, value);
            return;
        }
        if self.list.len() <= id.index() {
            self.list.resize_with(id.index() + 1, || None);
        }
        self.list[id.index()] = Some(value);
    }
}

impl<T: Copy + Default> NodeMap<T> {
    /// The value of a node, the usual one where it has none.
    #[inline]
    pub fn of(&self, id: Id) -> T {
        self.get(id).copied().unwrap_or_default()
    }
}
