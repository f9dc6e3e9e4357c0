"""The map of similar images: projection, groups, mosaics and page."""

from typing import Annotated, Any, Literal

from pydantic import Field

from pixelmill.parameters._base import Parameters
from pixelmill.parameters.modelling import PreparationParameters

Style = Literal["scatter", "grid", "bordered", "groups"]


class ProjectionParameters(Parameters):
    """How features become two dimensions.

    Attributes:
        method: A module of `pixelmill.projections`.
        limit: Images that are fitted; where there are more, a sample of this size is fitted and
            the others are placed by the fitted projection.
        seed: Of all that is drawn by chance.
        parameters: Of the method, by its library's own names.
    """

    method: str = "tsne"
    limit: Annotated[int, Field(ge=10)] = 50_000
    seed: int = 0
    parameters: dict[str, Any] = Field(default_factory=dict)


class GroupingParameters(Parameters):
    """How images become groups.

    Attributes:
        method: A module of `pixelmill.groupings`; `auto` is HDBSCAN, and where one of its
            clusters holds more than half of the images the setting or method that divides the
            features best; null makes no groups.
        space: What is grouped: the reduced features, or the two dimensions of the map.
        parameters: Of the method, by its library's own names.
    """

    method: str | None = "auto"
    space: Literal["features", "projection"] = "projection"
    parameters: dict[str, Any] = Field(default_factory=dict)


class MosaicParameters(Parameters):
    """The pictures made of thumbnails.

    Attributes:
        styles: Which are made.
        size: Of a side, in pixels; above 16,000 a mosaic is a page of tiles.
        images: Images on a mosaic at most; where there are more, they are drawn by chance.
    """

    styles: tuple[Style, ...] = ("scatter", "grid", "bordered", "groups")
    size: Annotated[int, Field(ge=200, le=200_000)] = 5000
    images: Annotated[int, Field(ge=1, le=100_000)] = 20_000


class MapPageParameters(Parameters):
    """The interactive map.

    Attributes:
        enabled: Whether the page is written.
        thumbnails: Images that have a thumbnail there; where there are more, they are drawn by
            chance, and the others show their path alone.
    """

    enabled: bool = True
    thumbnails: Annotated[int, Field(ge=0, le=1_000_000)] = 50_000


class MappingParameters(Parameters):
    """The map of similar images.

    Attributes:
        preparation: What is done to the features first; fitted on all images.
        projection: To two dimensions.
        grouping: Of similar images.
        mosaics: Of thumbnails.
        page: The interactive map.
    """

    preparation: PreparationParameters = Field(
        default_factory=lambda: PreparationParameters(pca=50)
    )
    projection: ProjectionParameters = Field(default_factory=ProjectionParameters)
    grouping: GroupingParameters = Field(default_factory=GroupingParameters)
    mosaics: MosaicParameters = Field(default_factory=MosaicParameters)
    page: MapPageParameters = Field(default_factory=MapPageParameters)
