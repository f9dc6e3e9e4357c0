"use strict";
(() => {
  const list = document.getElementById("copies");
  if (!list) return;
  const { dataset, columns, rows } = JSON.parse(list.textContent);
  const groups = [...document.querySelectorAll(".twins")];
  const find = document.getElementById("find");
  const differ = document.getElementById("differ");
  const message = document.getElementById("message");

{% include "csv_cell.js" %}
  const quoted = (value) => {
    const text = csvCell(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const asCsv = () => [columns, ...rows].map((row) => row.map(quoted).join(",") + "\n").join("");

  function asList() {
    const paths = rows.map((row) => row[0]);
    const plain = paths.filter((path) => !/[\r\n]/.test(path));
    if (plain.length < paths.length) {
      const left = paths.length - plain.length;
      message.textContent = `The list leaves out ${left} ${left === 1 ? "path" : "paths"} with a line break; the CSV has all.`;
    }
    return plain.map((path) => path + "\n").join("");
  }

  function download(kind) {
    const text = kind === "csv" ? asCsv() : asList();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
    link.download = `${dataset}-duplicates.${kind}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  // macOS writes an accent of a file name as a letter of its own.
  const folded = (text) => text.normalize("NFC").toLowerCase();

  // As the page shows it, without marks that reorder it.
  const inOrder = (text) => text.replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");

  // Of a large group the page shows some images, and lists the others for the export.
  function textsOfGroups() {
    const texts = new Map(groups.map((group) => [group.querySelector(".kept .path").title, folded(group.dataset.text)]));
    for (const [path, keep, , , label] of rows) {
      const kept = inOrder(keep);
      if (texts.has(kept)) texts.set(kept, `${texts.get(kept)}\n${folded(`${path}\n${label ?? ""}`)}`);
    }
    return [...texts.values()];
  }
  const texts = textsOfGroups();

  function show() {
    const wanted = folded(find.value.trim());
    let shown = 0;
    for (const [place, group] of groups.entries()) {
      const fits = texts[place].includes(wanted)
        && !(differ?.checked && !group.classList.contains("differ"));
      group.hidden = !fits;
      shown += fits;
    }
    const count = document.getElementById("count");
    count.textContent = shown < groups.length ? `${shown} of ${groups.length} groups` : "";
  }

  document.querySelectorAll("#export, .find").forEach((part) => { part.hidden = false; });
  document.querySelectorAll("[data-export]").forEach((button) =>
    button.addEventListener("click", () => download(button.dataset.export)));
  find.addEventListener("input", show);
  differ?.addEventListener("change", show);
  find.form.addEventListener("submit", (event) => event.preventDefault());
})();
