"""Parts of the serving measurement: the table and both models, the peer, the load generator."""
