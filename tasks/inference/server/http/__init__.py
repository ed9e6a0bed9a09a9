"""Bytes to requests and answers to bytes: connections, the checks before a body, the path of a request."""
