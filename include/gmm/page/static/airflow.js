"use strict";
// What ties a page to the Airflow around it. On its own, the page follows the operating system.
(() => {
  const page = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const around = window.parent === window ? null : window.parent.document;

  // Airflow's own page carries its theme as the class `dark`.
  const follow = () =>
    page.classList.toggle(
      "dark",
      around ? around.documentElement.classList.contains("dark") : system.matches,
    );
  follow();
  if (around) {
    new MutationObserver(follow).observe(around.documentElement, { attributeFilter: ["class"] });
  } else {
    system.addEventListener("change", follow);
  }

  // The sandbox of the tab keeps its links inside; those to Airflow's own pages have to leave it.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-outside]");
    if (!link || !around) return;
    event.preventDefault();
    const outer = around.createElement("a");
    outer.href = link.href;
    around.body.append(outer);
    outer.click();
    outer.remove();
  });
})();
