//! Parameters in files: safetensors, by the names of the model.

use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use wrt::{EngineReal, Step, Trainer};

use crate::failure::Failure;

/// A kind of number whose bytes can be kept.
pub trait Kept: EngineReal {
    const DTYPE: Dtype;
    fn bytes(self) -> Vec<u8>;
}

impl Kept for f32 {
    const DTYPE: Dtype = Dtype::F32;
    fn bytes(self) -> Vec<u8> {
        self.to_le_bytes().to_vec()
    }
}

impl Kept for f64 {
    const DTYPE: Dtype = Dtype::F64;
    fn bytes(self) -> Vec<u8> {
        self.to_le_bytes().to_vec()
    }
}

/// The names of the parameters, and of the state of layers, with their shapes.
fn shapes<T: Kept>(step: &Step<T>, sizes: &[(&str, usize)]) -> Vec<(String, Vec<usize>)> {
    let size = |name: &str| sizes.iter().find(|(n, _)| *n == name).map(|(_, k)| *k as u64);
    let shape = |p: wrt::Input| {
        let own = p.dims.iter().filter_map(|d| usize::try_from(d.evaluate(size)?).ok()).collect();
        (p.name, own)
    };
    step.kept().into_iter().map(shape).collect()
}

/// The parameters as a file.
pub fn written<T: Kept>(step: &Step<T>, trainer: &Trainer<T>, sizes: &[(&str, usize)]) -> Result<Vec<u8>, Failure> {
    let failed = |e: safetensors::SafeTensorError| Failure::plain(format!("the weights could not be written: {e}"));
    let mut arrays: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
    for (name, shape) in shapes(step, sizes) {
        let values = trainer.values().get(&name).unwrap_or_default();
        arrays.push((name, shape, values.iter().flat_map(|x| x.bytes()).collect()));
    }
    let views = arrays
        .iter()
        .map(|(name, shape, bytes)| TensorView::new(T::DTYPE, shape.clone(), bytes).map(|view| (name.clone(), view)));
    let views = views.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    safetensors::serialize(views, None).map_err(failed)
}

/// Gives a trainer the parameters of a file, which has all of them in their shapes, in single or double precision.
pub fn read<T: Kept>(
    path: &Path,
    step: &Step<T>,
    trainer: &mut Trainer<T>,
    sizes: &[(&str, usize)],
) -> Result<(), Failure> {
    let file = path.display();
    let bytes = std::fs::read(path).map_err(|e| Failure::plain(format!("{file} could not be read: {e}")))?;
    let tensors = SafeTensors::deserialize(&bytes)
        .map_err(|e| Failure::plain(format!("{file} is no whole safetensors file: {e}")))?;
    let wanted = shapes(step, sizes);
    let found: Vec<(String, Vec<usize>)> =
        tensors.iter().map(|(name, view)| (name.to_string(), view.shape().to_vec())).collect();
    let fits = wanted.len() == found.len() && wanted.iter().all(|w| found.contains(w));
    if !fits {
        let list = |all: &[(String, Vec<usize>)]| {
            let mut all: Vec<String> = all.iter().map(|(name, shape)| format!("{name}{shape:?}")).collect();
            all.sort();
            all.join(", ")
        };
        let message = format!("{file} has {}; the model has {}", list(&found), list(&wanted));
        return Err(Failure::plain(message).with_help("names and shapes must be those of the model"));
    }
    for (name, view) in tensors.iter() {
        let values = numbers(view.dtype(), view.data())
            .ok_or_else(|| Failure::plain(format!("{file}: `{name}` is neither F32 nor F64")))?;
        if let Some(k) = values.iter().position(|x| !x.is_finite()) {
            return Err(Failure::plain(format!("{file}: entry {k} of `{name}` is {}", values[k])));
        }
        let values: Vec<T> = values.into_iter().map(T::from_f64).collect();
        trainer.set(name, &values).map_err(|e| Failure::plain(format!("{file}: {}", e.message())))?;
    }
    Ok(())
}

/// The numbers of little-endian bytes.
fn numbers(dtype: Dtype, bytes: &[u8]) -> Option<Vec<f64>> {
    match dtype {
        Dtype::F32 => Some(bytes.as_chunks::<4>().0.iter().map(|b| f64::from(f32::from_le_bytes(*b))).collect()),
        Dtype::F64 => Some(bytes.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect()),
        _ => None,
    }
}
