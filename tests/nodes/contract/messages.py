"""The sentences of a node: each has an id of its own, under which other languages find their words."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tasks.contract.node import Node
from tasks.contract.plugins import own_package, plugins
from tests.nodes.contract.broken import require

ROOT = Path(__file__).parents[3]
PRODUCT = ("tasks", "apps", "leptonweb")
"""Folders of modules that say sentences, beside those of plug-ins."""


def check_messages(node: type[Node]) -> None:
    """Each NodeError in its folder holds a Message, and each id of a Message has one English sentence everywhere."""
    folder = node.__module__.rpartition(".")[0]
    for path in _modules(importlib.import_module(folder).__path__):
        for call in _calls(path, "NodeError"):
            given = call.args[0] if call.args else None
            is_plain = isinstance(given, ast.JoinedStr | ast.BinOp) or (
                isinstance(given, ast.Constant) and isinstance(given.value, str)
            )
            require(
                not is_plain,
                f"{path.name}, line {call.lineno}: a NodeError of plain text, which no language can translate. Raise "
                'NodeError(Message("<area>.<what is the matter>", "The sentence with {fields}.", fields=...)).',
            )
        for call in _calls(path, "Message"):
            message_id, text = _id_and_text(call)
            if not message_id:
                continue
            require(
                "." in message_id.strip("."),
                f"{path.name}, line {call.lineno}: the id {message_id!r} of a Message is no <area>.<what is the "
                "matter>.",
            )
            for other, (its_text, line) in _sentences(message_id):
                require(
                    its_text == text,
                    f"{path.name}, line {call.lineno}: the Message {message_id!r} says {text!r}, and {other}, line "
                    f"{line}, says {its_text!r} under the same id. Choose another id: it has one sentence everywhere.",
                )


def _id_and_text(call: ast.Call) -> tuple[str, str]:
    """Return what a call of `Message` says where both are written out, empty texts otherwise."""
    texts = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    return (texts[0], texts[1]) if len(texts) == 2 else ("", "")


def _sentences(message_id: str) -> list[tuple[str, tuple[str, int]]]:
    return [(place, said) for found, place, said in _known() if found == message_id]


@cache
def _known() -> list[tuple[str, str, tuple[str, int]]]:
    """Return id, module, and English sentence with its line, of each Message of the product and of plug-ins."""
    found = []
    for top in _folders():
        for path in _modules([top], "**/*.py"):
            for call in _calls(path, "Message"):
                message_id, text = _id_and_text(call)
                if message_id:
                    place = path.relative_to(Path(top).parent).as_posix()
                    found.append((message_id, place, (text, call.lineno)))
    return found


def _folders() -> Iterator[str]:
    yield from (str(ROOT / name) for name in PRODUCT)
    for package in plugins():
        if package.module != own_package().module:
            yield from importlib.import_module(package.module).__path__


def _modules(folders: list[str], pattern: str = "*.py") -> Iterator[Path]:
    for folder in folders:
        yield from sorted(Path(folder).glob(pattern))


def _calls(path: Path, name: str) -> Iterator[ast.Call]:
    for call in _all_calls(path):
        if isinstance(call.func, ast.Name) and call.func.id == name:
            yield call


@cache
def _all_calls(path: Path) -> list[ast.Call]:
    text = path.read_text(encoding="utf-8")
    if "Message(" not in text and "NodeError(" not in text:
        return []
    return [call for call in ast.walk(ast.parse(text)) if isinstance(call, ast.Call)]
