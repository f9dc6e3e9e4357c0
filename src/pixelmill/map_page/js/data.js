  // Unpacks what the page carries: deflated arrays and texts in base64.
  const $ = (id) => document.getElementById(id);

  function take(id) {
    const element = $(id);
    const text = element.textContent;
    element.remove(); // tens of megabytes that nobody reads again
    return text;
  }

  function fromBase64(text) {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
    const characters = atob(text);
    const bytes = new Uint8Array(characters.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
    return bytes;
  }

  function inflate(name) {
    const packed = new Blob([fromBase64(take(`packed-${name}`))]).stream();
    return new Response(packed.pipeThrough(new DecompressionStream("deflate")));
  }

  const unpackJson = async (name) => (await inflate(name)).json();
  const unpackBytes = async (name) => new Uint8Array(await (await inflate(name)).arrayBuffer());

  // Numbers whose low, middle and high bytes are one plane after another.
  function fromPlanes(bytes, Type, turn) {
    const count = bytes.length / 3;
    const numbers = new Type(count);
    for (let i = 0; i < count; i++) numbers[i] = turn(bytes[i] | (bytes[count + i] << 8) | (bytes[2 * count + i] << 16));
    return numbers;
  }
  const unpackCodes = async (name) => fromPlanes(await unpackBytes(name), Int32Array, (number) => number - 1);

  async function unpackMap() {
    const [facts, sheets, places, paths, groups, labels, similar, tiles, tileSizes] = await Promise.all([
      unpackJson("facts"), unpackJson("sheets"), unpackBytes("places"), unpackJson("paths"),
      unpackCodes("groups"), unpackCodes("labels"), unpackCodes("similar"),
      unpackCodes("tiles"), unpackBytes("tile-sizes"),
    ]);
    const count = facts.images;
    const [x, y] = [0, 1].map((axis) =>
      fromPlanes(places.subarray(3 * axis * count, 3 * (axis + 1) * count), Float32Array, (step) => step / 2 ** 20 - 1));
    const tileOf = new Int32Array(count).fill(-1);
    tiles.forEach((point, tile) => { tileOf[point] = tile; });
    return {
      count, x, y, paths, tiles, tileOf, tileSizes, sheets,
      colours: facts.colours, noise: facts.noise, originals: facts.originals,
      whole: facts.names === null, // whether every path is complete
      similar: (point) => similar.subarray(point * facts.similar, (point + 1) * facts.similar).filter((one) => one >= 0),
      modes: {
        groups: { codes: groups, categories: facts.groups, none: "noise" },
        labels: { codes: labels, categories: facts.labels, none: "no label" },
      },
    };
  }

  function indexPlaces(map) {
    const index = new KDBush(map.count, 64, Float32Array);
    for (let i = 0; i < map.count; i++) index.add(map.x[i], map.y[i]);
    return index.finish();
  }

  // What a file name may hold but no line should show: control characters get their pictures,
  // and what would turn the direction of the text around becomes visible.
  const shown = (text) => text
    .replace(/[\u0000-\u001f]/g, (one) => String.fromCharCode(0x2400 + one.charCodeAt(0)))
    .replace(/[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, "\ufffd");

  // A text as a search compares it: macOS writes an accent of a file name as a letter of its own.
  const folded = (text) => text.normalize("NFC").toLowerCase();

  const counted = (number, one, many) =>
    `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

  function element(tag, classes = "", text = "") {
    const made = document.createElement(tag);
    made.className = classes;
    made.textContent = text;
    return made;
  }
