//! `wrt fmt`: the tokens stay, and formatting what is formatted changes nothing.

use proptest::prelude::*;
use wrt::session::format;

/// Pieces of statements, some of which mean something else when they touch.
const PIECES: [&str; 34] = [
    "data", "param", "const", "train", "metric", "w", "X", "x1", "in", "2", "0.5", "1e3", ".5", "²", "³", "+", "-",
    "*", "**", "/", "^", "@", "'", ".T", "=", "==", "<", ",", ":", "..", "[", "]", "(", ")",
];

/// What a text says: its pieces without blanks between them, comments and line ends included.
fn tokens(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| {
        let (code, comment) = line.split_once('#').unwrap_or((line, ""));
        format!("{} # {}", code.split_whitespace().collect::<String>(), comment.trim())
    });
    lines.filter(|line| line != " # ").collect()
}

proptest! {
    #[test]
    fn formatting_changes_blanks_only(
        pieces in proptest::collection::vec((0..PIECES.len(), 0..4u8), 1..30),
    ) {
        let mut text = String::new();
        for (k, gap) in pieces {
            text.push_str(PIECES[k]);
            text.push_str([" ", "", "  ", " # a note\n"][gap as usize]);
        }
        if let Ok(formatted) = format(&text) {
            prop_assert_eq!(tokens(&formatted), tokens(&text));
            let again = format(&formatted);
            prop_assert_eq!(again.as_deref().ok(), Some(formatted.as_str()));
        }
    }

    #[test]
    fn tokens_stay_apart(pieces in proptest::collection::vec(0..PIECES.len(), 1..12)) {
        // All apart: what touches after formatting must still be the same tokens.
        let text: Vec<&str> = pieces.iter().map(|k| PIECES[*k]).collect();
        if let Ok(formatted) = format(&text.join(" ")) {
            let spread = format(&text.join("  ")).ok();
            prop_assert_eq!(Some(&formatted), spread.as_ref());
            // A second reading finds the same pieces, for it writes the same.
            let again = format(&formatted).ok();
            prop_assert_eq!(Some(&formatted), again.as_ref());
        }
    }
}
