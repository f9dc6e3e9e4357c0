"""Times and amounts as a person reads them."""

import pytest

from pixelmill.emr.planning.table import dollars


@pytest.mark.parametrize(
    ("amount", "text"), [(0.005, "$0.01"), (71.224, "$71.22"), (12345.6, "$12,346")]
)
def test_an_amount_has_cents_while_they_matter(amount, text):
    assert dollars(amount) == text
