// The playground: the formula is read and drawn at each keystroke.

const STARTS = [0.5, 1.5, 2, 0.3, 0.8, 1.2, 0.7, 1.1];  // for inputs that have no number yet
const area = byId("formula"), kept = new Map(Object.entries(known.inputs));
let shown = null;  // the formula that is drawn

function typedFormula() {
  const source = area.value;
  for (const i of view?.fields.keys() ?? []) kept.set(view.graph.cards[i].name, view.leaves[view.graph.cards[i].node]);
  try {
    const inputs = parse(source).inputs;
    const graph = recorded(source, (name) => kept.get(name) ?? STARTS[Math.max(0, inputs.indexOf(name)) % STARTS.length]);
    byId("mistake").textContent = "";
    const { step = 0, chosen = null, plan } = view ?? {}, last = !view || step === plan.length - 1;
    const name = chosen === null ? null : view.graph.cards[chosen].name;
    const now = graph.cards.findIndex((card) => card.name === name);
    show(graph, last ? Infinity : step, now < 0 ? null : now);
    shown = source;
    remember();
  } catch (mistake) {
    if (!(mistake instanceof Mistake)) throw mistake;
    byId("mistake").textContent = complaint(source, mistake);
  }
}

function complaint(source, { message, at }) {  // the line, and a sign below the place
  const before = source.slice(0, at).split("\n"), line = source.split("\n")[before.length - 1];
  return `${message}\n  ${line}\n  ${" ".repeat([...before.at(-1)].length)}^`;
}

function example(name) {
  const [source, inputs] = known.examples[name];
  area.value = source;
  for (const [input, x] of Object.entries(inputs)) kept.set(input, x);
  view = null;
  typedFormula();
}

// ---------------------------------------------------------------- what can be taken along

function pythonText() {  // the program for the library
  const leaves = [...view.fields.keys()].map((i) => [view.graph.cards[i].name, view.leaves[view.graph.cards[i].node]]);
  const used = Object.keys(table).filter((f) => new RegExp(`\\b${f}\\(`).test(shown));
  return [`from autograd_lite import ${["Value", ...used].join(", ")}`, "",
    ...leaves.map(([name, x]) => `${name} = Value(${repr(Number(x))})`),
    ...parse(shown).statements.map(({ name, tree }) => `${name} = ${unparsed(tree)}`),
    `${view.graph.cards.at(-1).name}.backward()`,
    ...leaves.map(([name]) => `print("${name}:", ${name}.grad)`), ""].join("\n");
}

function svgText() {  // the picture as it stands, with its colours written into it
  const copy = svg.cloneNode(true), { width, height } = view.places;
  const [from, to] = [svg, copy].map((root) => [...root.querySelectorAll("*")]);
  from.forEach((node, i) => {
    const style = getComputedStyle(node);
    for (const key of ["fill", "stroke", "stroke-width", "stroke-dasharray", "font-family", "font-weight", "paint-order"])
      to[i].style.setProperty(key, style.getPropertyValue(key));
  });
  copy.querySelector("#world").setAttribute("transform", "translate(10,10)");
  for (const dot of copy.querySelectorAll("#pulse, .also, .hit")) dot.remove();
  for (const [key, value] of Object.entries({ width: width + 20, height: height + 34 })) copy.setAttribute(key, Math.ceil(value));
  copy.style.background = getComputedStyle(document.documentElement).backgroundColor;
  return new XMLSerializer().serializeToString(copy);
}

async function pngAddress(scale = 2) {  // the picture as pixels, as a data: address
  const image = new Image(), text = svgText();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width * scale, image.height * scale];
  const pen = canvas.getContext("2d");
  pen.fillStyle = getComputedStyle(document.documentElement).backgroundColor;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/png");
}

async function copy(button, text) {
  const words = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {  // a page from a file, in some browsers: by way of a selection
    const field = document.body.appendChild(document.createElement("textarea"));
    field.value = text;
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  button.textContent = "copied";
  setTimeout(() => { button.textContent = words; }, 1200);
}

// ---------------------------------------------------------------- start

remember.also = (state) => state.set("formula", shown);
area.addEventListener("input", typedFormula);
byId("examples").addEventListener("change", ({ target }) => { if (target.value) example(target.value); target.value = ""; });
byId("copy-link").addEventListener("click", ({ target }) => copy(target, `${location.href.split("#")[0]}#${address()}`));
byId("copy-svg").addEventListener("click", ({ target }) => copy(target, svgText()));
byId("save-png").addEventListener("click", async () => {
  const link = document.createElement("a");
  Object.assign(link, { download: `${view.graph.cards.at(-1).name}.png`, href: await pngAddress() });
  link.click();
});
byId("copy-python").addEventListener("click", ({ target }) => copy(target, pythonText()));

function begin() {
  const state = new URLSearchParams(location.hash.slice(1));
  for (const [key, text] of state) if (key.startsWith("x.") && numberIn(text) !== null) kept.set(key.slice(2), numberIn(text));
  area.value = state.get("formula") ?? known.source;
  typedFormula();
  if (view === null) {  // a link with a mistake in it
    show(recorded(known.source, (name) => known.inputs[name] ?? STARTS[0]));
    shown = known.source;
  }
  if (state.has("step") || state.has("of")) recall();
}

begin();
