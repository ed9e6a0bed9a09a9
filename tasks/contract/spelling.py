"""Parses numbers with any usual decimal mark and dates in any usual order. Without pandas: transforms use it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

import numpy as np

MISSING = frozenset({"\\N"}) | (
    {"", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "#N/A", "<NA>", "k. A.", "k.A.", "n. a.", "n.a.", "N.A."}
)
"""Words that mean “no value” in any column."""
_NO_CELL_VALUE = frozenset(
    (
        *("#VALUE!", "#DIV/0!", "#REF!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#FIELD!", "#GETTING_DATA"),
        *("#NV", "#WERT!", "#BEZUG!", "#ZAHL!", "#ÜBERLAUF!", "#KALK!"),
        *("#VALEUR!", "#NOM?", "#NUL!", "#NOMBRE!", "#PROPAGATION!", "#CALCUL!"),
        *("#N/D", "#N/D!", "#¡VALOR!", "#¡REF!", "#¿NOMBRE?", "#¡NULO!", "#¡NUM!", "#¡DIV/0!"),
        *("#VALOR!", "#NOME?", "#NULO!", "#NÚM!", "#VALORE!", "#RIF!", "#NULLO!"),
        *("#N/B", "#WAARDE!", "#VERW!", "#NAAM?", "#LEEG!", "#GETAL!", "#DEEL/0!"),
        *("#ARG!", "#ADR!", "#NAZWA?", "#ZERO!", "#LICZBA!", "#DZIEL/0!"),
        *("#SAKNAS!", "#VÄRDEFEL!", "#REFERENS!", "#NAMN?", "#SKÄRNING!", "#OGILTIGT!", "#DIVISION/0!"),
        *("#I/T", "#VÆRDI!", "#REFERENCE!", "#NAVN?", "#VERDI!", "#PUUTTUU!", "#ARVO!", "#VIITTAUS!", "#NIMI?"),
        *("#HODNOTA!", "#ODKAZ!", "#NÁZEV?", "#ČÍSLO!", "#DĚLENÍ_NULOU!", "#HIÁNYZIK", "#ÉRTÉK!", "#HIV!", "#NÉV?"),
        *("#Н/Д", "#ЗНАЧ!", "#ССЫЛКА!", "#ИМЯ?", "#ПУСТО!", "#ЧИСЛО!", "#ДЕЛ/0!"),
        *("#YOK", "#DEĞER!", "#BAŞV!", "#AD?", "#BOŞ!", "#SAYI!", "#SAYI/0!", "#BÖL/0!"),
    )
)
"""What spreadsheets write where a formula has no value, in their languages."""
_LOCAL = frozenset(
    (
        *("unbekannt", "keine Angabe", "ohne Angabe", "fehlt", "n.v.", "n. v."),
        *("n.d.", "N.D.", "n. d.", "n/d", "N/D", "nd", "ND", "n.c.", "NC", "s/d", "sin datos", "sem dados", "inconnu"),
        *("n.b.", "onbekend", "brak", "Brak", "brak danych", "b.d.", "saknas", "mangler", "neznámo"),
        *("нет данных", "Нет данных", "н/д", "Н/Д", "неизвестно", "bilinmiyor", "veri yok"),
        *("未知", "暂无", "暂无数据", "无数据", "缺失", "不详", "なし", "不明", "欠損", "データなし", "미상"),
    )
)
MISSING_NUMBERS = (
    MISSING
    | _NO_CELL_VALUE
    | _LOCAL
    | {"None", "none", "-", "--", "---", "?", ".", "missing", "Missing", "MISSING", "na", "no data", "No data"}
    | {"unknown", "Unknown", "UNKNOWN", "not available", "Not available"}
)
"""Words that mean “no value” in a column of numbers or dates."""

_CURRENCY = "$€£¥₹₽"
_POWER = {"": 0, "k": 3, "K": 3, "m": 6, "M": 6, "bn": 9, "B": 9, "%": -2}
_FOLDED = str.maketrans(
    "０１２３４５６７８９．，％－＋−￥＄（）\u00a0\u2007\u2009\u202f\u3000", "0123456789.,%-+-¥$()" + " " * 5
)
_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_AMOUNT = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[+\-−]?)\s*[{_CURRENCY}]?\s*(?P<digits>\d[\d.,\s'’_]*|[.,]\d+)\s*"
    rf"(?P<scale>k|K|m|M|bn|B|%)?\s*(?:[{_CURRENCY}]|EUR|USD|GBP)?\s*(?P<close>\))?",
    re.ASCII,
)
_MONTH_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTHS = {
    **{name[:3]: at for at, name in enumerate(_MONTH_NAMES, start=1)},
    **{name: at for at, name in enumerate(_MONTH_NAMES, start=1)},
    "sept": 9,
}
_TIME = (
    r"(?:[T ,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<half>[AaPp][Mm])?\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?"
)
_YEAR_FIRST = re.compile(rf"(?P<year>\d{{4}})([-/.])(?P<month>\d{{1,2}})\2(?P<day>\d{{1,2}}){_TIME}", re.ASCII)
_YEAR_LAST = re.compile(rf"(?P<one>\d{{1,2}})([-/.])(?P<two>\d{{1,2}})\2(?P<year>\d{{4}}){_TIME}", re.ASCII)
_YEAR_SHORT = re.compile(
    rf"(?P<one>\d{{1,2}}(?=/)|\d{{2}})(?P<mark>[-/.])(?P<two>\d{{1,2}}(?=/)|\d{{2}})(?P=mark)(?P<year>\d{{2}}){_TIME}",
    re.ASCII,
)
_SHORT_YEAR_FIRST = re.compile(rf"(?P<year>\d{{2}})([-/.])(?P<month>\d{{1,2}})\2(?P<day>\d{{1,2}}){_TIME}", re.ASCII)
_COMPACT = re.compile(rf"(?P<year>(?:18|19|20|21)\d\d)(?P<month>\d\d)(?P<day>\d\d){_TIME}", re.ASCII)
_COMPACT_DATES = (18000101, 21991231)
_MOST_DAYS = 150_000
_LAST_SHORT_YEAR = 29
"""24 is 2024 and 45 is 1945: where spreadsheets that write such years draw the line."""
_DAY_WORD = re.compile(rf"(?P<day>\d{{1,2}})[-\s/.]+(?P<word>[A-Za-z]+)[-\s/.,]+(?P<year>\d{{4}}){_TIME}", re.ASCII)
_WORD_DAY = re.compile(
    rf"(?P<word>[A-Za-z]+)\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}}){_TIME}", re.ASCII
)


def folded(text: str) -> str:
    """Return a text with digits, signs and blanks of other widths as the plain ones that they stand for."""
    return text if text.isascii() else text.translate(_FOLDED)


def number(word: str, decimal: str = ".") -> float | None:
    """Return the number a word stands for, or ``None`` if it is none.

    Understands thousands marks, currency signs, per cent (12 % is 0.12), ``k``, ``M`` and accounting
    brackets.

    Args:
        decimal: The decimal mark, ``.`` or ``,``; the other one is taken as a thousands mark.
    """
    text = folded(word).strip()
    if decimal == "." and _PLAIN.fullmatch(text):
        return float(text)
    found = _AMOUNT.fullmatch(text)
    if found is None or bool(found["open"]) != bool(found["close"]):
        return None
    digits = _digits(found["digits"].strip(), decimal)
    if digits is None:
        return None
    value = float(f"{digits}e{_POWER[found['scale'] or '']}")
    return -value if found["open"] or found["sign"] in {"-", "−"} else value


def _digits(text: str, decimal: str) -> str | None:
    """Return digits with a point as decimal mark; thousands marks must stand before groups of three."""
    whole, mark, part = text.partition(decimal)
    if mark and not part.isdigit() and part:
        return None
    groups = re.split(r"[.,\s'’_]", whole)
    if len(groups) > 1 and (not 1 <= len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:])):
        return None
    joined = "".join(groups)
    return f"{joined or '0'}.{part or '0'}"


def numbers(words: Iterable[str | None], decimal: str = ".") -> np.ndarray:
    """Return the numbers that words stand for; NaN where a word is missing or no number: shape (words,), float64."""
    made = [math.nan if word is None else number(word, decimal) for word in words]
    return np.asarray([math.nan if value is None else value for value in made], dtype=np.float64)


def date(word: str, *, day_first: bool = True, short_years: bool = False, year_first: bool = False) -> datetime | None:
    """Return the moment a word stands for (in UTC when it names a zone), or ``None`` if it is no date.

    Args:
        word: The text.
        day_first: ``3/4/2024`` is the third of April, else the fourth of March.
        short_years: ``3/4/24`` is a date too.
        year_first: ``24/4/3`` is the third of April.
    """
    text = word.strip()
    short = (_SHORT_YEAR_FIRST,) if year_first else (_YEAR_SHORT,) if short_years else ()
    for pattern in (_YEAR_FIRST, _YEAR_LAST, _DAY_WORD, _WORD_DAY, _COMPACT, *short):
        found = pattern.fullmatch(text)
        if found is not None:
            return _moment(found, day_first=day_first)
    return None


def is_year_last(word: str, *, short_years: bool = True) -> bool:
    """Return whether a text is a date whose order of day and month has to be known, like 3/4/2024."""
    text = word.strip()
    return (_YEAR_LAST.fullmatch(text) or (short_years and _YEAR_SHORT.fullmatch(text))) not in (None, False)


def are_compact_dates(values: np.ndarray) -> bool:
    """Return whether numbers are all dates of eight digits, such as 20240131; NaN does not count. Shape (rows,)."""
    if not len(values):
        return False
    with np.errstate(invalid="ignore"):
        low, high = np.fmin.reduce(values), np.fmax.reduce(values)
    if not (_COMPACT_DATES[0] <= low and high <= _COMPACT_DATES[1]):
        return False
    whole = np.unique(values[~np.isnan(values)]).astype(np.int64)
    return all(date(str(day)) is not None for day in whole.tolist()) if len(whole) <= _MOST_DAYS else False


def dates(
    words: Iterable[str | None], *, day_first: bool = True, short_years: bool = False, year_first: bool = False
) -> np.ndarray:
    """Return the moments that words stand for, NaT where there is none: shape (words,), datetime64[us]."""
    made = [
        None if word is None else date(word, day_first=day_first, short_years=short_years, year_first=year_first)
        for word in words
    ]
    return np.asarray(made, dtype="datetime64[us]")


def date_order(words: Iterable[str]) -> str:
    """Return ``day``, ``month``, ``both`` (may be read either way) or ``none`` for dates like 3/4/2024.

    Args:
        words: Words that are all dates; those written in another way do not count.
    """
    day, month, seen = False, False, False
    for word in words:
        found = _YEAR_LAST.fullmatch(word.strip()) or _YEAR_SHORT.fullmatch(word.strip())
        if found is not None:
            seen = True
            day = day or int(found["one"]) > 12
            month = month or int(found["two"]) > 12
    if not seen:
        return "none"
    if day and month:
        return "mixed"
    return "day" if day else "month" if month else "both"


def _moment(found: re.Match[str], *, day_first: bool) -> datetime | None:
    parts = found.groupdict()
    if parts.get("word") is not None:
        month, day = _MONTHS.get(parts["word"].lower(), 0), int(parts["day"])
    elif "one" in parts:
        first, second = int(parts["one"]), int(parts["two"])
        day, month = (first, second) if day_first else (second, first)
    else:
        month, day = int(parts["month"]), int(parts["day"])
    try:
        year = int(parts["year"])
        if len(parts["year"]) == 2:
            year += 2000 if year <= _LAST_SHORT_YEAR else 1900
        return _with_time(datetime(year, month, day), parts)  # noqa: DTZ001 - a wall clock, no zone
    except ValueError:  # the 31st of February
        return None


def _with_time(moment: datetime, parts: dict[str, str]) -> datetime:
    if parts["hour"] is None:
        return moment
    hour = int(parts["hour"])
    if parts["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if parts["half"].lower() == "pm" else 0)
    micro = int((parts["fraction"] or "0").ljust(6, "0")[:6])
    made = moment.replace(hour=hour, minute=int(parts["minute"]), second=int(parts["second"] or 0), microsecond=micro)
    zone = parts["zone"]
    if zone and zone not in {"Z", "UTC"}:
        sign = -1 if zone[0] == "-" else 1
        shift = timedelta(hours=int(zone[1:3]), minutes=int(zone.replace(":", "")[3:5] or 0))
        made = made.replace(tzinfo=timezone(sign * shift)).astimezone(UTC).replace(tzinfo=None)
    return made
