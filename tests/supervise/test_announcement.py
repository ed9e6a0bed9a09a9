"""What ``up`` says once everything answers."""

import json

import pytest

from leptonweb.supervise.processes import Layout
from leptonweb.supervise.start import Plan, announce


class Lines(list):
    """A terminal that keeps what it is given."""

    announce = list.append


@pytest.fixture
def plan():
    layout = Layout(host="127.0.0.1", port=8000, serve_port=8001, slots=1, gpus=0, worker_suffix="here")
    return Plan(layout, [], "redis://", "redis://", setup_token=None)


def test_a_page_that_is_not_built_is_said_with_what_builds_it(plan, settings, tmp_path):
    settings.FRONT_END_DIR = tmp_path
    lines = Lines()
    announce(plan, lines)
    assert lines[0] == "LeptonWeb is ready at http://127.0.0.1:8000/"
    assert lines[1] == (
        "The page itself is not built, so that this address shows a note and only the API works. "
        "End this and start with “make run”, which builds it."
    )


def test_of_a_page_that_is_built_nothing_is_said(plan, settings, tmp_path):
    settings.FRONT_END_DIR = tmp_path
    (tmp_path / ".vite").mkdir()
    (tmp_path / ".vite" / "manifest.json").write_text(json.dumps({"src/main.tsx": {"file": "main.js"}}))
    (tmp_path / "main.js").touch()
    lines = Lines()
    announce(plan, lines)
    assert lines == ["LeptonWeb is ready at http://127.0.0.1:8000/", "Press Ctrl-C to end it."]
