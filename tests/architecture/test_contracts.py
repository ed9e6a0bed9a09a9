"""What is generated is fresh, and what is configurable is listed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.catalogue import catalogue
from tasks.contract.plugins import own_package
from tasks.contract.stable_ids import INDEX_PATH
from tasks.export import CATALOGUE_PATH, catalogue_json, main
from tests.stack import clean_environment

ROOT = Path(__file__).parents[2]


def test_the_kept_catalogue_is_fresh():
    assert CATALOGUE_PATH.read_text(encoding="utf-8") == catalogue_json([own_package()]), "run `make contracts`"


def test_a_catalogue_with_plug_ins_is_written_elsewhere_and_the_tree_stays_as_it_is(tmp_path):
    written = tmp_path / "catalogue.json"
    kept = {path: path.stat().st_mtime_ns for path in (CATALOGUE_PATH, INDEX_PATH)}
    assert main(["--to", str(written)]) == 0
    assert written.read_text(encoding="utf-8") == catalogue_json()
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_a_catalogue_goes_into_a_folder_that_is_made_and_what_cannot_be_written_is_one_sentence(tmp_path, capsys):
    written = tmp_path / "not" / "there" / "catalogue.json"
    assert main(["--to", str(written)]) == 0
    assert written.is_file()
    assert main(["--to", str(written / "below a file.json")]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"{written / 'below a file.json'} cannot be written: ")
    assert said.count("\n") == 1


@pytest.mark.slow(reason="starts Django twice")
def test_making_and_checking_generated_files_warns_of_no_setting_of_this_machine(tmp_path):
    recipe = subprocess.run(["make", "-n", "check-generated"], cwd=ROOT, capture_output=True, text=True, check=True)
    commands = [line for line in recipe.stdout.splitlines() if "manage.py" in line]
    assert len(commands) == 2
    for line in commands:
        command = line.replace(".stamps/openapi.json", str(tmp_path / "openapi.json"))
        environment = clean_environment(tmp_path / "data")
        done = subprocess.run(
            ["bash", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        assert "W001" not in done.stderr


def test_a_plug_in_that_is_installed_changes_no_file_of_the_tree(tmp_path):
    """What stands in the tree is fresh with a plug-in too, or even a broken one; ``--to`` has its nodes."""
    (tmp_path / "broken_nodes.py").write_text("raise RuntimeError")
    variables = {"LEPTON_NODE_PACKAGES": "ratios=lepton_ratios", "PYTHONPATH": f"examples/plugin:{tmp_path}"}
    written = tmp_path / "catalogue.json"

    def export(*arguments, **more):
        command = [sys.executable, "-m", "tasks.export", *arguments]
        return subprocess.run(command, cwd=ROOT, env={**os.environ, **variables, **more}, check=False).returncode

    assert export("--check") == 0
    assert export("--check", LEPTON_NODE_PACKAGES="broken=broken_nodes") == 0
    assert export("--to", str(written)) == 0
    assert set(json.loads(written.read_text())["nodes"]) - set(json.loads(CATALOGUE_PATH.read_text())["nodes"]) == {
        "ratios.ratio"
    }


def test_web_and_worker_agree_on_parameters():
    from tasks.contract.registry import nodes_of

    for node_id, node in nodes_of(own_package()).items():
        assert catalogue().nodes[node_id].defaults == node.Params().model_dump(mode="json")


def test_every_setting_is_listed():
    """A setting read from the environment stands in .env.example, by its present name, and nothing else does."""
    from tasks.inference.server.process.settings import FORMER_NAMES

    read = set()
    for path in (path for folder in ("leptonweb", "apps", "tasks") for path in (ROOT / folder).rglob("*.py")):
        read |= set(re.findall(r'"((?:LEPTON_[A-Z_]+|DATABASE_URL|REDIS_URL))"', path.read_text(encoding="utf-8")))
    listed = set(re.findall(r"^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    assert read - set(FORMER_NAMES.values()) | {"DJANGO_SETTINGS_MODULE"} == listed


def test_no_download_addresses_are_kept():
    found = subprocess.run(
        ["git", "grep", "-n", "-I", "-E", r'"resolved": *"http|^(--)?(extra-)?index-url|^registry *='],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == ""
