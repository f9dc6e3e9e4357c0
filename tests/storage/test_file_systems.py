"""Tables on S3 as they are now, whatever was listed before."""

from pixelmill.storage.file_systems import find_file_system


def test_an_object_that_came_after_a_listing_is_found_and_read(s3):
    s3.put_object(Bucket="photos", Key="table/first", Body=b"1")
    system, path = find_file_system("s3://photos/table")
    assert system.ls(path, detail=False) == ["photos/table/first"]
    s3.put_object(Bucket="photos", Key="table/second", Body=b"2")
    assert system.cat_file(f"{path}/second") == b"2"
    assert system.exists(f"{path}/second")
    s3.delete_object(Bucket="photos", Key="table/first")
    assert not system.exists(f"{path}/first")
