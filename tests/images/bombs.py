"""Small files that make a decoder work or allocate without end, each made in a moment."""

import struct
import zlib

from PIL import Image

from tests.images.pictures import file_of, png_chunk, segment

TABLES = ((b"\0", b"\0"), (b"\x10", b"\xe0"))


def zeros(number):
    """So many zeros, compressed."""
    packer, block = zlib.compressobj(1), bytes(1 << 20)
    parts = [packer.compress(block) for _ in range(number >> 20)]
    return b"".join([*parts, packer.compress(block[: number & (1 << 20) - 1]), packer.flush()])


def png(width, height, bits, colours, *chunks, interlaced=0):
    """A PNG whose pixels are all 0."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colours]
    row = 1 + (width * bits * channels + 7) // 8
    pixels = zeros((row + interlaced) * height)  # interlaced, there are more rows
    header = struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, interlaced)
    palette = png_chunk(b"PLTE", bytes(768)) if colours == 3 else b""
    body = [png_chunk(b"IHDR", header), palette, *chunks]
    body += [png_chunk(b"IDAT", pixels), png_chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def webp_of_a_canvas(width, height):
    """A lossless WebP of one colour: 14 bits a side, and five codes of one symbol each."""
    bits = 0x2F | (width - 1) << 8 | (height - 1) << 22
    body = bits.to_bytes(5, "little") + bytes.fromhex("88 88 08 00 00 00 00 00")
    return riff(b"VP8L" + len(body).to_bytes(4, "little") + body + bytes(len(body) & 1))


def riff(chunks):
    """A WebP of chunks."""
    return b"RIFF" + (4 + len(chunks)).to_bytes(4, "little") + b"WEBP" + chunks


def animated_webp(frames):
    """A WebP that repeats its first frame."""
    first, second = (Image.new("RGB", (8, 8), colour) for colour in ("red", "blue"))
    data = file_of(first, "WEBP", lossless=True, save_all=True, append_images=[second])
    start = data.index(b"ANMF")
    size = 8 + int.from_bytes(data[start + 4 : start + 8], "little")
    return riff(data[12:start] + data[start : start + size] * frames)


def gif(*blocks):
    """A GIF of 8x8 pixels with blocks before its picture."""
    data = file_of(Image.new("P", (8, 8)), "GIF")
    start = data.index(b"\x2c\0\0\0\0")
    return data[:start] + b"".join(blocks) + data[start:]


def animated_gif(frames):
    """A GIF that repeats its frame."""
    data = file_of(Image.new("P", (8, 8)), "GIF")
    start = data.index(b"\x2c\0\0\0\0")
    return data[:start] + data[start:-1] * frames + b";"


def tiff(width, height, tags, data=b"", *, big=False):
    """A TIFF of tags (type, number of values, value or place), whose values follow `data`."""
    tags = {256: (4, 1, width), 257: (4, 1, height)} | tags
    start = 16 if big else 8
    entry, count = ("<HHQQ", "<Q") if big else ("<HHII", "<H")
    head = b"II\x2b\0\x08\0\0\0" if big else b"II*\0"
    place = start + len(data)
    entries = b"".join(struct.pack(entry, tag, *values) for tag, values in sorted(tags.items()))
    link = struct.pack("<Q" if big else "<I", place)
    return head + link + data + struct.pack(count, len(tags)) + entries + bytes(8)


def deflated(width, height, channels, bits=8, **tags):
    """A TIFF in one strip of zeros."""
    data = zeros(width * height * channels * bits // 8)
    colours = 2 if channels >= 3 else 1
    found = {258: (3, 1, bits), 259: (3, 1, 8), 262: (3, 1, colours), 273: (4, 1, 8)}
    found |= {277: (3, 1, channels), 278: (4, 1, height), 279: (4, 1, len(data))}
    if channels > 3:
        found[338] = (3, 1, 2)
    return tiff(width, height, found | {int(tag[1:]): value for tag, value in tags.items()}, data)


def jpeg(side, mode="L", **options):
    """A JPEG of one colour."""
    return file_of(Image.new(mode, (side, side)), "JPEG", **options)


def jpeg_of_size(data, width, height):
    """The same JPEG, whose header says another size."""
    frame = min(place for marker in (0xC0, 0xC2) if (place := data.find(bytes([0xFF, marker]))) > 0)
    return data[: frame + 5] + struct.pack(">HH", height, width) + data[frame + 9 :]


def scans_of_single_coefficients(side, coefficients):
    """A progressive JPEG in which coefficients come one by one and bit by bit, 14 scans each."""
    whole = jpeg(8, progressive=True)
    head = jpeg_of_size(whole[: whole.index(b"\xff\xc4")], side, side)
    blocks = (-(-side // 8)) ** 2
    # One code of one bit: a mean that stays, or a run of 32,767 blocks without a coefficient.
    mean, run = (segment(0xC4, kind + bytes([1] + [0] * 15) + code) for kind, code in TABLES)
    empty = repeated_code("0" + "1" * 14, -(-blocks // 0x7FFF))
    bits = [(0, 13), *((bit + 1, bit) for bit in range(12, -1, -1))]
    scans = [
        segment(0xDA, bytes([1, 1, 0, place, place, high << 4 | low])) + empty
        for place in range(1, coefficients + 1)
        for high, low in bits
    ]
    means = segment(0xDA, bytes([1, 1, 0, 0, 0, 0])) + repeated_code("0", blocks)
    rest = segment(0xDA, bytes([1, 1, 0, coefficients + 1, 63, 0])) + empty
    return head + mean + means + run + b"".join(scans) + rest + b"\xff\xd9"


def repeated_code(code, repeats):
    """Entropy-coded data of one code again and again, padded with ones."""
    bits = code * repeats
    bits += "1" * (-len(bits) % 8)
    data = int(bits, 2).to_bytes(len(bits) // 8, "big")
    return data.replace(b"\xff", b"\xff\0")


def bombs(side):
    """All of them by name; the largest are squares of this side in pixels."""
    kinds = (webp_bombs, png_bombs, other_bombs, avif_bombs, tiff_bombs, jpeg_bombs)
    return {name: data for kind in kinds for name, data in kind(side).items()}


def webp_bombs(side):
    """A large canvas in 30 bytes, and many chunks."""
    empty = b"ALPH\0\0\0\0" * 300_000
    return {
        "webp canvas": webp_of_a_canvas(side, side),
        "webp animation": animated_webp(100_000),
        "webp empty chunks": riff(empty + webp_of_a_canvas(8, 8)[12:]),
    }


def png_bombs(side):
    """Every depth that takes much memory, odd shapes, and chunks beside the pixels."""
    packed = zlib.compress(bytes(10**8), 1)
    return {
        "png rgba": png(side, side, 8, 6),
        "png of 16 bits": png(side, side, 16, 6),
        "png interlaced": png(side, side, 8, 6, interlaced=1),
        "png column": png(1, side**2 // 9, 1, 0),
        "png row": png(side**2, 1, 8, 2),
        "png text": png(8, 8, 8, 0, png_chunk(b"zTXt", b"a\0\0" + packed)),
        "png profile": png(8, 8, 8, 2, png_chunk(b"iCCP", b"a\0\0" + packed)),
        "png empty chunks": png(8, 8, 8, 0, png_chunk(b"IDAT", b"") * 300_000),
    }


def other_bombs(side):
    """Of GIF and BMP."""
    empty = file_of(Image.new("P", (8, 8)), "GIF")
    # A frame as large as its screen, and its place freed afterwards, for which Pillow allocates.
    control, frame = b"\x21\xf9\x04\x08" + bytes(4), struct.pack("<4HB", 0, 0, 65535, 65535, 0)
    freed = empty[:6] + b"\xff" * 4 + empty[10:].partition(b"\x2c")[0] + control + b"\x2c" + frame
    return {
        "gif comments": gif(b"\x21\xfe" + b"\x01a" * 1_000_000 + b"\0"),
        "gif animation": animated_gif(100_000),
        "gif screen": empty[:6] + struct.pack("<HH", side, side) + empty[10:],
        "gif freed": freed + b"\2\2\x4c\1\0;",
        "bmp runs": bmp_runs(side),
    }


def avif_bombs(side):
    """A stream whose frames are larger than the picture, and parts without end."""
    large = file_of(Image.new("RGB", (side * 5 // 4,) * 2), "AVIF", speed=10)
    size = large.index(b"ispe") + 8
    small = file_of(Image.new("RGB", (64, 64)), "AVIF", speed=10)
    items = small.index(b"iloc") + 4
    pieces = items + 14
    return {
        "avif frame": large[:size] + struct.pack(">II", 64, 64) + large[size + 8 :],
        "avif boxes": small + b"\0\0\0\x08free" * 300_000,
        "avif items": small[:items] + b"\2\0\0\0\0\0" + b"\xff" * 4 + small[items + 10 :],
        "avif pieces": small[:pieces] + b"\xff\xff" + small[pieces + 2 :],
    }


def tiff_bombs(side):
    """Large samples, tiles and lists of strips, tags that share values, and parts of their own."""
    million = 1_000_000
    plain = {258: (3, 1, 8), 259: (3, 1, 8), 262: (3, 1, 1), 277: (3, 1, 1)}
    strip = plain | {273: (4, 1, 8), 279: (4, 1, million), 278: (4, 1, 8)}
    tile = plain | {322: (4, 1, 65_536), 323: (4, 1, 16_384), 324: (4, 1, 8), 325: (4, 1, 10)}
    shared = dict.fromkeys(range(40000, 40900), (1, million, 8))
    fax = {258: (3, 1, 1), 259: (3, 1, 4)}
    return {
        "tiff rgba": deflated(side, side, 4),
        "tiff of floats": deflated(side, side, 1, 32, _339=(3, 1, 3)),
        "tiff turned": deflated(side, side, 3, _274=(3, 1, 6)),
        "tiff samples": tiff(side, side, strip | {277: (3, 1, 60_000)}, bytes(million)),
        "tiff tile": tiff(8, 8, tile, bytes(million)),
        "tiff tiles": tiff(1, million, tile | {323: (4, 1, 16)}, bytes(100)),
        "tiff rows": tiff(1, side**2, strip | {278: (4, 1, 1)}, bytes(million)),
        "tiff shared values": tiff(8, 8, strip | shared, bytes(million + 8)),
        "tiff of a million tags": tiff_of_tags(million),
        "tiff nested": tiff_of_nested_directories(1000),
        "tiff fax": tiff(16, million, strip | fax, b"\xaa" * million),
        "tiff of jpeg": tiff_of_jpeg(65_500),
    }


def jpeg_bombs(side):
    """Coefficients of all components, many scans, and many segments."""
    small, progressive = jpeg(64, "RGB"), jpeg(64, "RGB", progressive=True, subsampling=0)
    table = segment(0xC4, b"\0" + bytes([1] + [0] * 15) + b"\0")
    return {
        "jpeg progressive": jpeg(side, "RGB", progressive=True, subsampling=0),
        "jpeg scans": scans_of_single_coefficients(side, 62),
        "jpeg fewer scans": scans_of_single_coefficients(side * 2 // 3, 7),
        "jpeg fewer scans of more": scans_of_single_coefficients(9_900, 7),
        "jpeg tables": small[:2] + table * 10_000 + small[2:],
        "jpeg segments": small[:2] + segment(0xFE, b"") * 1_000_000 + small[2:],
        "jpeg fill": small[:2] + b"\xff" * 20_000_000 + small[2:],
        "jpeg restarts": progressive[:-2] + b"\xff\xd0\0" * 600_000 + b"\xff\xd9",
        "jpeg size": jpeg_of_size(small, side, side),
    }


def tiff_of_nested_directories(number):
    """A TIFF of directories, each of which names the next as its page, its own and its EXIF."""
    known = {258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 1), 273: (4, 1, 8), 279: (4, 1, 64)}
    start = 8 + 64
    size = len(tiff(8, 8, known | {330: (13, 1, 0), 34_665: (4, 1, 0)}, bytes(64))) - start
    directories = b""
    for place in range(number):
        following = start + (place + 1) % number * size
        tags = known | {330: (13, 1, following), 34_665: (4, 1, following)}
        whole = tiff(8, 8, tags, bytes(64))
        directories += whole[start:-8] + struct.pack("<I", following) + bytes(4)
    return whole[:start] + directories


def tiff_of_jpeg(side):
    """A small TIFF whose only part is a JPEG that says it is much larger."""
    progressive = jpeg(64, "RGB", progressive=True, subsampling=0)
    part = jpeg_of_size(progressive, side, side)
    place = {273: (4, 1, 8), 279: (4, 1, len(part)), 258: (3, 1, 8), 259: (3, 1, 7)}
    return tiff(64, 64, place | {262: (3, 1, 6), 277: (3, 1, 3), 278: (4, 1, 64)}, part)


def bmp_runs(side):
    """A BMP of the shortest runs."""
    runs = (b"\x01\x01\x01\x02" * (side // 2) + b"\0\0") * 40
    head = struct.pack("<IHHI", 54 + 1024 + len(runs), 0, 0, 54 + 1024)
    about = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, len(runs), 0, 0, 256, 0)
    return b"BM" + head + about + bytes(1024) + runs


def tiff_of_tags(number):
    """A BigTIFF with so many tags of the same few numbers."""
    known = {258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 1), 273: (4, 1, 8), 279: (4, 1, 64)}
    data = tiff(8, 8, known, bytes(64), big=True)
    start = 16 + 64
    entries = data[start + 8 : start + 8 + 20 * (len(known) + 2)]
    more = struct.pack("<HHQQ", 40_000, 3, 1, 1) * number
    count = struct.pack("<Q", len(known) + 2 + number)
    return data[:start] + count + entries + more + bytes(8)
