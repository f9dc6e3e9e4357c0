  // Which colour is what; a click hides or shows.
  const ENTRIES = 400;

  function makeLegend(map, state, { recolour, colour }) {
    const list = $("entries");
    const modes = [...document.querySelectorAll("[data-mode]")];
    const rows = new Map();

    function sizes() {
      const { codes, categories, none } = map.modes[state.mode];
      const without = map.count - categories.reduce((sum, { size }) => sum + size, 0);
      const entries = categories.slice(0, ENTRIES).map(({ name, size }, code) => [code, name, size]);
      return without && codes.length ? [...entries, [-1, none, without]] : entries;
    }

    function row(code, name, size) {
      const item = document.createElement("li");
      const button = element("button", "entry");
      button.type = "button";
      button.title = "Click: show or hide. Double click: this one alone.";
      const swatch = element("i", "swatch");
      swatch.style.background = colour(code);
      button.append(swatch, element("bdi", "name", shown(name)), element("span", "size", size.toLocaleString("en")));
      button.addEventListener("click", () => toggle(code));
      button.addEventListener("dblclick", () => alone(code));
      item.append(button);
      rows.set(code, button);
      return item;
    }

    function mark() {
      rows.forEach((button, code) => button.setAttribute("aria-pressed", String(!state.hides(code))));
    }

    function change(edit) {
      edit(state.hidden[state.mode]);
      mark();
      state.update();
    }

    const every = () => [-1, ...map.modes[state.mode].categories.keys()];
    const toggle = (code) => change((hidden) => hidden.delete(code) || hidden.add(code));
    const alone = (code) => change((hidden) => every().forEach((one) => (one === code ? hidden.delete(one) : hidden.add(one))));

    function fill() {
      rows.clear();
      list.replaceChildren(...sizes().map((entry) => row(...entry)));
      const more = map.modes[state.mode].categories.length - ENTRIES;
      if (more > 0) list.append(element("li", "note", `and ${more.toLocaleString("en")} smaller`));
      modes.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.mode === state.mode)));
      mark();
    }

    function show(mode) {
      state.mode = mode;
      fill();
      recolour();
      state.update();
    }

    function foldable() {
      const button = $("fold");
      const fold = (open) => {
        button.setAttribute("aria-expanded", String(open));
        $("legend").classList.toggle("folded", !open);
      };
      button.addEventListener("click", () => fold(button.getAttribute("aria-expanded") !== "true"));
      fold(!matchMedia("(max-width: 44rem)").matches);
    }

    modes.forEach((button) => {
      button.disabled = !map.modes[button.dataset.mode].categories.length;
      button.addEventListener("click", () => show(button.dataset.mode));
    });
    $("show-all").addEventListener("click", () => change((hidden) => hidden.clear()));
    $("hide-all").addEventListener("click", () => change((hidden) => every().forEach((one) => hidden.add(one))));
    $("legend").hidden = modes.every((button) => button.disabled);
    foldable();
    return { show };
  }
