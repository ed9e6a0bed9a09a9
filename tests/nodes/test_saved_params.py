"""Parameters that a former version of a node saved keep their values under the names of today."""

import pytest

from tasks.contract.invoke import upgrade_params
from tasks.contract.registry import node_class

SAVED = [
    ("tune.tune", 1, {"trials": 5, "seconds": 30.0}, {"n_trials": 5, "timeout": 30.0}),
    (
        "clean.impute",
        1,
        {"numbers": "constant", "number": 3.5, "words": "constant", "word": "none", "flag": True},
        {
            "strategy": "constant",
            "fill_value": 3.5,
            "category_strategy": "constant",
            "category_fill_value": "none",
            "add_indicator": True,
        },
    ),
    (
        "features.encode",
        2,
        {"rare": 0.05, "limit": 9, "unknown": "frequent", "smoothing": 4.5},
        {"min_frequency": 0.05, "max_categories": 9, "handle_unknown": "frequent", "smooth": 4.5},
    ),
    ("split.split", 2, {"test": 0.3, "valid": 0.1}, {"test_size": 0.3, "validation_size": 0.1}),
]


@pytest.mark.parametrize(("node", "version", "saved", "expected"), SAVED)
def test_saved_values_are_found_under_the_names_of_the_libraries(node, version, saved, expected):
    cls = node_class(node)
    for earlier in range(1, version + 1):
        assert upgrade_params(cls, saved, earlier).model_dump(exclude_defaults=True) == expected
    assert upgrade_params(cls, expected, cls.version).model_dump(exclude_defaults=True) == expected
