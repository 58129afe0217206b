// Where the map is: metres (x east, y south of the raster's corner) to pixels and back; wheel, drag, pinch.

const view = { x: 0, y: 0, scale: 0.05, width: 1, height: 1, ratio: 1, version: 0 };
const MIN_PIXELS_PER_M = 0.002, MAX_PIXELS_PER_M = 2;

const toX = (x) => (x - view.x) * view.scale + view.width / 2;
const toY = (y) => (y - view.y) * view.scale + view.height / 2;
const fromX = (px) => (px - view.width / 2) / view.scale + view.x;
const fromY = (py) => (py - view.height / 2) / view.scale + view.y;

function fitBox(west, north, east, south) {
  const free = { width: view.width - 40, height: view.height - 60 };
  view.scale = Math.min(free.width / Math.max(east - west, 1), free.height / Math.max(south - north, 1));
  view.x = (west + east) / 2;
  view.y = (north + south) / 2;
  changed();
}

function zoomAt(px, py, factor) {
  const x = fromX(px), y = fromY(py);
  view.scale = Math.min(MAX_PIXELS_PER_M, Math.max(MIN_PIXELS_PER_M, view.scale * factor));
  view.x = x - (px - view.width / 2) / view.scale;
  view.y = y - (py - view.height / 2) / view.scale;
  changed();
}

function changed() { view.version++; redraw(); }

function resize(canvases, holder) {
  view.ratio = Math.min(window.devicePixelRatio || 1, 2);
  view.width = holder.clientWidth;
  view.height = holder.clientHeight;
  for (const canvas of canvases) {
    canvas.width = Math.round(view.width * view.ratio);
    canvas.height = Math.round(view.height * view.ratio);
  }
  changed();
}

function listenToView(holder, onHover, onPick) {
  const down = new Map();
  let moved = false, spread = 0;
  const place = (event) => {
    const box = holder.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  holder.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoomAt(...place(event), Math.exp(-Math.max(-120, Math.min(120, event.deltaY)) * 0.0022));
  }, { passive: false });
  holder.addEventListener("pointerdown", (event) => {
    if (event.target.closest("button")) return;
    holder.setPointerCapture(event.pointerId);
    down.set(event.pointerId, place(event));
    moved = false; spread = 0;
  });
  holder.addEventListener("pointermove", (event) => {
    const now = place(event), before = down.get(event.pointerId);
    if (!before) { onHover(...now); return; }
    down.set(event.pointerId, now);
    if (down.size === 2) {
      const [a, b] = [...down.values()], apart = Math.hypot(a[0] - b[0], a[1] - b[1]);
      if (spread) zoomAt((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, apart / spread);
      spread = apart; moved = true;
      return;
    }
    if (Math.hypot(now[0] - before[0], now[1] - before[1]) > 0.5) {
      if (!moved && Math.hypot(now[0] - before[0], now[1] - before[1]) < 3) { down.set(event.pointerId, before); return; }
      moved = true;
      holder.classList.add("dragged");
      view.x -= (now[0] - before[0]) / view.scale;
      view.y -= (now[1] - before[1]) / view.scale;
      changed();
    }
  });
  const up = (event) => {
    if (down.delete(event.pointerId) && !moved && event.type === "pointerup") onPick(...place(event));
    holder.classList.remove("dragged");
  };
  holder.addEventListener("pointerup", up);
  holder.addEventListener("pointercancel", up);
  holder.addEventListener("pointerleave", () => onHover(-1e6, -1e6));
  holder.addEventListener("dblclick", (event) => {
    if (!event.target.closest("button")) zoomAt(...place(event), 1.8);
  });
}
