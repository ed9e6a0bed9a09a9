"""Size budgets: half of what keeps a file readable is that it ends."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FUNCTION_LINES = 60
FILE_LINES = 400
JOB_LINES = 10


def sources() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "tasks/*.py", "apps/*.py", "leptonweb/*.py"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return [ROOT / name for name in listed if "/migrations/" not in name and (ROOT / name).exists()]


def functions(path: Path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            yield node, (body[-1].end_lineno - body[0].lineno + 1) if body else 0


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_end(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE_LINES
    long = [f"{node.name}: {lines}" for node, lines in functions(path) if lines > FUNCTION_LINES]
    assert not long


def test_actions_and_jobs_hold_no_rules():
    paths = [p for p in sources() if p.match("apps/*/api/views.py") or p.parent.name == "jobs"]
    decorated = ("action", "shared_task", "task")
    long = []
    for path in paths:
        for node, lines in functions(path):
            names = {getattr(d.func if isinstance(d, ast.Call) else d, "id", "") for d in node.decorator_list}
            if names & set(decorated) and lines > JOB_LINES:
                long.append(f"{path.name}:{node.name} {lines}")
    assert not long
