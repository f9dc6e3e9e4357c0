"""The nearest neighbours of an image."""
