"""What the data say against a drawn graph before it runs: leaks of the target, and splits that let rows through."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from apps.datasets.selectors import ReadyDataset
from apps.datasets.target_leaks import repeated_groups, target_leaks
from tasks.graph.document import Document, GraphNode
from tasks.graph.group_names import is_birth_name, is_group_name
from tasks.graph.messages import Message, from_json, message_json
from tasks.graph.problems import SPLIT_TYPE

SOURCE_TYPE = "source.file"
DEDUPLICATE_TYPE = "clean.deduplicate"
MANY_DATES = 20
FEWEST_GROUPS = 10
ROWS_OF_A_GROUP = 2
MANY_DUPLICATES = 0.01
CHANCE_COPIES = 10
"""Times as many rows have to be alike as there would be if each column were drawn by lot."""

Schemas = Mapping[str, Mapping[str, Mapping[str, Any]]]


def data_problems(document: Document, known: Mapping[str, ReadyDataset], schemas: Schemas) -> Iterator[dict[str, Any]]:
    """Iterate over warnings, each with the parameters that mend it.

    Args:
        known: The data sets that the document reads, by id.
        schemas: Node to port to the columns that come out, as far as they are inferred.
    """
    active = document.active()
    for source in active.nodes:
        dataset = known.get(str(source.params.get("dataset") or ""))
        if source.type != SOURCE_TYPE or dataset is None:
            continue
        splits = [node for node in active.nodes if node.type == SPLIT_TYPE and source.id in active.ancestors(node.id)]
        groups: Collection[str] = ()
        if target := str(source.params.get("target") or ""):
            yield from _leaks(source, dataset, _features(source, splits, schemas))
            groups = repeated_groups(dataset.address, target)
        for split in splits:
            yield from _split_faults(active, split, dataset, _columns(schemas, split.id), groups)


def date_card(cards: Iterable[Mapping[str, Any]], columns: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the card of the first column that dates the rows; ``None`` without one.

    Args:
        cards: Of the profile.
        columns: Name to column, as a split finds them.
    """
    for card in cards:
        is_date = card.get("type") == "date" and columns.get(card["name"], {}).get("type") == "date"
        if is_date and int(card["distinct"] or 0) >= MANY_DATES and not is_birth_name(card["name"]):
            return card
    return None


def time_split(card: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the parameters of a split by the dates of a column; ``None`` where a row without one has no place."""
    return None if card["missing"] else {"method": "time", "by": card["name"]}


def repeated_rows(profile: Mapping[str, Any], rows: int) -> int:
    """Return how many rows are exact duplicates of others, 0 where they are too few to matter."""
    for warning in profile.get("warnings", ()):
        count = int((warning.get("message_params") or {}).get("count") or 0)
        if warning.get("code") == "duplicates" and count >= MANY_DUPLICATES * rows:
            return count
    return 0


def copies_of_rows(profile: Mapping[str, Any], rows: int) -> int:
    """Return how many rows are copies of others, 0 where as many may be alike by chance: few columns of few values."""
    count = repeated_rows(profile, rows)
    alike = math.prod(_chance_of_equals(card, rows) for card in profile.get("columns", ()))
    by_chance = rows**2 / 2 * alike if profile.get("columns") else 0
    return count if count > CHANCE_COPIES * by_chance else 0


def _chance_of_equals(card: Mapping[str, Any], rows: int) -> float:
    """Return how likely two rows have the same value, from 0 to 1, by the counts of the commonest ones."""
    counts = [one["count"] for one in card.get("top", ())]
    rest = max(rows - sum(counts), 0)
    others = max(int(card.get("distinct") or 0) - len(counts), 1)
    return min((sum(count**2 for count in counts) + rest**2 / others) / rows**2, 1.0) if rows else 1.0


def _columns(schemas: Schemas, node: str) -> dict[str, Mapping[str, Any]]:
    schema = schemas.get(node, {}).get("table") or {}
    return {column["name"]: column for column in schema.get("columns", ())}


def _features(source: GraphNode, splits: Iterable[GraphNode], schemas: Schemas) -> frozenset[str]:
    """Return the columns of the source that a model may learn from: features still after the split, if there is one."""
    after = [_columns(schemas, node.id) for node in (source, *splits)]
    named = [{name for name, column in columns.items() if column["role"] == "feature"} for columns in after if columns]
    return frozenset.intersection(*map(frozenset, named)) if named else frozenset()


def _leaks(source: GraphNode, dataset: ReadyDataset, features: frozenset[str]) -> Iterator[dict[str, Any]]:
    target = str(source.params["target"])
    for name, leak in (target_leaks(dataset.address, target) or {}).items():
        if name in features:
            ignore = [*source.params.get("ignore", ()), name]
            message = from_json(leak)
            if leak["code"] != "counts_rows":
                message = Message(
                    "graph.leak", "{leak} Leave it out unless it is known before the answer is.", leak=message
                )
            yield _warning(source, "ignore", message, {"ignore": ignore})


def _split_faults(
    document: Document,
    split: GraphNode,
    dataset: ReadyDataset,
    columns: Mapping[str, Mapping[str, Any]],
    groups: Collection[str],
) -> Iterator[dict[str, Any]]:
    cards = {card["name"]: card for card in dataset.profile.get("columns", ()) if card["name"] in columns}
    if not _goes_by_column(split, columns):
        card = date_card(cards.values(), columns)
        if card is not None:
            yield _dated(split, card)
        for card in cards.values():
            if _is_grouping(card, dataset.rows) or card["name"] in groups:
                message = Message(
                    "graph.groups_under_random_split",
                    "“{column}” has several rows each ({count:,} in {rows:,} rows), and a random split puts them on "
                    "both sides. Split by it to know how the model does on new ones.",
                    column=card["name"],
                    count=card["distinct"],
                    rows=dataset.rows,
                )
                yield _warning(split, "method", message, {"method": "group", "by": card["name"]})
                break
        yield from _duplicates(document, split, dataset)


def _goes_by_column(split: GraphNode, columns: Mapping[str, Mapping[str, Any]]) -> bool:
    method = split.params.get("method", "auto")
    marked = any(column["role"] in {"group", "time"} for column in columns.values())
    return method in {"group", "time"} or (method == "auto" and marked)


def _dated(split: GraphNode, card: Mapping[str, Any]) -> dict[str, Any]:
    message = Message(
        "graph.date_under_random_split",
        "“{column}” dates the rows, but they are split at random: the model is judged on days it has seen. Split by "
        "time to know how it does on new ones.",
        column=card["name"],
    )
    return _warning(split, "method", message, time_split(card))


def _is_grouping(card: Mapping[str, Any], rows: int) -> bool:
    if card["type"] in {"date", "number", "boolean"} or card["role"] == "target":
        return False
    groups, present = int(card["distinct"] or 0), rows - int(card["missing"] or 0)
    return is_group_name(card["name"]) and groups >= FEWEST_GROUPS and present >= ROWS_OF_A_GROUP * groups


def _duplicates(document: Document, split: GraphNode, dataset: ReadyDataset) -> Iterator[dict[str, Any]]:
    before = document.ancestors(split.id)
    if any(node.type == DEDUPLICATE_TYPE for node in document.nodes if node.id in before):
        return
    count = copies_of_rows(dataset.profile, dataset.rows)
    if count:
        message = Message(
            "graph.duplicates_before_split",
            "{count:,} rows are exact duplicates of others, and this split may put copies of a row on both sides. Drop "
            "duplicates before it.",
            count=count,
        )
        fix = {"kind": "insert_before", "type": DEDUPLICATE_TYPE, "params": {}}
        yield {**_warning(split, "", message, None), "fix": fix}


def _warning(node: GraphNode, param: str, message: str, params: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a warning at a node. ``params``: those that mend it."""
    at = f"nodes.{node.id}.params.{param}" if param else f"nodes.{node.id}"
    fix = {"kind": "set_params", "type": node.type, "params": dict(params)} if params else None
    return {
        "message_id": "",
        "message_params": {},
        **message_json(message),
        "at": at,
        "node": node.id,
        "severity": "warning",
        "fix": fix,
    }
