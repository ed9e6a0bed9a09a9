"""The nodes behind a published model, kept with it: what was drawn may go, what a model was made by does not."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from tasks.graph.document import CycleError, Document


def nodes_leading_to(document: Any, node: str) -> list[dict[str, Any]]:
    """Return the nodes that a Deploy node depends on and itself, in the order they run.

    Args:
        document: The graph as it was kept; one of a form that is not known any more gives nothing.
        node: Id of the Deploy node.

    Returns:
        ``{node, type, title, params}`` each; ``title``: the person's own name for it, empty for the usual one.
    """
    try:
        drawn = Document.model_validate(document).active()
        order = drawn.order()
    except (ValidationError, CycleError):
        return []
    if node not in order:
        return []
    wanted = drawn.ancestors(node) | {node}
    found = [drawn.node(ident) for ident in order if ident in wanted]
    return [{"node": one.id, "type": one.type, "title": one.title, "params": dict(one.params)} for one in found]
