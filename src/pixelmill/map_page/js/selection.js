  // The chosen images, as a list and for export.
  const LISTED = 120;

  function makeSelection(map, state, hover, sheets) {
    const panel = $("selection");
    const list = $("list");
    let listed = 0;

    function item(point) {
      const row = document.createElement("li");
      const button = element("button");
      const canvas = document.createElement("canvas");
      const label = state.name("labels", point) ?? state.name("groups", point);
      const text = element("span", "summary");
      button.type = "button";
      button.title = "Fly there and open its card";
      text.append(element("bdi", "path", shown(map.paths[point])));
      if (label !== null) text.append(element("bdi", "note", shown(label)));
      button.append(canvas, text);
      button.addEventListener("click", () => hover.visit(point));
      row.append(button);
      sheets.show(canvas, point, 44);
      return row;
    }

    function listMore() {
      const next = [...state.chosen.slice(listed, listed + LISTED)];
      list.append(...next.map(item));
      listed += next.length;
      const left = state.chosen.length - listed;
      $("more").hidden = !left;
      $("more").textContent = `Show more (${left.toLocaleString("en")} left)`;
    }

    // What they are mostly: the five most frequent labels, or groups where there are none.
    function mixture() {
      const mode = map.modes.labels.categories.length ? "labels" : "groups";
      const { codes, categories, none } = map.modes[mode];
      if (!categories.length) return "";
      const sums = new Map();
      for (const i of state.chosen) sums.set(codes[i], (sums.get(codes[i]) ?? 0) + 1);
      const sorted = [...sums].sort((a, b) => b[1] - a[1]);
      const parts = sorted.slice(0, 5).map(([code, sum]) =>
        `${shown(code < 0 ? none : categories[code].name)} ${sum.toLocaleString("en")}`);
      return parts.join(" · ") + (sorted.length > 5 ? ` · and ${sorted.length - 5} more` : "");
    }

    function choose(points) {
      state.chosen = Uint32Array.from(points).sort(); // in the order of the paths
      panel.hidden = !points.length;
      list.replaceChildren();
      listed = 0;
      if (points.length) {
        $("chosen").textContent = `${counted(points.length, "image", "images")} chosen`;
        $("mixture").textContent = mixture();
        listMore();
      }
      state.update();
    }

    const paths = () => Array.from(state.chosen, (point) => map.paths[point]);
    const rows = () => Array.from(state.chosen, (point) =>
      [map.paths[point], state.name("labels", point), state.name("groups", point)]);
    for (const id of ["csv", "text", "copy"]) $(id).hidden = !map.whole; // half a path leads nowhere
    $("more").addEventListener("click", listMore);
    $("csv").addEventListener("click", () => download("images.csv", "text/csv", asCsv(rows())));
    $("text").addEventListener("click", () => download("images.txt", "text/plain", asText(paths())));
    $("copy").addEventListener("click", async () => {
      await copy(asText(paths()));
      $("copy").textContent = "Copied";
      setTimeout(() => { $("copy").textContent = "Copy paths"; }, 1500);
    });
    panel.querySelector(".close").addEventListener("click", () => choose([]));
    return { choose };
  }
