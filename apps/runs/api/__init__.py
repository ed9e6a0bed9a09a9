"""The runs application over HTTP."""
