// The script of the HTML report: tips at marks, chains hidden and shown, forests and tables in another order.
R"js(
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("scripted");
  // The pictures keep their names as labels; as titles they would cover the tips.
  document.querySelectorAll("svg > title").forEach((title) => title.remove());

  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true");
  document.body.append(tip);
  const show = (event) => {
    const mark = event.target instanceof Element ? event.target.closest("[data-tip]") : null;
    tip.hidden = !mark;
    if (!mark) return;
    tip.textContent = mark.dataset.tip;
    const space = 14, size = tip.getBoundingClientRect();
    const left = event.clientX + space + size.width > root.clientWidth ? event.clientX - space - size.width : event.clientX + space;
    const top = event.clientY - space - size.height < 0 ? event.clientY + space : event.clientY - space - size.height;
    tip.style.transform = `translate(${Math.max(4, left)}px, ${top}px)`;
  };
  document.addEventListener("pointermove", show);
  document.addEventListener("pointerdown", show);
  document.addEventListener("pointerleave", () => { tip.hidden = true; });
  document.addEventListener("scroll", () => { tip.hidden = true; }, { passive: true, capture: true });

  document.querySelectorAll("button[data-toggle]").forEach((button) => {
    button.addEventListener("click", () => {
      const shown = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(shown));
      document.querySelectorAll(`.mark[data-chain="${button.dataset.toggle}"]`)
        .forEach((mark) => mark.classList.toggle("off", !shown));
    });
  });

  const numeric = (text) => (text === undefined || text === "" ? NaN : Number(text));
  // What has no number stands last, whichever way the others stand.
  const compare = (a, b, sign) => {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    return sign * (a - b);
  };
  document.querySelectorAll("button[data-sort]").forEach((button) => {
    button.addEventListener("click", () => {
      const figure = button.closest("figure");
      const byValue = button.dataset.sort === "value";
      const rows = [...figure.querySelectorAll(".row")];
      rows.sort((a, b) => (byValue ? compare(numeric(a.dataset.value), numeric(b.dataset.value), -1)
                                   : numeric(a.dataset.index) - numeric(b.dataset.index)));
      const head = figure.querySelector(".head");
      rows.forEach((row) => head.before(row));
      figure.querySelectorAll("button[data-sort]")
        .forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
    });
  });

  document.querySelectorAll("table.sortable").forEach((table) => {
    const heads = [...table.querySelectorAll("thead th")];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
        const body = table.tBodies[0];
        const rows = [...body.rows];
        const isNumeric = rows.some((row) => row.cells[column].dataset.value !== undefined);
        rows.sort((a, b) => {
          const one = a.cells[column], other = b.cells[column];
          return isNumeric ? compare(numeric(one.dataset.value), numeric(other.dataset.value), sign)
                           : sign * one.textContent.localeCompare(other.textContent, undefined, { numeric: true });
        });
        body.append(...rows);
      });
    });
  });
})();
)js"
