"""Pages of a gallery that never end, take all memory, or try to leave the browser."""

import json


class HostilePages:
    """Pages of a site whose `send`, `works` and `_images` they use."""

    def _hangs(self, request):
        """A script that never ends, once the page is scrolled."""
        self._once_scrolled(request, "while (true);")

    def _eats(self, request):
        """Takes all memory that it gets, once the page is scrolled."""
        self._once_scrolled(request, "for (let all = [];;) all.push(new Array(1e6).fill(1));")

    def _once_scrolled(self, request, script):
        body = self._images(self.works["blue"][:2]) + '<div style="height: 9000px"></div>'
        listen = f"addEventListener('scroll', () => {{ {script} }})"
        self.send(request, f"{body}<script>{listen}</script>")

    def _endless(self, request):
        """Another image with every look."""
        script = "let n = 0; setInterval(() => { const work = document.createElement('div');"
        script += "work.className = 'work'; work.innerHTML = `<img src=/photo/${++n}>`;"
        script += "document.body.append(work); }, 20)"
        self.send(request, f"<body><script>{script}</script>")

    def _restless(self, request):
        """The same two images in items that are new all the time."""
        names = json.dumps(self.works["blue"][:2])
        script = f"const names = {names}; let n = 0; setInterval(() => {{"
        script += "document.body.innerHTML = names.map((name) => `<div class=work id=${++n}>"
        script += "<img src=/photo/${name}></div>`).join(''); }, 20)"
        self.send(request, f"<body><script>{script}</script>")

    def _tricks(self, request):
        """Windows, dialogs, downloads, pages within the page, files of the machine, false names."""
        body = self._images(self.works["blue"])
        body += "<img name=querySelectorAll><form><input name=getAttribute></form>"
        body += "<iframe src=/trap/frame></iframe><a id=file href='file:///etc/hostname'>x</a>"
        body += "<a id=load href=/trap/download download>x</a>"
        script = """
            Array.prototype.map = Array.prototype.filter = () => [];
            Element.prototype.querySelectorAll = () => [];
            JSON.stringify = () => "no"; globalThis.gallery = null;
            onbeforeunload = () => "stay";
            open("/trap/window");
            document.querySelector("#load").click();
            document.querySelector("#file").click();
            navigator.serviceWorker?.register("/trap/worker");
            setTimeout(() => { location = "/trap/elsewhere" }, 900);
            const ice = {iceServers: [{urls: "stun:127.0.0.1:PORT"}]};
            const line = new RTCPeerConnection(ice); line.createDataChannel("x");
            line.createOffer().then((offer) => line.setLocalDescription(offer));
            alert("hello"); while (!confirm("again?")) break;
        """.replace("PORT", request.query["port"][0])
        self.send(request, f"{body}<script>{script}</script>")

    def _trap(self, request):
        self.send(request, self._images(self.works["red"]), Content_Disposition="attachment")
