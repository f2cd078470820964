// Formulas as trees, simplified and written as `reading.algebra` does it. What it knows of an
// operation (its text, how tightly it binds, which laws it has) was written into the page from the
// operation's declaration.
//
// A tree is {number}, {name}, or {operation, of: [trees]}.

const known = JSON.parse(document.getElementById("graph").textContent);
const { operations: table, operators, signs, limits, binds } = known;

const num = (number) => ({ number });
const op = (operation, ...of) => ({ operation, of });
const isNumber = (tree, number) => "number" in tree && (number === undefined || tree.number === number);

function planted(tree, operands, z) {  // a derivative on paper, with its operands put in
  if (typeof tree === "number") return num(tree);
  if (!Array.isArray(tree)) return tree.operand < 0 ? z : operands[tree.operand];
  const of = tree.slice(1).map((part) => planted(part, operands, z));
  const numbers = of.map((x) => x.number ?? x.condition);  // a condition, too, is a number to a rule
  return numbers.includes(undefined) ? op(tree[0], ...of) : num(functions[tree[0]](...numbers)[0]);
}

// ---------------------------------------------------------------- simplifying

function simplified(tree) {  // without ones, zeros and nested numbers
  if (!tree.operation) return tree;
  const of = tree.of.map(simplified), laws = table[tree.operation];
  if (laws.chains && of.length > laws.operands.length) return many(tree.operation, of);
  if (of.every((x) => isNumber(x))) return num(functions[tree.operation](...of.map((x) => x.number))[0]);
  if (laws.exponents.length) return product(op(tree.operation, ...of));
  for (const [i, number, result] of laws.fixed) if (isNumber(of[i], number)) return num(result);
  for (const [i, unit] of laws.units.entries())
    if (unit !== null && isNumber(of[i], unit)) return of[i === 0 ? 1 : 0];
  return op(tree.operation, ...of);
}

function many(operation, of) {  // a sum without its zeros, a product with its numbers drawn together
  const { exponents, units } = table[operation];
  if (exponents.length) return product(...of);
  const left = of.filter((x) => !units.some((unit) => unit !== null && isNumber(x, unit)));
  return left.length > 1 ? op(operation, ...left) : (left.length ? left : of)[0];
}

function product(...factors) {  // with its numbers drawn together: 0.5·(2·x) is x
  let coefficient = 1, above = [], below = [];
  for (const [number, over, under] of factors.map(factorsOf)) {
    coefficient *= number;
    above.push(...over);
    below.push(...under);
  }
  if (coefficient === 0) return num(0);
  const size = Math.abs(coefficient);
  if (size < 1 && Number.isInteger(1 / size) && (above.length || below.length)) below = [num(1 / size), ...below];
  else if (size !== 1) above = [num(size), ...above];
  const all = (list) => list.reduce((left, right) => op(operators["*"], left, right));
  let result = all(above.length ? above : [num(1)]);
  if (below.length) result = op(operators["/"], result, all(below));
  if (!(coefficient < 0)) return result;
  return isNumber(result) ? num(-result.number) : op(signs["-"], result);
}

function factorsOf(tree) {  // a number, factors above and factors below the line
  if (isNumber(tree)) return [tree.number, [], []];
  const exponents = tree.operation ? table[tree.operation].exponents : [];
  if (!exponents.length) return [1, [tree], []];
  let whole = table[tree.operation].coefficient;
  const above = [], below = [];
  for (const [i, operand] of tree.of.entries()) {
    let [number, over, under] = factorsOf(operand);
    if (exponents[Math.min(i, exponents.length - 1)] > 0) {
      whole *= number;
    } else {
      if (number === 0) return [1, [tree], []];  // a division by 0 stays as it is written
      whole /= number;
      [over, under] = [under, over];
    }
    above.push(...over);
    below.push(...under);
  }
  return [whole, above, below];
}

// ---------------------------------------------------------------- writing

const RAISED = Object.fromEntries([..."−0123456789"].map((digit, i) => [digit, "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"[i]]));

function textOf(tree) { return write(tree)[0]; }

function factorText(tree) {  // as it stands between the dots of a product
  const [written, tight] = write(tree), alone = written[0] === "−" || written.includes("/");
  return bracketed(written, tight, alone && tight <= binds.product ? binds.product + 1 : binds.product);
}

function write(tree) {  // the text and how tightly it binds
  if (isNumber(tree)) return [written(tree.number), tree.number >= 0 ? binds.atom : binds.sign];
  if ("name" in tree)
    return [tree.name, /[<>=≤≥≠]/.test(tree.name) ? 0 : tree.name.includes(" ") ? binds.sum : binds.atom];
  const laws = table[tree.operation], raised = tree.of.at(-1);
  if (laws.superscript && isNumber(raised) && /^−?\d+$/.test(written(raised.number))) {
    const exponent = [...written(raised.number)].map((digit) => RAISED[digit]).join("");
    return [bracketed(...write(tree.of[0]), binds.power + 1) + exponent, binds.power];
  }
  const parts = tree.of.map((operand, i) => {
    const [text, tight] = write(operand), needed = neededBy(laws, i);
    return bracketed(text, tight, i && needed && !laws.adds && "−-+".includes(text[0]) ? binds.atom : needed);
  });
  return [filled(laws, parts), laws.precedence];
}

function filled({ text, operands, adds }, parts) {
  const put = (values) => text.replace(/\{(\w+)\}/g, (_, name) => values[operands.indexOf(name)]);
  const less = table[operators["-"]];  // what is added with a minus is subtracted
  const add = (whole, part) => adds && part[0] === "−" ? filled(less, [whole, part.slice(1)]) : put([whole, part]);
  if (parts.length > rules.shown) parts = [...parts.slice(0, rules.shown - 2), "…", parts.at(-1)];
  if (adds && parts.length > 1) return parts.reduce(add);
  return parts.slice(operands.length).reduce((whole, part) => put([whole, part]), put(parts));
}

function neededBy({ binds: own, precedence }, i) {  // how tightly an operand must bind to stand bare
  if (own.length) return own[Math.min(i, own.length - 1)];
  if (precedence === binds.atom) return 0;
  return i || precedence === binds.power ? precedence + 1 : precedence;
}

function bracketed(text, tight, needed) { return tight >= needed ? text : `(${text})`; }
