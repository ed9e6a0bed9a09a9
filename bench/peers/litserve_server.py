"""LitServe: the pipeline in one worker process behind one process that speaks HTTP. ``litserve_server.py PORT``."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path
from typing import Any

import litserve
import pandas as pd


class House(litserve.LitAPI):
    """Answers rows."""

    def setup(self, device: str) -> None:  # noqa: ARG002
        """Load the pipeline in the worker."""
        self.pipeline = pickle.loads((Path(os.environ["PEER_FOLDER"]) / "model.pickle").read_bytes())
        self.classes = [str(name) for name in self.pipeline.classes_]

    def decode_request(self, request):  # LitServe takes a type of its own for what the whole request is
        """Return the rows as a frame."""
        return pd.DataFrame(request["rows"])

    def predict(self, frame: pd.DataFrame) -> Any:
        """Return the probabilities."""
        return self.pipeline.predict_proba(frame)

    def encode_response(self, shares: Any) -> dict[str, Any]:
        """Return what is sent."""
        return {
            "predictions": [self.classes[at] for at in shares.argmax(axis=1)],
            "probabilities": [dict(zip(self.classes, row, strict=True)) for row in shares.tolist()],
        }


if __name__ == "__main__":
    server = litserve.LitServer(House(), accelerator="cpu", workers_per_device=1)
    server.run(port=int(sys.argv[1]), num_api_servers=1, generate_client_file=False, log_level="warning")
