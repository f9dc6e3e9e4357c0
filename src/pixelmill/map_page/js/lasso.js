  // Points inside of a drawn line: the button, or Shift and drag.
  function makeLasso(map, view, index, state, { redraw, choose }) {
    const surface = $("points");
    const button = $("lasso");
    let line = null;

    function enclosed() {
      const polygon = line.map(([x, y]) => view.inverse(x, y));
      const [xs, ys] = [0, 1].map((axis) => polygon.map((corner) => corner[axis]));
      const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
      // What a search leaves out is dimmed, and not chosen.
      const may = (i) => state.of[i] !== HIDDEN && !(state.matches && !state.matches[i]);
      return index.range(...box).filter((i) => may(i) && d3.polygonContains(polygon, [map.x[i], map.y[i]]));
    }

    function arm(on) {
      state.lassoing = on;
      button.setAttribute("aria-pressed", String(on));
      $("stage").classList.toggle("lassoing", on);
    }

    surface.addEventListener("pointerdown", (event) => {
      if (event.button || !(state.lassoing || event.shiftKey)) return;
      surface.setPointerCapture(event.pointerId);
      line = [[event.offsetX, event.offsetY]];
      event.preventDefault();
    });
    surface.addEventListener("pointermove", (event) => {
      if (!line) return;
      const [x, y] = line.at(-1);
      if (Math.hypot(event.offsetX - x, event.offsetY - y) < 4) return;
      line.push([event.offsetX, event.offsetY]);
      redraw();
    });
    const end = () => {
      if (!line) return;
      const points = line.length > 2 ? enclosed() : [];
      line = null;
      arm(false);
      choose(points);
      redraw();
    };
    surface.addEventListener("pointerup", end);
    surface.addEventListener("pointercancel", () => { line = null; redraw(); });
    button.addEventListener("click", () => arm(!state.lassoing));

    function draw(context, ink) {
      if (!line) return;
      context.beginPath();
      line.forEach(([x, y]) => context.lineTo(x, y));
      context.closePath();
      context.strokeStyle = context.fillStyle = ink;
      context.lineWidth = 2;
      context.stroke();
      context.globalAlpha = 0.12;
      context.fill();
      context.globalAlpha = 1;
    }
    return { draw, arm };
  }
