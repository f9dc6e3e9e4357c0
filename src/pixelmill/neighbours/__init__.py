"""Nearest neighbours of images: an index beside the features, and queries to it."""

from pixelmill.neighbours.index import Index, Neighbour

__all__ = ["Index", "Neighbour"]
