"""What a folder of nodes is for: the heading, the icon and the place under which the page lists them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Purpose:
    """Declared as ``PURPOSE`` in the ``__init__.py`` of a folder of nodes, in a plug-in as in `tasks.nodes`.

    Attributes:
        title: The heading, in English; the folder's ``zh.json`` holds it in Chinese.
        icon: Name of a Tabler icon, for nodes that name none.
        order: Headings with smaller numbers stand first, equal ones by title. Ours are 10, 20, ..., 80.
    """

    title: str
    icon: str = "box"
    order: int = 1000


def default_purpose(folder: str) -> Purpose:
    """Return the purpose of a folder that declares none: its last name as a heading, behind all that have a place."""
    return Purpose(folder.rpartition(".")[2].replace("_", " ").capitalize())
