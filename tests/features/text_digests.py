"""Prints one digest per text featurizer: run in two processes and compared."""

import hashlib
import sys
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from ensemble_kit.catalog.featurizers import FEATURIZERS

sys.path.insert(0, str(Path(__file__).parents[1] / "shared"))
from tiny_encoders import tiny_encoder  # noqa: E402

WORDS = [
    "sea",
    "ship",
    "storm",
    "captain",
    "hill",
    "snow",
    "peak",
    "climb",
    "привет",
    "мир",
]
# What an entry cannot be built without.
VECTORS = str(Path(__file__).with_name("sea_and_hill.vec"))
ENCODER = {"encoder": tiny_encoder()}
PARAMETERS = {
    "pretrained": {"path": VECTORS},
    "sentence_encoder": ENCODER,
    "sentence_components": ENCODER,
    "sentence_scores": ENCODER,
}
TEXTS = [" ".join(WORDS[(i * j) % 10] for j in range(1, 9)) for i in range(24)]


def digest(name: str) -> str:
    """Return the digest of one featurizer's features of the texts above."""
    transformer = FEATURIZERS[name].build(PARAMETERS.get(name, {}))
    if "random_state" in transformer.get_params():
        transformer.set_params(random_state=0)
    features = transformer.fit_transform(TEXTS, np.arange(24) % 2)
    features = features.toarray() if sp.issparse(features) else np.asarray(features)
    return hashlib.sha256(features.tobytes()).hexdigest()


if __name__ == "__main__":
    for featurizer in sys.argv[1:]:
        sys.stdout.write(f"{featurizer} {digest(featurizer)}\n")
