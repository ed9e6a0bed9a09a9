"""The words of nodes in other languages: ``zh.json`` beside each node, in each folder of nodes, and for all of them.

The folder of nodes of one purpose brings the words of parameters that several of them share; a node's own go before.
A word that is missing falls back to English; ``python -m tasks.words zh`` lists those.
"""

from __future__ import annotations

import ast
import importlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tasks.contract.node import Node
from tasks.contract.params_schema import params_schema
from tasks.contract.plugins import NodePackage
from tasks.contract.registry import all_nodes, node_packages, nodes_of

LANGUAGES = ("zh",)
COMMON = ("ports", "values", "units", "messages")
NODE_KEYS = frozenset({"title", "summary", "detail", "keywords", "params", "messages"})
PARAM_KEYS = frozenset({"title", "description", "values"})
PAGE = Path(__file__).parents[1] / "frontend" / "src" / "locales"
"""Where the page keeps the sentences of the server in other languages."""


def words_in(language: str, packages: Sequence[NodePackage] | None = None) -> dict[str, Any]:
    """Return ``{ports, values, units, messages, purposes, nodes}``, each by name or id, as far as translated.

    Args:
        packages: Those whose words to read; our own and all plug-ins by default.
    """
    chosen = node_packages() if packages is None else packages
    words: dict[str, Any] = {**{part: {} for part in COMMON}, "purposes": {}, "nodes": {}}
    for package in chosen:
        common = _read(package.module, language)
        for part in COMMON:
            words[part] |= common.get(part, {})
    for node_id, node in (item for package in chosen for item in nodes_of(package).items()):
        own = _read(_folder(node), language)
        if own:
            words["messages"] |= own.pop("messages", {})
            params = _shared_params(node, language) | own.get("params", {})
            words["nodes"][node_id] = {"keywords": [], **own, "params": params}
        title = _read(_purpose(node), language).get("title")
        if title:
            words["purposes"][node_id.rpartition(".")[0]] = title
    return words


def missing(language: str) -> Iterator[str]:
    """Iterate over what a person reads in English in this language, one line each."""
    words = words_in(language)
    sentences = {*words["messages"], *_page_messages(language)}
    for node_id, node in all_nodes().items():
        own = words["nodes"].get(node_id, {})
        if node_id.rpartition(".")[0] not in words["purposes"]:
            yield f"{node_id}: the title of its folder"
        yield from (f"{node_id}: {part}" for part in ("title", "summary") if not own.get(part))
        if node.tooltip()[1] and not own.get("detail"):
            yield f"{node_id}: detail"
        for port in (*node.input_ports(), *node.output_ports()):
            if port.name not in words["ports"]:
                yield f"{node_id}: the port {port.name}"
        yield from (f"{node_id}: {what}" for what in _missing_params(params_schema(node), own, words, ""))
        yield from (f"{node_id}: the message {name}" for name in messages_of(node) if name not in sentences)


def unknown(node: type[Node], language: str) -> list[str]:
    """Return the unused entries of a node's ``zh.json``: keys, parameters and messages mistyped or removed."""
    own = _read(_folder(node), language)
    params = own.get("params", {})
    known = params_schema(node)["properties"]
    return [
        *(name for name in own if name not in NODE_KEYS),
        *(f"params.{name}" for name in params if name.partition(".")[0] not in known),
        *(
            f"params.{name}.{part}"
            for name, translated in params.items()
            for part in translated
            if part not in PARAM_KEYS
        ),
        *(f"messages.{name}" for name in own.get("messages", {}) if name not in messages_of(node)),
    ]


def messages_of(node: type[Node]) -> dict[str, str]:
    """Return key to English text of each `Message` and each `Term` of its own in the modules of a node's folder."""
    found = {}
    for folder in importlib.import_module(_folder(node)).__path__:
        for path in sorted(Path(folder).glob("*.py")):
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (
                    isinstance(call, ast.Call)
                    and isinstance(call.func, ast.Name)
                    and call.func.id in {"Message", "Term"}
                ):
                    texts = [str(arg.value) for arg in call.args if isinstance(arg, ast.Constant)]
                    if len(texts) == 2 and ":" not in texts[0]:  # a term with a colon is a word of the catalogue
                        found[texts[0]] = texts[1]
    return found


def _folder(node: type[Node]) -> str:
    return node.__module__.rpartition(".")[0]


def _purpose(node: type[Node]) -> str:
    return _folder(node).rpartition(".")[0]


def _shared_params(node: type[Node], language: str) -> dict[str, Any]:
    """Return the words of the folder of a purpose for those parameters that this node has."""
    shared: dict[str, Any] = _read(_purpose(node), language).get("params", {})
    known = params_schema(node)["properties"]
    return {name: words for name, words in shared.items() if name.partition(".")[0] in known}


def _page_messages(language: str) -> dict[str, str]:
    path = PAGE / language / "messages.json"
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def _missing_params(
    schema: Mapping[str, Any], own: Mapping[str, Any], words: Mapping[str, Any], prefix: str
) -> Iterator[str]:
    for name, field in schema.get("properties", {}).items():
        translated = own.get("params", {}).get(prefix + name, {})
        yield from (f"{part} of {prefix}{name}" for part in ("title", "description") if not translated.get(part))
        item = field.get("items", {})
        for value in field.get("enum") or item.get("enum") or ():
            if str(value) not in {**words["values"], **translated.get("values", {})}:
                yield f"the value {value} of {prefix}{name}"
        unit = field.get("x-lepton", {}).get("unit")
        if unit and unit not in words["units"]:
            yield f"the unit {unit}"
        yield from _missing_params(item, own, words, f"{prefix}{name}.")


def _read(package: str, language: str) -> dict[str, Any]:
    for folder in importlib.import_module(package).__path__:
        path = Path(folder) / f"{language}.json"
        if path.exists():
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return found
    return {}


def main() -> None:
    """List what is not translated."""
    language = sys.argv[1] if len(sys.argv) > 1 else LANGUAGES[0]
    lines = list(missing(language))
    sys.stdout.write("\n".join([*lines, f"{len(lines)} missing in {language}; the page shows them in English."]) + "\n")


if __name__ == "__main__":
    main()
