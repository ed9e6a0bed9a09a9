"""The full tier's walk on a bare machine; ``python -m tests.bare --test "make test"`` runs the tests there too."""

import os
import shutil
import subprocess
import sys
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from tests.bare import machine, story
from tests.bare.__main__ import Walk, noise
from tests.bare.__main__ import main as bare
from tests.bare.machine import apt_mirror, local_paths, registry_environment
from tests.bare.program import Line, Program

ROOT = Path(__file__).resolve().parents[2]
PAGE = (
    b'<link rel="icon" href="/i.svg"><link rel="stylesheet" href="/a.css"><script type="module" src="/a.js"></script>'
)
TESTS = "make setup && .venv/bin/python -m pytest tests/nodes/model tests/engine tests/supervise/test_pieces.py"


@pytest.mark.full
@pytest.mark.worker
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("debootstrap"), reason="needs root and debootstrap")
def test_a_bare_machine_trains_and_deploys_as_root_and_as_a_user_within_the_budget():
    output = ROOT / "test-results" / "bare.log"
    output.parent.mkdir(exist_ok=True)
    with output.open("w") as log:
        command = [sys.executable, "-m", "tests.bare", "--test", TESTS]
        code = subprocess.run(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, check=False).returncode
    assert code == 0, "\n".join(output.read_text().splitlines()[-80:])


def test_the_mirror_is_the_one_that_apt_of_this_machine_uses(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "APT_SOURCES", (tmp_path / "none", tmp_path))
    (tmp_path / "debian.sources").write_text("Types: deb\n# http://old.example/\nURIs: http://near.example/debian\n")
    assert apt_mirror() == "http://near.example/debian"
    (tmp_path / "debian.sources").write_text("")
    (tmp_path / "more.list").write_text("deb [signed-by=/x.gpg] http://other.example/debian bookworm main\n")
    assert apt_mirror() == "http://other.example/debian"


def test_only_what_reaches_the_registries_is_handed_over(monkeypatch):
    monkeypatch.setenv("PIP_TIMEOUT", "9")
    monkeypatch.setenv("https_proxy", "http://proxy.example")
    monkeypatch.setenv("LEPTON_DEBUG", "yes")
    handed = registry_environment()
    assert (handed["PIP_TIMEOUT"], handed["https_proxy"]) == ("9", "http://proxy.example")
    assert not any(name.startswith(("LEPTON_", "PATH", "HOME")) for name in handed)


def test_folders_of_packages_are_found_in_paths_and_file_urls(tmp_path):
    index = tmp_path / "index" / "simple"
    index.mkdir(parents=True)
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    values = [f"{wheels} http://index.example/simple", f"file://{index}", "180", "/nowhere"]
    assert set(local_paths(values)) == {wheels, index.parent}


def test_a_line_that_was_written_twice_or_warns_is_noise_and_others_are_not(tmp_path):
    said = Program(None, ["make", "run"], "root", tmp_path, {})
    said.lines = [Line(1, "0:01 Installing"), Line(2, "0:01 Installing")]
    said.lines += [Line(3, "web | A"), Line(4, "web | B"), Line(5, "web | A"), Line(6, "serve | UserWarning: C")]
    assert noise({"first": said}) == [("first", "web | A"), ("first", "serve | UserWarning: C")]


class Page(BaseHTTPRequestHandler):
    """A page with one script and one style sheet, each with the type that `types` gives."""

    types: ClassVar[dict[str, str]] = {}

    def do_GET(self):
        body = PAGE if self.path == "/" else b"content"
        self.send_response(200 if self.path in self.types else 404)
        self.send_header("Content-Type", self.types.get(self.path, "text/html"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({}, None),
        ({"/": None}, "404"),
        ({"/a.js": "text/plain"}, "/a.js is of type text/plain"),
        ({"/a.css": None}, "404"),
    ],
)
def test_the_page_is_opened_with_a_script_and_a_style_sheet_that_browsers_take(changed, fault):
    types = {"/": "text/html; charset=utf-8", "/a.js": "text/javascript", "/a.css": "text/css"} | changed
    handler = type("Handler", (Page,), {"types": {path: kind for path, kind in types.items() if kind}})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        opening = pytest.raises((AssertionError, OSError), match=fault) if fault else nullcontext()
        try:
            with opening:
                story.open_page(f"http://127.0.0.1:{server.server_port}/setup?token=x")
        finally:
            server.shutdown()


def half_made(root, *, packages=machine.PACKAGES, user=True):
    (root / "var/lib/dpkg").mkdir(parents=True)
    status = "".join(f"Package: {name}\nStatus: install ok installed\n\n" for name in packages)
    (root / "var/lib/dpkg/status").write_text(status)
    if user:
        (root / "home" / machine.USER).mkdir(parents=True)
    return root


def test_a_root_that_was_made_only_in_part_is_recognised(tmp_path):
    assert machine.is_complete(half_made(tmp_path / "whole"))
    assert not machine.is_complete(half_made(tmp_path / "without make", packages=machine.PACKAGES[:-1]))
    assert not machine.is_complete(half_made(tmp_path / "without user", user=False))
    interrupted = half_made(tmp_path / "interrupted")
    (interrupted / "debootstrap").mkdir()
    assert not machine.is_complete(interrupted)
    assert not machine.is_complete(tmp_path / "nothing")


def test_a_root_that_was_made_only_in_part_is_refused_and_stays_as_it_is(tmp_path, monkeypatch, capsys):
    root = half_made(tmp_path / "root", user=False)
    monkeypatch.setattr(sys, "argv", ["tests.bare", "--root", str(root)])
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: name)
    assert bare() == 1
    assert f"{root} holds something else than a complete root" in capsys.readouterr().out
    assert (root / "var/lib/dpkg/status").is_file()


def test_help_explains_every_option(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["tests.bare", "--help"])
    with pytest.raises(SystemExit):
        bare()
    said = " ".join(capsys.readouterr().out.split())
    for words in (
        "Prints minutes and sizes",
        "Needs root, debootstrap and 10 GB",
        "may be repeated",
        "is kept",
        "both",
    ):
        assert words in said


def test_a_figure_above_the_budget_is_a_fault():
    walk = Walk("root")
    walk.limit("second start", 61.0, 60.0, "s")
    walk.limit("sizes", 60.0, 60.0, "MiB")
    assert walk.faults == ["second start: 61.0 s, and the budget is 60"]
    assert walk.figures == {"second start": "61.0 s", "sizes": "60.0 MiB"}
