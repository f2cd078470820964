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
  return { values: cards.map((card) => v[card.node]), numbers, gradients, v, p };
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
