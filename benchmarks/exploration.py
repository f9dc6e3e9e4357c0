"""How well faults that are planted in real photos are found, and how fast.

python -m benchmarks.exploration [--seeds 3] [--classes 2] [--peer PYTHON]

Among the pets, 20 are copied, 10 get another class's label, 10 are blurred, 5 are replaced by blank
images and 5 made nearly black; each of these photos has one fault. A label is the kind of animal
(--classes 2) or the breed (--classes 37, of which each has 7 photos). Precision and recall are
counted on images; a copy counts whether it or its original is named. With --peer, a Python that
has cleanvision, its answers and its time are measured on the same files. Decoding alone is that of
libjpeg-turbo at an eighth of the scale in grey, the least that any look at a JPEG costs.
"""

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import Image, ImageFilter

from benchmarks.near_duplicates import signed
from pixelmill.classifier.manifest import cpu_model
from pixelmill.duplicates.groups import find_groups
from pixelmill.duplicates.table import tabulate
from pixelmill.exploration.copies import find_copies
from pixelmill.exploration.faults import find_faults, find_thresholds
from pixelmill.exploration.findings import UNCLEAR, Finding
from pixelmill.exploration.outliers import principal_components
from pixelmill.featurizers import find_featurizer
from pixelmill.parameters import ExplorationParameters, FeaturizationParameters
from pixelmill.pipelines.exploration.odd import judge_labels

ASSETS = Path(__file__).parents[2] / "shared" / "assets"
PARAMETERS = ExplorationParameters()
COUNTS = {"copy": 20, "label_error": 10, "blurred": 10, "blank": 5, "dark": 5}
PEER = """
import json, sys, time
from cleanvision import Imagelab
begun = time.process_time()
lab = Imagelab(data_path=sys.argv[1])
kinds = {"blurry": "blurred", "low_information": "blank", "dark": "dark"}
lab.find_issues({kind: {} for kind in kinds}, n_jobs=1, verbose=False)
seconds = time.process_time() - begun
found = {own: [path for path, flag in lab.issues[f"is_{kind}_issue"].items() if flag]
         for kind, own in kinds.items()}
print(json.dumps({"seconds": seconds, "found": found}))
"""


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--classes", type=int, choices=(2, 37), default=2)
    parser.add_argument("--peer", help="a Python that has cleanvision")
    options = parser.parse_args()
    totals: dict[str, dict[str, list[int]]] = {}
    for seed in range(options.seeds):
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), seed, options, totals)
    print(f"{cpu_model()}, {time.strftime('%Y-%m-%d')}, {options.seeds} seeds")
    for name, kinds in totals.items():
        for kind, (hits, found, planted) in kinds.items():
            precision, recall = hits / max(found, 1), hits / planted
            print(f"{name:12} {kind:12} precision {precision:.3f}  recall {recall:.3f}")


def measure(
    folder: Path,
    seed: int,
    options: argparse.Namespace,
    totals: dict[str, dict[str, list[int]]],
) -> None:
    """Plants the faults of one seed, looks for them, and adds to the totals.

    Args:
        folder: An empty one.
        seed: Seed of the draw.
        options: Options of the command line.
        totals: Right, found and planted images by who looked and kind.
    """
    planted, labels = plant(folder, seed, options.classes)
    files = sorted(folder.iterdir())
    own = totals.setdefault("pixelmill", {kind: [0, 0, 0] for kind in COUNTS})
    begun = time.process_time()
    found = faults_in(files)
    rate = len(files) / (time.process_time() - begun)
    found["copy"] = copies_in(files)
    unclear = set().union(*(found.get(kind, set()) for kind in UNCLEAR))
    clear = [file for file in files if file.name not in unclear]
    found["label_error"] = label_errors_in(clear, [labels[file.name] for file in clear])
    count(own, planted, found)
    print(f"pixelmill: {rate:.0f} images a CPU second, all checks; seed {seed}")
    print(f"decoding alone: {decoding_rate(files):.0f} images a CPU second")
    if options.peer:
        command = [options.peer, "-c", PEER, str(folder)]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        answer = json.loads(output.splitlines()[-1])
        theirs = {kind: {Path(one).name for one in of} for kind, of in answer["found"].items()}
        kinds = totals.setdefault("cleanvision", {kind: [0, 0, 0] for kind in theirs})
        count(kinds, planted, theirs)
        print(
            f"cleanvision: {len(files) / answer['seconds']:.0f} images a CPU second, three checks"
        )


def decoding_rate(files: Sequence[Path]) -> float:
    """Images a CPU second of decoding alone, at the least scale."""
    contents = [file.read_bytes() for file in files]
    begun = time.process_time()
    for content in contents:
        simplejpeg.decode_jpeg(content, "GRAY", min_height=1, min_width=1, min_factor=8)
    return len(contents) / (time.process_time() - begun)


def plant(folder: Path, seed: int, classes: int) -> tuple[dict[str, set[str]], dict[str, str]]:
    """Writes the photos with their faults.

    Returns:
        Names of the faulty files by kind, and the label of each file.
    """
    photos = sorted((ASSETS / "pets").rglob("*.jpg"))
    draw = np.random.default_rng(seed)
    order = iter(draw.permutation(len(photos)).tolist())
    kind_of = {next(order): kind for kind, times in COUNTS.items() for _ in range(times)}
    planted: dict[str, set[str]] = {kind: set() for kind in COUNTS}
    labels = {}
    every = sorted({label_of(photo, classes) for photo in photos})
    for number, photo in enumerate(photos):
        kind = kind_of.get(number, "")
        name, label = f"{number:04}.jpg", label_of(photo, classes)
        if kind == "label_error":
            label = str(draw.choice([one for one in every if one != label]))
        labels[name] = label
        for file in write(photo, folder / name, kind, draw):
            labels[file.name] = label
            planted[kind].add(file.name)
    return planted, labels


def label_of(photo: Path, classes: int) -> str:
    """The breed, or the kind of animal: cats' breeds begin with a capital letter."""
    breed = photo.parent.name
    return breed if classes != 2 else ("cat" if breed[0].isupper() else "dog")


def write(photo: Path, place: Path, kind: str, draw: np.random.Generator) -> Iterator[Path]:
    """Writes a photo with a fault; yields the files that have it."""
    place.write_bytes(photo.read_bytes())
    if not kind:
        return
    with Image.open(photo) as image:
        picture = image.convert("RGB")
    if kind == "copy":
        place = place.with_name(f"copy{place.name}")
        place.write_bytes(photo.read_bytes())
    elif kind == "blurred":
        picture.filter(ImageFilter.GaussianBlur(float(draw.uniform(4, 10)))).save(place, quality=90)
    elif kind == "blank":
        Image.new("RGB", picture.size, tuple(draw.integers(0, 256, 3).tolist())).save(place)
    elif kind == "dark":
        picture.point(lambda level: level * 0.06).save(place, quality=90)
    yield place


def faults_in(files: Sequence[Path]) -> dict[str, set[str]]:
    """What the checks find, by kind."""
    rows = features("picture_checks", files)
    thresholds = find_thresholds(PARAMETERS, rows)
    names = [file.name for file in files]
    findings = find_faults(names, rows, thresholds, PARAMETERS.blurred)
    return by_kind(findings)


def copies_in(files: Sequence[Path]) -> set[str]:
    """Exact and near-duplicates: of two, the one whose name says that it is the copy."""
    pictures = signed([file.read_bytes() for file in files], [file.name for file in files])
    table = tabulate(pictures, find_groups(pictures, 0.95, "largest"))
    pairs = [(one.path, str(one.related_path)) for one in find_copies(table, 0.95)]
    return {next((name for name in pair if "copy" in name), pair[0]) for pair in pairs}


def label_errors_in(files: Sequence[Path], labels: Sequence[str]) -> set[str]:
    """Label errors by the features of the default network."""
    rows = features("efficientnet_lite0", files)
    paths = [file.name for file in files]
    copies = {path: path.removeprefix("copy") for path in paths if path.startswith("copy")}
    both = rows, principal_components(rows, PARAMETERS.components)
    found, _ = judge_labels(paths, labels, both, copies, PARAMETERS, len(set(labels)))
    return {one.path for one in found}


def features(name: str, files: Sequence[Path]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Features of a featurizer, float32 [n, d]."""
    opened = find_featurizer(FeaturizationParameters(featurizer=name)).prepare().open(1)
    parts = []
    for start in range(0, len(files), 16):
        done = opened([file.read_bytes() for file in files[start : start + 16]])
        assert not any(done.errors), done.errors
        parts.append(done.features)
    return np.concatenate(parts)


def by_kind(findings: Iterator[Finding]) -> dict[str, set[str]]:
    """Paths by kind."""
    found: dict[str, set[str]] = {}
    for one in findings:
        found.setdefault(one.kind, set()).add(one.path)
    return found


def count(
    totals: dict[str, list[int]], planted: dict[str, set[str]], found: dict[str, set[str]]
) -> None:
    """Adds right, found and planted images of each kind."""
    for kind, numbers in totals.items():
        theirs = found.get(kind, set())
        for place, more in enumerate(
            (len(theirs & planted[kind]), len(theirs), len(planted[kind]))
        ):
            numbers[place] += more


if __name__ == "__main__":
    main()
