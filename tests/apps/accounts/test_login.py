"""Guessing passwords is limited, over all web processes, and in each of them while Redis is away."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from django.test import Client

from apps.accounts import login
from tests.factories import PASSWORD, make_person
from tests.serving.plane import RedisServer, wait_for

SESSION = "/api/v1/session/"
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis(server, settings):
    server.client.flushall()
    settings.REDIS_URL = server.url
    login._limiters.cache_clear()
    return server.client


@pytest.fixture(params=["with Redis", "while Redis is away"])
def counts(request, settings):
    if request.param == "with Redis":
        request.getfixturevalue("redis")
    else:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        login._limiters.cache_clear()


def sign_in(username="alice", password=PASSWORD, address="127.0.0.1"):
    body = {"username": username, "password": password}
    return Client(REMOTE_ADDR=address).post(SESSION, body, content_type="application/json")


def guess(count, **more):
    return [sign_in(password="wrong", **more).status_code for _ in range(count)]


def test_the_eleventh_guess_is_refused_even_with_the_right_password(counts, alice):
    assert guess(10) == [401] * 10
    refused = sign_in()
    assert refused.status_code == 429
    assert refused.json()["code"] == "too_many_attempts"
    assert 0 < int(refused["Retry-After"]) <= 900
    assert sign_in(username="ALICE").status_code == 429


def test_guesses_at_one_name_or_from_one_address_do_not_lock_another_out(counts, alice, bob):
    guess(11)
    assert sign_in(username="bob").status_code == 200
    assert sign_in(address="192.0.2.7").status_code == 200


def test_a_right_sign_in_clears_the_count_of_the_name(counts, alice):
    for _ in range(3):
        guess(9)
        assert sign_in().status_code == 200


def test_an_address_that_tries_many_names_is_refused(counts, alice, monkeypatch):
    monkeypatch.setattr(login, "ATTEMPTS_PER_ADDRESS", login.RateLimitItemPerMinute(20, 15, namespace="address"))
    assert [sign_in(username=f"name{at}").status_code for at in range(20)] == [401] * 20
    assert sign_in().status_code == 429
    assert sign_in(address="192.0.2.7").status_code == 200


def test_guesses_count_for_a_quarter_of_an_hour(redis, alice):
    guess(11)
    keys = redis.keys("lepton:sign-in*")
    assert len(keys) == 3
    assert all(880 < redis.ttl(key) <= 900 for key in keys)
    for key in keys:
        redis.pexpire(key, 1)
    wait_for("the end of the window", lambda: not redis.exists(*keys))
    assert sign_in().status_code == 200


def test_another_process_counts_on(redis, alice):
    guess(10)
    login._limiters.cache_clear()
    assert sign_in().status_code == 429


def test_neither_names_nor_addresses_lie_in_redis(redis, alice):
    guess(1, address="192.0.2.7")
    assert not any(word in key for key in redis.keys("*") for word in (b"alice", b"192.0.2"))


@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_do_not_slip_through(redis, monkeypatch):
    make_person("alice")
    looked = []
    monkeypatch.setattr(login, "authenticate", lambda *_, **__: looked.append(1))
    start = threading.Barrier(20)

    def attempt():
        start.wait()
        guess(1)
        connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(looked) == 10


def test_signing_in_uses_up_no_attempts_of_an_address_or_a_name(counts, alice, monkeypatch):
    monkeypatch.setattr(login, "ATTEMPTS_PER_ADDRESS", login.RateLimitItemPerMinute(5, 15, namespace="address"))
    monkeypatch.setattr(login, "ATTEMPTS_PER_NAME_ANYWHERE", login.RateLimitItemPerMinute(5, 15, namespace="anywhere"))
    assert [sign_in().status_code for _ in range(8)] == [200] * 8
    assert guess(5) == [401] * 5
    assert sign_in().status_code == 429


def test_guesses_at_one_name_from_many_addresses_are_refused(counts, alice, monkeypatch):
    monkeypatch.setattr(login, "ATTEMPTS_PER_NAME_ANYWHERE", login.RateLimitItemPerMinute(20, 15, namespace="anywhere"))
    assert [guess(1, address=f"192.0.2.{at}")[0] for at in range(21)] == [401] * 20 + [429]


def test_the_present_password_is_not_guessed_from_an_open_session(counts, as_alice):
    body = {"current": "wrong", "new": "another long phrase"}
    answers = [as_alice.post("/api/v1/password/", body).status_code for _ in range(11)]
    assert answers == [400] * 10 + [429]


def test_a_password_of_spaces_is_refused(counts, as_alice):
    answer = as_alice.post("/api/v1/password/", {"current": PASSWORD, "new": " " * 12})
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["at"] == "new"


def test_over_https_cookies_are_secure_and_the_browser_is_told_to_come_so_again(counts, alice):
    body = {"username": "alice", "password": PASSWORD}
    for secure in (True, False):
        answer = Client().post(SESSION, body, content_type="application/json", secure=secure)
        assert {bool(cookie["secure"]) for cookie in answer.cookies.values()} == {secure}
        assert ("Strict-Transport-Security" in answer) == secure
