"""The nodes of the grid search on real digits: scikit-learn's GridSearchCV to the last digit, and
what a second run, a failing point and odd classes come to."""

import json
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline
from kedro.runner import SequentialRunner
from sklearn import pipeline as sklearn_pipeline
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.preprocessing import Normalizer, StandardScaler
from sklearn.svm import SVC

from pixelmill.datasets.grid_fits import GridFits
from pixelmill.errors import InputError
from pixelmill.grid.plan import GridPlan
from pixelmill.parameters import ModellingParameters
from pixelmill.pipelines.modelling.grid import choose_estimator, plan_grid, search_grid

FEATURIZER = {"fingerprint": "0123456789abcdef", "parts": []}
SVC_NAME = "sklearn.svm.SVC"
FOREST_NAME = "sklearn.ensemble.RandomForestClassifier"
LOGISTIC_NAME = "sklearn.linear_model.LogisticRegression"
TRAIN = 300


@pytest.fixture(scope="module")
def digits():
    """400 of scikit-learn's digits: pixels [400, 64] and labels; the first 300 are trained on."""
    pixels, labels = load_digits(return_X_y=True)
    return pixels[:400], labels[:400].astype(str)


@pytest.fixture(scope="module")
def paths():
    """Names of the digits; sorted they have an order of their own."""
    return np.array([f"{number * 7 % 400:03d}.png" for number in range(400)])


@pytest.fixture(scope="module")
def labelled(spark, digits, paths):
    """The digits as `join_features` gives them, in two partitions."""
    pixels, labels = digits
    split = np.where(np.arange(400) < TRAIN, "train", "test")
    table = {"path": paths, "label": labels, "split": split}
    columns = {name: pa.array(values.tolist()) for name, values in table.items()}
    columns["features"] = pa.array(list(pixels), pa.list_(pa.float32()))
    joined = spark.createDataFrame(pa.table(columns)).repartition(2).persist()
    yield joined
    joined.unpersist()


def with_grid(*points, preparation=None, folds=3, **grid):
    return ModellingParameters(
        preparation=preparation or {}, grid={"folds": folds, "points": points, **grid}
    )


def searched(labelled, modelling, fits, near_duplicates=None):
    """Runs the three nodes as Kedro does; the plan, how many fits were done, and the choice."""
    plan = plan_grid(labelled, FEATURIZER, modelling, near_duplicates)
    done = 0
    for finished in search_grid(labelled, plan, fits.load(), modelling):
        fits.save(finished)
        done += len(finished)
    table, chosen = choose_estimator(fits.load(), plan)
    return done, table, chosen


@pytest.fixture
def fits(tmp_path):
    return GridFits(filepath=str(tmp_path / "grid"))


@dataclass(frozen=True)
class Search:
    """A search of ours and the same one of scikit-learn."""

    name: str
    estimator: object
    values: dict
    scoring: str = "accuracy"
    scorer: str = "accuracy"
    preparation: dict = field(default_factory=dict)
    steps: tuple = (("scale", StandardScaler()),)

    def reference(self, pixels, labels):
        """scikit-learn's results on the same folds."""
        reference = GridSearchCV(
            sklearn_pipeline.Pipeline([*self.steps, ("last", self.estimator)]),
            {f"last__{name}": values for name, values in self.values.items()},
            scoring=self.scorer,
            cv=StratifiedKFold(3, shuffle=True, random_state=5),
            refit=False,
        )
        return reference.fit(pixels, labels)


ALL_STEPS = (("scale", StandardScaler()), ("normalize", Normalizer()), ("pca", PCA(12)))
SEARCHES = [
    Search(SVC_NAME, SVC(), {"C": [1, 10], "gamma": [0.1, 0.01]}),
    Search(
        LOGISTIC_NAME,
        LogisticRegression(),
        {"C": [0.01, 1.0]},
        scoring="f1",
        scorer="f1_macro",
        preparation={"normalize": True, "pca": 12},
        steps=ALL_STEPS,
    ),
    Search(
        FOREST_NAME,
        RandomForestClassifier(random_state=3),
        {"n_estimators": [5, 20], "random_state": [3]},
        scoring="balanced_accuracy",
        scorer="balanced_accuracy",
    ),
]


@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: search.name)
def test_scores_and_winner_are_those_of_grid_search_cv(labelled, digits, paths, fits, search):
    _, table, chosen = searched(
        labelled,
        with_grid(
            {"estimator": search.name, "parameters": search.values},
            preparation=search.preparation,
            scoring=search.scoring,
            seed=5,
        ),
        fits,
    )
    order = np.argsort(paths[:TRAIN])
    reference = search.reference(*(part[:TRAIN][order] for part in digits))
    results = reference.cv_results_
    rows = {row["parameters"]: row for row in table.to_dict("records")}
    assert len(table) == len(results["params"])
    for number, params in enumerate(results["params"]):
        row = rows[json.dumps(without_step(params))]
        expected = [results[f"split{fold}_test_score"][number] for fold in range(3)]
        np.testing.assert_allclose(row["fold_scores"], expected, rtol=0, atol=1e-6)
        assert row["mean"] == pytest.approx(results["mean_test_score"][number], abs=1e-6)
        assert row["std"] == pytest.approx(results["std_test_score"][number], abs=1e-6)
    assert chosen == {
        "estimator": search.name,
        "parameters": without_step(reference.best_params_),
    }
    assert table["mean"].is_monotonic_decreasing
    assert table["mean"][0] > 0.8


def without_step(params):
    """Parameters of a pipeline's last step by their own names."""
    return {name.removeprefix("last__"): value for name, value in params.items()}


def test_a_second_run_does_only_what_is_missing(labelled, fits):
    logistic = {"estimator": LOGISTIC_NAME, "parameters": {"C": [0.1, 1.0]}}
    small = with_grid(logistic)
    done, table, chosen = searched(labelled, small, fits)
    assert done == 6
    assert fits.exists()
    again, same_table, same_choice = searched(labelled, small, fits)
    assert again == 0
    assert same_choice == chosen
    assert same_table.equals(table)
    more = with_grid(logistic, {"estimator": SVC_NAME, "parameters": {"C": 10}})
    assert searched(labelled, more, fits)[0] == 3
    other_folds = with_grid(logistic, seed=1)
    assert searched(labelled, other_folds, fits)[0] == 6
    # Five searches' fits lie in the folder; the first grid still counts its own alone.
    assert len(searched(labelled, small, fits)[1]) == 2


@pytest.mark.parametrize(
    ("modelling", "points"),
    [(ModellingParameters(), 0), (with_grid({"estimator": LOGISTIC_NAME}, folds=2), 1)],
    ids=["no grid", "a grid"],
)
def test_kedro_runs_the_nodes(labelled, tmp_path, modelling, points):
    names = ["labelled_features", "joined_featurizer", "params:modelling"]
    pipeline = Pipeline(
        [
            Node(plan_grid, names, "grid_plan"),
            Node(search_grid, [names[0], "grid_plan", "finished_fits", names[2]], "grid_fits"),
            Node(choose_estimator, ["grid_fits", "grid_plan"], ["grid", "chosen_estimator"]),
        ]
    )
    folder = str(tmp_path / "grid")
    catalog = DataCatalog(
        {
            "labelled_features": MemoryDataset(labelled, copy_mode="assign"),
            "joined_featurizer": MemoryDataset(FEATURIZER),
            "params:modelling": MemoryDataset(modelling),
            "finished_fits": GridFits(filepath=folder),
            "grid_fits": GridFits(filepath=folder),
        }
    )
    SequentialRunner().run(pipeline, catalog)
    assert len(catalog.load("grid_fits")) == 2 * points
    assert catalog["grid_fits"].exists()


def test_copies_do_not_make_a_candidate_look_good(spark, fits):
    """The nearest image is a copy, and of other pictures nothing can be learned."""
    draw, group = np.random.default_rng(0), np.repeat(np.arange(40), 5)
    features = draw.normal(size=(40, 8))[group].astype(np.float32)
    paths, labels = [f"{number:03d}.png" for number in range(200)], draw.permutation(40)[group] % 2
    images = {"path": paths, "label": labels.astype(str), "split": ["train"] * 200}
    images["features"] = pa.array(list(features), pa.list_(pa.float32()))
    name, one = "sklearn.neighbors.KNeighborsClassifier", {"n_neighbors": 1}
    modelling = with_grid({"estimator": name, "parameters": one}, folds=2)
    copies = pa.table({"path": paths, "group": group})
    _, table, _ = searched(pa.table(images), modelling, fits, copies)
    assert table["mean"][0] < 0.7


def test_what_a_stopped_run_finished_is_not_done_again(labelled, fits):
    modelling = with_grid({"estimator": LOGISTIC_NAME, "parameters": {"C": [0.1, 1.0]}})
    plan = plan_grid(labelled, FEATURIZER, modelling)
    stopped = search_grid(labelled, plan, [], modelling)
    fits.save(next(stopped))
    fits.save(next(stopped))
    stopped.close()
    assert not fits.exists()
    with pytest.raises(InputError, match="4 fits of the search are missing"):
        choose_estimator(fits.load(), plan)
    done, table, _ = searched(labelled, modelling, fits)
    assert done == 4
    assert len(table) == 2


def test_points_that_warn_are_counted(labelled, fits, caplog):
    point = {"estimator": LOGISTIC_NAME, "parameters": {"max_iter": [2, 200]}}
    searched(labelled, with_grid(point, folds=2), fits)
    assert "1 of 2 points of the grid warned" in caplog.text


def test_a_point_that_fails_costs_no_other(labelled, fits, caplog):
    modelling = with_grid(
        {"estimator": "sklearn.naive_bayes.MultinomialNB"},
        {"estimator": LOGISTIC_NAME},
    )
    done, table, chosen = searched(labelled, modelling, fits)
    assert done == 6
    assert chosen == {"estimator": LOGISTIC_NAME, "parameters": {}}
    failed = table.to_dict("records")[-1]
    assert "Negative values" in failed["error"]
    assert failed["fold_scores"] == [None] * 3
    assert np.isnan(failed["mean"])
    assert "A point of the grid failed, sklearn.naive_bayes.MultinomialNB {}:" in caplog.text
    # What an estimator refuses it would refuse again: it is not tried twice.
    assert searched(labelled, modelling, fits)[0] == 0


def test_where_all_points_fail_the_reason_is_reported(labelled, fits):
    modelling = with_grid({"estimator": "sklearn.naive_bayes.MultinomialNB"})
    with pytest.raises(InputError, match=r"each of its 1 points failed, .* Negative values"):
        searched(labelled, modelling, fits)
    assert len(fits.load()) == 3


def test_classes_and_features_that_no_grid_can_use(spark, labelled, fits):
    modelling = with_grid({"estimator": LOGISTIC_NAME}, folds=5)
    many = with_grid({"estimator": LOGISTIC_NAME}, folds=200)
    with pytest.raises(InputError, match=r"largest class has \d+ training images, and 200 folds"):
        plan_grid(labelled, FEATURIZER, many)
    with pytest.raises(InputError, match=r"300 training images of 64 features"):
        plan_grid(labelled, FEATURIZER, modelling.model_copy(update={"broadcast_limit": 1000}))
    for nothing in (labelled.where("false"), labelled.where("label = '3'")):
        assert plan_grid(nothing, FEATURIZER, modelling) == GridPlan()
    broken = labelled.selectExpr(
        "path", "label", "split", "transform(features, x -> float('nan')) features"
    )
    with pytest.raises(InputError, match=r"300 images are not finite"):
        searched(broken, modelling, fits)


def test_without_a_grid_nothing_is_done_and_the_folder_can_be_loaded(labelled, fits):
    done, table, chosen = searched(labelled, ModellingParameters(), fits)
    assert (done, len(table), chosen) == (0, 0, {})
    assert fits.exists()


def test_a_pair_of_an_unknown_class_is_refused_before_the_search(labelled):
    pairs = {"strategy": "one_vs_one", "pairs": [("3", "8"), ("3", "88")]}
    modelling = with_grid({"estimator": LOGISTIC_NAME}).model_copy(update=pairs)
    with pytest.raises(InputError, match=r"no training image of '88'; did you mean '8'\?"):
        plan_grid(labelled, FEATURIZER, modelling)


def test_chosen_pairs_are_searched_on_the_images_of_their_classes_only(labelled, fits):
    pairs = {"strategy": "one_vs_one", "pairs": [("3", "8")]}
    modelling = with_grid({"estimator": LOGISTIC_NAME}).model_copy(update=pairs)
    assert plan_grid(labelled, FEATURIZER, modelling).labels == ["3", "8"]
    done, table, _ = searched(labelled, modelling, fits)
    assert done == 3
    assert table["mean"][0] > 0.9  # of all ten classes these two are a fifth
