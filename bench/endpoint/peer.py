"""The usual hand-written server: FastAPI, a pandas frame of the rows, a scikit-learn pipeline, one uvicorn process.

``async`` on purpose: otherwise each request would also cost a thread.
"""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pandas as pd
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
pipeline = pickle.loads(Path(os.environ["PEER_PIPELINE"]).read_bytes())
classes = [str(name) for name in pipeline.classes_]


class Rows(BaseModel):
    """The same body that ours takes."""

    rows: list[dict[str, Any]]


@app.get("/health/live")
async def live() -> dict[str, str]:
    return {"status": "live"}


@app.post("/predict")
async def predict(body: Rows) -> dict[str, Any]:
    shares = pipeline.predict_proba(pd.DataFrame(body.rows))
    return {
        "predictions": [classes[at] for at in shares.argmax(axis=1)],
        "probabilities": [dict(zip(classes, row, strict=True)) for row in shares.tolist()],
    }
