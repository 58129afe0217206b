// Where the hazard is at a time, out of the raster of first arrivals: hot where new, dark where old.

const NEVER = 65535, AGES = 361;            // one colour a minute of age, six hours' worth
const STOPS = {                             // minutes since arrival -> red, green, blue, alpha
  fire: [[0, 255, 244, 150, 250], [10, 255, 204, 40, 245], [25, 250, 140, 10, 240], [45, 224, 70, 15, 232],
         [60, 150, 40, 25, 220], [90, 92, 50, 42, 200], [150, 66, 54, 50, 190], [360, 58, 52, 50, 185]],
  water: [[0, 120, 200, 255, 210], [30, 50, 140, 230, 200], [120, 20, 90, 190, 190], [360, 15, 70, 160, 185]],
  gas: [[0, 240, 160, 240, 215], [20, 200, 90, 200, 200], [60, 150, 60, 170, 180], [360, 120, 60, 150, 150]],
  other: [[0, 255, 150, 150, 215], [30, 210, 70, 90, 200], [360, 140, 40, 70, 180]],
  line: [[0, 27, 27, 94, 255], [360, 27, 27, 94, 255]] };

function ramp(stops) {
  const out = new Uint32Array(AGES);
  for (let age = 0; age < AGES; age++) {
    let i = 1;
    while (i < stops.length - 1 && stops[i][0] < age) i++;
    const [a, b] = [stops[i - 1], stops[i]], share = Math.min(1, Math.max(0, (age - a[0]) / (b[0] - a[0])));
    const part = (k) => Math.round(a[k] + share * (b[k] - a[k]));
    out[age] = (part(4) << 24) | (part(3) << 16) | (part(2) << 8) | part(1);
  }
  return out;
}

function prepareRasters() {
  for (const raster of scene.rasters) {
    const [, , high, wide] = raster.box;
    if (!high) continue;
    raster.canvas = document.createElement("canvas");
    raster.canvas.width = wide;
    raster.canvas.height = high;
    raster.pen = raster.canvas.getContext("2d");
    raster.image = raster.pen.createImageData(wide, high);
    raster.pixels = new Uint32Array(raster.image.data.buffer);
    raster.ramp = ramp(STOPS[raster.look]);
    raster.minute = -1;
  }
}

// Paint a raster's own small picture for time t; returns how many cells are reached.
function paintRaster(raster, t) {
  const minute = Math.floor(t / 60);
  if (raster.minute === minute) return raster.cells;
  const values = A[raster.array], { pixels, ramp, step } = raster;
  const now = minute * 60 + 59.9;
  let cells = 0;
  for (let i = 0; i < pixels.length; i++) {
    const value = values[i], age = now - value * step;
    if (value === NEVER || age < 0) { pixels[i] = 0; continue; }
    cells++;
    const old = (age / 60) | 0;
    pixels[i] = ramp[old < AGES ? old : AGES - 1];
  }
  raster.pen.putImageData(raster.image, 0, 0);
  raster.minute = minute;
  raster.cells = cells;
  return cells;
}

function drawHazard(canvas, t) {
  const pen = canvas.getContext("2d"), { cell } = scene.grid;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  for (const raster of scene.rasters) {
    const [row, col, high, wide] = raster.box;
    if (!high) continue;
    paintRaster(raster, t);
    pen.imageSmoothingEnabled = cell * view.scale < 14;
    pen.drawImage(raster.canvas, toX(col * cell), toY(row * cell), wide * cell * view.scale, high * cell * view.scale);
  }
}

const hazardMinute = (t) => Math.floor(t / 60);

function arrivalAt(x, y) {
  const { cell } = scene.grid;
  for (const raster of scene.rasters) {
    if (raster.look === "line") continue;
    const [row, col, high, wide] = raster.box, r = Math.floor(y / cell) - row, c = Math.floor(x / cell) - col;
    if (r < 0 || c < 0 || r >= high || c >= wide) continue;
    const value = A[raster.array][r * wide + c];
    if (value !== NEVER) return value * raster.step;
  }
  return null;
}
