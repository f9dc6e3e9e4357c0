"""What is left out of a listing."""

from copy import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters
from pixelmill.parameters.exploration import EXCLUDABLE
from pixelmill.sources.exclusion import SYSTEM_FOLDERS, Exclusion

HIDDEN, SYSTEM, EXCLUDED = "hidden", "in a system folder", "excluded"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/1.png", None),
        (".a/b/1.png", (HIDDEN, ".a")),
        ("a/._1.png", (HIDDEN, "a/._1.png")),
        ("a/.@__thumb/1.png", (HIDDEN, "a/.@__thumb")),
        ("a/@eaDir/1.png/SYNO.jpg", (SYSTEM, "a/@eaDir")),
        ("$Recycle.Bin/S-1-5/1.png", (SYSTEM, "$Recycle.Bin")),
        ("a/lost+found", (SYSTEM, "a/lost+found")),
        ("lost+found.png", None),
        ("my lost+found/1.png", None),
    ],
)
def test_hidden_files_and_folders_of_systems(path, expected):
    assert Exclusion().left_out(path) == expected


@pytest.mark.parametrize(
    ("pattern", "out", "kept"),
    [
        ("raw", ["raw/1.png", "a/raw/b/1.png"], ["a/raw.png", "raws/1.png"]),
        ("*_thumb.*", ["1_thumb.png", "a/b_thumb.jpg"], ["a_thumb/1.png"]),
        ("/raw", ["raw/1.png"], ["a/raw/1.png"]),
        ("a/raw", ["a/raw/1.png"], ["b/a/raw/1.png", "a/b/raw/1.png"]),
        ("*/raw/", ["a/raw/b/1.png"], ["raw/1.png", "a/b/raw/1.png"]),
        ("raw/**", ["raw/1.png", "raw/a/1.png"], ["a/raw/1.png"]),
        ("**/raw/*.png", ["raw/1.png", "a/b/raw/1.png"], ["raw/1.jpg"]),
        ("a/**/1.png", ["a/1.png", "a/b/c/1.png"], ["b/a/1.png"]),
        ("[!a]?.png", ["b1.png", "x/b1.png"], ["a1.png", "b12.png"]),
        ("[a-c]\\*.png", ["b\\1.png"], ["d\\1.png"]),
        ("(x)+.png", ["(x)+.png"], ["xx.png"]),
        ("\u00fc*", ["\u00fcx/1.png", "u\u0308x/1.png"], ["ux/1.png"]),
    ],
)
def test_patterns(pattern, out, kept):
    exclusion = copy(Exclusion([pattern]))  # as Spark's workers have it
    assert [path for path in [*out, *kept] if exclusion.chosen(path)] == out
    assert {exclusion.left_out(path)[0] for path in out} == {EXCLUDED}


@pytest.mark.parametrize("pattern", ["", "/", "../x", "a/../b", "[z-a]"])
def test_what_is_no_glob_is_a_sentence(pattern):
    with pytest.raises(InputError, match=r"ingestion\.exclude .* is no glob: write names such as"):
        Exclusion([pattern])


NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1)


@given(st.lists(NAMES, min_size=1, max_size=4), st.sampled_from([".x", *SYSTEM_FOLDERS]))
def test_a_folder_that_is_left_out_takes_all_below_it(names, folder):
    path = "/".join(names)
    found = Exclusion().left_out(path)
    assert (found is None) == (
        not any(n.startswith(".") or n.lower() in map(str.lower, SYSTEM_FOLDERS) for n in names)
    )
    reason, part = Exclusion().left_out(f"{path}/{folder}/1.png")
    assert part == (found[1] if found else f"{path}/{folder}")
    assert reason in (HIDDEN, SYSTEM)


def test_findings_are_no_globs():
    """A folder that has the name of a finding is meant with a slash."""
    assert Exclusion(["blank", "duplicates"]).left_out("blank/1.jpg") is None
    assert Exclusion(["blank/"]).left_out("cats/blank/1.jpg") == ("excluded", "cats/blank")


@pytest.mark.parametrize("name", ["duplicate", "Blank", "blurry", "label_errors"])
def test_a_misspelt_finding_is_refused(name):
    with pytest.raises(ValidationError, match=f"there is no finding '{name}': did you mean '"):
        IngestionParameters(exclude=("*.gif", name))
    assert IngestionParameters(exclude=f"{name}/").excluded_globs == (f"{name}/",)


def test_findings_and_globs_are_distinguished():
    parameters = IngestionParameters(exclude=("drafts", "blank", "duplicates", "blank", "*.gif"))
    assert parameters.excluded_findings == ("blank", "duplicates")
    assert parameters.excluded_globs == ("drafts", "*.gif")
    assert EXCLUDABLE["duplicates"] == ("exact_duplicate", "near_duplicate")
