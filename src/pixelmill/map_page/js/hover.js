  // The card of the image under the pointer.
  function makeHover(map, view, index, state, tiles, sheets, colour) {
    const card = $("card");
    const canvas = card.querySelector("canvas");
    const stage = $("stage");
    const reach = map.count > 200_000 ? 6 : 11;
    let current = -1;
    let pinned = false;
    let waiting = null;

    function nearest(px, py) {
      const tile = tiles.at(px, py);
      if (tile !== undefined) return tile;
      const [x, y] = view.inverse(px, py);
      let [found, best] = [-1, Infinity];
      for (const i of index.within(x, y, reach / view.scale)) {
        // Of several under the pointer, one that stands out: the others are dimmed.
        const far = (map.x[i] - x) ** 2 + (map.y[i] - y) ** 2 + (state.of[i] === DIMMED ? 1 : 0);
        if (state.of[i] !== HIDDEN && far < best) [found, best] = [i, far];
      }
      return found;
    }

    function fill(point) {
      sheets.show(canvas, point, Math.min(200, Math.max(128, sheets.cell)));
      const told = ["labels", "groups"].map((mode) => state.name(mode, point)).filter((name) => name !== null);
      const category = card.querySelector(".category");
      const swatch = element("i", "swatch");
      swatch.style.background = colour(state.code(point));
      category.replaceChildren(swatch, ...[...new Set(told)].map((name) => element("bdi", "", shown(name))));
      category.hidden = !told.length;
      card.querySelector(".path").replaceChildren(element("bdi", "", shown(map.paths[point])));
    }

    function move(px, py) {
      const { width, height } = card.getBoundingClientRect();
      const left = px + 18 + width > view.width ? px - 18 - width : px + 18;
      const top = Math.min(Math.max(8, py - height / 2), view.height - height - 8);
      card.style.transform = `translate(${Math.max(8, Math.min(left, view.width - width - 8))}px, ${top}px)`;
    }

    function hide() {
      current = -1;
      pinned = false;
      card.hidden = true;
      card.classList.remove("pinned");
      stage.classList.remove("pointing");
    }

    function show(px, py) {
      const point = nearest(px, py);
      stage.classList.toggle("pointing", point >= 0);
      if (point < 0) return hide();
      if (point !== current) fill(point);
      current = point;
      card.hidden = false;
      move(px, py);
      return point;
    }

    function listen(surface) {
      surface.addEventListener("pointermove", (event) => {
        if (pinned || event.pointerType === "touch") return;
        if (event.buttons || state.lassoing) return hide();
        const first = !waiting;
        waiting = [event.offsetX, event.offsetY];
        if (first) requestAnimationFrame(() => { const place = waiting; waiting = null; if (place && !pinned) show(...place); });
      });
      surface.addEventListener("pointerleave", () => { waiting = null; if (!pinned) hide(); });
      surface.addEventListener("click", (event) => {
        if (event.shiftKey || state.lassoing) return;
        hide();
        pinned = show(event.offsetX, event.offsetY) !== undefined;
        card.classList.toggle("pinned", pinned);
      });
    }
    return { listen, hide };
  }
