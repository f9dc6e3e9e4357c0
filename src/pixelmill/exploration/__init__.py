"""Finds what is wrong with a data set: faulty images, wrong labels, images unlike all others."""
