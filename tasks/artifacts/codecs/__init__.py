"""One module per wire: a value as files, and back."""
