// A fetched layout made ready for painting: items, who is connected to whom, what is where.

const BUCKET = 512; // pixels of the picture a spatial bucket covers, each way
const layouts = new Map(); // by hash; a layout never changes
const KEPT = 24;

/** Fetch and decode the layout `hash`; both happen once a hash. */
export function loadLayout(hash, url, inline) {
  if (!layouts.has(hash)) {
    const source = inline
      ? Promise.resolve(JSON.parse(inline))
      : fetch(url).then((answer) => {
          if (!answer.ok) throw new Error(`the layout could not be fetched (${answer.status})`);
          return answer.json();
        });
    const promise = source.then((document) => new Layout(hash, document));
    promise.catch(() => layouts.delete(hash));
    layouts.set(hash, promise);
    if (layouts.size > KEPT) layouts.delete(layouts.keys().next().value);
  }
  return layouts.get(hash);
}

/** Items are numbered as in Python: nodes, then terminals, then groups. */
export class Layout {
  constructor(hash, document) {
    Object.assign(this, document);
    this.hash = hash;
    this.count = this.names.length;
    this.firstGroup = this.count + this.terminals.length;
    this.fileOrder = [...this.names.keys()].sort((a, b) => this.order[a] - this.order[b]);
    this.indexOf = new Map(this.names.map((name, i) => [name, i]));
    this.place();
    this.connect();
    this.fillBuckets();
    this.partOffset = [];
    let offset = 0;
    for (const parts of this.parts) {
      this.partOffset.push(offset);
      offset += parts.filter((part) => part[3]).length;
    }
  }

  /** Give every item its box `[x, y, w, h]`, and every node the item that stands for it. */
  place() {
    this.boxes = new Array(this.firstGroup + this.groups.length).fill(null);
    this.rects.forEach((rect, i) => { if (rect) this.boxes[i] = rect; });
    this.terminals.forEach((t, i) => { this.boxes[this.count + i] = t.slice(3, 7); });
    this.shown = this.names.map((_, i) => i);
    this.frames = [];
    this.groups.forEach((group, i) => {
      if (!group.rect) return;
      if (group.collapsed) {
        this.boxes[this.firstGroup + i] = group.rect;
        for (let node = group.first; node < group.last; node++) this.shown[node] = this.firstGroup + i;
      } else {
        this.frames.push(i);
      }
    });
    this.items = [];
    this.boxes.forEach((box, i) => { if (box) this.items.push(i); });
    this.alike = new Map();
    for (const group of this.groups) this.alike.set(group.like, (this.alike.get(group.like) || 0) + 1);
  }

  connect() {
    const empty = () => new Map();
    this.out = new Map();
    this.in = new Map();
    this.wires.forEach(([source, target], i) => {
      if (!this.out.has(source)) this.out.set(source, empty());
      if (!this.in.has(target)) this.in.set(target, empty());
      this.out.get(source).set(i, target);
      this.in.get(target).set(i, source);
    });
    this.stubs = [];
    this.wireOfSegment = new Map();
    this.wires.forEach((wire, i) => {
      if (!wire[3].length) this.stubs.push(i);
      for (const segment of wire[3]) if (!this.wireOfSegment.has(segment)) this.wireOfSegment.set(segment, i);
    });
    this.stubsInto = new Map();
    this.stubsFrom = new Map();
    for (const i of this.stubs) {
      const [source, target] = this.wires[i];
      if (!this.stubsInto.has(target)) this.stubsInto.set(target, []);
      this.stubsInto.get(target).push(i);
      this.stubsFrom.set(source, (this.stubsFrom.get(source) || 0) + 1);
    }
  }

  fillBuckets() {
    this.buckets = new Map();
    const put = (kind, number, x0, y0, x1, y1) => {
      for (let by = Math.floor(y0 / BUCKET); by <= Math.floor(y1 / BUCKET); by++) {
        for (let bx = Math.floor(x0 / BUCKET); bx <= Math.floor(x1 / BUCKET); bx++) {
          const key = `${bx},${by}`;
          if (!this.buckets.has(key)) this.buckets.set(key, { items: [], segments: [] });
          this.buckets.get(key)[kind].push(number);
        }
      }
    };
    for (const item of this.items) {
      const [x, y, w, h] = this.boxes[item];
      put("items", item, x, y, x + w, y + h);
    }
    this.segments.forEach((points, i) => {
      let x0 = Infinity, y0 = Infinity, x1 = -Infinity, y1 = -Infinity;
      for (let at = 0; at < points.length; at += 2) {
        x0 = Math.min(x0, points[at]); x1 = Math.max(x1, points[at]);
        y0 = Math.min(y0, points[at + 1]); y1 = Math.max(y1, points[at + 1]);
      }
      put("segments", i, x0, y0, x1, y1);
    });
  }

  /** Items and segments that may touch a rectangle, each once. */
  within(x0, y0, x1, y1) {
    const columns = Math.floor(x1 / BUCKET) - Math.floor(x0 / BUCKET) + 1;
    const rows = Math.floor(y1 / BUCKET) - Math.floor(y0 / BUCKET) + 1;
    if (columns * rows >= this.buckets.size) {
      return { items: this.items, segments: this.segments.keys() };
    }
    const items = new Set(), segments = new Set();
    for (let by = Math.floor(y0 / BUCKET); by <= Math.floor(y1 / BUCKET); by++) {
      for (let bx = Math.floor(x0 / BUCKET); bx <= Math.floor(x1 / BUCKET); bx++) {
        const bucket = this.buckets.get(`${bx},${by}`);
        if (!bucket) continue;
        for (const item of bucket.items) items.add(item);
        for (const segment of bucket.segments) segments.add(segment);
      }
    }
    return { items, segments };
  }

  /** The item at a point of the picture, or null. */
  itemAt(x, y) {
    for (const item of this.within(x, y, x, y).items) {
      const [left, top, w, h] = this.boxes[item];
      if (x >= left && x <= left + w && y >= top && y <= top + h) return item;
    }
    return null;
  }

  /** The open group whose title line is at a point, innermost first, or null. */
  titleAt(x, y) {
    for (let i = this.frames.length - 1; i >= 0; i--) {
      const [left, top, w] = this.groups[this.frames[i]].rect;
      if (x >= left && x <= left + w && y >= top && y <= top + 24) return this.frames[i];
    }
    return null;
  }

  isNode(item) { return item < this.count; }
  isGroup(item) { return item >= this.firstGroup; }

  /** Nodes that an item stands for: itself, or all of a collapsed group. */
  nodesOf(item) {
    if (this.isNode(item)) return [item];
    if (!this.isGroup(item)) return [];
    const { first, last } = this.groups[item - this.firstGroup];
    return Array.from({ length: last - first }, (_, i) => first + i);
  }

  nameOf(item) {
    if (this.isNode(item)) return this.names[item];
    if (this.isGroup(item)) return this.groups[item - this.firstGroup].label;
    return this.terminals[item - this.count][0];
  }
}

/** A list with `item` added at its end, or taken out. */
export function toggled(list, item) {
  return list.includes(item) ? list.filter((other) => other !== item) : [...list, item];
}
