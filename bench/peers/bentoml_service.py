"""BentoML: the pipeline in a service of one worker. Its API is asynchronous, so that no request pays for a thread."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import bentoml
import pandas as pd


@bentoml.service(workers=1, metrics={"enabled": False}, logging={"access": {"enabled": False}})
class House:
    """Answers rows."""

    def __init__(self) -> None:
        self.pipeline = pickle.loads((Path(os.environ["PEER_FOLDER"]) / "model.pickle").read_bytes())
        self.classes = [str(name) for name in self.pipeline.classes_]

    @bentoml.api
    async def predict(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """Return classes and probabilities."""
        shares = self.pipeline.predict_proba(pd.DataFrame(rows))
        return {
            "predictions": [self.classes[at] for at in shares.argmax(axis=1)],
            "probabilities": [dict(zip(self.classes, row, strict=True)) for row in shares.tolist()],
        }
