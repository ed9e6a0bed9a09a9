"""What others do with the same work, to measure beside."""
