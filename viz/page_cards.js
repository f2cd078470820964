// What is written on cards and edges, in lines, and how large that is.

const SIZE = { name: 14, value: 14, gradient: 12, label: 12, flow: 11.5, ghost: 11, note: 12 };
const PAD = { x: 9, y: 7, leading: 1.32 };
const WIDEST = { algebra: 150, note: 170, labels: [92, 130, 180] };  // a longer line is broken
const RESERVED = "−0.000000";  // so that numbers may change without cards' changing their width

const pencil = document.createElement("canvas").getContext("2d"), measured = new Map();

function widthOf(text, size, bold = false) {
  const key = `${size}${bold}${text}`;
  let width = measured.get(key);
  if (width === undefined) {
    if (measured.size > 20000) measured.clear();
    pencil.font = `${bold ? "bold " : ""}${size}px ${rules.font}`;
    width = pencil.measureText(text).width;
    measured.set(key, width);
  }
  return width;
}

function wrapped(text, size, widest, first = 0, most = 3) {  // into lines, at the outermost signs
  const lines = [""];
  for (const word of outermost(text).flatMap((part) => widthOf(part, size) > widest ? part.split(" ") : [part])) {
    const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word;
    const room = lines.length === 1 ? widest - first : widest;
    if (lines.at(-1) === "" || widthOf(longer, size) <= room) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  if (lines.length > most) lines.splice(most, Infinity, "…");
  return lines.map((line) => line.length > 48 ? line.slice(0, 47) + "…" : line);
}

function outermost(text) {  // the terms of the outermost sum in it, each with its sign
  const parts = text.split(/(?= [+−] )/), depths = [];
  let depth = 0;
  for (const part of parts) {
    depths.push(depth);
    for (const c of part) depth += c === "(" ? 1 : c === ")" ? -1 : 0;
  }
  const least = Math.min(...depths.slice(1));
  return parts.reduce((terms, part, n) => {
    if (n && depths[n] > least) terms[terms.length - 1] += part;
    else terms.push(part.trimStart());
    return terms;
  }, []);
}

const total = (graph, i) => `∂${graph.cards.at(-1).name}/∂${graph.cards[i].name}`;
const local = (graph, i, k) => graph.cards[i].edges[k].partial;

// ---------------------------------------------------------------- cards

function cardLines(view, i, state) {  // [[size, [text, class] …] …]
  return [...headLines(view.graph, i), valueLine(view, i, state), ...gradientLines(view, i, state),
    ...noteLines(view, i, state)];
}

function headLines(graph, i) {
  const card = graph.cards[i];
  if (!card.algebra) return [[SIZE.name, [card.name, "name"]]];
  const start = widthOf(`${card.name} = `, SIZE.name, true);
  const [first, ...more] = wrapped(lineOf(graph, card), SIZE.name, WIDEST.algebra, Math.min(start, 110));
  return [[SIZE.name, [card.name, "name"], [" = ", ""], ...algebraParts(first)],
    ...more.map((line) => [SIZE.name, ...algebraParts(line)])];
}

function algebraParts(text) {  // its constants muted
  return text.split(/((?<![\w.])\d+(?:\.\d+)?(?:e[-+−]?\d+)?(?!\w))/)
    .map((part, k) => [part, k % 2 ? "constant" : ""]).filter(([part]) => part);
}

function valueLine({ now }, i, { computed }) {
  return [SIZE.value, [i <= computed ? written(now.values[i]) : "–", "value"]];
}

function gradientLines(view, i, { backward, parts, sums }) {
  const { graph, uses } = view, output = graph.cards.length - 1, expected = uses[i].length;
  const arrived = parts[i].length, known = i === output ? backward : arrived > 0;
  const sum = known ? sums[i] : NaN;
  const lines = [[SIZE.gradient, [`${total(graph, i)} = `, "muted"],
    [known ? written(sum) : "–", known ? `gradient ${hue(sum)}` : "gradient muted"]]];
  if (expected > 1) {
    const shown = expected <= 4 ? added(parts[i].map((part) => written(part, 4))) : "";
    const waits = arrived < expected ? `${arrived} of ${expected}` : expected > 4 ? `sum of ${expected}` : "";
    const text = shown ? `= ${shown}${waits && " + …"}` : known ? waits : `${expected} uses`;
    lines.push([SIZE.gradient, [text, "muted terms"]]);
  }
  return lines;
}

function noteLines({ notes }, i, { backward }) {
  return notes[i].filter((note) => backward || note.startsWith("the first")).slice(0, 2).flatMap((note) =>
    wrapped(note, SIZE.note, WIDEST.note).map((line) => [SIZE.note, [line, "note"]]));
}

function hue(x) { const sign = signOf(x); return sign > 0 ? "positive" : sign < 0 ? "negative" : "zero"; }

function sizeOf(lines) {
  let width = 0, height = 2 * PAD.y;
  for (const [size, ...parts] of lines) {
    const whole = parts.reduce((sum, [text, kind]) => sum + widthOf(text, size, kind === "name"), 0);
    const last = parts.at(-1)[1], number = /^(value|gradient)/.test(last);
    const least = number ? whole - widthOf(parts.at(-1)[0], size) + widthOf(RESERVED, size) : 0;
    width = Math.max(width, whole, least);
    height += size * PAD.leading;
  }
  return { width: Math.ceil(width + 2 * PAD.x), height: Math.ceil(height) };
}

// ---------------------------------------------------------------- edges

function labelLines(view, i, k) {  // ∂z1/∂x1 = x2 = −0.5, broken at its signs of equality
  const edge = view.graph.cards[i].edges[k], number = written(view.now.numbers[i][k]);
  const plain = edge.plain.length > 36 ? edge.plain.slice(0, 35) + "…" : edge.plain;
  const mark = markOf(view.graph, view.now, i, k);
  const parts = [...new Set(edge.constant ? [number] : [plain, number])].map((part) => `= ${part}`);
  if (mark) parts.push(`(${mark})`);
  const lines = [local(view.graph, i, k)];
  for (const part of parts) {
    const longer = `${lines.at(-1)} ${part}`;
    if (widthOf(longer, SIZE.label) <= view.widest) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines;
}

function labelSize(view, i, k) {
  const lines = labelLines(view, i, k), { constant } = view.graph.cards[i].edges[k];
  const least = constant ? 0 : widthOf(`= ${RESERVED}`, SIZE.label);
  const width = Math.max(least, ...lines.map((line) => widthOf(line, SIZE.label)));
  return { width: Math.ceil(width + 10), height: Math.ceil(lines.length * SIZE.label * PAD.leading + 7) };
}

// ---------------------------------------------------------------- in words, for a reader who hears

function sentence(view, i, state) {
  const { graph, now, notes } = view, card = graph.cards[i], output = graph.cards.length - 1;
  const known = i === output ? state.backward : state.parts[i].length > 0;
  const value = i <= state.computed ? written(now.values[i]) : "not yet computed";
  const line = card.algebra ? ` = ${lineOf(graph, card)}` : "";
  const terms = state.parts[i].length > 1 ? `, the sum ${added(state.parts[i].map((x) => written(x, 4)))}` : "";
  const gradient = known ? `; ${total(graph, i)} = ${written(state.sums[i])}${terms}` : "";
  const wrong = state.backward ? notes[i].map((note) => `; ${note}`).join("") : "";
  return `${card.name}${line} = ${value}${gradient}${wrong}`;
}

function edgeSentence(view, i, k, state) {
  const { graph } = view, edge = graph.cards[i].edges[k], part = state.flowed.get(`${i},${k}`);
  const flow = part === undefined ? "" : `, carries ${written(part)} back`;
  return `from ${graph.cards[edge.source].name} to ${graph.cards[i].name}: ` +
    `${labelLines(view, i, k).join(" ")}${flow}`;
}
