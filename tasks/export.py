"""Writes the catalogue and the index of stored types: ``python -m tasks.export [--check | --to FILE]``.

Both are made from the classes of ``tasks.nodes`` and lie in the source tree; a plug-in that is installed changes
neither. With ``--to`` the catalogue alone is written elsewhere, with the nodes of plug-ins, for an installation that
reads it by ``LEPTON_CATALOGUE``.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tasks.contract.node import Node, Port
from tasks.contract.params_schema import params_schema
from tasks.contract.plugins import NodePackage, own_package
from tasks.contract.predictor import PREDICTORS
from tasks.contract.registry import all_nodes, node_packages, nodes_of, purpose_of
from tasks.contract.stable_ids import INDEX_PATH, index_json
from tasks.contract.transform import TRANSFORMS
from tasks.graph.description import NodeDescription, PortDescription, PurposeDescription
from tasks.words import LANGUAGES, words_in

CATALOGUE_PATH = Path(__file__).with_name("catalogue.json")


def describe(node: type[Node]) -> NodeDescription:
    """Return a node class as data."""
    summary, detail = node.tooltip()
    return NodeDescription(
        id=node.id,
        title=node.title,
        summary=summary,
        detail=detail,
        icon=node.icon,
        group=node.id.rpartition(".")[0],
        purpose=PurposeDescription(**dataclasses.asdict(purpose_of(node.id))),
        keywords=node.keywords,
        version=node.version,
        serve=node.serve.value,
        uses_gpu=node.uses_gpu,
        is_cheap=node.is_cheap,
        replaces=node.replaces,
        renamed=node.renamed if node.only_renames() else None,
        former_defaults=node.former_defaults,
        inputs=tuple(map(_port, node.input_ports())),
        outputs=tuple(map(_port, node.output_ports())),
        params=params_schema(node),
        defaults=node.Params().model_dump(mode="json"),
        fixes={purpose.value: template for purpose, template in node.fixes.items()},
    )


def catalogue_json(packages: Sequence[NodePackage] | None = None) -> str:
    """Return the catalogue as text.

    Args:
        packages: Those whose nodes to list: `own_package` for ``catalogue.json``; all plug-ins too by default.
    """
    chosen = node_packages() if packages is None else packages
    classes = dict(sorted(item for package in chosen for item in nodes_of(package).items()))
    nodes = {node_id: describe(node).model_dump(mode="json") for node_id, node in classes.items()}
    body = {"nodes": nodes, "words": {language: words_in(language, chosen) for language in LANGUAGES}}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    content = {"hash": hashlib.sha256(text.encode()).hexdigest(), **body}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _port(port: Port) -> PortDescription:
    return PortDescription(name=port.name, wire=port.kind.value, is_optional=port.is_optional)


def stored_types_json() -> str:
    """Return the index of stored ids as the text that is kept in ``stored_types.json``."""
    nodes_of(own_package())
    importlib.import_module("tasks.inference.estimators")
    return index_json(TRANSFORMS, PREDICTORS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files, with ``--check`` say whether those kept are fresh, with ``--to`` write a catalogue elsewhere."""
    parser = argparse.ArgumentParser(description="Writes the catalogue and the index of stored types from the classes.")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is stale")
    mode.add_argument(
        "--to",
        type=Path,
        metavar="FILE",
        help="write the catalogue into this file, whose folder is made, and nothing else",
    )
    options = parser.parse_args(arguments)
    if options.to is not None:
        all_nodes()  # refuses an id that is there twice
        text = catalogue_json()
        try:
            options.to.parent.mkdir(parents=True, exist_ok=True)
            options.to.write_text(text, encoding="utf-8")
        except OSError as error:
            sys.stderr.write(f"{options.to} cannot be written: {error.strerror}.\n")
            return 1
        return 0
    is_check, stale = options.check, False
    for path, text in ((CATALOGUE_PATH, catalogue_json([own_package()])), (INDEX_PATH, stored_types_json())):
        if not is_check:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            sys.stderr.write(f"tasks/{path.name} is stale: run `make contracts`.\n")
            stale = True
    return int(stale)


if __name__ == "__main__":
    raise SystemExit(main())
