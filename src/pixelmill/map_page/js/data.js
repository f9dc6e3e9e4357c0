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
  const unpackArray = async (name, Type) => new Type(await (await inflate(name)).arrayBuffer());

  async function unpackMap() {
    const [facts, places, paths, groups, labels, tiles, tileSizes] = await Promise.all([
      unpackJson("facts"), unpackArray("places", Float32Array), unpackJson("paths"),
      unpackArray("groups", Int32Array), unpackArray("labels", Int32Array),
      unpackArray("tiles", Int32Array), unpackArray("tile-sizes", Uint8Array),
    ]);
    const count = facts.images;
    const tileOf = new Int32Array(count).fill(-1);
    tiles.forEach((point, tile) => { tileOf[point] = tile; });
    return {
      count, paths, tiles, tileOf, tileSizes,
      x: places.subarray(0, count), y: places.subarray(count),
      colours: facts.colours, noise: facts.noise, sheets: facts.sheets,
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

  const counted = (number, one, many) =>
    `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

  function element(tag, classes = "", text = "") {
    const made = document.createElement(tag);
    made.className = classes;
    made.textContent = text;
    return made;
  }
