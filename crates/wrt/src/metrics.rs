//! Metrics by name: texts of the language about the target `y` and what the model predicts of it, `p`.

use wrt_core::{Graph, Id, Node, Number, Primitive, ShapeError, Term, operations as op};
use wrt_language::{Constraint, Metric, Parsed, closest};

use crate::error::{Error, ErrorKind};
use crate::prediction::{Known, Predicted, known};
use crate::session::Session;

/// A metric: its texts for each kind of target, none where it has no meaning.
///
/// `Y` and `H` are the classes that are right and those that are predicted, as rows with a 1; `k` is the metric's number.
struct Row {
    name: &'static str,
    /// Its names elsewhere.
    others: &'static [&'static str],
    /// What its number is, where it has one.
    number: Option<i64>,
    classes: Option<&'static str>,
    /// Of two classes: `p` is the probability of class 1.
    chance: Option<&'static str>,
    values: Option<&'static str>,
    /// Is `chance` about vectors, so that of several columns the mean of theirs is taken?
    by_column: bool,
}

const fn of_values(name: &'static str, others: &'static [&'static str], text: &'static str) -> Row {
    Row { name, others, number: None, classes: None, chance: Some(text), values: Some(text), by_column: false }
}

const fn of_classes(
    name: &'static str,
    others: &'static [&'static str],
    classes: Option<&'static str>,
    chance: Option<&'static str>,
) -> Row {
    Row { name, others, number: None, classes, chance, values: None, by_column: false }
}

/// Of several classes, precision, recall and F1 are the mean of those of each class that occurs, as target or as answer.
const METRICS: [Row; 10] = [
    of_classes(
        "accuracy",
        &["acc", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy"],
        Some("mean(argmax(p, axis=-1) == argmax(Y, axis=-1))"),
        Some("mean((p > 1/2) == y)"),
    ),
    Row {
        number: Some(5),
        ..of_classes(
            "top_k",
            &["top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy"],
            // Of all classes, those that are not above the right one: what is no number is none of these.
            Some("mean(sum(p <= sum(p*Y, axis=1)[:, None], axis=1) > max(sum(Y >= 0, axis=1) - k, 0))"),
            None,
        )
    },
    of_classes(
        "precision",
        &[],
        Some("n = sum(H, axis=0); m = sum(Y, axis=0); sum(sum(H*Y, axis=0)/max(n, 1))/sum(n + m > 0)"),
        Some("h = p > 1/2; sum(h*y)/max(sum(h), 1)"),
    ),
    of_classes(
        "recall",
        &[],
        Some("n = sum(H, axis=0); m = sum(Y, axis=0); sum(sum(H*Y, axis=0)/max(m, 1))/sum(n + m > 0)"),
        Some("h = p > 1/2; sum(h*y)/max(sum(y), 1)"),
    ),
    of_classes(
        "f1",
        &["f1_score", "fbeta_score"],
        Some("n = sum(H, axis=0); m = sum(Y, axis=0); sum(2*sum(H*Y, axis=0)/max(n + m, 1))/sum(n + m > 0)"),
        Some("h = p > 1/2; 2*sum(h*y)/max(sum(h) + sum(y), 1)"),
    ),
    // Mann & Whitney (1947): how often a row of class 1 has the larger probability, and half of the ties. Sorting is
    // stable: once rows of class 0 come first among equal ones, and once those of class 1.
    Row {
        by_column: true,
        ..of_classes(
            "auc",
            &["roc_auc", "roc_auc_score"],
            None,
            Some(
                "wins(order) = sum(y[order][argsort(p[order])]*cumsum(1 - y[order][argsort(p[order])]))
(wins(argsort(y)) + wins(argsort(-y)))/(2*sum(y)*sum(1 - y))",
            ),
        )
    },
    of_values("mae", &["mean_absolute_error"], "mean(abs(p - y))"),
    of_values("mse", &["mean_squared_error"], "mean((p - y)^2)"),
    of_values("rmse", &["root_mean_squared_error"], "sqrt(mean((p - y)^2))"),
    Row {
        chance: None,
        ..of_values(
            "r2",
            &["r2_score", "r_squared"],
            "mean(1 - sum((p - y)^2, axis=0)/sum((y - mean(y, axis=0))^2, axis=0))",
        )
    },
];

fn row(name: &str) -> Option<&'static Row> {
    let name = name.to_lowercase();
    METRICS.iter().find(|row| row.name == name || row.others.contains(&name.as_str()))
}

/// Refuses metrics that nobody knows, and numbers that they don't have.
pub(crate) fn check(parsed: &Parsed) -> Result<(), Error> {
    let mut names: Vec<String> = Vec::new();
    for metric in &parsed.metrics {
        let name = called(metric)?;
        if let Metric::Named { span, .. } = metric
            && names.contains(&name)
        {
            return Err(Error::new(ErrorKind::Name, format!("`{name}` is measured twice")).at(span.clone()));
        }
        names.push(name);
    }
    Ok(())
}

/// What a metric is called in tables: `top_5` for `top_k(5)`.
fn called(metric: &Metric) -> Result<String, Error> {
    let Metric::Named { name, numbers, span } = metric else {
        let Metric::Defined(name) = metric else { return Ok(String::new()) };
        return Ok(name.clone());
    };
    let Some(row) = row(name) else {
        let all = METRICS.iter().flat_map(|row| row.others.iter().chain([&row.name]).copied());
        let help = match closest(name, all) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                let names: Vec<&str> = METRICS.iter().map(|row| row.name).collect();
                format!("there are {}; or write a formula: metric {name} = …", names.join(", "))
            }
        };
        return Err(Error::new(ErrorKind::Name, format!("there is no metric `{name}`"))
            .with_help(help)
            .at(span.clone()));
    };
    match (row.number, &numbers[..]) {
        (None, []) => Ok(row.name.to_string()),
        (Some(default), []) => Ok(row.name.replace('k', &default.to_string())),
        (Some(_), [k]) if k.as_i64().is_some_and(|k| k > 0) => Ok(row.name.replace('k', &k.to_string())),
        (Some(_), _) => Err(Error::new(ErrorKind::Arguments, format!("`{name}` has one whole number above 0"))
            .with_help(format!("write {}(3)", row.name))
            .at(span.clone())),
        (None, _) => Err(Error::new(ErrorKind::Arguments, format!("`{name}` has no numbers"))
            .with_help(format!("write metric {}", row.name))
            .at(span.clone())),
    }
}

/// The names of the metrics of a model, and their nodes.
///
/// # Errors
/// Where one has no meaning for what the model predicts.
pub(crate) fn metrics(session: &mut Session, root: Id) -> Result<(Vec<String>, Vec<Id>), Error> {
    let parsed = session.document().parsed();
    let all = parsed.metrics.clone();
    let is_named = |m: &Metric| matches!(m, Metric::Named { .. });
    let about = if all.iter().any(is_named) { Some(About::of(session, root)) } else { None };
    let (mut names, mut nodes) = (Vec::new(), Vec::new());
    for metric in &all {
        let name = called(metric)?;
        let node = match (metric, &about) {
            (Metric::Named { name, numbers, span }, Some(about)) => {
                let place = |e: Error| e.at(span.clone());
                let about = about.as_ref().map_err(|e| place(e.clone()))?;
                about.node(session.graph_mut(), name, numbers).map_err(place)?
            }
            _ => match session.document().definition(&name) {
                Some(id) => id,
                None => continue,
            },
        };
        names.push(name);
        nodes.push(node);
    }
    Ok((names, nodes))
}

/// What metrics are about: which names their texts may have for which nodes.
struct About {
    classes: Vec<(&'static str, Id)>,
    chance: Vec<(&'static str, Id)>,
    values: Vec<(&'static str, Id)>,
    /// `chance` for each column, where it is of a matrix.
    columns: Vec<Vec<(&'static str, Id)>>,
}

/// The most columns of which a metric by columns is made.
const MOST_COLUMNS: u64 = 256;

impl About {
    fn of(session: &mut Session, root: Id) -> Result<About, Error> {
        let Known { target, value, predicted, .. } = known(session, root, None)?;
        let graph = session.graph_mut();
        let mut about = About { classes: Vec::new(), chance: Vec::new(), values: Vec::new(), columns: Vec::new() };
        let made = match (&target.constraint, predicted) {
            (Some(Constraint::Labels(classes)), Predicted::Classes) => {
                let right = graph.operation(op::OneHot { classes: classes.clone() }, &[target.id]);
                right.and_then(|right| about.of_classes(graph, right, value, Some(target.id)))
            }
            (_, Predicted::Chance) => column(graph, target.id, 0).and_then(|y| {
                about.chance = vec![("y", y), ("p", column(graph, value, 0)?)];
                Ok(())
            }),
            (None, Predicted::Values) if is_softmax(graph, value) => about.of_classes(graph, target.id, value, None),
            (None, Predicted::Values) if is_sigmoid(graph, value) => {
                about.chance = vec![("y", target.id), ("p", value)];
                about.values.clone_from(&about.chance);
                about.columns(graph)
            }
            _ => {
                about.values = vec![("y", target.id), ("p", value)];
                Ok(())
            }
        };
        let failed = |e: ShapeError| Error::new(ErrorKind::Shape, format!("the metric does not fit the target: {e}"));
        made.map(|()| about).map_err(failed)
    }

    /// What is known of each column by itself, where there are several; of one, all is about that.
    fn columns(&mut self, graph: &mut Graph) -> Result<(), ShapeError> {
        let count = |id: Id| match graph.dims(id) {
            [_, last] => graph.dimension(*last).as_size(),
            _ => None,
        };
        let counts: Vec<Option<u64>> = self.chance.iter().map(|(_, id)| count(*id)).collect();
        let Some(&Some(count)) = counts.first().filter(|n| counts.iter().all(|other| other == *n)) else {
            return Ok(());
        };
        let mut of = |at: u64| {
            let one = |(name, id): &(&'static str, Id)| Ok((*name, column(graph, *id, at as i64)?));
            self.chance.iter().map(one).collect::<Result<Vec<_>, ShapeError>>()
        };
        self.columns = (0..count.min(MOST_COLUMNS)).map(&mut of).collect::<Result<_, _>>()?;
        if let [only] = &self.columns[..] {
            self.chance.clone_from(only);
        }
        Ok(())
    }

    /// Where the rows of `right` have a 1 at their class.
    fn of_classes(&mut self, graph: &mut Graph, right: Id, p: Id, labels: Option<Id>) -> Result<(), ShapeError> {
        self.classes = vec![("Y", right), ("p", p)];
        if let ([_, last], 2) = (graph.dims(p), graph.rank(right)) {
            let classes = graph.dimension(*last).clone();
            let answer = graph.operation(op::ArgMax, &[p])?;
            let is_two = classes.as_size() == Some(2);
            self.classes.push(("H", graph.operation(op::OneHot { classes }, &[answer])?));
            if is_two {
                let y = match labels {
                    Some(labels) => labels,
                    None => column(graph, right, 1)?,
                };
                self.chance = vec![("y", y), ("p", column(graph, p, 1)?)];
            }
        }
        Ok(())
    }

    fn node(&self, graph: &mut Graph, name: &str, numbers: &[Number]) -> Result<Id, Error> {
        let Some(row) = row(name) else {
            return Err(Error::new(ErrorKind::Name, format!("there is no metric `{name}`")));
        };
        // Of two classes it is that of class 1, where it is not the same for both.
        let kinds = [(row.chance, &self.chance), (row.classes, &self.classes), (row.values, &self.values)];
        let Some((text, given)) =
            kinds.into_iter().find_map(|(text, given)| Some((text.filter(|_| !given.is_empty())?, given)))
        else {
            return Err(self.no_meaning(row));
        };
        let default = Number::integer(row.number.unwrap_or(0));
        let k = graph.number(numbers.first().cloned().unwrap_or(default));
        let is_matrix = given.iter().any(|(_, id)| graph.rank(*id) > 1);
        if !(row.by_column && is_matrix) {
            return made(graph, row, text, given, k);
        }
        let width = given.first().map(|(_, id)| graph.dims(*id).to_vec()).unwrap_or_default();
        let is_whole =
            matches!(width[..], [_, last] if graph.dimension(last).as_size() == Some(self.columns.len() as u64));
        let Some(share) = Number::ratio(1, self.columns.len() as _).filter(|_| is_whole) else {
            let message = format!("`{}` of several columns needs their number in the text", row.name);
            let help = format!("write data y[m, 3], with at most {MOST_COLUMNS}");
            return Err(Error::new(ErrorKind::Shape, message).with_help(help));
        };
        let each = self.columns.iter().map(|given| Ok(Term::new(share.clone(), made(graph, row, text, given, k)?)));
        let each = each.collect::<Result<Vec<Term>, Error>>()?;
        Ok(graph.sum(&each))
    }

    fn no_meaning(&self, row: &Row) -> Error {
        let (what, others): (&str, fn(&Row) -> bool) = if !self.chance.is_empty() {
            ("of several classes, and there are two", |r| r.chance.is_some())
        } else if !self.classes.is_empty() {
            if row.chance.is_some() && row.values.is_none() {
                ("of two classes, and there are more", |r| r.classes.is_some())
            } else {
                ("of numbers, and the target is a class", |r| r.classes.is_some())
            }
        } else {
            ("of classes, and the target is a number", |r| r.values.is_some())
        };
        let names: Vec<&str> = METRICS.iter().filter(|r| others(r)).map(|r| r.name).collect();
        let message = format!("the metric `{}` is {what}", row.name);
        Error::new(ErrorKind::Value, message).with_help(format!("there are {}", names.join(", ")))
    }
}

/// The text of a metric as a node.
fn made(graph: &mut Graph, row: &Row, text: &str, given: &[(&'static str, Id)], k: Id) -> Result<Id, Error> {
    let given: Vec<(&str, Id)> = given.iter().copied().chain([("k", k)]).collect();
    let made = wrt_language::formula(graph, text, &format!("{}.", row.name), &given);
    made.map_err(|e| Error::new(ErrorKind::Shape, format!("`{}` does not fit this model: {}", row.name, e.message)))
}

/// A column of a matrix; a vector as it is.
fn column(graph: &mut Graph, id: Id, at: i64) -> Result<Id, ShapeError> {
    match graph.rank(id) {
        0 | 1 => Ok(id),
        _ => graph.operation(op::Entry { at }, &[id]),
    }
}

fn is_softmax(graph: &Graph, id: Id) -> bool {
    matches!(graph.node(id), Node::Operation(op::Operation::Softmax(_), _))
}

fn is_sigmoid(graph: &Graph, id: Id) -> bool {
    matches!(graph.node(id), Node::Map(Primitive::Sigmoid, _))
}
