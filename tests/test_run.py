"""Whole runs, as a user starts them: what comes of them, and what is left when they are killed."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from pixelmill.dataset_lock import take_lock
from pixelmill.progress_record import find_progress
from pixelmill.spark import worker_daemon
from tests.cluster.processes import children, descendants

MOST_JOBS = 5
PHOTOS = 96
FEATURES_ONLY = ("--pipelines", "ingestion,featurization")


def test_the_sample_ends_with_a_summary_and_the_files_that_it_names(digits_run):
    project, output = digits_run
    summary = output[output.index("digits: 500 images, 0 failed") :]
    assert re.search(
        r"\n  features: 500 computed( in [\d.]+ s\n|, \d+ images a second, \d+% of)", summary
    )
    accuracy = float(re.search(r"accuracy: ([\d.]+)", summary)[1])
    assert accuracy > 0.8
    assert project.json("08_reporting/digits/metrics.json")["accuracy"] == pytest.approx(
        accuracy, abs=5e-4
    )
    files = [line.strip() for line in summary[summary.index("open:") :].splitlines()[1:]]
    assert len(files) == 2
    assert all(Path(file).is_file() for file in files)


def test_the_sample_takes_few_spark_jobs(digits_run):
    """What is small is done in the driver; what each job beyond costs is a tenth of a second."""
    project, _ = digits_run
    (log,) = (project.storage.parent / "events").iterdir()
    events = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    jobs = [event["Job ID"] for event in events if event["Event"] == "SparkListenerJobStart"]
    assert 1 <= len(jobs) <= MOST_JOBS


def test_a_finished_run_leaves_its_progress_beside_the_report(digits_run):
    project, _ = digits_run
    record = find_progress(str(project.storage), "digits")
    metrics = project.json("08_reporting/digits/metrics.json")
    assert (record.state, record.sentence) == ("finished", None)
    assert record.done == record.images == metrics["images"]
    assert record.images_per_second > 0


def test_nothing_of_the_libraries_start_up_reaches_the_terminal(digits_run):
    _, output = digits_run
    noise = r"incubator|oneDNN|Setting default log level|WARN |tensorflow/core|Traceback"
    assert not re.search(noise, output)


def test_index_splits_and_features_have_the_same_paths(digits_run):
    project, _ = digits_run
    index = [row["path"] for row in project.table("02_intermediate/digits/image_index")]
    assert len(index) == 500
    assert Counter(index) == Counter(row["path"] for row in project.features("digits"))
    splits = project.table("02_intermediate/digits/splits")
    assert Counter(index) == Counter(row["path"] for row in splits)


def test_a_run_after_a_change_does_what_depends_on_it_as_a_forced_run_does(digits_copy, run_here):
    run_here(digits_copy, "dataset=digits")  # the images lie in the storage, which was moved
    params = "dataset=digits,modelling.parameters={regParam: 0.5}"
    output = run_here(digits_copy, params)
    unchanged = re.findall(r"(\w+): unchanged", output)
    assert unchanged == ["collection", "ingestion", "featurization", "splitting"]
    assert "features: all 500 were there already" in output
    before = results_of(digits_copy)
    assert "unchanged" not in run_here(digits_copy, f"{params},run.force=true").replace(
        "ingestion: unchanged", ""
    )
    assert results_of(digits_copy) == before


def results_of(project):
    """Output without times."""
    reports = project.storage / "08_reporting" / "digits"
    names = ("classes.parquet", "pairs.parquet", "confusion_matrix.parquet")
    names += ("feature_statistics.json", "calibration_curve.svg")
    tables = ("02_intermediate/digits/splits", "07_model_output/digits/predictions")
    return (
        [(reports / name).read_bytes() for name in names],
        [sorted(project.table(table), key=str) for table in tables],
        sorted(project.features("digits"), key=str),
    )


def test_nothing_to_do_and_a_change_for_few_images_start_no_java(digits_copy, run_here, tmp_path):
    run_here(digits_copy, "dataset=digits")
    place = "08_reporting/digits/profile.json"
    profile = digits_copy.json(place)
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\nexit 1\n")
    java.chmod(0o755)

    def run_without_java(params):
        environment = {"JAVA_HOME": str(tmp_path), "PATH": f"{java.parent}:{os.environ['PATH']}"}
        status, output = digits_copy.kedro("run", "--params", params, **environment)
        assert status == 0, output
        assert not (tmp_path / "started").exists()
        return output

    output = run_without_java("dataset=digits")
    assert "\nnothing to do\n" in output
    assert "accuracy: " in output
    assert digits_copy.json(place) == profile
    output = run_without_java("dataset=digits,modelling.parameters.regParam=0.01")
    assert "modelling: logistic_regression trained on 350 images" in output


def test_only_missing_outputs_runs_nothing_where_nothing_is_missing(digits_copy, run_here):
    output = run_here(digits_copy, "dataset=digits", *FEATURES_ONLY, "--only-missing-outputs")
    assert "Running node: featurize_images" not in output
    assert "not implemented" not in output


def test_unlabelled_images_get_a_report_without_a_classifier(project, run_here, assets, tmp_path):
    shutil.copytree(assets / "colours" / "red", tmp_path / "photos")
    output = run_here(project, f"dataset=photos,images={tmp_path / 'photos'},ingestion.label=none")
    assert "no classifier: the report says why" in output
    metrics = project.json("08_reporting/photos/metrics.json")
    assert metrics["accuracy"] is None
    assert metrics["images"] == len(list((tmp_path / "photos").iterdir()))
    report = (project.storage / "08_reporting/photos/report.html").read_text(encoding="utf-8")
    assert "<html" in report


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ("dataset=pets,images=/no/such/folder", "There is no folder /no/such/folder"),
        ("featurization.batchsize=3", "did you mean 'batch_size'?"),
        ("featurization.featurizer=resnet5", "did you mean resnet50"),
        ("modelling.estimator=logistic_regresion", "did you mean 'logistic_regression'"),
        ("dataset=pets", "images"),
        ("featurization.weights=/no/weights.h5", "/no/weights.h5"),
    ],
)
def test_bad_input_is_one_sentence_before_any_work(spark, commands, params, sentence):
    status, output = commands.command("run", "--params", params)
    assert status == 1
    message = output[output.index("Error: ") :]
    assert sentence in " ".join(message.split())
    assert "failed with error" not in output
    assert "Traceback" not in output
    assert not list(commands.storage.rglob("*.parquet"))


def test_a_second_run_on_the_same_data_set_refuses(spark, commands):
    lock = take_lock(str(commands.storage), "digits")
    assert lock is not None
    status, output = commands.command("run")
    assert status == 1
    assert "another run works on the data set 'digits'" in " ".join(output.split())
    lock.release()


@pytest.fixture
def photos(assets, tmp_path):
    """Photos enough in float32 that a run can be killed in the middle."""
    folder = tmp_path / "photos"
    folder.mkdir()
    originals = sorted((assets / "pets").rglob("*.jpg"))[:PHOTOS]
    for photo in originals:
        shutil.copy(photo, folder / photo.name)
    return folder


def params(photos, chunk_size):
    return (
        f"dataset=pets,images={photos},ingestion.label=none,spark.master=local[2],"
        f"featurization.precision=float32,featurization.chunk_size={chunk_size}"
    )


def wait_for(condition, process):
    """Waits until something is true of a run that goes on."""
    while not condition():
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.1)


def chunks(project):
    return list(project.storage.glob("04_feature/pets/*/_committed/*"))


def by_path(rows):
    assert len({row["path"] for row in rows}) == len(rows)
    return {row["path"]: np.array(row["features"], np.float32) for row in rows}


def test_a_killed_worker_costs_its_task_and_a_killed_driver_its_chunk(
    project, run_here, photos, tmp_path
):
    process = project.start("run", *FEATURES_ONLY, "--params", params(photos, 8))
    wait_for(lambda: chunks(project) and busy_workers(process.pid), process)
    before = len(chunks(project))
    os.kill(busy_workers(process.pid)[0], signal.SIGKILL)
    # The chunk in hand needs the task that was killed, and those after it a worker in its place.
    wait_for(lambda: len(chunks(project)) > before + 1, process)
    jvm = descendants(process.pid, "java")
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_until_gone(jvm)
    rows = project.features("pets")
    assert 0 < len(by_path(rows)) == len(rows) < PHOTOS
    assert all(row["error"] is None for row in rows)

    run_here(project, params(photos, PHOTOS), *FEATURES_ONLY)
    assert project.json("08_reporting/pets/profile.json")["already_done"] == len(rows)
    again = project.features("pets")
    assert all(row["error"] is None for row in again)

    undisturbed = type(project)(tmp_path / "undisturbed")
    run_here(undisturbed, params(photos, 1000), *FEATURES_ONLY)
    found, expected = by_path(again), by_path(undisturbed.features("pets"))
    assert len(found) == PHOTOS
    assert found.keys() == expected.keys()
    for path, vector in found.items():
        np.testing.assert_allclose(vector, expected[path], rtol=1e-5, atol=1e-6)


def busy_workers(pid):
    """Python workers of a run: the children of our daemon."""
    daemons = descendants(pid, worker_daemon.__name__)
    return [worker for daemon in daemons for worker in children(daemon, worker_daemon.__name__)]


def wait_until_gone(pids):
    """Waits for processes that end by themselves when their parent is gone."""
    for pid in pids:
        while Path(f"/proc/{pid}").exists():
            time.sleep(0.05)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 5 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=5m", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.strip()}")
    yield folder
    # Lazily: the JVM of the tests, which goes on, may close its files later.
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_one_sentence_and_the_next_run_goes_on(
    small_disk, photos, project, run_here
):
    full = type(project)(small_disk)
    (small_disk / "ballast").write_bytes(b"0" * 4_750_000)
    status, output = full.command("run", *FEATURES_ONLY, "--params", params(photos, 24))
    assert status == 1
    assert "Error: the disk is full: free some space" in " ".join(output.split())
    (small_disk / "ballast").unlink()
    run_here(full, params(photos, PHOTOS), *FEATURES_ONLY)
    assert len(by_path(full.features("pets"))) == PHOTOS
