"""What a run has to do, from the profile of another."""

import json
from datetime import date

import pytest

from pixelmill.aws.price_table import Speed
from pixelmill.emr.planning.assumptions import load_assumptions
from pixelmill.emr.planning.work import find_profile
from pixelmill.errors import InputError
from tests.emr.planning.runs import PROFILE, work

GOOD = PROFILE.model_dump() | {"share": {"read": 0.1}, "failures": {}}


@pytest.fixture
def written(tmp_path):
    """Writes a profile and gives its place."""

    def write(content):
        file = tmp_path / "profile.json"
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        return file

    return write


def read_profile(file):
    return find_profile([str(file.parent)], file.name).profile


def test_the_profile_of_a_real_run_is_read(digits_run):
    project, _ = digits_run
    profile = read_profile(project.storage / "08_reporting/digits/profile.json")
    written = project.json("08_reporting/digits/profile.json")
    written = written.get("last") or written  # other tests run the sample again
    assert profile.images == written["images"] > 0
    assert profile.seconds_by_step.infer == written["seconds_by_step"]["infer"]


def test_without_a_profile_the_sentence_says_how_to_get_one(tmp_path):
    with pytest.raises(InputError, match=r"no profile in .*: run kedro run --params dataset=NAME"):
        read_profile(tmp_path / "profile.json")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is no profile of a run"),
        ("[]", "is no profile of a run"),
        (GOOD | {"cores": None}, r"is no profile of a run \(cores: "),
        (GOOD | {"seconds_by_step": {"read": 1}}, r"\(seconds_by_step.decode: Field required\)"),
        (
            GOOD | {"seconds_by_step": GOOD["seconds_by_step"] | {"infer": -1}},
            "seconds_by_step.infer",
        ),
        (GOOD | {"images": 0, "cores": None}, "is of a run that had nothing to do"),
        (GOOD | {"images": 0, "last": None}, "is of a run that had nothing to do"),
        (GOOD | {"images": 0, "last": 7}, "is no profile of a run"),
    ],
)
def test_a_damaged_profile_is_reported_with_what_is_wrong(written, content, message):
    with pytest.raises(InputError, match=message):
        read_profile(written(content))


def test_after_a_run_with_little_or_nothing_to_do_the_one_before_it_counts(written):
    assert read_profile(written({"images": 0, "cores": None, "last": GOOD})) == PROFILE
    assert read_profile(written(GOOD | {"images": 1, "last": GOOD})) == PROFILE


def test_the_day_is_that_of_the_run_and_not_of_the_file(written):
    file = written({"images": 0, "last": GOOD | {"date": "2026-01-02"}})
    assert find_profile([str(file.parent)], file.name).measured == date(2026, 1, 2)


def test_the_first_storage_that_has_a_profile_gives_it(written, tmp_path):
    file = written(GOOD)
    found = find_profile([str(tmp_path / "nowhere"), str(tmp_path)], file.name)
    assert (found.profile, found.place) == (PROFILE, str(file))


def test_a_profile_in_a_bucket_is_read_if_possible(s3, written):
    s3.put_object(Bucket="photos", Key="out/profile.json", Body=json.dumps(GOOD))
    assert find_profile(["s3://photos/out"], "profile.json").profile == PROFILE
    file = written(GOOD)
    found = find_profile(["s3://no-such-bucket/out", str(file.parent)], file.name)
    assert found.place == str(file)
    with pytest.raises(InputError, match="no-such-bucket"):
        find_profile(["s3://no-such-bucket/out", str(file.parent)], "other.json")


def test_the_core_time_of_an_image_is_that_of_the_profile_and_the_overheads():
    assumed = load_assumptions(["overhead=0.002", "s3_read=0.001"])
    found = work(assumed=assumed)
    assert found.network_seconds == pytest.approx(6.4 / 1000)
    assert found.plain_seconds == pytest.approx((0.4 + 1.2 + 0.2) / 1000 + 0.003)


def test_a_slow_laptop_makes_less_of_its_core_seconds():
    slow = work(assumed=load_assumptions(["profile_speed=0.5"]))
    assert slow.network_seconds == pytest.approx(3.2 / 1000)


def test_a_cpu_without_bfloat16_is_slower_with_a_profile_in_bfloat16():
    old = Speed(plain=1.0, float32=1.0, bfloat16=0.5)
    in_float32 = work(profile=PROFILE.model_copy(update={"precision": "float32"}))
    extra = work().cpu_seconds(old) - in_float32.cpu_seconds(old)
    assert extra == pytest.approx(6.4 / 1000)


def test_a_featurizer_without_a_network_is_planned_too():
    found = work(profile=PROFILE.model_copy(update={"precision": None}))
    assert found.cpu_seconds(Speed(plain=1, float32=2, bfloat16=4)) == pytest.approx(
        found.plain_seconds + found.network_seconds / 2
    )


@pytest.mark.parametrize("images", [0, -1])
def test_a_profile_of_zero_images_is_reported(images):
    with pytest.raises(InputError, match=f"there are {images} images to plan for"):
        work(images)


@pytest.mark.parametrize(("images", "chunks"), [(1, 1), (500_000, 1), (500_001, 2)])
def test_the_last_chunk_need_not_be_full(images, chunks):
    assert work(images).chunks == chunks
