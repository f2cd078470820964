// The steps in words, and the derivation of a card's gradient.

function algebra(view, i, inNumbers) {
  const { graph, now } = view, card = graph.cards[i];
  return card.algebra.map((piece, k) => {
    if (typeof piece === "string") return piece;
    if (!inNumbers) return graph.cards[piece].name;
    const text = written(now.values[piece]);
    return text[0] === "−" && (k > 1 || card.algebra[k + 1]) ? `(${text})` : text;
  }).join("");
}

function words(view, step) {  // the lines of a step
  const { graph, plan, now, uses } = view, { way, card } = plan[step], c = graph.cards[card];
  if (way === "forward") {
    if (!c.algebra) return [`${c.name} = ${written(now.values[card])} is given.`];
    return [[...new Set([c.name, algebra(view, card, false), algebra(view, card, true), written(now.values[card])])].join(" = ")];
  }
  if (way === "start") return [`Now backward. ${total(graph, card)} = 1, and every other gradient starts at 0.`];
  const { edge } = plan[step], lines = [];
  const before = stateAt(graph, now, plan, step - 1);
  if (edge === 0 && card < graph.cards.length - 1) lines.push(complete(graph, card, uses[card].length, before));
  lines.push(addition(view, card, edge, before));
  return lines;
}

function complete(graph, card, uses, { sums }) {
  const reported = uses === 1 ? "The one use of" : `All ${uses} uses of`;
  return `${reported} ${graph.cards[card].name} ${uses === 1 ? "has" : "have"} reported, so ` +
    `${total(graph, card)} = ${written(sums[card])} is complete and can be passed on.`;
}

function addition({ graph, now, uses }, card, k, { sums, parts }) {
  const { source } = graph.cards[card].edges[k], number = now.numbers[card][k], part = times(sums[card], number);
  const waits = uses[source].length - parts[source].length - 1, name = graph.cards[source].name;
  const still = waits ? ` (it waits for ${waits} more)` : "";
  return `${name}.grad += ${total(graph, card)}·${local(graph, card, k)} = ` +
    `${written(sums[card])}·${written(number)} = ${written(part)}, ` +
    `so ${name}.grad = ${written(sums[source] + part)}${still}`;
}

// ---------------------------------------------------------------- the derivation

function largest({ graph, now }, leaf, most) {  // the paths of the largest products, and how many there are
  const { cards } = graph, best = cards.map(() => []), count = cards.map(() => 0n);
  best[leaf] = [{ product: 1, path: [] }];
  count[leaf] = 1n;
  cards.forEach((card, i) => {
    const sources = new Map();
    card.edges.forEach((edge, k) => {
      if (count[edge.source] && i !== leaf) sources.set(edge.source, [...(sources.get(edge.source) || []), k]);
    });
    for (const [source, ks] of sources) {
      const number = ks.reduce((sum, k) => sum + now.numbers[i][k], 0);
      const symbol = ks.length === 1 ? card.edges[ks[0]].symbol : `(${added(ks.map((k) => card.edges[k].plain))})`;
      const link = { card: i, ks, chain: local(graph, i, ks[0]), symbol, number };
      count[i] += count[source];
      for (const { product, path } of best[source])
        best[i].push({ product: product * number, path: [link, ...path] });
    }
    if (best[i].length > most)
      best[i] = best[i].sort((a, b) => Math.abs(b.product) - Math.abs(a.product)).slice(0, most);
  });
  return { paths: best.at(-1), count: count.at(-1) };
}

function derivation(view, leaf) {  // pieces: text, or [text, the card and the edges that it speaks of]
  const { graph, now } = view, left = total(graph, leaf);
  if (leaf === graph.cards.length - 1) return [`${left} = 1`];
  const { paths, count } = largest(view, leaf, 8), more = count - BigInt(paths.length);
  const tail = more > 0n ? ` + … ${more.toLocaleString("en")} more` : "";
  const indent = " ".repeat(left.length), glue = paths.length > 2 ? `\n${indent} + ` : " + ";
  const factors = (text) => paths.map(({ path }) => path.map((link) => [text(link), link]));
  const sides = [factors((link) => link.chain), factors((link) => link.symbol),
    factors((link) => written(link.number)), paths.map(({ product }) => [[written(product)]])]
    .map((terms) => [...joined(terms.map((term) => joined(term, "·")), glue).flat(), tail]);
  sides.push([written(now.gradients[leaf])]);
  const once = new Map(sides.map((side) => [plainText(side), side]));
  once.delete(left);
  return [`${left} = `, ...joined([...once.values()], `\n${indent} = `).flat()];
}

function joined(parts, glue) { return parts.flatMap((part, i) => i ? [glue, part] : [part]); }

function plainText(pieces) { return pieces.map((piece) => typeof piece === "string" ? piece : piece[0]).join(""); }
