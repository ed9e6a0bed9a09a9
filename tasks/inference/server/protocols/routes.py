"""What an address of an endpoint means, whether or not there is such an endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from tasks.inference.server.protocols.base import InferenceProtocol
from tasks.inference.server.protocols.kserve import KSERVE, PREDICT_VERB
from tasks.inference.server.protocols.mlflow import MLFLOW
from tasks.inference.server.protocols.open_inference import OPEN_INFERENCE
from tasks.inference.server.protocols.rows_json import ROWS

REMEMBERED = 1000
"""Addresses whose routes are kept."""

PROTOCOLS: dict[str, InferenceProtocol] = {
    "predict": ROWS,
    "invocations": MLFLOW,
    "v1": KSERVE,
    "v2": OPEN_INFERENCE,
}
LAST_PARTS: dict[InferenceProtocol, str] = {KSERVE: PREDICT_VERB, OPEN_INFERENCE: "infer"}
"""Of protocols that have several addresses, how the last part of one for predictions ends."""


@dataclass(frozen=True, slots=True)
class Route:
    """An address such as ``/endpoints/house/v2/models/house/infer?explain=true``.

    Attributes:
        slug: The endpoint.
        protocol: The format of requests there.
        rest: What follows the protocol's name, split at its slashes.
        query: What follows the question mark.
        is_inference: False for addresses of a protocol that only describe.
        is_expensive: A request there may take long although its body is short.
    """

    slug: str
    protocol: InferenceProtocol
    rest: tuple[str, ...]
    query: bytes
    is_inference: bool
    is_expensive: bool


@lru_cache(maxsize=REMEMBERED)
def find_route(path: str, query: bytes = b"") -> Route | None:
    """Return the route of an address; ``None`` where no protocol is spoken."""
    parts = path.split("/")
    if len(parts) < 4 or parts[1] != "endpoints":
        return None
    protocol = PROTOCOLS.get(parts[3])
    last = LAST_PARTS.get(protocol) if protocol is not None else None
    if protocol is None or (len(parts) > 4 and last is None):
        return None
    return Route(
        slug=parts[2],
        protocol=protocol,
        rest=tuple(parts[4:]),
        query=query,
        is_inference=last is None or parts[-1].endswith(last),
        is_expensive=b"explain" in query,
    )
