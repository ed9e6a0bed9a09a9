"""There is one way to have a function of a higher application called: a `Hook` of ``apps.common.hooks``."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from pathlib import Path

import pytest
from django.apps import apps

from apps.common import hooks
from apps.common.hooks import Hook
from apps.runs import reconciler

REPAIRS = reconciler.REPAIRS
ROOT = Path(__file__).parents[2]
HOOKS = {name: value for name, value in vars(hooks).items() if isinstance(value, Hook)}
MODULES = [path for folder in ("apps", "leptonweb") for path in sorted((ROOT / folder).rglob("*.py"))]


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_is_called_and_has_receivers_that_a_higher_application_connected(name):
    sources = {path: path.read_text(encoding="utf-8") for path in MODULES}
    callers = [path for path, text in sources.items() if re.search(rf"hooks\.{name}(\(|\.receivers)", text)]
    connectors = [path for path, text in sources.items() if f"hooks.{name}.connect(" in text]
    assert callers
    assert HOOKS[name].receivers
    assert {path.name for path in connectors} == {"apps.py"}


GOES_OVER_NO_ROWS = {"clamp_future_timestamps": "one statement for each table"}


@pytest.mark.parametrize("function", [*REPAIRS, *hooks.periodic.receivers], ids=lambda function: function.__name__)
def test_a_repair_or_periodic_task_that_goes_over_rows_is_stopped_by_none_of_them(function):
    """Each of several rows, which belong to different people, is repaired under ``repair_guard.rows``."""
    (body,) = ast.parse(inspect.getsource(function)).body
    loops = [node for node in ast.walk(body) if isinstance(node, ast.For | ast.ListComp | ast.GeneratorExp)]
    unguarded = [loop for loop in loops if "repair_guard.rows.attempt(" not in ast.unparse(loop)]
    assert bool(unguarded) == (function.__name__ in GOES_OVER_NO_ROWS)


def test_a_function_that_is_connected_twice_is_called_once():
    hook: Hook[[int], int] = Hook()
    hook.connect(abs)
    hook.connect(abs)
    assert hook(-1) == [1]


def test_applications_connect_when_they_are_ready_and_do_nothing_else_then():
    for config in apps.get_app_configs():
        if not config.name.startswith("apps."):
            continue
        tree = ast.parse(inspect.getsource(importlib.import_module(type(config).__module__)))
        for ready in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "ready"):
            steps = [step for step in ready.body[1:] if not isinstance(step, ast.ImportFrom)]
            assert all(re.fullmatch(r"hooks\.\w+\.connect\(.+\)", ast.unparse(step)) for step in steps), config.name


def test_no_module_keeps_functions_to_be_called_in_a_list_of_its_own():
    """A module-level list to which a function of the module adds its own argument is a hook of another kind."""
    found = []
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        kept = {name for statement in tree.body for name in _assigned(statement)}
        for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
            given = {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)}
            for node in ast.walk(function):
                if _adds(node, kept, given):
                    found.append(f"{path.relative_to(ROOT)}:{function.name}")
    assert not found


def _assigned(statement: ast.stmt) -> list[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _adds(node: ast.AST, kept: set[str], given: set[str]) -> bool:
    """Return whether ``kept.append(given)``, ``kept[...] = given`` or ``kept[:] = [given]`` stands here."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        adds = node.func.attr in {"append", "add", "insert"} and node.func.value.id in kept
        return adds and any(isinstance(one, ast.Name) and one.id in given for one in node.args)
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        held = node.targets[0].value
        names = {one.id for one in ast.walk(node.value) if isinstance(one, ast.Name)}
        is_plain = isinstance(node.value, ast.Name | ast.List)
        return is_plain and isinstance(held, ast.Name) and held.id in kept and bool(names & given)
    return False
