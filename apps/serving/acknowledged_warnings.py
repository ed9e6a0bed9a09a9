"""What a person has to acknowledge before a model answers anybody: what its verdict warns of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from apps.common.errors import ApplicationError
from tasks.graph.messages import Message
from tasks.verdict.judge import deploy_warnings, verdict_of


def check_acknowledged(described: Mapping[str, Any], acknowledged: Collection[str]) -> list[str]:
    """Return the codes of what the verdict on a model warns of, all of them acknowledged.

    Args:
        described: A program, or the part of it that a release keeps.
        acknowledged: The codes that the person has read.

    Raises:
        ApplicationError: 409 ``deploy_warned`` with ``warnings``, codes and sentences, when one is not acknowledged.
    """
    warnings = deploy_warnings(verdict_of(described))
    if any(one.code not in acknowledged for one in warnings):
        message = Message(
            "deploy.warned",
            "Think twice before this model answers anybody: {reason} A request that acknowledges the codes under "
            "“warnings” deploys it anyway.",
            reason=warnings[0].message,
        )
        details = {"warnings": [one.to_json() for one in warnings]}
        raise ApplicationError("deploy_warned", message, 409, details=details)
    return [one.code for one in warnings]
