"use strict";
// Draws the charts of the page when they come into view, in the colours of the theme, and again
// when the theme changes or another view is chosen. `ast` keeps Vega from needing `eval`.

const themeName = () => (document.documentElement.classList.contains("dark") ? "dark" : "light");

async function draw(figure) {
  const wanted = `charts/${figure.dataset.chart}.${themeName()}.json`;
  if (figure.dataset.drawn === wanted) return;
  figure.dataset.drawn = wanted;
  const place = figure.querySelector(".chart");
  try {
    const answer = await fetch(wanted);
    if (!answer.ok) throw new Error(`${wanted}: ${answer.status}`);
    const specification = await answer.json();
    if (figure.dataset.drawn !== wanted) return; // another view was chosen meanwhile
    const holder = document.createElement("div");
    const options = {
      actions: false,
      ast: true,
      renderer: "svg",
      defaultStyle: false,
      tooltip: { disableDefaultStyle: true },
    };
    await vegaEmbed(holder, specification, options);
    // One picture with a description, and a table beside it: not a thousand points to read aloud.
    holder.setAttribute("role", "img");
    holder.removeAttribute("aria-roledescription");
    if (figure.dataset.drawn === wanted) place.replaceChildren(holder);
  } catch (error) {
    figure.dataset.drawn = "";
    const words = document.createElement("p");
    words.className = "note";
    words.textContent = `This chart could not be drawn (${error.message}). Its numbers are below.`;
    place.replaceChildren(words);
  }
}

const figures = [...document.querySelectorAll("figure[data-chart]")];
const seen = new Set();
const inView = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      inView.unobserve(entry.target);
      seen.add(entry.target);
      draw(entry.target);
    }
  },
  { rootMargin: "600px" },
);
figures.forEach((figure) => inView.observe(figure));

new MutationObserver(() => seen.forEach(draw)).observe(document.documentElement, {
  attributes: true,
  attributeFilter: ["class"],
});

function show(figure, name) {
  figure.dataset.chart = name;
  for (const link of figure.querySelectorAll("figcaption a")) {
    const ending = link.href.split(".").pop();
    link.href = `charts/${name}.light.${ending}`;
    link.download = link.download.replace(/[^-]*(-\d+-\d+)?\.\w+$/, `${name}.${ending}`);
  }
  seen.add(figure);
  draw(figure);
}

for (const form of document.querySelectorAll("form[data-names]")) {
  const figure = form.closest("section").querySelector("figure");
  form.addEventListener("change", () => show(figure, form.elements.name.value));
}

for (const form of document.querySelectorAll("form[data-axes]")) {
  const figure = form.closest("section").querySelector("figure");
  const { x, y } = form.elements;
  form.addEventListener("change", (event) => {
    const [chosen, other] = event.target === x ? [x, y] : [y, x];
    if (chosen.value === "") other.value = "";
    else if (other.value === "" || other.value === chosen.value)
      other.value = [...other.options].map((o) => o.value).find((v) => v && v !== chosen.value);
    show(figure, x.value === "" ? "map" : `map-${x.value}-${y.value}`);
  });
}
