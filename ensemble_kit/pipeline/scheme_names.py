"""The schemes of checking a second level, by name, and mistakes in asking for one."""

from ensemble_kit.exceptions import did_you_mean
from ensemble_kit.pipeline.spec import AUTO, Validation

# Each scheme with the one it is compared with on the same rows.
TWINS = {
    "holdout": "meta_holdout",
    "meta_holdout": "holdout_oof",
    "meta_kfold": "kfold_oof",
    "holdout_oof": "meta_kfold",
    "kfold_oof": "meta_kfold",
    "time_kfold": "time_blocks",
    "time_blocks": "time_kfold",
}
SCHEMES = (AUTO, *TWINS)


def scheme_mistakes(validation: Validation) -> list[str]:
    """Return a line for every value that cannot be."""
    mistakes, name = [], validation.scheme
    if name not in SCHEMES:
        mistakes.append(
            f"validation.scheme: unknown {name!r}{did_you_mean(str(name), SCHEMES)}; "
            f"there are: {', '.join(SCHEMES)}"
        )
    fraction = validation.fraction
    if not (isinstance(fraction, int | float) and 0 < fraction < 0.5):
        mistakes.append(
            f"validation.fraction: expected a share between 0 and 0.5, found "
            f"{fraction!r}"
        )
    for key, least in (("n_chunks", 0), ("first", 1), ("seed", 0)):
        value = getattr(validation, key)
        if type(value) is not int or value < least:
            mistakes.append(
                f"validation.{key}: expected a whole number from {least} on, found "
                f"{value!r}"
            )
    if not isinstance(validation.compare, bool):
        mistakes.append(
            f"validation.compare: expected true or false, found {validation.compare!r}"
        )
    return mistakes
