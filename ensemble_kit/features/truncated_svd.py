"""The largest singular vectors, the same bits every time."""

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, svds

from ensemble_kit.arrays import Array, MatrixLike

# A matrix with a side this short is decomposed in full.
SMALL = 64


def truncated_svd(
    matrix: MatrixLike, n_components: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest singular values and the right singular vectors.

    Parameters
    ----------
    matrix : sparse matrix or ndarray of shape (n_rows, n_columns)
    n_components : int
        Fewer come back when the rank is lower.

    Returns
    -------
    values : ndarray of shape (n_found,), descending
    vectors : ndarray of shape (n_found, n_columns)
        The entry of largest magnitude in each is positive.
    """
    shorter = min(matrix.shape)
    if not shorter or not (matrix.max() > 0 or matrix.min() < 0):
        return np.zeros(0), np.zeros((0, matrix.shape[1]))
    if shorter <= SMALL or n_components >= shorter - 1:
        values, vectors = _through_gram(matrix)
    else:
        # ARPACK starts from a vector of its own drawing unless it is given one.
        start = np.random.default_rng(0).uniform(-1, 1, shorter)
        operator = _as_operator(_as_doubles(matrix))
        _, values, vectors = svds(operator, k=n_components, v0=start, solver="arpack")
    return _in_order(values, vectors, n_components)


def _through_gram(matrix: MatrixLike) -> tuple[np.ndarray, np.ndarray]:
    """Return all singular values and vectors from the smaller Gram matrix."""
    matrix = _as_doubles(matrix)
    wide = matrix.shape[0] <= matrix.shape[1]
    gram = matrix @ matrix.T if wide else matrix.T @ matrix
    dense = np.asarray(gram) if isinstance(gram, np.ndarray) else gram.toarray()
    squares, vectors = np.linalg.eigh(dense)
    values = np.sqrt(np.maximum(squares, 0))
    if wide:
        vectors = matrix.T @ vectors / np.maximum(values, 1e-300)
    return values, np.asarray(vectors).T


def _as_doubles(matrix: MatrixLike) -> Array | sparse.csr_matrix:
    """Return the matrix in float64; where a sparse one has its entries is shared."""
    if not isinstance(matrix, sparse.spmatrix | sparse.sparray):
        return np.asarray(matrix, dtype=np.float64)
    matrix = matrix.tocsr()
    parts = (matrix.data.astype(np.float64), matrix.indices, matrix.indptr)
    return sparse.csr_matrix(parts, shape=matrix.shape)


def _as_operator(matrix: MatrixLike) -> LinearOperator:
    """Return the products with a real matrix: SciPy's own way copies its adjoint."""
    adjoint = matrix.T
    return LinearOperator(
        matrix.shape,
        matvec=matrix.__matmul__,
        rmatvec=adjoint.__matmul__,
        matmat=matrix.__matmul__,
        rmatmat=adjoint.__matmul__,
        dtype=np.float64,
    )


def _in_order(
    values: np.ndarray, vectors: np.ndarray, n_components: int
) -> tuple[np.ndarray, np.ndarray]:
    """Sort, drop what is only rounding, and fix the signs."""
    order = np.argsort(-values, kind="stable")[:n_components]
    order = order[values[order] > 1e-6 * values.max()]
    values, vectors = values[order], vectors[order]
    largest = np.abs(vectors).argmax(axis=1)
    signs = np.sign(vectors[np.arange(len(vectors)), largest])
    return values, vectors * signs[:, None]
