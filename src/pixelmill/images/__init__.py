"""Image files: their kinds, their headers, and the one way from their bytes to pixels.

Listing and downloading ask `kinds`; features, signatures and thumbnails all decode with
`decoding.decode`, so that they see the same picture or give the same reason.
"""
