"""Finds out the encoding of text that is not UTF-8; says so when two are as likely, for then a person has to choose."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from tasks.graph.messages import Choices, Message
from tasks.ingest.damaged_text import is_probable_utf8
from tasks.ingest.errors import IngestError

SAMPLE_BYTES = 1 << 18
WESTERN = ("windows-1252", "windows-1250", "iso-8859-2")
OTHERS = ("gb18030", "shift_jis", "euc-kr", "big5", "windows-1251", "koi8-r")
_LETTERS = {
    "windows-1252": frozenset("äöüßÄÖÜéèêëàâçôîïùûñåøæÅØÆóíáúãõÉÀÇÑ€£§°²µ–’“”„…"),
    "windows-1250": frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻěščřžýáíéúůňťďĚŠČŘŽÝÁÍÉÚŮŇŤĎőűŐŰöüÖÜäô€§°–’“”„…"),
    "iso-8859-2": frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻěščřžýáíéúůňťďĚŠČŘŽÝÁÍÉÚŮŇŤĎőűŐŰöüÖÜäô§°"),
}
_FOREIGN = re.compile(r"[\w’]*[^\x00-\x7f][\w’]*")


@dataclass(frozen=True)
class Guess:
    """An encoding, its share of letters that are usual in its languages, and a word that shows it."""

    encoding: str
    usual: float
    word: str


def find_encoding(data: bytes) -> Guess:
    """Return the encoding of text that is not UTF-8.

    Raises:
        IngestError: None fits, or two do that read the text otherwise.
    """
    sample = data[:SAMPLE_BYTES]
    sample = sample[: sample.rfind(b"\n") + 1] or sample
    wide = _wide(sample)
    if wide:
        return Guess(wide, 1.0, _word(sample.decode(wide, errors="ignore")))
    from charset_normalizer import from_bytes

    codecs_by_name = {codecs.lookup(name).name.replace("-", "_"): name for name in (*WESTERN, *OTHERS)}
    isolated = [codecs.lookup(name).name for name in (*WESTERN, *OTHERS)]
    found = from_bytes(sample, cp_isolation=isolated).best()
    name = codecs_by_name.get(codecs.lookup(found.encoding).name.replace("-", "_")) if found is not None else None
    if name in OTHERS:
        return Guess(str(name), 1.0, _word(str(found)))
    return Guess("utf-8", 1.0, "") if is_probable_utf8(data) else _western(sample)


def _wide(sample: bytes) -> str:
    """Return UTF-16 where every other byte is nearly always zero; what holds zero bytes otherwise is no text."""
    pairs = len(sample) // 2
    if pairs < 4:
        return ""
    even, odd = sample[0 : 2 * pairs : 2].count(0), sample[1 : 2 * pairs : 2].count(0)
    if odd > 0.4 * pairs and even < 0.01 * pairs:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 * pairs and odd < 0.01 * pairs else ""


def _western(sample: bytes) -> Guess:
    guesses = []
    for encoding in WESTERN:
        try:
            text = sample.decode(encoding)
        except UnicodeDecodeError:
            continue
        foreign = [letter for letter in text if letter > "\x7f"]
        usual = sum(letter in _LETTERS[encoding] for letter in foreign) / max(len(foreign), 1)
        guesses.append((Guess(encoding, usual, _word(text, _LETTERS[encoding])), text))
    if not guesses:
        raise unknown_encoding()
    best = max(guesses, key=lambda one: one[0].usual)  # the first of equals
    rivals = [one for one, text in guesses if one.usual >= best[0].usual and text != best[1]]
    if best[0].usual < 0.5:
        raise unknown_encoding()
    if rivals:
        position = _difference(best[1], next(text for one, text in guesses if one is rivals[0]))
        raise IngestError(
            Message(
                "file.encodings",
                "The file is not UTF-8 text, and its encoding cannot be told for sure: it may be {encodings}. Choose "
                "the one whose words are right, and read it again.",
                encodings=Choices(
                    f"{one.encoding} (“{_around(text, position)}”)"
                    for one, text in guesses
                    if one is best[0] or one in rivals
                ),
            )
        )
    return best[0]


def unknown_encoding() -> IngestError:
    """Return the error for bytes that are text in no encoding that is known."""
    return IngestError(
        Message(
            "file.no_encoding",
            "The file is not UTF-8 text, and no other encoding fits. Save it as UTF-8, or read it again with its "
            "encoding.",
        )
    )


def _word(text: str, usual: frozenset[str] | None = None) -> str:
    words = _FOREIGN.findall(text)
    if usual is not None:
        words = [word for word in words if set(word) & usual] or words
    return max(words[:50], key=len, default="")[:40]


def _difference(one: str, other: str) -> int:
    return next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), 0)


def _around(text: str, position: int) -> str:
    for found in _FOREIGN.finditer(text, max(0, position - 40)):
        if found.end() > position:
            return found[0][:40]
    return text[position : position + 10]
