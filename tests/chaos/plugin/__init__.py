"""Nodes whose right answer is known without running them."""
