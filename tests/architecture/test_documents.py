"""The documents and the comments in the code name files and functions that exist."""

from __future__ import annotations

import ast
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
QUOTED = sorted(set(re.findall(r"`([^`\n]+)`", TEXT)))
PLACE = re.compile(r"(?:[\w.*-]+/)+[\w.*-]*|\.importlinter|\.env\.example")
FOLDERS = ("apps", "bench", "leptonweb", "tasks", "tests", "tools")
COMMENTED = re.compile(rf"(?<![\w/.])(?:{'|'.join(FOLDERS)}|docs|frontend)/[\w/.-]+\.(?:json|md|mjs|py|ts|tsx)\b")
NAMED = re.compile(r"((?:[\w.-]+/)+[\w.-]+):([\w.]+)")


@pytest.mark.parametrize("place", [quoted for quoted in QUOTED if PLACE.fullmatch(quoted)])
def test_every_path_exists(place):
    assert list(ROOT.glob(place))


@pytest.mark.parametrize("named", [quoted for quoted in QUOTED if NAMED.fullmatch(quoted)])
def test_every_function_and_class_exists_in_its_file(named):
    place, name = NAMED.fullmatch(named).groups()
    text = (ROOT / place).read_text(encoding="utf-8")
    assert name in (_python_names(text) if place.endswith(".py") else _typescript_names(text))


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_path_in_a_comment_or_docstring_exists(folder):
    gone = []
    for source in (ROOT / folder).rglob("*.py"):
        for place in COMMENTED.findall(_comments(source)):
            if not (ROOT / place).exists():
                gone.append(f"{source.relative_to(ROOT)}: {place}")
    assert not gone


def test_the_three_walks_are_there():
    assert TEXT.count("\n## Walk ") == 3
    assert len([quoted for quoted in QUOTED if NAMED.fullmatch(quoted)]) > 60


def _comments(source: Path) -> str:
    """Return the comments and docstrings of a module."""
    with source.open("rb") as file:
        comments = [one.string for one in tokenize.tokenize(file.readline) if one.type == tokenize.COMMENT]
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = ast.walk(ast.parse(source.read_text(encoding="utf-8")))
    return "\n".join([*comments, *(ast.get_docstring(node) or "" for node in nodes if isinstance(node, documented))])


def _python_names(text: str) -> set[str]:
    found = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
            found |= {f"{node.name}.{inner.name}" for inner in ast.walk(node) if isinstance(inner, ast.FunctionDef)}
    return found


def _typescript_names(text: str) -> set[str]:
    return set(re.findall(r"^export (?:async )?(?:function|const|class) (\w+)", text, re.MULTILINE))
