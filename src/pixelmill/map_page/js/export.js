  // Chosen images as files.

  const quoted = (value) => `"${csvCell(value).replaceAll('"', '""')}"`;

  function asCsv(rows) {
    // By the mark at the start Excel knows that this is UTF-8.
    return `\ufeff${["path,label,group", ...rows.map((row) => row.map(quoted).join(","))].join("\r\n")}\r\n`;
  }

  // One path a line: a line break inside of a path is written as in a program.
  const asText = (paths) => paths
    .map((path) => `${path.replace(/[\\\r\n]/g, (one) => ({ "\\": "\\\\", "\r": "\\r", "\n": "\\n" })[one])}\n`)
    .join("");

  function download(name, type, text) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch { // a page from disk may be denied the clipboard of today, not that of old
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  }
