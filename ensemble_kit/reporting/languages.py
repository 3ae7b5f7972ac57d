"""What language each text column is in, as far as its letters and words tell."""

from ensemble_kit.competition.competition import Competition
from ensemble_kit.features.texts.language import NAMES, guess_language
from ensemble_kit.store.frames import is_text


def language_guesses(competition: Competition) -> dict[str, str]:
    """Return the guessed language of each text column, with the reason.

    A look for people; nothing that is fitted depends on it.
    """
    return {
        str(name): _stated(column.fillna("").astype(str).tolist())
        for name, column in competition.X.items()
        if is_text(column.dtype)
    }


def _stated(texts: list[str]) -> str:
    guess = guess_language(texts)
    name = NAMES[guess.code].title() if guess.code else "unknown language"
    return f"{name} ({guess.reason})"
