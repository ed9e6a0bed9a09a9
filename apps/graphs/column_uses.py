"""What becomes of each column when another is predicted: what is left out is said, and may be decided otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from tasks.graph.messages import Message, from_json

NEARLY_EMPTY_PERCENT = 95
MOST_CATEGORIES = 50
"""So many values of a category get a column of their own by default, all others share one."""

LEFT_OUT_LEAKS = frozenset({"leak_equal", "leak_ordered", "counts_rows"})
"""What a column does that no model can make use of: it says the target again, or counts the rows."""


class Use(StrEnum):
    """What a column is used as."""

    FEATURE = "feature"
    LEFT_OUT = "left_out"
    NUMBER = "number"
    DATE = "date"
    DATE_MONTH_FIRST = "date_month_first"
    WORDS = "words"


@dataclass(frozen=True)
class UseChoice:
    """A use that a column may have. ``message``: what that means for the model, as a `Message`."""

    use: Use
    message: str


@dataclass(frozen=True)
class ColumnUse:
    """A column that is not simply used as it is, with what may be done about it; the first option is the default."""

    column: str
    options: tuple[UseChoice, ...]

    @property
    def default(self) -> Use:
        """The use that it has unless a person decides otherwise."""
        return self.options[0].use


def column_uses(
    columns: Sequence[Mapping[str, Any]],
    profile: Mapping[str, Any],
    target: str,
    leaks: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> tuple[ColumnUse, ...]:
    """Return the columns that are left out, changed or hardly of use when ``target`` is predicted, in their order.

    Args:
        columns: Of the data set, as its schema has them.
        profile: What was counted of it.
        leaks: Column to what it says of the target, see `apps.datasets.target_leaks`.
    """
    cards = {card["name"]: card for card in profile.get("columns", ())}
    found = []
    for column in columns:
        if column["name"] != target:
            options = tuple(_options(column, cards.get(column["name"], {})))
            if column["name"] in leaks:
                options = _of_leak(column["name"], leaks[column["name"]], options)
            if options:
                found.append(ColumnUse(column["name"], options))
    return tuple(found)


def chosen_uses(uses: Iterable[ColumnUse], decided: Mapping[str, str]) -> dict[str, Use]:
    """Return column to use for the columns that are not simply used: what was decided, else the default.

    Raises:
        ValueError: Of the column named by it, which has no such use.
    """
    offered = {use.column: use for use in uses}
    chosen = {name: use.default for name, use in offered.items()}
    for name, wanted in decided.items():
        known = [option.use for option in offered[name].options] if name in offered else [Use.FEATURE]
        if wanted not in [str(use) for use in known]:
            raise ValueError(name)
        chosen[name] = Use(wanted)
    return chosen


def _of_leak(name: str, leak: Mapping[str, Any], options: tuple[UseChoice, ...]) -> tuple[UseChoice, ...]:
    """Return the options of a column that gives the target away: what says the same is left out by default."""
    if options and options[0].use is Use.LEFT_OUT:
        return options
    message = from_json(leak)
    as_it_is = options[0] if options else UseChoice(Use.FEATURE, _as_it_is(name))
    if leak["code"] in LEFT_OUT_LEAKS:
        return UseChoice(Use.LEFT_OUT, Message("use.leak_left_out", "{leak} Left out.", leak=message)), as_it_is
    left_out = UseChoice(Use.LEFT_OUT, Message("use.left_out", "“{column}” is left out.", column=name))
    left_in = Message(
        "use.leak_left_in",
        "{leak} Left in: the score will be too good if “{column}” is only known after the answer is.",
        leak=message,
        column=name,
    )
    return UseChoice(as_it_is.use, left_in), left_out


def _as_it_is(name: str) -> str:
    return Message("use.feature", "“{column}” is used as it is.", column=name)


def _options(column: Mapping[str, Any], card: Mapping[str, Any]) -> Iterable[UseChoice]:
    """Return the uses of a column, the default first; none for one that is simply used."""
    name, kind = column["name"], column["type"]
    warnings = {warning.get("code"): warning for warning in card.get("warnings", ())}
    left_out = UseChoice(Use.LEFT_OUT, Message("use.left_out", "“{column}” is left out.", column=name))
    as_it_is = UseChoice(Use.FEATURE, _as_it_is(name))
    if "constant" in warnings:
        yield UseChoice(Use.LEFT_OUT, _of_warning(warnings["constant"], name))
    elif column.get("role") in {"id", "ignore"}:
        yield UseChoice(
            Use.LEFT_OUT,
            Message("use.marked", "“{column}” is marked as no feature of a model: left out.", column=name),
        )
        yield from () if kind == "text" else (as_it_is,)
    elif "almost_numeric" in warnings:
        number = UseChoice(Use.NUMBER, _as_number(warnings["almost_numeric"], name))
        categories = Message("use.categories", "“{column}” looks like numbers: used as categories.", column=name)
        yield from (number, left_out) if kind == "text" else (UseChoice(Use.FEATURE, categories), number)
    elif "almost_date" in warnings:
        yield from _as_dates(name)
    elif "id_like" in warnings:
        yield from _of_identifier(name, kind, warnings["id_like"])
    elif _percent_missing(warnings) >= NEARLY_EMPTY_PERCENT:
        yield UseChoice(Use.LEFT_OUT, _nearly_empty(warnings, name))
        yield _words(name) if kind == "text" else as_it_is
    elif kind == "text":
        yield _words(name)
        yield UseChoice(
            Use.LEFT_OUT, Message("use.text_unused", "“{column}” is text: its words are not used.", column=name)
        )
    elif "high_cardinality" in warnings:
        yield UseChoice(
            Use.FEATURE,
            Message(
                "use.many_values",
                "“{column}” has {count:,} different values: the {most} most frequent count one by one, all others as "
                "one.",
                column=name,
                count=int(card.get("distinct") or 0),
                most=MOST_CATEGORIES,
            ),
        )
        yield left_out


def _of_warning(warning: Mapping[str, Any], name: str) -> str:
    if warning.get("message_id") == "profile.empty":
        return Message("use.empty", "“{column}” has no values: left out.", column=name)
    return Message("use.constant", "“{column}” has the same value in every row: left out.", column=name)


_WITH_GAPS = frozenset({"profile.almost_numbers", "reading.misfits", "reading.misfits_on_lines"})


def _as_number(warning: Mapping[str, Any], name: str) -> str:
    params = warning.get("message_params") or {}
    count = params.get("count")
    if warning.get("message_id") not in _WITH_GAPS or not count:
        return Message("use.number", "“{column}” looks like numbers: read as numbers.", column=name)
    return Message(
        "use.number_with_gaps",
        "“{column}” looks like numbers: read as numbers. {count:,} values that are none become missing.",
        one="“{column}” looks like numbers: read as numbers. 1 value that is none becomes missing.",
        column=name,
        count=count,
    )


def _as_dates(name: str) -> Iterable[UseChoice]:
    yield UseChoice(
        Use.LEFT_OUT,
        Message(
            "use.dates_unread",
            "“{column}” looks like dates, but whether the day or the month comes first is not clear: left out.",
            column=name,
        ),
    )
    yield UseChoice(Use.DATE, Message("use.date", "“{column}” is read as dates, day first.", column=name))
    yield UseChoice(
        Use.DATE_MONTH_FIRST,
        Message("use.date_month_first", "“{column}” is read as dates, month first.", column=name),
    )


def _of_identifier(name: str, kind: str, warning: Mapping[str, Any]) -> Iterable[UseChoice]:
    message = Message(
        "use.identifier", "“{column}” looks like an identifier, different in every row: left out.", column=name
    )
    if warning.get("message_id") == "profile.id_like_but_duplicates":
        message = Message(
            "use.identifier_but_duplicates",
            "“{column}” looks like an identifier, different in every row but exact duplicates: left out.",
            column=name,
        )
    yield UseChoice(Use.LEFT_OUT, message)
    if kind == "text":
        yield _words(name)
    elif kind != "category":
        yield UseChoice(Use.FEATURE, _as_it_is(name))


def _words(name: str) -> UseChoice:
    message = Message("use.words", "“{column}” is text: the model learns from its words.", column=name)
    return UseChoice(Use.WORDS, message)


def _percent_missing(warnings: Mapping[str, Mapping[str, Any]]) -> float:
    many = warnings.get("missing_many") or {}
    return float((many.get("message_params") or {}).get("percent") or 0)


def _nearly_empty(warnings: Mapping[str, Mapping[str, Any]], name: str) -> str:
    return Message(
        "use.nearly_empty",
        "“{column}” is empty in {percent} % of the rows: left out.",
        column=name,
        percent=round(_percent_missing(warnings)),
    )
