//! Parameters in files: safetensors, by the names of the model.

use std::collections::HashMap;
use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use wrt::{EngineReal, Step, Trainer};

use crate::failure::Failure;
use crate::npz::Named;

/// A kind of number whose bytes can be kept.
pub trait Kept: EngineReal + std::fmt::Display {
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

/// Names with shapes.
pub type Shapes = Vec<(String, Vec<usize>)>;

/// The names of the parameters, and of the state of layers, with their shapes.
pub fn shapes<T: Kept>(step: &Step<T>, sizes: &[(&str, usize)]) -> Shapes {
    let size = |name: &str| sizes.iter().find(|(n, _)| *n == name).map(|(_, k)| *k as u64);
    let shape = |p: wrt::Input| {
        let own = p.dims.iter().filter_map(|d| usize::try_from(d.evaluate(size)?).ok()).collect();
        (p.name, own)
    };
    step.kept().into_iter().map(shape).collect()
}

/// What a trainer carries under these names, as a file with some words about it.
pub fn written<T: Kept>(
    shapes: Shapes,
    trainer: &Trainer<T>,
    about: Option<HashMap<String, String>>,
) -> Result<Vec<u8>, Failure> {
    let failed = |e: safetensors::SafeTensorError| Failure::plain(format!("the weights could not be written: {e}"));
    let bytes = |name: &str| trainer.values().get(name).unwrap_or_default().iter().flat_map(|x| x.bytes()).collect();
    let arrays: Vec<(String, Vec<usize>, Vec<u8>)> = shapes
        .into_iter()
        .map(|(name, shape)| {
            let bytes = bytes(&name);
            (name, shape, bytes)
        })
        .collect();
    let views = arrays
        .iter()
        .map(|(name, shape, bytes)| TensorView::new(T::DTYPE, shape.clone(), bytes).map(|view| (name.clone(), view)));
    let views = views.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    safetensors::serialize(views, about).map_err(failed)
}

/// Gives a trainer the arrays of a file, which has all of them in their shapes, in single or double precision; but those
/// that are spared may be missing.
pub fn read<T: Kept>(path: &Path, wanted: &Shapes, spared: &[String], trainer: &mut Trainer<T>) -> Result<(), Failure> {
    let file = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|e| Failure::plain(format!("{file} could not be read: {e}")))?;
    taken(&bytes, &file, wanted, spared, trainer)
}

/// Gives a trainer the arrays of a file with these bytes.
pub fn taken<T: Kept>(
    bytes: &[u8],
    file: &str,
    wanted: &Shapes,
    spared: &[String],
    trainer: &mut Trainer<T>,
) -> Result<(), Failure> {
    let tensors = SafeTensors::deserialize(bytes)
        .map_err(|e| Failure::plain(format!("{file} is no whole safetensors file: {e}")))?;
    let found: Shapes = tensors.iter().map(|(name, view)| (name.to_string(), view.shape().to_vec())).collect();
    let is_spared = |(name, _): &&(String, Vec<usize>)| spared.contains(name) && found.iter().all(|(n, _)| n != name);
    let fits = found.iter().all(|f| wanted.contains(f)) && wanted.iter().all(|w| found.contains(w) || is_spared(&w));
    if !fits {
        let list = |all: &[(String, Vec<usize>)]| {
            let mut all: Vec<String> = all.iter().map(|(name, shape)| format!("{name}{shape:?}")).collect();
            all.sort();
            all.join(", ")
        };
        let message = format!("{file} has {}; the model has {}", list(&found), list(wanted));
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

/// The arrays of a file.
pub fn arrays<T: Kept>(path: &Path) -> Result<Vec<Named<T>>, Failure> {
    let file = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|e| Failure::plain(format!("{file} could not be read: {e}")))?;
    let tensors = SafeTensors::deserialize(&bytes)
        .map_err(|e| Failure::plain(format!("{file} is no whole safetensors file: {e}")))?;
    let array = |(name, view): (&str, TensorView<'_>)| {
        let data = numbers(view.dtype(), view.data())
            .ok_or_else(|| Failure::plain(format!("{file}: `{name}` is neither F32 nor F64")))?;
        let data = data.into_iter().map(T::from_f64).collect();
        Ok(Named { name: name.to_string(), shape: view.shape().to_vec(), data })
    };
    tensors.iter().map(array).collect()
}

/// The numbers of little-endian bytes.
fn numbers(dtype: Dtype, bytes: &[u8]) -> Option<Vec<f64>> {
    match dtype {
        Dtype::F32 => Some(bytes.as_chunks::<4>().0.iter().map(|b| f64::from(f32::from_le_bytes(*b))).collect()),
        Dtype::F64 => Some(bytes.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect()),
        _ => None,
    }
}
