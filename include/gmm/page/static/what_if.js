"use strict";
// Membership probabilities of the values entered, from the parameters that the page brings along:
// log w_k - log |L_k| - |L_k^-1 (z - mu_k)|^2 / 2, with L_k the Cholesky factor of the covariance.

(() => {
  const section = document.getElementById("what-if");
  const { type, weights, means, covariances, features } = JSON.parse(section.dataset.mixture);
  const inputs = [...section.querySelectorAll("input")];
  const places = [...section.querySelectorAll(".memberships li")];
  const titles = places.map((place) => place.querySelector("span").textContent.trim());
  const verdict = section.querySelector(".verdict");
  const factors = means.map((mean, k) => cholesky(covariance(k, mean.length)));

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

  function memberships(values) {
    const z = values.map((value, i) => {
      const { transform, centre, scale } = features[i];
      return ((transform === "log1p" ? Math.log1p(value) : value) - centre) / scale;
    });
    if (!z.every(Number.isFinite)) return null;
    const logs = weights.map((_, k) => logDensity(z, k));
    const peak = Math.max(...logs);
    const parts = logs.map((log) => Math.exp(log - peak));
    const total = parts.reduce((sum, part) => sum + part, 0);
    return parts.map((part) => part / total);
  }

  function update() {
    const entered = inputs.every((input) => input.value.trim() !== "");
    const found = entered ? memberships(inputs.map((input) => Number(input.value))) : null;
    places.forEach((place, k) => {
      place.querySelector("meter").value = found ? found[k] : 0;
      place.querySelector("output").textContent = found ? `${(100 * found[k]).toFixed(1)} %` : "–";
    });
    if (!found) {
      verdict.textContent = "Every column needs a number; one read as log(1 + x) a number above −1.";
      return;
    }
    const most = found.indexOf(Math.max(...found));
    const sure = `${(100 * found[most]).toFixed(1)} %`;
    verdict.textContent = `Most probably ${titles[most]}, with ${sure}.`;
  }

  section.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  inputs.forEach((input, first) => {
    input.addEventListener("input", update);
    input.addEventListener("paste", (event) => {
      const parts = event.clipboardData.getData("text").trim().split(/[\t;\n]+|,\s+|\s+/);
      if (parts.length < 2) return; // one number: the browser pastes it
      event.preventDefault();
      parts.forEach((part, i) => {
        if (inputs[first + i]) inputs[first + i].value = part.replace(",", ".");
      });
      update();
    });
  });
  update();
})();
