"""Scripts that measure pixelmill against the alternatives; `make bench` runs most of them."""
