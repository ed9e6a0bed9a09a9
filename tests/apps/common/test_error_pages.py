"""Error pages speak the language that the visitor's browser asks for."""

from __future__ import annotations

import pytest
from django.db import OperationalError

FOREIGN = {"HTTP_HOST": "evil.example.com"}


@pytest.mark.parametrize(
    ("accepted", "language", "words"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh", "无法理解此请求"),
        ("en-GB,zh;q=0.5", "en", "cannot be understood"),
        ("fr, zh;q=0.3", "zh", "返回"),
        ("zh;q=0, fr", "en", "Back to"),
        ("zh;q=much", "en", "Back to"),
        ("", "en", "Back to"),
    ],
)
def test_a_refusal_is_a_page_in_the_language_of_the_visitor(client, db, accepted, language, words):
    answer = client.get("/", headers={"Accept-Language": accepted}, **FOREIGN)
    page = answer.content.decode()
    assert (answer.status_code, answer["Content-Language"]) == (400, language)
    assert words in page
    assert f'<html lang="{language}">' in page
    assert "Accept-Language" in answer["Vary"]


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [(RuntimeError("x"), 500, "服务器出错"), (OperationalError("database or disk is full"), 507, "磁盘已满")],
)
def test_our_own_mistakes_and_a_full_disk_are_told_in_chinese_too(client, db, monkeypatch, error, status, words):
    def fails(*_, **__):
        raise error

    monkeypatch.setattr("apps.common.middleware.SecurityHeaders.__call__", fails)
    client.raise_request_exception = False
    answer = client.get("/", headers={"Accept-Language": "zh"})
    assert answer.status_code == status
    assert words in answer.content.decode()
