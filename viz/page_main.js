// The page itself: its controls, the inputs, and what is remembered in its address.

const byId = (id) => document.getElementById(id);
let view = null, timer = null;

function viewOf(graph) {
  const plan = planOf(graph.cards), original = run(graph, graph.leaves);
  return { graph, plan, uses: usesOf(graph.cards), leaves: [...graph.leaves], original, now: original,
    notes: ailments(graph, original), step: 0, chosen: null, nudge: null, fields: new Map() };
}

function show(graph, step = 0, chosen = null) {
  const before = view;
  view = viewOf(graph);
  view.step = Math.min(step, view.plan.length - 1);
  byId("scrubber").max = view.plan.length - 1;
  choose(chosen);
  fit(view);
  const leaves = ({ graph: { cards } }) => cards.flatMap(({ name, algebra }, i) => algebra ? [] : [[i, name]]);
  if (before && String(leaves(before)) === String(leaves(view))) view.fields = before.fields;
  else makeInputs();
  fillInputs();
  nudged();
}

function draw() {
  paint(view);
  byId("words").replaceChildren(...words(view, view.step).map((line) => {
    const paragraph = document.createElement("p");
    paragraph.textContent = line;
    return paragraph;
  }));
  drawCode();
  const { way } = view.plan[view.step];
  byId("scrubber").value = view.step;
  byId("position").value = `step ${view.step + 1} of ${view.plan.length}: ${way === "forward" ? "forward" : "backward"}`;
  byId("scrubber").setAttribute("aria-valuetext", byId("position").value);
}

function drawCode() {  // of a compiled program, the lines that compute the card, or the gradient
  const lines = [...document.querySelectorAll("#code span")], { cards } = view.graph;
  if (!lines.length) return;
  const { way, card, edge } = view.plan[view.step];
  const running = new Set(way === "forward" ? cards[card].computed : way === "start" ? []
    : cards[cards[card].edges[edge].source].backwards);
  lines.forEach((line, i) => line.classList.toggle("running", running.has(i)));
  const first = lines.find((line) => line.classList.contains("running")), code = byId("code");
  if (!first) return;
  const top = first.offsetTop - code.offsetTop;
  if (top < code.scrollTop || top > code.scrollTop + code.clientHeight - 40)
    code.scrollTop = top - code.clientHeight / 3;
}

function go(to) {
  view.step = Math.max(0, Math.min(view.plan.length - 1, to));
  draw();
  follow(view);
  const { way, card, edge } = view.plan[view.step];
  const along = way === "forward" ? view.graph.cards[card].edges.map((_, k) => [card, k]) : edge === undefined ? [] : [[card, edge]];
  travel(view, along, way === "backward");
  remember();
}

// ---------------------------------------------------------------- the derivation, linked to the edges

const HINT = "Choose a card: its paths light up, and what flows along them stands on the edges.";

function choose(i) {
  view.chosen = i;
  byId("derivation").classList.toggle("hint", i === null);
  byId("derivation").replaceChildren(...(i === null ? [HINT] : derivation(view, i).map(factor)));
  draw();
}

function factor(piece) {
  if (typeof piece === "string") return document.createTextNode(piece);
  const [text, link] = piece, span = document.createElement("span");
  span.textContent = text;
  if (!link) return span;
  span.className = "factor";
  span.dataset.edges = link.ks.map((k) => `e${link.card}-${k}`).join(" ");
  return span;
}

function point(ids) {  // light up edges, and the factors that speak of them
  for (const lit of document.querySelectorAll(".linked")) lit.classList.remove("linked");
  for (const id of ids) {
    byId(id)?.classList.add("linked");
    for (const span of document.querySelectorAll(".factor"))
      if (span.dataset.edges.split(" ").includes(id)) span.classList.add("linked");
  }
}

document.addEventListener("pointerover", ({ target }) => {
  const span = target.closest?.(".factor"), edge = target.closest?.(".edge");
  point(span ? span.dataset.edges.split(" ") : edge ? [edge.id] : []);
});

// ---------------------------------------------------------------- inputs

function makeInputs() {
  byId("inputs").replaceChildren();
  view.graph.cards.forEach((card, i) => {
    if (card.algebra) return;
    const row = document.createElement("div"), button = document.createElement("button");
    const field = document.createElement("input"), slider = document.createElement("input");
    row.className = "input";
    button.textContent = card.name;
    button.title = `Show the paths of ${card.name}`;
    button.addEventListener("click", () => choose(view.chosen === i ? null : i));
    Object.assign(field, { type: "text", inputMode: "decimal", autocomplete: "off" });
    field.setAttribute("aria-label", `${card.name}, its number`);
    field.addEventListener("input", () => typed(i));
    Object.assign(slider, { type: "range", step: "any" });
    slider.setAttribute("aria-label", `${card.name}, moved`);
    slider.addEventListener("input", () => { field.setCustomValidity(""); edit(i, Number(short(Number(slider.value)).replace("−", "-"))); });
    row.append(button, slider, field);
    byId("inputs").append(row);
    view.fields.set(i, { field, slider });
  });
}

function fillInputs() {  // each slider reaches to both sides of the number it started from
  for (const [i, { field, slider }] of view.fields) {
    const x = Number(view.leaves[view.graph.cards[i].node]), start = Number(view.graph.leaves[view.graph.cards[i].node]);
    const reach = Math.max(2, 2 * Math.abs(start));
    Object.assign(slider, { min: start - reach, max: start + reach, disabled: !Number.isFinite(start) });
    slider.value = x;
    field.value = String(view.leaves[view.graph.cards[i].node]).replace("-", "−");
    field.setCustomValidity("");
  }
}

function short(x) { return String(Number(x.toPrecision(4))).replace("-", "−"); }

function numberIn(text) {
  const plain = text.trim().replace("−", "-"), x = Number(plain);
  return plain !== "" && Number.isFinite(x) ? x : null;
}

function typed(i) {
  const { field } = view.fields.get(i), x = numberIn(field.value);
  field.setCustomValidity(x === null ? "a number is needed" : "");
  if (x !== null) edit(i, x);
}

function edit(i, x) {
  const { field, slider } = view.fields.get(i);
  if (document.activeElement !== field) field.value = short(x);
  slider.value = x;
  view.leaves[view.graph.cards[i].node] = x;
  again();
  nudged();
  choose(i);
  remember();
}

function again() {  // everything from the numbers of the leaves
  view.now = run(view.graph, view.leaves);
  view.graph.renew?.(view.now.v);
}

function nudged() {  // what the gradients before the edit say, beside what happened
  const { graph, original: base, now, fields } = view, output = graph.cards.length - 1, changes = new Map();
  for (const i of fields.keys())
    if (now.values[i] !== base.values[i]) changes.set(i, now.values[i] - base.values[i]);
  view.nudge = changes.size === 0 ? null :
    { base, leaves: new Set(changes.keys()), predicted: predicted(graph, base, changes) };
  byId("ghosts").hidden = view.nudge === null;
  byId("prediction").textContent = view.nudge === null ? "" : prediction(graph.cards[output].name, base, now, output, changes);
}

function prediction(name, base, now, output, changes) {
  const terms = [...changes].map(([i, delta]) => `${written(base.gradients[i])}·${written(delta)}`);
  const first = [...changes].reduce((sum, [i, delta]) => sum + times(base.gradients[i], delta), 0);
  return `${name}: ${written(base.values[output])} → ${written(now.values[output])}. ` +
    `First order, by the gradients before: ${terms.join(" + ")} = ${written(first)}. ` +
    `True change: ${written(now.values[output] - base.values[output])}.`;
}

byId("reset").addEventListener("click", () => {
  view.leaves = [...view.graph.leaves];
  again();
  fillInputs();
  nudged();
  choose(null);
  remember();
});

// ---------------------------------------------------------------- the address

function address() {  // step, card and numbers, so that a link shows what its sender saw
  const state = new URLSearchParams();
  remember.also?.(state);
  if (view.step) state.set("step", view.step + 1);
  if (view.chosen !== null) state.set("of", view.graph.cards[view.chosen].name);
  for (const i of view.fields.keys()) {
    const { name, node } = view.graph.cards[i];
    if (remember.also || view.leaves[node] !== view.graph.leaves[node]) state.set(`x.${name}`, view.leaves[node]);
  }
  return state;
}

function remember() {
  clearTimeout(remember.later);
  remember.later = setTimeout(() => {  // browsers allow so many changes a second
    try { history.replaceState(null, "", `#${address()}`); } catch { /* a page inside of another has no address */ }
  }, 150);
}

function recall() {
  const state = new URLSearchParams(location.hash.slice(1));
  const named = (name) => view.graph.cards.findIndex((card) => card.name === name);
  for (const [key, text] of state) {
    const i = key.startsWith("x.") ? named(key.slice(2)) : -1, x = numberIn(text);
    if (view.fields.has(i) && x !== null) view.leaves[view.graph.cards[i].node] = x;
  }
  again();
  fillInputs();
  nudged();
  const chosen = named(state.get("of"));
  choose(chosen < 0 ? null : chosen);
  const step = Number(state.get("step") ?? 1);
  if (Number.isInteger(step)) view.step = Math.max(0, Math.min(view.plan.length - 1, step - 1));
  draw();
  follow(view);
}

// ---------------------------------------------------------------- controls

function play() {
  if (timer === null && view.step === view.plan.length - 1) view.step = -1;
  timer = timer === null ? setInterval(() => {
    go(view.step + 1);
    if (view.step === view.plan.length - 1) play();
  }, 1400) : (clearInterval(timer), null);
  byId("play").textContent = timer === null ? "play" : "pause";
}

function zoom(factor) { zoomAt(factor, frame.clientWidth / 2, frame.clientHeight / 2); }

const moves = {
  first: () => go(0), back: () => go(view.step - 1), forward: () => go(view.step + 1),
  last: () => go(view.plan.length - 1), play,
  smaller: () => zoom(1 / 1.25), larger: () => zoom(1.25), fit: () => fit(view, false),
};
for (const [id, move] of Object.entries(moves)) byId(id).addEventListener("click", move);
const keys = { ArrowRight: "forward", ArrowLeft: "back", Home: "first", End: "last", " ": "play",
  "+": "larger", "-": "smaller", "0": "fit" };

document.addEventListener("keydown", (event) => {
  const { target, key } = event, card = target.closest?.(".card");
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return;
  if (card && (key === "Enter" || key === " ")) {
    event.preventDefault();
    return pick(card);
  }
  if (key === "Escape") choose(null);
  if (!keys[key] || (target.tagName === "BUTTON" && key === " ")) return;
  event.preventDefault();
  moves[keys[key]]();
});

function pick(card) {
  const i = Number(card.id.slice(1));
  choose(view.chosen === i ? null : i);
  remember();
}

// the number on the card of an input is moved by dragging it sideways
frame.addEventListener("pointerdown", (event) => {
  const card = event.target.closest?.(".value") && event.target.closest(".card.input");
  if (!card || event.button !== 0) return;
  const i = Number(card.id.slice(1)), start = view.now.values[i], step = Math.max(1, Math.abs(start)) / 100;
  const drag = ({ clientX, pointerId }) => {
    if (pointerId !== event.pointerId || Math.abs(clientX - event.clientX) < 3) return;
    dragged = true;  // not a click
    edit(i, Number((start + (clientX - event.clientX) * step).toPrecision(4)));
  };
  const end = () => {
    window.removeEventListener("pointermove", drag);
    for (const kind of ["pointerup", "pointercancel"]) window.removeEventListener(kind, end);
  };
  event.stopPropagation();  // the picture stays where it is
  dragged = false;
  window.addEventListener("pointermove", drag);
  for (const kind of ["pointerup", "pointercancel"]) window.addEventListener(kind, end);
}, { capture: true });

byId("scrubber").addEventListener("input", (event) => go(Number(event.target.value)));
world.addEventListener("click", (event) => {
  const card = event.target.closest(".card");
  if (card && !dragged) pick(card);
});
world.addEventListener("focusin", (event) => {  // Tab takes the frame along
  const box = view.places.boxes[Number(event.target.id.slice(1))];
  if (!box || !event.target.matches(":focus-visible")) return;
  const [x, y] = [0, 1].map((axis) => moved(corners(box).map((corner) => corner[axis]), axis));
  if (x !== null && y !== null) slide(x, y);
});
frame.addEventListener("scroll", () => { frame.scrollTop = frame.scrollLeft = 0; });  // the camera moves, not the frame
new ResizeObserver(() => { if (view && camera.own) { fit(view); follow(view); } }).observe(frame);
