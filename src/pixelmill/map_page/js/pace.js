  // Keeps a moving map smooth where the graphics are slow: as long as it moves, a frame draws as
  // many of the points as there is time for, and all of them once it rests.
  const LEAST = 8000, SLOW = 24, FAST = 18.5, REST = 180;

  function makePace(map, redraw) {
    const least = Math.min(1, LEAST / Math.max(1, map.count));
    let share = 1;
    let last = 0;
    let moving = false;
    let frames = 0;
    let timer = 0;

    function moved() {
      moving = true;
      clearTimeout(timer);
      timer = setTimeout(() => { moving = false; frames = 0; redraw(); }, REST);
      redraw();
    }

    // The share of the points that this frame may draw, by the time since the one before.
    function next(now) {
      const passed = now - last;
      last = now;
      if (!moving) return 1;
      if (frames++ > 0) share *= passed > SLOW ? Math.max(0.3, FAST / passed) : passed < FAST ? 1.06 : 1;
      share = Math.max(least, Math.min(1, share));
      return share;
    }
    return { moved, next };
  }
