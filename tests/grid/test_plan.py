"""What a search has to do: keys that know all that changes a score, and refusals before work."""

import pytest

from pixelmill.datasets.grid_fits import FinishedFit
from pixelmill.errors import InputError
from pixelmill.grid.plan import GridPlan, copy_warnings, plan_fits, warnings_of
from pixelmill.grid.training import TrainingScan
from pixelmill.parameters import GridParameters, ModellingParameters


def scanned(sizes, digest="digest", pictures=None, copies=None):
    return TrainingScan(sizes, pictures or sizes, 64, digest, copies or {})


SCAN = scanned({"b": 7, "a": 5})
FEATURIZER = {"fingerprint": "f" * 16}
GRID = {"folds": 3, "points": [{"estimator": "svm_sgd", "parameters": {"step": [1, 2]}}]}


def plan(scan=SCAN, featurizer=FEATURIZER, grid=GRID, **modelling):
    return plan_fits(scan, featurizer, ModellingParameters(grid=grid, **modelling))


def keys(plan):
    return {fit.key for fits in plan.fits for fit in fits}


def finished(planned, **other):
    values = {"estimator": "svm_sgd", "parameters": {}, "fold": planned.fold, "seconds": 1.0}
    return FinishedFit(key=planned.key, **values | other)


def test_every_point_on_every_fold():
    whole = plan()
    assert whole.labels == ["a", "b"]
    assert [[(fit.point.parameters["step"], fit.fold) for fit in fits] for fits in whole.fits] == [
        [(1, 0), (1, 1), (1, 2)],
        [(2, 0), (2, 1), (2, 2)],
    ]
    assert len(keys(whole)) == 6
    assert keys(plan()) == keys(whole)


@pytest.mark.parametrize(
    "change",
    [
        {"scan": scanned({"b": 7, "a": 5}, "another")},
        {"featurizer": {"fingerprint": "0" * 16}},
        {"grid": GRID | {"folds": 4}},
        {"grid": GRID | {"seed": 1}},
        {"grid": GRID | {"scoring": "f1"}},
        {"grid": GRID | {"points": [{"estimator": "linear_svc", "parameters": {"step": [1, 2]}}]}},
        {"grid": GRID | {"points": [{"estimator": "svm_sgd", "parameters": {"step": [3, "1"]}}]}},
        {"strategy": "one_vs_one"},
        {"strategy": "one_vs_one", "pairs": [("a", "b")]},
        {"balance": False},
        {"preparation": {"scale": False}},
        {"preparation": {"pca": 10}},
    ],
    ids=str,
)
def test_what_changes_a_score_changes_every_key(change):
    assert not keys(plan()) & keys(plan(**change))


def test_a_point_more_leaves_the_others_their_keys():
    more = {"estimator": "svm_sgd", "parameters": {"step": [3, 2, 1]}}
    longer = plan(grid=GRID | {"points": [more]}, estimator="linear_svc", broadcast_limit=10**6)
    assert keys(plan()) < keys(longer)


def test_missing_is_what_nobody_finished_fold_by_fold():
    whole = plan()
    (one, _, _), (other, again, _) = whole.fits
    done = [
        finished(one, score=0.5),
        finished(other, error="ValueError: no"),
        finished(again, error="the worker died", retry=True),
    ]
    left = [(fit.fold, fit.point.parameters["step"]) for fit in whole.missing(done)]
    assert left == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert GridPlan().missing(done) == []


def test_a_duplicate_candidate_is_fitted_once():
    twice = plan(grid=GRID | {"points": GRID["points"] * 2})
    assert len(twice.fits) == 4
    assert len(twice.missing([])) == 6


@pytest.mark.parametrize(
    ("sizes", "sentence"),
    [
        ({"a": 2, "b": 2}, r"the largest class has 2 training images, and 3 folds need"),
        ({"a": 1, "b": 1}, r"the largest class has 1 training image, and 3 folds .*fewer folds"),
    ],
)
def test_where_no_class_has_an_image_for_each_fold_the_grid_is_refused(sizes, sentence):
    with pytest.raises(InputError, match=sentence):
        plan(scanned(sizes))


def test_classes_with_fewer_images_than_folds_are_warned_of():
    grid = GridParameters.model_validate(GRID)
    assert warnings_of({"a": 9, "b": 3}, grid) == []
    assert warnings_of({"a": 9, "b": 2}, None) == []
    (sentence,) = warnings_of({"a": 9, "b": 2, "c": 1}, grid)
    assert sentence.startswith(
        "Classes with fewer training images than the grid's 3 folds: 2 (b, c)"
    )
    assert plan(scanned({"a": 9, "b": 2, "c": 1})).fits


def test_copies_count_once():
    copies = {"1.png": 0, "2.png": 0}
    scan = scanned({"a": 9, "b": 9}, pictures={"a": 8, "b": 2}, copies=copies)
    assert plan(scan).copies == copies
    (sentence,) = copy_warnings(scan, 3)
    assert sentence.startswith(
        "Classes whose training images are copies of fewer pictures than the grid's 3 folds: 1 (b)."
    )
    assert copy_warnings(scan, 2) == copy_warnings(scanned({"a": 9, "b": 2}), 3) == []
    with pytest.raises(InputError, match=r"8 training images, copies .* counted once, and 9 folds"):
        plan(scan, grid=GRID | {"folds": 9})


def test_features_too_large_for_a_worker():
    with pytest.raises(
        InputError, match=r"12 training images of 64 features are .*broadcast_limit"
    ):
        plan(broadcast_limit=12 * 64 * 8 - 1)
    plan(broadcast_limit=12 * 64 * 8)
