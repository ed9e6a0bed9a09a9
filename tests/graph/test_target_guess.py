"""What a target's values alone say: which of two classes is the positive one, and whether numbers are codes."""

import pytest

from tasks.graph.target_guess import are_codes, positive_class


@pytest.mark.parametrize(
    ("names", "counts", "positive"),
    [
        (("no", "yes"), (10, 90), "yes"),
        (("No", "Yes"), (10, 90), "Yes"),
        (("false", "true"), (10, 90), "true"),
        (("0", "1"), (10, 90), "1"),
        (("-1", "1"), (10, 90), "1"),
        (("churned", "stayed"), (90, 10), "churned"),
        (("bad", "good"), (90, 10), "bad"),
        (("default", "paid"), (90, 10), "default"),
        (("ja", "nein"), (90, 10), "ja"),
        (("否", "是"), (10, 90), "是"),
        (("good", "risky"), (10, 90), "risky"),
        (("failed", "healthy"), (90, 10), "failed"),
        (("not renewed", "renewed"), (10, 90), "renewed"),
        (("active", "inactive"), (90, 10), "active"),
        (("1", "2"), (10, 90), "1"),
        (("1", "2"), (90, 10), "2"),
        (("<=50K", ">50K"), (76, 24), ">50K"),
        (("blue", "red"), (24, 76), "blue"),
        (("blue", "red"), (50, 50), "red"),
    ],
)
def test_the_positive_class_means_yes_or_is_the_rarer(names, counts, positive):
    assert names[positive_class(names, counts)] == positive


@pytest.mark.parametrize(
    ("distinct", "lowest", "highest", "rows", "expected"),
    [
        (2, 1, 2, 100, True),
        (2, -1, 1, 100, True),
        (2, 10, 500, 100, True),
        (4, 1, 4, 100, True),
        (10, 0, 9, 100, True),
        (11, 0, 10, 1000, False),
        (4, 10, 40, 100, False),
        (4, 1, 4, 30, False),
        (2, 3, 9, 8, False),
        (1, 5, 5, 100, False),
    ],
)
def test_few_whole_numbers_close_together_are_codes(distinct, lowest, highest, rows, expected):
    assert are_codes(distinct, lowest, highest, rows) is expected
