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

const TERMS = 88;  // a longer line of terms is broken

function largest({ graph, now }, leaf, most) {  // the paths of the largest products, and how many there are
  const { cards } = graph, best = cards.map(() => []), terms = cards.map(() => 0n), paths = cards.map(() => 0n);
  best[leaf] = [{ product: 1, path: [] }];
  terms[leaf] = paths[leaf] = 1n;
  cards.forEach((card, i) => {
    if (i === leaf) return;
    const between = new Map();  // source: the uses of it
    card.edges.forEach(({ source }, k) => between.set(source, [...(between.get(source) ?? []), k]));
    for (const [source, ks] of between) {
      if (!terms[source]) continue;
      const link = linkOf(graph, now, i, ks);
      terms[i] += terms[source];
      paths[i] += paths[source] * BigInt(ks.length);
      for (const { product, path } of best[source])
        best[i].push({ product: product * link.number, path: [link, ...path] });
    }
    if (best[i].length > most)
      best[i] = best[i].sort((a, b) => Math.abs(b.product) - Math.abs(a.product)).slice(0, most);
  });
  return { shown: best.at(-1), terms: terms.at(-1), paths: paths.at(-1) };
}

function linkOf(graph, now, i, ks) {  // the uses of one value in one line, as a factor
  const uses = ks.map((k) => graph.cards[i].edges[k]), [first] = uses, several = uses.length > 1;
  const whole = several && !first.elsewhere;  // they add up to the whole derivative
  const chain = whole ? `∂${graph.cards[i].name}/∂${graph.cards[first.source].name}`
    : uses.map((edge) => edge.partial).join(" + ");
  const terms = uses.map(({ plain }) => plain);
  if (terms.length > rules.shown) terms.splice(rules.shown - 2, terms.length - rules.shown + 1, "…");
  const sum = added(terms);
  return { card: i, ks, chain: several && !whole ? `(${chain})` : chain, lone: chain,
    symbol: several ? `(${sum})` : first.symbol, plain: sum, number: ks.reduce((x, k) => x + now.numbers[i][k], 0) };
}

function derivation(view, leaf) {  // pieces: text, or [text, the card and the edges that it speaks of]
  const { graph, now } = view, left = total(graph, leaf);
  if (leaf === graph.cards.length - 1) return [`${left} = 1`];
  const found = largest(view, leaf, 8), { shown, terms } = found, more = terms - BigInt(shown.length);
  if (!shown.length) return [`${left} = 0 (no path leads there)`];
  const tail = more > 0n ? ` + … ${more.toLocaleString("en")} more` : "", indent = " ".repeat(left.length);
  const factors = (text, lone = text) => shown.map(({ path }) =>
    joined(path.map((link) => [path.length === 1 ? lone(link) : text(link), link]), "·"));
  const sides = [factors((link) => link.chain, (link) => link.lone), factors((link) => link.symbol, (link) => link.plain),
    factors((link) => written(link.number)), shown.map(({ product }) => [[written(product)]])]
    .map((side) => {
      const long = plainText(joined(side, [" + "]).flat()).length + tail.length > TERMS;
      return [...joined(side, [long ? `\n${indent} + ` : " + "]).flat(), tail];
    });
  sides.push([[written(now.gradients[leaf])]]);
  const once = new Map(sides.map((side) => [plainText(side), side]));
  once.delete(left);
  const notes = remarks(graph, now, found).map((note) => `\n(${note})`);
  return [`${left} = `, ...joined([...once.values()], [`\n${indent} = `]).flat(), ...notes];
}

function remarks(graph, now, { shown, terms, paths }) {  // what a mark means, what is 0·inf, how many paths
  const uses = shown.flatMap(({ path }) => path.flatMap(({ card, ks }) => ks.map((k) => [card, k])));
  const edge = ([card, k]) => graph.cards[card].edges[k];
  const marked = shown.flatMap(({ path }) => path.map(({ card, ks }) => edge([card, ks[0]])))
    .find(({ held, elsewhere }) => held && elsewhere);
  const undefined_ = uses.find(([card, k]) => clashes(now, edge([card, k]), now.numbers[card][k]));
  const left = terms - BigInt(shown.length), count = (n) => n.toLocaleString("en");
  let counted = "";
  if (paths !== terms || left) {
    counted = `${count(paths)} paths`;
    if (paths !== terms)
      counted += ` in ${terms === 1n ? "1 term" : `${count(terms)} terms`}: uses of a value in one line are one factor`;
    if (left) counted += `; the ${shown.length} largest are shown`;
  }
  return [marked?.held, undefined_ && `${edge(undefined_).plain} is 0·inf here, taken as 0`, counted].filter(Boolean);
}

function joined(parts, glue) { return parts.flatMap((part, i) => i ? [glue, part] : [part]); }

function plainText(pieces) { return pieces.map((piece) => typeof piece === "string" ? piece : piece[0]).join(""); }
