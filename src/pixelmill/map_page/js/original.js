  // Where the photo itself is: the address that the page was given, and its path.
  function addressOf(map, point) {
    const base = map.originals;
    // No browser opens a file of the disk from a page that came over the network.
    if (!base || !map.whole || (base.startsWith("file:") && location.protocol !== "file:")) return null;
    const parts = map.paths[point].split("/");
    if (parts.some((part) => part === "" || part === "." || part === "..")) return null;
    return base + parts.map(encodeURIComponent).join("/");
  }
