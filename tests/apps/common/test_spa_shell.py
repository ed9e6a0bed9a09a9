"""The page shell."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def built(tmp_path, settings):
    settings.FRONT_END_DIR = tmp_path
    manifest = {
        "index.html": {
            "file": "assets/index-abc.js",
            "isEntry": True,
            "css": ["assets/index-abc.css"],
            "imports": ["_vendor.js"],
        },
        "_vendor.js": {"file": "assets/vendor-def.js", "css": ["assets/vendor-def.css"], "imports": ["index.html"]},
    }
    (tmp_path / ".vite").mkdir()
    (tmp_path / ".vite" / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "assets").mkdir()
    for name in ("index-abc.js", "index-new.js"):
        (tmp_path / "assets" / name).touch()
    return tmp_path


@pytest.mark.parametrize("path", ["/", "/graphs/42/", "/setup?token=x", "/apiary"])
def test_every_other_path_loads_the_front_end(built, db, client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert '<script type="module" src="/static/app/assets/index-abc.js">' in page
    assert 'href="/static/app/assets/vendor-def.css"' in page
    assert 'rel="modulepreload" href="/static/app/assets/vendor-def.js"' in page
    assert answer["Cache-Control"] == "no-cache"


def test_a_new_build_is_seen_without_a_restart(built, db, client):
    client.get("/")
    manifest = built / ".vite" / "manifest.json"
    manifest.write_text(manifest.read_text().replace("index-abc.js", "index-new.js"))
    import os

    os.utime(manifest, ns=(1, 1))
    assert "index-new.js" in client.get("/").content.decode()


def test_without_a_build_the_page_says_what_to_do(tmp_path, settings, db, client):
    settings.FRONT_END_DIR = tmp_path
    answer = client.get("/")
    assert answer.status_code == 503
    assert "make run" in answer.content.decode()


def test_a_build_whose_files_are_gone_is_none(built, db, client):
    assert client.get("/").status_code == 200
    (built / "assets" / "index-abc.js").unlink()
    assert client.get("/").status_code == 503


def test_the_page_takes_no_posts(built, db, client):
    assert client.post("/").status_code == 405


def test_a_foreign_host_is_refused(db, client):
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
