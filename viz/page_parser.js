// Formulas as text, read as `reading.script` reads them: assignments separated by `;` or new lines,
// of arithmetic, functions and comparisons, with Python's precedence.

class Mistake extends Error {
  constructor(message, at) { super(message); this.at = at; }
}

const TOKEN = /(?<space>[ \t\f]+|\\\r?\n|#[^\n\r]*)|(?<line>\r\n|\r|\n|;)|(?<number>(?:0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:\d(?:_?\d)*)?\.?\d(?:_?\d)*\.?(?:[eE][-+]?\d(?:_?\d)*)?))|(?<name>[\p{L}_\p{Nl}][\p{L}\p{N}\p{Mn}\p{Mc}_\p{Pc}]*)|(?<sign>\*\*|<=|>=|==|!=|\/\/|[-+*\/%@<>=(),&|^~])/uy;

function tokensOf(source) {
  const tokens = [];
  let depth = 0;
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < source.length;) {
    const at = TOKEN.lastIndex, found = TOKEN.exec(source);
    if (!found) throw new Mistake(`the character ${[...source.slice(at)][0]} is not understood`, at);
    const [kind, text] = Object.entries(found.groups).find(([, text]) => text !== undefined);
    if (text === "(") depth++;
    if (text === ")") depth--;
    if (kind === "space" || (kind === "line" && text !== ";" && depth > 0)) continue;
    if (kind === "number" && /^0[\d_]*[1-9]$/.test(text)) throw new Mistake("a number does not begin with 0", at);
    tokens.push({ kind, text: kind === "name" ? text.normalize("NFKC") : text, at });
  }
  return [...tokens, { kind: "end", text: "", at: source.length }];
}

function parse(source) {  // the statements: [{name, tree, given}]
  if (source.length > limits.length)
    throw new Mistake(`the program has ${source.length} characters; at most ${limits.length} are read`, limits.length);
  const tokens = tokensOf(source), statements = [], assigned = new Set(), inputs = new Set();
  let i = 0;
  while (tokens[i].kind === "line") i++;
  while (tokens[i].kind !== "end") {
    const reader = new Reader(tokens, i), start = tokens[i];
    if (/(^|[\r\n])[ \t\f]+$/.test(source.slice(0, start.at))) throw new Mistake("unexpected indent", start.at);
    let target = start.kind === "name" && tokens[i + 1].text === "=" ? start.text : null;
    if (target !== null) reader.i += 2;
    let tree = reader.comparison(0);
    if (target === null && tree.kind === "name" && reader.next.text === "=") {  // (y) = …
      target = tree.text;
      reader.i++;
      tree = reader.comparison(0);
    }
    reader.over();
    if (heightOf(tree) > limits.depth) reader.tooDeep(tree.at);
    i = reader.i;
    while (tokens[i].kind === "line") i++;
    if (target === null && tokens[i].kind !== "end")
      throw new Mistake("give this value a name: NAME = …; only the last may go without", start.at);
    for (const name of namesIn(tree)) if (!assigned.has(name)) inputs.add(name);
    const name = target ?? freeName(new Set([...assigned, ...inputs]));
    checkTarget(name, start, assigned, inputs);
    assigned.add(name);
    statements.push({ name, tree, given: target !== null });
  }
  if (!statements.length) throw new Mistake("the program is empty", 0);
  return { statements, inputs: [...inputs] };
}

function checkTarget(name, { at }, assigned, inputs) {
  if (Object.hasOwn(table, name)) throw new Mistake(`'${name}' is a function; choose another name`, at);
  if (known.keywords.includes(name)) throw new Mistake(`'${name}' is no name; choose another`, at);
  const used = assigned.has(name) ? "assigned" : inputs.has(name) ? "used" : "";
  if (used) throw new Mistake(`'${name}' is already ${used} above; each name stands for one value: choose another`, at);
}

function freeName(taken) {
  for (let i = -3; ; i++) {
    const name = i < 0 ? ["f", "y", "E"][i + 3] : `f${i}`;
    if (!taken.has(name) && !Object.hasOwn(table, name) && name !== "f0") return name;
  }
}

function heightOf(tree) {
  let level = [tree], height = -1;
  for (; level.length; height++) level = level.flatMap(({ of = [] }) => of);
  return height;
}

function namesIn(tree) {
  return tree.kind === "name" ? [tree.text] : (tree.of || []).flatMap(namesIn);
}

class Reader {  // recursive descent, a method a level of precedence
  constructor(tokens, i) { this.tokens = tokens; this.i = i; }

  get next() { return this.tokens[this.i]; }

  over() {
    if (this.next.kind !== "line" && this.next.kind !== "end") this.refuse();
  }

  refuse() {
    const { kind, text, at } = this.next;
    if (kind === "end" || kind === "line") throw new Mistake("something is missing here", at);
    if (/^(\/\/|[%@&|^~])$/.test(text)) throw new Mistake(`the operator ${text} is not understood: ${known.allowed}`, at);
    throw new Mistake(`${text} is not understood here`, at);
  }

  deeper(depth) {
    if (depth > 2 * limits.depth) this.tooDeep();  // parentheses, which leave no trace in the tree
    return depth + 1;
  }

  tooDeep(at = this.next.at) {
    throw new Mistake(`nested more than ${limits.depth} deep; give the parts names`, at);
  }

  comparison(depth) {
    const left = this.sum(depth), { text, at } = this.next;
    if (!/^([<>]=?|[=!]=)$/.test(text)) return left;
    this.i++;
    const right = this.sum(depth);
    if (/^([<>]=?|[=!]=)$/.test(this.next.text))
      throw new Mistake("compare two values with one of < <= > >= == !=", at);
    return { kind: "compare", text, of: [left, right], at: left.at };
  }

  chain(part, signs, depth) {  // from left to right
    let left = part.call(this, depth);
    while (signs.includes(this.next.text)) {
      const { text } = this.next;
      this.i++;
      left = { kind: "binary", text, of: [left, part.call(this, depth)], at: left.at };
    }
    return left;
  }

  sum(depth) { return this.chain(this.term, ["+", "-"], depth); }

  term(depth) { return this.chain(this.factor, ["*", "/"], depth); }

  factor(depth) {
    const { text, at } = this.next;
    if (text !== "-" && text !== "+") return this.power(depth);
    this.i++;
    return { kind: "unary", text, of: [this.factor(this.deeper(depth))], at };
  }

  power(depth) {
    const base = this.atom(depth);
    if (this.next.text !== "**") return base;
    this.i++;
    return { kind: "binary", text: "**", of: [base, this.factor(this.deeper(depth))], at: base.at };
  }

  atom(depth) {
    const { kind, text, at } = this.next;
    if (kind === "number") {
      this.i++;
      return numberOf(text, at);
    }
    if (text === "(") {
      this.i++;
      const inner = this.comparison(this.deeper(depth));
      this.expect(")");
      return { ...inner, at };
    }
    if (kind !== "name" || known.keywords.includes(text)) this.refuse();
    this.i++;
    if (this.next.text === "(") return this.call(text, at, this.deeper(depth));
    if (Object.hasOwn(table, text))
      throw new Mistake(`the function '${text}' needs its operands: ${text}(…)`, at);
    return { kind: "name", text, at };
  }

  call(name, at, depth) {
    if (!Object.hasOwn(table, name)) throw new Mistake(`'${name}' is no elementwise function; there are ` +
      Object.keys(table).sort().join(", "), at);
    const of = [];
    this.expect("(");
    while (this.next.text !== ")") {
      of.push(this.comparison(depth));
      if (this.next.text !== ",") break;
      this.i++;
    }
    this.expect(")");
    const { operands } = table[name], count = operands.length === 1 ? "1 operand" : `${operands.length} operands`;
    if (of.length !== operands.length)
      throw new Mistake(`${name}(${operands.join(", ")}) takes ${count}, not ${of.length}`, at);
    return { kind: "call", text: name, of, at };
  }

  expect(text) {
    if (this.next.text !== text) this.refuse();
    this.i++;
  }
}

function numberOf(text, at) {
  const plain = text.replaceAll("_", ""), whole = /^(0[xXoObB].*|\d+)$/.test(plain);
  const value = Number(plain.endsWith(".") ? plain.slice(0, -1) : plain);
  if (whole && value === Infinity) throw new Mistake("the number is too large", at);
  return { kind: "number", value, whole, text: plain, at };
}

// ---------------------------------------------------------------- written again, as `ast.unparse`

const LEVEL = { compare: 0, "+": 1, "-": 1, "*": 2, "/": 2, unary: 3, "**": 4 };

function unparsed(tree, least = 0) {
  const inner = (x, level) => unparsed(x, level);
  if (tree.kind === "number") return tree.whole ? String(BigInt(tree.text)) : repr(tree.value);
  if (tree.kind === "name") return tree.text;
  if (tree.kind === "call") return `${tree.text}(${tree.of.map((x) => inner(x, 0)).join(", ")})`;
  const level = LEVEL[tree.kind === "binary" ? tree.text : tree.kind], [a, b] = tree.of;
  let text;
  if (tree.kind === "unary") text = tree.text + inner(a, level);
  else if (tree.kind === "compare") text = `${inner(a, 1)} ${tree.text} ${inner(b, 1)}`;
  else if (tree.text === "**") text = `${inner(a, 5)} ** ${inner(b, known.signedPower ? 3 : 4)}`;
  else text = `${inner(a, level)} ${tree.text} ${inner(b, level + 1)}`;
  return level < least ? `(${text})` : text;
}

function repr(x) {  // as Python writes a float
  const [mantissa, exponent] = x.toExponential().split("e");
  if (x !== 0 && (exponent < -4 || exponent >= 16)) return mantissa + "e" + padded(Number(exponent));
  const text = String(x);
  return Number.isInteger(x) ? `${text}.0` : text;
}

function conditionText(tree) {  // with the signs of a book
  const signs = Object.keys(known.written).map((sign) => sign.replace(/[*.]/g, "\\$&")).join("|");
  return unparsed(tree).replace(new RegExp(signs, "g"), (sign) => known.written[sign]);
}
