  // The card of the image under the pointer: pinned, it opens the photo and leads to similar ones.
  const SETTLED = 120; // milliseconds that the pointer rests before similar images are read

  function makeHover(map, view, index, state, tiles, sheets, colour) {
    const card = $("card");
    const canvas = card.querySelector("canvas");
    const link = $("open");
    const stage = $("stage");
    const reach = map.count > 200_000 ? 6 : 11;
    let current = -1;
    let pinned = false;
    let waiting = null;
    let settling = 0;

    function nearest(px, py, far = reach) {
      const tile = tiles.at(px, py);
      if (tile !== undefined) return tile;
      const [x, y] = view.inverse(px, py);
      let [found, best] = [-1, Infinity];
      for (const i of index.within(x, y, far / view.scale)) {
        // Of several under the pointer, one that stands out: the others are dimmed.
        const away = (map.x[i] - x) ** 2 + (map.y[i] - y) ** 2 + (state.of[i] === DIMMED ? 1 : 0);
        if (state.of[i] !== HIDDEN && away < best) [found, best] = [i, away];
      }
      return found;
    }

    function fill(point) {
      sheets.show(canvas, point, Math.min(200, Math.max(128, sheets.cell)));
      const names = ["labels", "groups"].map((mode) => state.name(mode, point)).filter((name) => name !== null);
      const category = card.querySelector(".category");
      const swatch = element("i", "swatch");
      swatch.style.background = colour(state.code(point));
      category.replaceChildren(swatch, ...[...new Set(names)].map((name) => element("bdi", "", shown(name))));
      category.hidden = !names.length;
      card.querySelector(".path").replaceChildren(element("bdi", "", shown(map.paths[point])));
      const address = addressOf(map, point);
      link.hidden = address === null;
      if (address === null) link.removeAttribute("href");
      else link.href = address;
    }

    function fillSimilar(point) {
      const found = [...map.similar(point)];
      $("similar").hidden = !found.length;
      $("similar-list").replaceChildren(...found.map(similarTo));
    }

    function similarTo(point) {
      const button = element("button");
      const picture = document.createElement("canvas");
      button.type = "button";
      button.title = shown(map.paths[point]);
      button.setAttribute("aria-label", shown(map.paths[point]));
      button.append(picture);
      sheets.show(picture, point, 64);
      if (picture.hidden) button.append(element("bdi", "", shown(map.paths[point].split("/").pop())));
      button.addEventListener("click", () => visit(point));
      return button;
    }

    function move(px, py) {
      const { width, height } = card.getBoundingClientRect();
      const left = px + 18 + width > view.width ? px - 18 - width : px + 18;
      const top = Math.min(Math.max(8, py - height / 2), Math.max(8, view.height - height - 8));
      card.style.transform = `translate(${Math.max(8, Math.min(left, view.width - width - 8))}px, ${top}px)`;
    }

    function pin(on) {
      pinned = on;
      card.classList.toggle("pinned", on);
      card.setAttribute("role", on ? "dialog" : "tooltip");
    }

    function hide() {
      clearTimeout(settling);
      current = -1;
      pin(false);
      card.hidden = true;
      stage.classList.remove("pointing");
    }

    function show(point, px, py) {
      stage.classList.toggle("pointing", point >= 0);
      if (point < 0) return hide();
      if (point !== current) {
        fill(point);
        $("similar").hidden = true;
        clearTimeout(settling);
        settling = setTimeout(() => { fillSimilar(point); if (pinned) follow(); else move(px, py); }, SETTLED);
      }
      current = point;
      card.hidden = false;
      move(px, py);
    }

    // Pins the card of an image, wherever it is.
    function open(point) {
      if (point < 0) return hide();
      show(point, view.x(map.x[point]), view.y(map.y[point]));
      clearTimeout(settling);
      fillSimilar(point);
      pin(true);
      follow();
    }

    // Flies to an image with the one before in sight, and pins its card.
    function visit(point) {
      const from = current;
      open(point);
      view.fly(from < 0 ? [point] : [from, point]);
      focusCard();
    }

    function focusCard() {
      (link.hidden ? $("similar-list").querySelector("button") : link)?.focus({ preventScroll: true });
    }

    function follow() {
      if (pinned) move(view.x(map.x[current]), view.y(map.y[current]));
    }

    function listen(surface) {
      surface.addEventListener("pointermove", (event) => {
        if (pinned || event.pointerType === "touch") return;
        if (event.buttons || state.lassoing) return hide();
        const first = !waiting;
        waiting = [event.offsetX, event.offsetY];
        if (first) requestAnimationFrame(() => { const place = waiting; waiting = null; if (place && !pinned) show(nearest(...place), ...place); });
      });
      surface.addEventListener("pointerleave", () => { waiting = null; if (!pinned) hide(); });
      surface.addEventListener("click", (event) => {
        if (event.shiftKey || state.lassoing) return;
        hide();
        open(nearest(event.offsetX, event.offsetY));
      });
    }

    // By key: the image nearest to the middle of what is seen.
    function visitMiddle() {
      hide();
      const point = nearest(...view.middle, Math.max(view.width, view.height));
      if (point < 0) return;
      open(point);
      focusCard();
    }
    return { listen, hide, follow, visit, visitMiddle, openPhoto: () => { if (pinned && !link.hidden) link.click(); } };
  }
