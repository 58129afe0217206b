// Households as dots, splatted into one ImageData: a few milliseconds without any help from a graphics card.

const DOT = { home: 0xb46e5a46, moving: 0xffb25a00, safe: 0xff6f9400, stranded: 0xffa01e9b, dead: 0xff101010 };  // ABGR
const FINAL = { sheltered: "safe", hosted: "safe", left: "safe", home: "home", stranded: "stranded", dead: "dead" };
let splat = null, legCursor = null;

// State and place of household i at time t, into spot; legs are walked from where the last call left off.
const spot = { x: 0, y: 0, state: "home" };
function householdAt(i, t) {
  const a = A.leg_start[i], b = A.leg_start[i + 1];
  if (a === b || t < A.leg_t[a]) { spot.x = A.home_x[i]; spot.y = A.home_y[i]; spot.state = "home"; return spot; }
  if (t >= A.leg_t[b - 1]) {
    const node = A.leg_node[b - 1];
    spot.x = A.node_x[node]; spot.y = A.node_y[node];
    spot.state = FINAL[scene.households.ends[A.leg_end[i]]] || "moving";
    return spot;
  }
  let k = legCursor[i];
  if (k < a || k >= b - 1 || A.leg_t[k] > t) k = a;
  while (A.leg_t[k + 1] <= t) k++;
  legCursor[i] = k;
  const n0 = A.leg_node[k], n1 = A.leg_node[k + 1], span = A.leg_t[k + 1] - A.leg_t[k];
  const share = span > 0 ? (t - A.leg_t[k]) / span : 1;
  spot.x = A.node_x[n0] + share * (A.node_x[n1] - A.node_x[n0]);
  spot.y = A.node_y[n0] + share * (A.node_y[n1] - A.node_y[n0]);
  spot.state = "moving";
  return spot;
}

function countHouseholds(t) {
  const sums = { home: 0, moving: 0, safe: 0, stranded: 0, dead: 0 };
  for (let i = 0; i < scene.households.n; i++) sums[householdAt(i, t).state]++;
  return sums;
}

function drawHouseholds(canvas, t) {
  const pen = canvas.getContext("2d"), wide = canvas.width, high = canvas.height;
  if (!splat || splat.width !== wide || splat.height !== high) {
    splat = pen.createImageData(wide, high);
    splat.pixels = new Uint32Array(splat.data.buffer);
  }
  const pixels = splat.pixels, r = view.ratio;
  pixels.fill(0);
  const big = Math.max(2, Math.round((view.scale > 0.03 ? 5 : 3.4) * r)), small = Math.max(1, Math.round(big * 0.45));
  for (let pass = 0; pass < 2; pass++) {          // those at rest first, those under way on top of them
    for (let i = 0; i < scene.households.n; i++) {
      const { x, y, state } = householdAt(i, t);
      if ((state === "moving") !== (pass === 1)) continue;
      const size = state === "home" ? small : big;
      const left = Math.round(toX(x) * r - size / 2), top = Math.round(toY(y) * r - size / 2);
      if (left < 0 || top < 0 || left + size >= wide || top + size >= high) continue;
      const ink = DOT[state];
      for (let row = 0, at = top * wide + left; row < size; row++, at += wide) pixels.fill(ink, at, at + size);
    }
  }
  pen.putImageData(splat, 0, 0);
}
