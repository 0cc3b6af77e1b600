//! Rates of single parameters: `adam(rate = 0.001, rate_h = 0.0001)`.

use wrt_core::{Graph, Id, Node, Number, Primitive, Role, Term};
use wrt_language::{Declaration, Initial, Optimiser, closest};

use crate::document::Document;
use crate::error::{Error, ErrorKind};
use crate::session::Session;

/// What such a setting begins with; behind it stands a parameter, or a layer.
const PREFIX: &str = "rate_";

/// Is a setting, unknown to the optimiser itself, the rate of a parameter?
pub(crate) fn is_rate(setting: &str) -> bool {
    setting.starts_with(PREFIX)
}

/// Changes the updates of parameters that have a rate of their own: a step is as much longer as it is larger, whatever
/// schedule the common one follows; at 0 the parameter keeps its value.
pub(crate) fn apply(
    session: &mut Session,
    optimiser: &mut Optimiser,
    name: &str,
    given: &[(&str, &Number)],
) -> Result<(), Error> {
    let declared = session.document().parsed().declarations.iter().filter(|d| d.role == Role::Parameter);
    let parameters: Vec<(String, Id)> = declared.map(|d| (d.name.clone(), d.id)).collect();
    let names: Vec<&str> = given.iter().map(|(setting, _)| setting.strip_prefix(PREFIX).unwrap_or_default()).collect();
    // Of several that it belongs to, the nearest counts.
    let nearest = |(name, id): &(String, Id)| {
        let fitting = (0..names.len()).filter(|k| belongs(session.document(), name, *id, names[*k]));
        fitting.max_by_key(|k| names[*k].len())
    };
    let nearest: Vec<Option<usize>> = parameters.iter().map(nearest).collect();
    for (k, (setting, rate)) in given.iter().enumerate() {
        let of = names[k];
        if !parameters.iter().any(|(name, id)| belongs(session.document(), name, *id, of)) {
            let names = parameters.iter().map(|(n, _)| n.as_str());
            let help = match closest(of, names.clone()) {
                Some(near) => format!("did you mean `{PREFIX}{near}`?"),
                None => format!("there are {}", names.collect::<Vec<_>>().join(", ")),
            };
            return Err(Error::new(ErrorKind::Name, format!("`{setting}` is of no parameter")).with_help(help));
        }
        let common = common_rate(session.graph(), &optimiser.declarations, name);
        let Some(factor) = common.and_then(|c| Some(*rate * &c.recip()?)) else {
            let message = format!("`{setting}` stands beside the common rate, which is not above 0");
            return Err(Error::new(ErrorKind::Value, message).with_help("give rate a number above 0"));
        };
        for ((_, id), _) in parameters.iter().zip(&nearest).filter(|(_, nearest)| **nearest == Some(k)) {
            scale(session.graph_mut(), optimiser, *id, &factor);
        }
    }
    Ok(())
}

/// Is a parameter the one of this name, or part of the layer of this name? Those of a layer that the person wrote out are
/// called after it, where nothing else is called so.
fn belongs(document: &Document, parameter: &str, id: Id, of: &str) -> bool {
    let is_called_after =
        || parameter.strip_prefix(of).is_some_and(|rest| rest.starts_with('_')) && document.definition(of).is_none();
    parameter == of || document.layer_of(id).map_or_else(is_called_after, |layer| layer == of)
}

fn common_rate(graph: &Graph, declarations: &[Declaration], name: &str) -> Option<Number> {
    let rate = declarations.iter().find(|d| d.name == format!("{name}.rate"))?;
    match rate.initial {
        Some(Initial::Formula(value)) => graph.as_number(value).cloned(),
        _ => None,
    }
}

fn scale(graph: &mut Graph, optimiser: &mut Optimiser, parameter: Id, factor: &Number) {
    if factor.is_zero() {
        // Nothing that is carried for it alone is needed.
        let prefix = format!("{}.", graph.symbol_name(parameter));
        optimiser.updates.retain(|u| u.symbol != parameter && !graph.symbol_name(u.symbol).starts_with(&prefix));
        return;
    }
    for update in optimiser.updates.iter_mut().filter(|u| u.symbol == parameter) {
        update.value = longer(graph, parameter, update.value, factor);
    }
}

/// The value of a parameter after a step that is so much longer.
fn longer(graph: &mut Graph, old: Id, new: Id, factor: &Number) -> Id {
    match graph.node(new) {
        Node::Sum(terms) if terms.iter().any(|t| t.node == old && t.coefficient == Number::ONE) => {
            let own = |t: &Term| match t.node == old {
                true => t.clone(),
                false => Term::new(&t.coefficient * factor, t.node),
            };
            let terms: Vec<Term> = terms.iter().map(own).collect();
            graph.sum(&terms)
        }
        Node::Map(Primitive::Select, args) => {
            let (condition, new, other) = (args[0], args[1], args[2]);
            let new = longer(graph, old, new, factor);
            graph.map(Primitive::Select, &[condition, new, other])
        }
        _ => {
            let rest = &Number::ONE - factor;
            graph.sum(&[Term::new(rest, old), Term::new(factor.clone(), new)])
        }
    }
}
