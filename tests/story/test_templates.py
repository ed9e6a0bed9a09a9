"""Every bundled template goes from the gallery to an endpoint that repeats training on all held-out rows."""

from __future__ import annotations

import math

import pytest

from bench.parity import answered, compared, lined


@pytest.fixture(scope="module")
def api(stack_with):
    return stack_with().signed_in()


@pytest.mark.worker
def test_each_template_s_endpoint_repeats_training_on_every_held_out_row(api):
    for template in api.get("/templates/"):
        line = compared(api, template)
        assert line.holds, str(line)


class Caller:
    """An endpoint that answers what it was told to."""

    def __init__(self, **answer):
        self.answer = answer

    def post(self, path, body):
        self.rows = body["rows"]
        return self.answer


def test_numbers_are_compared_as_a_share_of_their_size():
    line = lined("houses", [(200.0, 200.0), (100.0, 100.001)])
    assert (line.rows, line.same, line.largest) == (2, 1, pytest.approx(5e-6))
    assert line.holds
    assert not lined("houses", [(200.0, 201.0)]).holds
    assert not lined("houses", []).holds, "nothing compared proves nothing"
    assert not lined("houses", [(1.0, math.nan)]).holds


def test_rows_are_asked_about_by_their_place_in_the_source_and_another_class_never_holds():
    caller = Caller(predictions=["yes", True], probabilities=[{"no": 0.25, "yes": 0.75}, {"false": 0.5, "true": 0.5}])
    expected = [
        {"row": 2, "predicted": "yes", "probability no": 0.25, "probability yes": 0.75},
        {"row": 0, "predicted": "false", "probability false": 0.5, "probability true": 0.5},
    ]
    pairs = list(answered(caller, [{"x": 0}, {"x": 1}, {"x": 2}], expected))
    assert caller.rows == [{"x": 2}, {"x": 0}]
    assert pairs[0] == (0.25, 0.25)
    assert pairs[1] == (0.0, math.inf)
