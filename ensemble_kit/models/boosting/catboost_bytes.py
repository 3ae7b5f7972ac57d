"""CatBoost's models as bytes in its own format."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ensemble_kit.exceptions import require


def model_to_bytes(model: Any) -> bytes:
    """Return a fitted model of the library in its own format."""
    with TemporaryDirectory(prefix="ensemble_kit-") as folder:
        path = Path(folder) / "model.cbm"
        model.save_model(str(path), format="cbm")
        return path.read_bytes()


def model_from_bytes(kind: str, data: bytes) -> Any:
    """Return the model of a class, CatBoostClassifier or CatBoostRegressor."""
    catboost = require("catboost", extra="boosting")
    model = getattr(catboost, kind)()
    with TemporaryDirectory(prefix="ensemble_kit-") as folder:
        path = Path(folder) / "model.cbm"
        path.write_bytes(data)
        model.load_model(str(path))
    return model
