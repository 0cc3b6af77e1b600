//! What a tape is made of: instructions on registers.

/// What an instruction does with its arguments `a`, `b` and `c`. Truth values are 1 and 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Op {
    Copy,
    Neg,
    Abs,
    Sqrt,
    Exp,
    Expm1,
    Log,
    Log1p,
    Sin,
    Cos,
    Tanh,
    Sigmoid,
    Softplus,
    Relu,
    /// 0 for what is too small to be a normal number: arithmetic with such takes a hundred times as long.
    Flush,
    Add,
    Sub,
    Mul,
    Div,
    /// Not a number if either is.
    Max,
    /// Not a number if either is.
    Min,
    Less,
    LessEqual,
    Equal,
    /// `a*b + c`, rounded once where there is an instruction for it.
    MulAdd,
    /// `a/(sqrt(b) + c)`
    DivRoot,
    /// `a*b + c*d` or `a*b + c*d^2`, flushed or not, where `a` and `c` are one number for all positions.
    Blend {
        /// Is it `d^2`?
        square: bool,
        /// Is it 0 where it is too small to be a normal number?
        flushed: bool,
    },
    /// `a - b*c/(sqrt(d) + e)` where `b` and `e` are one number for all positions.
    MinusDivRoot,
    /// `a*b` where `a` is one number for all positions. A loop finds these three by itself.
    Scale,
    /// `a*b + c` where `a` is one number for all positions.
    ScaleAdd,
    /// `a*a`
    Square,
    /// `b` where `a` is not 0, else `c`; not a number where `a` is none.
    Select,
    /// A function of the caller's, by number, entry by entry.
    Call(u32),
    /// Two of these as one; a loop finds them by itself. By bits, which arguments are one number for all positions.
    Pair(Pair, u8),
}

/// Two instructions: what is done with `a` and `b` first, then with that and what follows. Each rounds as it does alone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Pair {
    /// `a + b + c`
    AddAdd,
    /// `a - b + c`
    SubAdd,
    /// `a + b - c`
    AddSub,
    /// `a - b - c`
    SubSub,
    /// `a*b - c`
    MulSub,
    /// `c - (a + b)`
    MinusAdd,
    /// `c - (a - b)`
    MinusSub,
    /// `c - a*b`
    MinusMul,
    /// `(a + b)*c`
    AddMul,
    /// `(a - b)*c`
    SubMul,
    /// `a*b*c`
    MulMul,
    /// `(a - b)*c + d`
    SubMulAdd,
    /// `a*b*c + d`
    MulMulAdd,
    /// `c*d + a*b`
    MulAddMul,
}

impl Op {
    /// How many arguments it has.
    pub fn arity(self) -> usize {
        match self {
            Op::Scale
            | Op::Add
            | Op::Sub
            | Op::Mul
            | Op::Div
            | Op::Max
            | Op::Min
            | Op::Less
            | Op::LessEqual
            | Op::Equal => 2,
            Op::MulAdd | Op::ScaleAdd | Op::DivRoot | Op::Select | Op::Call(_) => 3,
            Op::Pair(Pair::SubMulAdd | Pair::MulMulAdd | Pair::MulAddMul, _) => 4,
            Op::Pair(..) => 3,
            Op::Blend { .. } => 4,
            Op::MinusDivRoot => 5,
            _ => 1,
        }
    }

    /// About how many passes over an array it takes as long as.
    pub(super) fn cost(self) -> f64 {
        match self {
            Op::Call(_) => 100.0,
            Op::Exp | Op::Expm1 | Op::Log | Op::Log1p | Op::Sin | Op::Cos | Op::Tanh | Op::Sigmoid | Op::Softplus => {
                10.0
            }
            Op::Div | Op::DivRoot | Op::MinusDivRoot | Op::Sqrt => 5.0,
            _ => 1.0,
        }
    }

    /// The arguments of which only the first entry is read.
    pub(crate) fn numbers(self) -> &'static [usize] {
        match self {
            Op::Scale | Op::ScaleAdd => &[0],
            Op::Blend { .. } => &[0, 2],
            Op::MinusDivRoot => &[1, 4],
            _ => &[],
        }
    }

    /// The argument that the result may overwrite.
    pub(super) fn overwrites(self) -> Option<usize> {
        match self {
            Op::Sub | Op::MinusDivRoot => Some(0),
            Op::ScaleAdd | Op::Blend { .. } => Some(1),
            _ => None,
        }
    }
}

/// The most arguments of an instruction.
pub const MAX_ARGUMENTS: usize = 5;

/// One step of a tape; the register that it writes is none that it reads.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Instruction {
    /// What is done.
    pub op: Op,
    /// Where the result goes.
    pub to: u16,
    /// The arguments; those beyond the arity are not looked at.
    pub args: [u16; MAX_ARGUMENTS],
}

impl Instruction {
    /// An instruction with its arguments; those that it lacks are the first one.
    pub fn new(op: Op, to: u16, args: &[u16]) -> Instruction {
        let first = args.first().copied().unwrap_or(0);
        Instruction { op, to, args: std::array::from_fn(|k| args.get(k).copied().unwrap_or(first)) }
    }
}

/// What operations do with their arguments, whoever walks over the entries: `one!`, `two!` and `three!` are the walker's own, as
/// are the arms that follow.
macro_rules! entrywise {
    ($op:expr; $($others:tt)*) => {
        match $op {
            Op::Neg => one!(a => -a),
            Op::Abs => one!(a => a.magnitude()),
            Op::Sqrt => one!(a => a.root()),
            Op::Exp => one!(a => a.exp::<A>()),
            Op::Expm1 => one!(a => a.expm1::<A>()),
            Op::Log => one!(a => a.log::<A>()),
            Op::Log1p => one!(a => a.log1p::<A>()),
            Op::Tanh => one!(a => a.tanh::<A>()),
            Op::Sigmoid => one!(a => a.sigmoid::<A>()),
            Op::Softplus => one!(a => a.softplus::<A>()),
            Op::Relu => one!(a => larger(a, T::ZERO)),
            Op::Flush => one!(a => flushed(a)),
            Op::Square => one!(a => a * a),
            Op::Add => two!(a, b => a + b),
            Op::Mul => two!(a, b => a * b),
            Op::Div => two!(a, b => a / b),
            Op::Max => two!(a, b => larger(a, b)),
            Op::Min => two!(a, b => -larger(-a, -b)),
            Op::Less => two!(a, b => truth(a < b)),
            Op::LessEqual => two!(a, b => truth(a <= b)),
            Op::Equal => two!(a, b => truth(a == b)),
            Op::MulAdd => three!(a, b, c => a.fused::<A>(b, c)),
            Op::DivRoot => three!(a, b, c => a / (b.root() + c)),
            Op::Select => three!(a, b, c => selected(a, b, c)),
            $($others)*
        }
    };
}
pub(crate) use entrywise;
