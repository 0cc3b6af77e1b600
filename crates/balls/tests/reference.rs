//! Every function against values by python-flint: the ball holds the value and is tight.

use crate::common::{BINARY, UNARY};
use wrt_balls::Ball;

/// The precisions at which every line is checked.
const PRECISIONS: [u32; 4] = [53, 100, 200, 1000];
/// How many bits fewer than asked for are still tight.
const SLACK: i64 = 3;

struct Line<'a> {
    name: &'a str,
    text: &'a str,
    args: Vec<f64>,
    value: Ball,
}

/// A decimal as a ball that holds all numbers within two units of its last place.
fn parse_value(text: &str) -> Ball {
    let (mantissa, exp) = text.split_once('e').unwrap_or((text, "0"));
    let fraction = mantissa.split_once('.').map_or("", |(_, f)| f);
    let digits = mantissa.replace('.', "");
    let scale = exp.parse::<i64>().unwrap() - fraction.len() as i64;
    let integer = Ball::from_integer(&digits.parse().unwrap());
    let slack = if digits.len() < 55 { 0.0 } else { 2.0 };
    let bits = 4 * digits.len() as u32 + 200;
    let near = integer.add(&Ball::from_mid_rad(0.0, slack), bits);
    near.mul(&Ball::from_i64(10).pow_i64(scale, bits), bits)
}

fn lines(file: &str) -> Vec<Line<'_>> {
    let parse = |text| {
        let mut fields = str::split(text, '\t');
        let (name, args, value) = (fields.next()?, fields.next()?, fields.next()?);
        let args = args.split(',').map(|a| a.parse().unwrap()).collect();
        Some(Line { name, text, args, value: parse_value(value) })
    };
    file.lines().filter(|l| !l.starts_with('#')).map(|l| parse(l).unwrap()).collect()
}

fn evaluate(name: &str, args: &[Ball], prec: u32) -> Ball {
    if let Some((_, f)) = UNARY.iter().find(|row| row.0 == name) {
        return f(&args[0], prec);
    }
    let (_, f) = BINARY.iter().find(|row| row.0 == name).unwrap();
    f(&args[0], &args[1], prec)
}

/// What is wrong with `y` as an enclosure of the line's value, if anything.
fn fault(line: &Line<'_>, y: &Ball, prec: u32, bits: i64) -> Option<String> {
    let complain = |why: &str| {
        let (mid, rad) = (y.mid_f64(), y.rad_f64());
        Some(format!("{why} at {prec} bits: {mid:e} ± {rad:e} for {}", line.text))
    };
    if !y.is_finite() {
        return complain("not finite");
    }
    if !y.sub(&line.value, prec + 400).contains_zero() {
        return complain("value outside");
    }
    let accuracy = y.relative_accuracy_bits();
    (accuracy < bits).then(|| complain(&format!("only {accuracy} bits"))).flatten()
}

fn report(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn exact_arguments() {
    let mut faults = Vec::new();
    for line in lines(include_str!("reference.tsv")) {
        let args: Vec<Ball> = line.args.iter().map(|&a| Ball::from_f64(a)).collect();
        for prec in PRECISIONS {
            let y = evaluate(line.name, &args, prec);
            faults.extend(fault(&line, &y, prec, i64::from(prec) - SLACK));
        }
    }
    report(&faults);
}

/// Arguments known to some 60 bits: the ball still holds the value, whatever its width.
#[test]
fn inexact_arguments() {
    let mut faults = Vec::new();
    for line in lines(include_str!("reference.tsv")) {
        for relative in [1e-18, 1e-5, 0.1] {
            let blur = |&a: &f64| {
                let off = Ball::from_f64(a * relative * 0.5);
                let rad = Ball::from_mid_rad(0.0, (a * relative).abs().max(f64::from_bits(1)));
                Ball::from_f64(a).add(&off, 2000).add(&rad, 2000)
            };
            let args: Vec<Ball> = line.args.iter().map(blur).collect();
            let y = evaluate(line.name, &args, 100);
            if y.is_finite() {
                faults.extend(fault(&line, &y, 100, 0));
            } else if !matches!(y, Ball::Unknown) {
                faults.push(format!("{y:?} for {}", line.text));
            }
        }
    }
    report(&faults);
}

/// The nearest double is certain from 200 bits on (no value here is closer to a tie), and the same
/// wherever it is certain.
#[test]
fn doubles_agree() {
    let mut faults = Vec::new();
    for line in lines(include_str!("reference.tsv")) {
        let args: Vec<Ball> = line.args.iter().map(|&a| Ball::from_f64(a)).collect();
        let all = PRECISIONS.map(|prec| evaluate(line.name, &args, prec).to_f64());
        let sure: Vec<f64> = all.iter().flatten().copied().collect();
        if all[2..].contains(&None) || sure.windows(2).any(|w| w[0] != w[1]) {
            faults.push(format!("{all:?} for {}", line.text));
        }
        if line.value.to_f64().is_some_and(|v| sure.iter().any(|&s| s != v)) {
            faults.push(format!("{all:?} is not the value of {}", line.text));
        }
    }
    report(&faults);
}
