"""Which column has the images' paths or URLs."""

import pytest

from pixelmill.errors import InputError
from pixelmill.sources.columns import open_table
from pixelmill.sources.location_column import location_column

A, B = "https://example.com/a.jpg", "HTTP://example.com/b.jpg"


@pytest.fixture
def column(tmp_path):
    def find(text, given=None, name="list.csv"):
        (tmp_path / name).write_text(text)
        return location_column(open_table(str(tmp_path), name), given)

    return find


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"url,path,x\n{A},1.jpg,{B}\n", "path"),
        (f"Image_URL,x\n{A},{B}\n", "Image_URL"),
        ("url,x\nno url at all,1\n", "url"),
        (f"kind,photo\ncat,{A}\ndog,\nowl,{B}\n", "photo"),
        (f"kind,photo\n{A},{A}\nowl,{B}\n", "photo"),
        ("x, PATH \n1,1.jpg\n", "PATH"),
        ("label,file_name\nx,1.jpg\n", "file_name"),
        ("label,Image\nx,a/my cat 1.jpg\ny,\nx,2.jpg\nz,lost\n", "Image"),
        (f"image,photo\n7,{A}\n8,{B}\n", "photo"),  # a number is no image
        (f"filename,url\n1.jpg,{A}\n", "url"),
    ],
)
def test_path_comes_first_then_a_name_then_values(column, text, found):
    assert column(text) == found


def test_what_the_user_names_is_taken(column):
    assert column(f"url,other\n{A},{B}\n", "other") == "other"


def test_lines_of_text_are_one_column(column):
    assert column(f"{A}\n{B}\n", name="list.txt") == "line"
    assert column("a/1.jpg\nb/2.jpg\n", name="list.txt") == "line"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"a,b\n{A},{B}\n", r"several columns with URLs, a, b: set ingestion\.path_column"),
        (f"url,image_url\n{A},{B}\n", "several columns with URLs, url, image_url"),
        (f"Path,PATH\n{A},{B}\n", "several columns with URLs, Path, PATH"),
        ("file,kind\na/1.png,x\n", "no column 'path', only file, kind: set ingestion.path_column"),
        (f"kind,photo\nx,{A}\ny,none\n", "no column 'path', only kind, photo"),
        ('a,"b\n\x1b[31m"\n1,2\n', r"no column 'path', only a, 'b\\n\\x1b\[31m': set"),
        (f"{A}\n{B}\n", r"list\.csv begins with a URL where the names of its columns must be"),
    ],
)
def test_where_it_is_not_clear_a_sentence_says_what_to_set(column, text, sentence):
    with pytest.raises(InputError, match=sentence):
        column(text)


def test_two_columns_of_one_name_are_a_sentence(tmp_path):
    (tmp_path / "list.csv").write_text(f"path,path\n{A},{B}\n")
    with pytest.raises(InputError, match="has two columns 'path': rename one"):
        open_table(str(tmp_path), "list.csv").read(["path"])
