// Who drives, walks and flies for the plan: teams, trucks, buses and aircraft. Drawn each frame.

const STATUS = ["#9aa3a9", "#e6b800", "#56b4e9", "#0072b2", "#d55e00", "#8b98a1", "#009e73"];
const AT_BASE = 0, WORKING = 4, RESTING = 5;
const TEAM = 0, TRUCK = 1, BUS = 2, AIR = 3;
const TRAIL = ["rgba(0,90,170,.5)", "rgba(122,81,149,.55)", "rgba(0,110,85,.5)", "rgba(150,60,20,.4)"], DASH = [[], [6, 4], [2, 4], [1, 5]];
const MOVER_INK = ["#0b3d66", "#53306e", "#00513f", "#6e2b0d"];

// What a mover is doing, in words: a bus that works takes people in or lets them out, an aircraft drops water.
const OWN_WORDS = { [BUS]: "bus", [AIR]: "air" };
const doing = (mover, status) => scene.words[`${OWN_WORDS[mover.sort]}_${status}`] || scene.words[status];

// Movers at time t: place by straight motion between waypoints, status of the last one passed.
function moverAt(i, t) {
  const a = A.mover_start[i], b = A.mover_start[i + 1];
  if (a === b) return null;
  let low = a, high = b - 1;
  while (low < high) { const middle = (low + high + 1) >> 1; if (A.mover_t[middle] <= t) low = middle; else high = middle - 1; }
  const k = low, next = Math.min(k + 1, b - 1), span = A.mover_t[next] - A.mover_t[k];
  const share = span > 0 && t > A.mover_t[k] ? Math.min(1, (t - A.mover_t[k]) / span) : 0;
  return { x: A.mover_x[k] + share * (A.mover_x[next] - A.mover_x[k]),
           y: A.mover_y[k] + share * (A.mover_y[next] - A.mover_y[k]), status: A.mover_status[k], k, a };
}

function drawTrails(pen, t) {
  pen.lineWidth = 1.8;
  scene.movers.forEach((mover, i) => {
    const now = moverAt(i, t);
    if (!now || now.status === AT_BASE || now.k === now.a) return;
    pen.strokeStyle = TRAIL[mover.sort];
    pen.setLineDash(DASH[mover.sort]);
    let from = now.k;                       // this trip only, not every one since the start
    while (from > now.a && A.mover_status[from] !== AT_BASE) from--;
    pen.beginPath();
    pen.moveTo(toX(A.mover_x[from]), toY(A.mover_y[from]));
    const to = (k, x, y) => {               // travel, not the steps of work along the line
      const at = A.mover_status[k] === WORKING || A.mover_status[k] === RESTING ? "moveTo" : "lineTo";
      pen[at](toX(x), toY(y));
    };
    for (let k = from + 1; k <= now.k; k++) to(k - 1, A.mover_x[k], A.mover_y[k]);
    to(now.k, now.x, now.y);
    pen.stroke();
  });
  pen.setLineDash([]);
}

// A team is a round badge, a truck a lorry's outline, a bus a long one with windows,
// an aircraft a diamond with its rotor. Up to three on one spot stand in a row; more are told as one
// badge with their number, so that nobody is drawn far from where they are.
const ROW = 3;

function drawMovers(pen, t, names) {
  const groups = [];
  scene.movers.forEach((mover, i) => {
    const now = moverAt(i, t);
    if (!now || now.status === AT_BASE) return;
    const x = toX(now.x), y = toY(now.y);
    if (!seen(x, y)) return;
    const group = groups.find((g) => g.sort === mover.sort && Math.abs(g.x - x) < 17 && Math.abs(g.y - y) < 15);
    if (group) group.members.push({ i, status: now.status });
    else groups.push({ x, y, sort: mover.sort, members: [{ i, status: now.status }] });
  });
  for (const { x, y, sort, members } of groups) {
    if (members.length > ROW) {
      const most = [0, 1, 2, 3, 4, 5, 6].map((s) => members.filter((m) => m.status === s).length);
      moverSign(pen, sort, most.indexOf(Math.max(...most)), x, y);
      pen.fillStyle = "#10202e";
      pen.beginPath(); pen.arc(x + 9, y - 8, 8, 0, 7); pen.fill();
      pen.fillStyle = "#fff";
      pen.font = `700 11px ${FONT}`; pen.textAlign = "center"; pen.textBaseline = "middle";
      pen.fillText(String(members.length), x + 9, y - 7.5);
      block(x, y, 11);
      const told = most.map((n, s) => (n ? `${doing({ sort }, s)} ${n}` : "")).filter(Boolean).join(" · ");
      names.push({ text: told, x, y, gap: 18, size: 11.5, bold: true, ink: MOVER_INK[sort], rank: 2, plate: true });
      hits.push({ x, y, kind: "movers", members: members.map((m) => m.i), r: 14 });
      continue;
    }
    members.forEach(({ i, status }, k) => {
      const at = x + 18 * k;
      moverSign(pen, sort, status, at, y);
      block(at, y, 9);
      if (view.scale > 0.008)
        names.push({ text: `${scene.movers[i].name} · ${doing(scene.movers[i], status)}`, x: at, y, gap: 12, size: 11.5, bold: true,
                     ink: MOVER_INK[sort], rank: 2, plate: true });
      hits.push({ x: at, y, kind: "mover", i, r: 12 });
    });
  }
}

function moverSign(pen, sort, status, x, y) {
  const outline = (grow) => {
    pen.beginPath();
    if (sort === TEAM) pen.arc(x, y, 8.5 + grow, 0, 7);
    else if (sort === AIR) {
      const far = 11 + 1.4 * grow;
      pen.moveTo(x, y - far); pen.lineTo(x + far, y); pen.lineTo(x, y + far); pen.lineTo(x - far, y); pen.closePath();
    } else if (sort === TRUCK) pen.roundRect(x - 10 - grow, y - 6.5 - grow, 20 + 2 * grow, 13 + 2 * grow, 3 + grow);
    else pen.roundRect(x - 12 - grow, y - 6.5 - grow, 24 + 2 * grow, 13 + 2 * grow, 5 + grow);
  };
  outline(0);
  pen.fillStyle = STATUS[status];
  pen.fill();
  pen.lineWidth = 2;
  pen.strokeStyle = "#fff";
  pen.stroke();
  pen.lineWidth = 1;
  pen.strokeStyle = "rgba(15,30,45,.75)";
  outline(1);
  pen.stroke();
  pen.fillStyle = status === 1 || status === 2 ? "#10202e" : "#fff";
  if (sort === TRUCK) {
    pen.fillRect(x - 7, y - 3.5, 8, 6); pen.fillRect(x + 2, y - 1.5, 5, 4);
  } else if (sort === AIR) {
    pen.save();
    pen.strokeStyle = pen.fillStyle; pen.lineWidth = 1.6;
    for (const turn of [0.6, 2.2]) {
      pen.beginPath();
      pen.moveTo(x - 6.5 * Math.cos(turn), y - 6.5 * Math.sin(turn)); pen.lineTo(x + 6.5 * Math.cos(turn), y + 6.5 * Math.sin(turn));
      pen.stroke();
    }
    pen.restore();
    pen.beginPath(); pen.arc(x, y, 2.2, 0, 7); pen.fill();
  } else if (sort === BUS) {
    for (const window of [-8.5, -3.5, 1.5, 6.5]) pen.fillRect(x + window, y - 3.5, 3, 3.5);
    pen.fillRect(x - 9, y + 2, 18, 1.5);
  } else {
    pen.beginPath(); pen.arc(x, y - 2.4, 2.1, 0, 7); pen.fill();
    pen.beginPath(); pen.arc(x, y + 5.2, 4.3, Math.PI, 0); pen.fill();
  }
}
