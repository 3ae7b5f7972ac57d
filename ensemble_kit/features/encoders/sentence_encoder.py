"""Texts as vectors of a pretrained encoder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import TextsLike
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.features.encoders.encoder_folders import POOLINGS
from ensemble_kit.features.encoders.encoders import Encoder, encoder_of
from ensemble_kit.features.encoders.kept_vectors import current_folder
from ensemble_kit.features.texts.texts import as_texts
from ensemble_kit.features.texts.texts_mixin import TextsMixin
from ensemble_kit.features.truncated_svd import truncated_svd
from ensemble_kit.parameter_limits import COUNT, Limits, one_of, whole


class SentenceEncoder(TextsMixin, BaseEstimator):
    """Vectors of texts from a pretrained encoder that is on file.

    The encoder itself is left as it is: a text has the same vector whatever the other
    rows, and is encoded once. Vectors are in half precision; those that the encoder
    brings to length 1 are multiplied by the root of their length, so that their
    numbers are of order one.

    Parameters
    ----------
    encoder : str or path, default "minilm"
        A folder that sentence-transformers or transformers has saved, with weights as
        safetensors, or the name of a package that brings one: "minilm" (English, 384
        numbers) comes with the extra ``encoders``. Nothing is downloaded, and no code
        of a folder is run.
    max_length : int, optional
        Tokens of a text that are read, at most what the folder says.
    pooling : {"mean", "cls"}, optional
        From the vectors of tokens to that of the text; what the folder says, else the
        mean.
    prefix : str, default ""
        Put before every text, for encoders that have learnt to be told what to do:
        "query: " for E5.
    n_components : int, optional
        How many principal components of the training texts' vectors are kept; all
        numbers as they are without it.
    memory : path, optional
        A folder where vectors are kept for other processes. A run keeps them in its
        store.

    Attributes
    ----------
    fingerprint_ : str
        Of the encoder's files.
    n_dimensions_ : int
    mean_ : ndarray of float64 of shape (n_dimensions,)
        With ``n_components``: of the training texts' vectors.
    components_ : ndarray of float64 of shape (n_found, n_dimensions)
        With ``n_components``.

    Raises
    ------
    PipelineError
        From ``fit`` and ``transform``, when the folder is not to be used, or is not
        the one of ``fit``.
    MissingDependencyError
        When a package is missing.
    """

    _parameter_constraints: ClassVar[Limits] = {
        "max_length": [whole(3), None],
        "pooling": [one_of(POOLINGS), None],
        "n_components": [COUNT, None],
    }

    def __init__(
        self,
        encoder: str | Path = "minilm",
        *,
        max_length: int | None = None,
        pooling: str | None = None,
        prefix: str = "",
        n_components: int | None = None,
        memory: str | Path | None = None,
    ):
        self.encoder = encoder
        self.max_length = max_length
        self.pooling = pooling
        self.prefix = prefix
        self.n_components = n_components
        self.memory = memory

    def fit(self, X: TextsLike, y: ArrayLike | None = None) -> "SentenceEncoder":
        """Look at the encoder, and find the components where they are asked for."""
        self._fit(X)
        return self

    def fit_transform(self, X: TextsLike, y: ArrayLike | None = None) -> np.ndarray:
        """Fit, and return the vectors of the training texts."""
        vectors = self._fit(X)
        return self._reduced(self._vectors(X) if vectors is None else vectors)

    def transform(self, X: TextsLike) -> np.ndarray:
        """Return vectors of texts, float32 of shape (n_texts, n_features)."""
        check_is_fitted(self)
        if encoder_of(self.encoder).folder.fingerprint != self.fingerprint_:
            raise PipelineError(
                f"encoder: {str(self.encoder)!r} is not the encoder that was fitted "
                "with: its files are others now"
            )
        return self._reduced(self._vectors(X))

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return ``vector_number``, or ``component_number``."""
        check_is_fitted(self)
        if self.n_components is None:
            names = [f"vector_{i}" for i in range(self.n_dimensions_)]
        else:
            names = [f"component_{i}" for i in range(len(self.components_))]
        return np.array(names, dtype=object)

    def encoding(self) -> dict[str, Any]:
        """Return the parameters that decide a text's vector."""
        names = ("encoder", "max_length", "pooling", "prefix")
        return {
            name: str(value) if isinstance(value, Path) else value
            for name in names
            if (value := getattr(self, name)) not in (None, "")
        }

    def remember(self, X: TextsLike) -> None:
        """Encode the texts that were not encoded yet, and keep their vectors."""
        self._encoder().vectors(self._texts(X), self._memory())

    def _encoder(self) -> Encoder:
        wrong = self._mistakes()
        if wrong:
            raise PipelineError("; ".join(wrong))
        return encoder_of(self.encoder, self.max_length, self.pooling)

    def _mistakes(self) -> list[str]:
        wrong = []
        for name in ("max_length", "n_components"):
            value = getattr(self, name)
            least = 3 if name == "max_length" else 1  # two tokens frame every text
            if value is not None and (not isinstance(value, int) or value < least):
                wrong.append(f"{name}: a whole number from {least}; found {value!r}")
        if self.pooling not in (None, *POOLINGS):
            wrong.append(f"pooling: one of {POOLINGS}; found {self.pooling!r}")
        return wrong

    def _texts(self, X: TextsLike) -> list[str]:
        texts = as_texts(X)
        return [self.prefix + text for text in texts] if self.prefix else texts

    def _memory(self) -> Path | None:
        return current_folder() if self.memory is None else Path(self.memory)

    def _fit(self, X: TextsLike) -> np.ndarray | None:
        """Return the vectors, where they were needed."""
        encoder = self._encoder()
        self.fingerprint_ = encoder.folder.fingerprint
        self.n_dimensions_ = encoder.folder.n_dimensions
        if self.n_components is None:
            return None
        vectors = self._vectors(X)
        self.mean_ = vectors.mean(axis=0, dtype=np.float64)
        centred = vectors - self.mean_
        self.components_ = truncated_svd(centred, self.n_components)[1]
        return vectors

    def _vectors(self, X: TextsLike) -> np.ndarray:
        encoder = self._encoder()
        vectors = encoder.vectors(self._texts(X), self._memory()).astype(np.float32)
        if encoder.folder.is_normalized:
            vectors *= np.float32(np.sqrt(vectors.shape[1]))
        return vectors

    def _reduced(self, vectors: np.ndarray) -> np.ndarray:
        if self.n_components is None:
            return vectors
        return ((vectors - self.mean_) @ self.components_.T).astype(np.float32)


def files_fingerprint(params: Mapping[str, Any]) -> str:
    """Return the fingerprint of the files of the encoder that parameters name.

    Of a pair of columns the encoder's own parameters are one of these, ``params``.
    """
    own = {**params, **(params.get("params") or {})}
    return encoder_of(own.get("encoder", "minilm")).folder.fingerprint
