/* People: how many are selected, and single keys. The page works without this file. */
(() => {
  "use strict";

  const find = (selector) => document.querySelector(selector);
  const boxes = () => [...document.querySelectorAll("#people [name=person][type=checkbox]")];
  const selected = () => boxes().filter((box) => box.checked);

  // Selection

  function count() {
    const [label, all] = [find("#people-count"), find("#people-all")];
    if (!label) return;
    const number = selected().length;
    label.textContent = label.dataset.text.replace("{}", number);
    all.checked = number > 0 && number === boxes().length;
    all.indeterminate = number > 0 && !all.checked;
  }

  function onChange({ target }) {
    if (target.id === "keyboard-on") localStorage.setItem("single-keys", target.checked ? "on" : "off");
    if (target.id === "people-all") boxes().forEach((box) => (box.checked = target.checked));
    if (target.id !== "people-all" && target.form?.id !== "people-selected") return;
    count();
    find("#people-heard").textContent = find("#people-count").textContent;
  }

  function onReset({ target }) {
    if (target.id !== "people-selected") return;
    setTimeout(() => {
      count();
      find("#people-heard").textContent = find("#people-count").textContent;
      find("#people-all").focus();
    });
  }

  // A swap brings a row anew, with its check box off.
  let kept = [];

  function onBeforeSwap() {
    kept = selected().map((box) => box.value);
  }

  function onAfterSwap() {
    for (const box of boxes()) box.checked ||= kept.includes(box.value);
    count();
  }

  // Single keys: never while somebody types, and off if they say so.

  const isOn = () => localStorage.getItem("single-keys") !== "off";
  const row = () => document.activeElement.closest("tbody.person");
  const FIELDS = "input:not([type=checkbox]), textarea, select, dialog, details.menu";

  function move(step) {
    const rows = [...document.querySelectorAll("tbody.person")];
    const here = rows.indexOf(row());
    if (here < 0 && document.activeElement !== document.body && document.activeElement.id !== "people-q") return false;
    rows[Math.max(0, here + step)]?.querySelector(".person-toggle").focus();
    return true;
  }

  const keys = {
    "/": () => isOn() && (find("#people-q").select(), true),
    "?": () => isOn() && openKeyboard(),
    x: () => isOn() && row() && (row().querySelector("[name=person]").click(), true),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
  };

  const searchKeys = {
    Escape: (field) => {
      field.value = "";
      field.dispatchEvent(new Event("input", { bubbles: true }));
      return true;
    },
    ArrowDown: () => move(1),
  };

  function openKeyboard() {
    find("#keyboard-on").checked = isOn();
    find("#keyboard").showModal();
    return true;
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    const isSearch = event.target.id === "people-q";
    if (!isSearch && event.target.closest?.(FIELDS)) return;
    if ((isSearch ? searchKeys : keys)[event.key]?.(event.target)) event.preventDefault();
  }

  function onClick(event) {
    if (event.target.closest?.("#keyboard-link") && !event.ctrlKey && !event.metaKey && openKeyboard()) event.preventDefault();
  }

  document.addEventListener("change", onChange);
  document.addEventListener("reset", onReset);
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  document.addEventListener("htmx:before:swap", onBeforeSwap);
  document.addEventListener("htmx:after:swap", onAfterSwap);
  window.addEventListener("pageshow", count);
})();
