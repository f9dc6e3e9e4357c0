"""What of the modelling is of one classifier, and what an interrupted run left beside it."""

import pandas as pd
import pytest

from pixelmill.datasets.splits_table import Splits
from pixelmill.errors import InputError
from pixelmill.pipelines.modelling.measured import check_measured, name_measured_classifier
from tests.pipelines.modelling.labelled import FEATURIZER

TRAINED = {"identity": "0123"}
GRID = pd.DataFrame({"estimator": ["svm_sgd"], "mean": [0.875], "error": [None]})
MADE = {"joined_featurizer": FEATURIZER, "exploration": {"names": ["edges"]}, "grid": GRID}


def named(splits=None):
    return name_measured_classifier(TRAINED, **MADE, stored_splits=splits)


def test_results_of_one_classifier_are_known_again(tmp_path):
    GRID.to_parquet(tmp_path / "grid.parquet")
    stored = {"grid": pd.read_parquet(tmp_path / "grid.parquet")}
    check_measured(named(), TRAINED, **MADE | stored)
    check_measured({"identity": "0123"}, TRAINED, **MADE)  # of an early version


@pytest.mark.parametrize(
    "other",
    [
        {"classifier_summary": {"identity": "4567"}},
        {"joined_featurizer": FEATURIZER | {"fingerprint": "ffff"}},
        {"exploration": {}},
        {"grid": GRID.assign(mean=0.9)},
        {"measured": {}},
    ],
)
def test_what_an_interrupted_run_left_beside_a_classifier_is_refused(other):
    known = {"measured": named(), "classifier_summary": TRAINED, **MADE}
    with pytest.raises(InputError, match=r"not all of one classifier.*: run `kedro run"):
        check_measured(**known | other)


def test_the_parameters_of_the_splits_are_kept():
    splits = Splits(None, {"method": "folder"})
    assert named(splits)["splitting"] == {"method": "folder"}
    assert named()["splitting"] == {}
