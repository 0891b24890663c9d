// Follow Airflow's theme: the page around this tab carries it as the class `dark`.
// On its own, the page follows the operating system.
(() => {
  const page = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const around = window.parent === window ? null : window.parent.document.documentElement;

  const follow = () =>
    page.classList.toggle("dark", around ? around.classList.contains("dark") : system.matches);

  follow();
  if (around) {
    new MutationObserver(follow).observe(around, { attributeFilter: ["class"] });
  } else {
    system.addEventListener("change", follow);
  }
})();
