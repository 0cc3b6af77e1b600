//! Any text is a plan that runs or an error; nothing panics, and nothing touches memory that is not the plan's.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wrt::PlanText;

fuzz_target!(|text: &str| {
    let Ok(plan) = PlanText::read(text) else { return };
    assert_eq!(PlanText::read(&plan.text()).expect("what is written is read").text(), plan.text());
    if plan.operations() > 1 << 20 || !plan.needs::<f64>().is_ok_and(|n| n.total() < 1 << 24) {
        return;
    }
    let inputs: Vec<(String, Vec<usize>)> = plan.inputs();
    let values: Vec<(&str, Vec<f64>)> =
        inputs.iter().map(|(name, shape)| (name.as_str(), vec![1.0; shape.iter().product()])).collect();
    // Labels may be none.
    let _ = plan.run::<f64>(&values);
});
