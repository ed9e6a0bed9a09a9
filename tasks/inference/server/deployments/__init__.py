"""What is endpoint: the published snapshot, loaded packages, traffic between releases and its counts."""
