"""The engine: nodes, the graph compiler, training and inference. Imports neither Django nor Celery outside `jobs`."""
