"""From a folder, a bucket or a list of URLs of images to features, classifiers and a report."""

__version__ = "0.1.0"
