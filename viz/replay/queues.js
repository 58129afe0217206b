// Roads on which vehicles stand: coloured by how full they are, on the right of the way they go. Bottlenecks and their list.

const QUEUE_INK = ["#fdae6b", "#f16913", "#cb181d", "#67000d"], QUEUE_WIDTH = [2.2, 3, 3.8, 4.6];
const STANDING_FROM = 3;                    // vehicles from which a bottleneck counts as queued, as in the run's own hours

// Vehicles standing on packed link i at time t: straight between samples, none before the first.
function queueAt(i, t) {
  const times = A.queue_t, k = scene.queues.samples;
  let low = -1, high = k - 1;
  while (low < high) { const middle = (low + high + 1) >> 1; if (times[middle] <= t) low = middle; else high = middle - 1; }
  const before = low < 0 ? 0 : A.queue[i * k + low], t0 = low < 0 ? 0 : times[low];
  if (low === k - 1) return before;
  return before + (A.queue[i * k + low + 1] - before) * (t - t0) / Math.max(1, times[low + 1] - t0);
}

function standingAt(t) {
  let sum = 0;
  for (let i = 0; scene.queues && i < scene.queues.n; i++) sum += queueAt(i, t);
  return Math.round(sum);
}

function drawQueues(canvas, t) {
  if (!scene.queues) return;
  const pen = canvas.getContext("2d"), paths = QUEUE_INK.map(() => new Path2D());
  const aside = view.scale > 0.015 ? 2.6 : 1, thick = Math.min(1.3, Math.max(0.7, view.scale / 0.02));
  for (let i = 0; i < scene.queues.n; i++) {
    const standing = queueAt(i, t);
    if (standing < 0.5) continue;
    const a = A.queue_tail[i], b = A.queue_head[i];
    const x0 = toX(A.node_x[a]), y0 = toY(A.node_y[a]), x1 = toX(A.node_x[b]), y1 = toY(A.node_y[b]);
    const length = Math.hypot(x1 - x0, y1 - y0) || 1, dx = -(y1 - y0) / length * aside, dy = (x1 - x0) / length * aside;
    const path = paths[Math.min(3, Math.floor(4 * standing / A.queue_room[i]))];
    path.moveTo(x0 + dx, y0 + dy);
    path.lineTo(x1 + dx, y1 + dy);
  }
  pen.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  pen.lineCap = "round";
  paths.forEach((path, band) => {
    pen.strokeStyle = "rgba(255,255,255,.8)";
    pen.lineWidth = (QUEUE_WIDTH[band] + 1.8) * thick;
    pen.stroke(path);
  });
  paths.forEach((path, band) => {
    pen.strokeStyle = QUEUE_INK[band];
    pen.lineWidth = QUEUE_WIDTH[band] * thick;
    pen.stroke(path);
  });
}

const jamQueue = (jam, t) => Math.round(jam.rows.reduce((sum, i) => sum + queueAt(i, t), 0));

function jamSign(pen, x, y, rank, queued) {
  pen.beginPath(); pen.arc(x, y, 8.5, 0, 7);
  pen.fillStyle = queued ? "#16202a" : "rgba(255,255,255,.9)"; pen.fill();
  pen.lineWidth = 1.6; pen.strokeStyle = queued ? "#fff" : "#16202a"; pen.stroke();
  pen.fillStyle = queued ? "#fff" : "#16202a";
  pen.font = `700 11px ${FONT}`; pen.textAlign = "center"; pen.textBaseline = "middle";
  pen.fillText(String(rank), x, y + 0.5);
}

function drawJams(pen, t) {
  const chosen = [picked, hovered].find((what) => what && what.kind === "jam");
  if (chosen) {                             // the whole stretch of the one that is asked about
    pen.beginPath();
    scene.jams[chosen.i].nodes.forEach((node) => pen.lineTo(toX(A.node_x[node]), toY(A.node_y[node])));
    pen.strokeStyle = "rgba(22,32,42,.35)"; pen.lineWidth = 11; pen.lineCap = "round"; pen.lineJoin = "round";
    pen.stroke();
  }
  for (let i = scene.jams.length - 1; i >= 0; i--) {       // the worst on top
    const jam = scene.jams[i], headX = toX(jam.x), headY = toY(jam.y);
    if (!seen(headX, headY)) continue;
    const covered = hits.some((hit) => hit.kind !== "jam" && Math.hypot(hit.x - headX, hit.y - headY) < 15);
    const x = headX - (covered ? 16 : 0), y = headY - (covered ? 14 : 0);   // beside a shelter's or a base's sign
    jamSign(pen, x, y, jam.rank, jamQueue(jam, t) >= STANDING_FROM);
    block(x, y, 9);
    hits.push({ x, y, kind: "jam", i, r: 12 });
  }
}

function describeJam(i, t) {
  const jam = scene.jams[i];
  return { x: jam.x, y: jam.y, title: `${jam.rank}. ${jam.name}`, lines: [
    jam.klass, fill(scene.words.tip_queue, { n: jamQueue(jam, t).toLocaleString("en") }), jam.lost].filter(Boolean) };
}

// The list of bottlenecks, behind a tab beside the events; a click shows the stretch at its worst moment.
function buildJams(list, tabs) {
  if (!scene.jams.length) return;
  scene.jams.forEach((jam, i) => {
    const row = make("li"), button = make("button"), text = make("span", "", jam.name);
    text.append(make("small", "", `${jam.klass}${jam.klass ? " · " : ""}${jam.lost}`));
    button.append(make("b", "", String(jam.rank)), text);
    button.onclick = () => {
      [...list.querySelectorAll("button")].forEach((other) => other.classList.toggle("picked", other === button));
      picked = { kind: "jam", i };
      if (jam.t !== null) setTime(jam.t);
      pulseAt(jam.x, jam.y);
    };
    row.append(button);
    list.append(row);
  });
  const parts = { ticker: [by("events"), by("chips")], jams: [list] };
  const choose = (chosen) => {
    for (const [key, nodes] of Object.entries(parts)) for (const node of nodes) node.hidden = key !== chosen;
    for (const tab of tabs.children) tab.setAttribute("aria-selected", String(tab.dataset.key === chosen));
  };
  for (const key of Object.keys(parts)) {
    const tab = make("button", "", scene.words[key]);
    tab.dataset.key = key;
    tab.setAttribute("role", "tab");
    tab.onclick = () => choose(key);
    tabs.append(tab);
  }
  tabs.setAttribute("role", "tablist");
  tabs.hidden = false;
  tabs.previousElementSibling.hidden = true;               // the heading that the tabs stand for
  choose("ticker");
}
