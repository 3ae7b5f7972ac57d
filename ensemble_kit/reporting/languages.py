"""What language each text column is in, as far as its letters and words tell."""

from ensemble_kit.competition.competition import Competition
from ensemble_kit.features.texts.language import NAMES, guess_language
from ensemble_kit.store.frames import is_text


def language_guesses(competition: Competition) -> dict[str, str]:
    """Return the language of each text column that has a sure one, with the reason.

    A look for people; nothing that is fitted depends on it.
    """
    guesses = {
        str(name): guess_language(column.fillna("").astype(str).tolist())
        for name, column in competition.X.items()
        if is_text(column.dtype)
    }
    return {
        name: f"{NAMES[guess.code].title()} ({guess.reason})"
        for name, guess in guesses.items()
        if guess.code
    }
