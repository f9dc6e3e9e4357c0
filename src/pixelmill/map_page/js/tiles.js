  // Thumbnails at their places, once few enough are in view.
  const IN_VIEW = 900, DRAWN = 280, SMALLEST = 38, LARGEST = 112, NARROW = 700, CELLS = 128;

  function makeTiles(map, view, index, sheets, state) {
    const crowd = new Uint32Array(CELLS * CELLS);
    const cellOf = (place) => Math.max(0, Math.min(CELLS - 1, Math.floor(((place + 1) / 2) * CELLS)));
    for (const i of map.tiles) crowd[cellOf(map.y[i]) * CELLS + cellOf(map.x[i])]++;
    const largest = Math.max(64, Math.min(LARGEST, sheets.cell));
    const gap = usualGap();
    let drawn = [];

    // The distance from an image to the next one, of the middle one of some hundreds: thumbnails
    // grow as the view comes closer, and keep their size where it moves along.
    function usualGap() {
      const step = Math.max(1, Math.floor(map.tiles.length / 300));
      const gaps = [];
      for (let place = 0; place < map.tiles.length; place += step) gaps.push(toNext(map.tiles[place]));
      return gaps.sort((a, b) => a - b)[gaps.length >> 1] ?? 0;
    }

    function toNext(point) {
      const [x, y] = [map.x[point], map.y[point]];
      for (let reach = 1 / Math.sqrt(map.count); reach < 4; reach *= 2) {
        const others = index.within(x, y, reach).filter((i) => i !== point);
        if (others.length) return Math.min(...others.map((i) => Math.hypot(map.x[i] - x, map.y[i] - y)));
      }
      return 2;
    }

    // About how many are in view, for next to nothing: a frame must not search a million points.
    function crowded([west, south, east, north]) {
      let sum = 0;
      for (let row = cellOf(south) + 1; row < cellOf(north); row++) {
        for (let column = cellOf(west) + 1; column < cellOf(east); column++) sum += crowd[row * CELLS + column];
        if (sum > IN_VIEW) return true;
      }
      return false;
    }

    // The same image stays in front of the same others, however the view moves.
    const priority = (point) => Math.imul(point + 1, 2654435761) >>> 0;

    function choose() {
      const bounds = view.bounds(SMALLEST);
      if (!map.tiles.length || crowded(bounds)) return [];
      const inside = index.range(...bounds).filter((i) => map.tileOf[i] >= 0);
      if (!inside.length || inside.length > IN_VIEW) return [];
      const side = Math.max(SMALLEST, Math.min(view.width < NARROW ? 64 : largest, 2.1 * gap * view.scale));
      const clear = inside.filter((i) => state.of[i] >= PLAIN);
      return spread(clear.sort((a, b) => priority(a) - priority(b)), side);
    }

    // Leaves out whoever would lie on a chosen one; it stays there as a point.
    function spread(found, side) {
      const taken = new Map();
      const chosen = [];
      const apart = 0.74 * side; // they may overlap by a quarter
      const key = (x, y) => x * 100003 + y;
      for (const point of found) {
        const [x, y] = [view.x(map.x[point]), view.y(map.y[point])];
        const [column, row] = [Math.floor(x / apart), Math.floor(y / apart)];
        let free = true;
        for (let dx = -1; dx <= 1 && free; dx++) {
          for (let dy = -1; dy <= 1 && free; dy++) {
            const other = taken.get(key(column + dx, row + dy));
            free = !other || Math.max(Math.abs(other[0] - x), Math.abs(other[1] - y)) >= apart;
          }
        }
        if (!free) continue;
        taken.set(key(column, row), [x, y]);
        chosen.push({ point, x, y, side });
        if (chosen.length === DRAWN) break;
      }
      return chosen;
    }

    function draw(context, colourOf) {
      drawn = state.images ? choose() : [];
      context.lineWidth = 2;
      for (const shape of drawn.toReversed()) {
        const tile = sheets.tile(shape.point);
        const scale = shape.side / Math.max(tile.width, tile.height);
        Object.assign(shape, { wide: tile.width * scale, high: tile.height * scale });
        const [left, top] = [shape.x - shape.wide / 2, shape.y - shape.high / 2];
        context.strokeStyle = context.fillStyle = colourOf(shape.point);
        if (tile.sheet.bitmap) sheets.paint(context, tile, left, top, shape.wide, shape.high);
        else context.fillRect(left, top, shape.wide, shape.high);
        context.strokeRect(left - 1, top - 1, shape.wide + 2, shape.high + 2);
      }
    }

    const at = (x, y) => drawn.find((shape) =>
      Math.abs(shape.x - x) <= shape.wide / 2 && Math.abs(shape.y - y) <= shape.high / 2)?.point;

    const under = (x, y) => drawn.find((shape) =>
      Math.abs(shape.x - x) <= shape.side / 2 && Math.abs(shape.y - y) <= shape.side / 2);

    return { draw, at, under, get drawn() { return drawn; } };
  }
