"""A model as a fast program: raw columns in, predictions out."""
