// The frame: the whole graph fits into it if it can be read then, else the reader is taken along;
// the wheel and two fingers zoom, dragging moves.

const frame = document.getElementById("picture"), MARGIN = 14;
const LEGIBLE = 10 / SIZE.label, LARGEST = 1.35;  // the smallest and largest scale of its own accord
const camera = { x: 0, y: 0, scale: 1, own: true };  // own: nobody has zoomed or dragged

const still = window.matchMedia("(prefers-reduced-motion: reduce)");

function look() {
  world.setAttribute("transform", `translate(${round(camera.x)},${round(camera.y)}) scale(${camera.scale.toFixed(4)})`);
}

function whole(view) {  // the scale at which everything is in the frame
  const { width, height } = view.places;
  return Math.min((frame.clientWidth - 2 * MARGIN) / width, (frame.clientHeight - 2 * MARGIN) / height);
}

function fit(view, legible = true) {
  const all = whole(view), least = all > 0.95 * LEGIBLE ? all : LEGIBLE;  // a little smaller, to cut nothing
  const scale = Math.min(LARGEST, legible ? Math.max(least, all) : all);
  const { width, height } = view.places, [w, h] = [frame.clientWidth, frame.clientHeight];
  Object.assign(camera, { scale, own: legible,
    x: Math.max(MARGIN, (w - width * scale) / 2), y: Math.max(MARGIN, (h - height * scale) / 2) });
  look();
}

function zoomAt(factor, x, y) {  // about a point of the frame
  const scale = Math.max(0.1, Math.min(5, camera.scale * factor)), ratio = scale / camera.scale;
  Object.assign(camera, { scale, own: false, x: x - (x - camera.x) * ratio, y: y - (y - camera.y) * ratio });
  look();
}

function follow(view) {  // the card of the step, with the end of its edge, comes into the frame
  const { card, edge } = view.plan[view.step], { boxes, edges } = view.places;
  const points = [...corners(boxes[card])];
  if (edge === undefined) for (const one of edges[card]) points.push(...one.points.slice(-4));
  else points.push(...edges[card][edge].points, ...labelCorners(view, card, edge),
    ...corners(boxes[view.graph.cards[card].edges[edge].source]));
  for (const wanted of [points, corners(boxes[card])]) {
    const [x, y] = [0, 1].map((axis) => moved(wanted.map((point) => point[axis]), axis));
    if (x === null || y === null) continue;  // too large for the frame: the card alone, then
    return slide(x, y);
  }
}

function corners({ x, y, width, height }) { return [[x, y], [x + width, y + height + 14]]; }

function labelCorners(view, i, k) {
  const { x, y } = view.places.edges[i][k].label, { width, height } = view.labels[i][k];
  return [[x - width / 2, y - height], [x + width / 2, y]];
}

function moved(values, axis) {  // where the camera must be for these to be seen
  const at = axis ? camera.y : camera.x, size = axis ? frame.clientHeight : frame.clientWidth;
  const low = Math.min(...values) * camera.scale, high = Math.max(...values) * camera.scale;
  if (high - low > size - MARGIN) return null;
  return Math.max(Math.min(at, size - MARGIN / 2 - high), MARGIN / 2 - low);
}

let sliding = 0;
function slide(x, y) {
  cancelAnimationFrame(sliding);
  const from = { ...camera }, start = performance.now();
  if (Math.abs(x - from.x) + Math.abs(y - from.y) < 1) return;
  const on = (time) => {
    const t = still.matches ? 1 : Math.min(1, Math.max(0, (time - start) / 250)), ease = t * (2 - t);
    camera.x = from.x + (x - from.x) * ease;
    camera.y = from.y + (y - from.y) * ease;
    look();
    if (t < 1) sliding = requestAnimationFrame(on);
  };
  if (still.matches) on(start); else sliding = requestAnimationFrame(on);
}

// ---------------------------------------------------------------- hands

const pointers = new Map();
let dragged = false;

function spread() {  // the middle of the fingers, and how far they are apart
  const [a, b = a] = [...pointers.values()], { left, top } = frame.getBoundingClientRect();
  return { x: (a.x + b.x) / 2 - left, y: (a.y + b.y) / 2 - top, apart: Math.hypot(a.x - b.x, a.y - b.y) };
}

frame.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  dragged = false;
  cancelAnimationFrame(sliding);
  pointers.set(event.pointerId, { x: event.clientX, y: event.clientY, startX: event.clientX, startY: event.clientY });
});
window.addEventListener("pointermove", (event) => {
  const pointer = pointers.get(event.pointerId);
  if (!pointer) return;
  if (!dragged && Math.hypot(event.clientX - pointer.startX, event.clientY - pointer.startY) < 4) return;
  const before = spread();
  dragged = true;
  [pointer.x, pointer.y] = [event.clientX, event.clientY];
  const after = spread();
  camera.x += after.x - before.x;
  camera.y += after.y - before.y;
  camera.own = false;
  if (before.apart > 10) zoomAt(after.apart / before.apart, after.x, after.y); else look();
});
for (const kind of ["pointerup", "pointercancel"])
  window.addEventListener(kind, (event) => pointers.delete(event.pointerId));
frame.addEventListener("wheel", (event) => {
  const embedded = window.top !== window;  // a notebook scrolls by the wheel
  if (embedded && !event.ctrlKey) return;
  event.preventDefault();
  const { left, top } = frame.getBoundingClientRect(), lines = event.deltaMode === 1 ? 20 : 1;
  zoomAt(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.002)), event.clientX - left, event.clientY - top);
}, { passive: false });

// ---------------------------------------------------------------- what moves along an edge

let moving = 0;
function travel(view, keys, backward) {  // a dot along edges: the number on its way
  cancelAnimationFrame(moving);
  view.pulse.setAttribute("visibility", "hidden");
  if (still.matches || !keys.length) return;
  const lines = keys.map(([i, k]) => view.edges[i][k].line), start = performance.now();
  const dots = [view.pulse, ...document.querySelectorAll("#world .also")];
  while (dots.length < lines.length) dots.push(element("circle", world, { class: "also", r: 6, "aria-hidden": "true" }));
  const on = (time) => {
    const t = Math.min(1, Math.max(0, (time - start) / 600)), ease = t * t * (3 - 2 * t);
    dots.forEach((dot, n) => {
      const seen = n < lines.length && t < 1;
      dot.setAttribute("visibility", seen ? "visible" : "hidden");
      if (!seen) return;
      const { x, y } = lines[n].getPointAtLength(lines[n].getTotalLength() * (backward ? 1 - ease : ease));
      dot.setAttribute("cx", round(x));
      dot.setAttribute("cy", round(y));
    });
    if (t < 1) moving = requestAnimationFrame(on);
  };
  on(start);
}
