// A graph out of a formula: what the engine records of it, and the cards that `reading.cards` makes.
//
// A node is a leaf {name}, an operation {f, of}, or, of comparisons, {compare, of}; an operand is
// the place of a node, or {constant}.

function recorded(source, numbers) {
  const { statements, inputs } = parse(source), nodes = [], names = new Map();
  for (const name of inputs) {
    names.set(name, nodes.length);
    nodes.push({ name, variable: true });
  }
  for (const { name, tree } of statements) {
    let result = evaluated(tree, names, nodes);
    if (typeof result === "number" && nodes[result].variable) {
      if (nodes[result].name) result = applied(signs["+"], [result], nodes, tree);  // y = x: a value of its own
      nodes[result].name = name;
    }
    names.set(name, result);
  }
  const { name, tree } = statements.at(-1), output = names.get(name);
  if (typeof output !== "number" || !nodes[output].variable)
    throw new Mistake(`${name} is a constant: it depends on no input`, tree.at);
  return graphOf(nodes, output, numbers);
}

const COMPARISONS = { "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b,
  ">=": (a, b) => a >= b, "==": (a, b) => a === b, "!=": (a, b) => a !== b };

function evaluated(tree, names, nodes) {  // the place of a node, or a constant
  const result = part(tree, names, nodes);
  if (typeof result === "object" && !Number.isFinite(result.constant) && !namesIn(tree).length)
    throw new Mistake("this constant overflows or is not a number", tree.at);
  return result;
}

function part(tree, names, nodes) {
  if (tree.kind === "number") return { constant: tree.value };
  if (tree.kind === "name") return names.get(tree.text);
  const of = tree.of.map((x) => evaluated(x, names, nodes));
  if (tree.kind === "compare") return nodes.push({ compare: tree.text, of, text: conditionText(tree) }) - 1;
  const f = tree.kind === "call" ? tree.text : tree.kind === "unary" ? signs[tree.text] : operators[tree.text];
  return applied(f, of, nodes, tree);
}

function applied(f, of, nodes, tree) {
  if (of.every((x) => typeof x === "object")) return { constant: functions[f](...of.map((x) => x.constant))[0] };
  const variable = of.some((x) => nodes[x]?.variable);
  return nodes.push({ f, of, variable, text: variable ? null : conditionText(tree) }) - 1;
}

// ---------------------------------------------------------------- what is computed

function graphOf(nodes, output, numbers) {
  let size = 0;
  for (const node of nodes) {
    node.p = size;
    size += node.f ? node.of.length : 0;
  }
  const order = operandsFirst(nodes, output), cardOf = new Map();
  for (const i of order) if (nodes[i].name || i === output) cardOf.set(i, cardOf.size);
  if (cardOf.size > limits.cards)
    throw new Mistake(`${cardOf.size} cards are too many to step through, at most ${limits.cards}`, 0);
  const graph = { nodes, compute: (v, p) => compute(nodes, v, p), leaves: nodes.map((node) => numbers(node.name)),
    cards: [...cardOf.keys()].map((i) => ({ name: nodes[i].name, node: i })), operations: [] };
  graph.renew = (v) => describe(graph, cardOf, v);  // what is written depends on which conditions hold
  const v = [...graph.leaves];
  graph.compute(v, []);
  graph.renew(v);
  return graph;
}

function operandsFirst(nodes, output) {
  const order = [], seen = new Set();
  const visit = (i) => {
    if (seen.has(i)) return;
    seen.add(i);
    for (const { place } of variablesOf(nodes, i)) visit(place);
    order.push(i);
  };
  visit(output);
  return order;
}

function variablesOf(nodes, i) {  // the operands of a node that are variables
  const { f, of = [] } = nodes[i];
  return of.map((place, index) => ({ place, index }))
    .filter(({ place, index }) => nodes[place]?.variable && !table[f].constants.includes(index));
}

function compute(nodes, v, p) {
  nodes.forEach(({ f, compare, of, p: start }, i) => {
    if (!of) return;
    const x = of.map((operand) => typeof operand === "object" ? operand.constant : v[operand]);
    if (compare) {
      v[i] = Number(COMPARISONS[compare](...x));
    } else {
      const results = functions[f](...x);
      v[i] = Number(results[0]);
      x.forEach((_, k) => { p[start + k] = results[k + 1]; });
    }
  });
}

// ---------------------------------------------------------------- what is written

function describe(graph, cardOf, v) {
  graph.v = v;
  const { nodes, cards } = graph, mark = (i) => ({ name: `\x01${cardOf.get(i)}\x01` });
  const plain = (i) => ({ name: nodes[i].name });
  for (const card of cards) {
    const written = nodes[card.node].of && textOf(formula(graph, card.node, cardOf, mark));
    card.algebra = written ? written.split("\x01").map((piece, k) => k % 2 ? Number(piece) : piece) : null;
    card.inside = insideOf(graph, card.node, cardOf);
    card.edges = usesIn(graph, card.node, cardOf).map((use) => edgeOf(graph, use, cardOf, plain, v));
  }
  cards.forEach((card) => card.edges.forEach((edge, k) => {
    edge.elsewhere = isElsewhere(cards, card, edge.source);
    const alone = card.edges.filter(({ source }) => source === edge.source).length === 1 && !edge.elsewhere;
    const slot = alone ? null : k + 1, [result, operand] = [card.name, cards[edge.source].name];
    const filled = (text) => text.replace(/\{(\w+)\}/g, (_, what) => ({ result, operand, number: slot,
      slot: slot === null ? "" : [...String(slot)].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]).join("") })[what]);
    Object.assign(edge, { partial: filled(known.partial), held: slot === null ? "" : filled(known.held) });
  }));
  graph.operations = nodes.map((node, i) => node.f && node.variable ? {
    text: textOf(formula(graph, i, cardOf, plain)),
    operands: node.of.map((x) => typeof x === "object" ? String(x.constant) : x),
    texts: node.of.map((x) => nodes[x]?.variable ? textOf(operandFormula(graph, x, cardOf, plain)) : ""),
    activation: table[node.f].activation ? [node.f, node.p] : null,
  } : null);
}

function operandFormula(graph, x, cardOf, nameOf, depth = 0) {
  return cardOf.has(x) ? nameOf(x) : formula(graph, x, cardOf, nameOf, depth);
}

function formula(graph, i, cardOf, nameOf, depth = 0) {  // what a node computes, in terms of those with names
  if (typeof i === "object") return num(i.constant);
  const node = graph.nodes[i];
  if (!node.of) return cardOf.has(i) ? nameOf(i) : num(graph.v[i]);  // a condition alone
  if (!node.variable) return { name: node.text };
  if (depth > limits.deepest) return { name: "…" };
  return op(node.f, ...chainOf(graph, i, cardOf).map((x) => operandFormula(graph, x, cardOf, nameOf, depth + 1)));
}

function chainOf({ nodes }, i, cardOf) {  // of a + b + c, all that are added
  const { f, of } = nodes[i];
  if (!table[f].chains) return of;
  let [first, ...last] = of;
  while (nodes[first]?.f === f && nodes[first].variable && !cardOf.has(first)) {
    last = [...nodes[first].of.slice(1), ...last];
    first = nodes[first].of[0];
  }
  return [first, ...last];
}

function usesIn({ nodes }, node, cardOf) {  // the named values in its line, each with the way down to it
  const walk = (i, way) => i !== node && cardOf.has(i) ? [{ source: i, way }]
    : variablesOf(nodes, i).flatMap(({ place, index }) => walk(place, [[i, index], ...way]));
  return walk(node, []);
}

function insideOf({ nodes }, node, cardOf) {  // the operations in its line, results first
  const stack = [node], seen = new Set();
  while (stack.length) {
    const i = stack.pop();
    if (seen.has(i) || !nodes[i].of) continue;
    seen.add(i);
    stack.push(...variablesOf(nodes, i).map(({ place }) => place).filter((place) => !cardOf.has(place)));
  }
  return [...seen];
}

function edgeOf(graph, { source, way }, cardOf, nameOf, v) {
  const symbol = way.length > limits.longest ? { name: "…" } : simplified(way.reduce(
    (sum, [i, index]) => product(localDerivative(graph, i, index, cardOf, nameOf, v), sum), num(1)));
  return { source: cardOf.get(source), symbol: factorText(symbol), plain: textOf(symbol), constant: isNumber(symbol),
    way: way.map(([i, index]) => graph.nodes[i].p + index), through: way.map(([i]) => i) };
}

function localDerivative(graph, i, index, cardOf, nameOf, v) {
  const { f, of } = graph.nodes[i], { constants, derivatives } = table[f];
  const number = (x) => typeof x === "object" ? x.constant : v[x];
  const operands = of.map((x) => graph.nodes[x]?.variable ? operandFormula(graph, x, cardOf, nameOf)
    : typeof x === "object" ? num(x.constant) : { name: graph.nodes[x].text, condition: v[x] });
  const tree = derivatives[index], given = constants.length && of[constants[0]];
  const rule = !constants.length ? tree : tree.cases[graph.nodes[given]?.variable ? 2 : Number(number(given) !== 0)];
  return simplified(planted(rule, operands, operandFormula(graph, i, cardOf, nameOf)));
}

function isElsewhere(cards, target, source) {  // is there a way down to it through another value
  const stack = target.edges.map((edge) => edge.source).filter((other) => other !== source), seen = new Set(stack);
  while (stack.length) {
    const card = stack.pop();
    if (card === source) return true;
    for (const edge of cards[card].edges) if (!seen.has(edge.source)) {
      seen.add(edge.source);
      stack.push(edge.source);
    }
  }
  return false;
}
