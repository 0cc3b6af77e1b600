//! Labels that are words in a file: numbered as they come, then in the order of the alphabet.

use std::collections::HashMap;

use wrt::EngineReal;

use super::layout::Columns;
use crate::failure::Failure;
use crate::question;

/// Words with their numbers.
pub struct Words {
    numbers: HashMap<String, usize>,
    /// How often each came.
    counts: Vec<u64>,
    /// The number of the word that came first.
    first: Option<usize>,
    /// May other words than the known ones come?
    is_open: bool,
}

impl Words {
    /// With classes that are known, others are none; without, each word is a class.
    pub fn new(known: &[String]) -> Words {
        let numbers = known.iter().enumerate().map(|(k, word)| (word.clone(), k)).collect();
        Words { numbers, counts: vec![0; known.len()], first: None, is_open: known.is_empty() }
    }

    /// The number of a word that has come; none where it is no class.
    pub fn number(&mut self, word: &str) -> Option<usize> {
        let number = match self.numbers.get(word) {
            Some(number) => *number,
            None if !self.is_open => return None,
            None => {
                self.numbers.insert(word.to_string(), self.counts.len());
                self.counts.push(0);
                self.counts.len() - 1
            }
        };
        self.counts[number] += 1;
        self.first.get_or_insert(number);
        Some(number)
    }

    /// All words by their numbers.
    pub fn all(&self) -> Vec<String> {
        let mut all: Vec<(&String, &usize)> = self.numbers.iter().collect();
        all.sort_by_key(|(_, number)| **number);
        all.into_iter().map(|(word, _)| word.clone()).collect()
    }

    /// Numbers the labels by the alphabet, unless the classes were known; the classes by their labels, none where no words
    /// came. `given` is how many labels there are, numbers among them.
    pub fn settle<T: EngineReal>(
        &self,
        layout: &[Columns],
        data: &mut [Vec<T>],
        given: usize,
        file: &str,
    ) -> Result<Vec<String>, Failure> {
        let Some(first) = self.first else { return Ok(Vec::new()) };
        let came: u64 = self.counts.iter().sum();
        let label_columns: usize = layout.iter().filter(|c| c.is_label).map(|c| c.width).sum();
        if label_columns != 1 || came != given as u64 {
            let message = format!("{file}: words as classes are for one column of labels, and for all of its rows");
            return Err(Failure::plain(message));
        }
        let mut classes = self.all();
        if self.is_open {
            if self.counts[first] == 1 && came > 2 {
                question::warn(&format!(
                    "{file}: only the first line has the class `{}`; if that is a line of names, begin it with #",
                    classes[first]
                ));
            }
            classes.sort();
        }
        for (own, columns) in data.iter_mut().zip(layout).filter(|(_, c)| c.is_label) {
            if let Some(most) = columns.classes.filter(|most| (*most as usize) < classes.len()) {
                let (n, all) = (classes.len(), classes.join(", "));
                let message = format!("{file} has {n} classes ({all}), and `{}` has {most}", columns.name);
                return Err(Failure::plain(message));
            }
            let place = |word: &String| classes.binary_search(word).unwrap_or(0) as f64;
            let places: Vec<f64> = self.all().iter().map(place).collect();
            for x in own.iter_mut().filter(|x| self.is_open && !x.to_f64().is_nan()) {
                *x = T::from_f64(places[x.to_f64() as usize]);
            }
        }
        Ok(classes)
    }
}

/// How many labels there are that are not missing.
pub fn labels<T: EngineReal>(layout: &[Columns], data: &[Vec<T>]) -> usize {
    let labels = data.iter().zip(layout).find(|(_, c)| c.is_label);
    labels.map_or(0, |(own, _)| own.iter().filter(|x| !x.to_f64().is_nan()).count())
}
