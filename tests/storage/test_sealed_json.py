"""A sealed object is the same after any formatting, and another after any change."""

import json

from hypothesis import given
from hypothesis import strategies as st

from pixelmill.storage.sealed_json import DIGEST, is_unchanged, sealed_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text().filter(lambda name: name != DIGEST), VALUES, max_size=5)


@given(OBJECTS)
def test_what_was_sealed_is_unchanged_however_it_is_formatted(content):
    found = json.loads(sealed_json(content))
    assert is_unchanged(found)
    assert {name: value for name, value in found.items() if name != DIGEST} == content
    assert is_unchanged(json.loads(json.dumps(found, sort_keys=True, indent=7)))


@given(OBJECTS, OBJECTS)
def test_another_object_with_the_same_digest_was_changed(content, other):
    found = json.loads(sealed_json(content))
    same = json.dumps(content, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert is_unchanged(other | {DIGEST: found[DIGEST]}) == same


@given(OBJECTS)
def test_an_object_without_a_digest_was_changed(content):
    assert not is_unchanged(content)
