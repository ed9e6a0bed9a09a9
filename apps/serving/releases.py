"""Several releases of one endpoint: canaries and shadows, set by people and withdrawn by the reconciler."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.common import repair_guard
from apps.common.errors import ApplicationError, not_found
from apps.registry.approval import is_approved, refuse
from apps.registry.services import CHALLENGER, CHAMPION, point
from apps.serving import serving_client
from apps.serving.acknowledged_warnings import check_acknowledged
from apps.serving.drift import STRONG, drift_of
from apps.serving.endpoint_audit import record
from apps.serving.models import Endpoint, Release
from apps.serving.snapshot import publish_snapshot, published_revision
from apps.serving.traffic import failures_of
from tasks.graph.messages import Message, parts_of

WAIT_SECONDS = 10.0
CERTAINTY = 2.326  # one-sided, 99 %: every canary is tested once a minute or so
MIN_FAILURES = 3  # one or two may be chance
ROLES = ("canary", "shadow")
UNCONFIRMED = ("fallback", "unconfirmed_since")
SPLIT = ("canary", "canary_percent", "canary_margin", "canary_drift", "canary_since", "shadow")


@dataclass(frozen=True)
class Canary:
    """The settings of a canary.

    Attributes:
        margin: How much more often than the active release it may fail, from 0 to 1.
        drift: The largest drift of inputs or predictions from its reference; ``None`` for no limit.
    """

    release: int
    percent: float
    margin: float = 0.01
    drift: float | None = STRONG


def split_traffic(
    *,
    endpoint: Endpoint,
    user: User,
    canary: Canary | None,
    shadow: int | None,
    acknowledged: Collection[str] = (),
) -> None:
    """Set the canary and the shadow of an endpoint; ``None`` removes one.

    Args:
        acknowledged: Codes of the warnings about a new canary that the person has read; a shadow answers nobody.

    Raises:
        ApplicationError: 404 for a release it does not have; 422 for the active one; 403 when one is not approved and
            has to be; 409 when one cannot be loaded, or its verdict warns of something that is not acknowledged: the
            split stays as it was.
    """
    # Outside the transaction, which would roll back the audit entry of a refusal.
    shadowing = _secondary_release(endpoint, shadow, user, "shadow") if shadow else None
    challenger = _secondary_release(endpoint, canary.release, user, "canary") if canary else None
    is_new = challenger is not None and challenger != endpoint.canary
    codes = check_acknowledged(challenger.model, acknowledged) if challenger is not None and is_new else []
    with transaction.atomic():
        if not lock_endpoint(endpoint):
            raise not_found("endpoint")
        for release in (shadowing, challenger):
            _check_not_active(endpoint, release)
        before = _split(endpoint)
        endpoint.shadow, endpoint.canary = shadowing, challenger
        if canary is None:
            endpoint.canary_percent, endpoint.canary_since = 0.0, None
        else:
            endpoint.canary_percent, endpoint.canary_margin = canary.percent, canary.margin
            endpoint.canary_drift = canary.drift
            if challenger != before["canary"]:
                endpoint.canary_since = timezone.now()
        wanted = _split(endpoint)
        _save(endpoint)
        details = {"canary": canary.release if canary else None, "percent": endpoint.canary_percent, "shadow": shadow}
        if codes and canary:
            record(user, "endpoint.warnings_acknowledged", endpoint, release=canary.release, warnings=codes)
        record(user, "endpoint.traffic_split", endpoint, **details)
    failure = _failure(endpoint)
    if failure:
        _restore(endpoint, wanted, before)
        raise release_refused(failure)


def release_refused(failure: str) -> ApplicationError:
    """Return the error for a release that the serving plane cannot load; ``failure``: why."""
    message = Message(
        "release.refused",
        "The serving plane could not load this release, so nothing was changed: {failure}",
        failure=failure,
    )
    return ApplicationError("release_refused", message, 409)


def reason(why: str) -> dict[str, Any]:
    """Return a reason as it is stored: its English text and, beside it, its id and parameters."""
    return {"why": why, "why_parts": parts_of(why)}


def returned(release: int, why: str) -> dict[str, Any]:
    """Return what an endpoint stores of a release that is withdrawn now."""
    return {"release": release, "at": timezone.now().isoformat(), **reason(why)}


def require_approval(*, endpoint: Endpoint, user: User, is_needed: bool) -> None:
    """Set whether only approved model versions may be made active; the active release stays."""
    with transaction.atomic():
        endpoint.needs_approval = is_needed
        endpoint.save(update_fields=["needs_approval"])
        record(user, "endpoint.approval_changed", endpoint, is_needed=is_needed)


def may_answer(endpoint: Endpoint, release: Release) -> bool:
    """Return whether the release may answer here: approved, where the workspace or the endpoint needs approval."""
    needs_approval = endpoint.needs_approval or endpoint.workspace.needs_approval
    return not needs_approval or is_approved(release.model_version)


def check_approval(endpoint: Endpoint, release: Release, *, user: User, way: str) -> None:
    """Raise 403 for a release that may not answer here, and record that in the audit trail. See `refuse`."""
    if may_answer(endpoint, release):
        return
    if release.model_version is None:
        message = Message(
            "approval.model_gone",
            "Only approved models are released here, and the model of release {number} is gone.",
            number=release.number,
        )
        raise ApplicationError("approval_needed", message, 403)
    raise refuse(version=release.model_version, user=user, way=way)


def lock_endpoint(endpoint: Endpoint) -> bool:
    """Lock an endpoint within a transaction and reload its releases; return False when it was deleted."""
    try:
        endpoint.refresh_from_db(
            fields=["active", *UNCONFIRMED, *SPLIT, "returned"], from_queryset=Endpoint.objects.select_for_update()
        )
    except Endpoint.DoesNotExist:
        return False
    return True


def clear_traffic_split(endpoint: Endpoint, release: Release) -> None:
    """Remove the canary or shadow that becomes the active release."""
    for role in ROLES:
        if getattr(endpoint, role) == release:
            setattr(endpoint, role, None)
    if endpoint.canary is None:
        endpoint.canary_percent, endpoint.canary_since = 0.0, None


def follow_aliases(endpoint: Endpoint) -> None:
    """Point the model's aliases champion and challenger at the active release and the canary."""
    active, canary = endpoint.active, endpoint.canary
    if active is not None and active.model_version is not None:
        point(active.model_version.model, CHAMPION, active.model_version)
        challenger = canary.model_version if canary is not None else None
        point(active.model_version.model, CHALLENGER, challenger)


def return_failing_canaries() -> int:
    """Withdraw each canary that fails too often or drifts too far, and return how many those were."""
    found = Endpoint.objects.exclude(canary=None).exclude(active=None).select_related("active", "canary")
    return sum(
        repair_guard.rows.attempt(
            f"endpoint {endpoint.slug} {endpoint.pk}: judge its canary", partial(_judge, endpoint)
        )
        for endpoint in found
    )


def _judge(endpoint: Endpoint) -> bool:
    why = _failing(endpoint) or _drifting(endpoint)
    return bool(why) and _withdraw(endpoint, why)


def _failing(endpoint: Endpoint) -> str:
    """Return why the canary has to be withdrawn for its failures; empty while there are too few to say so."""
    canary, active, since = endpoint.canary, endpoint.active, endpoint.canary_since
    if canary is None or active is None or since is None:
        return ""
    requests, failed = failures_of(endpoint.pk, canary.number, since, as_canary=True)
    active_requests, active_failed = failures_of(endpoint.pk, active.number, since)
    usual = active_failed / active_requests if active_requests else 0.0
    if failed < MIN_FAILURES or lower_bound(failed, requests) <= usual + endpoint.canary_margin:
        return ""
    return Message(
        "canary.failing",
        "{failed:,} of {count:,} requests to release {canary} were not answered ({share}), while release {active} "
        "failed {usual} of its own.",
        failed=failed,
        count=requests,
        canary=canary.number,
        share=f"{failed / requests:.1%}",
        active=active.number,
        usual=f"{usual:.1%}",
    )


def _drifting(endpoint: Endpoint) -> str:
    """Return why the canary has to be withdrawn for drift of its inputs or predictions; empty within the limit."""
    canary, active, since, limit = endpoint.canary, endpoint.active, endpoint.canary_since, endpoint.canary_drift
    if canary is None or active is None or since is None or limit is None:
        return ""
    drift = drift_of(endpoint, canary, since=since, as_canary=True)
    measured = [one for one in drift.every if one.index is not None]
    worst = max(measured, key=lambda one: one.index or 0.0, default=None)
    if worst is None or worst.index is None or worst.index <= limit:
        return ""
    of_active = {one.name: one.index for one in drift_of(endpoint, active, since=since).every}.get(worst.name)
    other = Message("canary.drift_unknown", "Release {active} had too few rows to compare.", active=active.number)
    if of_active is not None:
        other = Message(
            "canary.drift_of_active",
            "Release {active} at the same time: {index:.2f}.",
            active=active.number,
            index=round(of_active, 2),
        )
    said: dict[str, Any] = {
        "canary": canary.number,
        "index": round(worst.index, 2),
        "count": drift.rows,
        "limit": limit,
        "other": other,
    }
    if worst.name:
        return Message(
            "canary.drift_column",
            "“{column}” in the rows it was asked about has moved from what release {canary} was trained on: drift "
            "{index:.2f} over {count:,} rows, where {limit:g} is allowed. {other}",
            column=worst.name,
            **said,
        )
    return Message(
        "canary.drift_answers",
        "What it answered has moved from what release {canary} was trained on: drift {index:.2f} over {count:,} rows, "
        "where {limit:g} is allowed. {other}",
        **said,
    )


def lower_bound(failed: int, requests: int) -> float:
    """Return the lower end of the 99 % confidence interval of the share that fails.

    Wilson's score interval (Wilson 1927, doi:10.1080/01621459.1927.10502953), one-sided: a handful of requests
    that all fail is enough, one failure among a few is not.
    """
    if not requests:
        return 0.0
    share, square = failed / requests, CERTAINTY**2
    middle = share + square / (2 * requests)
    spread = CERTAINTY * math.sqrt(share * (1 - share) / requests + square / (4 * requests**2))
    return max(0.0, (middle - spread) / (1 + square / requests))


@transaction.atomic
def _withdraw(endpoint: Endpoint, why: str) -> bool:
    current = Endpoint.objects.select_for_update(of=("self",)).select_related("active", "canary", "workspace")
    row = current.get(pk=endpoint.pk)
    if row.canary is None or row.canary != endpoint.canary:
        return False  # it was changed meanwhile
    number = row.canary.number
    row.canary, row.canary_percent, row.canary_since = None, 0.0, None
    row.returned = returned(number, why)
    _save(row)
    record(None, "endpoint.canary_returned", row, release=number, **reason(why))
    return True


def _secondary_release(endpoint: Endpoint, number: int, user: User, way: str) -> Release:
    release = endpoint.releases.select_related("model_version").filter(number=number).first()
    if release is None:
        raise not_found("release")
    _check_not_active(endpoint, release)
    check_approval(endpoint, release, user=user, way=way)
    return release


def _check_not_active(endpoint: Endpoint, release: Release | None) -> None:
    if release is not None and release == endpoint.active:
        message = Message(
            "release.answers_already",
            "Release {number} answers already. Name another one to have beside it.",
            number=release.number,
        )
        raise ApplicationError("answers_already", message, 422)


def _split(endpoint: Endpoint) -> dict[str, Any]:
    return {name: getattr(endpoint, name) for name in SPLIT}


@transaction.atomic
def _restore(endpoint: Endpoint, refused: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """Restore the split from before a refused one, unless it was changed again meanwhile."""
    if not lock_endpoint(endpoint) or _split(endpoint) != refused:
        return
    for name, value in before.items():
        setattr(endpoint, name, value)
    if endpoint.active is not None:
        clear_traffic_split(endpoint, endpoint.active)
    _save(endpoint)


@transaction.atomic
def _save(endpoint: Endpoint) -> None:
    endpoint.save(update_fields=[*SPLIT, "returned"])
    follow_aliases(endpoint)
    transaction.on_commit(publish_snapshot)


def _failure(endpoint: Endpoint) -> str:
    """Return why the canary or the shadow cannot be loaded; empty when they can or the serving plane is offline."""
    for role in ROLES:
        release = getattr(endpoint, role)
        if release is not None:
            status = serving_client.wait_for(
                endpoint.slug, release.number, revision=published_revision(), seconds=WAIT_SECONDS, role=role
            )
            if status.state == "failed":
                return status.failure
    return ""
