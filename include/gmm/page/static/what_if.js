"use strict";
// Membership probabilities of the values entered, from the parameters that the page brings along:
// log w_k - log |L_k| - |L_k^-1 (z - mu_k)|^2 / 2, with L_k the Cholesky factor of the covariance.

(() => {
  const MOST_ROWS = 100; // of a paste
  const UNLIKE = "Unlike any customer seen";
  const section = document.getElementById("what-if");
  const { type, weights, means, covariances, features, least } = JSON.parse(section.dataset.mixture);
  const inputs = [...section.querySelectorAll("input")];
  const places = [...section.querySelectorAll(".memberships li")];
  const titles = places.map((place) => place.querySelector("span").textContent.trim());
  const [verdict, read] = [section.querySelector(".verdict"), section.querySelector(".read")];
  const [answers, body] = [section.querySelector(".answers"), section.querySelector("tbody")];
  const factors = means.map((mean, k) => cholesky(covariance(k, mean.length)));
  const constant = (features.length / 2) * Math.log(2 * Math.PI);
  const percent = (share) => `${(100 * share).toFixed(1)} %`;

  function covariance(k, d) {
    if (type === "full") return covariances[k];
    if (type === "tied") return covariances;
    const variances = type === "diag" ? covariances[k] : Array(d).fill(covariances[k]);
    return variances.map((variance, i) => variances.map((_, j) => (i === j ? variance : 0)));
  }

  function cholesky(matrix) {
    const lower = matrix.map((row) => row.map(() => 0));
    for (let i = 0; i < matrix.length; i++)
      for (let j = 0; j <= i; j++) {
        let rest = matrix[i][j];
        for (let k = 0; k < j; k++) rest -= lower[i][k] * lower[j][k];
        lower[i][j] = i === j ? Math.sqrt(rest) : rest / lower[j][j];
      }
    return lower;
  }

  function logDensity(z, k) {
    const lower = factors[k];
    const solved = [];
    let sum = Math.log(weights[k]);
    for (let i = 0; i < z.length; i++) {
      let rest = z[i] - means[k][i];
      for (let j = 0; j < i; j++) rest -= lower[i][j] * solved[j];
      solved.push(rest / lower[i][i]);
      sum -= solved[i] ** 2 / 2 + Math.log(lower[i][i]);
    }
    return sum;
  }

  // { shares, most, unlike } of a row; null where it is beyond all that numbers can tell.
  function memberships(values) {
    const z = values.map((value, i) => {
      const { transform, centre, scale } = features[i];
      return ((transform === "log1p" ? Math.log1p(value) : value) - centre) / scale;
    });
    const logs = weights.map((_, k) => logDensity(z, k));
    const peak = Math.max(...logs);
    if (!Number.isFinite(peak)) return null;
    const parts = logs.map((log) => Math.exp(log - peak));
    const total = parts.reduce((sum, part) => sum + part, 0);
    const shares = parts.map((part) => part / total);
    const density = peak + Math.log(total) - constant;
    // The parameters are rounded: the row that has the least is like a customer, namely itself.
    const unlike = density < least - 1e-6 * (1 + Math.abs(least));
    return { shares, most: shares.indexOf(Math.max(...shares)), unlike };
  }

  // What each text is: { numbers, said } with what was read otherwise than it stands, or { fault }.
  function understood(texts, point = null) {
    const found = texts.map((text, i) => numbers.read(text, features[i].unit, point));
    const faults = found.map(({ fault, value }, i) => {
      const text = texts[i].trim() && ` “${texts[i].trim().slice(0, 40)}”`;
      if (fault) return `${features[i].names[0]}${text} ${fault}.`;
      if (features[i].transform === "log1p" && value <= -1)
        return `${features[i].names[0]}${text} is not above −1, as log(1 + x) needs it.`;
      return "";
    });
    const said = found.flatMap(({ value, asWritten }, i) =>
      asWritten || value === undefined ? [] : [`“${texts[i].trim().slice(0, 40)}” as ${value}`],
    );
    return { numbers: found.map(({ value }) => value), said, faults };
  }

  function update() {
    const { numbers: values, said, faults } = understood(inputs.map((input) => input.value));
    inputs.forEach((input, i) => input.setAttribute("aria-invalid", String(faults[i] !== "")));
    const found = faults.every((fault) => !fault) ? memberships(values) : null;
    places.forEach((place, k) => {
      place.querySelector("meter").value = found ? found.shares[k] : 0;
      place.querySelector("output").textContent = found ? percent(found.shares[k]) : "–";
    });
    read.textContent = said.length ? `Read ${said.join(", ")}.` : "";
    if (found) {
      const most = `${titles[found.most]}, with ${percent(found.shares[found.most])}`;
      verdict.textContent = found.unlike
        ? `${UNLIKE}: no row of the table is as far from all segments. The nearest is ${most}.`
        : `Most probably ${most}.`;
    } else {
      verdict.textContent = faults.filter(Boolean).join(" ") || `${UNLIKE}, and beyond all numbers.`;
    }
  }

  function line(row, point) {
    const { numbers: values, faults } = understood(row.texts, point);
    const fault = row.fault || faults.filter(Boolean).join(" ");
    const found = fault ? null : memberships(values);
    const nearest = found && `${titles[found.most]}, with ${percent(found.shares[found.most])}`;
    const said = fault || (found?.unlike ? `${UNLIKE}; the nearest is ${nearest}` : nearest);
    const read = row.fault ? row.texts : values.map((value, i) => value ?? row.texts[i]);
    const cells = [row.name, said ?? UNLIKE, ...read];
    const made = document.createElement("tr");
    cells.forEach((text, i) => {
      const cell = document.createElement(i ? "td" : "th");
      if (!i) cell.scope = "row";
      if (i === 1) cell.className = "text";
      cell.textContent = String(text).slice(0, 200);
      made.append(cell);
    });
    return made;
  }

  function answer(rows) {
    const texts = rows.flatMap((row) => row.texts);
    const units = rows.flatMap(() => features.map(({ unit }) => unit));
    const point = numbers.pointOf(texts, units);
    body.replaceChildren(...rows.slice(0, MOST_ROWS).map((row) => line(row, point)));
    const rest = rows.length - MOST_ROWS;
    answers.querySelector(".note").textContent =
      `${rows.length} rows were pasted` + (rest > 0 ? `; ${rest} are left out here.` : ".");
    answers.hidden = false;
  }

  // Into the fields, from one on: as numbers, for other fields may have told what they are.
  function fill(texts, first) {
    const units = texts.map((_, i) => features[first + i].unit);
    const point = numbers.pointOf(texts, units);
    const found = texts.map((text, i) => numbers.read(text, units[i], point));
    found.forEach(({ value }, i) => (inputs[first + i].value = value ?? texts[i]));
    update();
    const said = texts.filter((_, i) => found[i].value !== undefined && !found[i].asWritten);
    if (said.length) read.textContent = `Read ${said.join(" ")} as the numbers above.`;
  }

  function paste(text, first) {
    const { partial, rows } = pasted.taken(text, features);
    answers.hidden = true;
    if (partial && first + partial.length <= inputs.length) return fill(partial, first);
    if (partial) return fill(partial, 0);
    if (rows.length > 1) return answer(rows);
    if (!rows[0].fault) return fill(rows[0].texts, 0);
    update();
    verdict.textContent = `What was pasted has ${rows[0].fault}.`;
  }

  section.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  inputs.forEach((input, first) => {
    input.addEventListener("input", update);
    input.addEventListener("paste", (event) => {
      const text = event.clipboardData.getData("text");
      if (!pasted.isSeveral(text)) return; // one number: the browser pastes it
      event.preventDefault();
      paste(text, first);
    });
  });
  update();
})();
