"""Fits the pipeline with the libraries of the environment it is run in, and saves it as that system wants it.

``python -m bench.peers.fit KIND SYSTEM FOLDER``
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from bench.endpoint.models import peer_pipeline


def main() -> None:
    kind, system, folder = sys.argv[1:]
    pipeline = peer_pipeline(kind)
    if system == "MLflow":
        import mlflow.sklearn

        form = mlflow.sklearn.SERIALIZATION_FORMAT_CLOUDPICKLE
        mlflow.sklearn.save_model(
            pipeline,
            str(Path(folder) / "model"),
            serialization_format=form,
            pyfunc_predict_fn="predict_proba",
            pip_requirements=[],
        )
    else:
        (Path(folder) / "model.pickle").write_bytes(pickle.dumps(pipeline))


if __name__ == "__main__":
    main()
