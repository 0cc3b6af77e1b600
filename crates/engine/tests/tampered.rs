//! Plans of stages whose texts were changed are refused, or run without harm; and block by block they come to the same as one
//! whole step after the other.

use wrt_core::Id;
use wrt_engine::{Compiled, Level, Needs, Program, ReadPlan, plan_needs, read_plan, run_plan};
use wrt_plan::{Buffer, Step};

use crate::cases::case;

/// Shifts, pads and slices with a halo, a convolution by shifts and one by its row, pieces along rows and along another
/// axis, a scan behind a stage, and rows that are reduced.
const TEXTS: [&str; 6] = [
    "param x[n]; cost = sum(100*(x[1:] - x[:-1]^2)^2 + (1 - x[:-1])^2)",
    "param x[n], w[3]; y = w[0]*x[2:] + w[1]*x[1:-1] + w[2]*x[:-2]; cost = sum(tanh(y)^2) + sum(relu(y[1:] - y[:-1]))",
    "param X[32, 32, 32, 8]; Y = tanh(X); cost = sum(conv2d(Y, 1, 3)^2) + sum(Y^2)",
    "param A[n, 2], B[n, 1]; C = concat(A, B*A[:, 0:1], axis=1); cost = sum(C[1:, :]*C[:-1, :]) + sum(C^2)",
    "param X[n, 3], U[3, 3], S[4, 3]; s = mean(X^2 + X, axis=0); h[-1] = zeros(3); h[t] = tanh(s*S[t] + h[t-1] @ U); cost = sum(h^2) + sum(tanh(X)*X)",
    "param X[n, 3], w[3], y[n]; cost = mean(softplus(X @ w) - y*(X @ w)) + max(X)",
];

const ROWS: usize = 270_000;

/// Changes of each text.
const ROUNDS: usize = 100;

/// A generator of numbers, the same each time.
struct Draws(u64);

impl Draws {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n.max(1)
    }
}

/// A plan's text with a change: a line that is missing, doubled or elsewhere, a number that is another one, a name in the
/// place of another.
fn changed(text: &str, draws: &mut Draws) -> String {
    let mut lines: Vec<String> = text.lines().map(String::from).collect();
    let (at, other) = (draws.below(lines.len()), draws.below(lines.len()));
    let words = |line: &str, is: fn(char) -> bool| -> Vec<(usize, String)> {
        let mut found: Vec<(usize, String)> = Vec::new();
        for (k, c) in line.char_indices().filter(|(_, c)| is(*c)) {
            match found.last_mut() {
                Some((start, word)) if *start + word.len() == k => word.push(c),
                _ => found.push((k, c.to_string())),
            }
        }
        found
    };
    let number = |c: char| c.is_ascii_digit();
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    match draws.below(12) {
        0 => _ = lines.remove(at),
        1 => lines.insert(at, lines[other].clone()),
        2 => lines.swap(at, other),
        3..=7 => {
            let all = words(&lines[at], number);
            let Some((start, word)) = all.get(draws.below(all.len())).cloned() else { return text.to_string() };
            let old: usize = word.parse().unwrap_or(0);
            let new = [old + 1, old.saturating_sub(1), old + 2, 2 * old, old / 2, 0, 16, ROWS][draws.below(8)];
            lines[at].replace_range(start..start + word.len(), &new.to_string());
        }
        _ => {
            let (all, from) = (words(&lines[at], letter), words(&lines[other], letter));
            let (Some((start, word)), Some((_, new))) =
                (all.get(draws.below(all.len())), from.get(draws.below(from.len())))
            else {
                return text.to_string();
            };
            lines[at].replace_range(*start..start + word.len(), new);
        }
    }
    lines.join("\n")
}

/// The same plan, one whole step after the other: what is there block by block has room of its own.
fn apart(plan: &Program) -> Program {
    let mut own = plan.clone();
    own.steps = own.steps.iter().flat_map(Step::parts).cloned().collect();
    for (buffer, entries) in own.buffers.iter_mut().zip(&own.entries) {
        if *buffer == Buffer::Local {
            *buffer = Buffer::Temporary { at: own.arena };
            own.arena += entries.next_multiple_of(16).max(16);
        }
    }
    own
}

fn values(plan: &Program) -> Vec<(Id, Vec<f64>)> {
    let mut draws = Draws(3);
    let value = |(id, shape): &(Id, Vec<usize>)| {
        let entries = shape.iter().product();
        (*id, (0..entries).map(|_| draws.below(1 << 20) as f64 / (1 << 20) as f64 - 0.5).collect())
    };
    plan.inputs.iter().map(value).collect()
}

fn agree(read: &ReadPlan, text: &str) {
    let given = values(&read.program);
    let by_blocks = run_plan(&read.program, Level::best(), &given);
    let by_steps = run_plan(&apart(&read.program), Level::best(), &given);
    let (Ok(found), Ok(wanted)) = (by_blocks, by_steps) else { return };
    for (found, wanted) in found.iter().zip(&wanted) {
        for (k, (a, b)) in found.iter().zip(wanted).enumerate() {
            // Sums of rows are joined from those of blocks.
            let near = (a - b).abs() <= 1e-6 * (1.0 + a.abs().max(b.abs()));
            assert!(near || (!a.is_finite() && !b.is_finite()), "entry {k}: {a} by blocks, {b} by steps\n{text}");
        }
    }
}

/// Little enough to be run in a test.
fn is_small(needs: &Needs) -> bool {
    needs.total() < 1 << 28
}

fn plans() -> Vec<String> {
    let written = |text: &&str| {
        let case = case(text, &[("n", ROWS)]);
        let roots: Vec<_> = case.roots.iter().map(|id| (*id, None)).collect();
        let program = Compiled::<f64>::new(&case.graph, &roots, &case.symbols).unwrap();
        wrt_plan::text(&program.plan(&[("n", ROWS)]).unwrap(), &case.graph)
    };
    TEXTS.iter().map(written).chain([in_less_memory()]).collect()
}

/// A plan in which parts of a stage are done again, as there is no room for all arrays.
fn in_less_memory() -> String {
    let layers = "param X[n, 2], U[2, 2]; A = relu(X @ U); B = relu(A @ U); C = relu(B @ U); cost = sum(relu(C @ U))";
    let case = case(layers, &[("n", ROWS)]);
    let roots: Vec<_> = case.roots.iter().map(|id| (*id, None)).collect();
    let program = Compiled::<f64>::new(&case.graph, &roots, &case.symbols).unwrap();
    let all = program.needs(&[("n", ROWS)], 1).unwrap();
    let text = program.within(all.total() - all.between / 4).plan_text(&[("n", ROWS)]).unwrap();
    assert!(text.starts_with("plan 4\n"), "{text}");
    text
}

#[test]
fn plans_of_stages_go_by_blocks_as_by_steps() {
    for text in plans() {
        assert!(text.contains("stage "), "{text}");
        agree(&read_plan(&text).unwrap(), &text);
    }
}

#[test]
fn changed_plans_of_stages_do_no_harm() {
    let mut draws = Draws(17);
    let (mut refused, mut ran) = (0, 0);
    for text in plans() {
        for round in 0..ROUNDS {
            let mut own = changed(&text, &mut draws);
            for _ in 0..round % 3 {
                own = changed(&own, &mut draws);
            }
            let Ok(read) = read_plan(&own) else {
                refused += 1;
                continue;
            };
            let again = read_plan(&read.text()).unwrap_or_else(|e| panic!("{e}\n{own}"));
            assert_eq!(again.text(), read.text(), "{own}");
            if plan_needs::<f64>(&read).is_ok_and(|n| is_small(&n)) && read.program.operations() < 1 << 26 {
                agree(&read, &own);
                ran += 1;
            }
        }
    }
    assert!(refused > 100 && ran > 20, "{refused} refused, {ran} ran");
}

/// A loop within a stage writes each array once, too.
#[test]
fn what_a_loop_of_a_stage_writes_twice_is_refused() {
    let text = plans().remove(0);
    let line = text.lines().find(|l| l.contains("] = r1*200")).unwrap();
    let error = read_plan(&text.replacen(line, &format!("{line}\n{line}"), 1)).unwrap_err();
    assert!(error.to_string().contains("is written by a step that touches it elsewhere"), "{error}");
}
