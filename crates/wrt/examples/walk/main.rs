//! The walk of `docs/how-it-works.md`: what the steps of a derivative hand on.
//!
//! `cargo run -q -p wrt --example walk -- derivative "w^2" w`; shapes stand behind: `"A @ x" x "A[m,n]" "x[n]"`.

mod steps;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match steps::answer(&args.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(text) => print!("{text}"),
        Err(why) => {
            eprintln!("{why}");
            std::process::exit(2);
        }
    }
}
