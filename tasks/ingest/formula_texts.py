"""Texts that stand in formulas of a spreadsheet, such as ="00123": there they are kept as texts."""

from __future__ import annotations

from typing import Any

from tasks.contract.reading import FORMULA, formula_text
from tasks.graph.messages import Message
from tasks.ingest.number_formats import as_number
from tasks.ingest.options import Notes


def formula_texts(name: str, column: Any, notes: Notes) -> Any | None:
    """Return a column of texts with those of formulas for the formulas, ``None`` where it has none; a note says so.

    Args:
        name: The column.
        column: Its texts as an Arrow array.
        notes: Takes the note.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pc.any(pc.starts_with(column, '="')).as_py():
        return None
    encoded = column.dictionary_encode()
    words = encoded.dictionary.to_pylist()
    example = next((word for word in words if FORMULA.fullmatch(word.strip())), None)
    if example is None:
        return None
    texts = pa.array([formula_text(word) for word in words], pa.large_string())
    message = Message(
        "reading.formulas",
        "Column “{column}” has texts in formulas, like {example}; they were read as the texts, here {text}.",
        column=name,
        example=example.strip()[:40],
        text=formula_text(example)[:40],
    )
    is_digits = all(text.strip().isdigit() for text in texts.to_pylist() if text.strip())
    notes.add("formulas", message, name, (as_number(name),) if is_digits else ())
    return texts.take(encoded.indices)
