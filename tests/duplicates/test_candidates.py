"""Candidates are the pairs that share a view, in its outline and in its upper frequencies."""

import numpy as np
import pytest

from benchmarks.near_duplicates import made_up
from pixelmill.duplicates.candidates import (
    NEAREST,
    Descriptions,
    are_nearest,
    upper_frequencies,
    view_cosines,
)
from pixelmill.duplicates.similarity import similarities
from pixelmill.duplicates.views import DIMENSION, unit_rows
from pixelmill.featurizers.picture_signature import LUMA
from tests.duplicates.conftest import taken

BY_INDEX = 10  # pictures up to which every pair is compared


def candidates(pictures, exact=10_000):
    every = np.arange(len(pictures))
    return {tuple(pair) for pair in Descriptions(pictures, every).pairs(every, every, exact)}


@pytest.mark.parametrize("exact", [10_000, BY_INDEX])
def test_every_crop_and_its_picture_are_candidates(crops, exact):
    found = candidates(crops, exact)
    pairs = {(number, 60 + number) for number in range(40)}
    assert pairs <= found
    assert len(found) < 2 * len(pairs)


def test_the_index_finds_what_comparing_all_pairs_finds():
    pictures = made_up(3000, 1000)
    exact, indexed = candidates(pictures), candidates(pictures, BY_INDEX)
    assert len(exact) >= 1000
    assert len(exact & indexed) >= 0.99 * len(exact)
    assert len(indexed) <= 1.1 * len(exact)


def test_pairs_are_the_same_in_any_order(crops):
    order = np.random.default_rng(0).permutation(100)
    found = candidates(taken(crops, order.tolist()))
    assert {tuple(sorted(order[list(pair)])) for pair in found} == candidates(crops)


def soft(count):
    """Pictures of four slow waves, so that each has many others near it."""
    across, down = np.meshgrid(*[np.cos(np.pi * (np.arange(LUMA) + 0.5) / LUMA)] * 2)
    waves = np.stack([across, down, across * down, across**2 - down**2])
    mixed = np.random.default_rng(0).normal(size=(count, 4)) @ waves.reshape(4, -1)
    pictures = made_up(count, 0)
    pictures.codes[:, : LUMA * LUMA] = np.clip(128 + 30 * mixed, 0, 255)
    return pictures


@pytest.mark.parametrize("exact", [10_000, BY_INDEX])
def test_of_many_near_pictures_the_nearest_are_compared(exact):
    count = 300
    assert count < len(candidates(soft(count), exact)) <= NEAREST * count


def with_outline(details):
    """Pictures of one outline, that of the first, and the details of each."""
    luma = made_up(3, 0).luma(slice(None))
    across, down = np.meshgrid(np.fft.fftfreq(LUMA), np.fft.fftfreq(LUMA))
    coarse = np.hypot(across, down) < 2.5 / LUMA
    waves = np.fft.fft2(luma)
    both = np.where(coarse, waves[[0] * len(details)], waves[details] / 3)
    pictures = made_up(len(details), 0)
    mixed = np.clip(np.fft.ifft2(both).real, 0, 255)
    pictures.codes[:, : LUMA * LUMA] = mixed.reshape(len(details), -1)
    return pictures


def test_a_common_outline_alone_is_no_reason_to_compare():
    pictures = with_outline([0, 1, 1])
    assert candidates(pictures) == {(1, 2)}
    assert similarities(pictures, np.array([0, 1]), np.array([1, 2])).round(2).tolist() == [0, 1]


def test_descriptions_without_upper_frequencies_are_compared_by_the_others():
    rows = np.random.default_rng(0).normal(size=(3, DIMENSION)).astype(np.float32)
    rows[1, ~upper_frequencies()] = rows[0, ~upper_frequencies()]
    rows[2] = rows[0]
    rows[:, upper_frequencies()] *= 1e-4
    views, others = unit_rows(rows.copy())[[0]][:, None], unit_rows(rows)
    assert (view_cosines(views, others, np.array([0, 0, 0])) > 0.99).all()


def test_the_best_view_counts():
    rows = unit_rows(np.random.default_rng(0).normal(size=(4, DIMENSION)).astype(np.float32))
    views = rows[[0, 1, 2, 3]].reshape(2, 2, DIMENSION)
    which = np.array([0, 0, 1, 1])
    cosines = view_cosines(views, rows[[1, 2, 2, 0]], which)
    assert cosines.round(3).tolist() == [1, -1, 1, -1]


def test_the_nearest_ones_are_compared_and_all_that_are_as_near():
    cosines = np.array([0.7, 0.9, 0.7, 0.8, 0.9, 0.66, 0.64, 0.7], np.float32)
    chosen = are_nearest(np.zeros(8, np.intp), cosines)
    assert NEAREST == 4
    assert chosen.tolist() == [True, True, True, True, True, False, False, True]


def test_each_picture_has_nearest_ones_of_its_own():
    which = np.array([0, 0, 0, 2, 2, 3])
    cosines = np.array([0.7, 0.64, 0.9, 0.66, 0.67, 0.1], np.float32)
    assert are_nearest(which, cosines).tolist() == [True, False, True, True, True, False]
    assert are_nearest(which[:0], cosines[:0]).tolist() == []
