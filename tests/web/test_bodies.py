"""How large a request may be, who may send a large one, and that none lies in memory."""

from __future__ import annotations

import json

import pytest

from tests.web.process import Web, send_body

MEBIBYTE = 1024 * 1024
GIBIBYTE = 1024 * MEBIBYTE
HOST = "Host: localhost\r\n"
POST = f"POST /api/v1/graphs/ HTTP/1.1\r\n{HOST}"
PART = f"PUT /api/v1/uploads/0/parts/1/ HTTP/1.1\r\n{HOST}"
FILE = f"POST /api/v1/datasets/ HTTP/1.1\r\n{HOST}Content-Type: multipart/form-data; boundary=x\r\n"
KEY = "Authorization: Bearer lw_wrong\r\n"
SESSION = "Cookie: a=b; leptonweb_session=anything\r\n"


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    with Web.start(tmp_path_factory.mktemp("web"), LEPTON_MAX_UPLOAD_MB="20") as web:
        yield web


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    with Web.start(folder, stand_in=True, limits={"body": 64 * MEBIBYTE}) as web:
        yield web


@pytest.mark.parametrize("is_chunked", [False, True], ids=["declared", "chunked"])
def test_a_gigabyte_from_anybody_is_refused_at_once_and_not_kept(web, is_chunked):
    send_body(web, POST, size=3 * MEBIBYTE, is_chunked=is_chunked)
    before = web.resident_bytes()
    sent = send_body(web, POST, size=GIBIBYTE, is_chunked=is_chunked)
    assert sent.status == 413
    assert sent.bytes < 100 * MEBIBYTE
    assert sent.most_resident - before < 20 * MEBIBYTE
    told = json.loads(sent.answer)
    assert told["code"] == "too_large"
    assert "2.5 MB" in told["message"]
    assert told["problems"] == []


@pytest.mark.parametrize(
    ("head", "mebibytes", "status"),
    [
        (POST + KEY, 3, 413),
        (PART, 3, 413),
        (PART + KEY, 8, 401),
        (PART + KEY, 10, 413),
        (PART + SESSION, 8, 401),
        (FILE, 3, 413),
        (FILE + KEY, 20, 401),
        (FILE + KEY, 22, 413),
        (FILE.replace("datasets", "graphs") + KEY, 3, 413),
        (f"POST /api/v1/datasets/ HTTP/1.1\r\n{HOST}{KEY}", 3, 413),
    ],
)
def test_only_uploads_of_people_with_a_session_or_a_key_may_be_large(web, head, mebibytes, status):
    assert send_body(web, head, size=mebibytes * MEBIBYTE).status == status


def test_a_body_within_the_limit_arrives_whole_and_not_in_memory(plain):
    send_body(plain, f"POST / HTTP/1.1\r\n{HOST}Connection: close\r\n", size=MEBIBYTE)
    before = plain.resident_bytes()
    for is_chunked in (False, True):
        head = f"POST / HTTP/1.1\r\n{HOST}Content-Type: multipart/form-data; boundary=x\r\nConnection: close\r\n"
        sent = send_body(plain, head, size=60 * MEBIBYTE, is_chunked=is_chunked)
        assert str(60 * MEBIBYTE).encode() in sent.answer
        assert sent.most_resident - before < 10 * MEBIBYTE


def test_after_a_refusal_the_connection_is_ended(web):
    connection = web.connect(f"{POST}Content-Length: 3000000\r\n\r\n".encode())
    answer = connection.makefile("rb").read()
    assert b" 413 " in answer.splitlines()[0]
    assert b"Connection: close" in answer


def test_the_header_that_moves_the_pages_is_not_believed(plain):
    status, _, body = plain.call("GET", "/", Daphne_Root_Path="/elsewhere")
    assert status == 200
    assert json.loads(body)["root_path"] == ""


def test_a_head_that_makes_no_sense_is_refused_in_the_one_form(web):
    connection = web.connect(b"GET /caf\xe9 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    answer = connection.makefile("rb").read()
    assert b" 400 " in answer.splitlines()[0]
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "bad_request"
