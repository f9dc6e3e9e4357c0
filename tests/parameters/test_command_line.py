"""What is typed behind `--params` is what the run gets."""

import json
import re

import click
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from kedro.config import OmegaConfigLoader

from pixelmill.errors import InputError
from pixelmill.parameters.command_line import params_option, read_params
from pixelmill.settings import CONFIG_LOADER_ARGS
from pixelmill.validation import validate_parameters

NEXT = re.compile(r",\s*[A-Za-z_][\w.-]*\s*=")  # what begins the next parameter
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
LABELS = TEXTS.filter(bool)
PLAIN_LABELS = st.text(
    st.characters(exclude_categories=["Cs", "Z", "Cc"], exclude_characters="[],'\"")
)
DATASETS = st.from_regex(r"\A\w[\w.-]*\Z", alphabet=st.characters(max_codepoint=127))


def loaded(text):
    """The parameters of a run with this text behind `--params`, as Kedro loads them."""
    params = read_params(text)
    loader = OmegaConfigLoader("conf", env="local", runtime_params=params, **CONFIG_LOADER_ARGS)
    return validate_parameters(loader["parameters"], params)


@pytest.mark.parametrize(
    "pattern",
    [
        r"^(.+)_\d+\.jpg$",
        r"^([a-z]{2,3}),.+$",
        r"([^,]+),\d{4}",
        r"(\d+)",
        r"\[(.+?)\]",
        r"(?:a|b){1,}([^]]+)",
        r"([^{}]+)",
        r"^(.{1,3}",
        r"(\w+)[,;]",
        r"a=(.)",
        r"([^,x=]+)_",
        "(.+)${x}",
        r"(.+)\\${oc.env:HOME}",
        "007",
        "1e5",
        "true",
        "'",
        "it's (.+)",
        "~",
        "# (.+)",
        "(.+) ",
        "(.+?),",
        "[1,2]",
        "{a: 1}",
    ],
)
def test_a_pattern_arrives_as_it_was_typed(pattern):
    text = f"ingestion.label=pattern,ingestion.pattern={pattern},dataset=pets"
    for typed in (text, f"dataset=pets,ingestion.label=pattern,ingestion.pattern={pattern}"):
        run = loaded(typed)
        assert (run.ingestion.pattern, run.dataset) == (pattern, "pets")


@given(TEXTS)
def test_any_text_arrives_unless_it_begins_another_parameter(text):
    assume(text.strip() not in ("", "null") and "${" not in text)
    assume(not NEXT.search(text) and not re.fullmatch(r"(?s)\s*(['\"]).*\1\s*", text))
    found = read_params(f"ingestion.pattern={text},splitting.seed=1")
    assert found["splitting"] == {"seed": 1}
    assert found["ingestion"]["pattern"] == text


@given(TEXTS)
def test_quotes_keep_what_would_begin_another_parameter(text):
    assume('"' not in text and "${" not in text)
    found = read_params(f'images="{text},dataset=other",dataset=pets')
    assert found["dataset"] == "pets"
    assert found["images"] == f"{text},dataset=other"


@settings(deadline=None, max_examples=10)
@given(st.text("ab$ \\'.,:=[](){}"), st.text("ab$ \\'.,:=[]()"))
def test_a_text_that_looks_like_an_interpolation_is_none(before, after):
    assume("${" not in before)
    text = f"{before}${{x}}{after}"
    assert loaded(f'dataset=pets,images="{text}"').images == text


@given(st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=4))
def test_quoted_labels_of_pairs_may_be_any_text(pairs):
    assume(all("${" not in label for pair in pairs for label in pair))
    found = read_params(f"modelling.pairs={json.dumps(pairs)},dataset=x")
    assert found == {"modelling": {"pairs": list(map(list, pairs))}, "dataset": "x"}


@given(st.lists(st.tuples(PLAIN_LABELS, PLAIN_LABELS), min_size=1, max_size=4))
def test_labels_of_pairs_need_no_quotes(pairs):
    assume(all(all(pair) for pair in pairs) and "${" not in str(pairs))
    typed = ",".join(f"[{a}, {b}]" for a, b in pairs)
    found = read_params(f"dataset=x,modelling.pairs=[{typed}]")
    assert found["modelling"]["pairs"] == [list(pair) for pair in pairs]


@pytest.mark.parametrize(
    ("typed", "labels"),
    [
        ("[[3,5]]", [("3", "5")]),
        ("[[007, 1e5],[null,true]]", [("007", "1e5"), ("null", "true")]),
        ("[[New York, São Paulo]]", [("New York", "São Paulo")]),
        ("[[a: b,*c],[@d,#e]]", [("a: b", "*c"), ("@d", "#e")]),
        ("""[["a,b",'it''s']]""", [("a,b", "it's")]),
        ("[[dataset=a,b=c]]", [("dataset=a", "b=c")]),
        (r'[["\d",x]]', [(r"\d", "x")]),
    ],
)
def test_pairs_are_labels_whatever_they_look_like(typed, labels):
    run = loaded(f"dataset=pets,modelling.strategy=one_vs_one,modelling.pairs={typed}")
    assert run.modelling.pairs == labels


@pytest.mark.parametrize(
    ("typed", "patterns"),
    [
        ("*_thumb.*", ("*_thumb.*",)),
        ("*_thumb.*,raw/**", ("*_thumb.*", "raw/**")),
        ("2024, null,", ("2024", "null")),
        ("'*.{a,b}',x", ("*.{a,b}", "x")),
        ("['*_thumb.*',raw/**]", ("*_thumb.*", "raw/**")),
        ("&a", ("&a",)),
        ("[]", ()),
        ("", ()),
    ],
)
def test_a_list_of_texts_needs_no_brackets(typed, patterns):
    run = loaded(f"ingestion.exclude={typed},dataset=pets")
    assert (run.ingestion.exclude, run.dataset) == (patterns, "pets")


def test_brackets_in_a_list_without_brackets_are_refused():
    with pytest.raises(InputError, match=r"'ingestion.exclude' .* into double quotes"):
        read_params("ingestion.exclude=a[bc].jpg")


@given(DATASETS)
@settings(deadline=None, max_examples=10)
def test_a_data_set_may_be_called_like_a_number(name):
    assert loaded(f"images=/photos,dataset={name}").dataset == name


@pytest.mark.parametrize("name", ["2024", "1e5", "0x10", "true", "null", "1_000", "2024-01-01"])
def test_a_name_that_yaml_reads_otherwise_stays_a_name(name):
    run = loaded(f"dataset={name},ingestion.label=column,ingestion.column={name}x")
    assert (run.dataset, run.ingestion.column) == (name, f"{name}x")


def test_a_group_in_braces_has_texts_too():
    run = loaded("dataset=7,ingestion={label: column, column: 007}")
    assert (run.dataset, run.ingestion.column) == ("7", "007")


@pytest.mark.parametrize(
    ("typed", "name", "value"),
    [
        ("featurization.layer=null", ("featurization", "layer"), None),
        ("images=", ("images",), None),
        ("splitting.seed=3,", ("splitting", "seed"), 3),
        ("modelling.preparation.pca=0.95", ("modelling", "preparation", "pca"), 0.95),
        ("modelling.parameters.C=10", ("modelling", "parameters", "C"), 10),
        ("mapping.projection.parameters={perplexity: 30}",
         ("mapping", "projection", "parameters", "perplexity"), 30),
        ("splitting.method= folder ", ("splitting", "method"), "folder"),
        ("modelling.features=null", ("modelling", "features"), None),
    ],
)  # fmt: skip
def test_what_is_no_text_is_yaml(typed, name, value):
    found = read_params(typed)
    for part in name:
        found = found[part]
    assert found == value


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("dataset", "--params: 'dataset' is no parameter: write name=value"),
        ("=x", "is no parameter"),
        ("modelling.pairs=[[a", "'modelling.pairs' is '[[a', which cannot be read as a list"),
        ("modelling.pairs=[[a,b]] c", "cannot be read as a list"),
        ("modelling.pairs=[[a,,b]]", "cannot be read as a list"),
        ("modelling.pairs=" + "[" * 5000, "cannot be read as a list"),
        ("modelling.grid={a", "'modelling.grid' is '{a', which cannot be read as YAML"),
        ("splitting.seed=${x", "cannot be read as YAML"),
        ("images=/photos/${x", "'/photos/${x' holds '${' that opens no '${NAME}'"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(typed, sentence):
    with pytest.raises(InputError) as problem:
        read_params(typed)
    assert sentence in str(problem.value)
    assert "\n" not in str(problem.value)
    with pytest.raises(click.ClickException, match=re.escape(sentence)):
        params_option(None, None, typed)
