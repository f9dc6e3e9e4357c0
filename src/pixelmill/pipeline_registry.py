"""The named pipelines; the default one is all of them but the one for other people's images."""

from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline

WHEN_NAMED = {"prediction"}  # labels new images with a classifier that is there


def register_pipelines() -> dict[str, Pipeline]:
    """Every package of `pixelmill.pipelines` by its name, and `__default__`, most of their sum."""
    pipelines = find_pipelines(raise_errors=True)
    usual = (pipeline for name, pipeline in pipelines.items() if name not in WHEN_NAMED)
    pipelines["__default__"] = sum(usual, start=Pipeline([]))
    return pipelines
