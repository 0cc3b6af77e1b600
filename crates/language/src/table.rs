//! The table of functions that a text may call beside the primitives: one row each, which the parser, its messages and
//! the page of functions read.

use std::ops::RangeInclusive;

use wrt_core::{ShapeError, operations as op};

use crate::cells::Cell;
use crate::diagnostic::Diagnostic;
use crate::library::Call;
use crate::parser::{Parser, Span};
use crate::reductions::Reduction;
use crate::special::{Given, Partial};
use crate::value::Value;

use Make::{Compute, Layer, Program, Reduce};
use Words::{Functions, Notation, Nothing, Sizes};

type Result<T> = std::result::Result<T, ShapeError>;

/// A function.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// A call of it, as messages and the page show it; arguments in brackets are optional.
    pub(crate) usage: &'static str,
    /// What it is, in a line.
    pub(crate) about: &'static str,
    /// How many arguments it takes, without those that are given by name.
    pub(crate) counts: RangeInclusive<usize>,
    /// The names of arguments that have a place and may be given by name.
    pub(crate) places: &'static [&'static str],
    /// The names of arguments that are given by name only.
    pub(crate) named: &'static [&'static str],
    pub(crate) words: Words,
    pub(crate) make: Make,
}

/// Which bare words are arguments, beside values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Words {
    Nothing,
    /// Names of dimensions, from this argument on.
    Sizes(usize),
    /// Names of functions.
    Functions,
    /// Letters of axes as a text, the first argument.
    Notation,
}

/// What a function makes of its arguments.
#[derive(Clone, Copy)]
pub(crate) enum Make {
    /// A reduction, which also goes over an index: `sum[j](…)`.
    Reduce(Reduction),
    /// A value from values.
    Compute(for<'s, 'g, 'c> fn(&'c mut Call<'s, 'g>) -> Result<Value>),
    /// A layer, which makes parameters, or what else knows more than its arguments; with the place of its name.
    Layer(for<'s, 'g, 'c> fn(&'c mut Parser<'s, 'g>, &Given<'s>, &Span) -> Result<Value>),
    /// What says itself where an error is: from the place of its name and that of the call.
    Program(
        for<'s, 'g, 'c> fn(&'c mut Parser<'s, 'g>, &Given<'s>, &Span, &Span) -> std::result::Result<Value, Diagnostic>,
    ),
}

impl Row {
    /// The reduction that it is, if it is one.
    pub(crate) fn reduction(&self) -> Option<Reduction> {
        match self.make {
            Make::Reduce(reduction) => Some(reduction),
            _ => None,
        }
    }

    /// Does it compute with its arguments and nothing else?
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.make, Make::Reduce(_) | Make::Compute(_))
    }
}

/// The function of that name.
pub(crate) fn row(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|r| r.name == name)
}

/// The functions that a text may call beside the primitives: how each is called, and what it is.
///
/// ```
/// let (usage, about) = wrt_language::functions().find(|(usage, _)| usage.starts_with("kron(")).unwrap();
/// assert_eq!((usage, about), ("kron(A, B)", "the Kronecker product of two matrices"));
/// ```
pub fn functions() -> impl Iterator<Item = (&'static str, &'static str)> {
    ROWS.iter().map(|r| (r.usage, r.about))
}

/// The most matrices along which a derivative is taken, with the one at which it is.
const MAX_DIRECTIONS: usize = 16;

const AXIS: &[&str] = &["axis", "over"];
const CONVOLUTION: &[&str] = &["stride", "padding"];

/// A row as a method of [`TensorFunctions`], if it computes with values and nothing else.
macro_rules! method {
    ([Reduce] $($row:tt)*) => { method! { @plain $($row)* } };
    ([Compute] $($row:tt)*) => { method! { @plain $($row)* } };
    // Layers and programs need a text; names of dimensions are no values.
    ([$kind:ident] $($row:tt)*) => {};
    (@plain [$words:expr] $($row:tt)*) => {};
    (@plain [] [$method:ident $arity:tt $($default:tt)*] [$axis:ident] $name:tt $doc:expr) => {
        method! { @plain [] [$method $arity] [] $name $doc }

        #[doc = concat!($doc, ", along one axis; from the end if negative")]
        #[track_caller]
        fn $axis(&self, axis: i64) -> Self {
            Self::call_function($name, &[self], &[("axis", axis)])
        }
    };
    (@plain [] [$method:ident $arity:tt $($default:tt)*] [] $name:tt $doc:expr) => {
        method! { @of $arity $method $name $doc }
    };
    (@of 1 $method:ident $name:tt $doc:expr) => { method! { @args $method () $name $doc } };
    (@of 2 $method:ident $name:tt $doc:expr) => { method! { @args $method (b) $name $doc } };
    (@of 3 $method:ident $name:tt $doc:expr) => { method! { @args $method (b c) $name $doc } };
    (@of 4 $method:ident $name:tt $doc:expr) => { method! { @args $method (b c d) $name $doc } };
    (@of 5 $method:ident $name:tt $doc:expr) => { method! { @args $method (b c d e) $name $doc } };
    (@args $method:ident ($($arg:ident)*) $name:tt $doc:expr) => {
        #[doc = $doc]
        #[track_caller]
        fn $method(&self $(, $arg: &Self)*) -> Self {
            Self::call_function($name, &[self $(, $arg)*], &[])
        }
    };
}
/// `name usage counts axis places named words about => what it makes`, where empty lists and `Nothing` may be left out.
///
/// Where its method would be called otherwise, or takes more arguments than the function needs, that stands behind `as`;
/// behind `axis` the name of the method along one axis.
macro_rules! rows {
    ($($name:ident $(as $method:ident $arity:tt)? $usage:literal $least:tt..=$most:tt
        $(, axis $axis:ident)? $(, places $places:expr)? $(, named $named:expr)? $(, words $words:expr)?;
        $about:literal => $kind:ident($($make:tt)*);)*) => {
        pub(crate) static ROWS: &[Row] = &[$(Row {
            name: stringify!($name),
            usage: concat!(stringify!($name), $usage),
            about: $about,
            counts: $least..=$most,
            places: rows!(@or &[] $(, $places)?),
            named: rows!(@named $([$axis])? $($named)?),
            words: rows!(@or Nothing $(, $words)?),
            make: $kind($($make)*),
        }),*];

        /// The functions of vectors, matrices and tensors as methods, beside those of [`Functions`](wrt_core::Functions):
        /// what a kind of expression needs to offer is [`TensorFunctions::call_function`].
        pub trait TensorFunctions: Sized {
            /// The function of that name, with settings that are given by name.
            #[track_caller]
            fn call_function(name: &str, args: &[&Self], settings: &[(&str, i64)]) -> Self;
            $(method! {
                [$kind] [$($words)?] [$($method $arity)? $name $least] [$($axis)?] (stringify!($name))
                concat!("`", stringify!($name), $usage, "`: ", $about)
            })*
        }
    };
    (@named [$axis:ident]) => { AXIS };
    (@named $($named:expr)?) => { rows!(@or &[] $(, $named)?) };
    (@or $default:expr) => { $default };
    (@or $default:expr, $given:expr) => { $given };
}

rows! {
    sum "(X, [axis])" 1..=2, axis sum_axis; "the sum, over all axes or one" => Reduce(Reduction::Sum);
    mean "(X, [axis])" 1..=2, axis mean_axis; "the mean, over all axes or one" => Reduce(Reduction::Mean);
    prod "(X, [axis])" 1..=2, axis prod_axis; "the product, over all axes or one" => Reduce(Reduction::Prod);
    max as amax 1 "(X, [axis])" 1..=2, axis amax_axis; "the largest entry, over all axes or one" => Reduce(Reduction::Max);
    min as amin 1 "(X, [axis])" 1..=2, axis amin_axis; "the smallest entry, over all axes or one" => Reduce(Reduction::Min);
    argmax "(X, [axis])" 1..=2, axis argmax_axis; "the position of the largest entry, over all axes or one"
        => Reduce(Reduction::ArgMax);
    argmin "(X, [axis])" 1..=2, axis argmin_axis; "the position of the smallest entry, over all axes or one"
        => Reduce(Reduction::ArgMin);
    logsumexp "(X, [axis])" 1..=2, axis logsumexp_axis; "log(sum(exp(X))) without overflow, over all axes or one"
        => Reduce(Reduction::LogSumExp);
    var "(X, [axis])" 1..=2, axis var_axis; "the variance, over all axes or one" => Reduce(Reduction::Var);
    std "(X, [axis])" 1..=2, axis std_axis; "the standard deviation, over all axes or one" => Reduce(Reduction::Std);
    softmax "(x, [axis])" 1..=2, axis softmax_axis; "exp(x)/sum(exp(x)) along the last axis, or another one"
        => Compute(|c| c.along(op::Softmax));
    log_softmax "(x, [axis])" 1..=2, axis log_softmax_axis; "log(softmax(x)), without loss of digits"
        => Compute(|c| c.log_softmax());
    cumsum "(x, [axis])" 1..=2, named &["axis", "over", "reverse"];
        "the sums up to each entry; from the end with reverse=1" => Compute(|c| c.cumsum());
    sort "(x, [axis])" 1..=2, axis sort_axis; "in rising order along the last axis, or another one"
        => Compute(|c| c.along(op::Sort));
    argsort "(x, [axis])" 1..=2, axis argsort_axis;
        "the positions in rising order of the values, along the last axis, or another one"
        => Compute(|c| c.along(op::ArgSort));
    cumprod "(x, [axis])" 1..=2, named &["axis", "over", "reverse", "exclusive"];
        "the products up to each entry; from the end with reverse=1, without the entry with exclusive=1"
        => Compute(|c| c.cumprod());
    logcumsumexp "(x, [axis])" 1..=2, axis logcumsumexp_axis; "log(cumsum(exp(x))) without overflow"
        => Compute(|c| c.along(op::LogCumsumExp));
    recurrence "(a, b)" 2..=2, named &["reverse"];
        "h[k] = a[k]*h[k-1] + b[k] along the last axis from h[0] = b[0] on; with reverse=1 its transpose in b"
        => Compute(|c| c.recurrence());
    flip "(X, [axis])" 1..=2, axis flip_axis; "from the end on, along all axes or one" => Compute(|c| c.flip());
    clip "(x, low, high)" 3..=3; "min(max(x, low), high); at an end half of the slope, as both branches meet there"
        => Compute(|c| c.clip());
    norm "(X)" 1..=1; "the square root of the sum of squares" => Compute(|c| c.norm());
    norm2 "(x)" 1..=1; "the Euclidean norm of a vector" => Compute(|c| c.norm_of_rank("norm2", 1));
    normF as norm_f 1 "(A)" 1..=1; "the Frobenius norm of a matrix" => Compute(|c| c.norm_of_rank("normF", 2));
    norm1 "(x)" 1..=1; "the sum of magnitudes" => Compute(|c| c.norm1());
    dot "(a, b)" 2..=2; "the inner product of two vectors" => Compute(|c| c.dot());
    cross "(a, b)" 2..=2; "the vector product, along the last axis of three entries" => Compute(|c| c.cross());
    outer "(a, b)" 2..=2; "the outer product of two vectors" => Compute(|c| c.outer());
    tr "(A)" 1..=1; "the sum of the diagonal" => Compute(|c| c.trace());
    trace "(A)" 1..=1; "the sum of the diagonal" => Compute(|c| c.trace());
    transpose "(X)" 1..=1; "X', the rows as columns" => Compute(|c| c.transpose());
    diag "(x)" 1..=1; "a diagonal matrix of a vector; the diagonal of a matrix" => Compute(|c| c.diag());
    eye "(n)" 1..=1, words Sizes(0); "the identity matrix" => Compute(|c| c.eye());
    ones "(m, n)" 1..=8, words Sizes(0); "an array of ones" => Compute(|c| c.ones());
    zeros "(m, n)" 1..=8, words Sizes(0); "an array of zeros" => Compute(|c| c.zeros());
    full "(value, m, n)" 2..=9, words Sizes(1); "an array of one value" => Compute(|c| c.full());
    det "(A)" 1..=1; "the determinant" => Compute(|c| c.operation(op::Det));
    logdet "(A)" 1..=1; "the log of a positive determinant" => Compute(|c| c.operation(op::LogDet));
    logabsdet "(A)" 1..=1; "the log of the determinant's magnitude" => Compute(|c| c.operation(op::LogAbsDet));
    sign_det "(A)" 1..=1; "the sign of the determinant" => Compute(|c| c.operation(op::SignDet));
    inv "(A)" 1..=1; "the inverse" => Compute(|c| c.operation(op::Inv));
    cofactor "(A, [directions])" 1..=MAX_DIRECTIONS; "the matrix of cofactors; its derivative along further matrices"
        => Compute(|c| c.operation_of_all(op::Cofactor));
    prod_others "(x, [axis], [order])" 1..=2, named &["axis", "over", "order"];
        "for each entry the product of all others; of all but two with order=2" => Compute(|c| c.prod_others());
    share_of_max "(x, [axis])" 1..=2, axis share_of_max_axis; "1 at the largest entry, shared among equal ones"
        => Compute(|c| c.along(op::Shared { largest: true }));
    share_of_min "(x, [axis])" 1..=2, axis share_of_min_axis; "1 at the smallest entry, shared among equal ones"
        => Compute(|c| c.along(op::Shared { largest: false }));
    tail "(x, size, [axis])" 2..=2, named &["axis"]; "the last entries, so many of them" => Compute(|c| c.tail());
    expm_frechet "(A, E)" 2..=MAX_DIRECTIONS; "the derivative of expm(A) along E, or along further matrices"
        => Compute(|c| c.operation_of_all(op::Frechet));
    tril_halved "(A)" 1..=1; "the lower triangle with half of the diagonal"
        => Compute(|c| c.operation(op::Tril { halved: true }));
    pinv "(A)" 1..=1; "the Moore-Penrose inverse" => Compute(|c| c.operation(op::Pinv));
    eigvalsh "(A)" 1..=1; "the eigenvalues of the symmetric part of a matrix, in rising order"
        => Compute(|c| c.operation(op::Eigvalsh));
    eigh_vectors "(A)" 1..=1; "its eigenvectors in columns, the largest entry of each positive"
        => Compute(|c| c.operation(op::EighVectors));
    spectral "(A, g)" 2..=2; "V @ diag(g) @ V' where V = eigh_vectors(A)" => Compute(|c| c.spectral(op::Spectral));
    svdvals "(A)" 1..=1; "the singular values, in falling order" => Compute(|c| c.operation(op::Svdvals));
    svd_spread "(A, g)" 2..=2; "U @ diag(g) @ V' with the singular vectors of A" => Compute(|c| c.spectral(op::SvdSpread));
    matrix_power "(A, k)" 2..=2; "A @ A @ …, k times; of inv(A) where k is negative" => Compute(|c| c.matrix_power());
    expm "(A)" 1..=1; "the exponential of a matrix" => Compute(|c| c.operation(op::Expm));
    cholesky "(A)" 1..=1; "the lower triangular L with A = L @ L'" => Compute(|c| c.operation(op::Cholesky));
    qr_q "(A)" 1..=1; "the orthonormal columns Q of A = Q @ R" => Compute(|c| c.operation(op::QrQ));
    qr_r "(A)" 1..=1; "the upper triangle R of A = Q @ R, its diagonal positive" => Compute(|c| c.qr_r());
    tril "(A)" 1..=1; "the lower triangle" => Compute(|c| c.operation(op::Tril::lower()));
    triu "(A)" 1..=1; "the upper triangle" => Compute(|c| c.triu());
    einsum "(\"ij,jk->ik\", A, B)" 2..=17, words Notation;
        "the sum over all letters that the result lacks of the product of the factors, each axis of which has a letter"
        => Compute(|c| c.einsum());
    solve "(A, b)" 2..=2; "the solution x of A @ x = b, a vector or the columns of a matrix" => Compute(|c| c.solve());
    kron "(A, B)" 2..=2; "the Kronecker product of two matrices" => Compute(|c| c.kron());
    reshape "(X, [m, n])" 2..=9, words Sizes(1); "other axes with as many entries" => Compute(|c| c.reshape());
    vec "(X)" 1..=1; "the columns of a matrix below each other, one vector" => Compute(|c| c.vec());
    flatten "(X)" 1..=1; "all axes but the first merged into one" => Compute(|c| c.flatten());
    concat as concat 2 "(a, b, [axis])" 1..=64, named &["axis"]; "joined along an axis" => Compute(|c| c.concat());
    stack as stack 2 "(a, b, [axis])" 1..=64, named &["axis"]; "joined along a new axis" => Compute(|c| c.stack());
    one_hot "(y, classes)" 2..=2, words Sizes(1); "rows with a 1 at the label" => Compute(|c| c.one_hot());
    gather "(X, indices, [axis], [batch])" 2..=2, named &["axis", "batch"];
        "X at integer positions along an axis, the first one; with batch=1 each row has positions of its own"
        => Compute(|c| c.gather());
    scatter_add "(X, indices, size, [axis], [batch])" 3..=3, named &["axis", "batch"], words Sizes(2);
        "the transpose of gather: entries added up at their positions along an axis of that size"
        => Compute(|c| c.scatter_add());
    stop_gradient "(x)" 1..=1; "x, with the derivative 0" => Compute(|c| c.operation(op::StopGradient));
    mse "(y, p)" 2..=2; "the mean of the squares of y - p" => Compute(|c| c.mse());
    mae "(y, p)" 2..=2; "the mean of the magnitudes of y - p" => Compute(|c| c.mae());
    huber "(y, p, [delta])" 2..=3, named &["delta"]; "the mean of squares up to delta, of magnitudes beyond"
        => Compute(|c| c.huber());
    l1 "(w, [factor])" 1..=2, named &["factor"]; "a factor times the sum of magnitudes" => Compute(|c| c.l1());
    l2 "(w, [factor])" 1..=2, named &["factor"]; "a factor times the sum of squares" => Compute(|c| c.l2());
    crossentropy as crossentropy 2 "(y, p)" 1..=2, named &["logits"];
        "one number a sample; y are labels or probabilities; p may be written as logits=z"
        => Compute(|c| c.crossentropy());
    binary_crossentropy as binary_crossentropy 2 "(y, p)" 1..=2, named &["logits"]; "entry by entry; p may be written as logits=z"
        => Compute(|c| c.binary_crossentropy());
    kl "(y, p)" 2..=2; "the Kullback-Leibler divergence, along the last axis" => Compute(|c| c.kl());
    hinge "(y, p)" 2..=2; "the mean of relu(1 - y*p), along the last axis" => Compute(|c| c.hinge());
    cosine "(a, b)" 2..=2; "the cosine of the angle, along the last axis" => Compute(|c| c.cosine());
    pad "(x, start, size, [axis], [step])" 3..=3, named &["step", "axis"], words Sizes(1);
        "x in zeros, from a position on, in an axis of that size" => Compute(|c| c.pad());
    window "(x, size, [stride], [dilation])" 2..=3, named &["dilation"]; "all windows along the last axis"
        => Compute(|c| c.window());
    fold "(x, size, n, [stride], [dilation])" 3..=4, named &["dilation"];
        "the transpose of window: each entry added where it came from" => Compute(|c| c.fold());
    max_pool "(X, size, [stride], [padding])" 2..=3, named CONVOLUTION; "the largest entry of squares (2) or other windows ([2, 3]) side by side, or at a stride"
        => Compute(|c| c.pool(true, op::Pooled::Output));
    avg_pool "(X, size, [stride], [padding])" 2..=3, named CONVOLUTION; "the mean of squares (2) or other windows ([2, 3]) side by side, or at a stride"
        => Compute(|c| c.pool(false, op::Pooled::Output));
    max_pool_input "(X, G, size, height, width)" 5..=5; "the derivative of max_pool with respect to X, times weights"
        => Compute(|c| c.pool(true, op::Pooled::Input));
    avg_pool_input "(G, size, height, width)" 4..=4;
        "the derivative of avg_pool with respect to its input, times weights"
        => Compute(|c| c.pool(false, op::Pooled::Input));
    max_pool_along "(X, V, size)" 3..=3; "the derivative of max_pool along V"
        => Compute(|c| c.pool(true, op::Pooled::Along));
    conv1d "(X, filters, size, [activation], [stride], [padding]) or conv1d(X, kernel, [stride], [activation], [padding])" 2..=4,
        places &["x", "filters", "size", "activation"], named &["stride", "padding", "use_bias"], words Functions;
        "the convolution along one axis, with a kernel and a bias of its own or with this kernel"
        => Layer(|p, given, place| p.convolution(1, given, place));
    conv1d_input "(kernel, G, length)" 3..=3, named CONVOLUTION;
        "the derivative of conv1d with respect to X, times weights" => Compute(|c| c.convolution(1, op::Target::Input));
    conv_transpose "(X, kernel, [stride])" 2..=3, named &["stride"];
        "the transpose of a convolution along one axis or two, by a kernel [size, channels out, channels in] or [height, width, channels out, channels in]"
        => Compute(|c| c.conv_transpose());
    conv1d_kernel "(X, G, size)" 3..=3, named CONVOLUTION;
        "the derivative of conv1d with respect to the kernel, times weights"
        => Compute(|c| c.convolution(1, op::Target::Kernel));
    conv2d_input "(kernel, G, height, width)" 4..=4, named CONVOLUTION;
        "the derivative of conv2d with respect to X, times weights" => Compute(|c| c.convolution(2, op::Target::Input));
    conv2d_kernel "(X, G, height, width)" 3..=4, named CONVOLUTION;
        "the derivative of conv2d with respect to the kernel, times weights"
        => Compute(|c| c.convolution(2, op::Target::Kernel));
    dense "(x, units, [activation])" 2..=3, places &["x", "units", "activation"], named &["use_bias"], words Functions;
        "activation(x @ W + b) with a W and a b of its own; without b with use_bias=0"
        => Layer(|p, given, place| p.dense(given, place));
    conv2d "(X, filters, size, [activation], [stride], [padding]) or conv2d(X, kernel, [stride], [activation], [padding])" 2..=4,
        places &["x", "filters", "size", "activation"], named &["stride", "padding", "use_bias"], words Functions;
        "the convolution along two axes, with a kernel and a bias of its own or with this kernel"
        => Layer(|p, given, place| p.convolution(2, given, place));
    batch_norm "(x, [momentum], [epsilon])" 1..=1, places &["x"], named &["momentum", "epsilon"], words Functions;
        "to mean 0 and deviation 1 over the batch, then scaled and shifted" => Layer(|p, given, _| p.batch_norm(given));
    standardize "(X)" 1..=1, places &["X"], words Functions;
        "data to mean 0 and deviation 1 along the last axis, by what both are in the rows to train on"
        => Layer(|p, given, _| p.standardize(given));
    layer_norm "(x, [epsilon])" 1..=1, places &["x"], named &["epsilon"], words Functions;
        "to mean 0 and deviation 1 over the last axis, then scaled and shifted"
        => Layer(|p, given, _| p.layer_norm(given));
    group_norm "(x, groups, [epsilon])" 2..=2, places &["x", "groups"], named &["epsilon"], words Functions;
        "to mean 0 and deviation 1 over the sizes and the channels of each group, then scaled and shifted"
        => Layer(|p, given, _| p.group_norm(given));
    rms_norm "(x, [epsilon])" 1..=1, places &["x"], named &["epsilon"], words Functions;
        "over the root of the mean of squares along the last axis, then scaled" => Layer(|p, given, _| p.rms_norm(given));
    dropout "(x, rate)" 1..=2, places &["x", "rate"], words Functions; "zeros with this probability, the rest scaled up"
        => Layer(|p, given, _| p.dropout(given));
    embedding "(ids, vocabulary, units)" 2..=3, places &["ids", "vocabulary", "units"], words Functions;
        "rows of a table of its own" => Layer(|p, given, _| p.embedding(given));
    attention "(q, k, v) or attention(x, units)" 2..=3, places &["x", "units"], words Functions;
        "softmax(q @ k'/sqrt(units)) @ v; of x with matrices of its own: q = x @ Wq, and so on" => Layer(|p, given, _| p.attention(given));
    rnn "(x, units) or rnn(x, W, U, b)" 2..=4, places &["x", "units"], named &["time_major"], words Functions;
        "a recurrent layer: the outputs along the time axis" => Layer(|p, given, _| p.recurrent(given, Cell::Rnn));
    lstm "(x, units) or lstm(x, Wi, Ui, bi, Wf, Uf, bf, Wc, Uc, bc, Wo, Uo, bo)" 2..=13,
        places &["x", "units"], named &["time_major"], words Functions;
        "a layer of long short-term memory: the outputs along the time axis"
        => Layer(|p, given, _| p.recurrent(given, Cell::Lstm));
    gru "(x, units) or gru(x, Wz, Uz, bz, cz, Wr, Ur, br, cr, Wh, Uh, bh, ch)" 2..=13,
        places &["x", "units"], named &["time_major"], words Functions;
        "a layer of gated recurrent units, reset behind the matrix as in Keras: the outputs along the time axis"
        => Layer(|p, given, _| p.recurrent(given, Cell::Gru));
    scan "(step, first_state, X, [reverse], [checkpoint])" 3..=3, places &["step", "first", "X"], named &["reverse", "checkpoint"], words Functions;
        "the states after each entry along the first axis of X, each by step(state, entry)"
        => Program(|p, given, place, whole| p.scan(given, place, whole));
    d "(u, x)" 2..=8, places &["u"], words Functions;
        "the derivative of u with respect to x; once more with respect to each further name"
        => Program(|p, given, place, whole| p.derivative_of(Partial::Any, given, place, whole));
    grad "(cost, w)" 2..=8, places &["u"], words Functions; "the derivative of one number"
        => Program(|p, given, place, whole| p.derivative_of(Partial::OfNumber, given, place, whole));
    jacobian "(u, x)" 2..=8, places &["u"], words Functions;
        "the derivative of u with respect to x: the axes of u, then those of x"
        => Program(|p, given, place, whole| p.derivative_of(Partial::Any, given, place, whole));
    hessian "(cost, w)" 2..=2, places &["u", "x"], words Functions; "the second derivative of one number"
        => Program(|p, given, place, whole| p.derivative_of(Partial::Twice, given, place, whole));
    vjp "(u, x, weights)" 3..=3, places &["u", "x", "weights"], words Functions;
        "weights times the Jacobian of u with respect to x" => Layer(|p, given, _| p.product(true, given));
    jvp "(u, x, direction)" 3..=3, places &["u", "x", "direction"], words Functions;
        "the Jacobian of u with respect to x times a direction" => Layer(|p, given, _| p.product(false, given));
}
