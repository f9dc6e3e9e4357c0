"""Listing of images and of their labels, for data sets and for images to be labelled."""
