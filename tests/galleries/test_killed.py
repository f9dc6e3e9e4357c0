"""A collector that is killed goes on where it was."""

import os
import signal
import subprocess
import sys
import time

COLLECT = """
import sys
from pixelmill.galleries import Access, collect_gallery
from pixelmill.parameters.galleries import Collector
from pixelmill.storage import open_storage
collector = Collector.model_validate_json(sys.argv[1])
collect_gallery(collector, open_storage(sys.argv[2]), Access(private_addresses=True))
"""


def test_a_killed_collector_goes_on_where_it_was(gallery, site):
    collector = gallery.collector("/green/", "/pages/0", next="[rel=next]", more=".load-more")
    command = [sys.executable, "-c", COLLECT, collector.model_dump_json(), gallery.storage.root]
    before = site.asked["/pages/2"]
    process = subprocess.Popen(command, start_new_session=True)
    until = time.monotonic() + 60
    while site.asked["/pages/2"] == before and time.monotonic() < until:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    asked = len(site.moments)
    gallery.follow(collector)
    again = [path for path, _ in site.moments[asked:] if path.startswith(("/green", "/pages"))]
    assert again[0] >= "/pages/2"  # neither the first start page nor the first pages
    assert gallery.urls == sorted(site.photos("green", "blue", "red"))
    labelled = [(row["url"], row["label"]) for row in gallery.rows]
    assert len(set(labelled)) == len(labelled)
