"""`kedro emr plan`, as a user's terminal has it."""

import json
import re
import shutil

import pytest
from click.testing import CliRunner

from pixelmill.emr.commands import emr
from tests.emr.planning import scale
from tests.emr.planning.runs import PROFILE, ROOT


@pytest.fixture
def project(known_project, tmp_path, monkeypatch):
    """The project's configuration, and the profile of a run on the data set 'pets'."""
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    place = tmp_path / "data/08_reporting/pets/profile.json"
    place.parent.mkdir(parents=True)
    place.write_text(PROFILE.model_dump_json())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIXELMILL_STORAGE", "")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def plan(*arguments, region="us-east-1"):
    given = ["plan", "--params", "dataset=pets", *arguments]
    return CliRunner().invoke(emr, [*given, "--set", f"region={region}"] if region else given)


def as_json(*arguments):
    done = plan("--json", *arguments)
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def sentence(*arguments, **options):
    """The message; it is one line, and the exit status is 1."""
    done = plan(*arguments, **options)
    assert done.exit_code == 1
    assert done.output.startswith("Error: ")
    assert done.output.count("\n") == 1
    return done.output.removeprefix("Error: ").strip()


def test_a_plan_says_nodes_hours_and_cost_by_part(project):
    output = plan("--images", "100000000").output
    for part in (
        "instances on demand",
        "spot instances",
        "EMR's fee",
        "disks (EBS)",
        "S3 requests",
    ):
        assert part in output
    assert "1 m7i.2xlarge (driver) + 1 c7i.4xlarge on demand + 4 c7i.4xlarge spot" in output
    assert "Alternatives" in output
    assert "serverless" in output


def test_every_price_has_its_source_and_date(project):
    output = plan("--images", "1000000").output
    for part in ("on demand", "spot", "emr", "ebs", "s3", "serverless"):
        assert any(line.startswith(part) and "202" in line for line in output.splitlines()), part
    assert "aws.amazon.com/s3/pricing" in output


def test_no_line_is_wider_than_a_terminal_of_100_columns(project):
    output = plan("--images", "100000000", "--deadline", "3h", "--explain").output
    assert max(map(len, output.splitlines())) <= 100
    assert "…" not in output.replace("a7/…", "")  # nothing is cut


def test_the_reasons_of_what_is_taken_for_granted_come_when_asked_for(project):
    reason = "Share of a spot node's work that is done twice"
    assert reason not in plan("--images", "1000000").output
    assert reason in plan("--images", "1000000", "--explain").output


def test_scripts_get_the_same_as_json(project):
    found = as_json("--images", "100000000")
    chosen = found["chosen"]
    assert chosen["total"] == pytest.approx(sum(chosen["cost"].values()))
    assert chosen["hours"] == pytest.approx(sum(chosen["seconds"].values()) / 3600)
    assert (chosen["nodes"], chosen["spot_nodes"], chosen["vcpus"]) == (5, 4, 80)
    assert found["inputs"]["images"] == {"value": 100000000, "source": "--images"}
    assert found["sources"]["spot"]["date"] == "2026-07-09"
    assert found["sources"]["emr"]["age_days"] > 500
    assert found["assumptions"]["utilisation"] == 0.9
    assert found["cheapest"] is None


def test_the_cheapest_within_a_deadline_has_its_settings(project):
    found = as_json("--images", "100000000", "--deadline", "3h")["cheapest"]
    assert found["hours"] <= 3
    again = as_json(
        "--images", "100000000", *(word for change in found["set"] for word in ("--set", change))
    )
    assert again["chosen"]["total"] == pytest.approx(found["total"])
    output = plan("--images", "100000000", "--deadline", "3h").output
    assert "The cheapest that meets the deadline" in output
    assert f"--set '{found['set'][0]}'" in output


def test_settings_and_assumptions_change_the_plan(project):
    usual = as_json("--images", "1000000")["chosen"]
    more = as_json("--images", "1000000", "--set", "task.spot=9")["chosen"]
    slow = as_json("--images", "1000000", "--assume", "utilisation=0.45")["chosen"]
    assert more["nodes"] == 10
    assert slow["images_per_second"] == pytest.approx(usual["images_per_second"] / 2)


def test_images_are_counted_where_no_number_is_given(project):
    (project / "photos").mkdir()
    for number in range(3):
        (project / f"photos/{number}.jpg").write_bytes(b"x" * 2000)
    found = as_json("--params", f"dataset=pets,images={project}/photos")
    assert found["work"]["images"] == 3
    assert found["work"]["image_bytes"] == 2000


def test_a_place_with_brackets_is_shown_as_it_is(project):
    place = project / "[bold]"
    place.mkdir()
    (place / "1.jpg").write_bytes(b"x")
    output = plan("--params", f"dataset=pets,images={place}").output
    assert "[bold]" in output


def test_the_speed_of_each_family_comes_with_its_reason(project):
    output = " ".join(plan("--images", "1000000", "--explain").output.split())
    assert "Sapphire Rapids with AMX" in output
    assert "a vCPU is a whole core" in output


def test_the_profile_is_looked_for_where_the_tables_are(project, tmp_path, monkeypatch):
    place = tmp_path / "elsewhere"
    shutil.move(project / "data", place)
    assert "no profile in data/08_reporting/pets/profile.json" in sentence("--images", "1000000")
    monkeypatch.setenv("PIXELMILL_STORAGE", str(place))
    found = as_json("--images", "1000000")
    assert found["inputs"]["profile"]["source"].startswith("elsewhere/08_reporting/pets/profile")


def test_the_profile_of_a_run_on_s3_comes_from_its_bucket(project, s3, monkeypatch, caplog):
    caplog.set_level("ERROR", logger="werkzeug")  # the store answers in this very process
    file = project / "data/08_reporting/pets/profile.json"
    monkeypatch.setenv("PIXELMILL_STORAGE", "s3://photos/out")
    source = as_json("--images", "1000000")["inputs"]["profile"]["source"]
    assert source.startswith("data/08_reporting/pets/profile.json")  # a sample's, run here
    s3.upload_file(str(file), "photos", "out/08_reporting/pets/profile.json")
    source = as_json("--images", "1000000")["inputs"]["profile"]["source"]
    assert source.startswith("s3://photos/out/08_reporting/pets/profile.json, 1,000 images")


def test_another_profile_can_be_named(project):
    other = project / "other.json"
    other.write_text(PROFILE.model_copy(update={"images": 2000}).model_dump_json())
    found = as_json("--images", "1000000", "--profile", str(other))
    usual = as_json("--images", "1000000")
    half = usual["work"]["network_seconds"] / 2
    assert found["work"]["network_seconds"] == pytest.approx(half)


def test_nodes_without_bfloat16_are_warned_of(project):
    output = " ".join(
        plan("--images", "1000000", "--set", "task.instances=[c6i.4xlarge]").output.split()
    )
    assert "the profile is in bfloat16, which c6i.4xlarge does not have" in output


def test_a_chunk_too_small_for_the_cluster_is_warned_of(project):
    many = ("--set", "task.spot=19", "--params", "dataset=pets,featurization.chunk_size=20000")
    output = " ".join(plan("--images", "100000000", *many).output.split())
    assert "--params featurization.chunk_size=80000" in output


def test_a_rate_beyond_one_prefix_says_how_keys_are_laid_out(project):
    output = " ".join(plan("--images", "100000000", "--set", "task.spot=19").output.split())
    assert re.search(r"GETs a second need the images under [5-7] prefixes", output)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "core.instances=[c7i.9xlarge]"], "no instance type 'c7i.9xlarge'; the nearest"),
        (["--set", "core.instances=[c7g.xlarge]"], "'c7g.xlarge' has an ARM processor"),
        (["--set", "core.instance=[c7i.xlarge]"], "conf/emr/cluster.yml: core.instance"),
        (["--deadline", "5m"], "no alternative is done in 5 min: the fastest"),
        (["--deadline", "soon"], "--deadline soon: give hours or minutes, as 6h, 90m or 1h30m"),
        (["--assume", "speed=2"], "--assume speed: there is no such assumption"),
        (["--profile", "nothing.json"], "there is no profile in nothing.json: run kedro run"),
        (["--images", "0"], "there are 0 images to plan for"),
    ],
)
def test_what_goes_wrong_is_one_sentence(project, arguments, message):
    assert message in sentence("--images", "1000000", *arguments)


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "-1", "0", "1e400", "many"])
@pytest.mark.parametrize("option", ["--image-kb", "--floats"])
def test_what_is_no_number_is_refused_by_every_option(project, option, number):
    done = plan("--images", "1000000", option, number)
    assert done.exit_code == 2
    assert f"Error: Invalid value for '{option}': " in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["--images", "-5"],
        ["--images", "1" + 30 * "0"],
        ["--deadline", 400 * "9" + "h"],
        ["--assume", "overhead=nan"],
        ["--assume", "latency=inf"],
        ["--assume", "chunk_seconds=-1"],
        ["--assume", "utilisation=1e-320"],
        ["--set", "task.spot=nan"],
        ["--set", "task.disk=-1"],
        ["--set", "most_nodes=1e9"],
        ["--set", "serverless.workers=inf"],
    ],
)
def test_a_number_that_nothing_can_be_calculated_with_is_one_sentence(project, arguments):
    assert sentence("--images", "1000000", *arguments)


def test_the_plan_names_the_range_that_managed_scaling_may_come_to(project):
    found = as_json("--images", "100000000")
    assert (found["chosen"]["nodes"], found["scaled"]["nodes"]) == (5, 20)
    assert found["scaled"]["hours"] < found["chosen"]["hours"]
    output = plan("--images", "100000000").output
    most = f"${found['scaled']['total']:,.2f}"
    assert re.search(rf"with 20 nodes +{re.escape(most)} .*most_nodes", output)
    assert "with 5 nodes" not in plan("--images", "1000000", "--set", "most_nodes=5").output


def test_the_quotas_are_beside_those_of_a_new_account(project):
    output = plan("--images", "1000000").output
    lines = [line for line in output.splitlines() if line.startswith("vCPUs ")]
    assert [" ".join(line.split()) for line in lines] == [
        "vCPUs on demand 24, 88 at most a new account has 5 ec2 L-1216C47A",
        "vCPUs spot 64, 304 at most a new account has 5 ec2 L-34B43A08",
        "vCPUs of EMR Serverless 204 a new account has 16 emr-serverless L-D05C8A75",
    ]


def test_old_prices_are_named_with_their_age(project):
    output = " ".join(plan("--images", "1000000").output.split())
    assert re.search(r"emr 2025-07-01 \d+ months old; a quarter of the on-demand price", output)
    assert re.search(r"Prices: the oldest of the table are \d+ months old", output)


def test_the_page_shows_what_the_plan_prints(project):
    place = project / "data/08_reporting/pets/profile.json"
    place.write_text(scale.PROFILE.model_dump_json())
    page = (ROOT / "docs/emr.md").read_text(encoding="utf-8")
    sample = page.partition("```\nThe work: ")[2].partition("```")[0]
    printed = plan("--images", "1000000", "--image-kb", "100").output
    lines = {" ".join(line.split()) for line in printed.splitlines()}
    shown = [" ".join(line.split()) for line in f"The work: {sample}".splitlines()]
    assert len(shown) > 20
    assert [line for line in shown if line not in lines and "profile.json" not in line] == []


def test_a_region_without_prices_is_one_sentence(project):
    message = sentence("--images", "1000", region="mars-1")
    assert message.startswith("the table has no prices of the region 'mars-1'; it has us-east-1")


def test_without_a_region_the_error_says_how_to_give_one(project, monkeypatch):
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    assert "give --set region=eu-west-1" in sentence("--images", "1000", region=None)


def test_a_damaged_profile_is_one_sentence(project):
    (project / "data/08_reporting/pets/profile.json").write_text("{")
    assert "is no profile of a run" in sentence("--images", "1000")


def test_prices_of_aws_need_credentials(project, s3, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    message = sentence("--images", "1000", "--aws-prices")
    assert "no AWS credentials" in message
