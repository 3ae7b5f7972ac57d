"""A pretrained encoder that learns a target: its last layers are trained anew.

The layers below stay as they are. On a CPU that is what makes it feasible: what they
give is computed once for all epochs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import is_classifier

from ensemble_kit.arrays import MatrixLike, TextsLike
from ensemble_kit.exceptions import PipelineError, problems
from ensemble_kit.features.encoders.encoder_folders import POOLINGS
from ensemble_kit.features.encoders.encoders import Encoder, encoder_of
from ensemble_kit.features.texts.texts import as_texts
from ensemble_kit.models.text_nets.fine_tuned.states import TextRows, read_states
from ensemble_kit.models.text_nets.inputs.rows import encode_table, learn_table
from ensemble_kit.models.text_nets.inputs.table import column_roles
from ensemble_kit.models.text_nets.text_estimator import (
    TextClassification,
    TextEstimator,
    TextRegression,
    Watch,
)

CPU_LAYERS = (1, 2)  # that are tried on a CPU
WHOLE = {"max_length": 3, "epochs": 0, "batch_size": 1, "tokens_at_once": 1}
SHARES = ("layer_decay", "dropout")


@dataclass(kw_only=True, eq=False, repr=False)
class TextBert(TextEstimator):
    """What the classifier and the regressor share."""

    encoder: str | Path = "minilm"
    layers: int | str = "auto"
    max_length: int = 128
    pooling: str | None = None
    prefix: str = ""
    epochs: int | str = 4
    batch_size: int = 32
    tokens_at_once: int = 4096
    learning_rate: float = 1e-4
    layer_decay: float = 0.8
    head_rate: float = 10.0
    start_penalty: float = 50.0
    dropout: float = 0.1

    extra: ClassVar[str] = "encoders"

    def trials(self) -> list[dict[str, Any]]:
        """Return the numbers of layers that a probe compares."""
        if self.layers != "auto":
            return [{}]
        n_all = self._encoder().folder.n_layers
        tried = (n_all // 2, n_all) if self._is_on_gpu() else CPU_LAYERS
        return [{"layers": n} for n in sorted({min(n, n_all) for n in tried})]

    def encode(self, X: MatrixLike | TextsLike) -> TextRows:
        """Return X as the trained layers take it."""
        return self._encoded(self._read(X))

    def _train(
        self,
        frame: pd.DataFrame,
        target: NDArray[Any],
        weight: NDArray[np.float64],
        chosen: Mapping[str, Any],
        watch: Watch | None,
    ) -> None:
        """Learn scales and levels, then the weights of the head and the last layers."""
        from ensemble_kit.models.text_nets.fine_tuned.fine_tuning import fit_weights

        self.encoder_ = str(self.encoder)
        encoder, roles = self._encoder(), column_roles(frame)
        self.fingerprint_ = encoder.folder.fingerprint
        self.preparation_ = {"roles": roles, **learn_table(frame, roles)}
        self.layers_ = self._n_layers(encoder, chosen.get("layers", self.layers))
        only_one = is_classifier(self) and self.n_outputs_ == 1
        self.epochs_ = 0 if only_one else int(chosen.get("epochs", self.epochs))
        longest = chosen.get("schedule_epochs", self.schedule_epochs)
        self.schedule_epochs_ = longest or max(self.epochs_, 1)
        rows = self._encoded(frame)
        self.weights_, self.history_ = fit_weights(self, rows, target, weight, watch)

    def _outputs_of(self, X: MatrixLike | TextsLike) -> NDArray[np.float64]:
        """Return the fitted network's outputs."""
        from ensemble_kit.models.text_nets.fine_tuned.fine_tuning import (
            load_network,
            network_outputs,
        )

        if self._encoder().folder.fingerprint != self.fingerprint_:
            raise PipelineError(
                f"encoder: {self.encoder_!r} is not the encoder that was fitted with: "
                "its files are others now"
            )
        return network_outputs(self, load_network(self), self.encode(X))

    def _encoded(self, frame: pd.DataFrame) -> TextRows:
        from ensemble_kit.models.text_nets.networks.torch_training import threads

        encoder = self._encoder()
        n_below = encoder.folder.n_layers - self.layers_
        columns = [as_texts(frame.iloc[:, i]) for i in self._text_positions()]
        with threads(self.n_jobs):
            texts = [
                read_states(encoder, [self.prefix + text for text in column], n_below)
                for column in columns
            ]
        return TextRows(texts, *encode_table(frame, self.preparation_))

    def _encoder(self) -> Encoder:
        """Return the encoder; of a fitted model the one that it was fitted with."""
        name = getattr(self, "encoder_", self.encoder)
        return encoder_of(name, self.max_length, self.pooling)

    def _is_on_gpu(self) -> bool:
        from ensemble_kit.models.text_nets.networks.torch_training import choose_device

        return choose_device(self.device).type == "cuda"

    def _n_layers(self, encoder: Encoder, layers: int | str) -> int:
        """Return how many of the encoder's layers are trained."""
        n_all = encoder.folder.n_layers
        if layers == "auto":
            return n_all if self._is_on_gpu() else min(CPU_LAYERS[-1], n_all)
        if int(layers) > n_all:
            raise ValueError(
                f"layers: {self.encoder_!r} has {n_all}; {layers} of them were to be "
                "trained"
            )
        return int(layers)

    def _check_settings(self) -> None:
        """Refuse settings out of range, all at once."""
        mistakes = [
            f"{name}: a whole number from {least}; found {getattr(self, name)!r}"
            for name, least in WHOLE.items()
            if not _is_whole(getattr(self, name), least)
        ]
        if self.layers != "auto" and not _is_whole(self.layers, 0):
            mistakes.append(
                f"layers: 'auto' or a whole number from 0; found {self.layers!r}"
            )
        if self.pooling not in (None, *POOLINGS):
            mistakes.append(f"pooling: one of {POOLINGS}; found {self.pooling!r}")
        mistakes += [
            f"{name}: from 0 to 1; found {getattr(self, name)!r}"
            for name in SHARES
            if not 0 <= getattr(self, name) <= 1
        ]
        if mistakes:
            raise ValueError(problems("text_bert", mistakes))


class TextBertClassifier(TextClassification, TextBert):
    """Classify texts, and the columns beside them, with a pretrained encoder.

    The last layers of the encoder are trained with a linear head that also reads
    numbers (as normal scores of their ranks) and categories (as embeddings). The head
    starts as the penalised linear model on the encoder's own vectors, so that what the
    encoder has learnt before is not torn down while the head is random (Kumar et al.
    2022). Lower layers learn more slowly than those above them (Howard and Ruder
    2018), and rates rise before they fall.

    Parameters
    ----------
    encoder : str or path, default="minilm"
        A folder or a name, as in `SentenceEncoder`. Nothing is downloaded, pickled
        weights are refused and no code of a folder is run.
    layers : int or "auto", default="auto"
        How many of the last layers are trained; 0 for the head alone. By default two on
        a CPU and all on a GPU, unless a probe finds a number.
    max_length : int, default=128
        Tokens of a text that are read, from its start; at most what the folder says.
    pooling : {"mean", "cls"}, optional
        From the vectors of tokens to that of the text; what the folder says, else the
        mean.
    prefix : str, default=""
        Put before every text.
    epochs : int, default=4
        Passes over the rows, at most so many with ``inner_fraction``; 0 for the linear
        model it starts from.
    schedule_epochs : int, optional
        Length of the learning rates' schedule; ``epochs`` by default.
    batch_size : int, default=32
        Rows of one step.
    tokens_at_once : int, default=4096
        Tokens, padding counted, that go through the network at once. The gradients of
        a step with more are added up, which takes less memory.
    learning_rate : float, default=1e-4
        The highest of the last layer.
    layer_decay : float, default=0.8
        Factor on the rate from a layer to the one below.
    head_rate : float, default=10.0
        Factor on the head's rate.
    start_penalty : float, default=50.0
        Of the linear model that the head starts as: on half the squared weights,
        beside the sum of the rows' losses.
    dropout : float, default=0.1
        Within the trained layers and before the head.
    optimizer, schedule, weight_decay, clip, ema, max_seconds, device, n_jobs, verbose
        As in `TextNetworkClassifier`.
    label_smoothing, class_weight, temperature, inner_fraction, random_state
        As in `TextNetworkClassifier`.

    Attributes
    ----------
    classes_ : ndarray
        Labels in the order of the probabilities.
    encoder_, fingerprint_ : str
        What was fitted with; its folder has to be there to predict.
    layers_, epochs_, temperature_ : int, int and float
        What was used.
    preparation_ : dict
        Scales and levels, as arrays.
    weights_ : dict of str to ndarray
        Of the head and the trained layers.
    history_ : dict
        Mean loss of each epoch, number of steps, and why training stopped early.

    Raises
    ------
    PipelineError
        From ``fit`` and ``predict``, when the folder is not to be used, or is not the
        one of ``fit``.
    MissingDependencyError
        When a package is missing.
    """


class TextBertRegressor(TextRegression, TextBert):
    """Predict a number from texts, and the columns beside them, with an encoder.

    The parameters are those of `TextBertClassifier`; ``label_smoothing``,
    ``class_weight`` and ``temperature`` have no effect here. The loss is the squared
    error of the target at mean 0 and deviation 1.
    """


def _is_whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
