//! Text to tokens, one at a time.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, DiagnosticKind};

/// A piece of the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Token {
    Number,
    Name,
    /// Raised digits: `w²`.
    Superscript,
    Plus,
    Minus,
    Times,
    Divide,
    Power,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    EqualEqual,
    NotEqual,
    Assign,
    /// `:=`
    Update,
    Open,
    Close,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    Colon,
    /// `..`
    Range,
    /// `@`
    MatrixProduct,
    /// `"ij,jk->ik"`
    Text,
    /// `'`, or `.T`
    Transpose,
    Comma,
    /// A line's end or `;`.
    Separator,
    End,
}

pub(crate) fn starts_name(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

pub(crate) fn continues_name(c: char) -> bool {
    // Subscript digits belong to names (w₁); superscripts are powers.
    c.is_alphanumeric() && !SUPERSCRIPTS.contains(&c) || c == '_' || ('₀'..='₉').contains(&c)
}

/// Raised digits, in order.
pub(crate) const SUPERSCRIPTS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];

/// The innermost bracket that is open behind all tokens of a part of the text.
pub(crate) fn open_bracket(source: &str, part: Range<usize>) -> Option<Range<usize>> {
    let mut lexer = Lexer { source, position: part.start };
    let mut open = Vec::new();
    while let Ok((token, span)) = lexer.next() {
        match token {
            _ if token == Token::End || span.start >= part.end => break,
            Token::Open | Token::OpenBracket => open.push(span),
            Token::Close | Token::CloseBracket => {
                open.pop();
            }
            _ => {}
        }
    }
    open.pop()
}

/// A bracket without its end.
pub(crate) fn unclosed(source: &str, bracket: &Range<usize>) -> Diagnostic {
    let (what, missing) =
        if source[bracket.clone()].starts_with('(') { ("parenthesis", ")") } else { ("bracket", "]") };
    Diagnostic::new(DiagnosticKind::Syntax, bracket.clone(), format!("this {what} is never closed"))
        .help(format!("write the missing `{missing}`"))
}

const WITHOUT_QUOTATION: &str = "formulas are written without quotation marks";

/// A text where a formula should be.
pub(crate) fn quoted(text: &Range<usize>) -> Diagnostic {
    let mark = text.start..text.start + 1;
    Diagnostic::new(DiagnosticKind::Syntax, mark, "`\"` has no meaning in a formula").help(WITHOUT_QUOTATION)
}

#[derive(Clone)]
pub(crate) struct Lexer<'s> {
    source: &'s str,
    position: usize,
}

impl<'s> Lexer<'s> {
    pub(crate) fn new(source: &'s str) -> Lexer<'s> {
        Lexer { source, position: 0 }
    }

    /// Does an opening bracket follow at once, without a blank?
    pub(crate) fn at_open_bracket(&self) -> bool {
        self.source.as_bytes().get(self.position) == Some(&b'[')
    }

    /// Where the next token is looked for.
    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// Goes on at another place.
    pub(crate) fn jump(&mut self, position: usize) {
        self.position = position;
    }

    /// Does an opening parenthesis follow at once, without a blank?
    pub(crate) fn at_open(&self) -> bool {
        self.source.as_bytes().get(self.position) == Some(&b'(')
    }

    fn skip_blanks(&mut self) {
        let bytes = self.source.as_bytes();
        loop {
            match bytes.get(self.position) {
                Some(b' ' | b'\t' | b'\r') => self.position += 1,
                Some(b'#') => {
                    let rest = &bytes[self.position..];
                    self.position += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
                }
                Some(0xC2 | 0xE2 | 0xE3 | 0xEF) => match self.source[self.position..].chars().next() {
                    Some(c) if c.is_whitespace() || c == '\u{feff}' => self.position += c.len_utf8(),
                    _ => return,
                },
                _ => return,
            }
        }
    }

    /// The next token and where it stands.
    pub(crate) fn next(&mut self) -> Result<(Token, Range<usize>), Diagnostic> {
        self.skip_blanks();
        let start = self.position;
        let bytes = self.source.as_bytes();
        let Some(&first) = bytes.get(start) else { return Ok((Token::End, start..start)) };
        let second = bytes.get(start + 1).copied();
        let (token, length) = match (first, second) {
            (b'0'..=b'9', _) | (b'.', Some(b'0'..=b'9')) => (Token::Number, self.number_length()),
            (b'a'..=b'z' | b'A'..=b'Z' | b'_', _) => (Token::Name, self.name_length()),
            (b'*', Some(b'*')) => (Token::Power, 2),
            (b'.', Some(b'.')) => (Token::Range, 2),
            (b'.', Some(b'T')) if !bytes.get(start + 2).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_') => {
                (Token::Transpose, 2)
            }
            (b'\'', _) => (Token::Transpose, 1),
            (b'"', _) if self.text_length().is_some() => (Token::Text, self.text_length().unwrap_or(1)),
            (b'@', _) => (Token::MatrixProduct, 1),
            (b'[', _) => (Token::OpenBracket, 1),
            (b']', _) => (Token::CloseBracket, 1),
            (b':', Some(b'=')) => (Token::Update, 2),
            (b':', _) => (Token::Colon, 1),
            (b'<', Some(b'=')) => (Token::LessEqual, 2),
            (b'>', Some(b'=')) => (Token::GreaterEqual, 2),
            (b'=', Some(b'=')) => (Token::EqualEqual, 2),
            (b'!', Some(b'=')) => (Token::NotEqual, 2),
            (b'+', _) => (Token::Plus, 1),
            (b'-', _) => (Token::Minus, 1),
            (b'*', _) => (Token::Times, 1),
            (b'/', _) => (Token::Divide, 1),
            (b'^', _) => (Token::Power, 1),
            (b'<', _) => (Token::Less, 1),
            (b'>', _) => (Token::Greater, 1),
            (b'=', _) => (Token::Assign, 1),
            (b'(', _) => (Token::Open, 1),
            (b')', _) => (Token::Close, 1),
            (b',', _) => (Token::Comma, 1),
            (b';' | b'\n', _) => (Token::Separator, 1),
            _ => self.beyond_ascii()?,
        };
        self.position = start + length;
        Ok((token, start..start + length))
    }

    /// `"ij,jk->ik"` within a line.
    fn text_length(&self) -> Option<usize> {
        let rest = self.source[self.position + 1..].lines().next()?;
        rest.find('"').map(|end| end + 2)
    }

    fn name_length(&self) -> usize {
        let rest = &self.source[self.position..];
        let ascii = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        if rest.as_bytes().get(ascii).is_none_or(u8::is_ascii) {
            return ascii;
        }
        rest.char_indices().find(|(_, c)| !continues_name(*c)).map_or(rest.len(), |(at, _)| at)
    }

    /// `12`, `1.5`, `.5`, `2e3`, `2e-3`; `2e` is a number and a name.
    fn number_length(&self) -> usize {
        let bytes = &self.source.as_bytes()[self.position..];
        let digits = |from: usize| bytes[from.min(bytes.len())..].iter().take_while(|b| b.is_ascii_digit()).count();
        let mut length = digits(0);
        let range = bytes.get(length + 1) == Some(&b'.');
        let transpose = bytes.get(length + 1) == Some(&b'T');
        if bytes.get(length) == Some(&b'.') && !range && !transpose {
            length += 1;
            length += digits(length);
        }
        if matches!(bytes.get(length), Some(b'e' | b'E')) {
            let sign = matches!(bytes.get(length + 1), Some(b'+' | b'-')) as usize;
            match digits(length + 1 + sign) {
                0 => {}
                n => length += 1 + sign + n,
            }
        }
        length
    }

    fn beyond_ascii(&self) -> Result<(Token, usize), Diagnostic> {
        let rest = &self.source[self.position..];
        let c = rest.chars().next().unwrap_or('\0');
        let width = c.len_utf8();
        match c {
            '−' => Ok((Token::Minus, width)),
            '·' | '×' | '⋅' => Ok((Token::Times, width)),
            '÷' => Ok((Token::Divide, width)),
            '≤' => Ok((Token::LessEqual, width)),
            '≥' => Ok((Token::GreaterEqual, width)),
            '≠' => Ok((Token::NotEqual, width)),
            c if SUPERSCRIPTS.contains(&c) => {
                let end = rest.char_indices().find(|(_, c)| !SUPERSCRIPTS.contains(c));
                Ok((Token::Superscript, end.map_or(rest.len(), |(at, _)| at)))
            }
            c if starts_name(c) => Ok((Token::Name, self.name_length())),
            c => {
                let shown = if c.is_control() { format!("\\u{{{:x}}}", c as u32) } else { c.to_string() };
                let span = self.position..self.position + width;
                let error =
                    Diagnostic::new(DiagnosticKind::Syntax, span, format!("`{shown}` has no meaning in a formula"));
                Err(match c {
                    '{' | '}' => error.help("group with round parentheses"),
                    '|' => error.help("the magnitude is written abs(x), \"or\" is max(a, b)"),
                    '&' => error.help("multiply truth values for \"and\""),
                    '!' => error.help("a factorial is written gamma(x + 1), \"not\" is 1 - a"),
                    '"' | '`' => error.help(WITHOUT_QUOTATION),
                    '%' => error.help("a remainder is written x - y*floor(x/y)"),
                    '\\' => error.help("formulas are written as in Python: a/b, sqrt(x), theta"),
                    '√' => error.help("a root is written sqrt(x)"),
                    _ => error,
                })
            }
        }
    }
}
