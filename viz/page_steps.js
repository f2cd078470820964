// The page of one recorded graph: what was written into it.

show({ ...recorded(), compute: program });
recall();
go(view.step);

function recorded() {
  const { cards, leaves, operations } = JSON.parse(byId("graph").textContent);
  return { cards, operations, leaves: leaves.map((x) => x === null ? NaN : Number(x)) };
}
