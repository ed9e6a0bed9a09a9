"""What may be loaded where. Measured in fresh interpreters, since imports hide behind imports."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NUMERICS = {"numpy", "pandas", "sklearn", "torch", "scipy", "lightgbm", "pyarrow", "onnxruntime", "optuna"}
FRAMEWORKS = {"django", "celery", "channels", "rest_framework"}
HEAVY = NUMERICS - {"numpy"}


def loaded_by(code: str) -> set[str]:
    """Return the top packages that a fresh interpreter holds after running ``code``."""
    script = f"{code}\nimport sys, json\nprint(json.dumps(sorted({{m.split('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


WEB = """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leptonweb.settings.test")
import leptonweb.asgi
from django.urls import get_resolver
get_resolver().url_patterns
"""


def test_the_web_process_loads_no_numerical_library():
    assert not loaded_by(WEB) & NUMERICS


def test_the_worker_process_loads_no_numerical_library():
    code = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "leptonweb.settings.test")\n'
    code += "from leptonweb.celery import app\napp.loader.import_default_modules()\n"
    assert not loaded_by(code) & NUMERICS


def test_node_modules_load_numpy_at_most():
    assert not loaded_by("from tasks.contract.registry import all_nodes\nassert all_nodes()") & (HEAVY | FRAMEWORKS)


@pytest.mark.parametrize("module", ["tasks.graph.compile", "tasks.graph.problems", "tasks.catalogue"])
def test_the_compiler_is_light(module):
    assert not loaded_by(f"import {module}") & (NUMERICS | FRAMEWORKS)


def test_the_serving_program_loads_no_frame_library_and_no_framework():
    loaded = loaded_by("import tasks.inference.server, tasks.inference.program")
    assert not loaded & ({"pandas", "sklearn", "torch", "optuna", "pyarrow"} | FRAMEWORKS)


def test_import_contracts_hold():
    lint = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert lint.returncode == 0, lint.stdout + lint.stderr


def test_a_warm_engine_process_holds_arrow_and_scikit_learn_and_nothing_else_that_is_large():
    # As installed by `make run`: pandas, a package for tests, would be imported by scikit-learn where it is found.
    code = "import sys\nsys.modules['pandas'] = None\nfrom tasks.engine.__main__ import _warm_up\n_warm_up()\n"
    assert loaded_by(code + "del sys.modules['pandas']") & NUMERICS == {"numpy", "pyarrow", "scipy", "sklearn"}


def test_lightgbm_is_imported_in_one_place_which_brings_an_openmp_runtime_for_it():
    importing = [
        path for path in Path("tasks").rglob("*.py") if re.search(r"^\s*(import|from) lightgbm", path.read_text(), re.M)
    ]
    assert importing == []


def test_the_layers_in_the_instructions_are_those_that_are_checked():
    instructions = " ".join((ROOT / "CONTRIBUTING.md").read_text().split())
    stated = re.search(r"`tasks\.graph < tasks\.([^`]+)`", instructions)
    layers = (ROOT / ".importlinter").read_text().split("layers =")[1].split("tasks.local_cache")[0].split()
    assert layers[0] == "tasks.jobs"
    assert stated
    assert ["graph", *stated[1].split(" < ")] == [layer.removeprefix("tasks.") for layer in reversed(layers[1:])]
