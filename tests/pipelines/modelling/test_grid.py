"""The grid search on real digits: scikit-learn's GridSearchCV to the last digit, and all that
goes wrong on the way: points that fail, workers and drivers that are killed."""

import json
import os
import signal
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from py4j.protocol import Py4JJavaError
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import Normalizer, StandardScaler
from sklearn.svm import SVC

from pixelmill.datasets.grid_fits import GridFits
from pixelmill.errors import InputError
from pixelmill.grid.plan import GridPlan
from pixelmill.grid.search import _task_failure
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
    """Of the digits; sorted they stand in an order of their own."""
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


def searched(labelled, modelling, fits):
    """Runs the three nodes as Kedro does; the plan, how many fits were done, and the choice."""
    plan = plan_grid(labelled, FEATURIZER, modelling)
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
            Pipeline([*self.steps, ("last", self.estimator)]),
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


@contextmanager
def watched_groups(spark):
    """Notes the names of the job groups that a block sets."""
    context, seen = type(spark.sparkContext), []
    given = context.setJobGroup

    def noted(self, group, *rest):
        seen.append(group)
        given(self, group, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(context, "setJobGroup", noted)
        yield seen


def stages_of(spark, group):
    """What Spark knows of the stages of a group's jobs."""
    tracker = spark.sparkContext.statusTracker()
    jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(group)]
    return [tracker.getStageInfo(stage) for job in jobs for stage in job.stageIds]


def test_each_fit_is_one_job_of_one_task(spark, labelled, fits):
    with watched_groups(spark) as seen:
        searched(labelled, with_grid({"estimator": LOGISTIC_NAME}), fits)
    assert len(set(seen)) == 1
    assert [stage.numTasks for stage in stages_of(spark, seen[0])] == [1, 1, 1]


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


def test_where_all_points_fail_the_reason_is_told(labelled, fits):
    modelling = with_grid({"estimator": "sklearn.naive_bayes.MultinomialNB"})
    with pytest.raises(InputError, match=r"each of its 1 points failed, .* Negative values"):
        searched(labelled, modelling, fits)
    assert len(fits.load()) == 3


def test_classes_and_features_that_no_grid_can_use(spark, labelled, fits):
    modelling = with_grid({"estimator": LOGISTIC_NAME}, folds=5)
    few = labelled.where("label != '3' or path < '100'")
    with pytest.raises(InputError, match=r"class '3' has \d+ training images, and 9 folds"):
        plan_grid(few, FEATURIZER, with_grid({"estimator": LOGISTIC_NAME}, folds=9))
    with pytest.raises(InputError, match=r"300 training images of 64 features"):
        plan_grid(labelled, FEATURIZER, modelling.model_copy(update={"broadcast_limit": 1000}))
    for nothing in (labelled.where("false"), labelled.where("label = '3'")):
        assert plan_grid(nothing, FEATURIZER, modelling) == GridPlan()
    broken = labelled.selectExpr(
        "path", "label", "split", "transform(features, x -> float('nan')) features"
    )
    with pytest.raises(InputError, match=r"300 training images are not finite"):
        searched(broken, modelling, fits)


def test_without_a_grid_nothing_is_done_and_the_folder_can_be_loaded(labelled, fits):
    done, table, chosen = searched(labelled, ModellingParameters(), fits)
    assert (done, len(table), chosen) == (0, 0, {})
    assert fits.exists()


SLOW = {"estimator": FOREST_NAME, "parameters": {"n_estimators": [400, 401]}}
needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc")


@needs_proc
def test_a_killed_worker_costs_its_task_a_try_and_nothing_else(spark, labelled, fits):
    killed = []
    killer = threading.Thread(target=lambda: killed.append(kill_a_busy_worker()))
    killer.start()
    with watched_groups(spark) as seen:
        done, table, _ = searched(labelled, with_grid(SLOW, folds=2), fits)
    killer.join()
    assert killed[0] is not None
    assert done == 4
    assert list(table["error"]) == [None, None]
    assert table["mean"].min() > 0.9
    assert sum(stage.numFailedTasks for stage in stages_of(spark, seen[0])) == 1


@needs_proc
def test_a_fit_whose_worker_dies_in_every_try_is_a_row_for_the_next_run(labelled, fits):
    modelling = with_grid({"estimator": FOREST_NAME, "parameters": {"n_estimators": 9000}}, folds=2)
    over = threading.Event()
    killer = threading.Thread(target=lambda: kill_all_busy_workers(over))
    killer.start()
    with pytest.raises(InputError, match=r"its task failed in every try .*worker exited"):
        searched(labelled, modelling, fits)
    over.set()
    killer.join()
    assert [fit.retry for fit in fits.load()] == [True, True]
    plan = plan_grid(labelled, FEATURIZER, modelling)
    assert len(plan.missing(fits.load())) == 2


def test_what_a_task_raises_is_told_by_its_last_line(spark):
    with pytest.raises(Py4JJavaError) as raised:
        spark.sparkContext.parallelize([0], 1).map(lambda zero: 1 / zero).collect()
    assert "every try (ZeroDivisionError: division by zero);" in _task_failure(str(raised.value))


@needs_proc
def test_whoever_stops_keeps_what_is_finished_and_leaves_no_task_behind(spark, labelled, fits):
    modelling = with_grid(SLOW, folds=2)
    plan = plan_grid(labelled, FEATURIZER, modelling)
    search = search_grid(labelled, plan, [], modelling)
    fits.save(next(search))
    search.close()
    assert not spark.sparkContext.statusTracker().getActiveJobsIds()
    wait_for(lambda: not busy_workers())
    assert not fits.exists()
    with pytest.raises(InputError, match="3 fits of the search are missing"):
        choose_estimator(fits.load(), plan)
    done, table, _ = searched(labelled, modelling, fits)
    assert done == 3
    assert len(table) == 2


def wait_for(condition):
    """Waits a minute at most for something true, and returns it."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if found := condition():
            return found
    return pytest.fail("waited for a minute")


def kill_a_busy_worker():
    """Kills the first Python worker that is found at work; its id."""
    pid = wait_for(busy_workers)[0]
    os.kill(pid, signal.SIGKILL)
    return pid


def kill_all_busy_workers(over):
    """Kills whatever works until it is told that it is over."""
    while not over.is_set():
        for pid in busy_workers():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def busy_workers():
    """Python workers of this process's Spark that use a core now."""
    before = worker_ticks()
    time.sleep(0.2)
    return [pid for pid, ticks in worker_ticks().items() if ticks - before.get(pid, ticks) > 2]


def worker_ticks():
    """CPU time of each Python worker, in hundredths of a second, by its id."""
    (java,) = children_of({os.getpid()}, b"SparkSubmit")
    daemons = children_of({java}, b"pyspark.daemon")
    return {pid: ticks_of(pid) for pid in children_of(daemons, b"pyspark.daemon")}


def children_of(parents, name):
    """Processes whose parent is one of some, by what their command line holds."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent in parents and name in (folder / "cmdline").read_bytes():
                found.add(int(folder.name))
    return found


def ticks_of(pid):
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11])
    return 0
