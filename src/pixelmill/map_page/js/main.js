  // Puts the parts together, and draws a frame when something changed.
  const FAINT = 120; // of 255: noise is below the groups and fainter
  const NO_WEBGL = "This browser offers no WebGL, which draws the map: switch on hardware acceleration, or open the page in another browser.";
  const GONE = "The browser has taken the graphics away: reload the page.";

  function message(text) {
    $("message").textContent = text;
    $("message").hidden = !text;
  }

  function palette(map) {
    const rgba = new Uint8Array(4 * (1 + map.colours.length));
    [map.noise, ...map.colours].forEach((colour, place) => {
      const number = parseInt(colour.slice(1), 16);
      rgba.set([number >> 16, (number >> 8) & 255, number & 255, place ? 255 : FAINT], 4 * place);
    });
    return rgba;
  }

  // Has a frame drawn soon, once, however often it is asked.
  function makeFrames() {
    const frames = { draw: () => {} };
    let asked = false;
    frames.ask = () => {
      if (asked) return;
      asked = true;
      requestAnimationFrame((now) => { asked = false; frames.draw(now); });
    };
    return frames;
  }

  function pointSize(map, view) {
    const even = Math.sqrt((view.half * view.half * 4) / Math.max(1, map.count));
    const size = Math.min(9, 0.42 * even) * view.k ** 0.3;
    return Math.max(map.count > 200_000 ? 1.4 : 2.2, Math.min(16, size));
  }

  function makeOverlay(canvas, view) {
    const context = canvas.getContext("2d");
    return () => {
      const [width, height] = [view.width, view.height].map((side) => Math.round(side * view.ratio));
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      context.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
      context.clearRect(0, 0, view.width, view.height);
      return context;
    };
  }

  function listen({ view, state, redraw, search, selection, lasso, hover, about }) {
    const flip = (name, id) => () => {
      state[name] = !state[name];
      $(id).setAttribute("aria-pressed", String(state[name]));
      redraw();
    };
    const clear = () => {
      if (search.active) search.clear();
      selection.choose([]);
      lasso.arm(false);
      hover.hide();
      about.show(false);
      $("points").focus({ preventScroll: true });
    };
    const actions = {
      "/": () => $("query").select(), Escape: clear, "0": view.fit, l: () => lasso.arm(!state.lassoing),
      "+": () => view.by(1.6), "=": () => view.by(1.6), "-": () => view.by(1 / 1.6), i: () => about.show(!about.open),
      t: flip("images", "images"), n: flip("naming", "naming"), o: hover.openPhoto, Enter: hover.visitMiddle,
      ArrowLeft: () => view.pan(80, 0), ArrowRight: () => view.pan(-80, 0),
      ArrowUp: () => view.pan(0, 80), ArrowDown: () => view.pan(0, -80),
    };
    makeKeys(actions);
    for (const [id, key] of [["zoom-in", "+"], ["zoom-out", "-"], ["fit", "0"], ["images", "t"], ["naming", "n"]]) {
      $(id).addEventListener("click", actions[key]);
    }
    hover.listen($("points"));
  }

  function start(map) {
    const [canvas, stage] = [$("points"), $("stage")];
    const points = makePoints(map, canvas);
    if (!points) return message(NO_WEBGL);
    canvas.addEventListener("webglcontextlost", () => message(GONE));

    const frames = makeFrames();
    const redraw = frames.ask;
    const pace = makePace(map, redraw);
    const state = makeState(map, () => { points.restate(state.of); redraw(); });
    const colour = (code) => (code < 0 ? map.noise : map.colours[code % map.colours.length]);
    const index = indexPlaces(map);
    const view = makeView(map, canvas, stage, {
      changed: pace.moved,
      mayPan: (event) => !state.lassoing && !event.shiftKey,
    });
    const sheets = makeSheets(map, redraw);
    const tiles = makeTiles(map, view, index, sheets, state);
    const names = makeNames(map, view, state, tiles);
    const recolour = () => points.colour(map.modes[state.mode].codes);
    const legend = makeLegend(map, state, { recolour, colour });
    const hover = makeHover(map, view, index, state, tiles, sheets, colour);
    const selection = makeSelection(map, state, hover, sheets);
    const lasso = makeLasso(map, view, index, state, { redraw, choose: selection.choose });
    const [search, about] = [makeSearch(map, state, view, hover), makeAbout(map, view, sheets)];
    const overlay = makeOverlay($("overlay"), view);
    let accent = "";

    frames.draw = (now) => {
      points.draw(view, pointSize(map, view), map.count > 200_000 ? 0.55 : 0.85, pace.next(now));
      const context = overlay();
      tiles.draw(context, (point) => colour(state.code(point)));
      names.draw(context);
      lasso.draw(context, accent);
      hover.follow();
    };
    const retheme = () => {
      const style = getComputedStyle(stage);
      accent = style.getPropertyValue("outline-color");
      names.retheme(style);
      redraw();
    };
    listen({ view, state, redraw, search, selection, lasso, hover, about });
    makeTheme(retheme);
    points.paint(palette(map));
    legend.show(state.mode);
    retheme();
    message(map.count ? "" : "There are no images on this map.");
    offer(map, view, tiles, names);
    document.body.classList.remove("loading");
  }

  // For the console: where an image is on the screen, and which thumbnails are drawn.
  function offer(map, view, tiles, names) {
    const place = (path) => {
      const i = map.paths.indexOf(path);
      return i < 0 ? null : [view.x(map.x[i]), view.y(map.y[i])];
    };
    const drawn = () => tiles.drawn.map(({ point }) => map.paths[point]);
    const boxes = () => tiles.drawn.map(({ x, y, wide, high }) => [x - wide / 2, y - high / 2, x + wide / 2, y + high / 2]);
    globalThis.pixelmill = Object.freeze({ place, drawn, boxes, names: names.boxes, view });
  }

  unpackMap().then(start).catch((error) => {
    message(`The map could not be opened: ${error.message}`);
    throw error;
  });
