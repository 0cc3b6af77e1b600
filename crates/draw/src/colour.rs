//! Colours by their role, in light and dark; series are told apart by people who see red and green alike.

/// What a colour is for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Ink {
    /// The page.
    Paper,
    /// Titles and whatever is read first.
    Text,
    /// Numbers at axes, names of axes.
    Secondary,
    /// Lines of axes.
    Axis,
    /// Lines behind everything.
    Grid,
    /// One of several series, counted from 0.
    Series(usize),
    /// A cell between nothing (0) and all (1).
    Shade(f64),
    /// Text on such a cell.
    OnShade(f64),
}

/// Dark on light, or light on dark.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Theme {
    /// On white.
    #[default]
    Light,
    /// On a dark page.
    Dark,
}

/// A colour on the screen.
pub type Rgb = [u8; 3];

/// The colours of Okabe and Ito (2008), the dark ones first; yellow is left out on white.
const LIGHT: [Rgb; 7] = [
    [0x00, 0x72, 0xB2],
    [0xD5, 0x5E, 0x00],
    [0x00, 0x9E, 0x73],
    [0xCC, 0x79, 0xA7],
    [0xE6, 0x9F, 0x00],
    [0x56, 0xB4, 0xE9],
    [0x4D, 0x4D, 0x4D],
];
/// The same, the light ones first, and those that are dark made lighter.
const DARK: [Rgb; 7] = [
    [0x56, 0xB4, 0xE9],
    [0xE6, 0x9F, 0x00],
    [0x2F, 0xC4, 0x9A],
    [0xE0, 0x94, 0xBF],
    [0xF0, 0xE4, 0x42],
    [0xF0, 0x7B, 0x38],
    [0xBB, 0xBB, 0xBB],
];

/// From the page's colour to a full one.
const SHADES: [[Rgb; 2]; 2] = [[[0xF2, 0xF6, 0xFA], [0x00, 0x4F, 0x86]], [[0x1F, 0x24, 0x2C], [0x6C, 0xC0, 0xF0]]];

impl Ink {
    /// So many series have a colour of their own.
    pub const SERIES: usize = LIGHT.len();
}

impl Theme {
    /// The colour of a role.
    pub fn rgb(self, ink: Ink) -> Rgb {
        let dark = self == Theme::Dark;
        let pick = |light: Rgb, other: Rgb| if dark { other } else { light };
        match ink {
            Ink::Paper => pick([0xFF, 0xFF, 0xFF], [0x15, 0x17, 0x1C]),
            Ink::Text => pick([0x1A, 0x1A, 0x1A], [0xEC, 0xEC, 0xEC]),
            Ink::Secondary => pick([0x55, 0x55, 0x55], [0xB4, 0xB8, 0xBF]),
            Ink::Axis => pick([0x8A, 0x8A, 0x8A], [0x7C, 0x82, 0x8C]),
            Ink::Grid => pick([0xEA, 0xEA, 0xEA], [0x2B, 0x2F, 0x37]),
            Ink::Series(k) => (if dark { DARK } else { LIGHT })[k % LIGHT.len()],
            Ink::Shade(t) => shade(self, t),
            Ink::OnShade(t) => self.on_shade(t),
        }
    }

    /// White or black, whatever is easier to read.
    fn on_shade(self, t: f64) -> Rgb {
        let [r, g, b] = shade(self, t).map(|c| (f64::from(c) / 255.0).powi(2));
        let light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
        if light > 0.2 { [0x1A, 0x1A, 0x1A] } else { [0xFF, 0xFF, 0xFF] }
    }
}

fn shade(theme: Theme, t: f64) -> Rgb {
    let [from, to] = SHADES[usize::from(theme == Theme::Dark)];
    let t = if t.is_finite() { t.clamp(0.0, 1.0) } else { 0.0 };
    std::array::from_fn(|k| (f64::from(from[k]) + t * (f64::from(to[k]) - f64::from(from[k]))).round() as u8)
}
