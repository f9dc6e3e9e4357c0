  // All points in one or two draw calls of WebGL. A point's colour is a position in a palette and
  // its state one byte, so that recolouring, hiding and dimming upload a byte for each point.
  const HIDDEN = 0, DIMMED = 1, PLAIN = 2, RAISED = 3;

  const VERTEX = `#version 300 es
    in vec2 place; in uint colour; in uint state;
    uniform vec2 scale, shift; uniform float size, alpha, least; uniform bool raised; uniform sampler2D palette;
    out vec4 ink; out float width;
    void main() {
      if (state == ${HIDDEN}u || (state == ${RAISED}u) != raised) {
        gl_Position = vec4(2.0, 2.0, 2.0, 1.0); gl_PointSize = 1.0; return;
      }
      gl_Position = vec4(place * scale + shift, 0.0, 1.0);
      width = raised ? max(size * 1.3, least) : size;
      gl_PointSize = width + 1.0;
      vec4 paint = texelFetch(palette, ivec2(int(colour), 0), 0);
      ink = vec4(paint.rgb, state == ${DIMMED}u ? alpha * 0.14 : raised ? 1.0 : alpha * paint.a);
    }`;
  const FRAGMENT = `#version 300 es
    precision mediump float;
    in vec4 ink; in float width; out vec4 paint;
    void main() {
      float far = length(gl_PointCoord - 0.5) * (width + 1.0);
      float cover = width < 2.5 ? 1.0 : clamp(width * 0.5 + 0.5 - far, 0.0, 1.0);
      paint = vec4(ink.rgb, 1.0) * ink.a * cover;
    }`;

  function compile(gl) {
    const program = gl.createProgram();
    for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
    gl.useProgram(program);
    return program;
  }

  // Noise first, below all groups; the others mixed, so that no group is on top of all others.
  function drawingOrder(map) {
    const { count, modes: { groups: { codes } } } = map;
    const order = new Uint32Array(count);
    let noise = 0;
    const stride = [2654435761, 40503, 1].find((prime) => !count || gcd(prime % count, count) === 1);
    let low = 0;
    for (const wanted of [true, false]) {
      for (let i = 0; i < count; i++) {
        const point = Number((i * stride) % count);
        if ((codes[point] < 0) === wanted) order[low++] = point;
      }
      if (wanted) noise = low;
    }
    return { order, noise };
  }

  const gcd = (a, b) => (b ? gcd(b, a % b) : a);

  function makePoints(map, canvas) {
    const gl = canvas.getContext("webgl2", { antialias: false, alpha: true, premultipliedAlpha: true });
    if (!gl) return null;
    const program = compile(gl);
    const { order, noise } = drawingOrder(map);
    const uniform = (name) => gl.getUniformLocation(program, name);
    const at = Object.fromEntries(["scale", "shift", "size", "alpha", "least", "raised"].map((name) => [name, uniform(name)]));
    const places = new Float32Array(2 * map.count);
    order.forEach((point, rank) => {
      places[2 * rank] = map.x[point];
      places[2 * rank + 1] = map.y[point];
    });
    const bytes = new Uint8Array(map.count);
    const fill = (buffer, values) => {
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.bufferData(gl.ARRAY_BUFFER, values, gl.DYNAMIC_DRAW);
    };
    const attribute = (name, size, kind) => {
      const buffer = gl.createBuffer();
      const location = gl.getAttribLocation(program, name);
      fill(buffer, kind ? bytes : places);
      gl.enableVertexAttribArray(location);
      if (kind) gl.vertexAttribIPointer(location, size, kind, 0, 0);
      else gl.vertexAttribPointer(location, size, gl.FLOAT, false, 0, 0);
      return buffer;
    };
    attribute("place", 2, 0);
    const colours = attribute("colour", 1, gl.UNSIGNED_BYTE);
    const states = attribute("state", 1, gl.UNSIGNED_BYTE);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);

    let raised = 0;
    return {
      paint(rgba) {
        gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, rgba.length / 4, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, rgba);
      },
      colour(codes) {
        order.forEach((point, rank) => { bytes[rank] = codes[point] < 0 ? 0 : 1 + (codes[point] % map.colours.length); });
        fill(colours, bytes);
      },
      restate(state) {
        raised = 0;
        order.forEach((point, rank) => {
          bytes[rank] = state[point];
          if (state[point] === RAISED) raised++;
        });
        fill(states, bytes);
      },
      // A share below 1 draws as many of the noise and of the others, mixed as they are.
      draw(view, size, alpha, share) {
        const [width, height] = [view.width, view.height].map((side) => Math.round(side * view.ratio));
        if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
        gl.viewport(0, 0, width, height);
        gl.clear(gl.COLOR_BUFFER_BIT);
        gl.uniform2f(at.scale, (2 * view.scale) / view.width, (2 * view.scale) / view.height);
        gl.uniform2f(at.shift, (2 * view.left) / view.width - 1, 1 - (2 * view.top) / view.height);
        gl.uniform1f(at.size, size * view.ratio);
        gl.uniform1f(at.alpha, alpha);
        gl.uniform1f(at.least, raised < 5000 ? 5 * view.ratio : 0); // few are to be seen, many not to cover
        for (const pass of raised ? [0, 1] : [0]) {
          gl.uniform1i(at.raised, pass);
          for (const [first, end] of [[0, noise], [noise, map.count]]) {
            if (end > first) gl.drawArrays(gl.POINTS, first, Math.ceil((end - first) * share));
          }
        }
      },
    };
  }
