"""There is one way to have a function of a higher application called: a `Hook` of ``apps.common.hooks``."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

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
