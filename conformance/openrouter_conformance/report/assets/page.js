"use strict";
// Filters what is on the page, copies shell lines, opens all for the printer. Nothing is needed to read the page.
(() => {
  const form = document.getElementById("filter");
  const words = document.getElementById("words");
  const shown = document.getElementById("shown");
  const items = Array.from(document.querySelectorAll("[data-kind]"), (element) => ({
    element,
    kind: element.dataset.kind,
    statuses: element.dataset.status.split(" "),
    level: element.dataset.level,
    isAlike: element.dataset.kind === "requirement" && element.dataset.differs === undefined,
    text: element.textContent.toLowerCase(),
  }));
  const groups = Array.from(document.querySelectorAll("details.group"), (element) => ({
    element,
    wasOpen: element.open,
  }));

  const checked = (name) =>
    Array.from(form.querySelectorAll(`input[name="${name}"]:checked`), (box) => box.value);

  const counted = (kind, noun) => {
    const all = items.filter((item) => item.kind === kind);
    const left = all.filter((item) => !item.element.hidden);
    return `${left.length} of ${all.length} ${noun}${all.length === 1 ? "" : "s"}`;
  };

  const apply = () => {
    const asked = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const statuses = checked("status");
    const levels = checked("level");
    const differs = checked("differs").length > 0;
    const isFiltering = differs || asked.length + statuses.length + levels.length > 0;
    for (const item of items) {
      item.element.hidden = !(
        asked.every((word) => item.text.includes(word)) &&
        (statuses.length === 0 || statuses.some((status) => item.statuses.includes(status))) &&
        (levels.length === 0 || levels.includes(item.level)) &&
        !(differs && item.isAlike)
      );
    }
    for (const group of groups) {
      const hasAny = group.element.querySelector("[data-kind]:not([hidden])") !== null;
      group.element.hidden = isFiltering && !hasAny;
      group.element.open = isFiltering ? hasAny : group.wasOpen;
    }
    shown.textContent = `${counted("finding", "finding")}, ${counted("requirement", "requirement")}`;
  };

  const clear = () => {
    form.reset();
    apply();
  };

  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("clear").addEventListener("click", clear);
  apply();

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && !(event.target instanceof HTMLInputElement && event.target.type === "search")) {
      event.preventDefault();
      words.focus();
      words.select();
    } else if (event.key === "Escape" && form.contains(event.target)) {
      clear();
    }
  });

  // A link to what the filter hides, or to a closed group, shows it.
  const reveal = () => {
    let id;
    try {
      id = decodeURIComponent(location.hash.slice(1));
    } catch {
      return;
    }
    const place = id === "" ? null : document.getElementById(id);
    if (place === null) return;
    if (place.closest("[hidden]") !== null) clear();
    const group = place.closest("details");
    if (group !== null) group.open = true;
    place.scrollIntoView();
  };
  window.addEventListener("hashchange", reveal);
  reveal();

  const copy = async (text, block) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      getSelection().selectAllChildren(block);
      return document.execCommand("copy");
    }
  };
  for (const block of document.querySelectorAll("pre[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy: ${block.getAttribute("aria-label")}`);
    button.addEventListener("click", async () => {
      const done = await copy(block.textContent, block);
      button.textContent = done ? "Copied" : "Selected";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    const holder = document.createElement("div");
    holder.className = "copying";
    block.replaceWith(holder);
    holder.append(block, button);
  }

  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = Array.from(document.querySelectorAll("details:not([open])"));
    for (const one of closed) one.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
  });
})();
