"""The pipelines: each is a folder with its nodes and their wiring."""
