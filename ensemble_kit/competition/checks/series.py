"""What a competition's series are like."""

from ensemble_kit.competition.checks.finding import Finding
from ensemble_kit.competition.competition import Competition
from ensemble_kit.competition.series_facts import SeriesFacts

MANY_GAPS = 0.05


def find_series(competition: Competition) -> list[Finding]:
    """Return what series there are, their seasons, and what is odd about them."""
    if not competition.series:
        return []
    facts, where = SeriesFacts.of(competition), "series"
    if facts is None:
        message = (
            "no test row comes after a training row of its series along "
            f"{competition.series[0]!r}: there is nothing to look back on"
        )
        return [Finding("warning", where, message)]
    seasons = ", ".join(map(str, facts.seasons)) or "none found"
    number = f"{facts.n_series:,} series" if facts.n_series > 1 else "one series"
    sentence = (
        f"{number}; steps of a season: {seasons}; the test looks {facts.ahead} ahead"
    )
    findings = [Finding("info", where, sentence)]
    if facts.gaps > MANY_GAPS:
        message = f"{facts.gaps:.0%} of the steps between first and last have no row"
        findings.append(Finding("info", where, message))
    if facts.lonely and facts.n_series > 1:
        message = f"{facts.lonely:,} have one training row alone"
        findings.append(Finding("info", where, message))
    return findings
