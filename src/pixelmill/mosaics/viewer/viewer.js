"use strict";
(() => {
  const place = document.getElementById("mosaic");
  const { tiles, format, tile, width, height } = place.dataset;
  const viewer = OpenSeadragon({
    element: place,
    tileSources: {
      Image: {
        xmlns: "http://schemas.microsoft.com/deepzoom/2008",
        Url: tiles, Format: format, Overlap: "0", TileSize: tile,
        Size: { Width: width, Height: height },
      },
    },
    drawer: "canvas",  // pictures from disk may not become textures
    showNavigationControl: false,
    showNavigator: true,
    navigatorPosition: "BOTTOM_RIGHT",
    navigatorBackground: "#5c6873",
    maxZoomPixelRatio: 4,
    minZoomImageRatio: 0.8,
    visibilityRatio: 0.5,
    animationTime: 0.6,
    gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
  });
  const problem = document.getElementById("problem");
  viewer.addHandler("tile-load-failed", () => { problem.hidden = false; });
  const zoom = (factor) => { viewer.viewport.zoomBy(factor).applyConstraints(); };
  document.getElementById("closer").addEventListener("click", () => zoom(2));
  document.getElementById("farther").addEventListener("click", () => zoom(0.5));
  document.getElementById("whole").addEventListener("click", () => viewer.viewport.goHome());
  window.mosaic = viewer;
})();
