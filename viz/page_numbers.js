"use strict";
// Numbers as people read them, and the words about what is wrong with them.

function written(x, digits = 6) {  // as Python's format(x, ".6g"), with a true minus sign
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "−inf";
  if (x === 0) return "0";
  const [mantissa, power] = halfToEven(x, digits).split("e"), exponent = Number(power);
  const text = exponent < -4 || exponent >= digits
    ? withoutZeros(mantissa) + "e" + padded(exponent)
    : withoutZeros(Number(`${mantissa}e${power}`).toFixed(Math.max(0, digits - 1 - exponent)));
  return text.replaceAll("-", "−");
}

function halfToEven(x, digits) {  // toExponential, but that a tie goes to the even digit, as in Python
  const [mantissa, power] = x.toExponential(digits).split("e");
  const half = mantissa.endsWith("5") && withoutZeros(x.toExponential(100).split("e")[0]) === mantissa;
  const below = mantissa.slice(0, -1).replace(/\.$/, "");
  return half && "02468".includes(below.at(-1)) ? `${below}e${power}` : x.toExponential(digits - 1);
}

function withoutZeros(text) { return text.includes(".") ? text.replace(/\.?0+$/, "") : text; }

function padded(exponent) {  // Python writes two digits at least
  return (exponent < 0 ? "-" : "+") + String(Math.abs(exponent)).padStart(2, "0");
}

function rough(x) {  // as Python's format(x, ".1e")
  if (!Number.isFinite(x)) return written(x);
  const [mantissa, exponent] = halfToEven(x, 2).split("e");
  return mantissa + "e" + padded(Number(exponent));
}

function added(terms) {  // a sum of written numbers: a + b − c
  return terms.map((term, i) => i === 0 ? term : term[0] === "−" ? ` − ${term.slice(1)}` : ` + ${term}`).join("");
}

function times(g, partial) {  // the product of the chain rule: what does not flow is 0, not nan
  return g === 0 || partial === 0 ? 0 : g * partial;
}

function badness(x) { return Number.isFinite(x) ? "" : written(x); }

function signOf(x) { return Number.isFinite(x) ? Math.sign(x) : 0; }
