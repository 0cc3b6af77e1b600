//! Compiled programs at work, in single and double precision: no allocation while one runs, and no step of it decided
//! again.

mod aligned;
mod interpret;
mod kernels;
mod needs;
mod planned;
mod program;
mod real;
mod tasks;

pub use aligned::Aligned;
pub use interpret::interpret;
pub use kernels::has_lane_code;
pub use needs::{Needs, size};
pub use planned::{plan_needs, run_plan};
pub use program::{Compiled, EngineError, Workspace};
pub use real::EngineReal;
pub use wrt_lanes::{Element, Exercise, Level, Levelled, Team};
pub use wrt_plan::{LEGEND as PLAN_LEGEND, Program, ReadPlan, Refusal, read as read_plan};
