"""The first administrator, and the people of a workspace."""

from __future__ import annotations

import secrets as random_secrets
from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apps.accounts import audit, secrets
from apps.accounts.login import confirm_password
from apps.accounts.models import Membership, SetupToken, User, Workspace
from apps.common.errors import ApplicationError, FieldProblem
from apps.common.field_messages import field_message
from apps.common.roles import Role
from tasks.graph.messages import Message

SETUP_LINK_LIVES = timedelta(days=7)


def needs_setup() -> bool:
    """Return whether there is no account yet."""
    return not User.objects.exists()


def issue_setup_token() -> str | None:
    """Return a new one-time token for the first account, or ``None`` when there is one already.

    Earlier tokens stop working.
    """
    if not needs_setup():
        return None
    token = secrets.generate("setup_")
    with transaction.atomic():
        SetupToken.objects.all().delete()
        SetupToken.objects.create(digest=secrets.digest(token), expires_at=timezone.now() + SETUP_LINK_LIVES)
    return token


def _setup_token(token: str) -> SetupToken:
    """Return the one-time right that a link stands for. Raises `ApplicationError` 403."""
    found = SetupToken.objects.select_for_update().filter(digest=secrets.digest(token)).first()
    if found is None or not found.is_valid or not needs_setup():
        message = Message(
            "setup.link_invalid",
            "This set-up link is used up or too old. "
            "Run “.venv/bin/python manage.py setup_link” in LeptonWeb's folder for a new one.",
        )
        raise ApplicationError("setup_link_invalid", message, 403)
    return found


def check_setup_link(*, token: str) -> None:
    """Refuse a set-up link that makes no account, before anybody fills in the form.

    Raises:
        ApplicationError: 403, the token is wrong, used or too old.
    """
    with transaction.atomic():
        _setup_token(token)


def set_up(*, token: str, username: str, password: str, workspace_name: str = "") -> User:
    """Make the first administrator with a one-time token and return them.

    Raises:
        ApplicationError: The token is wrong, used or too old, or the password is too weak.
    """
    with transaction.atomic():
        found = _setup_token(token)
        user = _make_administrator(username=username, password=password, workspace_name=workspace_name)
        found.used_at = timezone.now()
        found.save()
    return user


def ensure_administrator() -> User | None:
    """Make the administrator named by the environment when there is no such person; otherwise change nothing.

    Returns:
        The new person, or ``None``.
    """
    username, password = settings.LEPTON_ADMIN_USERNAME, settings.LEPTON_ADMIN_PASSWORD
    if not (username and password) or User.objects.filter(username=username).exists():
        return None
    with transaction.atomic():
        return _make_administrator(username=username, password=password, workspace_name="")


def _make_administrator(*, username: str, password: str, workspace_name: str) -> User:
    user = make_user(username=username, password=password, is_superuser=True)
    workspace = Workspace.objects.create(name=workspace_name or username)
    Membership.objects.create(workspace=workspace, user=user, role=Role.OWNER)
    audit.record(actor=user, action="administrator.made", subject=username, workspace=workspace)
    return user


def change_password(*, user: User, current: str, new: str) -> None:
    """Give a person another password; every other session of theirs ends.

    Raises:
        ApplicationError: The present password is wrong, or the new one too weak or the same.
    """
    if not confirm_password(user=user, password=current):
        problem = Message("password.wrong", "The present password is not right.")
        raise ApplicationError("invalid", problem, 400, [{"at": "current", "message": problem}])
    if new == current:
        problem = Message("password.same", "Choose a password other than the present one.")
        raise ApplicationError("invalid", problem, 400, [{"at": "new", "message": problem}])
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise _invalid({"new": error}) from error
    user.set_password(new)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    audit.record(actor=user, action="password.changed", subject=user.username)


def make_user(*, username: str, password: str, email: str = "", is_superuser: bool = False) -> User:
    """Return a new person.

    Raises:
        ApplicationError: The name is taken, or name or password do not follow the rules.
    """
    if User.objects.filter(username__iexact=username).exists():
        message = Message("user.name_taken", "The user name “{name}” is taken. Choose another one.", name=username)
        raise ApplicationError("name_taken", message, 409)
    user = User(username=username, email=email, is_superuser=is_superuser)
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as error:
        raise _invalid(error.error_dict) from error
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise _invalid({"password": error}) from error
    user.set_password(password)
    user.save()
    return user


def _invalid(errors: Mapping[str, ValidationError | list[ValidationError]]) -> ApplicationError:
    """Return the refusal of values that Django's validators do not accept, by field."""
    problems: list[FieldProblem] = [
        {"at": name, "message": field_message(text, str(one.code or ""))}
        for name, error in errors.items()
        for one in (error if isinstance(error, list) else error.error_list)
        for text in one.messages
    ]
    message = Message("request.refused", "{problem}", problem=problems[0]["message"])
    return ApplicationError("invalid", message, 400, problems)


def add_member(
    *, workspace: Workspace, actor: User, username: str, role: Role, password: str = "", email: str = ""
) -> tuple[Membership, str]:
    """Return a new membership and, for a new person without a given password, the one made for them.

    Somebody who has an account already is added by name alone.
    """
    made = ""
    with transaction.atomic():
        user = User.objects.filter(username=username).first()
        if user is not None and password:
            message = Message(
                "user.has_account",
                "“{name}” has an account already. Leave the password empty to add them.",
                name=username,
            )
            raise ApplicationError("name_taken", message, 409)
        if user is None:
            made = "" if password else random_secrets.token_urlsafe(12)
            user = make_user(username=username, password=password or made, email=email)
            user.must_change_password = bool(made)
            user.save(update_fields=["must_change_password"])
        if Membership.objects.filter(workspace=workspace, user=user).exists():
            message = Message("member.already", "“{name}” is a member already. Change the role instead.", name=username)
            raise ApplicationError("already_member", message, 409)
        membership = Membership.objects.create(workspace=workspace, user=user, role=role)
        audit.record(actor=actor, action="member.added", subject=username, workspace=workspace, role=role.value)
    return membership, made


def change_role(*, membership: Membership, actor: User, role: Role) -> Membership:
    """Give a member another role; the last owner stays one."""
    with transaction.atomic():
        if role is not Role.OWNER:
            _keep_an_owner(membership)
        membership.role = role
        membership.save()
        _record_member(membership, actor, "member.changed")
    return membership


def remove_member(*, membership: Membership, actor: User) -> None:
    """Remove a member of a workspace; the last owner cannot be removed."""
    with transaction.atomic():
        _keep_an_owner(membership)
        _record_member(membership, actor, "member.removed")
        membership.delete()


def _record_member(membership: Membership, actor: User, action: str) -> None:
    subject = membership.user.username
    audit.record(actor=actor, action=action, subject=subject, workspace=membership.workspace, role=membership.role)


def _keep_an_owner(membership: Membership) -> None:
    owners = Membership.objects.owners().select_for_update().filter(workspace=membership.workspace)
    if not owners.exclude(pk=membership.pk).exists():
        message = Message("member.last_owner", "A workspace needs an owner. Make somebody else an owner first.")
        raise ApplicationError("last_owner", message, 409)
