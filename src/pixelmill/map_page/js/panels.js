  // The panel about the map, the theme, and the keys.
  function makeAbout(map, view, sheets) {
    const panel = $("about");
    const button = $("about-open");
    let filled = false;

    function fill() {
      filled = true;
      panel.querySelectorAll("[data-medoid]").forEach((row) => {
        const medoid = row.dataset.medoid;
        const canvas = row.querySelector("canvas");
        canvas.hidden = true;
        if (medoid) sheets.show(canvas, Number(medoid), 40);
        row.addEventListener("click", () => fly(row.dataset.code));
      });
    }

    function fly(code) {
      const { codes } = map.modes.groups;
      const members = [];
      for (let i = 0; i < map.count; i++) if (codes[i] === Number(code)) members.push(i);
      if (matchMedia("(max-width: 44rem)").matches) show(false);
      if (code !== "") view.fly(members);
    }

    function show(open) {
      if (open && !filled) fill();
      panel.hidden = !open;
      button.setAttribute("aria-expanded", String(open));
    }
    button.addEventListener("click", () => show(panel.hidden));
    panel.querySelector(".close").addEventListener("click", () => show(false));
    return { show, get open() { return !panel.hidden; } };
  }

  function makeTheme(changed) {
    const system = matchMedia("(prefers-color-scheme: dark)");
    const root = document.documentElement;
    system.addEventListener("change", changed);
    $("theme").addEventListener("click", () => {
      const dark = getComputedStyle(root).colorScheme === "dark" || (!root.dataset.theme && system.matches);
      root.dataset.theme = dark ? "light" : "dark";
      changed();
    });
  }

  function makeKeys(actions) {
    addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const typing = event.target.closest?.("input, textarea");
      if (event.key === "Enter" && event.target.closest?.("button, a")) return; // theirs
      if (event.key.startsWith("Arrow") && event.target.closest?.("aside, #card")) return; // scrolls it
      const action = event.key === "Escape" || !typing ? actions[event.key] : null;
      if (!action) return;
      action();
      event.preventDefault();
    });
  }
