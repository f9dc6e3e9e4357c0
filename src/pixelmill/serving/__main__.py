"""`python -m pixelmill.serving` is the command `pixelmill-serve`."""

from pixelmill.serving.command import main

if __name__ == "__main__":
    main()
