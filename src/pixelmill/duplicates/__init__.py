"""Finds images that are the same picture."""
