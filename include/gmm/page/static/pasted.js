"use strict";
// Rows that were copied from a spreadsheet or a CSV file: with or without a line of headings, and
// with or without a column of keys.

const pasted = (() => {
  const SEPARATORS = ["\t", ";", ",", " "];

  function cells(line, separator) {
    if (separator === " ") return line.trim().split(/,?\s+/);
    const found = [""];
    let quoted = false;
    for (const sign of line) {
      if (sign === '"') quoted = !quoted;
      else if (sign === separator && !quoted) found.push("");
      else found[found.length - 1] += sign;
    }
    return found.map((cell) => cell.trim());
  }

  const simple = (name) => name.toLowerCase().replace(/[\s_]+/g, " ").trim();

  // Where the features stand and where the key, by a line of headings; null if it lacks one.
  function named(head, features) {
    const places = features.map(({ names }) =>
      head.findIndex((cell) => names.some((name) => simple(name) === simple(cell))),
    );
    if (places.includes(-1)) return null;
    return { places, key: head.findIndex((_, i) => !places.includes(i)), columns: head.length };
  }

  function layout(lines, separator, features) {
    const rows = lines.map((line) => cells(line, separator));
    const isNumber = (cell) => numbers.read(cell).value !== undefined;
    const hasHead = rows.length > 1 && !rows[0].some(isNumber);
    const first = hasHead ? 1 : 0;
    const by = (rank, rest) => ({ rows: rows.slice(first), first, rank, ...rest });
    const known = hasHead && named(rows[0], features);
    if (known) return by(0, known);
    const columns = rows[first].length;
    const keys = columns === features.length + 1 ? 1 : 0;
    const places = features.map((_, i) => i + keys);
    const read = places.every((place) => isNumber(rows[first][place] ?? ""));
    const rank = columns === features.length + keys && read ? 1 + keys : 3;
    return by(rank, { places, key: keys - 1, columns: features.length + keys });
  }

  // { rows: [{ name, texts, fault }], partial } of what was pasted; partial are the cells of a
  // text that is less than a row.
  function taken(text, features) {
    const lines = text.split(/\r\n|\r|\n/);
    const filled = lines.filter((line) => line.trim() !== "");
    const present = SEPARATORS.filter((each) => filled.some((line) => line.trim().includes(each)));
    if (present.length === 0) present.push("\t");
    const found = present
      .map((separator) => layout(filled, separator, features))
      .reduce((best, each) => (each.rank < best.rank ? each : best));
    const { rows, places, key, columns, first, rank } = found;
    const d = features.length;
    if (rank === 3 && first === 0) {
      const column = rows.every((row) => row.length === 1) && rows.length <= d;
      if (column) return { partial: rows.flat() };
      if (rows.length === 1 && rows[0].length <= d) return { partial: rows[0] };
    }
    const read = rows.map((row, i) => ({
      name: key < 0 ? `Row ${i + 1}` : (row[key] ?? ""),
      texts: places.map((place) => row[place] ?? ""),
      fault:
        row.length === columns ? "" : `${row.length} columns where ${columns} are expected`,
    }));
    return { rows: read };
  }

  // Whether it is more than one number, which a browser pastes by itself.
  function isSeveral(text) {
    const trimmed = text.trim();
    if (/[\t;\r\n]/.test(trimmed)) return true;
    return /[\s,]/.test(trimmed) && numbers.read(trimmed).value === undefined;
  }

  return { isSeveral, taken };
})();
