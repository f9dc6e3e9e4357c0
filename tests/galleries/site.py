"""A gallery on loopback in the manner of an arts site, and the ways in which pages go wrong."""

import json
import threading
import time
from collections import Counter
from functools import cache, cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from urllib.parse import parse_qs, unquote, urlsplit

from PIL import Image, ImageChops

from tests.galleries.hostile_pages import HostilePages

COLOURS = (
    *("black", "blue", "brown", "green", "grey", "orange", "pink", "red", "violet", "white"),
    "yellow",
)
TINTS = {"brown": (120, 72, 30), "grey": (128, 128, 128), "pink": (255, 150, 190)}
BLANK = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
BATCH = 3  # works that come at once

# Works appear as the page is scrolled, and their images as they come into view. After two batches a
# button has to be clicked.
ENDLESS = """<!DOCTYPE html><title>{colour}</title>
<style>.work {{ height: 700px }} img {{ width: 50px }}</style>
<h1>{colour}</h1><div id=works></div><div id=end style="height: 10px"></div>
<button class=load-more hidden>Load more</button>
<script>
const works = document.querySelector("#works"), more = document.querySelector("button");
let at = 0, busy = false, clicks = 0;
const shown = new IntersectionObserver((seen) => seen.forEach((one) => {{
  if (!one.isIntersecting) return;
  const image = one.target.querySelector("img");
  setTimeout(() => {{ image.srcset = image.dataset.srcset; }}, 30);
  shown.unobserve(one.target);
}}));
async function load() {{
  if (busy) return;
  busy = true;
  more.hidden = true;
  const answer = await fetch(`works?from=${{at}}`);
  const batch = await answer.json();
  for (const name of batch.names) {{
    const work = document.createElement("div");
    work.className = "work";
    work.innerHTML = `<a href="/photo/${{name}}?w=2000"><img alt="" src="{blank}"
      data-srcset="/photo/${{name}}?w=100 100w, ../photo/${{name}}?w=800 800w"></a>`;
    works.append(work);
    shown.observe(work);
  }}
  at += batch.names.length;
  clicks += 1;
  busy = false;
  if (batch.more && clicks >= 2) more.hidden = false;
  else if (!batch.more) at = -1;
}}
more.onclick = load;
new IntersectionObserver((seen) => {{
  if (seen[0].isIntersecting && at >= 0 && clicks < 2) load();
}}, {{rootMargin: "50px"}}).observe(document.querySelector("#end"));
addEventListener("scroll", () => {{
  const left = document.documentElement.scrollHeight - scrollY - innerHeight;
  if (left < 60 && at >= 0 && clicks < 2) load();
}});
</script>"""


class GallerySite(HostilePages):
    """What was asked of the site, and what it answers.

    Attributes:
        asked: How often each path was asked for, without queries.
        agents: The User-Agents.
        down: Paths that are answered by 503 from now on.
        delay: Seconds before each answer.
    """

    def __init__(self, assets):
        self.assets = assets / "colours"
        self.asked = Counter()
        self.agents = set()
        self.moments = []
        self.down = set()
        self.delay = 0.0
        self._lock = threading.Lock()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                path = unquote(urlsplit(self.path).path)
                with site._lock:
                    site.asked[path] += 1
                    site.agents.add(self.headers["User-Agent"])
                    site.moments.append((path, time.monotonic()))
                time.sleep(site.delay)
                try:
                    self.query = parse_qs(urlsplit(self.path).query)
                    site.answer(self, path)
                except OSError:  # the browser has gone
                    self.close_connection = True

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request, path):
        if path in self.down:
            return self.send(request, "busy", 503)
        first, _, request.rest = path.strip("/").partition("/")
        if first in COLOURS:
            return self._colour(request, first)
        made = getattr(self, f"_{first.replace('.', '_')}", None)
        if made is None:
            return self.send(request, "no such page", 404)
        return made(request)

    def send(self, request, body, status=200, kind="text/html; charset=utf-8", **headers):
        data = body.encode() if isinstance(body, str) else body
        request.send_response(status)
        given = {"Content-Type": kind, "Content-Length": str(len(data))} | headers
        for name, value in given.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(data)

    @cached_property
    def works(self):
        """Names of the photos of each colour, which is the beginning of each."""
        found = {
            colour.name: [f"{colour.name}/{photo.name}" for photo in sorted(colour.iterdir())]
            for colour in sorted(self.assets.iterdir())
        }
        tinted = {colour: [f"{colour}/{number}.jpg" for number in range(5)] for colour in TINTS}
        return found | tinted

    def photos(self, *colours):
        """URLs of the photos as they should be found, largest first."""
        return {f"{self.url}/photo/{name}?w=800" for one in colours for name in self.works[one]}

    def _robots_txt(self, request):
        self.send(request, "User-agent: *\nDisallow: /private/\n", kind="text/plain")

    def _colour(self, request, colour):
        if request.rest != "works":
            return self.send(request, ENDLESS.format(colour=colour, blank=BLANK))
        begin = int(request.query["from"][0])
        names = self.works[colour][begin : begin + BATCH]
        left = begin + BATCH < len(self.works[colour])
        body = json.dumps({"names": names, "more": left})
        return self.send(request, body, kind="application/json")

    def _photo(self, request):
        self.send(
            request,
            self.photo(request.rest, int(request.query.get("w", ["100"])[0])),
            kind="image/jpeg",
        )

    @cache  # noqa: B019
    def photo(self, name, width):
        """A JPEG of at most that width."""
        colour = name.partition("/")[0]
        if colour in TINTS:
            white = sorted((self.assets / "white").iterdir())[int(name[-5])]
            with Image.open(white) as picture:
                plain = picture.convert("RGB")
            image = ImageChops.multiply(plain, Image.new("RGB", plain.size, TINTS[colour]))
        else:
            with Image.open(self.assets / name) as picture:
                image = picture.convert("RGB")
        image.thumbnail((width, width))
        file = BytesIO()
        image.save(file, "JPEG")
        return file.getvalue()

    def _images(self, names, form='<div class=work><img src="/photo/{}?w=800"></div>'):
        return "".join(form.format(name) for name in names)

    def _pages(self, request):
        """Blue, green and red, four works a page; the last page links to itself."""
        every = [name for colour in ("blue", "green", "red") for name in self.works[colour]]
        number, last = int(request.rest or 0), (len(every) - 1) // 4
        base = f'<base href="/photo/"><a rel=next href="/pages/{min(number + 1, last)}">next</a>'
        names = every[4 * number : 4 * number + 4]
        form = '<div class=work><picture><source type=image/jxl srcset="{0}?w=4000 4000w"><source '
        form += 'srcset="{0}?w=800 2x, {0}?w=100"><img src="{0}?w=100"></picture></div>'
        self.send(request, base + self._images(names, form))

    def _moving(self, request):
        """Eight works of yellow, which have moved by three places with every answer."""
        every, number = self.works["yellow"], int(request.rest or 0)
        by = 3 * self.asked["/moving/0"] if number == 0 else 3 * self.asked["/moving/0"] + 3
        turned = [every[(place + by) % len(every)] for place in range(len(every))]
        names = turned[4 * number : 4 * number + 4]
        following = '<a rel=next href="/moving/1">next</a>' if number == 0 else ""
        self.send(request, self._images(names) + following)

    def _single(self, request):
        """Works that have pages of their own, which name the colour; one page is not there."""
        if request.rest:
            name = f"{request.rest.partition('.')[0].rstrip('0123456789')}/{request.rest}"
            body = f"<h1 class=colour> {name.partition('/')[0]}\n </h1>"
            body += f'<img class=big data-src="/photo/{name}?w=800#x" src="{BLANK}">'
            return self.send(request, body)
        names = [*self.works["blue"], *self.works["red"][:2]]
        form = '<div class=work><a href="/single/{0}"><img src="/photo/{0}?w=100"></a></div>'
        links = "".join(form.format(name.partition("/")[2]) for name in names)
        links += '<div class=work><a href="/nowhere/1">gone</a></div>'
        links += '<div class=work><a href="/private/1">forbidden</a></div>'
        return self.send(request, links)

    def _broken(self, request):
        """A script error, an item that never loads, one written into the page, and two works."""
        body = self._images(self.works["blue"][:2])
        body += "<div class=work></div><div class=work><img src='about:blank'></div>"
        body += f'<div class=work><img src="{BLANK}"></div><script>missing.call(1)</script>'
        self.send(request, body)

    def _labels(self, request):
        """Two works under two labels, one of them in blocks; the third gets its label later."""
        first, second, third = self.works["blue"][:3]
        labels = "<h4>dark<br>b<i>lu</i>e</h4><p>sky</p><style>b {}</style>", "sea", ""
        form = "<div class=work><img src=/photo/{}?w=800><b>{}</b></div>"
        pairs = [*zip((first, second, third), labels, strict=True), (first, "sea"), (second, "sea")]
        late = "setTimeout(() => { document.querySelectorAll('b')[2].textContent = 'late' }, 700)"
        body = "".join(form.format(*pair) for pair in pairs)
        self.send(request, f"{body}<script>{late}</script>")

    def _spinner(self, request):
        """Works that show the same picture until they are in view."""
        form = (
            "<div class=work style='height: 700px'><img src=/spinner.gif alt=/photo/{}?w=800></div>"
        )
        script = """
            const seen = new IntersectionObserver((all) => all.forEach((one) => {
              if (one.isIntersecting) setTimeout(() => { one.target.src = one.target.alt }, 300);
            }));
            document.querySelectorAll("img").forEach((one) => seen.observe(one));
        """
        body = self._images([*self.works["blue"], *self.works["red"]], form)
        self.send(request, f"{body}<script>{script}</script>")

    def _reserved(self, request):
        """A page that says what is asked for, in its head and in the header."""
        said = "".join(f"<meta name='{name}' content='{request.query[name][0]}'>"
                       for name in ("Robots", "PixelMill", "tdm-reservation")
                       if name in request.query)  # fmt: skip
        header = request.query.get("header", ["all"])[0]
        self.send(request, said + self._images(self.works["blue"]), X_Robots_Tag=header)

    def _always_more(self, request):
        """The last page stands for all that would follow."""
        number = int(request.rest)
        body = self._images(self.works["blue"] if number else self.works["red"])
        self.send(request, f"{body}<a rel=next href=/always_more/{number + 1}>next</a>")

    def _private(self, request):
        self.send(request, self._images(self.works["white"]))

    def _leads_there(self, request):
        body = self._images(self.works["blue"])
        self.send(request, f'{body}<a rel=next href="/private/">next</a>')

    def _away(self, request):
        self.send(request, "", 302, Location="/private/")

    def _buttons(self, request):
        """Pages that a button without an address turns."""
        names = json.dumps(self.works["green"])
        self.send(
            request,
            f"""<div id=works></div><button rel=next>next</button><script>
            const names = {names}; let at = 0;
            const turn = () => {{
              works.innerHTML = names.slice(at, at + 4).map((name) =>
                `<div class=work><img src="/photo/${{name}}?w=800"></div>`).join("");
              at += 4;
              document.querySelector("button").disabled = at >= names.length;
            }};
            document.querySelector("button").onclick = () => setTimeout(turn, 50);
            turn();</script>""",
        )
