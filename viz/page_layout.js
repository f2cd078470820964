// A layered drawing, left to right. Every edge has a place of its own in each column that it
// passes, and its label one between the columns of cards, so nothing lies over anything else.
// Operands keep their order from top to bottom wherever that costs few crossings.

const GAP = { row: 20, label: 12, line: 10, column: 11, steepest: 50, head: 10 };

function layered(cards, cardSize, labelSize) {
  const { columns, chains } = columnsOf(cards, cardSize, labelSize);
  order(columns, chains);
  const ports = portsOf(cards, columns, chains);
  heights(columns, ports.links);
  return placed(columns, chains, ports, cards);
}

// ---------------------------------------------------------------- columns

function columnsOf(cards, cardSize, labelSize) {  // the items of each column, first seen first
  const output = cards.length - 1, back = cards.map(() => 0);
  for (let i = output; i >= 0; i--)
    for (const { source } of cards[i].edges) back[source] = Math.max(back[source], back[i] + 1);
  const last = Math.max(0, ...back), columns = Array.from({ length: 2 * last + 1 }, () => []);
  const items = cards.map((_, i) => {
    const { width, height } = cardSize(i);
    return { card: i, column: 2 * (last - back[i]), width, up: height / 2, down: height / 2 };
  });
  const chains = cards.map((card) => card.edges.map(() => []));
  const seen = new Set();
  const visit = (i) => {
    seen.add(i);
    columns[items[i].column].push(items[i]);
    cards[i].edges.forEach((edge, k) => {
      for (let c = items[edge.source].column + 1; c < items[i].column; c++) {
        const label = c === items[i].column - 1 ? labelSize(i, k) : { width: 0, height: 0, below: 0 };
        const item = { edge: [i, k], column: c, width: label.width, up: label.height, down: label.below };
        chains[i][k].push(item);
        columns[c].push(item);
      }
      if (!seen.has(edge.source)) visit(edge.source);
      chains[i][k] = [items[edge.source], ...chains[i][k], items[i]];
    });
  };
  visit(output);
  return { columns, chains };
}

function linksOf(chains) {  // neighbours: [left item, right item, its place among the operands]
  const links = [];
  chains.forEach((ofCard) => ofCard.forEach((chain, k) => {
    for (let j = 1; j < chain.length; j++)
      links.push({ left: chain[j - 1], right: chain[j], operand: j === chain.length - 1 ? k : 0 });
  }));
  return links;
}

// ---------------------------------------------------------------- the order in a column

const INVERSION = 3;  // operands upside down are as bad as so many crossings

function order(columns, chains) {
  const links = linksOf(chains);
  for (const column of columns) for (const item of column) { item.lefts = []; item.rights = []; }
  for (const link of links) {
    link.right.lefts.push([link.left, 0]);
    link.left.rights.push([link.right, link.operand]);
  }
  const inverted = inversions(chains);
  number(columns);
  transpose(columns, inverted);
  let best = columns.map((column) => [...column]), least = cost(columns, inverted);
  for (let sweep = 0; sweep < 6 && least > 0; sweep++) {
    const leftwards = sweep % 2 === 0;
    for (const column of leftwards ? [...columns].reverse() : columns) {
      const wish = new Map(column.map((item) => [item, middle(item, leftwards ? item.rights : item.lefts)]));
      column.sort((a, b) => wish.get(a) - wish.get(b) || a.place - b.place);
      column.forEach((item, place) => { item.place = place; });
    }
    transpose(columns, inverted);
    const now = cost(columns, inverted);
    if (now < least) [best, least] = [columns.map((column) => [...column]), now];
  }
  best.forEach((column, c) => { columns[c] = column; });
  number(columns);
}

function number(columns) {
  for (const column of columns) column.forEach((item, place) => { item.place = place; });
}

function middle(item, neighbours) {
  if (!neighbours.length) return item.place;
  return neighbours.reduce((sum, [x, port]) => sum + x.place + port / 8, 0) / neighbours.length;
}

function inversions(chains) {  // which items should stand above which, as a map of maps
  const above = new Map();
  for (const ofCard of chains)
    for (let a = 0; a < ofCard.length; a++)
      for (let b = a + 1; b < ofCard.length; b++)
        for (const x of ofCard[a]) for (const y of ofCard[b]) {
          if (x === y || x.column !== y.column) continue;
          if (!above.has(x)) above.set(x, new Map());
          above.get(x).set(y, INVERSION);
        }
  return above;
}

function crossings(upper, lower) {  // of the edges of two items, if one stands above the other
  let count = 0;
  for (const side of ["lefts", "rights"])
    for (const [a, i] of upper[side]) for (const [b, j] of lower[side])
      if (a.place > b.place || (a === b && i > j)) count++;
  return count;
}

function transpose(columns, inverted) {  // swap neighbours as long as that is better
  for (let round = 0, better = true; better && round < 8; round++) {
    better = false;
    for (const column of columns)
      for (let i = 1; i < column.length; i++) {
        const [u, v] = [column[i - 1], column[i]];
        const kept = crossings(u, v) + (inverted.get(v)?.get(u) ?? 0);
        const swapped = crossings(v, u) + (inverted.get(u)?.get(v) ?? 0);
        if (swapped >= kept) continue;
        [column[i - 1], column[i], u.place, v.place] = [v, u, i, i - 1];
        better = true;
      }
  }
}

function cost(columns, inverted) {
  let total = 0;
  for (const column of columns)
    for (let i = 0; i < column.length; i++)
      for (let j = i + 1; j < column.length; j++) {
        const [u, v] = [column[i], column[j]];
        for (const [a, m] of u.rights) for (const [b, n] of v.rights)
          if (a.place > b.place || (a === b && m > n)) total++;
        total += inverted.get(v)?.get(u) ?? 0;
      }
  return total;
}

// ---------------------------------------------------------------- heights

function portsOf(cards, columns, chains) {  // where on its cards each edge starts and ends
  const starts = new Map(), links = [];
  chains.forEach((ofCard, i) => ofCard.forEach((chain, k) => {
    if (!starts.has(chain[0])) starts.set(chain[0], []);
    starts.get(chain[0]).push({ i, k, next: chain[1] });
  }));
  const start = cards.map((card) => card.edges.map(() => 0)), end = cards.map((card) => card.edges.map(() => 0));
  for (const [item, uses] of starts) {
    uses.sort((a, b) => a.next.place - b.next.place || a.k - b.k);
    uses.forEach(({ i, k }, n) => { start[i][k] = port(n, uses.length, item); });
  }
  chains.forEach((ofCard, i) => ofCard.forEach((chain, k) => {
    end[i][k] = port(k, ofCard.length, chain.at(-1));
    chain.forEach((item, j) => {
      if (j === 0) return;
      const [before, last] = [chain[j - 1], chain.length - 1];
      const straight = (before.card === undefined) + (item.card === undefined);
      links.push({ left: before, right: item, weight: [1, 2, 6][straight],
        lift: (j === 1 ? start[i][k] : 0) - (j === last ? end[i][k] : 0) });
    });
  }));
  return { start, end, links };
}

function port(n, count, item) {  // the n-th of so many places on a side, from its middle
  const step = Math.min(16, (item.up + item.down - 14) / Math.max(1, count - 1));
  return (n - (count - 1) / 2) * step;
}

function heights(columns, links) {  // near the neighbours, in order and apart
  const near = new Map();
  const join = (a, b, lift, weight) => {
    if (!near.has(a)) near.set(a, []);
    near.get(a).push([b, lift, weight]);
  };
  for (const { left, right, lift, weight } of links) {
    join(left, right, -lift, weight);
    join(right, left, lift, weight);
  }
  for (const column of columns) stack(column, column.map(() => 0), column.map(() => 1));
  for (let sweep = 0; sweep < 24; sweep++)
    for (const column of sweep % 2 ? columns : [...columns].reverse()) {
      const weights = column.map((item) => (near.get(item) || []).reduce((sum, [, , w]) => sum + w, 0) || 1e-3);
      const wishes = column.map((item, n) => (near.get(item) || []).reduce(
        (sum, [other, lift, w]) => sum + w * (other.y + lift), 0) / weights[n]);
      stack(column, wishes, weights);
    }
}

function apart(a, b) {  // how far below a its neighbour b must be
  const gap = a.card !== undefined || b.card !== undefined ? GAP.row : b.up ? GAP.label : GAP.line;
  return a.down + gap + b.up;
}

function stack(column, wishes, weights) {  // as near to the wishes as order and distances allow
  const blocks = [];  // of neighbours that touch: pool adjacent violators
  let offset = 0;
  column.forEach((item, n) => {
    if (n) offset += apart(column[n - 1], item);
    item.offset = offset;
    blocks.push({ sum: weights[n] * (wishes[n] - offset), weight: weights[n], items: [item] });
    while (blocks.length > 1 && mean(blocks.at(-2)) > mean(blocks.at(-1))) {
      const { sum, weight, items } = blocks.pop(), block = blocks.at(-1);
      block.sum += sum;
      block.weight += weight;
      block.items.push(...items);
    }
  });
  for (const block of blocks) for (const item of block.items) item.y = mean(block) + item.offset;
}

function mean({ sum, weight }) { return sum / weight; }

// ---------------------------------------------------------------- places

function placed(columns, chains, { start, end }, cards) {
  let top = Infinity, bottom = -Infinity, x = 0;
  for (const column of columns) for (const item of column) {
    top = Math.min(top, item.y - item.up);
    bottom = Math.max(bottom, item.y + item.down);
  }
  const lefts = [], rights = [];
  columns.forEach((column, c) => {
    lefts[c] = x;
    rights[c] = x + Math.max(0, ...column.map((item) => item.width));
    x = rights[c] + gapAfter(c, chains);
  });
  const boxes = [];
  for (const column of columns) for (const item of column) {
    item.y -= top;
    if (item.card === undefined) continue;
    const spare = rights[item.column] - lefts[item.column] - item.width;
    boxes[item.card] = { x: lefts[item.column] + spare / 2, y: item.y - item.up,
      width: item.width, height: item.up + item.down };
  }
  const edges = chains.map((ofCard, i) => ofCard.map((chain, k) => {
    const from = boxes[cards[i].edges[k].source], to = boxes[i], label = chain.at(-2);
    const out = chain[0].y + start[i][k], target = chain.at(-1), into = target.y + end[i][k];
    const points = [[from.x + from.width, out], [rights[chain[0].column] + GAP.head, out]];
    for (const item of chain.slice(1, -1))
      points.push([lefts[item.column], item.y], [rights[item.column], item.y]);
    points.push([lefts[target.column] - GAP.head, into], [to.x, into]);
    return { points, label: { x: (lefts[label.column] + rights[label.column]) / 2, y: label.y } };
  }));
  return { width: rights.at(-1), height: bottom - top, boxes, edges };
}

function gapAfter(c, chains) {  // wider where edges are steep
  let steep = 0;
  for (const ofCard of chains) for (const chain of ofCard)
    for (let j = 1; j < chain.length; j++)
      if (chain[j - 1].column === c) steep = Math.max(steep, Math.abs(chain[j].y - chain[j - 1].y));
  return GAP.head + Math.min(GAP.steepest, GAP.column + steep / 9);
}

function curve(points) {  // level through its columns, bent between them
  const d = [`M${points[0].map(round)}`];
  for (let i = 1; i < points.length; i++) {
    const [a, b] = points[i - 1], [x, y] = points[i], half = round((a + x) / 2);
    d.push(Math.abs(b - y) < 0.5 ? `L${round(x)},${round(y)}` : `C${half},${round(b)} ${half},${round(y)} ${round(x)},${round(y)}`);
  }
  return d.join("");
}

function round(x) { return Math.round(x * 10) / 10; }
