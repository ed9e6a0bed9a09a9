"""What clients of endpoints bring along: compressed bodies, pages of other sites, KServe's first protocol, CSV."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import zlib
from itertools import product

import numpy as np
import pytest

from tasks.contract.reading import Reading
from tasks.contract.schema import Schema
from tasks.inference.csv_rows import read_csv
from tasks.inference.program import Program
from tasks.inference.rows import RawReader, RowProblems
from tasks.inference.server.deployments.package import Package
from tasks.inference.server.deployments.snapshot import Entry, Snapshot
from tasks.inference.server.http.application import Application
from tasks.inference.server.limits.api_keys import Key
from tasks.inference.server.process.settings import BadSetting, Settings
from tasks.inference.tensors import BadTensor, read_binary_tensor, read_json_tensor
from tests.serving.packages import column, line
from tests.serving.plane import KEY
from tests.serving.wire import MemoryConnection, over_asgi, request

LIMIT_BYTES = 600_000
ROW = {"size": 10, "rooms": 2}
BODY = json.dumps({"rows": [ROW]}).encode()
LARGE = json.dumps({"rows": [ROW] * 15_000}).encode()
SHOP = "https://shop.example.com"


def raw_deflate(content):
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


PACKINGS = [("gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", raw_deflate), ("X-Gzip", gzip.compress)]


async def served(**settings):
    package = line()
    loaded = Package("a", package.program, Program.load(package.program, package.files))
    settings = Settings(redis_url="redis://127.0.0.1:1/0", body_limit_bytes=LIMIT_BYTES, **settings)
    app = Application(settings, load=lambda address: loaded)
    keys = {hashlib.sha256(KEY.encode()).digest(): Key("k")}
    app.repository.adopt(Snapshot(1, {"house": Entry("house", 1, "a", "House", 1, keys)}))
    await app.repository.load_missing()
    return app


async def answer_to(app, sent):
    head, _, body = (await asyncio.wait_for(MemoryConnection(app).ask(sent), 20)).partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    return int(status.split()[1]), dict(line.split(": ", 1) for line in lines), body


@pytest.mark.parametrize(("packing", "way"), product(PACKINGS, [request, over_asgi]))
async def test_a_compressed_body_is_answered_like_a_plain_one(packing, way):
    encoding, pack = packing
    app = await served()
    for body in (BODY, LARGE):
        status, _, answer = await answer_to(app, way(pack(body), Content_Encoding=encoding))
        assert (status, json.loads(answer)["predictions"][:1]) == (200, [23.0])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (gzip.compress(bytes(2**26)), 413),
        (gzip.compress(gzip.compress(b"{}"))[:-4], 400),
        (gzip.compress(b"") * 500_000, 413),
        (gzip.compress(b"") * 1_000, 400),
        (b"{}", 400),
    ],
)
async def test_a_compressed_body_that_is_too_large_or_damaged_is_refused_and_the_connection_goes_on(body, status):
    app = await served()
    connection = MemoryConnection(app)
    if len(body) > LIMIT_BYTES:
        assert b" 413 " in (await connection.ask(request(body, Content_Encoding="gzip"))).split(b"\r\n")[0]
        return
    answers = await asyncio.wait_for(connection.ask(request(body, Content_Encoding="gzip"), request(BODY)), 20)
    assert [int(answer.split()[1]) for answer in answers] == [status, 200]


async def test_an_encoding_that_is_not_read_is_named_with_those_that_are():
    status, headers, answer = await answer_to(await served(), request(BODY, Content_Encoding="br"))
    assert (status, headers["accept-encoding"]) == (415, "gzip, deflate")
    assert "br" in json.loads(answer)["message"]


@pytest.mark.parametrize("way", [request, over_asgi])
async def test_a_page_of_an_allowed_site_may_ask_and_no_other(way):
    app = await served(origins=(SHOP,))
    for body in (BODY, b"[]", EXPENSIVE):
        assert (await answer_to(app, way(body, Origin=SHOP)))[1]["access-control-allow-origin"] == SHOP
        for other in ("https://evil.example.com", "null", f"{SHOP}.evil.example.com"):
            assert "access-control-allow-origin" not in (await answer_to(app, way(body, Origin=other)))[1]
    refused = way(BODY, Origin=SHOP).replace(KEY.encode(), b"lep_wrong")
    status, headers, _ = await answer_to(app, refused)
    assert (status, headers["access-control-allow-origin"]) == (401, SHOP), "the page must be able to read why"
    assert "access-control-allow-origin" not in (await answer_to(app, way(BODY)))[1]


EXPENSIVE = json.dumps({"rows": [ROW], "explain": True}).encode()


async def preflight(app, origin):
    sent = []

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    headers = [(b"origin", origin.encode()), (b"access-control-request-method", b"POST")]
    scope = {"type": "http", "method": "OPTIONS", "path": "/endpoints/house/predict", "headers": headers}
    await app(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"])


async def test_a_browser_that_asks_beforehand_is_told_what_a_page_may_send():
    status, headers = await preflight(await served(origins=(SHOP,)), SHOP)
    assert (status, headers[b"access-control-allow-origin"]) == (204, SHOP.encode())
    assert b"authorization" in headers[b"access-control-allow-headers"]
    assert b"POST" in headers[b"access-control-allow-methods"]
    assert (await preflight(await served(origins=(SHOP,)), "https://evil.example.com"))[1].keys() == {b"vary"}
    assert (await preflight(await served(origins=("*",)), "http://any"))[1][b"access-control-allow-origin"]
    assert (await preflight(await served(), SHOP))[1].keys() == {b"vary"}


def test_sites_that_may_ask_are_read_from_the_environment():
    read = Settings.from_environment({"LEPTON_SERVE_ORIGINS": "https://Shop.example.com/, http://localhost:3000"})
    assert read.origins == (SHOP, "http://localhost:3000")
    with pytest.raises(BadSetting, match="shop"):
        Settings.from_environment({"LEPTON_SERVE_ORIGINS": "shop.example.com"})


@pytest.mark.parametrize("way", [request, over_asgi])
async def test_no_browser_guesses_what_an_answer_is(way):
    app = await served()
    for body in (BODY, b"[]", EXPENSIVE):
        assert (await answer_to(app, way(body)))[1]["x-content-type-options"] == "nosniff"
        assert (await answer_to(app, way(body)))[1]["cache-control"] == "no-store"


@pytest.mark.parametrize("sent", [b"\x16\x03\x01 nonsense\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n"])
async def test_what_is_no_request_is_refused_in_the_form_of_every_error(sent):
    connection = MemoryConnection(await served())
    connection.send(sent)
    head, _, body = (await connection.answer()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"x-content-type-options: nosniff" in head
    assert b"connection: close" in head
    assert json.loads(body)["code"] == "bad_request"
    assert connection.transport.is_closing()


def v1(body, name="house"):
    sent = request(json.dumps(body).encode())
    return sent.replace(b"/predict", f"/v1/models/{name}:predict".encode())


@pytest.mark.parametrize(
    "body",
    [
        {"instances": [ROW, ROW]},
        {"instances": [[10, 2], [10, 2]], "signature_name": "serving_default"},
        {"inputs": {"size": [10, 10], "rooms": [[2], [2]]}},
    ],
)
async def test_kserves_first_protocol_is_answered(body):
    status, _, answer = await answer_to(await served(), v1(body))
    assert (status, json.loads(answer)) == (200, {"predictions": [23.0, 23.0]})


async def test_kserves_first_protocol_refuses_in_its_own_form():
    app = await served()
    for body in ({}, [], {"instances": []}, {"instances": [ROW], "inputs": {}}, {"instances": [{"size": "wide"}]}):
        status, _, answer = await answer_to(app, v1(body))
        assert (status, json.loads(answer).keys()) == (400, {"error"}), body
    assert (await answer_to(app, v1({"instances": [ROW]}, "other")))[0] == 404


async def test_kserves_first_protocol_names_its_model():
    app = await served()
    get = request(b"").replace(b"POST /endpoints/house/predict", b"GET /endpoints/house/v1/models")
    assert json.loads((await answer_to(app, get))[2]) == {"models": ["house"]}
    one = get.replace(b"/v1/models", b"/v1/models/house")
    assert json.loads((await answer_to(app, one))[2]) == {"name": "house", "ready": True}


@pytest.mark.parametrize("query", [b"explain=1", b"explain=TRUE", b"explain"])
@pytest.mark.parametrize("kind", ["application/json", "text/csv"])
async def test_an_explanation_of_rows_and_of_files_is_asked_for_in_the_address(kind, query):
    body = BODY if kind == "application/json" else b"size,rooms\n10,2\n"
    sent = request(body, Content_Type=kind).replace(b"/predict", b"/predict?" + query)
    status, _, answer = await answer_to(await served(), sent)
    assert status == 200
    assert json.loads(answer)["explanations"][0]["contributions"].keys() == ROW.keys()


def test_bf16_is_the_upper_half_of_a_float():
    values = np.asarray([1.5, -2.0, np.nan, 3.25], dtype="<f4")
    content = memoryview((values.view("<u4") >> 16).astype("<u2").tobytes())
    assert read_binary_tensor("x", "BF16", (4,), content).values == [1.5, -2.0, None, 3.25]
    with pytest.raises(BadTensor, match="FP32"):
        read_json_tensor("x", "BF16", (1,), [1.5])


def reader(*columns, reading):
    return RawReader(Schema.model_validate({"columns": list(columns), "is_open": False}), reading)


def test_an_empty_text_is_a_missing_value_for_a_model_of_a_file_with_types_of_its_own():
    nullable = column("size", "number", nullable=True), column("on", "date", nullable=True)
    made, _ = reader(*nullable, reading=Reading(missing=("",), missing_numbers=("",))).read([{"size": "", "on": " "}])
    assert np.isnan(made["size"][0])
    assert made["on"].tolist() == [None]
    with pytest.raises(RowProblems, match="text"):
        reader(*nullable, reading=Reading()).read([{"size": "3", "on": None}])
    with pytest.raises(RowProblems):
        reader(column("size", "number", nullable=False), reading=Reading()).read([{"size": ""}])


def test_lines_that_repeat_the_heading_are_left_out_with_a_warning():
    schema = Schema.model_validate({"columns": [column("a", "number"), column("b", "number")], "is_open": False})
    reading = Reading.model_validate({"file": {}, "columns": {"a": {}, "b": {}}})
    found = read_csv(b"a,b\n1,2\na,b\n3,4\n", schema, 100, reading)
    assert found.columns["a"] == ["1", "3"]
    assert "repeat" in found.warnings[0]
