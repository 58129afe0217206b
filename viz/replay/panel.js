// What stands beside the map: clock, counters, list of events, legend, time line.

const CATEGORY = { hazard: "#d9480f", command: "#0b3d66", team: "#0072b2", people: "#b57900", supply: "#7a5195", harm: "#1a1a1a" };
const MARK = { hazard: "▲", command: "■", team: "●", people: "◆", supply: "▬", harm: "✕" };
const TILE = { moving: "#005ab2", sheltered: "#00946f", hosted: "#4f9a3a", stranded: "#9b1ea0", exposed: "#d55e00", dead: "#101010",
               injured: "#8a3a00", warned: "#b57900", away: "#5f7f6a", left: "#5f7f6a", teams_out: "#0072b2" };
const hidden = new Set();
let tiles = [], rows = [];

const fill = (text, parts) => text.replace(/\{(\w+)\}/g, (_, key) => parts[key]);
const pad = (n) => String(n).padStart(2, "0");
const dateOf = (t) => new Date(scene.start_ms + Math.round(t) * 1000);
const clockText = (t) => { const d = dateOf(t); return `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}`; };
const spanText = (s) => `${Math.floor(s / 3600)}:${pad(Math.floor(s / 60) % 60)}`;
function dateText(t) {
  const d = dateOf(t);
  return fill(scene.words.date, { d: d.getUTCDate(), y: d.getUTCFullYear(), month: scene.words.months.split(",")[d.getUTCMonth()] });
}

const make = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};

function seriesAt(name, t) {
  const values = A[name], times = A.series_t;
  let low = 0, high = times.length - 1;
  while (low < high) { const middle = (low + high + 1) >> 1; if (times[middle] <= t) low = middle; else high = middle - 1; }
  return values[low];
}

function buildCounters(holder) {
  for (const series of [...scene.series.filter((s) => s.hazard), ...scene.series.filter((s) => !s.hazard)]) {
    const tile = make("div", "tile"), value = make("b"), name = make("span", "", series.label);
    tile.style.setProperty("--ink", series.hazard ? "#c2410c" : TILE[series.key] || "#444");
    tile.append(value, name);
    holder.append(tile);
    tiles.push({ series, value, tile, last: null });
  }
}

function updateCounters(t) {
  for (const tile of tiles) {
    const number = seriesAt(tile.series.array, t) / tile.series.scale;
    if (number === tile.last) continue;
    tile.last = number;
    const text = number.toLocaleString("en", { maximumFractionDigits: tile.series.scale === 1 || number >= 100 ? 0 : number >= 10 ? 1 : 2 });
    tile.value.textContent = text;
    if (tile.series.unit) tile.value.append(make("i", "", tile.series.unit));
    tile.tile.classList.toggle("zero", number === 0);
  }
}

function buildTicker(list, chips) {
  for (const cat of Object.keys(CATEGORY)) {
    if (!scene.moments.some((m) => m.cat === cat)) continue;
    const chip = make("button", "chip", scene.words[`cat_${cat}`]);
    chip.dataset.mark = MARK[cat];
    chip.style.setProperty("--ink", CATEGORY[cat]);
    chip.setAttribute("aria-pressed", "true");
    chip.onclick = () => {
      if (!hidden.delete(cat)) hidden.add(cat);
      chip.setAttribute("aria-pressed", String(!hidden.has(cat)));
      rows.forEach(({ node }, i) => { node.hidden = hidden.has(scene.moments[i].cat); });
      drawTimeline();
    };
    chips.append(chip);
  }
  scene.moments.forEach((moment, i) => {
    const node = make("li"), button = make("button");
    button.append(make("time", "", clockText(moment.t)), make("em", "", MARK[moment.cat]), make("span", "", moment.text));
    button.style.setProperty("--ink", CATEGORY[moment.cat]);
    button.onclick = () => jumpTo(i);
    node.append(button);
    list.append(node);
    rows.push({ node, moment });
  });
}

let current = -2;
function updateTicker(list, t) {
  let last = -1;
  for (let i = 0; i < rows.length && rows[i].moment.t <= t + 0.5; i++) last = i;
  if (last === current) return;
  current = last;
  rows.forEach(({ node, moment }, i) => {
    node.classList.toggle("past", i <= last);
    node.classList.toggle("now", last >= 0 && moment.t === rows[last].moment.t);
  });
  let shown = last;
  while (shown > 0 && rows[shown].node.hidden) shown--;
  if (shown >= 0 && !list.matches(":hover")) {
    const node = rows[shown].node;
    list.scrollTop = node.offsetTop - list.offsetTop - list.clientHeight * 0.55;
  } else if (shown < 0) list.scrollTop = 0;
}

function jumpTo(i) {
  const moment = scene.moments[i];
  setTime(moment.t);
  if (moment.x !== null) pulseAt(moment.x - scene.grid.x0, scene.grid.y0 - moment.y);
}

// Rings round a point of the map for a moment; the map moves there where it is out of sight.
function pulseAt(x, y) {
  pulse = { x, y, until: performance.now() + 2600 };
  const px = toX(x), py = toY(y);
  if (px < 30 || py < 30 || px > view.width - 30 || py > view.height - 30) { view.x = x; view.y = y; changed(); }
  wake();
}

function step(direction) {
  const t = now.t, visible = scene.moments.map((m, i) => [m.t, i]).filter(([, i]) => !hidden.has(scene.moments[i].cat));
  const next = direction > 0 ? visible.find(([when]) => when > t + 0.5) : visible.filter(([when]) => when < t - 0.5).pop();
  if (next) jumpTo(next[1]);
}

function buildLegend(holder) {
  const w = scene.words;
  const entry = (draw, text) => {
    const row = make("div", "key"), canvas = make("canvas");
    canvas.width = 52; canvas.height = 40;
    const pen = canvas.getContext("2d");
    pen.scale(2, 2);
    draw(pen);
    row.append(canvas, make("span", "", text));
    holder.append(row);
  };
  const swatch = (...colours) => (pen) => colours.forEach((c, i) => {
    pen.fillStyle = c; pen.fillRect(2 + i * 22 / colours.length, 4, 22 / colours.length + 0.5, 12); });
  const dot = (colour, size) => (pen) => { pen.fillStyle = colour; pen.fillRect(13 - size / 2, 10 - size / 2, size, size); };
  const looks = new Set(scene.rasters.filter((r) => r.box[2]).map((r) => r.look));
  if (looks.has("fire")) {
    entry(swatch("#fff496", "#ffcc28", "#fa8c0a", "#e0460f", "#962819"), w.burning);
    entry(swatch("#423632"), w.burned);
  }
  for (const look of ["gas", "water", "other"]) if (looks.has(look)) {
    const [, r, g, b] = STOPS[look][1];
    entry(swatch(`rgb(${r},${g},${b})`), w[`reached_${look}`]);
  }
  entry((pen) => star(pen, 13, 10, 8), w.onset);
  if (scene.lines.n || looks.has("line")) entry(swatch("#1b1b5e"), w.line);
  if (scene.households.n) {
    entry(dot("rgb(70,90,110)", 3), w.dot_home);
    entry(dot("rgb(0,90,178)", 5), w.dot_moving);
    entry(dot("rgb(0,148,111)", 5), w.dot_safe);
    const ends = new Set([...A.leg_end].map((code) => scene.households.ends[code]));
    if (ends.has("stranded")) entry(dot("rgb(155,30,160)", 5), w.dot_stranded);
    if (ends.has("dead")) entry(dot("#101010", 5), w.dot_dead);
  }
  entry((pen) => triangle(pen, 13, 11, 7, "#e69f00"), w.ordered);
  entry((pen) => { pen.fillStyle = "#68747c"; pen.beginPath(); pen.arc(13, 10, 2.4, 0, 7); pen.fill(); }, w.village);
  if (scene.shelters.length) {
    entry((pen) => shelterSign(pen, 13, 10, 7, 0.6), w.shelter);
    entry((pen) => shelterSign(pen, 13, 10, 7, 1), w.shelter_full);
  }
  const kinds = new Set(scene.bases.map((b) => b.kind));
  if (kinds.has("team") || kinds.has("camp")) entry((pen) => baseSign(pen, "camp", 13, 10), w.base);
  for (const [kind, key] of [["warehouse", "warehouse"], ["command", "command_post"], ["landing_site", "landing_site"]])
    if (kinds.has(kind)) entry((pen) => baseSign(pen, kind, 13, 10), w[key]);
  entry((pen) => moverSign(pen, 0, 4, 13, 10), w.team);
  for (const status of [1, 2, 3, 4, 5, 6]) entry((pen) => {
    pen.fillStyle = STATUS[status]; pen.beginPath(); pen.arc(13, 10, 5, 0, 7); pen.fill(); }, w[status]);
  if (scene.movers.some((m) => m.sort === TRUCK)) entry((pen) => moverSign(pen, TRUCK, 4, 13, 10), w.truck);
  if (scene.movers.some((m) => m.sort === BUS)) entry((pen) => moverSign(pen, BUS, 2, 13, 10), w.bus);
  if (scene.movers.some((m) => m.sort === AIR)) entry((pen) => moverSign(pen, AIR, 2, 13, 10), w.aircraft);
  if (scene.queues) {
    entry(swatch(...QUEUE_INK), w.queue);
    if (scene.queues.left_out) holder.append(make("p", "", fill(w.queue_left_out, { n: scene.queues.left_out.toLocaleString("en") })));
  }
  if (scene.jams.length) entry((pen) => jamSign(pen, 13, 10, 1, true), w.jam);
  if (scene.households.n) holder.append(make("p", "", fill(w.sample, { n: scene.households.n.toLocaleString("en") })));
  holder.append(make("p", "", w.followed));
  for (const note of scene.notes) holder.append(make("p", "", note));
}

// The time line: hazard and people under way as areas, events as ticks, hours as labels.
function drawTimeline() {
  const canvas = document.getElementById("line"), ratio = view.ratio;
  const wide = canvas.clientWidth, high = canvas.clientHeight;
  if (!wide) return;
  canvas.width = Math.round(wide * ratio); canvas.height = Math.round(high * ratio);
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  const at = (t) => 8 + t / scene.duration * (wide - 16), floor = high - 15;
  const area = (name, ink) => {
    const values = A[name], times = A.series_t;
    let most = 0;
    for (const value of values) most = Math.max(most, value);
    if (!most) return;
    pen.beginPath();
    pen.moveTo(at(0), floor);
    for (let i = 0; i < values.length; i++) pen.lineTo(at(times[i]), floor - values[i] / most * (floor - 14));
    pen.lineTo(at(times[times.length - 1]), floor);
    pen.fillStyle = ink;
    pen.fill();
  };
  const first = scene.series.find((s) => s.hazard);
  if (first) area(first.array, "rgba(217,72,15,.22)");
  if (A.series_moving) area("series_moving", "rgba(0,90,178,.38)");
  pen.fillStyle = "#9fb0bd";
  pen.fillRect(at(0), floor, wide - 16, 1);
  pen.font = `10.5px ${FONT}`;
  pen.textBaseline = "top";
  pen.textAlign = "center";
  const hours = [0.25, 0.5, 1, 2, 3, 6, 12, 24, 48].find((h) => scene.duration / 3600 / h <= wide / 62) || 96;
  const offset = (scene.start_ms / 1000) % 86400;
  for (let t = Math.ceil(offset / (hours * 3600)) * hours * 3600 - offset; t <= scene.duration; t += hours * 3600) {
    pen.fillStyle = "#5f6f7a";
    pen.fillRect(at(t), floor, 1, 4);
    const text = clockText(t);
    pen.fillText(text, Math.min(wide - 16, Math.max(16, at(t))), floor + 4);
  }
  for (const moment of scene.moments) {
    if (hidden.has(moment.cat)) continue;
    pen.fillStyle = CATEGORY[moment.cat];
    pen.fillRect(at(moment.t) - 0.75, 1, 1.5, 11);
  }
}
