  // Names at the middles of their categories. Each is drawn once and then copied to every frame.
  const MOST_NAMES = 90, EDGE = 4, LINE = 22, LINES = 3;

  function makeNames(map, view, state, tiles) {
    const pictures = new Map();
    const panels = ["bar", "legend", "tools"].map($);
    let placed = [];
    let ink = "";
    let paper = "";

    function picture(name, size) {
      const key = `${size} ${name}`;
      const known = pictures.get(key);
      if (known) return known;
      const canvas = document.createElement("canvas");
      const context = canvas.getContext("2d");
      const lines = broken(shown(name));
      const font = `600 ${size}px -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif`;
      context.font = font;
      const widths = lines.map((line) => context.measureText(line).width);
      const [width, height] = [Math.ceil(Math.max(...widths)) + 10, Math.ceil(1.2 * size * lines.length) + 8];
      canvas.width = width * view.ratio;
      canvas.height = height * view.ratio;
      context.scale(view.ratio, view.ratio);
      Object.assign(context, { font, textBaseline: "middle", textAlign: "center", lineJoin: "round", lineWidth: 4, strokeStyle: paper, fillStyle: ink });
      lines.forEach((line, row) => {
        const y = 4 + 1.2 * size * (row + 0.5);
        context.strokeText(line, width / 2, y);
        context.fillText(line, width / 2, y);
      });
      const made = { canvas, width, height };
      pictures.set(key, made);
      return made;
    }

    function size(share) {
      return Math.round(Math.max(12, Math.min(view.width < NARROW ? 14 : 17, 11 + 18 * Math.sqrt(share))));
    }

    // A long name goes on in a second and a third line, broken after a blank or a mark where there
    // is one; only what three lines do not hold is cut.
    function broken(text) {
      const lines = [];
      let rest = text.trim();
      while (rest.length > LINE && lines.length < LINES - 1) {
        const marks = [...rest.slice(0, LINE + 1).matchAll(/[\s_.,-]/g)].map((mark) => mark.index + 1);
        const end = Math.min(LINE, marks.filter((mark) => mark > LINE / 3).at(-1) ?? LINE);
        lines.push(rest.slice(0, end).trim());
        rest = rest.slice(end).trim();
      }
      return [...lines, rest.length > LINE ? `${rest.slice(0, LINE - 1)}…` : rest];
    }

    // A name near the edge moves inwards: half a name says nothing.
    function inside(x, y, width, height) {
      const left = Math.max(EDGE, Math.min(x - width / 2, view.width - width - EDGE));
      const top = Math.max(EDGE, Math.min(y - height / 2, view.height - height - EDGE));
      return [left, top, left + width, top + height];
    }

    const meet = (one, other, slack) =>
      one[0] < other[2] && other[0] < one[2] && one[1] < other[3] - slack && other[1] < one[3] - slack;

    function draw(context) {
      placed = [];
      if (!state.naming) return;
      const { categories } = map.modes[state.mode];
      const covered = panels.map((panel) => panel.getBoundingClientRect()).filter(({ width }) => width)
        .map(({ left, top, right, bottom }) => [left, top, right, bottom]);
      context.globalAlpha = state.focused ? 0.4 : 1;
      for (let code = 0; code < categories.length && placed.length < MOST_NAMES; code++) {
        const { name, centre, size: members } = categories[code];
        if (centre === null) break;
        if (!name.trim() || state.hides(code)) continue;
        const [x, middle] = [view.x(map.x[centre]), view.y(map.y[centre])];
        if (x < 0 || middle < 0 || x > view.width || middle > view.height) continue;
        const { canvas, width, height } = picture(name, size(members / map.count));
        const tile = tiles.under(x, middle); // a name is below a face, not on it
        const y = tile ? tile.y + tile.high / 2 + height / 2 : middle;
        const box = inside(x, y, width, height);
        if (covered.some((panel) => meet(box, panel, 0)) || placed.some((other) => meet(box, other, 4))) continue;
        placed.push(box);
        context.drawImage(canvas, Math.round(box[0]), Math.round(box[1]), width, height);
      }
      context.globalAlpha = 1;
    }

    function retheme(style) {
      ink = style.getPropertyValue("color");
      paper = style.getPropertyValue("background-color");
      pictures.clear();
    }
    return { draw, retheme, boxes: () => placed };
  }
