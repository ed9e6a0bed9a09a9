"""HTTP side of data sets."""
