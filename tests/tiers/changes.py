"""Which nodes a branch changed: the contract of the others was checked before, and waits for ``make test-full``.

A node is changed when its module is, or any module of ours that it imports, directly or through others. Where git
cannot say what changed, or the change reaches what every node is checked with, every node counts as changed.
"""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAIN = ("origin/main", "main")
#: What every node is checked with.
REACHES_ALL = (
    *("tests/nodes/", "tests/tables.py", "tests/contexts.py", "tests/tiers/", "requirements", "pyproject.toml"),
    *("tasks/contract/", "tasks/artifacts/", "tasks/inference/", "tasks/training/", "tasks/search/", "tasks/export.py"),
)


def changed_files(root: Path = ROOT) -> frozenset[str] | None:
    """Return the files that differ from where this branch left main, as paths below the root.

    ``None`` when nobody can say: no git, no main, or main itself, where what was checked before is not known.
    """
    try:
        head = _git(root, "rev-parse", "HEAD")
        known = set(_git(root, "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes").split())
        main = next(name for name in MAIN if name in known)
        base = _git(root, "merge-base", "HEAD", main)
        if base == head:
            return None
        differing = _git(root, "diff", "--name-only", base)
        new = _git(root, "ls-files", "--others", "--exclude-standard")
    except (OSError, subprocess.CalledProcessError, StopIteration):
        return None
    return frozenset([*differing.splitlines(), *new.splitlines()])


def is_changed(module: str, changed: frozenset[str] | None, root: Path = ROOT) -> bool:
    """Return whether a module of a node, or what it imports, is among the changed files."""
    if changed is None or any(name.startswith(REACHES_ALL) for name in changed):
        return True
    return not changed.isdisjoint(_closure(root, module))


@cache
def _closure(root: Path, module: str) -> frozenset[str]:
    """Return the files of a module of ours and of all that it imports, wherever in the code the import stands."""
    found: set[str] = set()
    open_ends = [module]
    while open_ends:
        path = _file_of(root, open_ends.pop())
        if path is None or (name := path.relative_to(root).as_posix()) in found:
            continue
        found.add(name)
        open_ends += _imports(path)
    return frozenset(found)


@cache
def _imports(path: Path) -> tuple[str, ...]:
    """Return the modules that a file imports; a name that is imported from a package may be a module too."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(names)


def _file_of(root: Path, module: str) -> Path | None:
    place = root.joinpath(*module.split("."))
    candidates = (place.with_suffix(".py"), place / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True, timeout=30)
    return done.stdout.strip()
