"""Roles and the closed table of what each may do."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a member of a workspace is."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    OWNER = "owner"


class Action(StrEnum):
    """Everything that can be allowed or refused."""

    VIEW = "view"  # read what belongs to the workspace
    EDIT = "edit"  # make, change and delete data sets and graphs
    RUN = "run"  # start, cancel and resume runs
    DEPLOY = "deploy"  # publish endpoints, make and revoke their keys
    ASK = "ask"  # send rows to an endpoint from its page
    APPROVE = "approve"  # say where approval is asked for; who gives it is the workspace's rule
    MANAGE_MEMBERS = "manage_members"
    ADMINISTER = "administer"  # the whole site: GPUs and every workspace
    OWN_ACCOUNT = "own_account"  # the person's own tokens; needs no workspace


class Scope(StrEnum):
    """What a token may be used for, within what its person may do."""

    READ = "read"
    RUN = "run"  # change data and graphs, run them, ask endpoints
    DEPLOY = "deploy"
    ADMINISTER = "administer"  # people, tokens, the account and the site


SCOPES = tuple(scope.value for scope in Scope)
_SCOPE_OF = {
    Action.VIEW: Scope.READ,
    Action.EDIT: Scope.RUN,
    Action.RUN: Scope.RUN,
    Action.ASK: Scope.RUN,
    Action.DEPLOY: Scope.DEPLOY,
    Action.APPROVE: Scope.DEPLOY,
    Action.MANAGE_MEMBERS: Scope.ADMINISTER,
    Action.ADMINISTER: Scope.ADMINISTER,
    Action.OWN_ACCOUNT: Scope.ADMINISTER,
}


def scope_of(action: Action, *, only_reads: bool) -> Scope:
    """Return the scope that a token needs for an action; ``only_reads``: whether the call changes nothing."""
    return Scope.READ if action is Action.OWN_ACCOUNT and only_reads else _SCOPE_OF[action]


APPROVERS = (Role.OWNER.value, Role.ANALYST.value)
"""From which role on a workspace may have approvals count."""

_VIEWER = frozenset({Action.VIEW, Action.OWN_ACCOUNT})
_ANALYST = _VIEWER | {Action.EDIT, Action.RUN, Action.DEPLOY, Action.ASK}
_OWNER = _ANALYST | {Action.APPROVE, Action.MANAGE_MEMBERS}

ALLOWED: dict[Role, frozenset[Action]] = {
    Role.VIEWER: _VIEWER,
    Role.ANALYST: _ANALYST,
    Role.OWNER: _OWNER,
}


def may(role: Role | None, action: Action) -> bool:
    """Return whether a member with this role may do it; ``None`` is a stranger, who may nothing."""
    return role is not None and action in ALLOWED[role]
