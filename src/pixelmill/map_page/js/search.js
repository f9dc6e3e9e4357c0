  // Finds a text in paths and in names of labels and groups, without holding up the map.
  const SLICE = 60_000;

  function makeSearch(map, state, view, hover) {
    const query = $("query");
    const found = $("found");
    let running = 0;
    let timer = 0;
    let matched = [];
    let looking = Promise.resolve();

    function named(needle) {
      return Object.values(map.modes).map(({ codes, categories }) => ({
        codes, hits: categories.map(({ name }) => folded(name).includes(needle)),
      })).filter(({ hits }) => hits.includes(true));
    }

    async function look(needle, turn) {
      const matches = new Uint8Array(map.count);
      const names = named(needle);
      const points = [];
      for (let start = 0; start < map.count; start += SLICE) {
        const end = Math.min(map.count, start + SLICE);
        for (let i = start; i < end; i++) {
          if (names.some(({ codes, hits }) => codes[i] >= 0 && hits[codes[i]]) || folded(map.paths[i]).includes(needle)) {
            matches[i] = 1;
            points.push(i);
          }
        }
        await new Promise((resume) => { setTimeout(resume); });
        if (turn !== running) return;
      }
      show(matches, points);
    }

    function show(matches, points) {
      matched = points;
      state.matches = matches;
      found.textContent = points.length ? counted(points.length, "match", "matches") : "no match";
      found.hidden = matches === null;
      state.update();
    }

    function start() {
      clearTimeout(timer);
      timer = 0;
      const needle = folded(query.value.trim());
      const turn = ++running;
      if (needle) looking = look(needle, turn);
      else if (state.matches) show(null, []);
    }

    // One match of what is typed opens its card; of several, all come into view.
    async function arrive() {
      if (timer) start();
      const turn = running;
      await looking;
      if (turn !== running) return;
      if (matched.length === 1) hover.visit(matched[0]);
      else view.fly(matched);
    }

    query.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(start, map.count > 100_000 ? 250 : 60);
    });
    query.addEventListener("keydown", (event) => { if (event.key === "Enter") arrive(); });
    return { clear() { query.value = ""; start(); }, get active() { return Boolean(query.value); } };
  }
