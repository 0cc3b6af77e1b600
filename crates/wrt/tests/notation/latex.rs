//! A reader of the LaTeX that is printed of numbers, as strict as a careful person: what could be read in two ways is
//! refused.

/// A token; blanks separate and mean nothing.
#[derive(Clone, PartialEq, Debug)]
enum Token {
    /// `\frac` without the backslash; `\,` is `,`.
    Command(String),
    /// The words of `\text{…}`.
    Words(String),
    Number(String),
    Sign(char),
}

use Token::{Command, Number, Sign, Words};

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let chars: Vec<char> = text.chars().collect();
    let (mut out, mut at) = (Vec::new(), 0);
    let run = |from: usize, is: &dyn Fn(char) -> bool| chars[from..].iter().take_while(|c| is(**c)).collect::<String>();
    while at < chars.len() {
        let c = chars[at];
        if c == '\\' {
            let word = run(at + 1, &|c| c.is_ascii_alphabetic());
            let word = if word.is_empty() { chars.get(at + 1).map(char::to_string).unwrap_or_default() } else { word };
            at += 1 + word.chars().count();
            if word == "text" {
                let words = run(at + 1, &|c| c != '}');
                at += words.chars().count() + 2;
                out.push(Words(words.trim().to_string()));
            } else if word == "begin" || word == "end" {
                let name = run(at + 1, &|c| c != '}');
                at += name.chars().count() + 2;
                out.push(Command(format!("{word} {name}")));
            } else if word == "_" {
                return Err(format!("a name that is not upright in {text}"));
            } else if word == "mathrm" {
                let name = run(at + 1, &|c| c != '}').replace("\\_", "_");
                at += run(at + 1, &|c| c != '}').chars().count() + 2;
                out.push(Command(format!("mathrm {name}")));
            } else {
                out.push(Command(word));
            }
        } else if c.is_ascii_digit() {
            let digits = run(at, &|c| c.is_ascii_digit() || c == '.');
            at += digits.chars().count();
            out.push(Number(digits));
        } else {
            if c != ' ' {
                out.push(Sign(c));
            }
            at += 1;
        }
    }
    Ok(out)
}

/// The formula in the language.
pub fn read(text: &str) -> Result<String, String> {
    let mut reader = Reader { tokens: tokens(text)?, at: 0 };
    let formula = reader.formula()?;
    match reader.tokens.get(reader.at) {
        None => Ok(formula),
        Some(rest) => Err(format!("{rest:?} is left over in {text}")),
    }
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
}

type Read = Result<String, String>;

impl Reader {
    fn next(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn is(&self, token: &Token) -> bool {
        self.next() == Some(token)
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.is(token);
        self.at += found as usize;
        found
    }

    fn command(&mut self, word: &str) -> bool {
        self.take(&Command(word.into()))
    }

    fn expect(&mut self, token: &Token) -> Result<(), String> {
        if self.take(token) { Ok(()) } else { Err(format!("{token:?} is missing before {:?}", self.next())) }
    }

    /// A sum, or two that are compared, or cases by themselves.
    fn formula(&mut self) -> Read {
        if self.is(&Command("begin cases".into())) {
            return self.cases();
        }
        let left = self.sum()?;
        let sign = match self.next() {
            Some(Sign('<')) => "<",
            Some(Sign('>')) => ">",
            Some(Sign('=')) => "==",
            Some(Command(c)) if c == "le" => "<=",
            Some(Command(c)) if c == "ge" => ">=",
            Some(Command(c)) if c == "ne" => "!=",
            _ => return Ok(left),
        };
        self.at += 1;
        Ok(format!("{left} {sign} {}", self.sum()?))
    }

    fn cases(&mut self) -> Read {
        self.expect(&Command("begin cases".into()))?;
        let first = self.formula()?;
        self.expect(&Sign('&'))?;
        self.expect(&Words("if".into()))?;
        let condition = self.formula()?;
        self.expect(&Command("\\".into()))?;
        let second = self.formula()?;
        self.expect(&Sign('&'))?;
        self.expect(&Words("otherwise".into()))?;
        self.expect(&Command("end cases".into()))?;
        Ok(format!("where({condition}, {first}, {second})"))
    }

    fn sum(&mut self) -> Read {
        let mut out = if self.take(&Sign('-')) { format!("-({})", self.product()?) } else { self.product()? };
        loop {
            let sign = match self.next() {
                Some(Sign(sign @ ('+' | '-'))) => *sign,
                _ => return Ok(out),
            };
            self.at += 1;
            out = format!("{out} {sign} ({})", self.product()?);
        }
    }

    /// Factors with a space between them.
    fn product(&mut self) -> Read {
        let mut out = format!("({})", self.power()?);
        while self.command(",") || self.command("cdot") {
            out = format!("{out}*({})", self.power()?);
        }
        Ok(out)
    }

    fn power(&mut self) -> Read {
        let before = self.at;
        let base = self.base()?;
        if !self.take(&Sign('^')) {
            return Ok(base);
        }
        if self.tokens[self.at - 2] == Sign(')') && matches!(self.tokens[before], Command(ref c) if c != "left") {
            return Err("the exponent may belong to the argument or to the function's value".into());
        }
        let exponent = self.group()?;
        if self.is(&Sign('^')) {
            return Err("a double superscript".into());
        }
        Ok(format!("({base})^({exponent})"))
    }

    /// `{…}`
    fn group(&mut self) -> Read {
        self.expect(&Sign('{'))?;
        let inner = self.formula()?;
        self.expect(&Sign('}'))?;
        Ok(inner)
    }

    fn base(&mut self) -> Read {
        let token = self.next().cloned().ok_or("something is missing at the end")?;
        self.at += 1;
        match token {
            Number(n) => Ok(n),
            Sign('{') => {
                self.at -= 1;
                self.group()
            }
            Sign('H') if self.take(&Sign('_')) => {
                let at_zero = self.group()?;
                Ok(format!("heaviside({}, {at_zero})", self.arguments()?))
            }
            Sign(name) if name.is_alphabetic() => Ok(name.to_string()),
            Command(word) => self.word(&word),
            other => Err(format!("{other:?} is no start of a factor")),
        }
    }

    fn word(&mut self, word: &str) -> Read {
        match word {
            "left" => self.bracketed(),
            "frac" => {
                let above = self.group()?;
                Ok(format!("({above})/({})", self.group()?))
            }
            "sqrt" if self.take(&Sign('[')) => {
                self.expect(&Number("3".into()))?;
                self.expect(&Sign(']'))?;
                Ok(format!("cbrt({})", self.group()?))
            }
            "sqrt" => Ok(format!("sqrt({})", self.group()?)),
            "pi" => Ok("pi".into()),
            "log" if self.take(&Sign('_')) => {
                // One digit, or several in braces.
                let braces = self.take(&Sign('{'));
                let Some(Number(base)) = self.next().cloned() else { return Err("a logarithm to what base?".into()) };
                self.at += 1;
                if braces {
                    self.expect(&Sign('}'))?;
                }
                self.function(&format!("log{base}"))
            }
            // Of bars without parentheses.
            "log" if self.is(&Command("left".into())) && self.tokens.get(self.at + 1) == Some(&Sign('|')) => {
                self.at += 1;
                Ok(format!("log({})", self.bracketed()?))
            }
            "Gamma" => self.function("gamma"),
            "psi" if self.tokens[self.at..].starts_with(&[Sign('^'), Sign('{'), Sign('(')]) => {
                self.at += 3;
                let order = self.formula()?;
                self.expect(&Sign(')'))?;
                self.expect(&Sign('}'))?;
                Ok(format!("polygamma({order}, {})", self.arguments()?))
            }
            "psi" => self.function("digamma"),
            "sigma" => self.function("sigmoid"),
            name => self.function(name.strip_prefix("mathrm ").unwrap_or(name)),
        }
    }

    /// A function's value, or a power of it whose exponent stands behind the name.
    fn function(&mut self, name: &str) -> Read {
        if self.take(&Sign('^')) {
            let exponent = self.group()?;
            return Ok(format!("({name}({}))^({exponent})", self.arguments()?));
        }
        Ok(format!("{name}({})", self.arguments()?))
    }

    fn arguments(&mut self) -> Read {
        self.expect(&Command("left".into()))?;
        self.expect(&Sign('('))?;
        let mut out = self.formula()?;
        while self.take(&Sign(',')) {
            out = format!("{out}, {}", self.formula()?);
        }
        self.expect(&Command("right".into()))?;
        self.expect(&Sign(')'))?;
        Ok(out)
    }

    /// Behind `\left`.
    fn bracketed(&mut self) -> Read {
        let (open, token) = match self.next() {
            Some(Sign('(')) => ("(", Sign(')')),
            Some(Sign('|')) => ("abs(", Sign('|')),
            Some(Command(c)) if c == "lfloor" => ("floor(", Command("rfloor".into())),
            Some(Command(c)) if c == "lceil" => ("ceil(", Command("rceil".into())),
            other => return Err(format!("\\left before {other:?}")),
        };
        self.at += 1;
        let inner = self.formula()?;
        self.expect(&Command("right".into()))?;
        self.expect(&token)?;
        Ok(format!("{open}{inner})"))
    }
}

#[test]
fn what_reads_in_two_ways_is_refused() {
    for text in [r"\sin\left(u\right)^{2}", r"u^{2}^{3}", r"2 u", r"u + -v", r"\frac{u}{}", r"\left(u", r"e^{0}}", "u,"]
    {
        assert!(read(text).is_err(), "{text}: {:?}", read(text));
    }
    for (text, want) in
        [(r"\sin^{2}\left(u\right)", "((sin(u))^(2))"), (r"2 \, \left(u + 1\right)^{2}", "(2)*(((u) + ((1)))^(2))")]
    {
        let got = read(text).unwrap();
        assert_eq!(got.replace(['(', ')', ' '], ""), want.replace(['(', ')', ' '], ""));
    }
}
