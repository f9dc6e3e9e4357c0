"""The arguments of a run, read on the laptop."""

import click
import pytest

from pixelmill.cli import cli
from pixelmill.emr.run_arguments import read_run
from pixelmill.errors import InputError
from tests.conftest import ROOT
from tests.emr.jobs import job


@pytest.fixture
def read(known_project, monkeypatch):
    """Reads arguments as `kedro emr launch` does in the project's folder."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PIXELMILL_STORAGE", "")

    def run(*arguments, settings=None, project=ROOT, **options):
        given = settings or job().settings
        return read_run(click.Context(cli), list(arguments), project, given, **options)

    return run


def test_arguments_reach_the_cluster_as_they_were_typed(read):
    typed = ("--params", "dataset=pets,images=s3://photos/pets", "--pipelines", "featurization")
    found = read(*typed, "--config", "recipes/pets.yml")
    assert found.dataset == "pets"
    assert found.arguments == [*typed, "--config", "recipes/pets.yml"]


@pytest.mark.parametrize(
    "name",
    ["collection.folder", "ingestion.downloads.folder", "ingestion.sample_folder"],
)
def test_images_are_not_written_to_disks_that_go_with_the_nodes(s3, read, name):
    s3.put_object(Bucket="photos", Key="list.txt", Body=b"https://example.org/1.jpg\n")
    images = "images=s3://photos/list.txt,ingestion.label=none"
    with pytest.raises(InputError, match=r"is /photos, which is not on S3: what is written there"):
        read("--params", f"{images},{name}=/photos", "--pipelines", "collection,ingestion")
    assert read("--params", images).images == "s3://photos/list.txt"


def test_the_recipe_names_the_data_set_where_the_parameters_do_not(read):
    assert read("--config=recipes/pets.yml", "--params", "images=s3://photos/p").dataset == "pets"
    assert read().dataset == "digits"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("--params datset=pets", "unknown parameter 'datset': did you mean 'dataset'"),
        ("--params featurization.batch_size=0", r"parameter 'featurization\.batch_size' is 0"),
        ("--params modelling.estimator=oracle", "oracle"),
        ("--params images=photos/pets", "images is photos/pets, which is not on S3"),
        ("--params images=file:///photos", "images is file:///photos, which is not on S3"),
        ("--pipelines prediction --params model=pets/export", "model is .* which is not on S3"),
        ("--pipelines search --params query=a.jpg", r"query is a\.jpg, which is not on S3"),
        ("--params featurization.weights=my.h5", "weights is my.h5, which is not on S3"),
        ("--env local", "--env local cannot be launched: a cluster runs with conf/emr"),
        ("--conf-source conf", "--conf-source cannot be launched"),
        ("--params featurization.featurizer=convnext", "featurizer: there is no 'convnext'"),
        ("--params mapping.projection.method=foo", r"mapping\.projection\.method: there is no"),
        ("--params query=s3://photos/a.jpg", "parameter 'query' does nothing in this run"),
        ("--params collection.gallery_folder=g", r"parameter 'collection\.gallery_folder' does"),
        ("--params spark.master=local", r"spark\.master is local, and a cluster brings its own"),
        ("--pipelines featurisation", "--pipelines: .* did you mean 'featurization'"),
        ("--nodes featurise_images", "--nodes: .* did you mean 'featurize_images'"),
        ("--tags x", "--tags: there is no 'x'"),
        ("--load-versions x:y", "--load-versions: there is no 'x'"),
        ("--runner ParallelRunner", "ParallelRunner cannot run these pipelines"),
        ("--runner Thread", "--runner: there is no 'Thread'"),
        ("--async", "--async cannot run these pipelines"),
    ],
)
def test_what_cannot_run_there_is_one_sentence_here(read, arguments, sentence):
    with pytest.raises(InputError, match=sentence) as problem:
        read(*arguments.split())
    assert "\n" not in str(problem.value)


KERAS = ("--params", "featurization.featurizer=mobilenet_v2")


@pytest.mark.parametrize(
    "arguments",
    [
        KERAS,
        (*KERAS, "--pipelines", "ingestion,featurization"),
        ("--params", "featurization.featurizer=resnet50", "--pipelines", "__default__"),
    ],
)
def test_serverless_without_subnets_downloads_no_weights(read, arguments):
    sentence = r"reaches no internet without subnets: copy a weights file to S3 and give --params "
    with pytest.raises(InputError, match=sentence):
        read(*arguments, serverless=True)


@pytest.mark.parametrize(
    ("arguments", "changes", "serverless"),
    [
        (KERAS, (), False),
        (KERAS, ("subnets=[subnet-1]",), True),
        ((*KERAS, "--pipelines", "modelling"), (), True),
        ((*KERAS, "--tags", "models"), (), True),
        ((*KERAS[:1], f"{KERAS[1]},featurization.weights=s3://photos/m.weights.h5"), (), True),
        (("--params", "featurization.featurizer=colour_statistics"), (), True),
        ((), (), True),
    ],
)
def test_what_needs_no_download_or_reaches_the_internet_passes(
    read, arguments, changes, serverless
):
    assert read(*arguments, settings=job(*changes).settings, serverless=serverless)


@pytest.mark.parametrize(
    "place", ["mine.yml", "conf/local/mine.yml", "recipes/credentials.yml", "recipes/../mine.yml"]
)
def test_a_recipe_that_does_not_travel_is_refused(read, tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recipes").mkdir()
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_text("run: {params: {dataset: mine}}")
    with pytest.raises(InputError, match=r"\.yml does not travel .* recipes/NAME\.yml"):
        read("--config", place, project=tmp_path)


def test_an_option_that_kedro_run_lacks_is_refused_with_the_nearest(read):
    with pytest.raises(click.UsageError, match="'--parms'"):
        read("--parms", "dataset=pets")
