  // Sprite sheets, decoded when a thumbnail of theirs is wanted and let go when many others were.
  const HELD = 64;

  function makeSheets(map, arrived) {
    const { cell, columns, inside, mark } = map.sheets;
    const held = new Map();
    const stem = location.pathname.split("/").pop().replace(/\.[^.]*$/, "") || "map";

    function source(number) {
      if (inside) return `data:image/webp;base64,${$(`sheet-${number}`).textContent}`;
      return `${stem}_files/sheet-${mark}-${String(number).padStart(5, "0")}.webp`;
    }

    async function decode(made, number) {
      const image = new Image();
      image.src = source(number);
      try {
        await image.decode();
        made.bitmap = await createImageBitmap(image);
        arrived();
      } catch { /* not there: its thumbnails stay squares of their colour */ }
    }

    function sheet(number) {
      let made = held.get(number);
      if (!made) {
        made = { bitmap: null };
        made.decoded = decode(made, number);
        if (held.size >= HELD) held.delete(held.keys().next().value);
      }
      held.delete(number); // to the end: the first one is the one not wanted for longest
      held.set(number, made);
      return made;
    }

    function tile(point) {
      const number = map.tileOf[point];
      const place = number % (columns * columns);
      return {
        sheet: sheet(Math.floor(number / (columns * columns))),
        x: (place % columns) * cell,
        y: Math.floor(place / columns) * cell,
        width: map.tileSizes[2 * number],
        height: map.tileSizes[2 * number + 1],
      };
    }

    const paint = (context, { sheet: { bitmap }, x, y, width, height }, left, top, wide, high) =>
      context.drawImage(bitmap, x, y, width, height, left, top, wide, high);

    // Shows a point's thumbnail in a canvas of its own, whose longest side is given.
    function show(canvas, point, side) {
      canvas.dataset.point = point;
      canvas.hidden = map.tileOf[point] < 0;
      if (canvas.hidden) return;
      const found = tile(point);
      const scale = side / Math.max(found.width, found.height);
      const ratio = Math.min(2, devicePixelRatio || 1);
      canvas.width = Math.round(found.width * scale * ratio);
      canvas.height = Math.round(found.height * scale * ratio);
      canvas.style.width = `${found.width * scale}px`;
      canvas.style.height = `${found.height * scale}px`;
      found.sheet.decoded.then(() => {
        if (!found.sheet.bitmap || canvas.dataset.point !== String(point)) return;
        const context = canvas.getContext("2d");
        context.imageSmoothingQuality = "high";
        paint(context, found, 0, 0, canvas.width, canvas.height);
      });
    }
    return { tile, paint, show, cell };
  }
