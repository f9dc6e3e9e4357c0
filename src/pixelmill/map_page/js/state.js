  // What is shown, and how: colouring, hidden categories, matches of the search, chosen points.
  function makeState(map, changed) {
    const grouped = map.modes.groups.categories.length || !map.modes.labels.categories.length;
    const state = {
      mode: grouped ? "groups" : "labels",
      images: true,
      naming: true,
      lassoing: false,
      hidden: { groups: new Set(), labels: new Set() },
      matches: null,
      chosen: [],
      of: new Uint8Array(map.count).fill(PLAIN),
    };
    const colouring = () => map.modes[state.mode];
    state.hides = (code) => state.hidden[state.mode].has(code);
    state.code = (point) => colouring().codes[point];
    state.name = (mode, point) => {
      const code = map.modes[mode].codes[point];
      return code < 0 ? null : map.modes[mode].categories[code].name;
    };
    Object.defineProperty(state, "focused", { get: () => Boolean(state.matches || state.chosen.length) });

    state.update = () => {
      const { codes } = colouring();
      const hidden = state.hidden[state.mode];
      const base = state.focused ? DIMMED : PLAIN;
      for (let i = 0; i < map.count; i++) {
        state.of[i] = hidden.size && hidden.has(codes[i]) ? HIDDEN : state.matches?.[i] ? RAISED : base;
      }
      for (const i of state.chosen) if (state.of[i] !== HIDDEN) state.of[i] = RAISED;
      changed();
    };
    return state;
  }
