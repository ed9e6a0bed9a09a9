"""How a column of texts writes numbers: marks, unit, negative amounts; by evidence, never by habit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tasks.contract.reading import DEBIT, TRIANGLES, NumberFormat
from tasks.contract.spelling import folded, number
from tasks.graph.messages import Message, Names, Term
from tasks.ingest.options import Choice, Notes

UNITS = (
    *("US$", "A$", "C$", "NZ$", "HK$", "S$", "R$", "CA$", "AU$"),
    *("USD", "EUR", "GBP", "CHF", "JPY", "CNY", "RMB", "INR", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "BRL", "KRW"),
    *("kr", "zł", "Kč", "Ft", "Fr.", "元", "円"),
    *("$", "€", "£", "¥", "₹", "₽", "₩", "₺", "₴", "₪", "฿", "%"),
)
"""What may stand before or behind a number, longer ones first."""
_SAME = {"USD": "$", "US$": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "円": "¥", "CNY": "元", "RMB": "元"}
"""Units that are another way to write one."""

COMMA_DECIMAL = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?", re.ASCII)
POINT_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?", re.ASCII)
PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_COMMA_THOUSANDS = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d\d)+,\d{3})(?:\.\d+)?", re.ASCII)
_SPACED = re.compile(r"[+-]?\d{1,3}(?:([ '’])\d{3})+(?:[.,]\d+)?", re.ASCII)
_CODE = re.compile(r"\d+[eE]\d+", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)
_PHONE = re.compile(r"\+\d{7,}", re.ASCII)
_LEADING_ZERO = re.compile(r"[+-]?0\d", re.ASCII)
_FALLING = frozenset(("▼", "▽"))
_UNIT = "|".join(re.escape(unit) for unit in UNITS)
_WITH_UNIT = re.compile(rf"([+\-(]?)\s*(?:({_UNIT})\s*([^%]*?)|(.*?)\s*({_UNIT}))\s*(\)?)")


@dataclass(frozen=True)
class Amounts:
    """Texts of a column without what only says that they are amounts.

    Attributes:
        units: Their unit in all ways in which it is written, the most frequent first; empty for none.
        has_brackets: Some are negative in the way of accountants, ``(5)`` or ``5-``.
        has_triangles: Some are negative in the way of Japan, ``△5``.
        has_debits: Some are marked as debit or credit, ``5 Dr``.
        has_dashes: Some are 0 in the way of accountants, ``$ -``.
        bare: The texts without either and without blanks at their ends.
    """

    units: tuple[str, ...]
    has_brackets: bool
    has_triangles: bool
    has_debits: bool
    has_dashes: bool
    bare: tuple[str, ...]


def amounts(words: Iterable[str]) -> Amounts | None:
    """Return texts without unit and brackets, ``None`` where they have several units."""
    units: Counter[str] = Counter()
    bare: list[str] = []
    has_brackets = has_triangles = has_debits = has_dashes = False
    texts = [folded(word).strip() for word in words]
    falls = _have_falls(texts)
    for given in texts:
        text = given
        if text and not ("0" <= text[0] <= "9" and "0" <= text[-1] <= "9"):
            if not falls and not text.isascii() and text != text.translate(TRIANGLES):
                has_triangles = True
                text = text.translate(TRIANGLES)
            marked = DEBIT.fullmatch(text)
            if marked is not None:
                has_debits = True
                text = marked[1]
            found = _WITH_UNIT.fullmatch(text)
            if found is not None:
                unit = found[2] or found[5]
                units[unit] += 1
                text = f"{found[1]}{found[3] if found[2] else found[4]}{found[6]}"
                if unit != "%" and text and not text.strip("-"):
                    has_dashes = True
                    text = "0"
            if len(text) > 2 and ((text[0] == "(" and text[-1] == ")") or (text[-1] == "-" and text[0].isdigit())):
                has_brackets = True
                text = text.strip("()-").strip()
        bare.append(text)
    if len({_SAME.get(unit, unit) for unit in units}) > 1:
        return None
    return Amounts(
        tuple(unit for unit, _ in units.most_common()), has_brackets, has_triangles, has_debits, has_dashes, tuple(bare)
    )


def _have_falls(words: Iterable[str]) -> bool:
    """Return whether some triangles point down: then the others mean that something rose."""
    return any(word.lstrip()[:1] in _FALLING for word in words)


def is_comma_number(text: str) -> bool:
    """Return whether a text without blanks at its ends is a number in a file of decimal commas."""
    return bool(PLAIN.fullmatch(text) or COMMA_DECIMAL.fullmatch(text) or POINT_THOUSANDS.fullmatch(text))


def are_sure_thousands(words: Iterable[str]) -> bool:
    """Return whether a text has commas that can only be marks of thousands: 1,234,567 or 1,234.50."""
    return any(_COMMA_THOUSANDS.fullmatch(word) and (word.count(",") > 1 or "." in word) for word in words)


def look_like_codes(words: Sequence[str]) -> bool:
    """Return whether texts like 12E5 are codes.

    Nobody writes powers of ten so: all without a point and a sign, or as long as the whole numbers beside them.
    """
    others = [word for word in words if not _CODE.fullmatch(word)]
    if not others or len(others) == len(words):
        return bool(words) and not others
    return len({len(word) for word in words}) == 1 and all(map(_DIGITS.fullmatch, others))


@dataclass(frozen=True)
class FileMarks:
    """What the other columns of a file or a person say.

    ``is_mixed``: some have decimal commas and others points. ``thousands``: the chosen mark, empty for none of them;
    ``None`` where it is left to the columns.
    """

    decimal: str = "."
    is_mixed: bool = False
    has_comma_thousands: bool = False
    thousands: str | None = None

    @property
    def thousands_of_points(self) -> str:
        """The mark of thousands in a column that shows none, in a file of decimal points."""
        if self.thousands is not None:
            return self.thousands
        return "," if self.has_comma_thousands else ""


def number_format(name: str, present: Sequence[str], marks: FileMarks, notes: Notes) -> NumberFormat | None:
    """Return how a column writes its numbers, ``None`` for a column that is none; a note says what is doubtful.

    Args:
        name: The column.
        present: Its different texts that are not missing.
        marks: What the whole file says.
        notes: Where doubts are noted.
    """
    found = amounts(present)
    if found is None or not all(word[-1:].isdigit() or word[-1:] == "." for word in found.bare):
        return None
    if any(_LEADING_ZERO.match(word) for word in found.bare) and all(PLAIN.fullmatch(word) for word in found.bare):
        message = Message(
            "reading.leading_zeros",
            "Column “{column}” has numbers with leading zeros; they were kept as text.",
            column=name,
        )
        notes.add("leading_zeros", message, name)
        return None
    if any(_PHONE.fullmatch(word) for word in found.bare):
        return None
    if look_like_codes(found.bare):
        message = Message(
            "reading.codes",
            "Column “{column}” has texts like {example}, which are codes rather than powers of ten; they were kept as "
            "text.",
            column=name,
            example=next(word.strip() for word in found.bare if _CODE.fullmatch(word)),
        )
        notes.add("codes", message, name, (as_number(name),))
        return None
    if marks.thousands is None:
        marked = _marks_of(name, found, marks, notes)
    else:
        chosen = NumberFormat.model_validate({"decimal": marks.decimal, "thousands": marks.thousands})
        fits = all(chosen.value(word) is not None for word in found.bare)
        marked = (chosen.decimal, chosen.thousands) if fits else None
    if marked is None:
        return None
    decimal, thousands = marked
    form = NumberFormat(
        decimal=decimal,
        thousands=thousands,
        units=found.units,
        has_brackets=found.has_brackets,
        has_triangles=found.has_triangles,
        has_debits=found.has_debits,
        has_dashes=found.has_dashes,
        percent_sign="needed" if "%" in found.units else "optional",
    )
    if found.has_debits:
        message = Message(
            "reading.debits",
            "Column “{column}” has amounts that are marked as debit or credit, like {example}; they were kept as text. "
            "As numbers, those with Dr are negative.",
            column=name,
            example=next(word.strip() for word in present if DEBIT.fullmatch(folded(word).strip())),
        )
        notes.add("debits", message, name, (as_number(name),))
        return None
    return None if _mixes_shares(name, present, form, notes) else form


def as_number(name: str) -> Choice:
    """Return the choice of numbers for a column whose texts can all be read as such."""
    label = Message("choice.as_type", "Read as {type}", type=Term("type.number", "number"))
    return Choice(label, {"types": {name: "number"}})


def _mixes_shares(name: str, present: Sequence[str], form: NumberFormat, notes: Notes) -> bool:
    """Return whether some numbers have a percent sign and others none, which a note says."""
    if form.percent_sign != "needed":
        return False
    unread = [word.strip() for word in present if form.value(word.strip()) is None]
    bare = next((word for word in unread if "%" not in folded(word)), "")
    if bare:
        message = Message(
            "reading.percent_or_share",
            "Column “{column}” has numbers with a percent sign, like {example}, and without, like {bare}; they were "
            "kept as text. Set its type to number if {bare} is a share already.",
            column=name,
            example=next(word.strip() for word in present if "%" in folded(word)),
            bare=bare,
        )
        notes.add("percent_or_share", message, name, (as_number(name),))
    return bool(unread)


def forced_numbers(name: str, present: Sequence[str], marks: FileMarks) -> NumberFormat:
    """Return how numbers are written that a person says are such: in any usual way, or with the chosen marks.

    What is read without a word of a person is read alike.
    """
    falls = _have_falls(present)
    alone = number_format(name, present, marks, Notes())
    if alone is None:  # a few texts that are none do not change how the others are written
        present = [word for word in present if may_be_number(word)]
        marks = _marks_of_column(present, marks)
        alone = number_format(name, present, marks, Notes()) if present else None
    found = amounts(present)
    form = alone or NumberFormat.model_validate({"decimal": marks.decimal, "thousands": marks.thousands or ""})
    is_liberal = marks.thousands is None
    return form.model_copy(
        update={
            "units": found.units if found else (),
            "has_brackets": True,
            "has_triangles": bool(found and found.has_triangles and not falls),
            "has_debits": bool(found and found.has_debits),
            "has_dashes": bool(found and found.has_dashes),
            "percent_sign": "decides",
            "is_liberal": is_liberal,
        }
    )


def may_be_number(word: str) -> bool:
    """Return whether a text is a number or an amount, whatever marks it has."""
    found = amounts([word])
    return found is not None and (number(found.bare[0]) is not None or number(found.bare[0], ",") is not None)


def _marks_of_column(words: Sequence[str], marks: FileMarks) -> FileMarks:
    """Return the marks with a decimal comma where a column shows one that can be nothing else."""
    found = amounts(words)
    if found is None or marks.decimal == "," or marks.thousands is not None or marks.has_comma_thousands:
        return marks
    commas = [word for word in found.bare if COMMA_DECIMAL.fullmatch(word)]
    is_proof = any("," in word and "." in word for word in found.bare) or any(
        len(word.rpartition(",")[2]) != 3 for word in commas
    )
    return FileMarks(",") if is_proof and all(map(is_comma_number, found.bare)) else marks


def has_leading_zeros(words: Iterable[str]) -> bool:
    """Return whether some texts are digits behind a zero, as codes are."""
    return any(_LEADING_ZERO.match(word.strip()) and PLAIN.fullmatch(word.strip()) for word in words)


def note_unit(name: str, form: NumberFormat, present: Sequence[str], notes: Notes) -> None:
    """Note that a column's numbers have a unit, which goes, and how some write 0 and what is less."""
    example = next((word for word in present if form.value(word.strip())), present[0])
    _note_signs(name, form, present, notes)
    if "%" in form.units:
        message = Message(
            "reading.percent",
            "Numbers in column “{column}” like {example} were read as {value}.",
            column=name,
            example=example.strip(),
            value=f"{form.value(example.strip()) or 0:g}",
        )
        notes.add("percent", message, name)
    elif form.units:
        message = Message(
            "reading.unit",
            "Numbers in column “{column}” are amounts in {unit}, like {example}.",
            column=name,
            unit=form.units[0],
            example=example.strip(),
        )
        notes.add("unit", message, name)


def _note_signs(name: str, form: NumberFormat, present: Sequence[str], notes: Notes) -> None:
    if form.has_triangles:
        example = next(word.strip() for word in present if word != word.translate(TRIANGLES))
        message = Message(
            "reading.triangles",
            "Numbers in column “{column}” like {example} were read as negative.",
            column=name,
            example=example,
        )
        notes.add("triangles", message, name)
    if form.has_dashes:
        dashes = sorted({word.strip() for word in present if not any(map(str.isdigit, word))})
        message = Message(
            "reading.dashes",
            "In column “{column}”, {words} was read as 0, as accountants write it.",
            column=name,
            words=Names(dashes),
        )
        label = Message("choice.missing", "Read {words} as missing in every column", words=Names(dashes))
        notes.add("dashes", message, name, (Choice(label, {"missing": dashes}),))


def _marks_of(name: str, found: Amounts, marks: FileMarks, notes: Notes) -> tuple[str, str] | None:
    """Return the decimal and the thousands mark by which all texts are numbers."""
    words = found.bare
    spaced = {match[1] for word in words if (match := _SPACED.fullmatch(word))}
    if spaced:
        thousands = "'" if spaced <= {"'", "’"} else " "
        rest = [re.sub(r"[ '’]", "", word) for word in words]
        if all(PLAIN.fullmatch(word) for word in rest):
            return ".", thousands
        return (",", thousands) if all(PLAIN.fullmatch(w) or COMMA_DECIMAL.fullmatch(w) for w in rest) else None
    if all(PLAIN.fullmatch(word) for word in words):
        return _marks_of_points(name, words, marks, notes) if marks.decimal == "," else (".", "")
    if marks.decimal == ",":
        return (",", ".") if all(is_comma_number(word) for word in words) else None
    if not all(PLAIN.fullmatch(word) or _COMMA_THOUSANDS.fullmatch(word) for word in words):
        return None
    is_money = found.has_triangles or (bool(found.units) and "%" not in found.units)
    if are_sure_thousands(words) or marks.has_comma_thousands or is_money:
        return ".", ","
    _note_doubt(name, next(word for word in words if "," in word), notes)
    return None


def _marks_of_points(name: str, words: Sequence[str], marks: FileMarks, notes: Notes) -> tuple[str, str] | None:
    """Return the marks of a column without commas in a file of decimal commas."""
    points = [word for word in words if "." in word]
    if any(not POINT_THOUSANDS.fullmatch(word) for word in points):
        message = Message(
            "reading.mixed_decimals",
            "Column “{column}” uses decimal points in a file of decimal commas.",
            column=name,
        )
        notes.add("mixed_decimals", message, name)
        return ".", ""
    if points and marks.is_mixed:
        _note_doubt(name, points[0], notes)
        return None
    if points:
        message = Message(
            "reading.thousands",
            "In column “{column}”, numbers like {example} were read as thousands, since commas are the decimals.",
            column=name,
            example=points[0],
        )
        notes.add("thousands", message, name)
    return ",", "."


def _note_doubt(name: str, example: str, notes: Notes) -> None:
    message = Message(
        "reading.thousands_or_decimals",
        "Column “{column}” has numbers like {example}, which may be thousands or decimals; they were kept as text.",
        column=name,
        example=example,
    )
    notes.add("thousands_or_decimals", message, name)
