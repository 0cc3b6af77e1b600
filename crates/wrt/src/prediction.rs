//! What a trained model says of rows whose target is not known.

use std::collections::BTreeSet;

use wrt_core::{Graph, Id, Primitive, Role, operations as op};
use wrt_engine::EngineReal;
use wrt_language::{Compared, Constraint, Declaration, Logits};

use crate::error::{Error, ErrorKind};
use crate::model::Model;
use crate::program::Program;
use crate::session::Session;
use crate::sums::joins_rows;

/// What the numbers of a prediction are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Predicted {
    /// One for each class, the larger the likelier.
    Classes,
    /// The probability of class 1 against class 0.
    Chance,
    /// Values.
    Values,
}

/// What a model says of data, compiled: that which its cost compares the target with, as it is after training.
///
/// ```
/// use wrt::{Model, Prediction, Predicted};
/// let model = Model::parse("data X[m, 2], y[m] in 0..3; z = dense(X, 3); cost = mean(crossentropy(y, softmax(z)))")?;
/// let prediction = Prediction::<f64>::new(&model, None)?;
/// assert_eq!((prediction.predicted(), prediction.needs("X"), prediction.needs("y")), (Predicted::Classes, true, false));
/// # Ok::<(), wrt::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Prediction<T> {
    pub(crate) program: Program<T>,
    name: String,
    predicted: Predicted,
    /// Is what it is for a row made of other rows, too?
    pub(crate) joins_rows: bool,
}

/// What the text says of the target.
struct Found {
    id: Id,
    logits: Option<Logits>,
    is_probability: bool,
}

impl<T: EngineReal> Prediction<T> {
    /// The prediction of a model; `output` names it, where it isn't what the cost compares the target with.
    ///
    /// # Errors
    /// If there is no such name, and if without one the cost tells nothing.
    pub fn new(model: &Model, output: Option<&str>) -> Result<Prediction<T>, Error> {
        model.cost().with_session(|session, root, _| {
            let Known { target, name, value, predicted } = known(session, root, output)?;
            let nodes = session.after_training(&[value]);
            let graph = session.graph();
            let rows = target.dims.first().and_then(|d| graph.dimension(*d).as_name());
            let joins_rows = rows.is_some_and(|rows| nodes.iter().any(|id| joins_rows(graph, *id, rows)));
            let program = Program::of_nodes(graph, &nodes)?;
            Ok(Prediction { program, name, predicted, joins_rows })
        })
    }

    /// The name that the model gives to what is predicted.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the numbers are.
    pub fn predicted(&self) -> Predicted {
        self.predicted
    }

    /// The class that the numbers of a row tell: the likeliest, the first of equal ones.
    pub fn class(&self, row: &[T]) -> usize {
        match (self.predicted, row) {
            (Predicted::Chance, [chance]) => usize::from(chance.to_f64() > 0.5),
            _ => {
                let larger = |best: usize, k: usize| if row[k].to_f64() > row[best].to_f64() { k } else { best };
                (0..row.len()).fold(0, larger)
            }
        }
    }

    /// Does it hang on the data of this name?
    pub fn needs(&self, name: &str) -> bool {
        self.program.inputs().iter().any(|i| i.name == name)
    }
}

/// What a model predicts, and of what.
pub(crate) struct Known {
    pub(crate) target: Declaration,
    pub(crate) name: String,
    pub(crate) value: Id,
    pub(crate) predicted: Predicted,
}

/// What the cost compares the target with, or what is called `output`, as probabilities where it is logits.
pub(crate) fn known(session: &mut Session, root: Id, output: Option<&str>) -> Result<Known, Error> {
    let target = target(session)?;
    let Found { id, logits, is_probability } = match output {
        Some(name) => named(session, name)?,
        None => found(session, root, target.id)?,
    };
    let name = session.document().parsed().definitions.iter().rev().find(|d| d.id == id);
    let name = name.map_or("prediction".to_string(), |d| d.name.clone());
    let graph = session.graph_mut();
    if target.dims.is_empty() || graph.dims(id).first() != target.dims.first() {
        let message = format!("`{name}` has no value for each row");
        return Err(Error::new(ErrorKind::Shape, message).with_help("name another one, as in --output p"));
    }
    let value = match logits {
        Some(Logits::Entries) => graph.map(Primitive::Sigmoid, &[id]),
        Some(Logits::Classes) => softmax(graph, id)?,
        None => id,
    };
    let predicted = kind(session.graph(), &target, value, is_probability);
    Ok(Known { target, name, value, predicted })
}

/// What is predicted: the labels, else the last of the data.
pub(crate) fn target(session: &Session) -> Result<Declaration, Error> {
    let data = || session.document().parsed().declarations.iter().filter(|d| d.role == Role::Data);
    let labels = data().find(|d| matches!(d.constraint, Some(Constraint::Labels(_))));
    let missing = || Error::new(ErrorKind::Name, "the model has no data, and predicts nothing");
    labels.or_else(|| data().next_back()).cloned().ok_or_else(missing)
}

fn named(session: &Session, name: &str) -> Result<Found, Error> {
    let document = session.document();
    if let Some(id) = document.definition(name) {
        return Ok(Found { id, logits: None, is_probability: is_probability(session.graph(), id) });
    }
    let names = document.parsed().definitions.iter().map(|d| d.name.as_str());
    let help = match wrt_language::closest(name, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "name one of the definitions of the model".to_string(),
    };
    Err(Error::new(ErrorKind::Name, format!("the model defines no `{name}`")).with_help(help))
}

/// What the cost compares the target with.
fn found(session: &Session, root: Id, target: Id) -> Result<Found, Error> {
    let graph = session.graph();
    let on_target = |id: Id| graph.free_symbols(&[id]).contains(&target);
    let in_cost = graph.reachable(&[root]);
    let is_own = |c: &&Compared| on_target(c.data) && !on_target(c.predicted);
    let mut own: Vec<Compared> = session.document().parsed().compared.iter().filter(is_own).copied().collect();
    own.dedup_by_key(|c| c.predicted);
    if let [Compared { predicted, logits, is_probability, .. }] = own[..] {
        return Ok(Found { id: predicted, logits, is_probability });
    }
    let is_data = |id: Id| session.document().parsed().declarations.iter().any(|d| d.id == id && d.role == Role::Data);
    match passed_by_all(graph, &in_cost, target, &is_data) {
        Some(id) => Ok(Found { id, logits: None, is_probability: is_probability(graph, id) }),
        None => Err(Error::new(ErrorKind::Name, "the cost does not tell what the model predicts")
            .with_help("name it, as in --output p")),
    }
}

/// The last node through which everything goes that the cost compares with the target.
fn passed_by_all(graph: &Graph, cost: &[Id], target: Id, is_data: &dyn Fn(Id) -> bool) -> Option<Id> {
    // Which nodes hang on the target, and which on other data; children come first.
    let (mut on_target, mut on_data) = (BTreeSet::from([target]), BTreeSet::new());
    for &id in cost {
        let (mut of_target, mut of_data) = (id == target, id != target && is_data(id));
        graph.for_each_child(id, |c| {
            of_target |= on_target.contains(&c);
            of_data |= on_data.contains(&c);
        });
        if of_target {
            on_target.insert(id);
        } else if of_data {
            on_data.insert(id);
        }
    }
    let mut front: BTreeSet<Id> = BTreeSet::new();
    for &id in cost.iter().filter(|id| on_target.contains(id)) {
        graph.for_each_child(id, |c| {
            if on_data.contains(&c) {
                front.insert(c);
            }
        });
    }
    // Ids rise from children to parents.
    while front.len() > 1 {
        let last = front.pop_last()?;
        graph.for_each_child(last, |c| {
            if on_data.contains(&c) {
                front.insert(c);
            }
        });
    }
    front.pop_last().filter(|id| !is_data(*id))
}

/// Is a node a probability by what it is made with?
fn is_probability(graph: &Graph, id: Id) -> bool {
    match graph.node(id) {
        wrt_core::Node::Map(Primitive::Sigmoid, _) => true,
        wrt_core::Node::Operation(op::Operation::Softmax(_), _) => true,
        wrt_core::Node::Operation(op::Operation::Entry(_), args) => is_probability(graph, args[0]),
        _ => false,
    }
}

/// What a cost takes for a probability though nothing makes it one: numbers of any size, as a layer gives them.
pub(crate) fn no_probability(session: &Session) -> Option<String> {
    let (graph, parsed) = (session.graph(), session.document().parsed());
    let is_any = |id: Id| match graph.node(id) {
        wrt_core::Node::Sum(_) | wrt_core::Node::Contraction(..) => true,
        wrt_core::Node::Operation(op::Operation::Entry(_), args) => {
            matches!(graph.node(args[0]), wrt_core::Node::Sum(_) | wrt_core::Node::Contraction(..))
        }
        _ => false,
    };
    let taken = |c: &&Compared| c.is_probability && c.logits.is_none() && is_any(c.predicted);
    let found = parsed.compared.iter().find(taken)?;
    let name = parsed.definitions.iter().rev().find(|d| d.id == found.predicted);
    Some(name.map_or("z".to_string(), |d| d.name.clone()))
}

fn softmax(graph: &mut Graph, id: Id) -> Result<Id, Error> {
    let made = graph.operation(op::Softmax, &[id]);
    made.map_err(|_| Error::new(ErrorKind::Shape, "logits of classes have an axis of classes"))
}

/// What the numbers of a prediction are: those of classes have an axis as long as there are classes.
fn kind(graph: &Graph, target: &Declaration, id: Id, is_probability: bool) -> Predicted {
    let Some(Constraint::Labels(classes)) = &target.constraint else { return Predicted::Values };
    let dims: Vec<_> = graph.dims(id).iter().map(|d| graph.dimension(*d)).collect();
    match dims[..] {
        [_, last] if last == classes => Predicted::Classes,
        [_] if classes.as_size() == Some(2) && is_probability => Predicted::Chance,
        [_, one] if one.as_size() == Some(1) && classes.as_size() == Some(2) && is_probability => Predicted::Chance,
        _ => Predicted::Values,
    }
}
