// What a page shows, as the browser's own tree of it says. Runs in a world of its own: the scripts of
// the page cannot change the functions that are called here. Every answer is bounded: a page may hold
// millions of elements and texts of any length.
((settings) => {
  const LAZY = ["data-src", "data-original", "data-lazy-src", "data-lazy", "data-url", "data-image"];
  const LAZY_SETS = ["srcset", "data-srcset", "data-lazy-srcset", "data-original-set"];
  const UNREAD = /svg|jxl|heic|heif/i; // kinds that another candidate has to replace
  const { LONGEST_URL, LONGEST_LABEL, MOST } = settings.limits;
  const numbers = new WeakMap(); // of each element that was an item
  const sent = new WeakMap(); // what was last sent of it
  const AT_ONCE = 500; // items in an answer
  const MOST_NODES = 1000; // of a label
  let count = 0;

  // Elements of a page may be called like functions: <img name="querySelector">, or an input of a form.
  const method = (name) => {
    const own = Element.prototype[name];
    return (element, ...given) => own.apply(element, given);
  };
  const getter = (kind, name) => {
    const own = Object.getOwnPropertyDescriptor(kind.prototype, name).get;
    return (node) => own.call(node);
  };
  const [attribute, matches, query, queryAll, closest, rectangles, scrollIntoView] = [
    "getAttribute", "matches", "querySelector", "querySelectorAll", "closest", "getClientRects",
    "scrollIntoView",
  ].map(method);
  const walkerOf = (page, ...given) => Document.prototype.createTreeWalker.apply(page, given);
  const parent = getter(Node, "parentElement");
  const content = getter(Node, "textContent");
  const baseURI = getter(Node, "baseURI");
  const rootOf = getter(Document, "documentElement");
  const scrollerOf = getter(Document, "scrollingElement");
  const root = () => rootOf(document);

  const first = (element, selector) =>
    matches(element, selector) ? element : query(element, selector);
  const all = () => queryAll(root(), settings.item);
  const show = (element) => scrollIntoView(element, { block: "center", behavior: "instant" });
  const isDisabled = (element) =>
    attribute(element, "disabled") !== null || attribute(element, "aria-disabled") === "true";
  const isShown = (element) => rectangles(element).length > 0;

  const absolute = (text) => {
    const written = (text || "").trim();
    if (/^(data|blob|javascript|about):/i.test(written)) return written.split(":")[0] + ":";
    if (!written || written.length > LONGEST_URL) return "";
    try {
      return new URL(written, baseURI(document)).href.slice(0, LONGEST_URL);
    } catch {
      return "";
    }
  };

  // https://html.spec.whatwg.org/#parsing-a-srcset-attribute: commas may be part of a URL.
  const candidates = (set) => {
    const found = [];
    let rest = (set || "").slice(0, 50 * LONGEST_URL);
    while (found.length < 100 && (rest = rest.replace(/^[\s,]+/, ""))) {
      const url = /^\S+/.exec(rest)[0];
      rest = rest.slice(url.length);
      const ends = url.endsWith(",");
      const descriptor = ends ? "" : /^[^,]*/.exec(rest)[0];
      rest = rest.slice(descriptor.length);
      const size = /([\d.]+)([wx])\s*/.exec(descriptor) || [0, "1", "x"];
      found.push({ url: url.replace(/,+$/, ""), size: parseFloat(size[1]) || 0, unit: size[2] });
    }
    return found;
  };

  // By width where any candidate has it, else by density; of equal ones the last, the img's own.
  const largest = (found) => {
    const widths = found.filter((one) => one.unit === "w");
    const usable = widths.length ? widths : found;
    return usable.reduce((best, one) => (best && best.size > one.size ? best : one), null);
  };

  const ofPicture = (element) => {
    const picture = closest(element, "picture") || element;
    const image = matches(element, "img") ? element : query(picture, "img");
    const sources = [...queryAll(picture, "source")].slice(0, 50);
    const sets = [...sources.filter((one) => !UNREAD.test(attribute(one, "type"))), image].filter(Boolean);
    const found = sets
      .flatMap((one) => LAZY_SETS.flatMap((name) => candidates(attribute(one, name))))
      .filter((one) => !/^(data|blob):/i.test(one.url));
    const best = largest(found);
    if (best) return best.url;
    const plain = LAZY.map((name) => image && attribute(image, name)).find(
      (value) => value && !/^data:/i.test(value)
    );
    return plain || (image && attribute(image, "src"));
  };

  const background = (element) => {
    const images = getComputedStyle(element).backgroundImage.slice(0, 50 * LONGEST_URL);
    return /url\("((?:[^"\\]|\\.)*)"\)/.exec(images)?.[1];
  };

  const addressOf = (element) => {
    const named = settings.image_attribute;
    if (named) {
      const value = attribute(element, named);
      return named.endsWith("srcset") || named.endsWith("-set")
        ? largest(candidates(value))?.url
        : value;
    }
    if (matches(element, "img, picture, source")) return ofPicture(element);
    return attribute(element, "href") || attribute(element, "content") || background(element);
  };

  const blockOf = (text, within) => {
    let box = parent(text);
    while (box !== within && /^(inline|contents)/.test(getComputedStyle(box).display)) box = parent(box);
    return box;
  };

  // Words of two blocks are two words, and scripts and styles are no text.
  const words = (element) => {
    if (!query(element, "*")) return content(element) ?? "";
    const nodes = walkerOf(document, element, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    let [text, last, left] = ["", null, MOST_NODES];
    for (let node; left-- && text.length < 20 * LONGEST_LABEL && (node = nodes.nextNode()); ) {
      if (!(node instanceof Text)) {
        text += matches(node, "br") ? " " : "";
      } else if (!closest(parent(node), "script, style, template")) {
        const block = blockOf(node, element);
        text += block === last ? node.data : ` ${node.data}`;
        last = block;
      }
    }
    return text;
  };

  const textOf = (element) => {
    const text = attribute(element, "alt") ?? attribute(element, "content");
    const whole = (text ?? words(element)).slice(0, 20 * LONGEST_LABEL);
    return whole.replace(/\s+/g, " ").trim().slice(0, LONGEST_LABEL);
  };

  const imageIn = (element) => {
    const image = first(element, settings.image);
    const label = settings.label && first(element, settings.label);
    return {
      image: image ? absolute(addressOf(image)) : "",
      label: label ? textOf(label) : "",
    };
  };

  const describe = (item) => {
    const link = settings.link && first(item, settings.link);
    const own = settings.link ? { image: "", label: "" } : imageIn(item);
    return { ...own, link: link ? absolute(attribute(link, "href")) : "" };
  };

  // An element may be used again for another image, or get a better address for the same one. What
  // it leads to, or is called, tells which.
  const keyOf = (item) => {
    if (!numbers.has(item)) numbers.set(item, ++count);
    const link = first(item, "a[href]");
    const leads = (link && attribute(link, "href")) || attribute(item, "id") || "";
    return `${numbers.get(item)} ${leads.slice(0, 500)}`;
  };

  const isFound = (said) => /^https?:/.test(settings.link ? said.link : said.image);

  const scrolled = () => {
    const items = all();
    let box = items.length ? parent(items[items.length - 1]) : null;
    while (box && box !== root() && !matches(box, "body")) {
      const overflow = getComputedStyle(box).overflowY;
      if (/auto|scroll/.test(overflow) && box.scrollHeight > box.clientHeight + 1) return box;
      box = parent(box);
    }
    return scrollerOf(document) || root();
  };

  return {
    // What is new or has changed among the items, how many there are, and which lack an address.
    read() {
      const items = all();
      const changed = [];
      let missing = 0;
      let scanned = 0;
      let inline = 0;
      for (const item of items) {
        if (++scanned > MOST || changed.length >= AT_ONCE) break;
        const said = describe(item);
        if (!isFound(said)) {
          missing += 1;
          if (/^(data|blob):/.test(said.image)) inline += 1;
          continue;
        }
        const key = keyOf(item);
        const text = `${key} ${said.image} ${said.label} ${said.link}`;
        if (sent.get(item) === text) continue;
        sent.set(item, text);
        changed.push({ key, ...said });
      }
      return { changed, most: AT_ONCE, items: items.length, missing, inline };
    },

    // What the page says of its images to programs, and to one by its name; and how many items it has.
    directives(agent) {
      const said = { robots: [], tdm: "", items: all().length };
      for (const meta of [...queryAll(root(), "meta[name][content]")].slice(0, 1000)) {
        const name = attribute(meta, "name").trim().toLowerCase();
        const value = attribute(meta, "content").slice(0, LONGEST_LABEL);
        if (name === "robots" || name === agent) said.robots.push(value);
        if (name === "tdm-reservation") said.tdm = value;
      }
      return said;
    },

    one() {
      return imageIn(root());
    },

    // A step down, small enough for every item to be seen on the way; true at the end.
    scroll() {
      const box = scrolled();
      const before = box.scrollTop;
      box.scrollBy({ top: 0.8 * Math.min(box.clientHeight, innerHeight), behavior: "instant" });
      return Math.abs(box.scrollTop - before) < 2;
    },

    // For pages that load when they are scrolled at their end, and not when they are there.
    nudge() {
      const box = scrolled();
      box.scrollBy({ top: -50, behavior: "instant" });
      box.scrollBy({ top: 100, behavior: "instant" });
    },

    // Shows an item that has no address yet; false where there is no such item.
    reveal(number) {
      const lacking = [...all()].slice(0, MOST).filter((item) => !isFound(describe(item)));
      if (lacking[number]) show(lacking[number]);
      return number < lacking.length;
    },

    click(selector) {
      const found = [...queryAll(root(), selector)].slice(0, 100);
      const button = found.find((one) => isShown(one) && !isDisabled(one));
      if (!button) return false;
      show(button);
      HTMLElement.prototype.click.call(button);
      return true;
    },

    // Where the next page is; 'button' where it has to be clicked, '' if there is none.
    next() {
      const found = query(root(), settings.next);
      if (!found) return "";
      const place = attribute(found, "href");
      return place && !/^(#|javascript:)/i.test(place) ? absolute(place) : "button";
    },

    // The first selector that is none.
    wrong(selectors) {
      const nothing = document.createDocumentFragment();
      return Object.keys(selectors).find((name) => {
        try {
          nothing.querySelector(selectors[name]);
          return false;
        } catch {
          return true;
        }
      });
    },
  };
})
