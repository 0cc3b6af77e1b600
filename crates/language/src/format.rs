//! The one style of model files: blanks, aligned `=`, comments where they stood. Tokens are never changed.

use crate::diagnostic::Diagnostic;
use crate::lexer::{Lexer, Token, open_bracket, unclosed};

/// Words that begin a declaration.
const DECLARATIONS: [&str; 5] = ["data", "param", "const", "state", "hyper"];

/// How far the lines of a statement after its first are moved in.
const INDENT: &str = "    ";

/// The text in one style: the same tokens and comments, with blanks and line ends as the guide has them.
///
/// Formatting a formatted text changes nothing.
///
/// # Errors
/// With the place, for a character that has no meaning or a bracket without an end.
///
/// ```
/// let text = "data X[m,n],y[m]\nparam  w[n]=0\np=X@w\ncost=mean( (p-y)^2 ) # squares";
/// let formatted = "data  X[m, n], y[m]\nparam w[n] = 0\np    = X @ w\ncost = mean((p - y)^2)  # squares\n";
/// assert_eq!(wrt_language::format(text).unwrap(), formatted);
/// ```
pub fn format(source: &str) -> Result<String, Diagnostic> {
    let mut lines = lines(source)?;
    if let Some(bracket) = open_bracket(source, 0..source.len()) {
        return Err(unclosed(source, &bracket));
    }
    align(&mut lines);
    let mut out = String::with_capacity(source.len() + source.len() / 8);
    let mut blank = true;
    for line in &lines {
        if line.is_blank() {
            if !blank {
                out.push('\n');
            }
            blank = true;
            continue;
        }
        blank = false;
        out.push_str(&line.text);
        if let Some(comment) = &line.comment {
            out.push_str(if line.text.is_empty() { "" } else { "  " });
            out.push_str(comment);
        }
        out.push('\n');
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    Ok(out)
}

/// What a line is, for alignment with its neighbours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum LineKind {
    /// `data`, `param`, `const`: the word is padded.
    Declaration,
    /// `name = …`: the left side is padded.
    Value,
    /// `name(x) = …`
    Function,
    Other,
}

struct Line {
    text: String,
    comment: Option<String>,
    kind: LineKind,
    /// Where the text is padded, in bytes.
    pad: usize,
}

impl Line {
    fn is_blank(&self) -> bool {
        self.text.is_empty() && self.comment.is_none()
    }
}

/// Pads the runs of neighbours of one kind.
fn align(lines: &mut [Line]) {
    let width = |line: &Line| line.text[..line.pad].chars().count();
    let mut start = 0;
    while start < lines.len() {
        let kind = lines[start].kind;
        let same = |l: &&Line| l.kind == kind && kind != LineKind::Other;
        let end = start + lines[start..].iter().take_while(same).count().max(1);
        let widest = lines[start..end].iter().map(width).max().unwrap_or(0);
        if kind != LineKind::Other {
            for line in &mut lines[start..end] {
                let missing = widest - width(line);
                line.text.insert_str(line.pad, &" ".repeat(missing));
            }
        }
        start = end;
    }
}

/// A token of a line with its text, and whether a blank stood before it.
#[derive(Clone, Copy)]
struct Piece<'s> {
    token: Token,
    text: &'s str,
    spaced: bool,
}

/// The text's lines, each formatted by itself.
fn lines(source: &str) -> Result<Vec<Line>, Diagnostic> {
    let mut lexer = Lexer::new(source);
    let mut found = Vec::new();
    let (mut pieces, mut nesting, mut last) = (Vec::new(), Nesting::default(), 0);
    loop {
        let (token, span) = lexer.next()?;
        let gap = &source[last..span.start];
        last = span.end;
        let comment = gap.find('#').map(|at| gap[at..].trim_end().to_string());
        let text = &source[span];
        if token == Token::End || text == "\n" {
            found.push(line(&pieces, comment, &mut nesting));
            pieces.clear();
            if token == Token::End {
                return Ok(found);
            }
            continue;
        }
        pieces.push(Piece { token, text, spaced: !gap.is_empty() });
    }
}

/// What is open where a line begins.
#[derive(Default)]
struct Nesting {
    /// The open brackets: is each one a list of indices, written close?
    open: Vec<bool>,
    /// Does the statement train, where settings stand apart from their `=`?
    trains: bool,
    declares: bool,
}

fn line(pieces: &[Piece<'_>], comment: Option<String>, nesting: &mut Nesting) -> Line {
    let continues = !nesting.open.is_empty();
    if !continues {
        let word = pieces.first().map_or("", |p| p.text);
        let statement = pieces.get(1).is_some_and(|p| p.token == Token::Name);
        nesting.trains = statement && word == "train";
        nesting.declares = statement && DECLARATIONS.contains(&word);
    }
    let mut text = if continues && !pieces.is_empty() { INDENT.to_string() } else { String::new() };
    let mut kind = LineKind::Other;
    let mut pad = 0;
    for (k, piece) in pieces.iter().enumerate() {
        let before = if k == 0 { None } else { pieces.get(k - 1) };
        let parted = |b: &Piece<'_>| {
            blank(b, piece, is_sign(pieces, k - 1), is_sign(pieces, k), nesting) || !stay_apart(b, piece)
        };
        if before.is_some_and(parted) {
            text.push(' ');
        }
        if nesting.declares && k == 1 && !continues {
            (kind, pad) = (LineKind::Declaration, pieces[0].text.len());
        } else if matches!(piece.token, Token::Assign | Token::Update)
            && nesting.open.is_empty()
            && kind == LineKind::Other
            && !continues
        {
            (kind, pad) = (defined(&pieces[..k]), text.trim_end().len());
        }
        text.push_str(piece.text);
        match piece.token {
            Token::Open => nesting.open.push(false),
            Token::OpenBracket => {
                let attached =
                    before.is_some_and(|b| matches!(b.token, Token::Name | Token::CloseBracket)) && !piece.spaced;
                nesting.open.push(attached && !nesting.declares && only_names(&pieces[k + 1..]));
            }
            Token::Close | Token::CloseBracket => {
                nesting.open.pop();
            }
            _ => {}
        }
    }
    if nesting.trains || pieces.iter().any(|p| p.text == ";") {
        kind = LineKind::Other;
    }
    Line { text: text.trim_end().to_string(), comment, kind, pad }
}

/// What a line with these tokens before its `=` defines.
fn defined(left: &[Piece<'_>]) -> LineKind {
    match left {
        [name] if name.token == Token::Name => LineKind::Value,
        [name, open, ..] if name.token == Token::Name && open.token == Token::OpenBracket => LineKind::Value,
        [name, open, ..] if name.token == Token::Name && open.token == Token::Open => LineKind::Function,
        _ => LineKind::Other,
    }
}

/// `i,j]`: names up to the bracket's end.
fn only_names(after: &[Piece<'_>]) -> bool {
    let mut inside = after.iter().take_while(|p| p.token != Token::CloseBracket);
    inside.all(|p| matches!(p.token, Token::Name | Token::Comma))
}

/// Is the token a sign rather than an operator between two values?
fn is_sign(pieces: &[Piece<'_>], k: usize) -> bool {
    if !matches!(pieces[k].token, Token::Plus | Token::Minus) {
        return false;
    }
    let Some(before) = k.checked_sub(1).map(|b| &pieces[b]) else { return true };
    !matches!(
        before.token,
        Token::Number | Token::Name | Token::Superscript | Token::Close | Token::CloseBracket | Token::Transpose
    )
}

/// Are two tokens still themselves without a blank between them? `w² ³` is none of `w²³`.
fn stay_apart(a: &Piece<'_>, b: &Piece<'_>) -> bool {
    let joined = format!("{}{}", a.text, b.text);
    let mut lexer = Lexer::new(&joined);
    lexer.next().is_ok_and(|(token, span)| token == a.token && span.end == a.text.len())
}

/// Does a blank stand between two tokens?
fn blank(a: &Piece<'_>, b: &Piece<'_>, a_signs: bool, b_signs: bool, nesting: &Nesting) -> bool {
    let between = |t: Token| {
        matches!(
            t,
            Token::Plus
                | Token::Minus
                | Token::MatrixProduct
                | Token::Less
                | Token::LessEqual
                | Token::Greater
                | Token::GreaterEqual
                | Token::EqualEqual
                | Token::NotEqual
        )
    };
    let apart = nesting.open.is_empty() || nesting.trains;
    match (a.token, b.token) {
        _ if a.text == ";" => true,
        _ if b.text == ";" => false,
        (_, Token::Comma | Token::Close | Token::CloseBracket | Token::Transpose | Token::Superscript) => false,
        (Token::Open | Token::OpenBracket, _) => false,
        (Token::Comma, _) => !nesting.open.last().is_some_and(|close| *close),
        (Token::Assign | Token::Update, _) | (_, Token::Assign | Token::Update) => apart,
        (Token::Colon | Token::Range, _) | (_, Token::Colon | Token::Range) => false,
        (Token::Times | Token::Divide | Token::Power, _) | (_, Token::Times | Token::Divide | Token::Power) => false,
        (Token::CloseBracket, Token::Name) if nesting.declares => true,
        _ if a_signs => false,
        (left, _) if between(left) => true,
        (_, right) if between(right) && !b_signs => true,
        // What stands side by side otherwise keeps its blank: `2w` and `2 w` are the person's choice.
        _ => b.spaced,
    }
}
