//! Prints each row's name, number of arguments and sample points, for `oracle/make_table_reference.py`.

use wrt_core::Primitive;

fn main() {
    for p in Primitive::ALL {
        let row = p.row();
        let samples: Vec<String> =
            row.samples.iter().map(|s| s.iter().map(|x| format!("{x:?}")).collect::<Vec<_>>().join(",")).collect();
        println!("{}\t{}\t{}", row.name, p.arity(), samples.join(";"));
    }
}
