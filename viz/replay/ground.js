// What stands still: the ground's picture and the roads, drawn again only when the map moves.

const ROADS = [            // by class, highest first: width in pixels, colour, least pixels a metre to be drawn at
  { width: 3.6, ink: "#8d6e63", from: 0 }, { width: 2.8, ink: "#a07f6d", from: 0 },
  { width: 2.3, ink: "#a88b7a", from: 0 }, { width: 1.6, ink: "#b5a194", from: 0.004 },
  { width: 1.0, ink: "#b9aca3", from: 0.018 }, { width: 0.7, ink: "#c3b8b0", from: 0.045 }];
const FERRY = 3;
let roadPaths = null;

function preparePaths() {
  roadPaths = ROADS.map(() => ({ road: new Path2D(), ferry: new Path2D() }));
  for (let i = 0; i < A.road_tail.length; i++) {
    const a = A.road_tail[i], b = a + A.road_head[i], paths = roadPaths[A.road_class[i]];
    const path = A.road_kind[i] === FERRY ? paths.ferry : paths.road;
    path.moveTo(A.node_x[a], A.node_y[a]);
    path.lineTo(A.node_x[b], A.node_y[b]);
  }
}

function drawGround(canvas, picture) {
  const pen = canvas.getContext("2d"), { cell, nx, ny } = scene.grid;
  pen.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  pen.fillStyle = "#eceae5";
  pen.fillRect(0, 0, view.width, view.height);
  pen.imageSmoothingEnabled = true;
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, toX(0), toY(0), nx * cell * view.scale, ny * cell * view.scale);
  const k = view.ratio * view.scale;
  const thick = Math.min(1.5, Math.max(0.55, view.scale / 0.03));
  pen.lineCap = "round";
  pen.lineJoin = "round";
  for (let c = ROADS.length - 1; c >= 0; c--) {
    const look = ROADS[c];
    if (view.scale < look.from) continue;
    pen.setTransform(k, 0, 0, k, view.ratio * toX(0), view.ratio * toY(0));
    pen.setLineDash([]);
    if (c < 3) {
      pen.strokeStyle = "rgba(255,255,255,.75)";
      pen.lineWidth = (look.width + 1.6) * thick / view.scale;
      pen.stroke(roadPaths[c].road);
    }
    pen.strokeStyle = look.ink;
    pen.lineWidth = look.width * thick / view.scale;
    pen.stroke(roadPaths[c].road);
    pen.setLineDash([8 / view.scale, 6 / view.scale]);
    pen.strokeStyle = "#4a7fa5";
    pen.stroke(roadPaths[c].ferry);
  }
  pen.setLineDash([]);
}

function drawScaleBar(pen) {
  const metres = [100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000].find((m) => m * view.scale > 70) || 50000;
  const length = metres * view.scale, x = 14, y = view.height - 16;
  pen.fillStyle = "rgba(255,255,255,.85)";
  pen.fillRect(x - 6, y - 20, length + 12, 28);
  pen.fillStyle = "#22272b";
  pen.fillRect(x, y, length, 3);
  pen.fillRect(x, y - 4, 1.5, 7);
  pen.fillRect(x + length - 1.5, y - 4, 1.5, 7);
  pen.font = `12px ${FONT}`;
  pen.textAlign = "left";
  pen.textBaseline = "alphabetic";
  pen.fillText(metres < 1000 ? `${metres} m` : `${metres / 1000} km`, x + 3, y - 5);
}
