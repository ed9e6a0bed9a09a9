"""Numbers as people write them."""

import pytest

from tasks.contract.values import score_text


@pytest.mark.parametrize(
    ("name", "score", "text"),
    [
        ("r2", 0.92134, "R² 0.921"),
        ("rmse", 27133.4, "RMSE 27,133"),
        ("accuracy", 0.9, "accuracy 0.9"),
        ("log_loss", 0.3456, "log loss 0.346"),
    ],
)
def test_a_score_is_written_without_exponents(name, score, text):
    assert score_text(name, score) == text
