"""The saved graph as a value: documents, problems, plans and fingerprints. Pure and light."""
