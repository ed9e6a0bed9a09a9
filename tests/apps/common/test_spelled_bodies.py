"""Bodies as other programs write them: with a byte order mark, or compressed."""

from __future__ import annotations

import codecs
import gzip


def test_json_with_a_byte_order_mark_is_read(as_alice):
    body = codecs.BOM_UTF8 + b'{"name": "prices"}'
    answer = as_alice.generic("POST", "/api/v1/graphs/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["name"]) == (201, "prices")


def test_a_compressed_body_is_said_not_to_be_read(as_alice):
    body = gzip.compress(b'{"name": "prices"}')
    header = {"HTTP_CONTENT_ENCODING": "gzip"}
    answer = as_alice.generic("POST", "/api/v1/graphs/", body, content_type="application/json", **header)
    assert (answer.status_code, answer.json()["code"]) == (415, "compressed")
    assert "gzip" in answer.json()["message"]
