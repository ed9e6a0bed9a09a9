"""Approval: what a workspace asks for before a version may answer, who gives it, and what is refused without it."""

from __future__ import annotations

from typing import TypedDict

from django.db import transaction
from django.utils import timezone

from apps.accounts import audit
from apps.accounts.models import Membership, User, Workspace
from apps.common.errors import ApplicationError
from apps.common.roles import Role
from apps.registry.models import ModelVersion
from tasks.graph.messages import Message, Names, Term

DECISION = ["approved_at", "approved_by", "refused_at", "refused_by", "refused_why"]


class Rule(TypedDict):
    """What a workspace asks for; see the fields of `Workspace` of these names."""

    needs_approval: bool
    approvers: str
    needs_another_person: bool


def approvers_of(workspace: Workspace) -> list[str]:
    """Return the names of those whose approval counts, sorted."""
    members = Membership.objects.filter(workspace=workspace, user__is_active=True, role__in=_roles(workspace))
    return sorted(members.values_list("user__username", flat=True))


def set_rule(*, workspace: Workspace, user: User, rule: Rule) -> None:
    """Have a workspace ask for approval, or not; what answers now goes on either way."""
    with transaction.atomic():
        for name, value in rule.items():
            setattr(workspace, name, value)
        workspace.save(update_fields=list(rule))
        audit.record(
            actor=user, action="workspace.approval_rule_changed", subject=workspace.name, workspace=workspace, **rule
        )


def is_approved(version: ModelVersion | None) -> bool:
    """Return whether the approval of a version counts by what its workspace asks for now."""
    if version is None or version.approved_at is None:
        return False
    workspace = version.model.workspace
    is_own = version.approved_by_id is not None and version.approved_by_id == version.created_by_id
    return not (is_own and workspace.needs_another_person)


def approve(*, version: ModelVersion, user: User, is_approved: bool) -> None:
    """Say that a version may answer where approval is asked for, or take that back; what answers goes on.

    Raises:
        ApplicationError: 403 for somebody whose approval does not count.
    """
    _check_approver(version, user, is_giving=is_approved)
    with transaction.atomic():
        version.approved_at = timezone.now() if is_approved else None
        version.approved_by = user if is_approved else None
        version.refused_at, version.refused_by, version.refused_why = None, None, ""
        version.save(update_fields=DECISION)
        action = "model.approved" if is_approved else "model.approval_withdrawn"
        model = version.model
        audit.record(actor=user, action=action, subject=model.name, workspace=model.workspace, version=version.number)


def reject(*, version: ModelVersion, user: User, why: str) -> None:
    """Say that a version may not answer where approval is asked for, and why; what answers goes on.

    Raises:
        ApplicationError: 403 for somebody whose approval does not count.
    """
    _check_approver(version, user, is_giving=False)
    with transaction.atomic():
        version.approved_at, version.approved_by = None, None
        version.refused_at, version.refused_by, version.refused_why = timezone.now(), user, why
        version.save(update_fields=DECISION)
        model = version.model
        audit.record(
            actor=user, action="model.approval_refused", subject=model.name, workspace=model.workspace,
            version=version.number, why=why,
        )  # fmt: skip


def version_path(version: ModelVersion) -> str:
    """Return the page of a version, without the host."""
    return f"/models/{version.model_id}/versions/{version.number}"


def refuse(*, version: ModelVersion, user: User, way: str) -> ApplicationError:
    """Return the refusal of a release without approval, after it was written to the audit trail.

    Must be called outside a transaction, which would take the line of the trail back with everything else.

    Args:
        version: What was to answer.
        user: Who asked for it.
        way: How: ``deploy``, ``rollback``, ``canary``, ``shadow`` or ``alias``.
    """
    model, workspace = version.model, version.model.workspace
    audit.record(
        actor=user, action="model.release_refused", subject=model.name, workspace=workspace,
        version=version.number, way=way,
    )  # fmt: skip
    names = [name for name in approvers_of(workspace) if not (workspace.needs_another_person and _made(version, name))]
    declined = _declined(version)
    if declined:
        message = Message(
            "approval.needed_after_refusal",
            "Only approved models are released here, and version {number} of “{model}” is not approved. {refusal} "
            "{ways}",
            number=version.number,
            model=model.name,
            refusal=declined,
            ways=_who(names, workspace),
        )
    else:
        message = Message(
            "approval.needed",
            "Only approved models are released here, and version {number} of “{model}” is not approved. {ways}",
            number=version.number,
            model=model.name,
            ways=_who(names, workspace),
        )
    return ApplicationError("approval_needed", message, 403, details={"address": version_path(version)})


def _declined(version: ModelVersion) -> Message | None:
    if version.refused_at is None:
        return None
    who = version.refused_by.username if version.refused_by else Term("person.somebody", "Somebody")
    return Message("approval.refused", "{user} refused it: “{reason}”.", user=who, reason=version.refused_why)


def _who(names: list[str], workspace: Workspace) -> Message:
    """Return whom to ask for the approval."""
    if names:
        return Message(
            "approval.ask",
            "Ask one of {names} to approve it on the model's page.",
            one="Ask {names} to approve it on the model's page.",
            count=len(names),
            names=Names(names),
        )
    if workspace.approvers == Role.OWNER:
        return Message(
            "approval.add_owner",
            "Nobody else may approve it: an owner has to add another owner in the settings, who can then approve it "
            "on the model's page.",
        )
    return Message(
        "approval.add_analyst",
        "Nobody else may approve it: an owner has to add another owner or analyst in the settings, who can then "
        "approve it on the model's page.",
    )


def _made(version: ModelVersion, username: str) -> bool:
    return version.created_by is not None and version.created_by.username == username


def _roles(workspace: Workspace) -> list[str]:
    return [Role.OWNER, Role.ANALYST] if workspace.approvers == Role.ANALYST else [Role.OWNER]


def _check_approver(version: ModelVersion, user: User, *, is_giving: bool) -> None:
    workspace = version.model.workspace
    role = Role.OWNER if user.is_superuser else user.role_in(workspace.pk)
    if role not in _roles(workspace):
        if workspace.approvers == Role.ANALYST:
            message = Message(
                "approval.only_analysts", "Only owners and analysts of “{workspace}” approve models.",
                workspace=workspace.name,
            )  # fmt: skip
        else:
            message = Message(
                "approval.only_owners", "Only owners of “{workspace}” approve models.", workspace=workspace.name
            )
        raise ApplicationError("not_an_approver", message, 403)
    if is_giving and workspace.needs_another_person and version.created_by_id == user.pk:
        names = [name for name in approvers_of(workspace) if name != user.username]
        message = Message(
            "approval.own_version",
            "You made version {number}, and here another person has to approve it. {ways}",
            number=version.number,
            ways=_who(names, workspace),
        )
        raise ApplicationError("own_approval", message, 403)
