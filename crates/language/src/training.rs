//! Metrics, and how to train: `train adam(rate = 0.001), epochs = 30`.

use wrt_core::{Graph, Number};

use crate::diagnostic::{Diagnostic, DiagnosticKind as Kind};
use crate::lexer::Token;
use crate::model::{Metric, Setting, Train};
use crate::parser::{Parser, Scope, error};

/// What opens a list and closes it, and what is expected behind an entry.
type Brackets = (Token, Token, &'static str);

const ROUND: Brackets = (Token::Open, Token::Close, "`,` or `)`");
const SQUARE: Brackets = (Token::OpenBracket, Token::CloseBracket, "`,` or `]`");

impl<'s> Parser<'s, '_> {
    /// `metric accuracy, top_k(5)`, `metric err = mean(abs(p - y))`
    pub(crate) fn metric(&mut self) -> Result<(), Diagnostic> {
        loop {
            self.advance()?;
            let name = self.wanted_name("the name of a metric")?;
            let (text, start) = (name.0.to_string(), name.1.start);
            if self.token == Token::Assign {
                self.definition(name)?;
                self.metrics.push(Metric::Defined(text));
                return Ok(());
            }
            let numbers = self.in_brackets(ROUND, |p| p.plain_number())?;
            self.metrics.push(Metric::Named { name: text, numbers, span: start..self.ended.max(name.1.end) });
            match self.token {
                Token::Comma => {}
                Token::Separator | Token::End => return Ok(()),
                _ => return Err(self.expected("`=`, `,` or the end of the line after the name of a metric")),
            }
        }
    }

    /// `train adam(rate = 0.001), epochs = 30`
    pub(crate) fn training(&mut self) -> Result<(), Diagnostic> {
        self.advance()?;
        let (optimiser, place) = self.wanted_name("the name of an optimiser")?;
        if self.train.is_some() {
            return Err(error(Kind::Name, &place, "the model says twice how to train"));
        }
        let mut train = Train { optimiser: optimiser.to_string(), options: Vec::new(), settings: Vec::new() };
        train.options = self.in_brackets(ROUND, |p| p.setting())?;
        while self.token == Token::Comma {
            self.advance()?;
            train.settings.push(self.setting()?);
        }
        if !matches!(self.token, Token::Separator | Token::End) {
            return Err(self.expected("`,` or the end of the line"));
        }
        self.train = Some(train);
        Ok(())
    }

    /// What stands in brackets, if there are any: one after the other, with commas.
    fn in_brackets<T>(
        &mut self,
        (open, close, wanted): Brackets,
        mut one: impl FnMut(&mut Self) -> Result<T, Diagnostic>,
    ) -> Result<Vec<T>, Diagnostic> {
        let mut all = Vec::new();
        if self.token != open {
            return Ok(all);
        }
        self.advance()?;
        while self.token != close {
            all.push(one(self)?);
            match self.token {
                Token::Comma => self.advance()?,
                token if token == close => {}
                _ => return Err(self.expected(wanted)),
            }
        }
        self.advance()?;
        Ok(all)
    }

    fn setting_name(&mut self) -> Result<String, Diagnostic> {
        let (name, _) = self.wanted_name("a setting, as in rate = 0.1")?;
        if self.token != Token::Assign {
            return Err(self.expected("`=`"));
        }
        self.advance()?;
        Ok(name.to_string())
    }

    fn setting(&mut self) -> Result<(String, Setting), Diagnostic> {
        Ok((self.setting_name()?, self.setting_value()?))
    }

    /// `0.1`, `true`, `[0.1, 0.01]`, `cosine(steps = 1000)`
    fn setting_value(&mut self) -> Result<Setting, Diagnostic> {
        let word = self.slice(&self.span.clone());
        if self.token != Token::Name || matches!(word, "pi" | "π" | "true" | "false") {
            return self.plain_setting();
        }
        self.advance()?;
        let own = self.in_brackets(ROUND, |p| Ok((p.setting_name()?, p.plain_setting()?)))?;
        Ok(Setting::Word(word.to_string(), own))
    }

    /// A setting's value that is no word.
    fn plain_setting(&mut self) -> Result<Setting, Diagnostic> {
        let number = match (self.token, self.slice(&self.span.clone())) {
            (Token::OpenBracket, _) => {
                return Ok(Setting::Numbers(self.in_brackets(SQUARE, |p| p.plain_number())?));
            }
            (_, "true") => Number::ONE,
            (_, "false") => Number::ZERO,
            _ => return Ok(Setting::Number(self.plain_number()?)),
        };
        self.advance()?;
        Ok(Setting::Number(number))
    }
}

/// Reads the value of a setting, as it stands in a `train` line.
///
/// # Errors
/// With the place, for any text that is none.
///
/// ```
/// use wrt_language::{Setting, setting};
/// assert_eq!(setting("cosine(steps = 1e3)").unwrap().to_string(), "cosine(steps = 1000)");
/// assert!(setting("0.1, 0.2").is_err());
/// ```
pub fn setting(text: &str) -> Result<Setting, Diagnostic> {
    let (mut graph, scope) = (Graph::new(), Scope::default());
    let mut parser = Parser::new(&mut graph, text, &scope)?;
    parser.advance()?;
    let value = parser.setting_value()?;
    if parser.token == Token::End { Ok(value) } else { Err(parser.expected("the end of the setting")) }
}
