"use strict";
(() => {
  const readout = document.getElementById("readout");
  const plural = (n) => `${n.toLocaleString("en")} ${n === 1 ? "image" : "images"}`;

  function say(truth, predicted, images, support) {
    const share = support ? ` (${((100 * images) / support).toFixed(1)}%)` : "";
    readout.textContent = truth === predicted
      ? `${truth}: ${images.toLocaleString("en")} of ${plural(support)} recognised${share}`
      : `${truth} taken for ${predicted}: ${images.toLocaleString("en")} of ${plural(support)}${share}`;
  }

  function readTable(table) {
    const columns = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
    const show = (event) => {
      const cell = event.target.closest("td");
      if (!cell || !cell.closest("tbody")) return;
      const row = cell.parentElement;
      table.querySelector(".picked")?.classList.remove("picked");
      cell.classList.add("picked");
      say(row.cells[0].textContent, columns[cell.cellIndex],
        Number(cell.textContent), Number(row.dataset.support));
    };
    table.addEventListener("pointerover", show);
    table.addEventListener("click", show);
  }

  function readPicture(picture, data) {
    const size = data.labels.length;
    const images = new Map(data.cells.map(([row, column, n]) => [row * size + column, n]));
    const at = (position, start, length) =>
      Math.min(size - 1, Math.max(0, Math.floor(((position - start) / length) * size)));
    const show = (event) => {
      const box = picture.getBoundingClientRect();
      const row = at(event.clientY, box.top, box.height);
      const column = at(event.clientX, box.left, box.width);
      say(data.labels[row], data.labels[column], images.get(row * size + column) ?? 0,
        data.support[row]);
    };
    picture.addEventListener("pointermove", show);
    picture.addEventListener("click", show);
  }

  function makeSortable(table, sorted) {
    const body = table.tBodies[0];
    const value = (row, column) => {
      const cell = row.cells[column];
      return column === 0 ? cell.textContent : Number(cell.dataset.value ?? cell.textContent.replaceAll(",", ""));
    };
    const compare = (a, b) =>
      typeof a === "string" ? a.localeCompare(b, undefined, { numeric: true }) : a - b;
    [...table.tHead.rows[0].cells].forEach((heading, column) => {
      heading.addEventListener("click", () => {
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
    place.after(button);
    lay();
    return lay;
  }

  const matrix = document.getElementById("matrix");
  const carpet = document.getElementById("carpet");
  const scores = document.getElementById("scores");
  if (matrix) readTable(matrix);
  if (carpet) readPicture(carpet, JSON.parse(document.getElementById("carpet-data").textContent));
  if (readout) {
    const box = matrix?.parentElement;
    const wider = box && box.scrollWidth > box.clientWidth;
    readout.textContent = `${wider ? "The table scrolls sideways. " : ""}Point at a cell, or tap it, to read it.`;
  }
  if (scores) {
    const rows = () => [...scores.tBodies[0].rows];
    makeSortable(scores, fold(rows, 12, scores.parentElement, "classes"));
  }
  document.querySelectorAll(".sheet").forEach((sheet) => fold(() => [...sheet.children], 24, sheet, "images"));
})();
