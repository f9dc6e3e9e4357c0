  // Position of the map on the screen: pan, zoom and flights by d3-zoom.
  // Pixels for half of the largest thumbnail and its border, on wide screens and on narrow ones.
  const MARGIN = 60, NARROW_MARGIN = 36;

  function makeView(map, canvas, stage, { changed, mayPan }) {
    const view = { width: 0, height: 0, ratio: 1, k: 1, left: 0, top: 0, half: 1 };
    const duration = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 650;
    const zoom = d3.zoom()
      .scaleExtent([0.5, Math.min(4000, 40 + 4 * Math.sqrt(map.count))])
      .filter((event) => mayPan(event) && (!event.ctrlKey || event.type === "wheel") && !event.button)
      .on("zoom", ({ transform }) => place(transform));
    const target = d3.select(canvas).call(zoom);

    const reach = [map.x, map.y].map((axis) => axis.reduce((most, one) => Math.max(most, Math.abs(one)), 0.01));
    let middle = [0, 0];
    let transform = d3.zoomIdentity;

    function place(moved) {
      transform = moved;
      view.k = transform.k;
      view.scale = transform.k * view.half;
      view.left = transform.applyX(middle[0]);
      view.top = transform.applyY(middle[1]);
      changed();
    }

    function resize() {
      const { width, height } = stage.getBoundingClientRect();
      const style = getComputedStyle(stage);
      const [left, top, bottom] = ["left", "top", "bottom"].map((side) => parseFloat(style.getPropertyValue(`--inset-${side}`)) || 0);
      view.width = width;
      view.height = height;
      view.ratio = Math.min(2, devicePixelRatio || 1);
      const margin = width < NARROW ? NARROW_MARGIN : MARGIN;
      const free = [width - left, height - top - bottom].map((side, axis) => (side / 2 - margin) / reach[axis]);
      view.half = Math.max(20, Math.min(...free, 3 * Math.min(width, height)));
      middle = [(width + left) / 2, (height - bottom + top) / 2];
      view.middle = middle;
      place(transform);
    }

    view.x = (x) => view.left + x * view.scale;
    view.y = (y) => view.top - y * view.scale;
    view.inverse = (px, py) => [(px - view.left) / view.scale, (view.top - py) / view.scale];
    view.bounds = (margin = 0) => [
      ...view.inverse(-margin, view.height + margin), ...view.inverse(view.width + margin, -margin),
    ];

    function go(next) {
      target.interrupt();
      if (duration) target.transition().duration(duration).call(zoom.transform, next);
      else target.call(zoom.transform, next);
    }

    view.by = (factor) => target.transition().duration(duration / 3).call(zoom.scaleBy, factor, middle);
    view.pan = (dx, dy) => target.call(zoom.translateBy, dx / transform.k, dy / transform.k);
    view.fit = () => go(d3.zoomIdentity);
    view.fly = (points) => {
      if (!points.length) return;
      let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
      for (const i of points) {
        west = Math.min(west, map.x[i]);
        east = Math.max(east, map.x[i]);
        south = Math.min(south, map.y[i]);
        north = Math.max(north, map.y[i]);
      }
      const [, most] = zoom.scaleExtent();
      const span = Math.max(east - west, north - south, 2e-3);
      const k = Math.min(most, 1.7 / span, 60 + Math.sqrt(map.count));
      const px = middle[0] + ((west + east) / 2) * view.half;
      const py = middle[1] - ((south + north) / 2) * view.half;
      go(d3.zoomIdentity.translate(...middle).scale(k).translate(-px, -py));
    };
    new ResizeObserver(resize).observe(stage);
    resize();
    return view;
  }
