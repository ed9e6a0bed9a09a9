"""Built files travel compressed and are kept by the browser."""

from __future__ import annotations

import gzip

import pytest

from tests.web.process import Web

SCRIPT = b"export const answer = 42;\n" * 1000
BROTLI = b"passed on as it is"


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    folder = tmp_path_factory.mktemp("web")
    assets = folder / "static" / "app" / "assets"
    assets.mkdir(parents=True)
    # The page's build leaves both copies beside each file.
    (assets / "index-AbCd1234.js").write_bytes(SCRIPT)
    (assets / "index-AbCd1234.js.gz").write_bytes(gzip.compress(SCRIPT))
    (assets / "index-AbCd1234.js.br").write_bytes(BROTLI)
    with Web.start(folder / "data", DJANGO_SETTINGS_MODULE="tests.web.other_static", STATIC_HERE=str(folder)) as web:
        yield web


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_a_built_script_travels_compressed(web, encoding):
    status, headers, body = web.call("GET", "/static/app/assets/index-AbCd1234.js", Accept_Encoding=encoding)
    assert (status, headers["content-encoding"]) == (200, encoding)
    assert len(body) < len(SCRIPT) / 10
    assert "Accept-Encoding" in headers["vary"]
    assert body == BROTLI if encoding == "br" else gzip.decompress(body) == SCRIPT


def test_who_cannot_unpack_gets_it_plain(web):
    _, headers, body = web.call("GET", "/static/app/assets/index-AbCd1234.js", Accept_Encoding="identity")
    assert "content-encoding" not in headers
    assert body == SCRIPT


def test_a_file_with_a_hash_in_its_name_is_kept_for_good(web):
    _, headers, _ = web.call("GET", "/static/app/assets/index-AbCd1234.js")
    assert "immutable" in headers["cache-control"]
    assert "max-age=315360000" in headers["cache-control"]
