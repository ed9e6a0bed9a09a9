"""One module for each value kind: a value as files, and back."""
