"""Public names of modules, classes and functions use the field's words (see ``docs/glossary.md``).

``names/vocabulary.txt`` lists the words that names may be made of: plain English and terms of the field. A name that
needs another word adds it there, where a reader of the change sees it; a node may have the words of its own method.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.test_sizes import sources

ROOT = Path(__file__).parents[2]
NAMES = Path(__file__).with_name("names")
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")


IS_NODE = re.compile(r"tasks/nodes/\w+/")


VOCABULARY = (NAMES / "vocabulary.txt").read_text(encoding="utf-8").split()
REFUSED = {word for line in re.findall(r"^\| refused \| (.*?) \|", GLOSSARY, re.MULTILINE) for word in line.split(", ")}


def words_in(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+", name)]


def public_names() -> Iterator[tuple[str, str]]:
    """Iterate over ``(where, name)``: modules and folders, and the classes, functions and methods of each."""
    for path in sources():
        where = path.relative_to(ROOT).as_posix()
        yield from ((where, part) for part in where.removesuffix(".py").split("/") if not part.startswith("_"))
        yield from ((where, name) for name in _defined(ast.parse(path.read_text(encoding="utf-8")).body))


def _defined(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node.name
            if isinstance(node, ast.ClassDef):
                yield from _defined(node.body)


def test_names_are_made_of_known_words():
    unknown = {
        f"{where}: {name}"
        for where, name in public_names()
        if not IS_NODE.match(where) and not set(words_in(name)) <= {*VOCABULARY, *REFUSED}
    }
    assert not unknown, "use the glossary's term, or add the word to tests/architecture/names/vocabulary.txt"


def test_the_vocabulary_has_no_word_that_no_name_needs():
    used = {word for where, name in public_names() if not IS_NODE.match(where) for word in words_in(name)}
    assert not set(VOCABULARY) - used, "remove these words from tests/architecture/names/vocabulary.txt"


def test_names_have_no_refused_word():
    refused = {name: where for where, name in public_names() if set(words_in(name)) & REFUSED}
    assert not refused, "docs/glossary.md refuses a word of these names"


def test_the_vocabulary_is_sorted_and_does_not_contradict_the_glossary():
    assert REFUSED
    assert sorted(set(VOCABULARY)) == VOCABULARY
    assert not REFUSED & set(VOCABULARY)


def test_names_fall_apart_into_words():
    assert words_in("HTTPServer2") == ["http", "server"]
    assert words_in("measure_loop_lag") == ["measure", "loop", "lag"]
    assert words_in("ArtifactJSONField") == ["artifact", "json", "field"]
