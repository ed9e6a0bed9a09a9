"""What a person wants to know of each column before drawing anything, and what to do about it."""

from __future__ import annotations

from typing import Any

import numpy as np

from tasks.contract.schema import Column, ColumnType, Role
from tasks.contract.spelling import MISSING_NUMBERS, are_compact_dates, date, number
from tasks.contract.table import Table, is_missing
from tasks.graph.fixes import FixPurpose
from tasks.graph.merged_words import merges
from tasks.graph.messages import Message, Names, message_json
from tasks.ingest.same_columns import SameColumn, same_columns
from tasks.training.leaks import FEWEST_ROWS, counts_rows

BINS = 24
TOP = 10
_ALMOST = 0.8
WORDS_OF_A_SENTENCE = 4
"""From so many words a value in the mean, different values are what people wrote, and no identifiers."""
TELLING_GAPS = 0.01
"""Share of gaps from which a model learns from a column that says where they were; of fewer it learns by heart."""
_SHARES = (5, 25, 50, 75, 95)


def profile(table: Table) -> dict[str, Any]:
    """Return rows, a card per column, and warnings with what fixes each."""
    repeated = _repeated_rows(table)
    same = {one.column: one for one in same_columns(table)}
    columns = []
    for column in table.schema.each():
        card = _card(column, table.columns[column.name], repeated)
        card["warnings"] += [_same_warning(same[column.name])] if column.name in same else []
        columns.append(card)
    return {"rows": table.rows, "columns": columns, "warnings": _table_warnings(table.rows, repeated)}


def warning(code: str, message: str, fix: FixPurpose | None = None, column: str = "") -> dict[str, Any]:
    """Return one warning.

    Args:
        fix: What fixes it; the catalogue knows which node does that.
        column: Name of the column to fix; empty for the whole table.
    """
    named = {"purpose": fix.value, "column": column} if fix else None
    return {"code": code, **message_json(message), "fix": named, "choices": []}


def _card(column: Column, values: np.ndarray, repeated: int) -> dict[str, Any]:
    missing = int(is_missing(values).sum())
    card: dict[str, Any] = {
        "name": column.name,
        "type": str(column.type),
        "role": str(column.role),
        "missing": missing,
        "distinct": 0,
        "minimum": None,
        "maximum": None,
        "mean": None,
        "std": None,
        "quantiles": {},
        "histogram": None,
        "top": [],
    }
    if column.type.is_numeric:
        card.update(_number_facts(values))
    elif column.type is ColumnType.DATE:
        card.update(_date_facts(values))
    words, counts = _counted(values)
    card["distinct"] = len(words)
    order = np.lexsort((np.arange(len(words)), -counts))[:TOP]
    card["top"] = [{"value": _shown(words[at]), "count": int(counts[at])} for at in order]
    card["warnings"] = _warnings(column, card, len(values), words, counts)
    card["warnings"] += _identifier_warnings(column, card, values, words, repeated)
    return card


def _same_warning(same: SameColumn) -> dict[str, Any]:
    message = Message(
        "profile.same_values",
        "“{column}” says the same as “{other}”: if one is predicted, leave the other out.",
        column=same.column,
        other=same.other,
    )
    if same.is_order:
        message = Message(
            "profile.same_order",
            "“{column}” puts the rows in the order of “{other}”: if one is predicted, leave the other out.",
            column=same.column,
            other=same.other,
        )
    return warning("same_as", message, FixPurpose.DROP_COLUMN, same.column)


def _number_facts(values: np.ndarray) -> dict[str, Any]:
    finite = values[np.isfinite(values)]
    if not len(finite):
        return {}
    counts, edges = _histogram(finite)
    with np.errstate(over="ignore", invalid="ignore"):
        mean, std = float(finite.mean()), float(finite.std())
    quantiles = np.quantile(finite, [share / 100 for share in _SHARES])
    return {
        "minimum": float(finite.min()),
        "maximum": float(finite.max()),
        "mean": mean if np.isfinite(mean) else None,
        "std": std if np.isfinite(std) else None,
        "quantiles": {str(share): float(value) for share, value in zip(_SHARES, quantiles, strict=True)},
        "histogram": {"edges": edges, "counts": counts},
    }


def _histogram(finite: np.ndarray) -> tuple[list[int], list[float]]:
    low, high = float(finite.min()), float(finite.max())
    whole = bool((finite == np.trunc(finite)).all())
    bins = int(min(BINS, high - low + 1)) if whole and high - low < BINS else BINS
    span = (low - 0.5, high + 0.5) if whole and bins == high - low + 1 else (low, high)
    if not np.isfinite(span[1] - span[0]) or (span[1] > span[0] and (span[1] - span[0]) / bins < abs(span[1]) * 1e-15):
        return [len(finite)], [low, high]
    if bins == 1 or span[0] == span[1]:
        return [len(finite)], list(span)  # numbers so large that nothing lies between two of them
    counts, edges = np.histogram(finite, bins=bins, range=span)
    return counts.tolist(), edges.tolist()


def _date_facts(values: np.ndarray) -> dict[str, Any]:
    present = values[~np.isnat(values)]
    if not len(present):
        return {}
    moments = present.astype("datetime64[us]").astype(np.int64)
    counts, edges = _histogram(moments.astype(np.float64))
    marks = np.asarray(edges).astype(np.int64).astype("datetime64[us]")
    return {
        "minimum": _shown(present.min()),
        "maximum": _shown(present.max()),
        "histogram": {"edges": [_shown(mark) for mark in marks], "counts": counts},
    }


def _counted(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the different values that are not missing, in sorted order for equal counts, and how often each occurs."""
    import pyarrow as pa

    counted = pa.array(values, from_pandas=True).drop_null().value_counts()
    found = counted.field("values").to_numpy(zero_copy_only=False)
    counts = counted.field("counts").to_numpy(zero_copy_only=False)
    if len(found) <= 1000:
        order = np.argsort(found, kind="stable")
        found, counts = found[order], counts[order]
    return found, counts


def _shown(value: Any) -> Any:
    if isinstance(value, np.datetime64):
        text = str(value.astype("datetime64[us]"))
        return text.removesuffix(".000000").removesuffix("T00:00:00")
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if np.isfinite(value) else str(value)
    return value[:200]


def _warnings(
    column: Column, card: dict[str, Any], rows: int, words: np.ndarray, counts: np.ndarray
) -> list[dict[str, Any]]:
    name = column.name
    found: list[dict[str, Any]] = []
    present, distinct = rows - card["missing"], card["distinct"]
    if rows and distinct <= 1 and rows > 1:
        message = (
            Message(
                "profile.constant",
                "“{column}” has the same value in every row; a model learns nothing from it.",
                column=name,
            )
            if distinct
            else Message("profile.empty", "“{column}” has no values.", column=name)
        )
        found.append(warning("constant", message, FixPurpose.DROP_COLUMN, name))
    elif rows and card["missing"] / rows > 0.5:
        message = Message(
            "profile.missing_many",
            "{percent} % of the values of “{column}” are missing.",
            percent=round(100 * card["missing"] / rows),
            column=name,
        )
        found.append(warning("missing_many", message, FixPurpose.DROP_COLUMN, name))
    elif card["missing"]:
        message = Message(
            "profile.missing",
            "{count:,} values of “{column}” are missing.",
            one="1 value of “{column}” is missing.",
            count=card["missing"],
            column=name,
        )
        is_telling = card["missing"] >= TELLING_GAPS * rows
        fix = FixPurpose.IMPUTE_AND_FLAG if is_telling else FixPurpose.IMPUTE
        found.append(warning("missing", message, fix, name))
    if column.type in {ColumnType.CATEGORY, ColumnType.TEXT} and distinct:
        found += _word_warnings(column, present, words, counts)
    if column.type.is_numeric and present and any(w["value"] in {"inf", "-inf"} for w in card["top"]):
        message = Message("profile.infinite", "“{column}” has infinite values.", column=name)
        found.append(warning("infinite", message, FixPurpose.HANDLE_INFINITE, name))
    return found


def _identifier_warnings(
    column: Column, card: dict[str, Any], values: np.ndarray, words: np.ndarray, repeated: int
) -> list[dict[str, Any]]:
    """Return the warning that a column looks like an identifier, or numbers the rows.

    Args:
        repeated: Exact duplicates among the rows.
    """
    rows = len(values)
    present, distinct = rows - card["missing"], card["distinct"]
    if column.type is ColumnType.INTEGER and are_compact_dates(values):
        return []  # reading says that these are dates
    if not _is_id_like(column, distinct, present, repeated) or _are_sentences(words):
        counting = counts_rows(column, values, np.arange(rows)) if rows >= FEWEST_ROWS else None
        if counting is None or column.role is not Role.FEATURE:
            return []
        return [warning(counting.code, counting.message, FixPurpose.MARK_AS_ID, column.name)]
    message = Message(
        "profile.id_like",
        "“{column}” has a different value in every row: it looks like an identifier.",
        column=column.name,
    )
    if distinct < present:
        message = Message(
            "profile.id_like_but_duplicates",
            "“{column}” has a different value in every row, exact duplicates aside: it looks like an identifier.",
            column=column.name,
        )
    elif distinct == rows and _is_sorted(values):
        message = Message(
            "profile.id_in_order",
            "“{column}” has a different value in every row, in the order of the rows: it looks like an identifier that "
            "says when a row came.",
            column=column.name,
        )
    return [warning("id_like", message, FixPurpose.MARK_AS_ID, column.name)]


def _is_sorted(values: np.ndarray) -> bool:
    """Return whether values without gaps always rise, or always fall."""
    return bool((values[1:] > values[:-1]).all() or (values[1:] < values[:-1]).all())


def _is_id_like(column: Column, distinct: int, present: int, repeated: int) -> bool:
    if column.role is not Role.FEATURE or distinct < max(20, present - repeated):
        return False
    if column.type is ColumnType.INTEGER:
        low, high = column.minimum, column.maximum
        return low is not None and high is not None and high - low < present * 2
    return column.type in {ColumnType.CATEGORY, ColumnType.TEXT}


def _are_sentences(values: np.ndarray) -> bool:
    """Return whether values are texts of several words each: then it is no sign of an identifier that all differ."""
    looked = [value for value in values[:1000] if isinstance(value, str)]
    return bool(looked) and float(np.mean([len(value.split()) for value in looked])) >= WORDS_OF_A_SENTENCE


def _word_warnings(column: Column, present: int, words: np.ndarray, counts: np.ndarray) -> list[dict[str, Any]]:
    name = column.name
    almost = _almost(column, present, words, counts)
    if almost:
        return [almost]
    found = []
    if column.type is ColumnType.CATEGORY and len(words) > 50:
        message = Message(
            "profile.high_cardinality", "“{column}” has {count:,} distinct values.", column=name, count=len(words)
        )
        found.append(warning("high_cardinality", message, FixPurpose.GROUP_RARE_CATEGORIES, name))
    if column.type is ColumnType.CATEGORY and (pairs := merges(words)):
        message = Message(
            "profile.short_words",
            "“{column}” writes a value in several ways: {words}.",
            column=name,
            words=Names(pairs),
        )
        found.append(warning("short_words", message, FixPurpose.MERGE_WORDS, name))
    if len(words) <= 10_000:
        bare = {word.strip().casefold() for word in words}
        if len(bare) < len(words):
            message = Message(
                "profile.spelling",
                "{count:,} distinct values of “{column}” differ from others only in spaces or capitals.",
                one="1 distinct value of “{column}” differs from another only in spaces or capitals.",
                count=len(words) - len(bare),
                column=name,
            )
            found.append(warning("spelling", message, FixPurpose.NORMALISE_TEXT, name))
    return found


def _almost(column: Column, present: int, words: np.ndarray, counts: np.ndarray) -> dict[str, Any] | None:
    """Return the warning that most words are numbers, or dates, and which are not."""
    looked = slice(0, 20_000)
    sure = np.asarray([_is_plain(word) for word in words[looked]], dtype=bool)
    share = counts[looked][sure].sum() / max(counts[looked].sum(), 1)
    name = column.name
    if share >= _ALMOST and present >= 5:
        odd = np.asarray([not _is_plain(word) for word in words], dtype=bool)
        misfits, all_fit = _examples(words[odd], number)
        count = int(counts[odd].sum())
        if not count:
            return None  # numbers that are kept as text for another reason, which a note gives
        facts: dict[str, Any] = {"count": count, "rows": present, "column": name, "examples": misfits}
        message = (
            Message(
                "profile.almost_numbers_readable",
                "{count:,} of {rows:,} values of “{column}” are not plain numbers ({examples}), but all can be "
                "read as numbers.",
                **facts,
            )
            if all_fit
            else Message(
                "profile.almost_numbers",
                "{count:,} of {rows:,} values of “{column}” are not numbers ({examples}); those become missing.",
                **facts,
            )
        )
        return warning("almost_numeric", message, FixPurpose.READ_AS_NUMBER, name)
    if len(words) and date(str(words[0])) is not None:
        dated = np.asarray(
            [date(word) is not None or date(word, day_first=False) is not None for word in words[looked]]
        )
        if counts[looked][dated].sum() / max(counts[looked].sum(), 1) >= _ALMOST:
            message = Message(
                "profile.almost_dates",
                "“{column}” contains dates; choose whether the day or the month comes first.",
                column=name,
            )
            return warning("almost_date", message, FixPurpose.READ_AS_DATE, name)
    return None


def _is_date(word: str) -> bool:
    return date(word) is not None or date(word, day_first=False) is not None


def _is_plain(word: str) -> bool:
    text = word.strip()
    if len(text) > 1 and text[0] == "0" and text.isdigit():
        return False  # a code with leading zeros is no number
    try:
        float(text)
    except ValueError:
        return text in MISSING_NUMBERS
    return True


def _examples(words: np.ndarray, read: Any) -> tuple[str, bool]:
    return Names((word[:30] for word in words), shown=3), all(read(word) is not None for word in words)


def _table_warnings(rows: int, repeated: int) -> list[dict[str, Any]]:
    if not rows:
        return [warning("no_rows", Message("profile.no_rows", "There are names of columns but no rows below them."))]
    if not repeated:
        return []
    message = Message(
        "profile.duplicates",
        "{count:,} rows are exact duplicates of others.",
        one="1 row is an exact duplicate of another.",
        count=repeated,
    )
    return [warning("duplicates", message, FixPurpose.DROP_DUPLICATES)]


def _repeated_rows(table: Table) -> int:
    """Return how many rows are exact duplicates of others; 0 for a table too large to look."""
    if not table.rows or table.rows * len(table.schema) > 5_000_000:
        return 0
    return table.rows - _different_rows(table)


def _different_rows(table: Table) -> int:
    import pyarrow as pa

    if not len(table.schema):
        return table.rows
    names = [str(position) for position in range(len(table.schema))]
    arrays = [pa.array(table.columns[name], from_pandas=True) for name in table.schema.names]
    return int(pa.table(arrays, names=names).group_by(names).aggregate([]).num_rows)
