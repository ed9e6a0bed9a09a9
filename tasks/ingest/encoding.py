"""Finds out the encoding of text that is not UTF-8; says so when two are as likely, for then a person has to choose."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from tasks.graph.messages import Choices, Message
from tasks.ingest.damaged_text import is_probable_utf8
from tasks.ingest.errors import IngestError
from tasks.ingest.letters import ALPHABETS, COMMON, likelihood

SAMPLE_BYTES = 1 << 15
CANDIDATES = (*ALPHABETS, *COMMON)
"""Encodings that are looked for, those that are used more first."""
_SURE = 9.0
"""So much likelier, as a logarithm, an encoding is than any other that reads the text otherwise: one in 8,000."""
_RARER: Mapping[str, float] = {"iso-8859-15": 9.5, "mac-roman": 5.5, "cp850": 7.5, "cp852": 7.5, "cp866": 6.0}
"""By how much less likely, as a logarithm, a file is in an encoding before anything of it was read."""
_FEWEST_LETTERS, _LEAST = 4, {True: -5.5, False: -9.6}
"""Mean likelihood of a letter below which an encoding does not fit: of an alphabet, and of signs."""
_LEAST_RARE = -4.0
_MOST_SHOWN = 6
_FOREIGN = re.compile(r"[\w’]*[^\x00-\x7f][\w’]*")
_HIGH = re.compile(rb"[\x80-\xff]")


@dataclass(frozen=True)
class Guess:
    """An encoding, how likely it is as a logarithm, the text read by it and a word that shows it."""

    encoding: str
    likelihood: float
    text: str
    word: str


def find_encoding(data: bytes) -> Guess:
    """Return the encoding of text that is not UTF-8.

    Raises:
        IngestError: None fits, or several do that read the text otherwise.
    """
    head = data[: 8 * SAMPLE_BYTES]
    wide = _wide(head)
    if wide:
        return Guess(wide, 0.0, "", _word(head.decode(wide, errors="ignore")))
    if is_probable_utf8(data):
        return Guess("utf-8", 0.0, "", "")
    found = likely_encodings(data)
    if not found:
        raise unknown_encoding()
    if len(found) > 1:
        raise _in_doubt(found)
    return found[0]


def likely_encodings(data: bytes) -> list[Guess]:
    """Return encodings that read a text that is not UTF-8 each otherwise, the likeliest first; one if that is sure."""
    sample = foreign_lines(data, SAMPLE_BYTES)
    guesses: dict[str, Guess] = {}
    for encoding in CANDIDATES:
        guess = _guess(sample, encoding)
        if guess is not None and guess.text not in guesses:
            guesses[guess.text] = guess
    ranked = sorted(guesses.values(), key=lambda one: -one.likelihood)  # of equals the first
    return [one for one in ranked if one.likelihood > ranked[0].likelihood - _SURE][:_MOST_SHOWN]


def foreign_lines(data: bytes, most_bytes: int) -> bytes:
    """Return lines of a text that hold bytes beyond ASCII, so many at most: nothing else tells an encoding."""
    lines, size, at = [], 0, 0
    while size < most_bytes and (found := _HIGH.search(data, at)):
        begin = data.rfind(b"\n", 0, found.start()) + 1
        end = data.find(b"\n", found.end())
        end = len(data) if end < 0 else end + 1
        lines.append(data[begin:end][: 2 * most_bytes])
        size += end - begin
        at = end
    return b"".join(lines)


def _guess(sample: bytes, encoding: str) -> Guess | None:
    """Return how likely an encoding is; ``None`` if it does not fit."""
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        return None
    words = frozenset(_FOREIGN.findall(text))
    if any(unicodedata.category(letter) in {"Cc", "Co", "Cn"} for letter in set("".join(words)) if letter > "\x7f"):
        return None
    found, letters = likelihood(words, encoding)
    least = _LEAST_RARE if encoding in _RARER else _LEAST[encoding in ALPHABETS]
    if letters and found / letters < least - (2 if letters < _FEWEST_LETTERS else 0):
        return None
    return Guess(encoding, found - _RARER.get(encoding, 0.0), text, _word(text))


def _wide(sample: bytes) -> str:
    """Return UTF-16 where every other byte is nearly always zero; what holds zero bytes otherwise is no text."""
    pairs = len(sample) // 2
    if pairs < 4:
        return ""
    even, odd = sample[0 : 2 * pairs : 2].count(0), sample[1 : 2 * pairs : 2].count(0)
    if odd > 0.4 * pairs and even < 0.01 * pairs:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 * pairs and odd < 0.01 * pairs else ""


def _in_doubt(found: list[Guess]) -> IngestError:
    lines = [one.text.splitlines() for one in found]
    at = next((at for at, pair in enumerate(zip(*lines[:2], strict=False)) if pair[0] != pair[1]), 0)
    words = [_FOREIGN.findall(read[at]) if at < len(read) else [] for read in lines]
    shared = set(words[0]).intersection(*words[1:])
    return IngestError(
        Message(
            "file.encodings",
            "The file is not UTF-8 text, and its encoding cannot be told for sure: it may be {encodings}. Choose "
            "the one whose words are right, and read it again.",
            encodings=Choices(
                f"{one.encoding} (“{next((word for word in own if word not in shared), one.word)[:40]}”)"
                for one, own in zip(found, words, strict=True)
            ),
        )
    )


def unknown_encoding() -> IngestError:
    """Return the error for bytes that are text in no encoding that is known."""
    return IngestError(
        Message(
            "file.no_encoding",
            "The file is not UTF-8 text, and no other encoding fits. Save it as UTF-8, or read it again with its "
            "encoding.",
        )
    )


def _word(text: str) -> str:
    return max(_FOREIGN.findall(text)[:50], key=len, default="")[:40]
