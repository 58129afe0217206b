// What has a name: places, villages ordered out, shelters, bottlenecks, the line built. Drawn each frame.

const FONT = 'system-ui,-apple-system,"Segoe UI","Noto Sans","Noto Sans CJK SC","Microsoft YaHei","PingFang SC",sans-serif';
let hits = [], boxes = [];

function occupancyAt(i, t) {
  const times = A.shelter_t, n = times.length;
  if (!n) return 0;
  let low = 0, high = n - 1;
  while (low < high) { const middle = (low + high + 1) >> 1; if (times[middle] <= t) low = middle; else high = middle - 1; }
  return A.occupancy[i * n + low];
}

function villageCount(array, id, t) {
  const row = scene.villages.ids.indexOf(id);
  if (row < 0) return 0;
  const column = Math.min(scene.villages.steps - 1, Math.max(0, Math.floor(t / scene.villages.step)));
  return A[array][row * scene.villages.steps + column];
}

// A name that keeps clear of names already written; offers right, left, above, below.
function label(pen, text, x, y, gap, { size = 12, ink = "#22272b", bold = false, must = false, plate = false } = {}) {
  pen.font = `${bold ? "600 " : ""}${size}px ${FONT}`;
  const wide = pen.measureText(text).width, high = size * 1.25;
  const spots = [[x + gap, y - high / 2], [x - gap - wide, y - high / 2], [x - wide / 2, y - gap - high],
                 [x - wide / 2, y + gap], [x + gap, y + gap / 2], [x + gap, y - gap / 2 - high]];
  let spotFound = null;
  for (const [left, top] of spots) {
    const box = [left - 2, top, left + wide + 2, top + high];
    if (!boxes.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) {
      spotFound = box; break;
    }
  }
  if (!spotFound) { if (!must) return; spotFound = [spots[0][0] - 2, spots[0][1], spots[0][0] + wide + 2, spots[0][1] + high]; }
  boxes.push(spotFound);
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  if (plate) {
    pen.fillStyle = "rgba(255,255,255,.86)";
    pen.beginPath();
    pen.roundRect(spotFound[0] - 2, spotFound[1] - 1, wide + 8, high + 2, 3);
    pen.fill();
  } else {
    pen.lineWidth = 3;
    pen.lineJoin = "round";
    pen.strokeStyle = "rgba(255,255,255,.9)";
    pen.strokeText(text, spotFound[0] + 2, (spotFound[1] + spotFound[3]) / 2);
  }
  pen.fillStyle = ink;
  pen.fillText(text, spotFound[0] + 2, (spotFound[1] + spotFound[3]) / 2);
}

const seen = (px, py, edge = 20) => px > -edge && py > -edge && px < view.width + edge && py < view.height + edge;
const block = (px, py, half) => boxes.push([px - half, py - half, px + half, py + half]);

function drawShapes(canvas, t) {
  const pen = canvas.getContext("2d");
  pen.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  hits = []; boxes = [[0, 0, 0, 0]];
  drawLines(pen, t);
  drawTrails(pen, t);
  drawOnset(pen, t);
  const names = [];
  drawVillages(pen, t, names);
  drawBases(pen, names);
  drawShelters(pen, t, names);
  drawJams(pen, t);
  drawMovers(pen, t, names);
  names.sort((a, b) => a.rank - b.rank);
  for (const name of names) label(pen, name.text, name.x, name.y, name.gap, name);
  drawScaleBar(pen);
}

function drawLines(pen, t) {
  const trace = (ink, width) => {
    pen.strokeStyle = ink; pen.lineWidth = width; pen.lineCap = "round"; pen.lineJoin = "round";
    for (let i = 0; i < scene.lines.n; i++) {
      const a = A.line_start[i], b = A.line_start[i + 1];
      if (A.line_t[a] > t) continue;
      pen.beginPath();
      pen.moveTo(toX(A.line_x[a]), toY(A.line_y[a]));
      for (let k = a + 1; k < b && A.line_t[k] <= t; k++) pen.lineTo(toX(A.line_x[k]), toY(A.line_y[k]));
      pen.stroke();
    }
  };
  trace("rgba(255,255,255,.9)", 6);
  trace("#1b1b5e", 3.4);
}

function drawOnset(pen, t) {
  const start = scene.moments.find((m) => (m.kind === "ignition" || m.kind === "release") && m.x !== null);
  if (!start || start.t > t) return;
  const x = toX(start.x - scene.grid.x0), y = toY(scene.grid.y0 - start.y);
  star(pen, x, y, 11);
}

function star(pen, x, y, r) {
  pen.beginPath();
  for (let i = 0; i < 10; i++) {
    const a = -Math.PI / 2 + i * Math.PI / 5, d = i % 2 ? r * 0.45 : r;
    pen.lineTo(x + d * Math.cos(a), y + d * Math.sin(a));
  }
  pen.closePath();
  pen.fillStyle = "#fff176"; pen.strokeStyle = "#6b1f1f"; pen.lineWidth = 1.6;
  pen.fill(); pen.stroke();
}

function triangle(pen, x, y, r, fill) {
  pen.beginPath();
  pen.moveTo(x, y - r); pen.lineTo(x + r * 0.95, y + r * 0.72); pen.lineTo(x - r * 0.95, y + r * 0.72);
  pen.closePath();
  pen.fillStyle = fill; pen.fill();
  pen.strokeStyle = "#fff"; pen.lineWidth = 1.4; pen.stroke();
}

function diamond(pen, x, y, r, fill) {
  pen.beginPath();
  pen.moveTo(x, y - r); pen.lineTo(x + r, y); pen.lineTo(x, y + r); pen.lineTo(x - r, y);
  pen.closePath();
  pen.fillStyle = fill; pen.fill();
  pen.strokeStyle = "#fff"; pen.lineWidth = 1.3; pen.stroke();
}

function drawVillages(pen, t, names) {
  for (const place of scene.places) {
    const x = toX(place.x), y = toY(place.y);
    if (!seen(x, y)) continue;
    const out = place.ordered !== null && place.ordered <= t;
    if (place.kind === "village") {
      const size = view.scale > 0.015 ? 8 : 4.5;           // a county's worth of them must not hide its roads
      if (out) { triangle(pen, x, y, size, "#e69f00"); block(x, y, size - 1); }
      else if (view.scale > 0.007) { pen.fillStyle = "#68747c"; pen.beginPath(); pen.arc(x, y, 2.4, 0, 7); pen.fill(); }
      if (out && view.scale > 0.012) names.push({ text: place.name, x, y, gap: 9, size: 12, bold: true, ink: "#7a4300", rank: 3 });
      else if (view.scale > 0.045) names.push({ text: place.name, x, y, gap: 6, size: 11, ink: "#4c575f", rank: 8 });
      hits.push({ x, y, kind: "place", place, r: 12 });
    } else {
      const site = place.kind === "site", gate = place.kind === "gateway";
      if (gate && view.scale < 0.01) continue;
      pen.fillStyle = site ? "#3d6b35" : gate ? "#7d8890" : "#22272b";
      pen.beginPath(); pen.arc(x, y, site || gate ? 3 : 3.6, 0, 7); pen.fill();
      names.push({ text: place.name, x, y, gap: 7, size: gate ? 11 : site ? 12.5 : 14, bold: !gate && !site,
                   ink: site ? "#2d5526" : gate ? "#68747c" : "#16202a", rank: gate ? 9 : 1 });
      if (out) triangle(pen, x, y, 8, "#e69f00");
      hits.push({ x, y, kind: "place", place, r: 10 });
    }
  }
}

function drawBases(pen, names) {
  for (const base of scene.bases) {
    const x = toX(base.x), y = toY(base.y);
    if (!seen(x, y)) continue;
    baseSign(pen, base.kind, x, y);
    block(x, y, 5);
    if (base.kind === "camp" || base.kind === "command" ? view.scale > 0.02 : view.scale > 0.06)
      names.push({ text: base.name, x, y, gap: 8, size: 11, ink: "#1d4f77", rank: 7 });
    hits.push({ x, y, kind: "base", base, r: 9 });
  }
}

function baseSign(pen, kind, x, y) {
  if (kind === "warehouse") {
    pen.fillStyle = "#fff"; pen.fillRect(x - 6, y - 6, 12, 12);
    pen.fillStyle = "#7a5195"; pen.fillRect(x - 5, y - 5, 10, 10);
    pen.fillStyle = "#fff"; pen.fillRect(x - 1, y - 3.5, 2, 7); pen.fillRect(x - 3.5, y - 1, 7, 2);
  } else if (kind === "command") {
    star(pen, x, y, 8);
    diamond(pen, x, y, 4, "#0b3d66");
  } else if (kind === "landing_site") {
    pen.fillStyle = "#fff"; pen.beginPath(); pen.arc(x, y, 6.5, 0, 7); pen.fill();
    pen.strokeStyle = "#0b3d66"; pen.lineWidth = 1.4; pen.stroke();
    pen.fillStyle = "#0b3d66"; pen.font = `700 9px ${FONT}`; pen.textAlign = "center"; pen.textBaseline = "middle";
    pen.fillText("H", x, y + 0.5);
  } else {
    diamond(pen, x, y, kind === "camp" ? 7 : 5.2, "#0b4f86");
  }
}

function shelterSign(pen, x, y, half, share) {
  const full = share >= 0.9995;
  pen.fillStyle = "#fff";
  pen.fillRect(x - half - 1.5, y - half - 1.5, 2 * half + 3, 2 * half + 3);
  pen.fillStyle = share > 0 ? "#dff2ea" : "#eef3f1";
  pen.fillRect(x - half, y - half, 2 * half, 2 * half);
  const filled = 2 * half * Math.min(1, share);
  pen.fillStyle = full ? "#d55e00" : "#009e73";
  pen.fillRect(x - half, y + half - filled, 2 * half, filled);
  pen.strokeStyle = full ? "#8a3a00" : "#00684c";
  pen.lineWidth = 1.5;
  pen.strokeRect(x - half, y - half, 2 * half, 2 * half);
  if (full) {
    pen.beginPath();
    pen.moveTo(x - half + 3, y - half + 3); pen.lineTo(x + half - 3, y + half - 3);
    pen.moveTo(x + half - 3, y - half + 3); pen.lineTo(x - half + 3, y + half - 3);
    pen.strokeStyle = "#fff"; pen.lineWidth = 1.8; pen.stroke();
  }
}

function drawShelters(pen, t, names) {
  scene.shelters.forEach((shelter, i) => {
    const x = toX(shelter.x), y = toY(shelter.y);
    if (!seen(x, y)) return;
    const taken = occupancyAt(i, t), share = taken / Math.max(1, shelter.capacity);
    if (!taken && view.scale < 0.012) return;
    const half = taken ? (view.scale > 0.02 ? 8.5 : 6.5) : 4;
    shelterSign(pen, x, y, half, share);
    block(x, y, half);
    if (taken && view.scale > 0.012)
      names.push({ text: `${shelter.name} ${taken.toLocaleString("en")}/${shelter.capacity.toLocaleString("en")}`, x, y, gap: half + 4,
                   size: 11.5, ink: share >= 0.9995 ? "#8a3a00" : "#005a42", rank: 4 });
    hits.push({ x, y, kind: "shelter", i, r: half + 4 });
  });
}

function pickAt(px, py) {
  let best = null, nearest = 1;
  for (let i = hits.length - 1; i >= 0; i--) {
    const hit = hits[i], off = Math.hypot(hit.x - px, hit.y - py) / hit.r;
    if (off < nearest) { nearest = off; best = hit; }
  }
  return best && { kind: best.kind, i: best.i, place: best.place, base: best.base, members: best.members };
}

// What is known of a picked thing at time t: where it is, its name, its lines.
function describe(what, t) {
  const w = scene.words, lines = [];
  if (what.kind === "mover") {
    const mover = scene.movers[what.i], now = moverAt(what.i, t);
    return { x: now.x, y: now.y, title: mover.name, lines: [doing(mover, now.status)] };
  }
  if (what.kind === "movers") {
    const first = moverAt(what.members[0], t);
    return { x: first.x, y: first.y, title: String(what.members.length), lines: what.members.map((i) =>
      `${scene.movers[i].name} · ${doing(scene.movers[i], moverAt(i, t).status)}`) };
  }
  if (what.kind === "shelter") {
    const shelter = scene.shelters[what.i];
    return { x: shelter.x, y: shelter.y, title: shelter.name, lines: [
      fill(w.tip_shelter, { n: occupancyAt(what.i, t).toLocaleString("en"), m: shelter.capacity.toLocaleString("en") })] };
  }
  if (what.kind === "base") return { x: what.base.x, y: what.base.y, title: what.base.name, lines: [w[
    { warehouse: "warehouse", command: "command_post", landing_site: "landing_site" }[what.base.kind] || "base"]] };
  if (what.kind === "jam") return describeJam(what.i, t);
  const place = what.place;
  if (place.residents) lines.push(fill(w.tip_residents, { n: place.residents.toLocaleString("en") }));
  if (place.kind === "village" || place.ordered !== null) {
    if (place.ordered === null) lines.push(w.tip_never);
    else lines.push(place.ordered <= t ? fill(w.tip_ordered, { t: clockText(place.ordered) }) : w.tip_will);
    const left = villageCount("village_left", place.id, t);
    if (left) lines.push(fill(w.tip_left, { n: left.toLocaleString("en"), m: villageCount("village_safe", place.id, t).toLocaleString("en") }));
  }
  const reached = arrivalAt(place.x, place.y);
  if (reached !== null && reached <= t) lines.push(fill(w.tip_reached, { t: clockText(reached) }));
  return { x: place.x, y: place.y, title: place.name, lines };
}
