"""The documents name files and functions that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
QUOTED = sorted(set(re.findall(r"`([^`\n]+)`", TEXT)))
PLACE = re.compile(r"(?:[\w.*-]+/)+[\w.*-]*|\.importlinter|\.env\.example")
NAMED = re.compile(r"((?:[\w.-]+/)+[\w.-]+):([\w.]+)")


@pytest.mark.parametrize("place", [quoted for quoted in QUOTED if PLACE.fullmatch(quoted)])
def test_every_path_exists(place):
    assert list(ROOT.glob(place))


@pytest.mark.parametrize("named", [quoted for quoted in QUOTED if NAMED.fullmatch(quoted)])
def test_every_function_and_class_exists_in_its_file(named):
    place, name = NAMED.fullmatch(named).groups()
    text = (ROOT / place).read_text(encoding="utf-8")
    assert name in (_python_names(text) if place.endswith(".py") else _typescript_names(text))


def test_the_three_walks_are_there():
    assert TEXT.count("\n## Walk ") == 3
    assert len([quoted for quoted in QUOTED if NAMED.fullmatch(quoted)]) > 60


def _python_names(text: str) -> set[str]:
    found = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
            found |= {f"{node.name}.{inner.name}" for inner in ast.walk(node) if isinstance(inner, ast.FunctionDef)}
    return found


def _typescript_names(text: str) -> set[str]:
    return set(re.findall(r"^export (?:async )?(?:function|const|class) (\w+)", text, re.MULTILINE))
