"""S3 refuses, stalls, breaks off or lies: images are read again, or say why they were not."""

import re

from tests.cluster.project import (
    FEATURES_ONLY,
    IN_MANY_CHUNKS,
    IN_ONE_CHUNK,
    PARAMS,
    PHOTOS,
    assert_same,
)
from tests.s3_proxy import Fault

FIRST_TWO = "photos/(Abyssinian|Bengal)"
OTHERS = "photos/[C-Za-z]"
ENDINGS = {
    # Which request meets it first is chance, and the answer to a HEAD names no reason.
    "expired": "(the|S3 refuses the) AWS credentials(; they may)? have expired; log in again.",
    "no_bucket": "there is no such bucket; check the name and the endpoint.",
}


def run_through(project, application, params=PARAMS):
    """A run to its end."""
    return project.start(application, params, *FEATURES_ONLY).end()


def test_refused_and_stalled_requests_cost_no_image(project, application, proxy, undisturbed):
    proxy.set(
        Fault("slow_down", share=0.05),
        Fault("stall", seconds=60, first=3, methods="GET", keys=FIRST_TWO),
        Fault("stall_body", seconds=60, first=2, methods="GET", keys=OTHERS),
        Fault("stall", seconds=60, first=1, methods="GET", keys=r"missing_images/.*\.parquet"),
    )
    status, output = run_through(project, application)
    assert status == 0, output
    counts = proxy.counts()
    assert counts["slow_down"] > 10
    assert (counts["stall"], counts["stall_body"]) == (4, 2)
    assert_same(project.features("pets"), undisturbed)


def test_half_an_answer_is_retried_and_half_an_image_is_a_failure(
    project, application, proxy, undisturbed
):
    proxy.set(
        Fault("break", first=5, methods="GET", keys="photos/Abyssinian"),
        Fault("truncate", first=5, methods="GET", keys="photos/[C-Za-z]"),
        Fault("reset", first=2, methods="GET|PUT|HEAD", keys="_temporary"),
        Fault("break", first=1, methods="GET", keys=r"missing_images/.*\.parquet"),
        # Half of an object under a length that fits: no client can know it for half.
        Fault("short", methods="GET", keys="photos/Bengal"),
    )
    status, output = run_through(project, application)
    assert status == 0, output
    counts = proxy.counts()
    assert (counts["break"], counts["truncate"], counts["reset"]) == (6, 5, 2)
    rows = project.features("pets")
    failed = [row for row in rows if row["error"] is not None]
    assert len(rows) == PHOTOS
    assert {row["path"].split("_")[0] for row in failed} == {"Bengal"}
    assert all(row["error"].startswith("unreadable, ") for row in failed)

    proxy.set()
    status, output = run_through(project, application)
    assert status == 0, output
    done = project.json("08_reporting/pets/profile.json")["already_done"]
    assert done == PHOTOS - len(failed)
    assert_same(project.features("pets"), undisturbed)


def start(project, application, proxy):
    """A run, once it has saved a chunk."""
    proxy.set()
    run = project.start(application, IN_MANY_CHUNKS, *FEATURES_ONLY)
    run.wait_for(lambda: project.chunks("pets"), "chunk")
    return run


def test_the_run_after_a_killed_driver_or_an_s3_outage_does_the_rest(
    new_project, application, live_application, proxy, undisturbed
):
    # Each of its own, for a run that S3 refuses leaves its lease, which is taken for live a while.
    projects = {name: new_project(name) for name in (*ENDINGS, "killed")}
    for fault, sentence in ENDINGS.items():
        run = start(projects[fault], application, proxy)
        proxy.set(Fault(fault))
        status, output = run.end()
        assert status == 1, output
        assert re.search(rf"Error: s3://cluster\S*: {sentence}", output), output
        assert "Traceback" not in output
    start(projects["killed"], application, proxy)
    application.kill()

    application = live_application()
    for project in projects.values():
        saved = project.features("pets")
        assert 0 < len(saved) < PHOTOS
        status, output = run_through(project, application, IN_ONE_CHUNK)
        assert status == 0, output
        assert project.json("08_reporting/pets/profile.json")["already_done"] == len(saved)
        assert_same(project.features("pets"), undisturbed)
