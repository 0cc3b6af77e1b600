//! Where a picture goes: to a file, whole or not at all, or to the terminal.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use wrt_draw::{Page, Scene, Theme};

use crate::failure::Failure;
use crate::output::print;
use crate::page::Html;
use crate::whole::write_whole;

/// What the options say of a picture's form.
#[derive(clap::Args)]
pub struct Picture {
    /// Write the picture to a file: .svg or .png [default: draw it in the terminal]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub page: Html,
    /// Light on dark; a page follows its reader without it
    #[arg(long)]
    pub dark: bool,
    /// Points of a PNG for each pixel of the page, which is 800 wide
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=8))]
    pub scale: u32,
    /// Answer with the numbers behind the picture, as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// As wide as this where nobody says.
const WIDTH: usize = 80;

impl Picture {
    /// The file's kind, before anything is computed.
    pub fn check(&self) -> Result<(), Failure> {
        self.output.as_deref().map_or(Ok(()), |path| kind(path).map(|_| ()))
    }

    /// Writes the file; without one, and where no JSON is printed, draws in the terminal.
    pub fn show(&self, scene: &Scene) -> Result<(), Failure> {
        self.draw(&scene.title, &|theme| wrt_draw::page(scene, theme), &|width, colours| {
            wrt_draw::terminal(scene, width, colours)
        })
    }

    /// As [`Picture::show`] of a page, or of characters in so many columns, with colours or without.
    pub fn draw(
        &self,
        title: &str,
        page: &dyn Fn(Theme) -> Page,
        characters: &dyn Fn(usize, bool) -> String,
    ) -> Result<(), Failure> {
        match &self.output {
            Some(path) => self.write(path, title, page),
            None if !self.is_for_terminal() => Ok(()),
            None => {
                let terminal = std::io::stdout().is_terminal();
                let size = terminal_size::terminal_size().filter(|_| terminal);
                let width = size.map_or(WIDTH, |(width, _)| usize::from(width.0));
                print(&characters(width, terminal && std::env::var_os("NO_COLOR").is_none()))
            }
        }
    }

    /// Writes a page to a file.
    pub fn write(&self, path: &Path, title: &str, page: &dyn Fn(Theme) -> Page) -> Result<(), Failure> {
        let page = page(self.theme());
        let bytes = match kind(path)? {
            Kind::Svg => wrt_draw::page_svg(&page, title).into_bytes(),
            Kind::Png => wrt_draw::page_png(&page, self.scale),
        };
        write_whole(path, &bytes)
    }

    /// Is it drawn with characters?
    pub fn is_for_terminal(&self) -> bool {
        self.output.is_none() && self.page.html.is_none() && !self.json
    }

    /// The only theme of a page, if one is asked for.
    pub fn page_theme(&self) -> Option<Theme> {
        self.dark.then_some(Theme::Dark)
    }

    /// Its colours.
    pub fn theme(&self) -> Theme {
        if self.dark { Theme::Dark } else { Theme::Light }
    }
}

enum Kind {
    Svg,
    Png,
}

fn kind(path: &Path) -> Result<Kind, Failure> {
    let end = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    match end.as_str() {
        "svg" => Ok(Kind::Svg),
        "png" => Ok(Kind::Png),
        _ => Err(Failure::plain(format!("{} is no kind of picture that is written here", path.display()))
            .with_help("let the name end in .svg or .png; --html FILE writes a page")),
    }
}
