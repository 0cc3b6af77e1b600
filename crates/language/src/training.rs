//! Metrics, and how to train: `train adam(rate = 0.001), epochs = 30`.

use wrt_core::Number;

use crate::diagnostic::{Diagnostic, DiagnosticKind as Kind};
use crate::lexer::Token;
use crate::model::Train;
use crate::parser::{Parser, error};

impl<'s> Parser<'s, '_> {
    pub(crate) fn metric(&mut self) -> Result<(), Diagnostic> {
        self.advance()?;
        let name = self.wanted_name("the name of the metric")?;
        if self.token != Token::Assign {
            return Err(self.expected("`=` after the name of the metric"));
        }
        let text = name.0.to_string();
        self.definition(name)?;
        self.metrics.push(text);
        Ok(())
    }

    /// `train adam(rate = 0.001), epochs = 30`
    pub(crate) fn training(&mut self) -> Result<(), Diagnostic> {
        self.advance()?;
        let (optimiser, place) = self.wanted_name("the name of an optimiser")?;
        if self.train.is_some() {
            return Err(error(Kind::Name, &place, "the model says twice how to train"));
        }
        let mut train = Train { optimiser: optimiser.to_string(), options: Vec::new(), settings: Vec::new() };
        if self.token == Token::Open {
            self.advance()?;
            while self.token != Token::Close {
                train.options.push(self.setting()?);
                match self.token {
                    Token::Comma => self.advance()?,
                    Token::Close => {}
                    _ => return Err(self.expected("`,` or `)`")),
                }
            }
            self.advance()?;
        }
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

    fn setting(&mut self) -> Result<(String, Number), Diagnostic> {
        let (name, _) = self.wanted_name("a setting, as in rate = 0.1")?;
        if self.token != Token::Assign {
            return Err(self.expected("`=`"));
        }
        self.advance()?;
        Ok((name.to_string(), self.plain_number()?))
    }
}
