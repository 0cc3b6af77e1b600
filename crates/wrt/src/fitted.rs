//! Constants that hang on data, `const middle = mean(y)` or those of `standardize(X)`: known when there are rows to train on.

use wrt_engine::EngineReal;
use wrt_run::Sizes;

use crate::error::{Error, ErrorKind};
use crate::model::Model;
use crate::program::Program;
use crate::training::CarriedValues;

/// Computes the constants of a model in the order of the text, from the rows of its data, in double precision.
///
/// # Errors
/// Where one has no finite value.
pub(crate) fn fit<T: EngineReal>(
    model: &Model,
    data: &[(&str, &[T])],
    sizes: &[(&str, usize)],
    carried: &mut CarriedValues<T>,
) -> Result<(), Error> {
    let session = model.cost().lock();
    let document = session.document();
    let mut known: Vec<(&str, Vec<f64>)> = Vec::new();
    for fitted in &document.parsed().fitted {
        let name = session.graph().symbol_name(fitted.symbol);
        let program = Program::<f64>::of_nodes(session.graph(), &[fitted.value])?.with_sizes(sizes);
        let value = |name: &str| -> Result<Vec<f64>, Error> {
            if let Some((_, rows)) = data.iter().find(|(n, _)| *n == name) {
                return Ok(rows.iter().map(|x| x.to_f64()).collect());
            }
            if let Some((_, own)) = known.iter().find(|(n, _)| *n == name) {
                return Ok(own.clone());
            }
            let declared = document.parsed().declarations.iter().find(|d| d.name == name);
            let declared = declared.ok_or_else(|| Error::new(ErrorKind::Value, format!("`{name}` has no value")))?;
            let sizes: Sizes = sizes.iter().map(|(n, k)| ((*n).to_string(), *k)).collect();
            Ok(document.initial_value(declared, 0, &sizes)?.data)
        };
        let given = program.inputs().iter().map(|i| value(&i.name)).collect::<Result<Vec<_>, Error>>()?;
        let given: Vec<&[f64]> = given.iter().map(Vec::as_slice).collect();
        let mut found = program.room(&given);
        let mut lent: Vec<&mut [f64]> = found.iter_mut().map(Vec::as_mut_slice).collect();
        program.run(&mut program.workspace(), &given, &mut lent)?;
        let found = found.swap_remove(0);
        if let Some(x) = found.iter().find(|x| !x.is_finite()) {
            let message = format!("`{name}` is {x} in the rows to train on");
            return Err(Error::new(ErrorKind::Value, message));
        }
        // What the cost does not hang on is not carried.
        let own = carried.get_mut(name).unwrap_or_default();
        own.iter_mut().zip(&found).for_each(|(own, x)| *own = T::from_f64(*x));
        known.push((name, found));
    }
    Ok(())
}
