"""Every projection makes a map of whatever rows there are, and places others one by one."""

import inspect
import pickle
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openTSNE import TSNE

from pixelmill.errors import InputError
from pixelmill.projections import find_projection
from pixelmill.projections.quality import label_agreement
from pixelmill.projections.tsne import TsneParameters
from pixelmill.projections.umap import UmapParameters, _umap
from tests.projections.rows import QUICK, islands

METHODS = sorted(QUICK)
every_method = pytest.mark.parametrize("method", METHODS)


@cache
def fitted(method):
    """A map of 400 rows."""
    return find_projection(method).fit(islands(400)[0], 0, QUICK[method])


@every_method
def test_groups_are_islands(method):
    labels = [str(group) for group in islands(400)[1]]
    coordinates = fitted(method).coordinates
    assert coordinates.shape == (400, 2)
    assert coordinates.dtype == np.float64
    assert label_agreement(coordinates, labels, 10, 0) > (0.6 if method == "pca" else 0.98)


@every_method
def test_the_same_rows_make_the_same_map(method):
    again = find_projection(method).fit(islands(400)[0], 0, QUICK[method])
    assert (again.coordinates == fitted(method).coordinates).all()


@pytest.mark.parametrize("gradient", ["bh", "fft"])
def test_threads_do_not_change_the_map_of_tsne(gradient):
    rows = islands(700)[0]
    parameters = {"negative_gradient_method": gradient, "early_exaggeration_iter": 30, "n_iter": 30}
    one, two = (
        find_projection("tsne").fit(rows, 0, parameters | {"n_jobs": jobs}) for jobs in (1, 2)
    )
    assert (one.coordinates == two.coordinates).all()


@every_method
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 9])
def test_few_images_have_a_map(method, count):
    rows = islands(count)[0]
    projected = find_projection(method).fit(rows, 0, QUICK[method])
    assert np.isfinite(projected.coordinates).all()
    assert len(np.unique(projected.coordinates, axis=0)) == count
    assert np.isfinite(projected.transform(rows)).all()


@pytest.mark.parametrize("method", ["tsne", "umap"])
def test_a_map_of_principal_components_is_not_called_another(method):
    projected = find_projection(method).fit(islands(3)[0], 0, {})
    assert (projected.method, projected.parameters) == ("pca", {})
    assert find_projection(method).fit(islands(9)[0], 0, QUICK[method]).method is None


@every_method
def test_equal_images_are_side_by_side_with_a_note(method):
    rows = np.full((20, 6), 0.3, np.float32)
    projected = find_projection(method).fit(rows, 0, {})
    assert len(np.unique(projected.coordinates.round(6), axis=0)) == 20
    assert projected.notes == [
        "all 20 images have the same features: their places on the map say nothing"
    ]
    assert np.isfinite(projected.transform(rows)).all()


@every_method
@pytest.mark.parametrize("distinct", [2, 3])
def test_many_copies_of_few_images_have_a_map(method, distinct):
    rows = np.repeat(islands(distinct)[0], 30, axis=0)
    projected = find_projection(method).fit(rows, 0, QUICK[method])
    assert np.isfinite(projected.coordinates).all()
    assert np.isfinite(projected.transform(rows)).all()


@every_method
def test_one_dimension_is_enough(method):
    rows = np.random.default_rng(0).normal(size=(30, 1)).astype(np.float32)
    projected = find_projection(method).fit(rows, 0, QUICK[method])
    assert np.isfinite(projected.coordinates).all()
    assert projected.transform(rows).shape == (30, 2)


def test_a_perplexity_that_is_too_high_is_lowered_and_it_is_said():
    projected = find_projection("tsne").fit(islands(10)[0], 0, QUICK["tsne"])
    assert projected.parameters["perplexity"] == 3
    assert projected.notes == [
        "perplexity lowered from 30 to 3: 10 images have no more neighbours to give"
    ]


def test_neighbours_of_umap_that_are_too_many_are_lowered_and_it_is_said():
    projected = find_projection("umap").fit(islands(8)[0], 0, QUICK["umap"])
    assert projected.parameters["n_neighbors"] == 7
    assert projected.notes == [
        "n_neighbors lowered from 15 to 7: 8 images have no more neighbours to give"
    ]


@pytest.mark.parametrize("method", ["tsne", "umap"])
@pytest.mark.parametrize("start", ["spectral", "random"])
def test_every_start_makes_a_map(method, start):
    name = {"tsne": "initialization", "umap": "init"}[method]
    projected = find_projection(method).fit(islands(90)[0], 0, QUICK[method] | {name: start})
    assert np.isfinite(projected.coordinates).all()
    assert projected.parameters[name] == start


@every_method
def test_new_rows_are_placed_among_their_own(method):
    new, which = islands(200, seed=1)
    projected = fitted(method)
    places = np.concatenate([projected.coordinates, projected.transform(new)])
    labels = [str(group) for group in (*islands(400)[1], *which)]
    assert label_agreement(places, labels, 10, 0) > (0.6 if method == "pca" else 0.98)


@every_method
@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 60), max_size=4), st.integers(0, 2**32 - 1))
def test_the_place_of_a_row_does_not_depend_on_its_company(method, cuts, seed):
    rows = np.concatenate([islands(50, seed=2)[0], islands(400)[0][:10]])
    order = np.random.default_rng(seed).permutation(len(rows))
    projected = fitted(method)
    whole = projected.transform(rows)
    parts = [projected.transform(part) for part in np.split(rows[order], sorted(cuts))]
    np.testing.assert_allclose(np.concatenate(parts), whole[order], rtol=0, atol=1e-9)


@every_method
def test_what_places_rows_can_be_sent_to_other_processes(method):
    rows = islands(20, seed=3)[0]
    sent = pickle.loads(pickle.dumps(fitted(method)))  # noqa: S301
    assert (sent.transform(rows) == fitted(method).transform(rows)).all()
    assert fitted(method).transform(rows[:0]).shape == (0, 2)


@pytest.mark.parametrize(
    ("method", "parameters", "sentence"),
    [
        ("tsne", {"perplexty": 3}, "there is no parameter 'perplexty'; did you mean 'perplexity'?"),
        ("tsne", {"perplexity": 0}, "perplexity cannot be 0: Input should be greater"),
        ("tsne", {"initialization": "magic"}, "initialization cannot be 'magic'"),
        ("tsne", {"n_iter": -1}, "n_iter cannot be -1"),
        ("umap", {"n_neighbours": 3}, "no parameter 'n_neighbours'; did you mean 'n_neighbors'?"),
        ("umap", {"min_dist": 3}, "min_dist 3 is larger than spread 1"),
        ("umap", {"n_neighbors": 1}, "n_neighbors cannot be 1"),
        ("pca", {"components": 3}, "there is no parameter 'components'"),
    ],
)
def test_a_wrong_parameter_is_one_sentence(method, parameters, sentence):
    with pytest.raises(InputError) as wrong:
        find_projection(method).check(parameters)
    assert str(wrong.value).startswith(f"mapping.projection.parameters of {method}: ")
    assert sentence in str(wrong.value)


def test_the_parameters_are_named_as_in_their_libraries():
    ours = {"n_components", "random_state", "verbose", "callbacks", "callbacks_every_iters"}
    of_tsne = set(inspect.signature(TSNE).parameters) - ours - {"metric_params", "knn_kwargs"}
    assert set(TsneParameters.model_fields) == of_tsne
    assert set(UmapParameters.model_fields) < set(inspect.signature(_umap()).parameters)


def test_an_unknown_method_is_one_sentence():
    with pytest.raises(InputError, match=r"^mapping.projection.method: there is no 'tnse'; did "):
        find_projection("tnse")
    with pytest.raises(InputError, match=r"choose from pca, tsne, umap$"):
        find_projection("quality")


def test_umap_loads_no_tensorflow():
    code = (
        "import sys; from pixelmill.projections.umap import _umap; _umap(); "
        "print('tensorflow' in sys.modules, 'umap.parametric_umap' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
