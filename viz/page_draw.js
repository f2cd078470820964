// The one function that draws, `paint`: everything that depends on numbers, or on the step, is set
// by it from them. `build` makes the elements at the places that the layout gives.

const NS = "http://www.w3.org/2000/svg";
const svg = document.getElementById("graph-picture"), world = document.getElementById("world");

function element(tag, parent, attributes = {}) {
  const made = document.createElementNS(NS, tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
}

function set(node, key, value) {  // only what has changed: the page is drawn anew at each drag
  if (node.getAttribute(key) !== String(value)) node.setAttribute(key, value);
}

// ---------------------------------------------------------------- places

function build(view) {
  const final = stateAt(view.graph, view.now, view.plan, view.plan.length - 1);
  view.sizes = view.graph.cards.map((_, i) => sizeOf(cardLines(view, i, final)));
  let best = 0;
  for (const widest of WIDEST.labels) {  // longer lines on the edges, if the whole is larger so
    const tried = arranged({ ...view, widest });
    const scale = whole(tried);
    if (scale > best * 1.02) Object.assign(view, tried, { widest });
    best = Math.max(best, scale);
    if (scale >= LEGIBLE) break;
  }
  if (!view.cards || view.cards.length !== view.graph.cards.length || view.drawn !== view.graph) make(view);
  place(view);
}

function arranged(view) {
  const labels = view.graph.cards.map((card, i) => card.edges.map((_, k) => labelSize(view, i, k)));
  const places = layered(view.graph.cards, (i) => view.sizes[i],
    (i, k) => ({ ...labels[i][k], below: SIZE.flow + 4 }));
  return { labels, places };
}

function make(view) {
  const focused = document.activeElement?.id;
  world.replaceChildren();
  const edges = element("g", world, { id: "edges" }), cards = element("g", world, { id: "cards" });
  view.edges = view.graph.cards.map((card, i) => card.edges.map((_, k) => makeEdge(edges, i, k)));
  view.cards = view.graph.cards.map((_, i) => makeCard(cards, i));
  view.pulse = element("circle", world, { id: "pulse", r: 6, visibility: "hidden", "aria-hidden": "true" });
  view.drawn = view.graph;
  if (focused?.startsWith("n")) document.getElementById(focused)?.focus();
}

function makeEdge(parent, i, k) {
  const group = element("g", parent, { id: `e${i}-${k}`, role: "img" });
  const made = { group, title: element("title", group), hit: element("path", group, { class: "hit" }) };
  made.line = element("path", group, { class: "line" });
  made.fore = element("path", group, { class: "head" });
  made.label = element("text", group, { class: "label", "text-anchor": "middle", "font-size": SIZE.label });
  made.flow = element("text", group, { class: "flow", "text-anchor": "middle", "font-size": SIZE.flow });
  return made;
}

function makeCard(parent, i) {
  const group = element("g", parent, { id: `n${i}`, role: "button", tabindex: 0 });
  return { group, title: element("title", group), desc: element("desc", group),
    box: element("rect", group, { rx: 7 }), texts: element("g", group, { class: "lines" }), lines: [],
    ghost: element("text", group, { class: "ghost", "text-anchor": "middle", "font-size": SIZE.ghost }) };
}

function place(view) {
  const { boxes, edges } = view.places;
  view.cards.forEach(({ box, ghost }, i) => {
    const { x, y, width, height } = boxes[i];
    for (const [key, value] of Object.entries({ x, y, width, height })) set(box, key, round(value));
    set(ghost, "x", round(x + width / 2));
    set(ghost, "y", round(y + height + SIZE.ghost + 3));
    view.cards[i].lines = [];
  });
  view.edges.forEach((ofCard, i) => ofCard.forEach((edge, k) => {
    const { points, label } = edges[i][k];
    set(edge.hit, "d", curve(points));
    edge.ways = { forward: wayOf(points, 0, 8), backward: wayOf(points, 8, 0) };
    edge.at = label;
    for (const text of [edge.label, edge.flow]) set(text, "x", round(label.x));
    set(edge.flow, "y", round(label.y + SIZE.flow + 2));
    edge.lines = "";
  }));
}

function wayOf(points, start, end) {  // the line, and the head at that one of its ends that is cut
  const cut = points.map((point) => [...point]);
  cut[0][0] += start;
  cut[cut.length - 1][0] -= end;
  const [x, y] = (end ? points.at(-1) : points[0]).map(round), side = end ? -1 : 1;
  return { line: curve(cut), head: `M${x},${y}l${side * 10},-4.5v9z` };
}

// ---------------------------------------------------------------- drawing

function paint(view) {
  const state = view.state = stateAt(view.graph, view.now, view.plan, view.step);
  view.notes = ailments(view.graph, view.now);
  view.shares = shares(view.graph, view.now);
  if (!view.places || view.drawn !== view.graph || !fits(view)) build(view);
  const { way } = view.plan[view.step], lit = view.chosen === null ? null : above(view.graph, view.chosen);
  svg.setAttribute("class", state.backward ? "backward" : "forward");
  svg.setAttribute("aria-label", `The graph of ${view.graph.cards.at(-1).name}, ${view.graph.cards.length} cards`);
  view.cards.forEach((_, i) => paintCard(view, i, state, way, lit));
  view.edges.forEach((ofCard, i) => ofCard.forEach((_, k) => paintEdge(view, i, k, state, lit)));
}

function fits(view) {  // whether what is to be written still fits the places
  const final = stateAt(view.graph, view.now, view.plan, view.plan.length - 1);
  return view.graph.cards.every((card, i) => {
    const { width, height } = sizeOf(cardLines(view, i, final));
    return width <= view.sizes[i].width && height === view.sizes[i].height &&
      card.edges.every((_, k) => {
        const label = labelSize(view, i, k);
        return label.width <= view.labels[i][k].width && label.height === view.labels[i][k].height;
      });
  });
}

function paintCard(view, i, state, way, lit) {
  const card = view.cards[i], { x, y } = view.places.boxes[i], { group } = card;
  const step = view.plan[view.step];
  const active = step.card === i;
  const taking = way === "backward" && view.graph.cards[step.card].edges[step.edge].source === i;
  const still = state.backward && state.parts[i].length > 0 && state.parts[i].length === view.uses[i].length && state.sums[i] === 0;
  const noted = noteLines(view, i, state).length > 0;
  const classes = { [kindOf(view.graph, i)]: true, later: i > state.computed, active, taking, still, noted, unlit: lit && !lit.has(i), chosen: view.chosen === i };
  classify(group, "card", classes);
  const words = sentence(view, i, state);
  set(group, "aria-label", words);
  set(group, "aria-pressed", view.chosen === i);
  for (const text of [card.title, card.desc]) if (text.textContent !== words) text.textContent = words;
  paintLines(card, cardLines(view, i, state), x + PAD.x, y + PAD.y);
  paintGhost(view, card, i);
}

function kindOf({ cards }, i) {
  return i === cards.length - 1 ? "output" : cards[i].algebra ? "result" : "input";
}

function classify(group, kind, classes) {
  const on = Object.keys(classes).filter((name) => classes[name]);
  if (group.classList.contains("linked")) on.push("linked");  // what is pointed at stays so
  set(group, "class", [kind, ...on].join(" "));
}

function paintLines(card, lines, x, y) {  // text by text; one that says the same stays
  lines.forEach((line, n) => {
    const [size, ...parts] = line, key = `${x},${y},${JSON.stringify(line)}`;
    y += size * PAD.leading;
    if (card.lines[n] === key) return;
    card.lines[n] = key;
    const text = card.texts.children[n] || element("text", card.texts);
    set(text, "x", round(x));
    set(text, "y", round(y - size * 0.3));
    set(text, "font-size", size);
    text.replaceChildren();
    for (const [words, kind] of parts) element("tspan", text, kind ? { class: kind } : {}).textContent = words;
  });
  while (card.texts.children.length > lines.length) card.texts.lastChild.remove();
  card.lines.length = lines.length;
}

function paintEdge(view, i, k, state, lit) {
  const edge = view.edges[i][k], { source } = view.graph.cards[i].edges[k], { group } = edge;
  const step = view.plan[view.step], part = state.flowed.get(`${i},${k}`);
  const flowing = step.way === "backward" && step.card === i && step.edge === k;
  const onPath = lit !== null && lit.has(i) && lit.has(source);
  const shown = part !== undefined;
  const mark = state.backward && markOf(view.graph, view.now, i, k);
  const classes = { later: i > state.computed, flowing, feeding: step.way === "forward" && step.card === i,
    lit: onPath, unlit: lit && !onPath, marked: mark,
    positive: shown && signOf(part) > 0, negative: shown && signOf(part) < 0, zero: shown && !signOf(part) };
  classify(group, "edge", classes);
  const { line, head } = edge.ways[state.backward ? "backward" : "forward"];
  set(edge.line, "d", line);
  set(edge.fore, "d", head);
  const [thin, thick] = rules.widths;
  set(edge.line, "stroke-width", shown ? round(thin + thick * view.shares[i][k]) : 1.2);
  paintLabel(edge, i <= state.computed ? labelLines(view, i, k) : [local(view.graph, i, k)]);
  edge.flow.textContent = shown ? written(part, 4) : "";
  const words = edgeSentence(view, i, k, state);
  set(group, "aria-label", words);
  if (edge.title.textContent !== words) edge.title.textContent = words;
}

function paintLabel(edge, lines) {  // above the line
  const key = lines.join("\n");
  if (edge.lines === key) return;
  edge.lines = key;
  edge.label.replaceChildren();
  lines.forEach((words, n) => {
    const y = edge.at.y - 7 - (lines.length - 1 - n) * SIZE.label * PAD.leading;
    element("tspan", edge.label, { x: round(edge.at.x), y: round(y) }).textContent = words;
  });
}

function paintGhost({ now, nudge }, card, i) {  // how far a nudge has moved it, and how far was predicted
  const moved = nudge && now.values[i] - nudge.base.values[i], said = nudge && nudge.predicted[i];
  card.ghost.replaceChildren();
  if (!nudge || (!moved && !said)) return;
  element("tspan", card.ghost, { class: "true" }).textContent = `Δ ${written(moved, 3)}`;
  if (!nudge.leaves.has(i)) element("tspan", card.ghost, { class: "said" }).textContent = ` ≈ ${written(said, 3)}`;
}
