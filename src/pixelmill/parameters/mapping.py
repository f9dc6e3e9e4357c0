"""Parameters of the map: projection, clusters, mosaics and page."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from pixelmill.parameters._base import Parameters, Seed
from pixelmill.parameters.modelling import PreparationParameters

AUTO_ORIGINALS = "auto"
ADDRESSES = ("https", "http", "file")  # schemes of addresses at which a page opens a photo
Style = Literal["scatter", "grid", "bordered", "groups"]


class ProjectionParameters(Parameters):
    """How features become two dimensions.

    Attributes:
        method: A module of `pixelmill.projections`.
        limit: Images that are fitted; where there are more, a sample of this size is fitted and
            the others are placed by the fitted projection.
        seed: Seed of all random choices.
        parameters: Method parameters, by its library's own names.
    """

    method: str = "tsne"
    limit: Annotated[int, Field(ge=10)] = 50_000
    seed: Seed = 0
    parameters: dict[str, Any] = Field(default_factory=dict)


class GroupingParameters(Parameters):
    """How images become groups.

    Attributes:
        method: A module of `pixelmill.groupings`; `auto` is HDBSCAN, and where one of its
            clusters holds more than half of the images the setting or method that divides the
            features best; null makes no groups.
        space: Space of the clustering: the reduced features, or the two dimensions of the map.
        parameters: Method parameters, by its library's own names.
    """

    method: str | None = "auto"
    space: Literal["features", "projection"] = "projection"
    parameters: dict[str, Any] = Field(default_factory=dict)


class MosaicParameters(Parameters):
    """The pictures made of thumbnails.

    Attributes:
        styles: Mosaic styles to draw.
        size: Side length in pixels; above 16,000 a mosaic is a page of tiles.
        format: Kind of file. Of photos a PNG is 4 to 6 times as large as a JPEG; `mosaic.png` is
            there in any case, of at most 2,000 pixels a side where the format is another.
        images: Images on a mosaic at most; where there are more, they are drawn by chance.
    """

    styles: tuple[Style, ...] = ("scatter", "grid", "bordered", "groups")
    size: Annotated[int, Field(ge=200, le=200_000)] = 5000
    format: Literal["jpeg", "webp", "png"] = "jpeg"
    images: Annotated[int, Field(ge=1, le=100_000)] = 20_000


class MapPageParameters(Parameters):
    """The interactive map.

    Attributes:
        enabled: Whether the page is written.
        thumbnails: Images that have a thumbnail there; where there are more, they are drawn by
            chance, and the others show their path alone.
        similar: Similar images that are listed for each image, up to 50,000 images.
        originals: Address that the paths of the images are relative to, at which the page opens a
            photo: `auto` is the folder of the images on this machine, and none for a bucket; else
            one of `https:`, `http:` or `file:`, or relative to the page; null opens none.
    """

    enabled: bool = True
    thumbnails: Annotated[int, Field(ge=0, le=1_000_000)] = 50_000
    similar: Annotated[int, Field(ge=0, le=24)] = 6
    originals: str | None = AUTO_ORIGINALS

    @field_validator("originals")
    @classmethod
    def _can_be_opened(cls, address: str | None) -> str | None:
        if address is None or address == AUTO_ORIGINALS:
            return address
        scheme, colon, _ = address.partition(":")
        if colon and scheme.lower() not in ADDRESSES:
            raise ValueError(
                f"a page opens no {scheme}: address; give one of https:, http: or file:, "
                "or a folder relative to the page"
            )
        if not address.strip() or set(address) & set('?#"<>'):
            raise ValueError(
                "an address that paths are put to has no ? and no #: a signed address is a secret "
                "that expires, and does not belong on a page"
            )
        return address


class MappingParameters(Parameters):
    """The map of similar images.

    Attributes:
        preparation: Preparation of the features; fitted on all images.
        projection: Projection to two dimensions.
        grouping: Clustering of similar images.
        mosaics: Mosaics of thumbnails.
        page: The interactive map.
    """

    preparation: PreparationParameters = Field(
        default_factory=lambda: PreparationParameters(pca=50)
    )
    projection: ProjectionParameters = Field(default_factory=ProjectionParameters)
    grouping: GroupingParameters = Field(default_factory=GroupingParameters)
    mosaics: MosaicParameters = Field(default_factory=MosaicParameters)
    page: MapPageParameters = Field(default_factory=MapPageParameters)
