// The replay itself: reads the scene, keeps the time, draws what changed, listens to keys and buttons.

let scene = null, A = null, pulse = null, picked = null, hovered = null;
const now = { t: 0, playing: false, speed: 600, drawn: { base: -1, hazard: "" , live: "" } };
const SPEEDS = [60, 120, 300, 600, 1200, 1800, 3600];
const by = (id) => document.getElementById(id);
let picture = null, asleep = true, dirty = true;

window.sandtable = {
  ready: false, error: null,
  get time() { return now.t; },
  get playing() { return now.playing; },
  setTime: (t) => { setTime(t); paint(); },
  play, pause,
  fit: (what) => { fit(what); paint(); },
  whereIs(id) {                            // pixels on the map of a place, shelter, bottleneck or mover; null if not drawn
    paint();
    const named = (h) => (h.kind === "jam" && scene.jams[h.i]) || (h.place || h.base || (h.kind === "mover" ? scene.movers : scene.shelters)[h.i] || {});
    const hit = hits.find((h) => named(h).id === id || (h.members || []).some((i) => scene.movers[i].id === id));
    return hit ? [hit.x, hit.y] : null;
  },
  counts() {
    const series = {}, dots = countHouseholds(now.t);
    for (const row of scene.series) series[row.key] = seriesAt(row.array, now.t) / row.scale;
    const out = scene.movers.filter((_, i) => (moverAt(i, now.t) || { status: 0 }).status !== 0).length;
    const cells = scene.rasters.reduce((sum, r) => sum + (r.box[2] && r.look !== "line" ? paintRaster(r, now.t) : 0), 0);
    const buses = scene.movers.filter((m, i) => m.sort === BUS && (moverAt(i, now.t) || { status: 0 }).status !== 0).length;
    return { t: now.t, dots, series, movers_out: out, buses_out: buses, queued: standingAt(now.t), hazard_cells: cells };
  },
};

function redraw() { dirty = true; wake(); }
function wake() { if (asleep) { asleep = false; lastFrame = performance.now(); requestAnimationFrame(frame); } }

let lastFrame = 0;
function frame(at) {
  if (now.playing) {
    now.t = Math.min(scene.duration, now.t + Math.min(0.25, (at - lastFrame) / 1000) * now.speed);
    if (now.t >= scene.duration) pause();
    dirty = true;
  }
  lastFrame = at;
  if (dirty || pulse) paint();
  if (now.playing || dirty || pulse) requestAnimationFrame(frame); else asleep = true;
}

function paint() {
  dirty = false;
  const t = now.t;
  if (now.drawn.base !== view.version) { drawGround(by("ground"), picture); now.drawn.base = view.version; }
  const hazard = `${view.version}/${hazardMinute(t)}`;
  if (now.drawn.hazard !== hazard) { drawHazard(by("hazard"), t); drawQueues(by("hazard"), t); now.drawn.hazard = hazard; }
  drawHouseholds(by("live"), t);
  drawShapes(by("live"), t);
  drawPulse(by("live").getContext("2d"));
  showTip(t);
  by("clock").textContent = clockText(t);
  by("date").textContent = dateText(t);
  by("since").textContent = sinceText(t);
  const slider = by("slider");
  if (document.activeElement !== slider || Number(slider.value) !== Math.round(t)) slider.value = Math.round(t);
  slider.setAttribute("aria-valuetext", `${dateText(t)} ${clockText(t)}`);
  by("hand").style.left = `${8 + t / scene.duration * (by("line").clientWidth - 16)}px`;
  updateCounters(t);
  updateTicker(by("events"), t);
}

function sinceText(t) {
  const plain = fill(scene.words.since_start, { t: spanText(t) });
  if (scene.alarm === null) return plain;
  const after = t - scene.alarm;
  return `${plain} · ${fill(after >= 0 ? scene.words.after_alarm : scene.words.before_alarm, { t: spanText(Math.abs(after)) })}`;
}

function drawPulse(pen) {
  if (!pulse) return;
  const left = pulse.until - performance.now();
  if (left <= 0) { pulse = null; dirty = true; return; }
  const phase = (left % 900) / 900;
  pen.beginPath();
  pen.arc(toX(pulse.x), toY(pulse.y), 12 + 26 * (1 - phase), 0, 7);
  pen.strokeStyle = `rgba(190,20,20,${0.25 + 0.7 * phase})`;
  pen.lineWidth = 3.5;
  pen.stroke();
}

function showTip(t) {
  const what = hovered || picked, tip = by("tip");
  if (!what) { tip.hidden = true; return; }
  const { x, y, title, lines } = describe(what, t);
  tip.replaceChildren(make("b", "", title), ...lines.map((line) => make("div", "", line)));
  tip.hidden = false;
  const px = toX(x), py = toY(y), room = tip.getBoundingClientRect();
  tip.style.left = `${Math.min(view.width - room.width - 6, Math.max(6, px + 16))}px`;
  tip.style.top = `${Math.min(view.height - room.height - 6, Math.max(6, py - room.height - 12))}px`;
}

function setTime(t) { now.t = Math.min(scene.duration, Math.max(0, Number(t) || 0)); redraw(); }
function play() {
  if (now.t >= scene.duration) now.t = 0;
  now.playing = true;
  playLook();
  wake();
}
function pause() { now.playing = false; playLook(); }
function playLook() {
  const button = by("play"), key = now.playing ? "pause" : "play";
  button.dataset.sign = key;
  button.title = button.ariaLabel = scene.words[key];
}

function fit(what) {
  const { cell, nx, ny, x0, y0 } = scene.grid;
  if (what === "county") fitBox(0, 0, nx * cell, ny * cell);
  else fitBox(scene.view[0] - x0, y0 - scene.view[3], scene.view[1] - x0, y0 - scene.view[2]);
}

function changeSpeed(by_) {
  const select = by("speed");
  select.selectedIndex = Math.min(SPEEDS.length - 1, Math.max(0, select.selectedIndex + by_));
  now.speed = Number(select.value);
}

const KEYS = {
  " ": () => (now.playing ? pause() : play()),
  ArrowLeft: (e) => setTime(now.t - (e.shiftKey ? 600 : 60)), ArrowRight: (e) => setTime(now.t + (e.shiftKey ? 600 : 60)),
  ArrowUp: () => changeSpeed(1), ArrowDown: () => changeSpeed(-1), Home: () => setTime(0), End: () => setTime(scene.duration),
  "+": () => zoomAt(view.width / 2, view.height / 2, 1.5), "=": () => zoomAt(view.width / 2, view.height / 2, 1.5),
  "-": () => zoomAt(view.width / 2, view.height / 2, 1 / 1.5), f: () => fit("hazard"), F: () => fit("hazard"),
  c: () => fit("county"), C: () => fit("county"), "[": () => step(-1), "]": () => step(1),
  Escape: () => { picked = hovered = null; redraw(); },
};

function listen() {
  by("play").onclick = KEYS[" "];
  by("previous").onclick = () => step(-1);
  by("next").onclick = () => step(1);
  by("zoom-in").onclick = KEYS["+"];
  by("zoom-out").onclick = KEYS["-"];
  by("fit-hazard").onclick = () => fit("hazard");
  by("fit-county").onclick = () => fit("county");
  by("speed").onchange = (e) => { now.speed = Number(e.target.value); e.target.blur(); };
  const slider = by("slider");
  slider.max = Math.round(scene.duration);
  slider.oninput = () => setTime(slider.value);
  window.addEventListener("keydown", (event) => {
    const key = KEYS[event.key];
    if (!key || event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "SELECT") return;
    event.preventDefault();
    key(event);
  });
  listenToView(by("map"),
    (x, y) => { const what = pickAt(x, y); if (what || hovered) { hovered = what; by("map").classList.toggle("over", !!what); redraw(); } },
    (x, y) => { picked = pickAt(x, y); redraw(); });
  const fitAll = () => { resize([by("ground"), by("hazard"), by("live")], by("map")); drawTimeline(); };
  new ResizeObserver(fitAll).observe(by("map"));
  window.addEventListener("hashchange", fromHash);
}

function fromHash() {
  const found = /[#&]t=(\d+)/.exec(location.hash);
  if (found) setTime(Number(found[1]));
}

async function start() {
  scene = JSON.parse(by("scene").textContent);
  by("note").textContent = scene.words.loading;
  const packed = by("arrays");
  A = unpack(await inflate(bytesOfBase64(packed.textContent.trim()), location.hash.includes("inflate=own")), scene.arrays);
  packed.remove();
  picture = by("picture");
  await picture.decode();
  legCursor = new Int32Array(scene.households.n);
  preparePaths();
  prepareRasters();
  const first = scene.series.length ? scene.series : [];
  if (first.length) buildCounters(by("counters"));
  buildTicker(by("events"), by("chips"));
  buildJams(by("jams"), by("tabs"));
  buildLegend(by("keys"));
  for (const speed of SPEEDS) {
    const option = make("option", "", `×${speed}`);
    option.value = speed;
    by("speed").append(option);
  }
  by("speed").value = now.speed;
  resize([by("ground"), by("hazard"), by("live")], by("map"));
  listen();
  playLook();
  fit("hazard");
  drawTimeline();
  setTime(0);
  fromHash();
  paint();
  by("note").hidden = true;
  window.sandtable.ready = true;
}

start().catch((error) => {
  window.sandtable.error = String(error);
  const note = by("note");
  note.hidden = false;
  note.textContent = `${scene ? scene.words.failed : "Replay"}: ${error.message}`;
  throw error;
});
