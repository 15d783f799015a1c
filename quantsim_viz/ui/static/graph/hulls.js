// One dashed enclosure for each supergroup: the convex hull of its members' boxes, rounded.

const AWAY = 8;
const RADIUS = 11;

/** Enclosures of the groups that have two or more members to be seen. */
export function enclose(layout, supergroups) {
  const hulls = [];
  for (const members of supergroups || []) {
    const seen = members.filter((node) => layout.shown[node] === node);
    if (seen.length < 2) continue;
    const corners = [];
    for (const node of seen) {
      const [x, y, w, h] = layout.boxes[node];
      corners.push([x - AWAY, y - AWAY], [x + w + AWAY, y - AWAY], [x - AWAY, y + h + AWAY], [x + w + AWAY, y + h + AWAY]);
    }
    const points = convexHull(corners);
    const xs = points.map((p) => p[0]), ys = points.map((p) => p[1]);
    hulls.push({
      path: roundedPath(points),
      box: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)],
      members,
    });
  }
  return hulls;
}

/** Andrew's monotone chain. */
export function convexHull(points) {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const turn = (o, a, b) => (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);
  const half = (source) => {
    const chain = [];
    for (const point of source) {
      while (chain.length >= 2 && turn(chain[chain.length - 2], chain[chain.length - 1], point) <= 0) chain.pop();
      chain.push(point);
    }
    chain.pop();
    return chain;
  };
  return [...half(sorted), ...half(sorted.reverse())];
}

function roundedPath(points) {
  const path = new Path2D();
  const n = points.length;
  const middle = (a, b) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  path.moveTo(...middle(points[n - 1], points[0]));
  for (let i = 0; i < n; i++) {
    const corner = points[i], next = points[(i + 1) % n];
    path.arcTo(corner[0], corner[1], next[0], next[1], RADIUS);
    path.lineTo(...middle(corner, next));
  }
  path.closePath();
  return path;
}
