"""The engine process: runs one node, reads one file or infers one graph at a time, and speaks JSON lines."""
