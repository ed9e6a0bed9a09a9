"""What the scores of a model are worth, in one sentence beside the baseline; for both planes, without NumPy."""
