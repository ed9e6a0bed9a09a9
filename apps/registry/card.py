"""A model's card as Markdown for people: what they wrote, what it is, how well it does and where it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apps.registry.card_history import current_text
from apps.registry.models import ModelVersion

LOADING = """# {name}, version {number}

`program.json` says what is done to a raw row; the other files are what it needs for that.
`CARD.md` says what the model is.

Ask it in Python, where LeptonWeb is installed:

```python
import json
from pathlib import Path
from tasks.inference.program import Program

folder = Path(".")
files = {{path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}}
program = Program.load(json.loads(files["program.json"]), files)
answer = program.predict_rows([json.loads(files["program.json"])["example"]])
print(answer.predictions, answer.probabilities)
```

`parity.json` says how closely this repeats what was measured in training.
"""


def loading_instructions(version: ModelVersion) -> str:
    """Return how to load the package of a version."""
    return LOADING.format(name=version.model.name, number=version.number)


def card_of(version: ModelVersion) -> str:
    """Return the card of a version."""
    return "\n".join(_lines(version)) + "\n"


def _lines(version: ModelVersion) -> Iterator[str]:
    details: Mapping[str, Any] = version.details
    yield f"# {version.model.name}, version {version.number}"
    yield ""
    made_by = version.created_by.username if version.created_by else "somebody who has left"
    yield f"Made on {version.created_at:%Y-%m-%d} by {made_by}. {_approval(version)}"
    yield ""
    written = current_text(version)
    if written is not None and written.text.strip():
        yield written.text.strip()
        yield ""
    yield from _table("What it does", _purpose(details))
    yield from _table(f"How well, on the rows marked “{details.get('scored_on') or 'none'}”", details.get("metrics"))
    yield from _table("Where it came from", _origin(version))
    features = details.get("features") or []
    if features:
        yield f"## The {len(features)} features it learned from"
        yield ""
        yield ", ".join(f"`{_plain(name)}`" for name in features)
        yield ""


def _purpose(details: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Task": details.get("task"),
        "Predicts": details.get("target"),
        "Classes": ", ".join(map(str, details.get("classes") or [])),
        "Learner": details.get("learner"),
    }


def _origin(version: ModelVersion) -> dict[str, Any]:
    lineage: Mapping[str, Any] = version.details.get("lineage") or {}
    return {
        "Graph version": version.graph_version,
        "Run": version.run.number if version.run else None,
        "Package": version.address,
        "Size in bytes": version.bytes or None,
        "Data": ", ".join(sorted((version.details.get("data") or {}).values())),
        **{name.replace("_", " ").capitalize(): value for name, value in lineage.items()},
    }


def _approval(version: ModelVersion) -> str:
    if version.approved_at is None:
        return "Not approved."
    by = f" by {version.approved_by.username}" if version.approved_by else ""
    return f"Approved on {version.approved_at:%Y-%m-%d}{by}."


def _table(title: str, values: Mapping[str, Any] | None) -> Iterator[str]:
    present = {name: value for name, value in (values or {}).items() if value not in (None, "", [], {})}
    if not present:
        return
    yield f"## {title}"
    yield ""
    yield "| | |"
    yield "| --- | --- |"
    for name, value in present.items():
        shown = f"{value:.6g}" if isinstance(value, float) else str(value)
        yield f"| {_plain(name)} | {_plain(shown)} |"
    yield ""


def _plain(text: object) -> str:
    """Return text that cannot end a table's cell."""
    return str(text).replace("|", "\\|").replace("\n", " ")
