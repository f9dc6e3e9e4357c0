  // Names at the middles of their categories. Each is drawn once and then copied to every frame.
  const MOST_NAMES = 90, EDGE = 4;

  function makeNames(map, view, state, tiles) {
    const pictures = new Map();
    const panels = ["bar", "legend", "tools"].map($);
    let placed = [];
    let ink = "";
    let paper = "";

    function picture(name, size) {
      const known = pictures.get(name);
      if (known) return known;
      const canvas = document.createElement("canvas");
      const context = canvas.getContext("2d");
      const text = shown(name).length > 32 ? `${shown(name).slice(0, 31)}…` : shown(name);
      const font = `600 ${size}px -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif`;
      context.font = font;
      const [width, height] = [Math.ceil(context.measureText(text).width) + 10, size + 10];
      canvas.width = width * view.ratio;
      canvas.height = height * view.ratio;
      context.scale(view.ratio, view.ratio);
      Object.assign(context, { font, textBaseline: "middle", lineJoin: "round", lineWidth: 4, strokeStyle: paper, fillStyle: ink });
      context.strokeText(text, 5, height / 2);
      context.fillText(text, 5, height / 2);
      const made = { canvas, width, height };
      pictures.set(name, made);
      return made;
    }

    function size(share) {
      return Math.round(Math.max(12, Math.min(17, 11 + 18 * Math.sqrt(share))));
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
        const tile = tiles.under(x, middle); // a name stands below a face, not on it
        const y = tile ? tile.y + tile.high / 2 + 9 : middle;
        if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
        const { canvas, width, height } = picture(name, size(members / map.count));
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
