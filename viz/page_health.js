// What is wrong at these numbers: as `reading.health` says it, by the same rules and thresholds.

function ailments(graph, now) {  // for each card, in words, the worst first
  const uses = usesOf(graph.cards);
  return graph.cards.map((card, i) => [...new Set([
    ...firstBadValue(graph, now, card, i), ...firstBadGradient(graph, now, i, uses[i]),
    ...zeroTimesInfinity(graph, now, uses[i]), ...ofActivations(graph, now, card)])]);
}

function firstBadValue(graph, now, card, i) {
  const kind = badness(now.values[i]);
  if (!kind || card.edges.some((edge) => badness(now.values[edge.source]))) return [];
  if (!card.algebra) return [`the first ${kind}: the number given is ${kind}`];
  for (const node of [...card.inside].reverse()) {
    const bad = badness(now.v[node]);
    if (bad && !operandsOf(graph, now, node).some(badness))
      return [`the first ${bad}: ${graph.operations[node].text} is ${bad}${where(graph, now, node)}`];
  }
  return [`the first ${kind}: ${lineOf(graph, card)} is ${kind}`];
}

function firstBadGradient(graph, now, i, uses) {
  const kind = badness(now.gradients[i]), first = `its gradient is the first that is ${kind}`;
  if (!kind) return [];
  const alike = uses.filter(([user, k]) => badness(now.numbers[user][k]) === kind);
  for (const [user, k] of [...alike, ...uses]) {
    const edge = graph.cards[user].edges[k], number = now.numbers[user][k], g = now.gradients[user];
    if (badness(g) || !badness(times(g, number))) continue;
    if (!badness(number)) return [`${first}: ${written(g)}·${written(number)} is too large`];
    const step = edge.way.findIndex((place) => badness(now.p[place]));
    const cause = step < 0 ? "" : where(graph, now, edge.through[step]);
    return [`${first}: ${edge.plain} is ${badness(number)}${cause}`];
  }
  return [];
}

function clashes(now, edge, number) {  // an infinite local derivative meets a 0 on the way
  const sizes = edge.way.map((place) => Math.abs(now.p[place]));
  return number === 0 && sizes.includes(Infinity) && sizes.includes(0);
}

function zeroTimesInfinity(graph, now, uses) {
  return uses.flatMap(([user, k]) => {
    const edge = graph.cards[user].edges[k], number = now.numbers[user][k], g = now.gradients[user];
    if (clashes(now, edge, number)) return [`${edge.plain} is 0·inf here, taken as 0`];
    return number === 0 && badness(g) ? [`${written(g)}·0 arrives here, taken as 0`] : [];
  });
}

function operandsOf({ operations }, now, node) {
  return operations[node].operands.map((x) => typeof x === "string" ? Number(x) : now.v[x]);
}

function where(graph, now, node) {  // at what finite operands an operation gives what it gives
  const numbers = operandsOf(graph, now, node), { texts } = graph.operations[node];
  if (numbers.some(badness)) return "";
  const shown = new Set(texts.flatMap((text, k) =>
    text && [...text].length <= 40 ? [`${text} = ${written(numbers[k])}`] : []));
  return shown.size ? `, for ${[...shown].join(", ")}` : "";
}

// ---------------------------------------------------------------- functions of one operand

function ofActivations(graph, now, { inside }) {
  return inside.map((node) => condition(graph, now, node)[1]).filter((words) => words);
}

function condition(graph, now, node) {  // dead, saturated or exploding: in a word, and in words
  const { saturated, exploding } = rules, { activation } = graph.operations[node];
  if (!activation) return ["", ""];
  const [name, place] = activation, partial = Math.abs(now.p[place]);
  if (partial > exploding)  // what is infinite is told of the gradient
    return partial < Infinity ? ["exploding", `exploding: the derivative of ${name} is ${rough(partial)}`] : ["", ""];
  if (!(partial < saturated)) return ["", ""];
  const [x] = operandsOf(graph, now, node);
  const flat = partial * Math.max(Math.abs(x), 1) < saturated && flatAround(name, x);
  if (flat && partial === 0) return ["dead", `dead: nothing flows back through ${name}`];
  if (partial === 0) return ["", `nothing flows back: the derivative of ${name} at ${written(x)} is 0`];
  return flat ? ["saturated", `saturated: the derivative of ${name} is ${rough(partial)}`] : ["", ""];
}

function flatAround(name, x) {
  const step = Math.max(Math.abs(x), 1) * rules.around;
  return [x - step, x + step].every((near) => !(Math.abs(functions[name](near)[1]) > rules.saturated));
}

function markOf(graph, now, i, k) {  // of an edge: a function on its way is saturated or explodes
  const edge = graph.cards[i].edges[k], number = now.numbers[i][k];
  if (number === 0) return "";
  const words = edge.through.map((node) => condition(graph, now, node)[0]);
  return words.find((word) => word === "saturated" || word === "exploding") ?? "";
}
