"""Hosts, GPUs and leases."""
