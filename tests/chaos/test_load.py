"""Calls of the chaos campaigns: made again while there is no answer, given up when they are refused for good."""

from __future__ import annotations

import pytest

from tests.chaos import load
from tests.chaos.load import MOST_REFUSALS, Load
from tests.worker.stack import CallRefused


class Server:
    """An installation that gives these answers one after the other, the last one for ever."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.calls = 0

    def call(self, method, path, body):
        self.calls += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def rows(self, statement):
        return [(0,)]


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    monkeypatch.setattr(load, "PAUSE_SECONDS", 0.0)


def test_a_call_that_is_refused_again_and_again_is_given_up_with_what_the_server_said():
    server = Server(CallRefused("POST graphs/: 422 the name is too long", 422))
    with pytest.raises(CallRefused, match="the name is too long"):
        Load(server, 1, wanted=1, window=1).start()
    assert server.calls == MOST_REFUSALS


def test_runs_that_are_refused_end_the_load_and_say_why():
    server = Server({"id": "graph"}, CallRefused("POST runs/: 422 no such node", 422))
    people = Load(server, 1, wanted=10, window=10)
    people.start()
    for thread in people._threads:
        thread.join(timeout=10)
    assert people.is_over
    assert "no such node" in str(people.refusal)


def test_a_server_that_fails_or_is_away_is_called_until_it_answers():
    failures = [CallRefused("POST graphs/: 503", 503)] * MOST_REFUSALS + [ConnectionRefusedError()] * MOST_REFUSALS
    people = Load(Server(*failures, {"id": "graph"}), 1, wanted=0, window=1)
    people.start()
    assert people.graph == "graph"
    assert people.unanswered == len(failures)
