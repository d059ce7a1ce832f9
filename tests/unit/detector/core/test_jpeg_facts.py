import numpy as np
import pytest

from detector.errors import UnreadablePicture
from detector.jpeg import facts
from detector.jpeg_tables import nearest_quality, standard_luma


@pytest.mark.parametrize("quality", [10, 37, 50, 75, 90, 95, 99])
def test_the_quality_of_a_standard_table_is_found_exactly(texture, save, quality):
    found = facts(save(texture(64, 64), quality)[0])
    assert (found.quality, found.standard) == (quality, True)


def test_table_at_quality_50_is_that_of_the_standard():
    assert standard_luma(50)[0].tolist() == [16, 11, 10, 16, 24, 40, 51, 61]
    assert standard_luma(100).max() == 1


def test_a_table_of_ones_own_gets_the_nearest_quality():
    table = standard_luma(80).copy()
    table[7, 7] += 3
    assert nearest_quality(table) == (80, False)


def test_the_table_is_in_natural_order(texture, save):
    table = np.ones((8, 8), int)
    table[0, 1], table[3, 0] = 7, 9
    found = facts(save(texture(64, 64), 50, qtables=[table.ravel().tolist()])[0])
    assert (found.luma[0][1], found.luma[3][0], found.luma[1][0]) == (7, 9, 1)
    assert not found.standard


@pytest.mark.parametrize(("asked", "found"), [(0, "4:4:4"), (1, "4:2:2"), (2, "4:2:0")])
def test_subsampling_is_read_from_the_header(texture, save, asked, found):
    rgb = np.dstack([texture(64, 64)] * 3)
    assert facts(save(rgb, 80, subsampling=asked)[0]).subsampling == found


def test_a_grey_progressive_file_is_called_so(texture, save):
    found = facts(save(texture(64, 80), 80, progressive=True)[0])
    assert (found.subsampling, found.progressive, found.width, found.height) == ("grey", True, 80, 64)


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(50), b"\xff\xd8\xff\xe0"])
def test_what_is_no_jpeg_is_refused(content):
    with pytest.raises(UnreadablePicture, match="expected a JPEG"):
        facts(content)
