"""A recipe of a stranger: it gives parameters of a run, and can do nothing else."""

import click
import pytest

from pixelmill.cli import run
from pixelmill.errors import InputError
from pixelmill.parameters import ProjectParameters
from pixelmill.parameters.recipes import PARAMETERS, read_recipe


@pytest.fixture
def recipe(tmp_path):
    """Reads a recipe of some text."""

    def read(text):
        file = tmp_path / "stranger's.yml"
        file.write_text(text, encoding="utf-8")
        return read_recipe(str(file))

    return read


OPTIONS = [
    "env: emr", "conf_source: /tmp/evil", "runner: os.system", "runner_params: {a: 1}",
    "is_async: true", "load_versions: 'a:b'", "tags: x", "node_names: x", "from_nodes: x",
    "from_inputs: x", "to_outputs: x", "to_nodes: x", "namespaces: x", "pipeline: x",
    "only_missing_outputs: true", "config: other.yml", "anything: 1",
]  # fmt: skip


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_of_kedro_that_no_recipe_needs_is_refused(recipe, option):
    name = option.partition(":")[0]
    with pytest.raises(InputError, match=rf"gives '{name}', which a recipe may not") as error:
        recipe(f"run:\n  {option}\n  params: {{dataset: x}}\n")
    assert "\n" not in str(error.value)


REFUSED = [
    ("spark: {properties: {spark.driver.extraJavaOptions: -javaagent:evil.jar}}", "spark"),
    ("spark: {properties: {spark.jars: 'http://evil/x.jar'}}", "spark"),
    ("spark: {master: 'spark://evil:7077'}", "spark.master"),
    ("spark: {s3a_jars: /tmp/evil}", "spark.s3a_jars"),
    ("spark: {driver_memory: 900g}", "spark.driver_memory"),
    ("spark: {}", "spark"),
    ("spark: null", "spark"),
    ("s3: {endpoint: 'http://evil'}", "s3.endpoint"),
    ("trusted: true", "trusted"),
    ("ingestion: {sample_folder: /elsewhere/.ssh}", "ingestion.sample_folder"),
    ("ingestion: {downloads: {folder: /elsewhere/.ssh}}", "ingestion.downloads.folder"),
    ("ingestion: {downloads: {max_bytes: 1000000000000}}", "ingestion.downloads.max_bytes"),
    ("ingestion: {downloads: {private_addresses: true}}", "ingestion.downloads.private_addresses"),
    ("collection: {folder: /elsewhere/.ssh}", "collection.folder"),
    ("collection: {robots: false}", "collection.robots"),
    ("featurization: {max_pixels: 1000000000000}", "featurization.max_pixels"),
    ("mapping: {page: {originals: 'https://evil'}}", "mapping.page.originals"),
    ("featurization: [weights]", "featurization"),
    ("featurization: {weights: /dev/zero}", "featurization.weights"),
    ("featurization: {weights: 's3://bucket/x.h5'}", "featurization.weights"),
]


@pytest.mark.parametrize(("params", "name"), REFUSED)
def test_what_reaches_beyond_the_run_is_refused(recipe, params, name):
    with pytest.raises(InputError, match=rf"sets {name}[., ].*--params"):
        recipe(f"run:\n  params: {{dataset: x, {params}}}\n")


RESOLVED = ["${oc.env:HOME}", "x${oc.env:AWS_SECRET_ACCESS_KEY}", "\\\\${a}", "${globals:storage}"]


@pytest.mark.parametrize("text", RESOLVED)
def test_nothing_of_this_machine_comes_into_a_value(recipe, text, monkeypatch):
    for params in (f"images: '{text}'", f"modelling: {{parameters: {{a: [b, '{text}']}}}}"):
        with pytest.raises(InputError, match=r"holds '\$\{', which would be replaced"):
            recipe(f"run:\n  params:\n    {params}\n")
    with pytest.raises(InputError, match="would be replaced"):
        recipe(f"run:\n  params:\n    '{text}': x\n")


def test_a_group_with_a_dot_in_its_name_is_no_way_round(recipe):
    for params in ("spark.master: x", "ingestion: {downloads.folder: x}"):
        with pytest.raises(InputError, match=r"sets (spark|ingestion)[.]"):
            recipe(f"run: {{params: {{{params}}}}}")


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (BOMB, "has an alias"),
        ("run: {params: {images: !!python/object/apply:os.system [id]}}", "cannot be read as YAML"),
        ("[" * 60_000, "is nested more than 20 times"),
        ("run: [", "cannot be read as YAML"),
        ("", "has no section 'run:'"),
        ("run: 5", "has no section 'run:'"),
        ("params: {dataset: x}", "has no section 'run:'"),
        ("run: {params: {dataset: x}}\nviz: {host: x}", "has a section 'viz'"),
        ("run: {params: [dataset]}", "no list of names"),
        ("run: {pipelines: [mapping]}", "no text with names"),
        ("#" * 2**16 + "\n", "more than 65,536 bytes"),
    ],
)
def test_an_invalid_recipe_is_one_sentence(recipe, text, answer):
    with pytest.raises(InputError, match=answer) as error:
        recipe(text)
    assert "\n" not in str(error.value)


def test_the_parameters_of_a_recipe_exist():
    for name in PARAMETERS:
        kind = ProjectParameters
        for part in name.split("."):
            assert part in kind.model_fields, name
            kind = kind.model_fields[part].annotation


def test_kedro_run_ends_with_the_sentence(tmp_path):
    file = tmp_path / "recipe.yml"
    file.write_text("run: {conf_source: /tmp/evil}")
    with pytest.raises(click.ClickException, match="gives 'conf_source'"):
        run.make_context("run", ["--config", str(file)])
