"""Promises that only another process can check: what a node and its infer import, and the same results everywhere.

Run as ``python -m tests.nodes.contract.fresh_process imports|infers|digests|applied difference [module:Class ...]``;
without classes, all registered nodes are checked. Prints one JSON object.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.abc
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tasks.engine.channel import redirect_standard_output

ROOT = Path(__file__).parents[3]
HEAVY = frozenset(
    {
        *("django", "celery", "pandas", "sklearn", "scipy", "torch", "lightgbm", "optuna", "plotly"),
        *("onnx", "onnxruntime", "pyarrow", "matplotlib"),
    }
)
"""Libraries that no module of a node may import when it is loaded: the editor asks nodes without them."""


CAUSES: Mapping[str, str] = {
    "hash": "the order of a set or hash() of a text, which are others in each process. Sort the set; take hashlib.",
    "place": "the environment: its variables, the working folder or the time zone. Make what it needs a parameter.",
    "date": "the clock when its module was loaded. Make the moment a parameter.",
    "order": "what ran before: something is remembered. Keep nothing outside run.",
}
"""In what another process may differ, and what a result that differs with it depends on."""
ALL = "all"


@cache
def ask(mode: str, *classes: str, difference: str = "") -> Mapping[str, Any]:
    """Return what a new process says; the same question is asked once.

    Args:
        mode: ``imports``, ``infers``, ``digests``, or ``applied``: what the transforms of the digests, which that
            process did not learn, give there.
        classes: Nodes as ``module:Class``; none for all that are registered.
        difference: In what the process differs from others: a key of `CAUSES`, or `ALL` of them.
    """
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "2" if difference in {"hash", ALL} else "1",
        "PYTHONPATH": os.pathsep.join([str(ROOT), *(str(Path(path).resolve()) for path in sys.path)]),
    }
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as elsewhere:
        if difference in {"place", ALL}:
            environment |= {"HOME": home, "TMPDIR": home, "TZ": "Asia/Kathmandu", "USER": "somebody"}
            environment |= {f"ELSEWHERE_{at}": "yes" for at in range(9)}
        done = subprocess.run(
            [sys.executable, "-m", "tests.nodes.contract.fresh_process", mode, difference or "nothing", *classes],
            input=json.dumps(ask("digests", *classes)) if mode == "applied" else "",
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            cwd=elsewhere if difference in {"place", ALL} else ROOT,
        )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    answer: Mapping[str, Any] = json.loads(done.stdout)
    return answer


def why_results_differ(name: str) -> str:
    """Return what the results of a node depend on, which differ between two processes, in words for its author."""
    if left := next((case["left"] for case in ask("digests", name, difference=ALL)[name] if "left" in case), None):
        return (
            f"It leaves files in the folder where the process works ({', '.join(left)}): another run finds them, and "
            "nobody removes them. Keep what it needs in memory, or in context.workspace_path."
        )
    first = ask("digests", name)
    causes = [why for what, why in CAUSES.items() if ask("digests", name, difference=what) != first]
    found = causes[0] if causes else "which process runs it: " + " Or: ".join(CAUSES.values())
    return f"Another process gave another result: it depends on {found}"


def why_transforms_differ(name: str, *classes: str) -> str:
    """Return how transforms that were loaded in a process that did not learn them differ, in words for their author.

    An empty text when they give there what they give where they were learned.

    Args:
        name: The node as the answers name it.
        classes: What is asked, as for `ask`.
    """
    cases = zip(ask("digests", *classes)[name], ask("applied", *classes)[name], strict=True)
    for recipe, here, there in (
        one for told, new in cases for one in zip(told["transforms"], told["gives"], new, strict=True)
    ):
        if here == there:
            continue
        ids = ", ".join(f"“{one['id']}”" for one in recipe)
        wrong = [column for column, digest in here.items() if there.get(column) != digest]
        what = f"raises {there['']}" if "" in there else f"gives another column {wrong[0]}" if wrong else "adds columns"
        return (
            f"Stored, and loaded in another process, as an endpoint loads it, what was learned ({ids}) {what}: apply "
            "reads something outside the fields, such as a variable of the module or of the class, that run put there. "
            "Put all that apply needs into the fields of the transform."
        )
    return ""


class _Watch(importlib.abc.MetaPathFinder):
    """Notes and refuses every import of a heavy library."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.partition(".")[0] in HEAVY:
            self.seen.append(name.partition(".")[0])
            raise ImportError(f"{name} is a heavy library")


def heavy_imports(modules: Sequence[str]) -> dict[str, list[str]]:
    """Return module to the heavy libraries that loading it asked for. Each module is loaded without the others."""
    watch = _Watch()
    sys.meta_path.insert(0, watch)
    found = {}
    for name in modules:
        watch.seen = []
        before = set(sys.modules)
        try:
            importlib.import_module(name)
        except ImportError:
            if not watch.seen:
                raise
        found[name] = sorted(set(watch.seen))
        for loaded in set(sys.modules) - before:
            if loaded.startswith(("tasks.", "tests.", name.partition(".")[0])):
                del sys.modules[loaded]
    return found


def heavy_inference(nodes: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return node to the heavy libraries that its ``infer`` asked for."""
    from tests.contexts import KnownSchemas
    from tests.nodes.contract.variants import DATASET, variants
    from tests.tables import mixed

    schema = mixed().schema
    cases = {name: list(variants(node, schema)) for name, node in nodes.items()}
    for loaded in [name for name in sys.modules if name.partition(".")[0] in HEAVY]:
        del sys.modules[loaded]  # or asking for it again would not be seen
    watch = _Watch()
    sys.meta_path.insert(0, watch)
    found = {}
    for name, node in nodes.items():
        watch.seen = []
        for variant in cases[name]:
            with contextlib.suppress(Exception):  # what it raises is checked with `run`
                known = KnownSchemas({DATASET: schema})
                node.infer({port.name: schema for port in node.input_ports()}, variant.params, known)
        found[name] = sorted(set(watch.seen))
    return found


def _node_modules() -> list[str]:
    """Return the modules of all registered nodes without loading them here."""
    from tasks.contract.registry import node_modules

    return list(node_modules().values())


def digests(nodes: Mapping[str, Any], *, backwards: bool) -> dict[str, list[dict[str, Any]]]:
    """Return, by node, what comes of it on a good table, default parameters first.

    A node that leaves files in the working folder has their names instead, as ``left``.

    Of each case ``result`` is a hash of the tables that came out, ``transforms`` what they learned, and ``gives`` what
    `gives` says of it in this process.
    """
    from tests.nodes.contract.equality import fingerprint, learned
    from tests.nodes.contract.kinds import run, tables_in

    made: dict[str, list[dict[str, Any]]] = {}
    for name, node in nodes.items():
        cases = _cases(node)
        told = []
        for table, variant in reversed(cases) if backwards else cases:
            there = _files_here()
            tables = tables_in(run(node, table, variant))
            if left := sorted(_files_here() - there):
                told = [{"left": left}]
                break
            recipes = [[learned(transform) for transform in one.transforms] for one in tables if node.input_ports()]
            result = _hashed([fingerprint(one) for one in tables])
            told.append(
                {"result": result, "transforms": recipes, "gives": [gives(recipe, table) for recipe in recipes]}
            )
        made[name] = told[::-1] if backwards else told
    return made


def _files_here() -> frozenset[str]:
    """Return the files of the working folder; none in that of the project, where others write too."""
    return frozenset() if Path.cwd() == ROOT else frozenset(path.name for path in Path.cwd().iterdir())


def applied(nodes: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, list[list[dict[str, str]]]]:
    """Return, by node and case of the digests of another process, what its transforms give in this one."""
    return {
        name: [
            [gives(recipe, table) for recipe in case["transforms"]]
            for (table, _), case in zip(_cases(node), told[name], strict=True)
        ]
        for name, node in nodes.items()
    }


def gives(recipe: Sequence[Mapping[str, Any]], table: Any) -> dict[str, str]:
    """Return column to a hash of what stored transforms make of a table; of an exception its text, under no name."""
    from tasks.contract.transform import run_transforms, transform_from_json
    from tests.nodes.contract.equality import content

    try:
        made = run_transforms([transform_from_json(one) for one in recipe], table.columns)
    except Exception as error:
        return {"": f"{type(error).__name__}: {error}"}
    return {name: _hashed([str(values.dtype), content(values)]) for name, values in made.items()}


def _cases(node: Any) -> list[tuple[Any, Any]]:
    from tests.nodes.contract.kinds import tables_for
    from tests.nodes.contract.variants import variants
    from tests.tables import GOOD

    tables = [table for _, table in tables_for(node, list(GOOD)[:1])]
    return [(table, variant) for table in tables for variant in variants(node, table.schema)]


def _hashed(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]


def _chosen(classes: Sequence[str]) -> dict[str, Any]:
    from tests.nodes.contract.kinds import CHANGERS

    if not classes:
        return {node.id: node for node in CHANGERS}
    found = {}
    for name in classes:
        module, _, class_name = name.partition(":")
        found[name] = getattr(importlib.import_module(module), class_name)
        found[name].id = f"tried.{class_name}"
    return found


@contextlib.contextmanager
def _loading_later() -> Iterator[None]:
    """Put the clock ahead while nodes are loaded: what they keep of it is then another. Runs have a check of their own.

    What nodes share, and what cannot be loaded under a changed clock, is loaded before.
    """
    from tests.nodes.contract.clock import clock_ahead

    for name in ("tests.contexts", "tests.tables", "tasks.export"):
        importlib.import_module(name)
    with clock_ahead("tasks"):
        yield


def main() -> None:
    """Answer on standard output; what a node prints goes to standard error, as in an engine process."""
    answers = redirect_standard_output()
    mode, difference, *classes = sys.argv[1:]
    if mode == "imports":
        answer: object = heavy_imports([name.partition(":")[0] for name in classes] or _node_modules())
    elif mode == "infers":
        answer = heavy_inference(_chosen(classes))
    else:
        with _loading_later() if difference in {"date", ALL} else contextlib.nullcontext():
            nodes = _chosen(classes)
        if mode == "applied":
            answer = applied(nodes, json.load(sys.stdin))
        else:
            answer = digests(nodes, backwards=difference in {"order", ALL})
    answers.write(json.dumps(answer).encode())
    answers.flush()


if __name__ == "__main__":
    main()
