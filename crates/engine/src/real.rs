//! The two kinds of number that programs run in.

use wrt_core::{Computed, Id, Number, Primitive};
use wrt_lanes::{Element, Level, Memory, Team};
use wrt_plan::Program;

use crate::kernels::Built;
use crate::program::EngineError;
use crate::tasks::Task;

/// `f32` or `f64`.
pub trait EngineReal: Element + Computed {
    /// What a primitive without lane code is, by its position in the table.
    fn call(which: u32, args: [Self; 3]) -> Self;

    /// The nearest number of this precision.
    fn nearest(n: &Number) -> Self;

    // What a program is built and run by, compiled with this crate and not wherever it is called.
    #[doc(hidden)]
    fn build(plan: &Program, inputs: &[Id], state: &[Id], results: &[usize]) -> Result<Built<Self>, EngineError>;
    #[doc(hidden)]
    fn run(
        tasks: &mut [Task<Self>],
        level: Level,
        memory: &mut Memory<'_, Self>,
        team: &mut Team,
    ) -> Result<(), EngineError>;
}

macro_rules! engine_real {
    ($($type:ident)*) => {$(
        impl EngineReal for $type {
            fn call(which: u32, args: [$type; 3]) -> $type {
                match Primitive::ALL.get(which as usize) {
                    Some(p) => p.evaluate(&args[..p.arity()]),
                    None => $type::NAN,
                }
            }

            fn nearest(n: &Number) -> $type {
                n.to_f64() as $type
            }

            fn build(
                plan: &Program,
                inputs: &[Id],
                state: &[Id],
                results: &[usize],
            ) -> Result<Built<$type>, EngineError> {
                Built::new(plan, inputs, state, results)
            }

            fn run(
                tasks: &mut [Task<$type>],
                level: Level,
                memory: &mut Memory<'_, $type>,
                team: &mut Team,
            ) -> Result<(), EngineError> {
                tasks.iter_mut().try_for_each(|task| task.run(level, memory, team))
            }
        }
    )*};
}
engine_real!(f32 f64);
