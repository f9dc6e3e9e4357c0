"""The work of a run, from the profile of a run on this machine."""

import datetime
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pixelmill.aws.price_table import Speed
from pixelmill.emr.planning.assumptions import Assumptions
from pixelmill.errors import InputError
from pixelmill.storage import Storage, child, open_storage

MOST_IMAGES = 10**12  # more than all of a bucket's; beyond it there is a typing error
GIGABYTE = 1e9

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Steps(BaseModel):
    """Core-seconds of a run, by step; what a cluster starts and waits for is not taken over."""

    model_config = ConfigDict(frozen=True)

    read: Seconds
    decode: Seconds
    infer: Seconds
    write: Seconds


class Profile(BaseModel):
    """What a plan needs of `profile.json`.

    Attributes:
        images: Number of images of the run.
        failed: Number of these images without features.
        cores: Number of cores of the run.
        seconds: Wall time.
        seconds_by_step: Core-seconds.
        precision: Precision of the network; None if the featurizer is not a network.
        peak_worker_memory_bytes: The largest Python worker.
        date: Day of the run; None in profiles of early versions.
    """

    model_config = ConfigDict(frozen=True)

    images: Annotated[int, Field(ge=1)]
    failed: Annotated[int, Field(ge=0)] = 0
    cores: Annotated[int, Field(ge=1)]
    seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    seconds_by_step: Steps
    precision: str | None = None
    peak_worker_memory_bytes: Annotated[int, Field(ge=1)]
    date: datetime.date | None = None


@dataclass(frozen=True)
class Work:
    """One featurization.

    Attributes:
        images: Number of them.
        image_bytes: Mean size of one.
        floats: Length of a feature vector.
        chunk_size: Images that are saved at once.
        reads_in_flight: Images that a task reads ahead.
        network_seconds: An image, on a core of the reference.
        plain_seconds: The same of everything else.
        precision: Precision of the network.
        worker_memory: Memory of a Python worker, in GB.
    """

    images: int
    image_bytes: float
    floats: int
    chunk_size: int
    reads_in_flight: int
    network_seconds: float
    plain_seconds: float
    precision: str | None
    worker_memory: float

    @property
    def chunks(self) -> int:
        """Number of them."""
        return math.ceil(self.images / self.chunk_size)

    @property
    def images_a_chunk(self) -> int:
        """In each of them, since a run divides its images equally."""
        return math.ceil(self.images / self.chunks)

    def cpu_seconds(self, speed: Speed) -> float:
        """Return the CPU seconds of an image, on one vCPU.

        Args:
            speed: Speed of the vCPU.
        """
        network = speed.bfloat16 if self.precision == "bfloat16" else speed.float32
        return self.plain_seconds / speed.plain + self.network_seconds / network


@dataclass(frozen=True)
class FoundProfile:
    """A profile, and where it was found.

    Attributes:
        profile: Profile of the last run, or of an earlier one that measured more.
        storage: Folder or URI that it was looked for under.
        place: File or URI of it.
        measured: Day of the run.
    """

    profile: Profile
    storage: str
    place: str
    measured: datetime.date


def find_profile(storages: Sequence[str], path: str) -> FoundProfile:
    """Find the profile of a run, or of the earlier one that it has kept.

    Args:
        storages: Folders and S3 URIs, looked at in this order; one that cannot be asked is passed
            over where a later one has the profile.
        path: Path of the profile relative to each of them.

    Raises:
        InputError: If there is none, it is damaged, or no run had anything to do.
    """
    problem: InputError | None = None
    for storage in map(open_storage, storages):
        try:
            (file,) = storage.find_files([path])
        except InputError as unreachable:
            problem = problem or unreachable
            continue
        if file is not None:
            place = f"{storage.root}/{path}"
            profile = _read(storage, path)
            day = profile.date or file.modified.date()
            return FoundProfile(profile, storage.root, place, day)
    looked_at = " or ".join(child(one, path).removeprefix("./") for one in storages)
    raise problem or InputError(
        f"there is no profile in {looked_at}: "
        "run kedro run --params dataset=NAME,images=SAMPLE on "
        "a sample of the images here (a thousand or more), which writes it, or name one with "
        "--profile FILE"
    )


def _read(storage: Storage, path: str) -> Profile:
    place = f"{storage.root}/{path}"
    try:
        return Profile.model_validate(_measured(json.loads(storage.read_bytes(path))))
    except ValidationError as invalid:
        raise InputError(_complaint(place, invalid)) from None
    except ValueError as damaged:
        raise InputError(_no_profile(place, str(damaged))) from None


def _measured(content: Any) -> Any:
    """Return the profile, or an earlier one if this run had little or nothing to do."""
    return content.get("last") or content if isinstance(content, dict) else content


def work_of(
    profile: Profile,
    assumed: Assumptions,
    *,
    images: int,
    image_bytes: float,
    floats: int,
    chunk_size: int,
    reads_in_flight: int,
) -> Work:
    """Return what the images need, by what an image of the profile's run needed.

    Args:
        profile: Profile of a run with the same featurizer on similar images.
        assumed: The overheads.
        images: Number of images.
        image_bytes: Mean size of one.
        floats: Length of a feature vector.
        chunk_size: `featurization.chunk_size`.
        reads_in_flight: `featurization.reads_in_flight`.

    Raises:
        InputError: For no images, or more than there can be.
    """
    if not 1 <= images <= MOST_IMAGES:
        raise InputError(
            f"there are {images} images to plan for: give --images 1000000, or another number "
            f"from 1 to {MOST_IMAGES:,}"
        )
    steps = profile.seconds_by_step
    measured = (steps.read + steps.decode + steps.write) / profile.images
    return Work(
        images=images,
        image_bytes=image_bytes,
        floats=floats,
        chunk_size=chunk_size,
        reads_in_flight=reads_in_flight,
        network_seconds=steps.infer / profile.images * assumed.profile_speed,
        plain_seconds=measured * assumed.profile_speed + assumed.overhead + assumed.s3_read,
        precision=profile.precision,
        worker_memory=profile.peak_worker_memory_bytes / GIGABYTE,
    )


def _complaint(file: str, problem: ValidationError) -> str:
    error = problem.errors()[0]
    name = ".".join(str(part) for part in error["loc"])
    if name == "images" and error["input"] == 0:
        return (
            f"{file} is of a run that had nothing to do: run the sample once more under another "
            "name (--params dataset=NAME)"
        )
    what = f"{name}: {error['msg']}" if name else error["msg"]
    return _no_profile(file, what)


def _no_profile(file: str, what: str) -> str:
    return f"{file} is no profile of a run ({what}): run the sample again, which writes a new one"
