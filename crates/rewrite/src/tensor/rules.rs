//! Rules on tensors, as rows: what a product or an operation of something special is.
//!
//! A rule on numbers is a pattern of text (`crate::rules`), since the normal form knows how to match one. Here a left
//! side is a family: a determinant of a product of *any* number of matrices, an inverse anywhere in a labelled product.
//! So a row has a function, which finds and rewrites a member, and examples in the language, which a test reads,
//! evaluates at points inside, at and outside of the domain, and sees fire (`crates/wrt/tests/tensor_rules.rs`). The
//! functions are called through the table only: what has no row is dead code, which does not compile here.

use wrt_core::{Dim, Graph, Id, Operation};

use super::canonical::{self, CanonicalForm};
use super::flat::{self, Flat};
use super::loop_body::LoopBody;
use super::{lift, operation};
use crate::rules::Effect;

/// A named identity of tensors.
#[derive(Clone, Copy)]
pub struct TensorRule {
    /// What people call it.
    pub name: &'static str,
    /// Left sides with what they are, in the language.
    pub examples: &'static [(&'static str, &'static str)],
    /// The shapes of the examples' names, `A[n,n], x[n]`.
    pub shapes: &'static str,
    /// What must be known of a name, as `S symmetric` or `x nonzero`; empty where nothing needs to be.
    pub condition: &'static str,
    /// What happens to the domain.
    pub effect: Effect,
    pub(super) apply: Apply,
}

/// An operation that may be something shorter.
#[derive(Clone, Copy)]
pub(super) struct Site<'s> {
    pub(super) operation: &'s Operation,
    pub(super) args: &'s [Id],
    pub(super) dims: &'s [Dim],
}

/// The function of a rule, by what it is applied to.
#[derive(Clone, Copy)]
pub(super) enum Apply {
    /// To an operation: what it is.
    Operation(fn(&mut Graph, Site<'_>) -> Option<Id>),
    /// To a product at labels: did it change? None where it became too large.
    Product(fn(&mut Flat, &mut Graph) -> Option<bool>),
    /// To a product at labels: the products that it is the sum of.
    Terms(fn(&Flat, &mut Graph) -> Option<Vec<Flat>>),
    /// To a scalar formula under a sum over labels: the terms that are summed one by one.
    Summed(lift::Spread),
    /// To a sum of products at labels: what it is, whatever the order of its factors.
    CanonicalForm(fn(&Graph, Id, &[u8]) -> Option<CanonicalForm>),
}

/// Every rule on tensors, in the order in which they are tried.
pub static TENSOR_RULES: &[TensorRule] = &[
    TensorRule {
        name: "argument by which a function differentiates",
        examples: &[("f(t) = d(sum(t^2), t); f(x)", "2*x")],
        shapes: "x[n]",
        condition: "",
        effect: Effect::Equal,
        apply: Apply::Operation(operation::alias),
    },
    TensorRule {
        name: "function with a derivative given by hand",
        examples: &[("f(t) = t^2; derivative f(t) = 2*t; f(x)", "x^2")],
        shapes: "x[n]",
        condition: "",
        effect: Effect::Equal,
        apply: Apply::Operation(operation::overridden),
    },
    TensorRule {
        name: "cofactors by determinant and inverse",
        examples: &[("cofactor(A)", "det(A)*inv(A)'"), ("cofactor(A @ A)", "det(A)^2*inv(A)' @ inv(A)'")],
        shapes: "A[n,n]",
        condition: "",
        effect: Effect::Narrows,
        apply: Apply::Operation(operation::cofactors),
    },
    TensorRule {
        name: "cofactors along a direction by determinant and inverse",
        examples: &[("cofactor(A, B)", "det(A)*(tr(inv(A) @ B)*inv(A)' - (inv(A) @ B @ inv(A))')")],
        shapes: "A[n,n], B[n,n]",
        condition: "",
        effect: Effect::Narrows,
        apply: Apply::Operation(operation::cofactors_along),
    },
    TensorRule {
        name: "products without an entry, where none is 0",
        examples: &[
            ("prod_others(x)", "prod(x)/x"),
            ("hessian(prod(x), x)", "prod(x)*(outer(1/x, 1/x) - diag(1/x^2))"),
        ],
        shapes: "x[n]",
        condition: "x nonzero",
        effect: Effect::Equal,
        apply: Apply::Operation(operation::products_of_others),
    },
    TensorRule {
        name: "the same of each row",
        examples: &[("prod_others(M)", "prod(M, axis=1)[:, None]/M")],
        shapes: "M[m,n]",
        condition: "M nonzero",
        effect: Effect::Equal,
        apply: Apply::Operation(operation::products_of_others),
    },
    TensorRule {
        name: "the same shape or range",
        examples: &[("reshape(A, [m, n])", "A"), ("v[0:4]", "v"), ("pad(x, 0, n)", "x")],
        shapes: "A[m,n], v[4], x[n]",
        condition: "",
        effect: Effect::Equal,
        apply: Apply::Operation(operation::same_shape),
    },
    TensorRule {
        name: "entry of a range",
        examples: &[("v[1:2][0]", "v[1]"), ("v[1:4][2]", "v[3]"), ("v[0:4:2][1]", "v[2]")],
        shapes: "v[4]",
        condition: "",
        effect: Effect::Equal,
        apply: Apply::Operation(operation::entry_of_range),
    },
    TensorRule {
        name: "identity with its axes split",
        examples: &[("reshape(eye(6), [2, 3, 2, 3])*T", "T*reshape(eye(6), [2, 3, 2, 3])")],
        shapes: "T[2,3,2,3]",
        condition: "",
        effect: Effect::Equal,
        apply: Apply::Operation(operation::split_identity),
    },
    TensorRule {
        name: "a sign with other axes",
        examples: &[("reshape(-M, [n, m])", "-reshape(M, [n, m])")],
        shapes: "M[m,n]",
        condition: "",
        effect: Effect::Equal,
        apply: Apply::Operation(operation::reshaped_negative),
    },
    TensorRule {
        name: "axes merged and split again",
        examples: &[("reshape(reshape(M, [m*n]), [n, m])", "reshape(M, [n, m])")],
        shapes: "M[m,n], T[2,2,m]",
        condition: "",
        effect: Effect::Equal,
        apply: Apply::Operation(operation::reshape_again),
    },
    TensorRule {
        name: "ones in another shape",
        examples: &[("reshape(ones(m, n), [m*n])", "ones(m*n)")],
        shapes: "A[m,n]",
        condition: "",
        effect: Effect::Equal,
        apply: Apply::Operation(operation::ones),
    },
    TensorRule {
        name: "determinant of an inverse",
        examples: &[("det(inv(A))", "1/det(A)")],
        shapes: "A[n,n]",
        condition: "",
        effect: Effect::Equal,
        apply: Apply::Operation(operation::det_of_inverse),
    },
    TensorRule {
        name: "determinant of a product",
        examples: &[("det(A')", "det(A)"), ("det(A @ B @ A)", "det(A)^2*det(B)"), ("det(A @ A')", "det(A)^2")],
        shapes: "A[n,n], B[n,n]",
        condition: "",
        effect: Effect::Equal,
        apply: Apply::Operation(operation::det_of_product),
    },
    TensorRule {
        name: "inverse of an inverse",
        examples: &[("inv(inv(A))", "A")],
        shapes: "A[n,n]",
        condition: "",
        effect: Effect::Extends,
        apply: Apply::Operation(operation::inverse_of_inverse),
    },
    TensorRule {
        name: "turned round twice",
        examples: &[("x[::-1][::-1]", "x"), ("A[:, ::-1][:, ::-1]", "A")],
        shapes: "x[n], A[n,n]",
        condition: "",
        effect: Effect::Equal,
        apply: Apply::Operation(operation::flip_of_flip),
    },
    TensorRule {
        name: "inverse of a product",
        examples: &[("inv(A')", "inv(A)'"), ("inv(A @ B)", "inv(B) @ inv(A)"), ("inv(A @ B')", "inv(B)' @ inv(A)")],
        shapes: "A[n,n], B[n,n]",
        condition: "",
        effect: Effect::Equal,
        apply: Apply::Operation(operation::inverse_of_product),
    },
    TensorRule {
        name: "solution for a product with the matrix",
        examples: &[("solve(A, A @ x)", "x"), ("solve(A', A' @ B @ x)", "B @ x"), ("solve(A, A @ B)", "B")],
        shapes: "A[n,n], B[n,n], x[n]",
        condition: "",
        effect: Effect::Extends,
        apply: Apply::Operation(operation::solution_of_product),
    },
    TensorRule {
        name: "solution for the identity",
        examples: &[("solve(A, eye(n))", "inv(A)"), ("jacobian(solve(A, 2*x), x)", "2*inv(A)")],
        shapes: "A[n,n], x[n]",
        condition: "",
        effect: Effect::Equal,
        apply: Apply::Operation(operation::solution_for_identity),
    },
    TensorRule {
        name: "solution with the identity or an inverse",
        examples: &[("solve(eye(n), x)", "x"), ("solve(inv(A), x)", "A @ x"), ("solve(inv(A), B)", "A @ B")],
        shapes: "A[n,n], B[n,n], x[n]",
        condition: "",
        effect: Effect::Extends,
        apply: Apply::Operation(operation::solution_with_inverse),
    },
    TensorRule {
        name: "multiple of a solution",
        examples: &[("solve(2*A, x)", "solve(A, x)/2"), ("solve(A, -3*x)", "-3*solve(A, x)")],
        shapes: "A[n,n], x[n]",
        condition: "",
        effect: Effect::Equal,
        apply: Apply::Operation(operation::solution_of_multiple),
    },
    TensorRule {
        name: "derivative of the exponential along the identity",
        examples: &[("expm_frechet(A, eye(n))", "expm(A)"), ("expm_frechet(A, eye(n), E)", "expm_frechet(A, E)")],
        shapes: "A[n,n], E[n,n]",
        condition: "",
        effect: Effect::Equal,
        apply: Apply::Operation(operation::frechet_along_identity),
    },
    TensorRule {
        name: "function of a transpose",
        examples: &[("expm(A')", "expm(A)'"), ("pinv(M')", "pinv(M)'")],
        shapes: "A[n,n], M[m,n]",
        condition: "",
        effect: Effect::Equal,
        apply: Apply::Operation(operation::of_transpose),
    },
    TensorRule {
        name: "product of products and identities",
        examples: &[
            ("eye(n) @ x", "x"),
            ("A @ eye(n) @ A", "A @ A"),
            ("tr(eye(n))", "n"),
            ("sum(ones(n))", "n"),
            ("sum(outer(x, y))", "sum(x)*sum(y)"),
            ("tr(outer(x, y))", "x' @ y"),
            ("diag(diag(x))", "x"),
            ("sum(diag(x))", "sum(x)"),
        ],
        shapes: "A[n,n], x[n], y[n]",
        condition: "",
        effect: Effect::Equal,
        apply: Apply::Product(flat::flatten),
    },
    TensorRule {
        name: "transpose of a symmetric matrix",
        examples: &[("S' @ x", "S @ x"), ("x' @ S @ y - y' @ S @ x", "0")],
        shapes: "S[n,n], x[n], y[n]",
        condition: "S symmetric",
        effect: Effect::Equal,
        apply: Apply::Product(flat::sort_symmetric),
    },
    TensorRule {
        name: "matrix and its inverse",
        examples: &[
            ("inv(A) @ A @ x", "x"),
            ("A @ inv(A) @ x", "x"),
            ("A' @ inv(A)' @ x", "x"),
            ("tr(A @ inv(A))", "n"),
        ],
        shapes: "A[n,n], x[n]",
        condition: "",
        effect: Effect::Extends,
        apply: Apply::Product(flat::cancel_inverse),
    },
    TensorRule {
        name: "softmax by its definition",
        examples: &[("exp(x)/sum(exp(x))", "softmax(x)"), ("M' @ exp(M @ x)/sum(exp(M @ x))", "M' @ softmax(M @ x)")],
        shapes: "x[n], M[m,n]",
        condition: "",
        effect: Effect::Equal,
        apply: Apply::Product(flat::made_softmax),
    },
    TensorRule {
        name: "sum of a softmax",
        examples: &[("sum(softmax(x))", "1"), ("sum(softmax(M), axis=1)", "ones(m)")],
        shapes: "x[n], M[m,n]",
        condition: "",
        effect: Effect::Equal,
        apply: Apply::Product(flat::sum_softmax),
    },
    TensorRule {
        name: "sum over the classes of labels",
        examples: &[("sum(one_hot(c, 3), axis=1)", "ones(m)")],
        shapes: "c[m]",
        condition: "",
        effect: Effect::Extends,
        apply: Apply::Product(flat::sum_one_hot),
    },
    TensorRule {
        name: "sum over merged axes",
        examples: &[("sum(reshape(M, [m*n]))", "sum(M)"), ("tr(reshape(D, [6, 6]))", "sum[i,j](D[i,j,i,j])")],
        shapes: "M[m,n], D[2,3,2,3]",
        condition: "",
        effect: Effect::Equal,
        apply: Apply::Product(flat::sum_reshaped),
    },
    TensorRule {
        name: "product with an identity whose axis is split",
        examples: &[
            ("jacobian(vec(A @ X @ B), vec(X))", "kron(B', A)"),
            ("jacobian(vec(A @ X), vec(X))", "kron(eye(n), A)"),
        ],
        shapes: "A[m,m], X[m,n], B[n,n]",
        condition: "",
        effect: Effect::Equal,
        apply: Apply::Product(flat::merge_split),
    },
    TensorRule {
        name: "product with a sum that holds an identity",
        examples: &[("(eye(n) + A) @ x", "x + A @ x"), ("tr((eye(n) - A) @ A)", "tr(A) - tr(A @ A)")],
        shapes: "A[n,n], x[n]",
        condition: "",
        effect: Effect::Equal,
        apply: Apply::Terms(flat::with_identity),
    },
    TensorRule {
        name: "sum of terms that are constant along it",
        examples: &[("sum(x + a)", "sum(x) + a*n"), ("sum(a*(x + b))", "a*(sum(x) + b*n)")],
        shapes: "x[n], a[], b[]",
        condition: "",
        effect: Effect::Equal,
        apply: Apply::Summed(LoopBody::spread_over),
    },
    TensorRule {
        name: "equal products in another order",
        examples: &[("x' @ A @ y - y' @ A' @ x", "0"), ("tr(A @ B) - tr(B @ A)", "0")],
        shapes: "A[n,n], B[n,n], x[n], y[n]",
        condition: "",
        effect: Effect::Equal,
        apply: Apply::CanonicalForm(canonical::canonical_form),
    },
];

/// What an operation is by the first rule that fires.
pub(super) fn operation(g: &mut Graph, site: Site<'_>) -> Option<Id> {
    TENSOR_RULES.iter().find_map(|rule| match rule.apply {
        Apply::Operation(apply) => apply(g, site),
        _ => None,
    })
}

/// Applies the rules on products until none fires; none where the product became too large.
pub(super) fn products(flat: &mut Flat, g: &mut Graph) -> Option<()> {
    loop {
        let mut changed = false;
        for rule in TENSOR_RULES {
            if let Apply::Product(apply) = rule.apply
                && !changed
            {
                changed = apply(flat, g)?;
            }
        }
        if !changed {
            return Some(());
        }
    }
}

/// The products that a product is better written as the sum of.
pub(super) fn terms(flat: &Flat, g: &mut Graph) -> Option<Vec<Flat>> {
    TENSOR_RULES.iter().find_map(|rule| match rule.apply {
        Apply::Terms(apply) => apply(flat, g),
        _ => None,
    })
}

/// The terms of a scalar formula that are summed one by one.
pub(super) fn summed(body: &mut LoopBody, g: &Graph, scalar: Id, labels: &[u8]) -> Option<lift::Terms> {
    TENSOR_RULES.iter().find_map(|rule| match rule.apply {
        Apply::Summed(apply) => apply(body, g, scalar, labels),
        _ => None,
    })
}

/// What a sum of products is, whatever the order of its factors.
pub(super) fn canonical_form(g: &Graph, id: Id, labels: &[u8]) -> Option<CanonicalForm> {
    TENSOR_RULES.iter().find_map(|rule| match rule.apply {
        Apply::CanonicalForm(apply) => apply(g, id, labels),
        _ => None,
    })
}
