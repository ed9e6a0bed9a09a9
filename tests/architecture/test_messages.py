"""Every sentence that the server composes for a person has an id, and a Chinese text with the same parameters.

The folder of a node brings the Chinese texts of its own sentences in its ``zh.json``, and ``tasks/nodes/zh.json`` those
that nodes share; the page has the others. One that is missing beside a node fails nothing: ``python -m tasks.words zh``
lists it, and the page shows the English.
"""

from __future__ import annotations

import ast
import json
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tasks import words

ROOT = Path(__file__).resolve().parents[2]
CHINESE = ROOT / "frontend/src/locales/zh/messages.json"
SOURCES = [path for folder in ("tasks", "apps", "leptonweb") for path in sorted((ROOT / folder).rglob("*.py"))]
TAKES_A_MESSAGE = {
    "NodeError",
    "IngestError",
    "BadTable",
    "NoInterval",
    "EngineProcessDied",
    "EngineProcessOutOfMemory",
    "EngineProcessTimeout",
    "EngineProcessNotStarted",
    "EngineProcessAnswerTooLarge",
    "_kill",  # with why a worker stops an engine process
    "requeue_lost",
    "fail_ingest",
}
TOLD_BY_A_NODE = ("context.progress", "context.log")


class Found(NamedTuple):
    """One message in the code."""

    place: str
    id: str
    template: str
    params: frozenset[str]

    @property
    def is_of_node(self) -> bool:
        """Whether it is in the folder of a node: ``tasks/nodes/<purpose>/<name>/``."""
        return self.place.startswith("tasks/nodes/") and self.place.count("/") == 4


def _calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _fields(template: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name)


def _messages() -> list[Found]:
    found = []
    for path in SOURCES:
        for call in _calls(path):
            if _name(call) == "Message" and call.args:
                values = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
                place = f"{path.relative_to(ROOT)}:{call.lineno}"
                assert len(values) == 2, f"{place}: id and template of a message are literals"
                one = next((k.value.value for k in call.keywords if k.arg == "one"), "")
                found.append(Found(place, *values, _fields(values[1]) | _fields(one)))
    return found


MESSAGES = _messages()
ON_THE_PAGE: dict[str, str] = json.loads(CHINESE.read_text())
BESIDE_NODES: dict[str, str] = words.words_in("zh")["messages"]
TRANSLATIONS = BESIDE_NODES | ON_THE_PAGE


def _shown(text: str) -> set[str]:
    return set(re.findall(r"\{\{\s*(\w+)", text))


def test_the_code_has_messages():
    assert len(MESSAGES) > 100


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: f"{message.id} at {message.place}")
def test_a_message_has_a_chinese_text_with_its_parameters(message):
    chinese = TRANSLATIONS.get(message.id)
    if chinese is None and message.is_of_node:
        return
    assert chinese, f"{message.place}: {CHINESE.name} lacks “{message.id}”: {message.template}"
    assert _shown(chinese) == message.params, f"{message.place}: “{message.id}” names other parameters in Chinese"


def test_a_message_is_translated_in_one_place():
    assert not ON_THE_PAGE.keys() & BESIDE_NODES.keys()


def test_sentences_of_nodes_are_translated_beside_them():
    elsewhere = {message.id for message in MESSAGES if not message.place.startswith("tasks/nodes/")}
    of_nodes = {message.id for message in MESSAGES} - elsewhere
    assert sorted(of_nodes & ON_THE_PAGE.keys()) == [], "these go into zh.json of the node, under messages"
    assert sorted(elsewhere & BESIDE_NODES.keys()) == [], f"these go into {CHINESE.relative_to(ROOT)}"


def test_an_id_stands_for_one_sentence():
    templates: dict[str, str] = {}
    for message in MESSAGES:
        assert templates.setdefault(message.id, message.template) == message.template, message.place


def _refusals() -> Iterator[tuple[str, ast.expr]]:
    """Iterate over what each ``ApplicationError`` says; a name stands for all that its function assigns to it."""
    for path in SOURCES:
        tree = ast.parse(path.read_text())
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        for function in functions:
            assigned: dict[str, list[ast.expr]] = {}
            for node in ast.walk(function):
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                    assigned.setdefault(node.targets[0].id, []).append(node.value)
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and _name(node) == "ApplicationError":
                    said = node.args[1]
                    place = f"{path.relative_to(ROOT)}:{node.lineno}"
                    for value in assigned.get(said.id, [said]) if isinstance(said, ast.Name) else [said]:
                        yield place, value


def test_every_refusal_of_the_interface_is_a_message():
    refusals = list(_refusals())
    assert len(refusals) > 40
    # A parameter is declared a ``Message``, which mypy holds its callers to.
    plain = [place for place, value in refusals if not isinstance(value, ast.Name) and not _is_message(value)]
    assert not plain, "an ApplicationError takes a tasks.graph.messages.Message, so that the page can translate it"


def _is_message(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and _name(value) == "Message"


def test_every_thing_that_may_not_be_found_has_a_word():
    things = {
        call.args[0].value
        for path in SOURCES
        for call in _calls(path)
        if _name(call) == "not_found" and call.args and isinstance(call.args[0], ast.Constant)
    }
    words = {key.partition(".")[2] for key in ON_THE_PAGE if key.startswith("thing.")}
    assert words == things


def test_no_translation_is_left_over():
    words = {
        value.value
        for path in SOURCES
        for value in ast.walk(ast.parse(path.read_text()))
        if isinstance(value, ast.Constant) and isinstance(value.value, str)
    }
    composed = ("kind.", "thing.", "template.")  # from a name of the engine, from what was not found, from a file
    unused = [key for key in TRANSLATIONS if key not in words and not key.startswith(composed)]
    assert unused == []


def _takes_a_message(call: ast.Call) -> bool:
    function = call.func
    is_of_context = isinstance(function, ast.Attribute) and ast.unparse(function).endswith(TOLD_BY_A_NODE)
    return is_of_context or (_name(call) or getattr(call.func, "attr", "")) in TAKES_A_MESSAGE


def _is_plain(value: ast.expr) -> bool:
    return isinstance(value, ast.JoinedStr) or (isinstance(value, ast.Constant) and isinstance(value.value, str))


def test_what_is_raised_for_a_person_is_a_message():
    plain = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in SOURCES
        for call in _calls(path)
        if _takes_a_message(call)
        and any(map(_is_plain, (*call.args[:2], *(k.value for k in call.keywords if k.arg in ("message", "reason")))))
    ]
    assert not plain, "raise a tasks.graph.messages.Message: its id, the English text, and its parameters by name"


def test_lists_of_the_page_are_joined_as_its_language_does():
    """In Chinese by “、”: ``listed`` of ``lib/format.ts`` knows, and nothing else puts commas between words."""
    page = ROOT / "frontend" / "src"
    sources = (path for path in page.rglob("*.ts*") if ".test." not in path.name and path != page / "lib/format.ts")
    assert [
        str(path.relative_to(page)) for path in sources if re.search(r"""\.join\(["'], ["']\)""", path.read_text())
    ] == []
