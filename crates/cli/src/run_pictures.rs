//! The pictures of a run: its losses over the epochs, and which classes a classifier mixes up.

use wrt::{Model, Part, Prediction, Trainer};
use wrt_draw::Theme;

use crate::failure::Failure;
use crate::run_folder::RunFolder;
use crate::weights::Kept;

/// Classes that are told apart in a picture.
const MANY_CLASSES: usize = 40;

/// Draws the history of a run, which is that of its `history.csv`.
pub fn history(folder: &RunFolder, title: &str, csv: &str, best: Option<usize>) -> Result<(), Failure> {
    let mut lines = csv.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let mut columns: Vec<(&str, Vec<f64>)> = names.iter().map(|name| (*name, Vec::new())).collect();
    for line in lines {
        for (column, field) in columns.iter_mut().zip(line.split(',')) {
            column.1.push(field.parse().unwrap_or(f64::NAN));
        }
    }
    let Some(epochs) = columns.first().map(|(_, epochs)| epochs.clone()).filter(|e| !e.is_empty()) else {
        return Ok(());
    };
    let scene = wrt_draw::history(title, &epochs, &columns[1..], best);
    folder.write("loss.svg", wrt_draw::svg(&scene, Theme::Light).as_bytes())
}

/// Draws how often rows of each class were taken for each, on rows that nothing was trained on, if there are any.
pub fn confusion<T: Kept>(
    folder: &RunFolder,
    model: &Model,
    trainer: &mut Trainer<T>,
    words: &[String],
) -> Result<bool, Failure> {
    // What predicts nothing has no classes either.
    let Ok(prediction) = Prediction::new(model, None) else { return Ok(false) };
    let parts = [(Part::Test, "Test"), (Part::Validation, "Validation"), (Part::Train, "Training")];
    let Some((part, name)) = parts.into_iter().find(|(part, _)| trainer.rows(*part) > 0) else { return Ok(false) };
    let counts = trainer.confusion(&prediction, part);
    let counts = counts.map_err(|e| Failure::plain(format!("the confusion matrix: {}", e.message())))?;
    let Some(counts) = counts.filter(|c| c.len() <= MANY_CLASSES) else { return Ok(false) };
    let class = |k: usize| words.get(k).cloned().unwrap_or_else(|| k.to_string());
    let classes: Vec<String> = (0..counts.len()).map(class).collect();
    let scene = wrt_draw::confusion(&format!("{name} rows: true and predicted classes"), &classes, &counts);
    folder.write("confusion.svg", wrt_draw::svg(&scene, Theme::Light).as_bytes())?;
    Ok(true)
}
