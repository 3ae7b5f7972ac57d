"""Dates in words and marks of many languages, spelled in one way."""

import re
import unicodedata
from datetime import UTC, date, datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

MONTHS = (
    "january jan januar janvier janv enero ene gennaio gen janeiro januari январь "
    "января янв styczen stycznia leden ledna ocak січень січня ianuarie ιανουαριου",
    "february feb febr februar fevrier fevr fev febrero febbraio fevereiro februari "
    "февраль февраля февр фев luty lutego unor unora subat лютий лютого "
    "februarie februar φεβρουαριου",
    "march mar marz mars marzo marco maart mrt март марта мар "
    "marzec marca brezen brezna mart березень березня martie marts marcius maret "
    "μαρτιου",
    "april apr avril avr abril abr aprile апрель апреля апр "
    "kwiecien kwietnia duben dubna nisan квітень квітня aprilie aprilis απριλιου",
    "may mai mayo maggio mag maio mei maj май мая maja kveten kvetna mayıs "
    "травень травня majus μαιου",
    "june jun juni juin junio giugno giu junho июнь июня июн czerwiec czerwca "
    "cerven cervna haziran червень червня iunie junius ιουνιου",
    "july jul juli juillet juil julio luglio lug julho июль июля июл lipiec lipca "
    "cervenec cervence temmuz липень липня iulie julius ιουλιου",
    "august aug aout agosto ago augustus augusti август августа авг "
    "sierpien sierpnia srpen srpna agustos серпень серпня augusztus agustus αυγουστου",
    "september sep sept septembre septiembre settembre setembro set сентябрь сентября "
    "сент сен wrzesien wrzesnia zari eylul вересень вересня septembrie szeptember "
    "σεπτεμβριου",
    "october oct oktober okt octobre octubre ottobre ott outubro out октябрь октября "
    "окт pazdziernik pazdziernika rijen rijna ekim жовтень жовтня octombrie οκτωβριου",
    "november nov novembre noviembre novembro ноябрь ноября нояб ноя "
    "listopad listopada listopadu kasım листопад листопада noiembrie νοεμβριου",
    "december dec dezember dez decembre diciembre dic dicembre dezembro декабрь "
    "декабря дек grudzien grudnia prosinec prosince aralık грудень грудня decembrie "
    "desember δεκεμβριου",
)
WEEKDAYS = (
    "monday mon tuesday tue tues wednesday wed thursday thu thur thurs friday fri "
    "saturday sat sunday sun montag dienstag mittwoch donnerstag freitag samstag "
    "sonnabend sonntag mo di mi do fr sa so lundi mardi mercredi jeudi vendredi samedi "
    "dimanche lun mer jeu ven sam dim lunes martes miercoles jueves viernes sabado "
    "domingo mie jue vie sab dom lunedi martedi mercoledi giovedi venerdi domenica "
    "понедельник вторник среда четверг пятница суббота воскресенье пн вт ср чт пт сб вс"
)
FILLERS = "of at the on de del um le uhr den der el в г год года р року r roku"
ZONES = {
    **dict.fromkeys(("z", "utc", "gmt", "wet"), 0.0),
    **dict.fromkeys(("cet", "bst", "west"), 1.0),
    **dict.fromkeys(("cest", "eet", "sast"), 2.0),
    **dict.fromkeys(("eest", "msk"), 3.0),
    **{"ist": 5.5, "sgt": 8.0, "hkt": 8.0, "awst": 8.0, "jst": 9.0, "kst": 9.0},
    **{"aest": 10.0, "aedt": 11.0, "nzst": 12.0, "nzdt": 13.0, "brt": -3.0},
    **{"edt": -4.0, "est": -5.0, "cdt": -5.0, "cst": -6.0, "mdt": -6.0, "mst": -7.0},
    **{"pdt": -7.0, "pst": -8.0, "akdt": -8.0, "akst": -9.0, "hst": -10.0},
}
ENGLISH = tuple(words.split()[1] for words in MONTHS[:4])
ENGLISH += ("may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ROMAN = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"]
UNKNOWN = "?"  # stands in no date: a cell that holds a word of no date is none

PLAIN = re.compile(r"[0-9]+(?:[-/.: ][0-9]+)*")
OFFSET = re.compile(
    r"(:\d\d(?:\.\d+)?(?: ?[ap]m)?|(?<= )\d{6}|\d{14}) ?"
    r"([+-])(\d\d?)(?::?(\d\d))?(?![\d:.-])"
)
TWICE = re.compile(r"( [+-]\d{4}) [+-]\d{4}\b")
SIGNS = str.maketrans(
    "–—−‐‑年月日년월일時时点分秒시분초٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९",
    "------- -- :::: :: 012345678901234567890123456789",
)
EPOCH = re.compile(r"/date\((-?\d{9,14})(?:[+-]\d{4})?\)/")
SMALL = re.compile(r"(?<=:\d\d) ?([ap])\b")
MERIDIEM = re.compile(r"(?<![a-z])([ap])\. ?m\.?(?!\w)|(?<=\d)([ap])m\b")
FRACTION = re.compile(r"(:\d\d),(\d)")
REGION = re.compile(r"\[?\b[a-z]+/[a-z_]+\]?")
ASIDE = re.compile(r"\(([^)]*)\)")
ZONE_AND_OFFSET = re.compile(r"\b(?:utc|gmt)(?=[+-]\d)")
HOURS = re.compile(r"(?<=\d) ?h(?:rs?|ours?|eures?)? ?(?=\d\d)")
MILITARY = re.compile(r"(?<=\d{4}) ?(?:h|hrs|hours)\b")
HOUR = re.compile(r"(?<=\d) ?(?:hr?s?|uhr)\b")
ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th|er|eme|o)\b")
QUARTER = re.compile(r"(\d{4})[-/ ]?q([1-4])|(?:q([1-4])|([1-4])q)[-/ ]?'?(\d{4}|\d\d)")
WEEK = re.compile(r"(\d{4})-?w(\d\d)(?:-?([1-7]))?")
WEEK_NAMED = re.compile(
    r"\b(?:w|wk|week|kw|неделя)\.? ?(?P<week>\d\d?),?[ /-]+(?P<year>\d{4})\b"
    r"|\b(?P<first>\d{4}),?[ /-]+(?:wk|week|kw|неделя)\.? ?(?P<last>\d\d?)\b"
)
HALF = re.compile(r"(\d{4})[-/ ]?h([12])|h([12])[-/ ]?(\d{4})")
MONTH_CODE = re.compile(r"(\d{4})-?m(\d\d?)")
SHORT_YEAR = re.compile(r"(?<=[^\W\d_])[ .]?['’](\d\d)\b")
# A stamp with one mark between all its numbers, as names of files have.
ONE_MARK = re.compile(r"(\d{4})([-./_])(\d\d?)\2(\d\d?)\2(\d\d?)\2(\d\d)(?:\2(\d\d))?")
ROMAN_MONTH = re.compile(r"(?<=\d[-./ ])([ivx]{1,4})(?=[-./ ]\d)")
WORD = re.compile(r"[^\W\d_]+\.?")
MARKS = re.compile(r"[,;'’\"\[\]\s]+")
AROUND = re.compile(r" ?([-/:]) ?|(?<=\d)\.(?= )")
LONGEST = 80


def spell_uniformly(cells: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return cells that may be dates in English abbreviations and plain marks.

    Months of some twenty languages are their English abbreviations, weekdays and
    ordinals are gone, ``p.m.`` is ``pm``, a zone is its offset, quarters and weeks
    are their first day. A cell with a word of no date holds a question mark.

    Examples
    --------
    >>> cells = ["Monday, 18th of June 2012, 7:21 p.m.", "18 июня 2012 г.", "18 men"]
    >>> spell_uniformly(np.array(cells, dtype=object)).tolist()
    ['18 jun 2012 7:21 pm', '18 jun 2012', '18 ?']
    """
    return np.array([_spell(cell) for cell in cells], dtype=object)


def _spell(cell: str) -> str:
    """Return one cell in uniform spelling."""
    stamp = ONE_MARK.fullmatch(cell)
    if stamp:
        day, clock = "-".join(stamp.group(1, 3, 4)), ":".join(stamp.group(5, 6))
        return f"{day} {clock}:{stamp[7]}" if stamp[7] else f"{day} {clock}"
    if PLAIN.fullmatch(cell) and not OFFSET.search(cell):
        return cell
    return _spell_words(cell) if len(cell) <= LONGEST else UNKNOWN


@lru_cache(maxsize=8192)
def _spell_words(cell: str) -> str:
    """Return a cell of words and marks in uniform spelling."""
    text = _plain_letters(cell)
    text = EPOCH.sub(_epoch, text)
    text = MERIDIEM.sub(r" \1\2m", text)
    text = FRACTION.sub(r"\1.\2", text)
    text = ASIDE.sub(_aside, REGION.sub(" ", text))
    text = QUARTER.sub(_quarter, WEEK.sub(_week, WEEK_NAMED.sub(_named_week, text)))
    text = MONTH_CODE.sub(r"\1-\2", HALF.sub(_half, text))
    text = SHORT_YEAR.sub(r"-\1", text)
    text = re.sub(r"(?<=\d)t(?=\d)", " ", ZONE_AND_OFFSET.sub("", text))
    text = HOUR.sub(":00", MILITARY.sub("", HOURS.sub(":", text)))
    text = SMALL.sub(r" \1m", ORDINAL.sub("", text))
    text = ROMAN_MONTH.sub(_roman, text)
    text = WORD.sub(_word, text)
    text = MARKS.sub(" ", text)
    text = OFFSET.sub(_offset, AROUND.sub(r"\1", text))
    return TWICE.sub(r"\1", MARKS.sub(" ", text)).strip(" -/.:")


def _plain_letters(cell: str) -> str:
    """Return a cell in small letters without accents, dashes as hyphens."""
    parts = unicodedata.normalize("NFKD", cell.casefold().translate(SIGNS))
    return "".join(c for c in parts if not unicodedata.combining(c))


def _words(text: str) -> list[str]:
    return _plain_letters(text).split()


MONTH_OF = {
    word: ENGLISH[k] for k, words in enumerate(MONTHS) for word in _words(words)
}
SILENT = frozenset(_words(WEEKDAYS)) | frozenset(_words(FILLERS))


def _word(match: re.Match[str]) -> str:
    """Return what a word says: a month, half a day, an offset, nothing."""
    word = match[0].removesuffix(".")
    if word in MONTH_OF:
        return MONTH_OF[word]
    if word in {"am", "pm"}:
        return f" {word}"
    if word in ZONES:
        return _spelled_offset(ZONES[word])
    return " " if word in SILENT else UNKNOWN


def _spelled_offset(hours: float) -> str:
    sign, minutes = "-" if hours < 0 else "+", round(abs(hours) * 60)
    return f" {sign}{minutes // 60:02d}{minutes % 60:02d} "


def _offset(match: re.Match[str]) -> str:
    """Return a time and its offset with four digits, a blank before it."""
    return f"{match[1]} {match[2]}{int(match[3]):02d}{match[4] or '00'}"


def _aside(match: re.Match[str]) -> str:
    """Return what stands in brackets, unless it is but the name of a zone."""
    inside = match[1].strip()
    says_something = inside in ZONES or re.search(r"\d", inside)
    return f" {inside} " if says_something else " "


def _epoch(match: re.Match[str]) -> str:
    moment = datetime.fromtimestamp(int(match[1]) / 1000, UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def _quarter(match: re.Match[str]) -> str:
    """Return the first day of a quarter."""
    year = match[1] or match[5]
    quarter = int(match[2] or match[3] or match[4])
    return f"{year if len(year) == 4 else '20' + year}-{3 * quarter - 2:02d}-01"


def _half(match: re.Match[str]) -> str:
    """Return the first day of half a year."""
    return f"{match[1] or match[4]}-{6 * int(match[2] or match[3]) - 5:02d}-01"


def _week(match: re.Match[str]) -> str:
    return _day_of_week(match[1], match[2], match[3] or "1")


def _named_week(match: re.Match[str]) -> str:
    return _day_of_week(match["year"] or match["first"], match["week"] or match["last"])


def _day_of_week(year: str, week: str, weekday: str = "1") -> str:
    """Return a day of a week of the ISO calendar; by default its Monday."""
    try:
        day = date.fromisocalendar(int(year), int(week), int(weekday))
    except ValueError:
        return UNKNOWN
    return day.isoformat()


def _roman(match: re.Match[str]) -> str:
    return ENGLISH[ROMAN.index(match[1])] if match[1] in ROMAN else UNKNOWN
