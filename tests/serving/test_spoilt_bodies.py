"""Bodies that were right, with something else in some place, in every dialect: never a 500, never sent back whole."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.oip.packages import houses
from tests.serving.encodings import each_encoding, release_of
from tests.tiers import examples

EXAMPLE = {"area": 80.5, "rooms": 3, "city": "Oslo", "garden": True, "built": "1980-05-17"}


@pytest.fixture(scope="module")
def release():
    return release_of(houses())


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from([10**400, 2**64, -(2**63) - 1, "", "area", "BYTES", "FP64", 2**31 - 1, -1, 0, [], {}]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@st.composite
def spoilt(draw, data):
    """Return data with junk in one to three places, at any depth, or with a part less or twice."""
    for _ in range(draw(st.integers(1, 3))):
        data = _spoil(draw, data)
    return data


def _spoil(draw, data):
    if not data or not isinstance(data, dict | list) or draw(st.integers(0, 5)) == 0:
        return draw(JUNK)
    keys = list(data) if isinstance(data, dict) else range(len(data))
    key = draw(st.sampled_from(list(keys)))
    body = data.copy()
    match draw(st.sampled_from(["in", "in", "in", "in", "less", "twice"])):
        case "in":
            body[key] = _spoil(draw, data[key])
        case "less":
            del body[key]
        case _ if isinstance(body, list):
            body.insert(key, body[key])
        case _:
            body[draw(st.text(max_size=5))] = body[key]
    return body


@st.composite
def bodies(draw, encoding):
    body = encoding.write([EXAMPLE, {**EXAMPLE, "city": None, "built": None, "area": None}])
    if isinstance(body, dict):
        return draw(spoilt(body))
    content, length = body if isinstance(body, tuple) else (body, None)
    if length is not None and draw(st.booleans()):
        head = json.dumps(draw(spoilt(json.loads(content[:length])))).encode()
        content, length = head + content[length:], len(head)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(content)))
        cut = draw(st.integers(0, 4))
        junk = st.binary(max_size=6) | st.sampled_from([b'"', b",", b"\n", b"\r", b"\0", b"nan", b"\xff\xff\xff\xff"])
        content = content[:at] + draw(junk) + content[at + cut :]
    lies = length is not None and draw(st.integers(0, 9)) == 0
    return (content, draw(st.integers(0, len(content) + 2)) if lies else length) if length is not None else content


@each_encoding
def test_a_body_that_was_spoilt_is_answered_or_refused_in_the_form_of_its_protocol(release, encoding):
    statuses = set()

    @given(body=bodies(encoding))
    @settings(
        max_examples=examples(40, 300),
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def play(body):
        answer = encoding.post(release, body)
        statuses.add(answer.status)
        assert answer.status in (200, encoding.refusal), (body, answer)
        if answer.status != 200:
            assert answer.message.endswith("."), answer
            assert len(json.dumps(answer.json)) < 20_000, "what came in is not sent back whole"
            for place in answer.locations:
                assert not place.startswith("rows.") or place.split(".")[1].isdigit(), place

    play()
    assert encoding.refusal in statuses
