"""`python -m pixelmill.serving` is the command `pixelmill-serve`."""

from pixelmill.serving.command import main

main()
