"""Image files: kinds, headers, and decoding to pixels.

Listing and downloading ask `kinds`; features, signatures and thumbnails all decode with
`decoding.decode`, so that they see the same picture or give the same reason.
"""
