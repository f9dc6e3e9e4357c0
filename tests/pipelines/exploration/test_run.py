"""The pipeline as a user starts it, on photos with planted faults."""

import shutil

import pandas as pd
import pytest
from PIL import Image, ImageFilter

FINDINGS = "08_reporting/pets/findings.parquet"
COLUMNS = ["path", "kind", "score", "evidence", "related_path"]


@pytest.fixture(scope="module")
def photos(assets, tmp_path_factory):
    """Thirty photos, of which some are faulty; one file is no image and has a hostile name."""
    folder = tmp_path_factory.mktemp("photos")
    files = sorted((assets / "pets").rglob("*.jpg"))[::9]
    for number, photo in enumerate(files):
        place = folder / ("cat" if photo.parent.name[0].isupper() else "dog") / f"{number}.jpg"
        place.parent.mkdir(exist_ok=True)
        shutil.copyfile(photo, place)
    shutil.copyfile(files[0], folder / "cat" / "again.jpg")
    with Image.open(files[-1]) as image:
        picture = image.convert("RGB")
    picture.filter(ImageFilter.GaussianBlur(9)).save(folder / "dog" / "<b>soft.jpg")
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "1601:01:01 00:00:00"
    Image.new("RGB", (300, 200), (90, 140, 60)).save(folder / "dog" / "plain.png", exif=exif)
    exif.get_ifd(0x8769)[0x9003] = "2019:03:02 10:11:12"
    picture.save(folder / "cat" / "dated.jpg", exif=exif, quality=30)
    exif.get_ifd(0x8769)[0x9003] = "2099:12:31 00:00:00"
    picture.point(lambda level: level * 0.05).save(folder / "dog" / "night.png", exif=exif)
    picture.rotate(90).save(folder / "loose.jpg", quality=90)
    (folder / "dog" / "<script>.jpg").write_bytes(b"no image")
    return folder


def test_exploration_makes_features_findings_and_a_page(project, run_here, photos):
    params = f"dataset=pets,images={photos},featurization.featurizer=colour_statistics"
    output = run_here(project, params, "--pipelines", "exploration")
    findings = pd.read_parquet(project.storage / FINDINGS)
    assert list(findings.columns) == COLUMNS
    found = {kind: set(rows["path"]) for kind, rows in findings.groupby("kind")}
    assert found["blank"] == {"dog/plain.png"}
    assert found["dark"] == {"dog/night.png"}
    assert found["blurred"] == {"dog/<b>soft.jpg"}
    (copy,) = findings[findings["kind"] == "exact_duplicate"].itertuples()
    assert {copy.path, copy.related_path} == {"cat/0.jpg", "cat/again.jpg"}
    assert findings["score"].between(0, 1).all()
    summary = project.json("08_reporting/pets/exploration.json")
    assert summary["unreadable"] == 1
    assert summary["formats"]["PNG"] == 2
    assert summary["taken"] == {
        "dated": 1,
        "first": "2019-03-02",
        "last": "2019-03-02",
        "by": "month",
        "counts": {"2019-03": 1},
    }
    assert summary["most_important"][0] in " ".join(output.split())
    page = (project.storage / "08_reporting/pets/exploration.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;soft.jpg" in page
    assert "<b>soft" not in page
    assert "<script" not in page
    assert 'No label <span class="note">1</span>' in page
    assert page.count('<ul class="class-lines">') == 18
    assert '<svg class="pair-plots"' in page
    assert "dog" in project.json("08_reporting/pets/explored_features.json")["classes"]
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri" in page
