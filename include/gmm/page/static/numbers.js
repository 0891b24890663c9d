"use strict";
// Numbers as people write them: 1,234.5 or 1.234,5, with a unit, a sign of a currency, or quotes.
// What may be two numbers is neither, unless its neighbours tell which sign stands for the point.

const numbers = (() => {
  const PLAIN = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;
  const SPACED = /^\d{1,3}([ '_])\d{3}(\1\d{3})*([.,]\d*)?$/;
  const THOUSANDS = {
    ",": /^(\d{1,3}(,\d{3})+|\d{1,2}(,\d{2})+,\d{3})$/, // 1,234,567 and, in India, 12,34,567
    ".": /^\d{1,3}(\.\d{3})+$/,
  };
  const other = { ",": ".", ".": "," };

  // Without what stands around the digits: { sign, body }, or a fault.
  function stripped(text, unit) {
    let rest = text
      .replace(/[\uff0b-\uff19]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
      .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, "")
      .replace(/[\u2010-\u2015\u2212\ufe63]/g, "-")
      .replace(/\s/g, " ")
      .trim()
      .replace(/^(["'“”„‘’«»‹›`])(.*)(["'“”‘’«»‹›`])$/, "$2")
      .trim()
      .replace(/[’ʼ`´]/g, "'");
    let sign = "";
    if (/^\(.*\)$/.test(rest)) [sign, rest] = ["-", rest.slice(1, -1).trim()];
    const signed = () => {
      if (sign || !/^[+-]/.test(rest)) return;
      [sign, rest] = [rest[0], rest.slice(1).trim()];
    };
    signed();
    const stem = unit.toLowerCase().replace(/(?<=.)s$/, "");
    const named = (end) => stem && [`${stem}s`, stem].find((each) => end(each));
    const before = named((each) => rest.toLowerCase().startsWith(each)) || /^\p{Sc}?/u.exec(rest)[0];
    rest = rest.slice(before.length).trim();
    signed();
    const after = named((each) => rest.toLowerCase().endsWith(each)) || /\p{Sc}?$/u.exec(rest)[0];
    rest = rest.slice(0, rest.length - after.length).trim();
    if (/[%٪‰]$/.test(rest))
      return { fault: "may be a hundredth of the number: leave out the sign" };
    return { sign, body: rest };
  }

  // `point` is the sign that stands for the point nearby, null where nothing tells, "both" where
  // one tells this and another that. A page in English reads 1,234 as one thousand and some.
  function read(text, unit = "", point = null) {
    if (text.trim() === "") return { fault: "is missing" };
    const { sign, body, fault } = stripped(text, unit);
    if (fault) return { fault };
    const found = digits(body, point);
    if (found.fault) return found;
    const value = Number(`${sign}${found.digits}`);
    if (!Number.isFinite(value)) return { fault: "is too large" };
    return { value, point: found.point, asWritten: PLAIN.test(text.trim()) };
  }

  function digits(body, point) {
    const none = { fault: "is no number" };
    if (/^\d+(\.\d+)?e[+-]?\d{1,4}$/i.test(body)) return { digits: body };
    if (!/^[\d.,' _]*\d[\d.,' _]*$/.test(body)) return none;
    if (/[' _]/.test(body)) {
      const decimal = SPACED.exec(body)?.[3];
      if (!SPACED.test(body)) return none;
      return { digits: body.replace(/[' _]/g, "").replace(",", "."), point: decimal?.[0] };
    }
    const signs = body.match(/[.,]/g) ?? [];
    if (signs.length === 0) return { digits: body };
    const last = signs.at(-1);
    const [whole, part] = [body.slice(0, body.lastIndexOf(last)), body.split(last).at(-1)];
    if (signs.includes(other[last])) {
      if (!THOUSANDS[other[last]].test(whole)) return none;
      return { digits: `${whole.replaceAll(other[last], "")}.${part || 0}`, point: last };
    }
    if (signs.length > 1) {
      if (!THOUSANDS[last].test(body)) return none;
      return { digits: body.replaceAll(last, ""), point: other[last] };
    }
    const decimal = { digits: `${whole || 0}.${part || 0}`, point: last };
    if (!THOUSANDS[last].test(body) || /^0/.test(whole)) return decimal;
    if (point === "both") return { fault: "may be two numbers: write it without a separator" };
    if ((point ?? ".") === last) return { ...decimal, point: undefined };
    return { digits: `${whole}${part}` };
  }

  // The sign that stands for the point in these texts: "." or ",", null, or "both".
  function pointOf(texts, units) {
    const signs = new Set(texts.map((text, i) => read(text, units[i]).point).filter(Boolean));
    return signs.size > 1 ? "both" : ([...signs][0] ?? null);
  }

  return { read, pointOf };
})();
