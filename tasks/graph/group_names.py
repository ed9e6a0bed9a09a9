"""Which columns are likely of someone or something that has several rows, by name: a split must not cut those apart."""

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


def is_group_name(name: str) -> bool:
    """Return whether a column is called like someone or something that may come again, such as a customer."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).casefold()
    words = re.findall(r"[^\W\d_]+", parted)
    return not GROUP_WORDS.isdisjoint(words) or any(part in name for part in GROUP_PARTS)
