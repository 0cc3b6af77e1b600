//! `wrt plot`: formulas with their tangents, as pictures.

mod curve;
pub mod descend;
mod function;
mod picture;
mod plane;
mod sweep;
mod trace;

use std::process::ExitCode;

use clap::ArgAction;

use wrt::Number;
use wrt::session::{Array, parse_eps};
use wrt_draw::{Scene, Theme};

use crate::answer::versioned;
use crate::args::Formula;
use crate::failure::Failure;
use crate::output::print_json;
use crate::page::{Cell, Page};
use crate::point;
use curve::Tables;
use function::{Function, Values};
pub use picture::Picture;

/// `wrt plot`
#[derive(clap::Args)]
pub struct Plot {
    /// The formula, such as "w^2"; a path that ends in .wrt is a model file
    #[arg(allow_hyphen_values = true)]
    pub formula: String,
    /// Formulas that are drawn beside it
    #[arg(value_name = "MORE")]
    pub more: Vec<String>,
    /// The name to plot against, or two for contours [default: the free name that has no value or several]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub wrt: Vec<String>,
    /// Where tangents touch: w=3,2,-3; names that have one value beside those that have several are fixed
    #[arg(long, value_name = "NAME=VALUES", allow_hyphen_values = true)]
    pub at: Vec<String>,
    /// What is shown: -2:4, or x=-2:4,y=0:1 for two names
    #[arg(long, value_name = "FROM:TO", allow_hyphen_values = true)]
    pub range: Option<String>,
    /// Nudge by so much at each point, and draw what happens
    #[arg(long, allow_hyphen_values = true)]
    pub eps: Option<String>,
    /// Draw the derivative below, on the same axis
    #[arg(long)]
    pub derivative: bool,
    /// Draw the error of a nudge against ε, in single and double precision and exactly
    #[arg(long, conflicts_with_all = ["eps", "derivative", "range"])]
    pub sweep: bool,
    /// What holds for a name: "x > 0", "n integer"
    #[arg(long, value_name = "ASSUMPTION", allow_hyphen_values = true)]
    pub assume: Vec<String>,
    /// The shapes of names: "A[m,n], x[n]"
    #[arg(long, value_name = "SHAPES")]
    pub shapes: Vec<String>,
    #[command(flatten)]
    pub picture: Picture,
    /// Print help
    #[arg(long, action = ArgAction::Help)]
    pub help: Option<bool>,
}

/// The most points of a picture.
const POINTS: usize = 100;

/// `wrt plot`
pub fn run(a: &Plot) -> Result<ExitCode, Failure> {
    a.picture.check()?;
    let eps = a.eps.as_deref().map(parse_eps).transpose();
    let eps = eps.map_err(|why| Failure::plain(format!("--eps: {why}")).with_help("write --eps 0.5"))?;
    let given = several(&a.at)?;
    let (fixed, points) = fixed_and_points(a, &given)?;
    let vary: Vec<String> =
        if a.wrt.is_empty() { points.iter().map(|(name, _)| name.clone()).collect() } else { a.wrt.clone() };
    let mut functions = open_all(a, &vary, &fixed)?;
    unknown(&functions, &given)?;
    let (scene, object, tables) = match functions[0].names.len() {
        1 if a.sweep => {
            only_one(a, &functions)?;
            let [at] = &points.iter().flat_map(|(_, values)| values).collect::<Vec<_>>()[..] else {
                return Err(Failure::plain("--sweep needs one point").with_help("write --at w=3"));
            };
            sweep::picture(&functions[0], at)?
        }
        1 => {
            let points = points.into_iter().flat_map(|(_, values)| values).collect();
            let range = a.range.as_deref().map(interval).transpose()?;
            curve::picture(&mut functions, &curve::Wanted { points, range, eps, derivative: a.derivative })?
        }
        _ => {
            let range = a.range.as_deref().map(|r| rectangle(r, &functions[0].names)).transpose()?;
            let points = pairs(&functions[0].names, &points)?;
            only_one(a, &functions)?;
            plane::picture(&mut functions[0], &points, range)?
        }
    };
    if let Some(path) = &a.picture.page.html {
        page(&mut functions, &scene, &tables, a.picture.page_theme()).write(path)?;
    }
    a.picture.show(&scene)?;
    if a.picture.json {
        print_json(versioned(object))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A picture with its numbers, and the formulas that it shows.
fn page(functions: &mut [Function], scene: &Scene, tables: &Tables, theme: Option<Theme>) -> Page {
    let title: Vec<String> = functions.iter().map(Function::text).collect();
    let mut page = Page::new(&title.join(", "), theme);
    for function in functions {
        let mut formulas = function.latex().into_iter();
        formulas.next().into_iter().for_each(|f| page.heading(&Cell::Math(f)));
        formulas.for_each(|f| page.formula(&f));
    }
    // The title is the heading, and notes are sentences of the page.
    let bare = Scene { title: String::new(), notes: Vec::new(), ..scene.clone() };
    page.picture(&|theme| wrt_draw::svg(&bare, theme));
    tables.iter().filter(|rows| rows.len() > 1).for_each(|rows| page.table(rows));
    scene.notes.iter().for_each(|note| page.sentence(note));
    page
}

/// The formulas, as functions of the same one or two names.
fn open_all(a: &Plot, vary: &[String], fixed: &Values) -> Result<Vec<Function>, Failure> {
    let formula = |text: &String| Formula {
        formula: Some(text.clone()),
        file: None,
        assume: a.assume.clone(),
        shapes: a.shapes.clone(),
        dims: Vec::new(),
        unroll: false,
        help: None,
    };
    let mut all: Vec<Function> = Vec::new();
    let mut names = vary.to_vec();
    for text in std::iter::once(&a.formula).chain(&a.more) {
        let function = Function::open(&formula(text), &names, fixed)?;
        if all.is_empty() {
            names.clone_from(&function.names);
        }
        all.push(function);
    }
    match names.len() {
        1 | 2 => Ok(all),
        0 => Err(Failure::plain("the formula has no free name to plot against").with_help("name one: --wrt x")),
        n => Err(Failure::plain(format!("the formula has {n} free names, and a picture shows one or two"))
            .with_help(format!("name them, and give values to the others: --wrt {} --at {}=…", names[0], names[1]))),
    }
}

/// Names with all their values: `w=3,2,-3`.
type Several = Vec<(String, Vec<Array<Number>>)>;

/// Names with the points that are looked at.
type Points = Vec<(String, Vec<Number>)>;

fn several(at: &[String]) -> Result<Several, Failure> {
    let mut found: Several = Vec::new();
    let all = at.join(",");
    for item in point::outside_brackets(&all).into_iter().filter(|_| !at.is_empty()) {
        // A value without a name is one more of the name before it.
        let text = match (item.contains('='), found.last()) {
            (false, Some((name, _))) => format!("{name}={item}"),
            _ => item.to_string(),
        };
        let more = !item.contains('=') && !found.is_empty();
        let coordinate = point::point(std::slice::from_ref(&text))?.swap_remove(0);
        if more && let Some((_, values)) = found.last_mut() {
            values.push(coordinate.value);
        } else if found.iter().any(|(name, _)| *name == coordinate.name) {
            return Err(Failure::plain(format!("--at: `{}` is given twice", coordinate.name)));
        } else {
            found.push((coordinate.name, vec![coordinate.value]));
        }
    }
    Ok(found)
}

/// One value for each name.
fn fixed_only(given: &Several, option: &str) -> Result<Values, Failure> {
    let one = |(name, values): &(String, Vec<Array<Number>>)| match &values[..] {
        [value] => Ok((name.clone(), value.clone())),
        _ => Err(Failure::plain(format!("{option}: `{name}` has several values"))),
    };
    given.iter().map(one).collect()
}

/// The values of fixed names, and the points of those that vary.
fn fixed_and_points(a: &Plot, given: &Several) -> Result<(Values, Points), Failure> {
    let many = given.iter().any(|(_, v)| v.len() > 1);
    let varies = |name: &String, values: &Vec<Array<Number>>| {
        let number = values[0].shape.is_empty();
        number && if a.wrt.is_empty() { !many || values.len() > 1 } else { a.wrt.contains(name) }
    };
    let (mut fixed, mut points): (Values, Vec<(String, Vec<Number>)>) = (Vec::new(), Vec::new());
    for (name, values) in given {
        if varies(name, values) {
            let numbers: Option<Vec<Number>> =
                values.iter().map(|v| v.data.first().filter(|_| v.shape.is_empty()).cloned()).collect();
            points.push((
                name.clone(),
                numbers.ok_or_else(|| Failure::plain(format!("--at {name}: it mixes lists and numbers")))?,
            ));
        } else if let [value] = &values[..] {
            fixed.push((name.clone(), value.clone()));
        } else {
            return Err(Failure::plain(format!("--at: `{name}` has several values, and --wrt does not name it")));
        }
    }
    if let Some((name, _)) = points.iter().find(|(_, v)| v.len() > POINTS) {
        return Err(Failure::plain(format!("--at: `{name}` has more than {POINTS} values")));
    }
    Ok((fixed, points))
}

/// A value is for a name of some formula.
fn unknown(functions: &[Function], given: &Several) -> Result<(), Failure> {
    match given.iter().find(|(name, _)| !functions.iter().any(|f| f.occurs(name))) {
        None => Ok(()),
        Some((name, _)) => Err(Failure::plain(format!("--at: `{name}` does not occur in the formula"))),
    }
}

/// Pictures of two variables, and of nudging errors, show one formula.
fn only_one(a: &Plot, functions: &[Function]) -> Result<(), Failure> {
    match (functions, a.sweep, functions[0].names.len()) {
        ([_], true, 2..) => Err(Failure::plain("--sweep moves one name").with_help("name it: --wrt NAME")),
        ([_], _, 2..) if a.eps.is_some() || a.derivative => {
            Err(Failure::plain("--eps and --derivative are for one name").with_help("name it: --wrt NAME"))
        }
        ([_], ..) => Ok(()),
        _ => Err(Failure::plain("such a picture shows one formula").with_help("draw them one by one")),
    }
}

/// The points of two names: the first values of both, the second ones, …; one value goes with all.
fn pairs(names: &[String], points: &[(String, Vec<Number>)]) -> Result<Vec<[Number; 2]>, Failure> {
    let of = |name: &String| points.iter().find(|(n, _)| n == name).map(|(_, v)| v);
    let (x, y) = match (of(&names[0]), of(&names[1])) {
        (Some(x), Some(y)) => (x, y),
        (None, None) => return Ok(Vec::new()),
        (None, _) => return Err(Failure::plain(format!("`{}` has no value", names[0]))),
        (_, None) => return Err(Failure::plain(format!("`{}` has no value", names[1]))),
    };
    if x.len() != y.len() && x.len() != 1 && y.len() != 1 {
        let message = format!("--at gives {} values of `{}` and {} of `{}`", x.len(), names[0], y.len(), names[1]);
        return Err(Failure::plain(message).with_help("give as many of both: --at x=1,2,y=3,4"));
    }
    let at = |v: &[Number], k: usize| v[if v.len() == 1 { 0 } else { k }].clone();
    Ok((0..x.len().max(y.len())).map(|k| [at(x, k), at(y, k)]).collect())
}

/// `-2:4` for both names, or `x=-2:4,y=0:1`.
fn rectangle(text: &str, names: &[String]) -> Result<plane::Ranges, Failure> {
    if !text.contains('=') {
        return interval(text).map(|range| [range; 2]);
    }
    let mut found = [None; 2];
    for item in text.split(',') {
        let (name, range) = item.split_once('=').unwrap_or(("", item));
        let Some(k) = names.iter().position(|n| n == name.trim()) else {
            return Err(Failure::plain(format!("--range: `{}` is none of the names that vary", name.escape_debug()))
                .with_help(format!("write --range {}=-2:4,{}=-2:4", names[0], names[1])));
        };
        found[k] = Some(interval(range)?);
    }
    let [x, y] = found;
    let missing = || Failure::plain("--range: one of the names has no range");
    Ok([x.ok_or_else(missing)?, y.ok_or_else(missing)?])
}

/// `-2:4`
fn interval(text: &str) -> Result<(f64, f64), Failure> {
    let help = "write --range -2:4";
    let wrong =
        || Failure::plain(format!("--range: expected FROM:TO, found `{}`", text.escape_debug())).with_help(help);
    let (from, to) = text.split_once(':').ok_or_else(wrong)?;
    let read = |t: &str| Number::parse(t.trim()).map(|n| n.to_f64()).map_err(|_| wrong());
    let (from, to) = (read(from)?, read(to)?);
    let fine = from.is_finite() && to.is_finite() && from < to;
    fine.then_some((from, to))
        .ok_or_else(|| Failure::plain(format!("--range: {from} is not below {to}")).with_help(help))
}
