  // Finds a text in paths and in names of labels and groups, without holding up the map.
  const SLICE = 60_000;

  function makeSearch(map, state, view, hover) {
    const query = $("query");
    const found = $("found");
    let running = 0;
    let matched = [];

    function named(needle) {
      return Object.values(map.modes).map(({ codes, categories }) => ({
        codes, hits: categories.map(({ name }) => name.toLowerCase().includes(needle)),
      })).filter(({ hits }) => hits.includes(true));
    }

    async function look(needle, turn) {
      const matches = new Uint8Array(map.count);
      const names = named(needle);
      const points = [];
      for (let start = 0; start < map.count; start += SLICE) {
        const end = Math.min(map.count, start + SLICE);
        for (let i = start; i < end; i++) {
          if (names.some(({ codes, hits }) => codes[i] >= 0 && hits[codes[i]]) || map.paths[i].toLowerCase().includes(needle)) {
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
      const needle = query.value.trim().toLowerCase();
      const turn = ++running;
      if (!needle) return state.matches && show(null, []);
      return look(needle, turn);
    }

    // One match opens its card; of several, all come into view.
    function arrive() {
      if (matched.length === 1) hover.visit(matched[0]);
      else view.fly(matched);
    }

    let timer = 0;
    query.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(start, map.count > 100_000 ? 250 : 60);
    });
    query.addEventListener("keydown", (event) => { if (event.key === "Enter") arrive(); });
    return { clear() { query.value = ""; start(); }, get active() { return Boolean(query.value); } };
  }
