"""What the columns of a file are called."""

from __future__ import annotations

from collections import Counter

from tasks.contract.reading import WrittenName
from tasks.graph.messages import Message, Names
from tasks.ingest.options import Notes, ReadOptions


def unique_names(header: list[str], notes: Notes) -> list[str]:
    """Return column names that are all there and all different."""
    names: list[str] = []
    taken: Counter[str] = Counter()
    given = {name.strip() for name in header}
    for position, written in enumerate(header, start=1):
        name = written.strip() or f"column_{position}"
        taken[name] += 1
        if taken[name] > 1 or (not written.strip() and name in given):
            number = 2
            while f"{name}_{number}" in given or f"{name}_{number}" in names:
                number += 1
            changed = f"{name}_{number}"
            message = Message(
                "reading.name_repeated",
                "A second column “{name}” was renamed to “{changed}”.",
                name=name,
                changed=changed,
            )
            notes.add("name_repeated", message, changed)
            name = changed
        elif not written.strip() and any(given):
            message = Message(
                "reading.name_missing",
                "Column {position} has no name; it was named “{name}”.",
                position=position,
                name=name,
            )
            notes.add("name_missing", message, name)
        names.append(name)
    return names


def written_names(header: list[str], names: list[str]) -> tuple[WrittenName, ...]:
    """Return the columns that are called otherwise than in the file."""
    seen: Counter[str] = Counter()
    found = []
    for written, name in zip(header, names, strict=True):
        seen[written] += 1
        if written != name:
            found.append(WrittenName(written=written, occurrence=seen[written], column=name))
    return tuple(found)


def note_unknown_columns(names: list[str], options: ReadOptions, notes: Notes) -> None:
    """Note the columns that something was chosen for and that the file does not have."""
    unknown = [name for name in dict.fromkeys([*options.types, *options.date_orders]) if name not in names]
    if unknown:
        message = Message(
            "reading.no_such_column",
            "A type or an order of dates was chosen for {columns}, but the file has no such column.",
            columns=Names(unknown),
        )
        notes.add("no_such_column", message)
