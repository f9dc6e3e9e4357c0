"use strict";
(() => {
  const plural = (n) => `${n.toLocaleString("en")} ${n === 1 ? "image" : "images"}`;

  // A count after an Arabic or Hebrew name stays after it.
  const isolated = (name) => /[\u0590-\u08ff]/.test(name) ? `\u2068${name}\u2069` : name;

  function taken(actual, guess, images, support) {
    const [truth, predicted] = [actual, guess].map(isolated);
    const share = support ? ` (${((100 * images) / support).toFixed(1)}%)` : "";
    return truth === predicted
      ? `${truth}: ${images.toLocaleString("en")} of ${plural(support)} recognised${share}`
      : `${truth} taken for ${predicted}: ${images.toLocaleString("en")} of ${plural(support)}${share}`;
  }

  const describe = {
    confusion: (row, column, cell) =>
      taken(row, column, Number(cell.textContent), Number(cell.parentElement.dataset.support)),
    pair: (row, column, cell) => cell.dataset.test
      ? `${isolated(row)} and ${isolated(column)}: ${(100 * cell.dataset.rate).toFixed(1)}% of ${plural(Number(cell.dataset.test))} separated`
      : `${isolated(row)} and ${isolated(column)}: not measured`,
    value: (row, column, cell) => `${isolated(row)}, ${isolated(column)}: ${cell.textContent}`,
  };

  function readTable(table) {
    const readout = table.closest(".map").querySelector(".readout");
    const columns = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
    const show = (event) => {
      const cell = event.target.closest("td");
      if (!cell || !cell.closest("tbody")) return;
      const row = cell.parentElement;
      table.querySelector(".picked")?.classList.remove("picked");
      cell.classList.add("picked");
      readout.textContent =
        describe[table.dataset.kind](row.cells[0].textContent, columns[cell.cellIndex], cell);
    };
    table.addEventListener("pointerover", show);
    table.addEventListener("click", show);
    const wider = table.parentElement.scrollWidth > table.parentElement.clientWidth;
    invite(readout, wider ? "The table scrolls sideways. " : "");
  }

  function invite(readout, first) {
    readout.textContent = `${first}Point at a cell, or tap it, to read it.`;
  }

  function readPicture(picture, data) {
    const readout = picture.closest(".map").querySelector(".readout");
    const size = data.labels.length;
    const images = new Map(data.cells.map(([row, column, n]) => [row * size + column, n]));
    const at = (position, start, length) =>
      Math.min(size - 1, Math.max(0, Math.floor(((position - start) / length) * size)));
    const show = (event) => {
      const box = picture.getBoundingClientRect();
      const row = at(event.clientY, box.top, box.height);
      const column = at(event.clientX, box.left, box.width);
      readout.textContent = taken(data.labels[row], data.labels[column],
        images.get(row * size + column) ?? 0, data.support[row]);
    };
    picture.addEventListener("pointermove", show);
    picture.addEventListener("click", show);
    invite(readout, "");
  }

  function makeSortable(table, sorted) {
    const body = table.tBodies[0];
    const value = (row, column) => {
      const cell = row.cells[column];
      return cell.classList.contains("text") ? cell.textContent : Number(cell.dataset.value ?? cell.textContent.replaceAll(",", ""));
    };
    const compare = (a, b) =>
      typeof a === "string" ? a.localeCompare(b, undefined, { numeric: true }) : a - b;
    [...table.tHead.rows[0].cells].forEach((heading, column) => {
      heading.querySelector("button")?.addEventListener("click", () => {
        const descending = heading.getAttribute("aria-sort") === "ascending";
        table.querySelectorAll("[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
        heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
        const rows = [...body.rows].sort((a, b) => compare(value(a, column), value(b, column)));
        body.append(...(descending ? rows.reverse() : rows));
        sorted();
      });
    });
  }

  function fold(items, shown, place, what) {
    if (items().length <= shown * 1.25) return () => {};
    const button = document.createElement("button");
    button.type = "button";
    button.className = "more";
    let open = false;
    const lay = () => {
      items().forEach((item, position) => { item.hidden = !open && position >= shown; });
      button.textContent = open ? "Show fewer" : `Show all ${items().length.toLocaleString("en")} ${what}`;
    };
    button.addEventListener("click", () => { open = !open; lay(); });
    addEventListener("beforeprint", () => items().forEach((item) => { item.hidden = false; }));
    addEventListener("afterprint", lay);
    place.after(button);
    lay();
    return lay;
  }

  document.querySelectorAll(".matrix").forEach(readTable);
  const carpet = document.getElementById("carpet");
  if (carpet) readPicture(carpet, JSON.parse(document.getElementById("carpet-data").textContent));
  document.querySelectorAll("[data-fold]").forEach((list) => {
    const items = () => [...(list.tBodies ? list.tBodies[0].rows : list.children)];
    const place = list.tBodies ? list.closest(".scroll") : list;
    const lay = fold(items, Number(list.dataset.shown ?? 12), place, list.dataset.fold);
    if (list.tBodies) makeSortable(list, lay);
  });
})();
