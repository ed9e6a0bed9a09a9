"""What names of columns tell a split: who or what may have several rows, and which dates are no order of the rows."""

from __future__ import annotations

import re

GROUP_WORDS = frozenset(
    {
        "account",
        "client",
        "customer",
        "device",
        "household",
        "id",
        "konto",
        "kunde",
        "kundennr",
        "kundennummer",
        "member",
        "nutzer",
        "patient",
        "patientin",
        "person",
        "subject",
        "user",
        "visitor",
    }
)
GROUP_PARTS = ("客户", "用户", "患者", "会员", "编号")
"""Of names in scripts without spaces between words."""

BIRTH_WORDS = frozenset({"birth", "birthdate", "birthday", "born", "dob", "geboren", "geburtsdatum", "geburtstag"})
BIRTH_PARTS = ("出生", "生日")


def is_group_name(name: str) -> bool:
    """Return whether a column is called like someone or something that may come again, such as a customer."""
    return not GROUP_WORDS.isdisjoint(_words(name)) or any(part in name for part in GROUP_PARTS)


def is_birth_name(name: str) -> bool:
    """Return whether dates are called those of a birth: rows do not come in their order."""
    return not BIRTH_WORDS.isdisjoint(_words(name)) or any(part in name for part in BIRTH_PARTS)


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).casefold())
