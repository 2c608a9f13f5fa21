// Keys for those who want them; no page needs this. "/" search, "j" and "k" next and previous, "?" help.
"use strict";
(() => {
  let off = false;
  try { off = localStorage.getItem("keys") === "off"; } catch { /* storage is forbidden: the keys stay on */ }
  const follow = (selector) => document.querySelector(selector)?.click();
  const actions = {
    "/": () => document.querySelector("#search")?.focus(),
    j: () => follow("a[rel=next]"),
    k: () => follow("a[rel=prev]"),
    "?": () => follow("a[rel=help]"),
  };
  document.addEventListener("keydown", (event) => {
    if (off || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input:not([type=checkbox]), select, textarea")) return;
    const action = Object.hasOwn(actions, event.key) && actions[event.key];
    if (action) { event.preventDefault(); action(); }
  });
  const box = document.querySelector("#keys-on");
  if (!box) return;
  box.closest("[hidden]").hidden = false;
  box.checked = !off;
  box.addEventListener("change", () => {
    off = !box.checked;
    try { localStorage.setItem("keys", off ? "off" : "on"); } catch { /* it holds for this page */ }
  });
})();
