"use strict";
// Everything that is shown is computed here from the graph: `program` is the recorded program, each
// card knows its node, its line of algebra and its uses of other cards.
const graph = JSON.parse(document.getElementById("graph").textContent);
const cards = graph.cards, output = cards.length - 1;
const byId = (id) => document.getElementById(id);

// ---------------------------------------------------------------- numbers

function written(x, digits = 6) {  // as Python's format(x, ".6g"), with a true minus sign
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "−inf";
  if (x === 0) return "0";
  let [mantissa, exponent] = x.toExponential(digits - 1).split("e");
  exponent = Number(exponent);
  let text;
  if (exponent < -4 || exponent >= digits) {
    mantissa = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
    text = mantissa + "e" + (exponent < 0 ? "-" : "+") + String(Math.abs(exponent)).padStart(2, "0");
  } else {
    text = Number(x.toPrecision(digits)).toFixed(Math.max(0, digits - 1 - exponent));
    text = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  }
  return text.replaceAll("-", "−");
}

// ---------------------------------------------------------------- the two passes

function run(leaves) {  // values, the number on each use, gradients
  const v = leaves.map((x) => x === null ? NaN : x), p = [];
  program(v, p);
  const numbers = cards.map((card) => card.edges.map(
    (edge) => edge.way.reduce((product, step) => times(product, p[step]), 1)));
  const gradients = cards.map(() => 0);
  gradients[output] = 1;
  for (let i = output; i >= 0; i--)
    cards[i].edges.forEach((edge, k) => {
      gradients[edge.source] += times(gradients[i], numbers[i][k]);
    });
  return { values: cards.map((card) => v[card.node]), numbers, gradients };
}

function times(g, partial) { return g === 0 || partial === 0 ? 0 : g * partial; }

const original = run(graph.leaves);
let leaves = [...graph.leaves], now = original, step = 0, chosen = null, timer = null;

const uses = cards.map(() => 0);
cards.forEach((card) => card.edges.forEach((edge) => { uses[edge.source] += 1; }));

// ---------------------------------------------------------------- the steps, in words

const plan = [...cards.keys()].map((i) => ({ card: i, way: "forward" }));
plan.push({ card: output, way: "start" });
for (let i = output; i >= 0; i--)
  if (cards[i].edges.length) plan.push({ card: i, way: "backward" });

const name = (i) => cards[i].name;
const partial = (i) => `∂${name(output)}/∂${name(i)}`;

function algebra(card, numbers) {
  return card.algebra.map((piece, k) => {
    if (typeof piece === "string") return piece;
    if (!numbers) return name(piece);
    const text = written(now.values[piece]);
    return text[0] === "−" && (k > 1 || card.algebra[k + 1]) ? `(${text})` : text;
  }).join("");
}

function state(upTo) {  // what has been added to each gradient after a number of steps
  const sums = cards.map(() => 0), arrived = cards.map(() => 0);
  sums[output] = 1;
  for (const { card, way } of plan.slice(0, upTo + 1)) {
    if (way !== "backward") continue;
    cards[card].edges.forEach((edge, k) => {
      sums[edge.source] += times(sums[card], now.numbers[card][k]);
      arrived[edge.source] += 1;
    });
  }
  return { sums, arrived };
}

function words({ card, way }, upTo) {
  const c = cards[card];
  if (way === "forward") {
    if (c.algebra === null) return `${c.name} = ${written(now.values[card])} is given.`;
    return `${c.name} = ${algebra(c, false)} = ${algebra(c, true)} = ${written(now.values[card])}`;
  }
  if (way === "start")
    return `Now backward. ${partial(output)} = 1, and every other gradient starts at 0.`;
  const { sums, arrived } = state(upTo - 1);
  const reported = uses[card] === 1 ? "The one use of" : `All ${uses[card]} uses of`;
  const done = card === output ? "" :
    `${reported} ${c.name} ${uses[card] === 1 ? "has" : "have"} reported, so ` +
    `${partial(card)} = ${written(sums[card])} is complete and can be passed on.\n`;
  return done + c.edges.map((edge, k) => added(card, edge, k, sums, arrived)).join("\n");
}

function added(card, edge, k, sums, arrived) {
  const number = now.numbers[card][k], part = times(sums[card], number), s = edge.source;
  sums[s] += part;
  arrived[s] += 1;
  const waits = uses[s] - arrived[s];
  const still = waits ? ` (it waits for ${waits} more)` : "";
  return `${name(s)}.grad += ${partial(card)}·${edge.partial} = ` +
    `${written(sums[card])}·${written(number)} = ${written(part)}, ` +
    `so ${name(s)}.grad = ${written(sums[s])}${still}`;
}

// ---------------------------------------------------------------- the picture

const svg = document.querySelector("#picture svg");
const nodes = cards.map((_, i) => svg.getElementById(`n${i}`));
const natural = { width: parseFloat(svg.getAttribute("width")), height: parseFloat(svg.getAttribute("height")) };
let zoom = 1;
const texts = cards.map((card, i) => {
  const lines = [...nodes[i].querySelectorAll("text")], parts = [...nodes[i].querySelectorAll("tspan")];
  const value = lines.find((t, k) => k > 0 && t.textContent === card.value);
  return { value: value && value.firstElementChild,
    gradient: parts.findLast((t) => t.textContent === card.gradient) };
});

function label(card, k) {
  const edge = cards[card].edges[k], number = written(now.numbers[card][k]);
  const head = edge.partial;
  const plain = edge.plain.length > 36 ? edge.plain.slice(0, 35) + "…" : edge.plain;
  return edge.constant ? `${head} = ${number}` : `${head} = ${plain} = ${number}`;
}

const code = [...document.querySelectorAll("#code span")];

function drawCode({ card, way }) {  // the lines that compute the card, or the gradients it passes on
  const running = new Set(way === "forward" ? cards[card].computed : way === "start" ? [] :
    cards[card].edges.flatMap((edge) => cards[edge.source].backwards));
  code.forEach((line, i) => line.classList.toggle("running", running.has(i)));
  const first = code.find((line) => line.classList.contains("running"));
  if (first) {
    const frame = byId("code"), top = first.offsetTop - frame.offsetTop;
    if (top < frame.scrollTop || top > frame.scrollTop + frame.clientHeight - 40)
      frame.scrollTop = top - frame.clientHeight / 3;
  }
}

function draw() {
  const { card, way } = plan[step], { sums, arrived } = state(step);
  drawCode(plan[step]);
  const lit = chosen === null ? null : above(chosen);
  nodes.forEach((node, i) => {
    node.classList.toggle("later", way === "forward" && i > card);
    node.classList.toggle("active", i === card);
    node.classList.toggle("unlit", lit !== null && !lit.has(i));
    if (texts[i].value) texts[i].value.textContent = written(now.values[i]);
    const known = i === output ? way !== "forward" : arrived[i] > 0;
    const part = uses[i] > 1 && arrived[i] < uses[i] ? ` (${arrived[i]} of ${uses[i]})` : "";
    if (texts[i].gradient)
      texts[i].gradient.textContent = known ? written(sums[i]) + (i === output ? "" : part) : "–";
  });
  cards.forEach((c, i) => c.edges.forEach((edge, k) => drawEdge(i, edge, k, lit)));
  byId("words").textContent = words(plan[step], step);
  byId("scrubber").value = step;
  byId("position").value = `step ${step + 1} of ${plan.length}: ${way === "forward" ? "forward" : "backward"}`;
}

function drawEdge(i, edge, k, lit) {
  const { card, way } = plan[step], group = svg.getElementById(edge.key);
  const onPath = lit !== null && lit.has(i) && lit.has(edge.source);
  group.classList.toggle("later", way === "forward" && i > card);
  group.classList.toggle("flowing", way === "backward" && i === card);
  group.classList.toggle("lit", onPath);
  group.classList.toggle("unlit", lit !== null && !onPath);
  const flow = times(now.gradients[i], now.numbers[i][k]);
  const text = group.querySelector("text");
  if (text) text.textContent = label(i, k) + (onPath ? ` → ${written(flow)}` : "");
}

function above(leaf) {  // the cards on the ways from a card up to the output
  const found = new Set([leaf]);
  cards.forEach((card, i) => { if (card.edges.some((e) => found.has(e.source))) found.add(i); });
  return found;
}

function go(to) {
  step = Math.max(0, Math.min(plan.length - 1, to));
  draw();
  const box = nodes[plan[step].card].getBoundingClientRect(), frame = byId("picture");
  const seen = frame.getBoundingClientRect();
  if (box.left < seen.left || box.right > seen.right)
    frame.scrollLeft += (box.left + box.right - seen.left - seen.right) / 2;
  if (box.top < seen.top || box.bottom > seen.bottom)
    frame.scrollTop += (box.top + box.bottom - seen.top - seen.bottom) / 2;
}

// ---------------------------------------------------------------- the derivation of a leaf

function largest(leaf, most) {  // the paths of the largest products, and how many there are
  const best = cards.map(() => []), count = cards.map(() => 0n);
  best[leaf] = [{ product: 1, path: [] }];
  count[leaf] = 1n;
  cards.forEach((card, i) => {
    const sources = new Map();
    card.edges.forEach((edge, k) => {
      if (count[edge.source] && i !== leaf)
        sources.set(edge.source, [...(sources.get(edge.source) || []), k]);
    });
    for (const [source, group] of sources) {
      const number = group.reduce((sum, k) => sum + now.numbers[i][k], 0);
      const symbol = group.length === 1 ? card.edges[group[0]].symbol
        : `(${group.map((k) => card.edges[k].plain).join(" + ")})`;
      const link = { chain: chain(i, source, group), symbol, number };
      count[i] += count[source];
      for (const { product, path } of best[source])
        best[i].push({ product: product * number, path: [link, ...path] });
    }
    if (best[i].length > most)
      best[i] = best[i].sort((a, b) => Math.abs(b.product) - Math.abs(a.product)).slice(0, most);
  });
  return { paths: best[output], count: count[output] };
}

function chain(i, source, group) {  // uses in one line add up to the derivative, or stand alone
  const uses = group.map((k) => cards[i].edges[k]);
  if (uses.length > 1 && !uses[0].elsewhere) return `∂${name(i)}/∂${name(source)}`;
  const terms = uses.map((edge) => edge.partial).join(" + ");
  return uses.length > 1 ? `(${terms})` : terms;
}

function derivation(leaf) {
  const { paths, count } = largest(leaf, 8), left = partial(leaf), more = count - BigInt(paths.length);
  if (leaf === output) return `${left} = 1`;
  const tail = more > 0n ? ` + … ${more.toLocaleString("en")} more` : "";
  const glue = paths.length > 2 ? "\n" + " ".repeat(left.length) + " + " : " + ";
  const sides = [(link) => link.chain, (link) => link.symbol, (link) => written(link.number)]
    .map((part) => paths.map(({ path }) => path.map(part).join("·")).join(glue) + tail);
  sides.push(paths.map(({ product }) => written(product)).join(glue) + tail);
  sides.push(written(now.gradients[leaf]));
  return `${left} = ` + [...new Set(sides)].filter((side) => side !== left)
    .join(`\n${" ".repeat(left.length)} = `);
}

function choose(i) {
  chosen = i;
  byId("derivation").textContent = i === null ? "" : derivation(i);
  draw();
}

// ---------------------------------------------------------------- editing

const fields = new Map();
cards.forEach((card, i) => {
  if (card.algebra !== null) return;
  const row = document.createElement("label"), button = document.createElement("button");
  const field = document.createElement("input");
  button.textContent = card.name;
  button.title = `Show the paths of ${card.name}`;
  button.addEventListener("click", () => choose(chosen === i ? null : i));
  Object.assign(field, { type: "text", inputMode: "decimal", value: String(graph.leaves[card.node]) });
  field.setAttribute("aria-label", `${card.name}, its number`);
  field.addEventListener("input", () => edit(i, field));
  row.append(button, field);
  byId("inputs").append(row);
  fields.set(i, field);
});

function edit(i, field) {
  const text = field.value.trim().replace("−", "-"), x = Number(text);
  const fine = text !== "" && Number.isFinite(x);
  field.setCustomValidity(fine ? "" : "a number is needed");
  if (!fine) return;
  leaves[cards[i].node] = x;
  now = run(leaves);
  predict();
  choose(i);
}

function predict() {
  const change = now.values[output] - original.values[output];
  let first = 0;
  const terms = [];
  for (const i of fields.keys()) {
    const delta = now.values[i] - original.values[i];
    if (delta) {
      first += original.gradients[i] * delta;
      terms.push(`${written(original.gradients[i])}·${written(delta)}`);
    }
  }
  byId("prediction").textContent = terms.length === 0 ? "" :
    `${name(output)}: ${written(original.values[output])} → ${written(now.values[output])}. ` +
    `First order, by the gradients before: ${terms.join(" + ")} = ${written(first)}. ` +
    `True change: ${written(change)}.`;
}

byId("reset").addEventListener("click", () => {
  leaves = [...graph.leaves];
  now = original;
  for (const [i, field] of fields) {
    field.value = String(graph.leaves[cards[i].node]);
    field.setCustomValidity("");
  }
  predict();
  choose(null);
});

// ---------------------------------------------------------------- controls

function play() {
  if (timer === null && step === plan.length - 1) step = -1;
  timer = timer === null ? setInterval(() => {
    go(step + 1);
    if (step === plan.length - 1) play();
  }, 1200) : (clearInterval(timer), null);
  byId("play").textContent = timer === null ? "play" : "pause";
}

const moves = { first: () => go(0), back: () => go(step - 1), forward: () => go(step + 1), last: () => go(plan.length - 1), play };
for (const [id, move] of Object.entries(moves)) byId(id).addEventListener("click", move);
const keys = { ArrowRight: moves.forward, ArrowLeft: moves.back, Home: moves.first, End: moves.last, " ": play };
document.addEventListener("keydown", (event) => {
  if (event.target.tagName === "INPUT" || event.target.tagName === "BUTTON" && event.key === " ") return;
  if (event.key === "Escape") choose(null);
  if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  keys[event.key]();
});
byId("scrubber").max = plan.length - 1;
byId("scrubber").addEventListener("input", (event) => go(Number(event.target.value)));
nodes.forEach((node, i) => node.addEventListener("click", () => choose(chosen === i ? null : i)));

function scale(factor) {
  zoom = Math.max(0.3, Math.min(4, zoom * factor));
  svg.setAttribute("width", natural.width * zoom * 1.33);
  svg.setAttribute("height", natural.height * zoom * 1.33);
}
byId("larger").addEventListener("click", () => scale(1.2));
byId("smaller").addEventListener("click", () => scale(1 / 1.2));
scale(Math.max(0.65, Math.min(1, (byId("picture").clientWidth - 4) / (natural.width * 1.33))));
go(0);
