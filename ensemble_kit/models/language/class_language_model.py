"""A language model for each class: texts of a class, and the class of a text."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax
from sklearn.base import BaseEstimator, clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import RandomState, TextsLike
from ensemble_kit.exceptions import did_you_mean
from ensemble_kit.models.class_labels import ProbabilityClassifierMixin, encode_labels
from ensemble_kit.models.language.language_model import LanguageModel
from ensemble_kit.models.text_nets.inputs.tokens import read_texts


class ClassLanguageModel(ProbabilityClassifierMixin, BaseEstimator):
    """Write new texts of a class, and tell the class of a text.

    Each class has a language model of its own, all of one vocabulary. A text is of a
    class by the rule of Bayes: by the share of the class, and by how likely its model
    would have written the text. Tokens count as if each told something new, so the
    probabilities are surer than they are right; the order of the classes is what
    counts.

    Parameters
    ----------
    model : LanguageModel, optional
        What is fitted to every class; by default ``LanguageModel()``.
    random_state : int, RandomState or None
        Of the training of all models.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    shares_ : ndarray of shape (n_classes,)
        Of the training texts.
    models_ : list of LanguageModel
        In the order of ``classes_``.

    Examples
    --------
    >>> small = LanguageModel(unit="char", hidden=16, epochs=40, n_streams=2)
    >>> model = ClassLanguageModel(small, random_state=0)
    >>> model = model.fit(["ababababab", "xyxyxyxyxy"] * 10, ["a", "x"] * 10)
    >>> model.predict(["abab", "yxyx"]).tolist()
    ['a', 'x']
    >>> set(model.sample("x", 6, random_state=0)) <= {"x", "y"}
    True
    """

    def __init__(
        self, model: LanguageModel | None = None, random_state: RandomState = None
    ):
        self.model = model
        self.random_state = random_state

    def fit(self, X: TextsLike, y: ArrayLike) -> Self:
        """Learn how the texts of each class are written.

        Parameters
        ----------
        X : list, Series or 1-D array of str
        y : array-like of shape (n_texts,)

        Returns
        -------
        self

        Raises
        ------
        ValueError
            When y has fewer than two classes, or not a label for each text.
        """
        texts = np.array(read_texts(X), dtype=object)
        self.classes_, codes = encode_labels(y)
        if len(codes) != len(texts):
            raise ValueError(f"X has {len(texts)} texts and y has {len(codes)} labels")
        base = LanguageModel() if self.model is None else self.model
        vocabulary = base.vocabulary_of(texts)
        random = check_random_state(self.random_state)
        self.shares_ = np.bincount(codes) / len(codes)
        self.models_ = [
            _fitted(base, vocabulary, texts[codes == code], random)
            for code in range(len(self.classes_))
        ]
        return self

    def sample(
        self,
        label: Any,
        n_tokens: int = 50,
        temperature: float = 1.0,
        prompt: str = "",
        random_state: RandomState = None,
    ) -> str:
        """Return a new text of a class; see `LanguageModel.sample`.

        Raises
        ------
        ValueError
            When no training text is of that class.
        """
        check_is_fitted(self, "models_")
        places = np.flatnonzero(self.classes_ == label)
        if not len(places):
            known = [str(name) for name in self.classes_]
            raise ValueError(
                f"no class {label!r}{did_you_mean(str(label), known)}; known: "
                f"{', '.join(known)}"
            )
        model = self.models_[int(places[0])]
        return model.sample(n_tokens, temperature, prompt, random_state)

    def log_likelihoods(self, X: TextsLike) -> NDArray[np.float64]:
        """Return the log probability of each text in each class, its end included.

        Returns
        -------
        ndarray of shape (n_texts, n_classes)
        """
        check_is_fitted(self, "models_")
        return np.column_stack(
            [[-loss.sum() for loss in m.token_losses(X)] for m in self.models_]
        )

    def predict_proba(self, X: TextsLike) -> NDArray[np.float64]:
        """Return the probability of each class, shape (n_texts, n_classes)."""
        joint = self.log_likelihoods(X) + np.log(self.shares_)
        return np.asarray(softmax(joint, axis=1))


def _fitted(
    base: LanguageModel,
    vocabulary: Mapping[str, Any],
    texts: NDArray[np.object_],
    random: np.random.RandomState,
) -> LanguageModel:
    """Return a model of the texts of one class."""
    model: LanguageModel = clone(base)
    model.set_params(random_state=int(random.randint(2**31 - 1)))
    return model.fit_with(vocabulary, texts)
