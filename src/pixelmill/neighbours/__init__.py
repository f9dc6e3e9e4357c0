"""The nearest neighbours of an image: an index beside the features, and what is asked of it."""

from pixelmill.neighbours.index import Index, Neighbour

__all__ = ["Index", "Neighbour"]
