"""A folder of mosaics holds those of the last run alone."""

from dataclasses import replace

import numpy as np

from pixelmill.datasets.mosaic_folder import MosaicFolder
from pixelmill.mosaics import Scene, draw_groups


def mosaics(names):
    count = len(names)
    scene = Scene(
        paths=[f"{number}.jpg" for number in range(count)],
        coordinates=np.arange(2.0 * count).reshape(count, 2),
        clusters=np.arange(count, dtype=np.int32),
        names=dict(enumerate(names)),
        thumbnails=[None] * count,
        problems=["vanished"] * count,
    )
    return draw_groups(scene, 600)


def test_every_group_has_a_picture_and_none_of_an_earlier_run_stays(tmp_path):
    folder = MosaicFolder(filepath=f"{tmp_path}/mosaics")
    assert not folder.exists()
    folder.save(mosaics(["Siamese", "it's v1.2 <b>"]))
    assert folder.exists()
    assert len(folder.load()) == 2
    folder.save(mosaics(["Birman", "Siamese"]))
    assert sorted(file.name for file in (tmp_path / "mosaics").iterdir()) == [
        "Birman.png",
        "Siamese.png",
    ]
    assert folder.load()["Birman"]().width >= 512


def test_a_change_of_format_leaves_none_of_the_other(tmp_path):
    folder = MosaicFolder(filepath=f"{tmp_path}/mosaics")
    for kind, ending in (("png", "png"), ("jpeg", "jpg"), ("webp", "webp")):
        drawn = mosaics(["Siamese", "v1.2"]).items()
        folder.save({name: replace(mosaic, format=kind) for name, mosaic in drawn})
        found = sorted(file.name for file in (tmp_path / "mosaics").iterdir())
        assert found == [f"Siamese.{ending}", f"v1.2.{ending}"]
        assert set(folder.load()) == {"Siamese", "v1.2"}
        assert folder.load()["v1.2"]().width >= 512


def test_no_groups_leave_no_pictures(tmp_path):
    folder = MosaicFolder(filepath=f"{tmp_path}/mosaics")
    folder.save(mosaics(["Siamese"]))
    folder.save({})
    assert not list(tmp_path.glob("mosaics/*"))


def test_pictures_go_to_s3_too(s3):
    folder = MosaicFolder(filepath="s3://photos/mill/mosaics")
    folder.save(mosaics(["Siamese", "Birman"]))
    folder.save(mosaics(["Sphynx"]))
    listed = s3.list_objects(Bucket="photos")["Contents"]
    assert [one["Key"] for one in listed] == ["mill/mosaics/Sphynx.png"]
    assert len(folder.load()) == 1
