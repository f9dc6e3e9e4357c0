  // Names at the middles of their categories. Each is drawn once and then copied to every frame.
  const MOST_NAMES = 90;

  function makeNames(map, view, state, tiles) {
    const pictures = new Map();
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

    function draw(context) {
      if (!state.naming) return;
      const { categories } = map.modes[state.mode];
      const placed = [];
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
        const box = [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
        if (placed.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] - 4 && other[1] < box[3] - 4)) continue;
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
    return { draw, retheme };
  }
