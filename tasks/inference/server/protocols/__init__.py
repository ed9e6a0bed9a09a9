"""The request and response formats of an endpoint."""
