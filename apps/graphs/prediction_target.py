"""What is known of a column before it is predicted: numbers or classes, which class is the positive one, what to mend.

Counted in the stored profile of the data set; nothing is read or computed again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from apps.common.errors import ApplicationError
from tasks.graph.merged_words import bare, merged_words, merges
from tasks.graph.messages import Message, Names, message_json
from tasks.graph.target_guess import MOST_CLASSES, positive_class, usual_task

REGRESSION = "regression"
CLASSIFICATION = "classification"
NUMBERS = frozenset({"number", "integer"})
RARE = 0.25
"""Share of the rows below which a class is found by a threshold that is chosen, not by one half.

Weights of the classes find it as well, but rank the rows a little worse and spoil the probabilities.
"""


@dataclass(frozen=True)
class PredictionChoice:
    """What a person chose about a target.

    Attributes:
        task: Guessed when empty.
        positive: Guessed when empty.
        merges_spellings: Values that are one but for spaces and capitals become one.
        merges_words: So do short and long words, such as y and yes, where spellings do.
    """

    task: str = ""
    positive: str = ""
    merges_spellings: bool = True
    merges_words: bool = True


GUESSED = PredictionChoice()


@dataclass(frozen=True)
class PredictionTarget:
    """A column as it will be predicted.

    Attributes:
        task: ``regression`` or ``classification``.
        has_tasks: Whether both tasks make sense, so that the person may choose.
        classes: Class to how many rows are of it, the commonest first; empty for numbers, and for too many to count.
        positive: The positive one of two classes; empty for other tasks.
        has_spellings: Whether values differ from others in spaces or capitals only, or are short words for them.
        has_short_words: Whether some are short words for others, such as y for yes.
        spellings: Those values, as far as they are counted.
        notes: Messages about what is done, and why.
    """

    task: str
    has_tasks: bool = False
    classes: Mapping[str, int] = field(default_factory=dict)
    positive: str = ""
    has_spellings: bool = False
    has_short_words: bool = False
    spellings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_rare(self) -> bool:
        """Whether the positive class is so rare that one half is no good threshold."""
        return bool(self.positive) and is_rare(self.positive, self.classes)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "task": self.task,
            "has_tasks": self.has_tasks,
            "classes": [{"name": name, "rows": rows} for name, rows in self.classes.items()],
            "positive": self.positive,
            "has_spellings": self.has_spellings,
            "spellings": list(self.spellings),
            "notes": [message_json(note) for note in self.notes],
        }


def describe_target(
    columns: Sequence[Mapping[str, Any]],
    profile: Mapping[str, Any],
    target: str,
    choice: PredictionChoice = GUESSED,
) -> PredictionTarget:
    """Return how the column ``target`` will be predicted.

    Args:
        columns: Of the schema, each with ``name`` and ``type``.
        profile: Of the data set; empty when there is none.
        target: Name of the column.
        choice: What a person decided.

    Raises:
        ApplicationError: 422, it cannot be predicted, nothing can be learned of it, or the choice does not suit it.
    """
    column = _predictable(columns, target)
    name = column["name"]
    card: Mapping[str, Any] = next((one for one in profile.get("columns", ()) if one["name"] == name), {})
    present = profile.get("rows", 0) - card.get("missing", 0)
    counts = {_word(column["type"], one["value"]): one["count"] for one in card.get("top", ())}
    counts = counts if len(counts) == card.get("distinct") else {}
    if "distinct" in card and card["distinct"] <= 1 < profile.get("rows", 0):
        raise refused(_single_value(name, counts))
    if column["type"] in NUMBERS:
        return _number_target(column, card, counts, choice, present)
    if choice.task == REGRESSION and column["type"] != "boolean":
        raise refused(
            Message("predict.words", "“{column}” holds words, so it cannot be predicted as a number.", column=name),
            "task",
        )
    if choice.task == REGRESSION:
        return PredictionTarget(REGRESSION, has_tasks=True)
    return _classes(name, counts, choice, card)


def _predictable(columns: Sequence[Mapping[str, Any]], target: str) -> Mapping[str, Any]:
    column = next((column for column in columns if column["name"] == target), None)
    if column is None:
        raise refused(Message("predict.no_column", "The data set has no column “{column}”.", column=target))
    if column["type"] == "date":
        raise refused(
            Message("predict.date", "“{column}” is a date. Choose a number or a category to predict.", column=target)
        )
    if column["type"] == "text":
        raise refused(
            Message(
                "predict.text",
                "“{column}” is free text with too many different values. Choose a number or a category to predict.",
                column=target,
            )
        )
    return column


def is_rare(name: str, classes: Mapping[str, int]) -> bool:
    """Return whether a class has so few of the rows that one half is no good threshold for it."""
    return classes[name] < RARE * sum(classes.values())


def refused(message: Message, at: str = "target") -> ApplicationError:
    """Return the refusal of a prediction with the address of the field that is at fault."""
    return ApplicationError("cannot_predict", message, 422, [{"at": at, "message": message}])


def spelling_groups(names: Mapping[str, int], *, merges_words: bool = True) -> dict[str, list[str]]:
    """Return the values that are one but for spaces, capitals and short words, by what is made of them.

    Args:
        names: The values.
        merges_words: Short and long words are one too.
    """
    words = merged_words(names) if merges_words else {}
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(" ".join(words.get(bare(name), name).split()).lower(), []).append(name)
    return groups


def _number_target(
    column: Mapping[str, Any], card: Mapping[str, Any], counts: Mapping[str, int], choice: PredictionChoice, rows: int
) -> PredictionTarget:
    distinct, lowest, highest = card.get("distinct", 0), card.get("minimum") or 0.0, card.get("maximum") or 0.0
    is_whole = column["type"] == "integer"
    is_code = usual_task(column["type"], distinct, lowest, highest, rows) == CLASSIFICATION
    task = choice.task or (CLASSIFICATION if is_code else REGRESSION)
    has_tasks = is_code or (is_whole and 2 <= distinct <= MOST_CLASSES)
    if task == REGRESSION:
        return PredictionTarget(REGRESSION, has_tasks=has_tasks)
    found = _classes(column["name"], counts, choice, card)
    if not (is_code and not choice.task):
        return replace(found, has_tasks=has_tasks)
    why = Message(
        "predict.codes",
        "{count} different whole numbers from {lowest} to {highest}: treated as classes.",
        count=distinct,
        lowest=int(lowest),
        highest=int(highest),
    )
    return replace(found, has_tasks=has_tasks, notes=(why, *found.notes))


def _classes(
    column: str, counts: Mapping[str, int], choice: PredictionChoice, card: Mapping[str, Any]
) -> PredictionTarget:
    spellings, classes = _merged(counts, choice)
    distinct = len(classes) or card.get("distinct", 0)
    if distinct > MOST_CLASSES:
        raise refused(
            Message(
                "predict.too_many_classes",
                "“{column}” has {count:,} different values; at most {maximum} classes can be predicted. Choose another "
                "column.",
                column=column,
                count=distinct,
                maximum=MOST_CLASSES,
            )
        )
    if len(classes) == 1:
        raise refused(_single_value(column, classes))
    has_spellings = any(warning.get("code") == "spelling" for warning in card.get("warnings", ()))
    positive = _positive(column, classes, choice)
    return PredictionTarget(
        CLASSIFICATION,
        classes=classes,
        positive=positive,
        has_spellings=has_spellings or bool(spellings),
        has_short_words=bool(merges(counts)),
        spellings=spellings,
        notes=tuple(_notes(classes, positive, spellings, choice, merges(counts))),
    )


def _positive(column: str, classes: Mapping[str, int], choice: PredictionChoice) -> str:
    """Return the positive one of two classes; empty for more, or where they are not counted."""
    names = sorted(classes)
    if choice.positive and (len(names) != 2 or choice.positive not in names):
        raise refused(
            Message(
                "predict.no_such_class",
                "“{name}” cannot be the positive class: it is none of two classes of “{column}”.",
                name=choice.positive,
                column=column,
            ),
            "positive",
        )
    if len(names) != 2:
        return ""
    rarest = min(names, key=lambda name: classes[name])
    if classes[rarest] < 2:
        raise refused(
            Message(
                "predict.class_of_one_row",
                "Only 1 row of “{column}” is “{name}”. A class needs at least 2 rows, to learn from one and to test on "
                "another.",
                column=column,
                name=rarest,
            )
        )
    return choice.positive or names[positive_class(names, [classes[name] for name in names])]


def _merged(counts: Mapping[str, int], choice: PredictionChoice) -> tuple[tuple[str, ...], dict[str, int]]:
    """Return the values that have other spellings, and the classes with their rows, the commonest first."""
    groups = spelling_groups(counts, merges_words=choice.merges_words)
    spellings = tuple(name for group in groups.values() if len(group) > 1 for name in group)
    merged = dict(counts)
    if spellings and choice.merges_spellings:
        merged = {word: sum(counts[name] for name in group) for word, group in groups.items() if word}
    return spellings, dict(sorted(merged.items(), key=lambda pair: -pair[1]))


def _notes(
    classes: Mapping[str, int],
    positive: str,
    spellings: Sequence[str],
    choice: PredictionChoice,
    short_words: Sequence[str],
) -> Iterator[str]:
    if short_words and choice.merges_spellings and choice.merges_words:
        yield Message(
            "predict.short_words", "Short words are merged with long ones: {words}.", words=Names(short_words)
        )
    if spellings and not choice.merges_spellings:
        yield Message(
            "predict.spellings_apart",
            "{count} values differ from others in spaces, capitals or short words only, and each is a class of its "
            "own.",
            count=len(spellings),
        )
    single = [name for name, rows in classes.items() if rows == 1]
    if single:
        yield Message(
            "predict.single_rows",
            "{count} classes have a single row each: it is either learned from or tested on.",
            one="1 class has a single row: it is either learned from or tested on.",
            count=len(single),
        )
    if positive and is_rare(positive, classes):
        yield Message(
            "predict.rare",
            "{share} of 100 rows are “{name}”. So that they are found, the threshold is chosen on parts of the "
            "training rows.",
            share=f"{100 * classes[positive] / sum(classes.values()):.2g}",
            name=positive,
        )


def _single_value(column: str, counts: Mapping[str, int]) -> Message:
    if not counts:
        return Message("predict.no_value", "“{column}” has no values. Choose another column.", column=column)
    return Message(
        "predict.one_value",
        "“{column}” is “{value}” in every row, so there is nothing to tell apart. Choose another column.",
        column=column,
        value=next(iter(counts)),
    )


def _word(kind: str, value: Any) -> str:
    """Return a value of a profile as the class that a model makes of it."""
    if kind == "boolean":
        return "true" if value == 1 else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else repr(value)
