//! Functions that people know from elsewhere, with what there is instead.

/// Names in NumPy, JAX, PyTorch, TensorFlow and MATLAB, and what to say of them.
const NAMES: &[(&[&str], &str)] = &[
    (&["take", "index_select", "embedding_lookup", "getindex"], "write x[ids], or gather(x, ids, axis=0)"),
    (
        &["take_along_axis", "batch_gather", "gather_nd", "pick"],
        "write gather(x, ids, batch=1): each row has ids of its own",
    ),
    (
        &["scatter", "index_add", "segment_sum", "scatter_nd", "bincount", "accumarray", "add_at"],
        "write scatter_add(x, ids, size)",
    ),
    (&["reverse", "fliplr", "flipud", "rev", "rot180"], "write x[::-1], or flip(x, axis=0)"),
    (&["sort_order", "sortperm", "order"], "write argsort(x)"),
    (&["topk", "top_k", "partition", "argpartition"], "write sort(x)[-k:], or argsort(x)[-k:]"),
    (&["median", "quantile", "percentile"], "write an entry of sort(x): of five numbers the median is sort(x)[2]"),
    (&["clamp", "clip_by_value"], "write clip(x, low, high)"),
    (&["tensordot", "matmul", "mm", "bmm", "multi_dot"], "write A @ B, or einsum(\"ij,jk->ik\", A, B)"),
    (&["inner", "vdot"], "write dot(a, b)"),
    (&["cumlogsumexp", "logaddexp_accumulate"], "write logcumsumexp(x)"),
    (&["cumulative_prod"], "write cumprod(x)"),
    (&["cumulative_sum"], "write cumsum(x)"),
    (&["associative_scan", "lfilter", "linear_recurrence"], "write recurrence(a, b), or scan(step, first, X)"),
    (&["deconv", "deconvolution", "conv2d_transpose", "conv1d_transpose"], "write conv_transpose(X, kernel, stride)"),
    (&["tri", "lower"], "write tril(A)"),
    (&["upper"], "write triu(A)"),
    (&["roll", "circshift"], "write concat(x[-k:], x[:-k])"),
    (&["expand_dims", "unsqueeze"], "write x[:, None]"),
    (&["squeeze"], "write x[:, 0]"),
    (&["permute", "swapaxes", "moveaxis"], "write A', or y[j,i] = A[i,j]"),
    (&["hstack", "vstack", "cat", "concatenate", "append"], "write concat(a, b, axis=0)"),
    (
        &["eigh", "eigvals", "eig", "eigenvalues", "eigen"],
        "eigvalsh(A) are the eigenvalues of a symmetric matrix, eigh_vectors(A) its eigenvectors; \
         those of any other matrix may be complex numbers",
    ),
    (
        &["svd", "singular_values", "nuclear_norm", "spectral_norm"],
        "svdvals(A) are the singular values: svdvals(A)[0] is the spectral norm, sum(svdvals(A)) the nuclear norm",
    ),
    (&["slogdet", "logabsdet_sign"], "logabsdet(A) is the logarithm of abs(det(A)), sign_det(A) its sign"),
    (
        &["lstsq", "least_squares"],
        "pinv(A) @ b is the solution of least squares, solve(A' @ A, A' @ b) where the columns of A are independent",
    ),
    (
        &["qr"],
        "qr_q(A) are its orthonormal columns, qr_r(A) is its upper triangle with a positive diagonal: qr_q(A) @ qr_r(A) = A",
    ),
    (
        &["lu", "lu_factor", "ldl", "factor"],
        "solve(A, b), inv(A), det(A) and logdet(A) of one matrix share its factors; cholesky(A) is a triangular factor",
    ),
    (&["matrix_rank", "rank", "null_space", "orth"], "svdvals(A) tells the rank: it is how many of them are not 0"),
    (&["cond"], "the condition number is svdvals(A)[0]/svdvals(A)[-1]"),
    (
        &["logm", "sqrtm", "funm"],
        "of a symmetric matrix, spectral(A, f(eigvalsh(A))) is a function f; expm(A) is of any",
    ),
];

/// What there is instead of a function of that name.
pub(crate) fn instead(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    NAMES.iter().find(|(names, _)| names.contains(&name.as_str())).map(|(_, here)| *here)
}
