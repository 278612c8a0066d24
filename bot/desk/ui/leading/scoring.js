// The sheet by keyboard: J and K walk, digits mark, Ctrl+Enter hands in; the total is what the server would say.
(() => {
  const items = () => [...document.querySelectorAll(".criterion[role=radiogroup]")];
  const isText = (one) => one && /^(TEXTAREA|SELECT)$/.test(one.tagName) || (one?.tagName === "INPUT" && one.type !== "radio");
  const at = () => Math.max(-1, items().findIndex((one) => one.classList.contains("here")));
  const stand = (index) => {
    const all = items(), one = all[Math.max(0, Math.min(all.length - 1, index))];
    all.forEach((each) => each.classList.toggle("here", each === one));
    one?.scrollIntoView({ block: "nearest" });
    (one?.querySelector("input:checked") ?? one?.querySelector("input"))?.focus({ preventScroll: true });
  };
  const total = () => {
    const share = { met: 1, partly: 0.5, missed: 0 };
    let got = 0, whole = 0, failed = false, open = 0;
    for (const one of items()) {
      const value = one.querySelector("input:checked")?.value, weight = Number(one.dataset.weight) || 0;
      const fatal = one.hasAttribute("data-fatal");
      one.classList.toggle("marked", Boolean(value));
      if (!value) { open += 1; continue; }
      if (fatal) { failed ||= value === "missed"; continue; }
      if (value in share) { got += share[value] * weight; whole += weight; }
    }
    const place = document.querySelector("[data-total]");
    if (place) place.textContent = open === items().length ? "—" : failed ? "0" : String(Math.round(whole ? 1000 * got / whole : 1000) / 10);
  };
  document.addEventListener("change", (event) => { if (event.target.type === "radio") total(); });
  document.addEventListener("focusin", (event) => {
    const one = event.target.closest?.(".criterion[role=radiogroup]");
    if (one) items().forEach((each) => each.classList.toggle("here", each === one));
  });
  window.addEventListener("keydown", (event) => {
    if (event.isComposing || !items().length) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      document.querySelector("[data-send]")?.click();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isText(document.activeElement)) return;
    if (event.key === "j" || event.key === "k") { event.preventDefault(); stand(at() + (event.key === "j" ? 1 : -1)); }
    if (/^[0-3]$/.test(event.key)) {
      const option = items()[Math.max(0, at())]?.querySelector(`[data-digit="${event.key}"]`);
      if (!option) return;
      event.preventDefault();
      option.checked = true;
      option.dispatchEvent(new Event("change", { bubbles: true }));
      stand(Math.max(0, at()) + 1);
    }
  });
})();
