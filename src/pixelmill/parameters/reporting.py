"""Parameters of the report."""

from typing import Annotated

from pydantic import Field

from pixelmill.parameters._base import Parameters


class ReportingParameters(Parameters):
    """What the report shows.

    Attributes:
        samples: Test images on the sheet of predictions.
        thumbnail: Longer side of a thumbnail, in pixels.
    """

    samples: Annotated[int, Field(ge=0, le=1000)] = 60
    thumbnail: Annotated[int, Field(ge=16, le=1024)] = 160
