// The two passes over a graph, what has arrived after each step, and what is wrong at these numbers.
//
// A graph is {cards, leaves, compute}: compute(v, p) sets the value of every node and the local
// derivatives; a card knows its node, its line of algebra and its uses of other cards, and each use
// the places in p of the derivatives along it.

function run(graph, leaves) {  // values, the number on each use, gradients
  const v = leaves.map((x) => x === null ? NaN : Number(x)), p = [];
  graph.compute(v, p);
  const { cards } = graph, output = cards.length - 1;
  const numbers = cards.map((card) => card.edges.map(
    (edge) => edge.way.reduce((product, step) => times(product, p[step]), 1)));
  const gradients = cards.map(() => 0);
  gradients[output] = 1;
  for (let i = output; i >= 0; i--)
    cards[i].edges.forEach((edge, k) => {
      gradients[edge.source] += times(gradients[i], numbers[i][k]);
    });
  const activations = cards.map(({ activation }) => activation && p[activation.partial]);
  return { values: cards.map((card) => v[card.node]), numbers, gradients, activations };
}

function usesOf(cards) {  // for each card, the uses of it: [card, which of its edges]
  const uses = cards.map(() => []);
  cards.forEach((card, i) => card.edges.forEach((edge, k) => uses[edge.source].push([i, k])));
  return uses;
}

function planOf(cards) {  // the steps: each card forward, then back along each edge
  const output = cards.length - 1;
  const plan = [...cards.keys()].map((card) => ({ way: "forward", card }));
  plan.push({ way: "start", card: output });
  for (let card = output; card >= 0; card--)
    cards[card].edges.forEach((_, edge) => plan.push({ way: "backward", card, edge }));
  return plan;
}

function stateAt(graph, now, plan, step) {  // what is known after a step
  const { cards } = graph, output = cards.length - 1;
  const computed = plan[step].way === "forward" ? plan[step].card : output;
  const sums = cards.map(() => 0), parts = cards.map(() => []), flowed = new Map();
  const backward = step > output;
  sums[output] = 1;
  for (let i = output + 2; i <= step; i++) {
    const { card, edge } = plan[i], { source } = cards[card].edges[edge];
    const part = times(sums[card], now.numbers[card][edge]);
    sums[source] += part;
    parts[source].push(part);
    flowed.set(`${card},${edge}`, part);
  }
  return { computed, backward, sums, parts, flowed };
}

function shares(graph, now) {  // how much of what flows back to its source comes over each use
  const flows = graph.cards.map((card, i) =>
    card.edges.map((_, k) => Math.abs(times(now.gradients[i], now.numbers[i][k]))));
  const whole = graph.cards.map(() => 0);
  graph.cards.forEach((card, i) => card.edges.forEach((edge, k) => { whole[edge.source] += flows[i][k]; }));
  return graph.cards.map((card, i) => card.edges.map((edge, k) => {
    const share = whole[edge.source] === 0 ? 0 : flows[i][k] / whole[edge.source];
    return Number.isNaN(share) ? 1 : share;
  }));
}

// ---------------------------------------------------------------- what is wrong

function ailments(graph, now) {  // for each card, in words, the worst first
  const notes = graph.cards.map(() => []), uses = usesOf(graph.cards);
  graph.cards.forEach((card, i) => {
    const kind = badness(now.values[i]);
    if (kind && !card.edges.some((edge) => badness(now.values[edge.source]))) {
      const what = card.algebra ? lineOf(graph, card) : "the number given";
      notes[i].push(`the first ${kind}: ${what} is ${kind}`);
    }
  });
  graph.cards.forEach((card, i) => {
    const kind = badness(now.gradients[i]);
    if (kind && uses[i].length && !uses[i].some(([user]) => badness(now.gradients[user]))) {
      const cause = uses[i].find(([user, k]) => badness(now.numbers[user][k]));
      const why = cause === undefined ? ""
        : `: ${graph.cards[cause[0]].edges[cause[1]].plain} is ${badness(now.numbers[cause[0]][cause[1]])}`;
      notes[i].push(`its gradient is the first that is ${kind}${why}`);
    }
  });
  graph.cards.forEach(({ activation }, i) => {
    if (activation) notes[i].push(...ofActivation(activation.name, Math.abs(now.activations[i])));
  });
  return notes;
}

function ofActivation(name, partial) {
  const { saturated, exploding } = rules;
  if (partial === 0) return [`dead: nothing flows back through ${name}`];
  if (partial < saturated) return [`saturated: the derivative of ${name} is ${rough(partial)}`];
  if (partial > exploding) return [`exploding: the derivative of ${name} is ${rough(partial)}`];
  return [];
}

function markOf(edge, number) {  // of a local derivative that is next to 0 or very large
  if (edge.constant || number === 0) return "";
  const size = Math.abs(number);
  return size < rules.saturated ? "saturated" : size > rules.exploding ? "exploding" : "";
}

function lineOf(graph, card) {  // its algebra, in names
  return card.algebra.map((piece) => typeof piece === "string" ? piece : graph.cards[piece].name).join("");
}

function above(graph, leaf) {  // the cards on the ways from a card up to the output
  const found = new Set([leaf]);
  graph.cards.forEach((card, i) => {
    if (card.edges.some((edge) => found.has(edge.source))) found.add(i);
  });
  return found;
}

function predicted(graph, base, changes) {  // how much each card would move, to the first order
  const moved = graph.cards.map((_, i) => changes.get(i) ?? 0);
  graph.cards.forEach((card, i) => card.edges.forEach((edge, k) => {
    moved[i] += times(moved[edge.source], base.numbers[i][k]);
  }));
  return moved;
}
