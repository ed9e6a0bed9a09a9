"""Finding nodes in folders."""

from importlib.metadata import EntryPoint

import pytest

from tasks.contract import plugins, registry
from tasks.contract.plugins import NodePackage


def test_a_folder_with_a_node_that_is_no_package_is_named(tmp_path, monkeypatch):
    folder = tmp_path / "found_nodes" / "binning" / "quantile"
    folder.mkdir(parents=True)
    for path in (tmp_path / "found_nodes" / "__init__.py", folder.parent / "__init__.py", folder / "node.py"):
        path.touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "own_package", lambda: NodePackage("", "found_nodes"))
    monkeypatch.setattr(registry, "plugins", tuple)
    with pytest.raises(ValueError, match="binning/quantile has a node.py but no __init__.py"):
        registry.node_modules()
    (folder / "__init__.py").touch()
    assert registry.node_modules() == {"binning.quantile": "found_nodes.binning.quantile.node"}


def test_a_plug_in_whose_modules_are_no_nodes_is_refused(tmp_path, monkeypatch):
    folder = tmp_path / "flat_nodes"
    folder.mkdir()
    for name in ("__init__.py", "ratio.py"):
        (folder / name).touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "plugins", lambda: (NodePackage("flat", "flat_nodes"),))
    with pytest.raises(ValueError, match="flat_nodes holds no node"):
        registry.node_modules()


def test_a_plug_in_that_is_installed_and_named_by_the_environment_counts_once(monkeypatch):
    point = EntryPoint("ratios", "lepton_ratios", plugins.ENTRY_POINT_GROUP)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [point] if group == point.group else [])
    monkeypatch.setenv(plugins.PACKAGES_VARIABLE, "ratios=lepton_ratios,other=other_nodes")
    found = plugins.plugins.__wrapped__()
    assert found == (NodePackage("ratios", "lepton_ratios"), NodePackage("other", "other_nodes"))
