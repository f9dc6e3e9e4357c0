"""The wiring: one template for all mosaics, and a catalog that knows every dataset."""

import pytest
from kedro.config import OmegaConfigLoader
from kedro.io import DataCatalog

from pixelmill.pipelines.mapping import create_pipeline
from pixelmill.settings import CONFIG_LOADER_ARGS

STYLES = ("scatter", "grid", "bordered", "groups")


@pytest.fixture
def catalog(monkeypatch):
    monkeypatch.setenv("PIXELMILL_STORAGE", "s3://bucket/mill")
    params = {"dataset": "pets"}
    loader = OmegaConfigLoader("conf", env="emr", runtime_params=params, **CONFIG_LOADER_ARGS)
    found = loader["catalog"]
    return {name: entry for name, entry in found.items() if not name.startswith("_")}


def test_the_mosaics_are_one_template_in_a_namespace_each():
    pipeline = create_pipeline()
    for style in STYLES:
        node = next(node for node in pipeline.nodes if node.name == f"{style}.draw_mosaic")
        assert node.namespace == style
        assert node.inputs == ["scene", "params:mapping"]
        assert node.outputs == [f"{style}.mosaic"]


def test_everything_that_is_made_is_in_the_catalog_and_can_be_opened(catalog):
    entries = DataCatalog.from_config(catalog)
    outputs = create_pipeline().all_outputs()
    assert outputs <= catalog.keys()
    for name in outputs:
        assert entries.get(name) is not None


def test_the_map_needs_features_near_duplicates_and_index():
    inputs = create_pipeline().inputs() - {"params:mapping", "params:neighbours"}
    assert inputs == {"image_index", "features", "source", "near_duplicates", "neighbour_index"}
