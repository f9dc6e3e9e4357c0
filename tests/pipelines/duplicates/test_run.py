"""Runs as a user starts them: no copy of a training image is tested."""

import shutil
from collections import Counter

from PIL import Image

PARAMS = "dataset=pets"


def test_no_copy_of_a_training_image_is_tested(project, run_here, assets, tmp_path):
    photos = tmp_path / "photos"
    for number, photo in enumerate(sorted((assets / "pets").rglob("*.jpg"))[::22]):
        place = photos / ("cat" if number % 2 else "dog")
        place.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(photo, place / f"{number}.jpg")
        with Image.open(photo) as image:
            for share in (0.5, 0.7, 0.9):
                small = image.resize([int(side * share) for side in image.size])
                small.convert("RGB").save(place / f"{number} {share}.jpg", quality=80)
    params = f"{PARAMS},images={photos},splitting.near_duplicates=leave_out"
    run_here(project, params, "--pipelines", "ingestion,splitting")
    splits = {row["path"]: row["split"] for row in project.table("02_intermediate/pets/splits")}
    assert Counter(splits.values())["left_out"] == 36
    of_photo = Counter(
        path.split()[0].removesuffix(".jpg")
        for path, split in splits.items()
        if split != "left_out"
    )
    assert len(of_photo) == 12
    assert set(of_photo.values()) == {1}
    assert project.json("08_reporting/pets/duplicates.json")["copies"] == 36
    assert (project.storage / "08_reporting/pets/duplicates.html").stat().st_size < 1_000_000
    off = f"{PARAMS},images={photos},duplicates.enabled=false"
    run_here(project, off, "--pipelines", "duplicates")
    assert project.json("08_reporting/pets/duplicates.json")["enabled"] is False
