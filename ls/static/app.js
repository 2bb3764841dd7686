/* What the server cannot do: clipboard, showing a masked value, closing menus, a message when the server cannot be reached,
   keeping what was typed
   when a session ends, and the reader's time zone. Every page works without this file. */
(() => {
  "use strict";

  const BUSY_MS = 10000;
  const COPIED_MS = 2000;
  const STORE = "typed:";

  const closest = (event, selector) => event.target.closest?.(selector);
  const find = (selector) => document.querySelector(selector);

  // Messages

  function say(text) {
    const region = find("#flash");
    const template = find("#flash-template");
    if (!region || !template) return;
    const notice = template.content.cloneNode(true);
    notice.querySelector("p").textContent = text;
    region.replaceChildren(notice);
  }

  function onServerError(event) {
    const { status } = event.detail.ctx.response;
    if (status === 401) keepTyped();
    if (status >= 500) say(find("#flash").dataset.server);
  }

  // htmx also reports its own exceptions here; only a request without an answer is a network error.
  function onError(event) {
    if (event.detail.ctx && !event.detail.ctx.response) say(find("#flash").dataset.network);
  }

  // Clipboard

  async function copy(text) {
    if (navigator.clipboard && window.isSecureContext) {
      try {
        await navigator.clipboard.writeText(text);
        return true;
      } catch {
        // The browser refused; the older way below may still be allowed.
      }
    }
    return copyBySelection(text);
  }

  // Plain http has no clipboard API.
  function copyBySelection(text) {
    const area = document.createElement("textarea");
    area.className = "visually-hidden";
    area.value = text;
    area.readOnly = true;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }

  async function onCopy(button) {
    const source = find(button.dataset.copy);
    const done = await copy(source.value ?? source.textContent);
    if (!done) selectAll(source);
    button.focus({ preventScroll: true });
    flashLabel(button, done ? button.dataset.done : button.dataset.failed);
  }

  function selectAll(element) {
    if (element.select) element.select();
    else getSelection().selectAllChildren(element);
  }

  function flashLabel(button, text) {
    const label = button.querySelector("[data-text]");
    button.dataset.usual ??= label.textContent;
    label.textContent = text;
    button.classList.add("done");
    clearTimeout(button.timer);
    button.timer = setTimeout(() => {
      label.textContent = button.dataset.usual;
      button.classList.remove("done");
    }, COPIED_MS);
  }

  function onReveal(button) {
    const input = find(button.dataset.reveal);
    const label = button.querySelector("[data-text]");
    if (input.type === "password") input.type = "text";
    else if (!input.readOnly) input.type = "password";
    else toggleMask([input, ...document.querySelectorAll(`[data-secret="${button.dataset.reveal}"]`)]);
    [label.textContent, button.dataset.other] = [button.dataset.other, label.textContent];
  }

  function toggleMask(elements) {
    elements.forEach((element) => element.classList.toggle("masked"));
  }

  // Menus

  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (menu !== except) menu.open = false;
    }
  }

  function onEscape(event) {
    const open = closest(event, "details.confirm[open]") ?? find("details.menu[open]");
    if (event.key !== "Escape" || !open) return;
    open.open = false;
    open.querySelector("summary").focus();
  }

  function onClick(event) {
    closeMenus(closest(event, "details.menu"));
    const copyButton = closest(event, "[data-copy]");
    const revealButton = closest(event, "[data-reveal]");
    if (copyButton) onCopy(copyButton);
    if (revealButton) onReveal(revealButton);
    onRow(event);
    const notice = closest(event, "[data-dismiss]")?.closest(".notice");
    notice?.remove();
    if (notice) find("#main").focus({ preventScroll: true });
  }

  // The whole row of a person opens it, but for its links and fields, and but for who selects its text.
  function onRow(event) {
    const row = closest(event, ".person-row");
    if (!row || closest(event, "a, button, input, label") || !getSelection().isCollapsed) return;
    row.querySelector(".person-toggle").click();
  }

  // A second click on a button whose form is already on its way is dropped. The button is not disabled:
  // that would lose its focus and its value.

  function onSubmit(event) {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.ariaBusy === "true") {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.ariaBusy = "true";
    if (form.matches("[data-forget]")) forgetTyped(() => true);
    setTimeout(() => release(form), BUSY_MS);
  }

  function release(form) {
    form?.removeAttribute("aria-busy");
  }

  function releaseAll() {
    document.querySelectorAll("form[aria-busy]").forEach(release);
  }

  // What was typed when the session ended, kept in this tab for the same person and the same form.
  // Never a password, a hidden field or a file.

  const TYPED = "input:not([type=password], [type=hidden], [type=file], [type=submit], [readonly]), textarea, select";
  const person = () => document.body.dataset.user;
  const keyOf = (form) =>
    `${STORE}${person()}:${location.pathname}:${form.id || form.getAttribute("action")}`;

  function isChanged(field) {
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.options) return field.value !== usualChoice([...field.options])?.value;
    return field.value !== field.defaultValue;
  }

  function usualChoice(options) {
    return options.find((option) => option.defaultSelected) ?? options[0];
  }

  function keepTyped() {
    if (!person()) return;
    for (const form of document.forms) {
      const changed = [...form.querySelectorAll(TYPED)].filter((field) => field.name && isChanged(field));
      const values = changed.map((field) => [field.name, field.value, field.checked]);
      if (values.length) sessionStorage.setItem(keyOf(form), JSON.stringify(values));
    }
  }

  function restoreTyped() {
    if (!person()) return;
    forgetTyped((key) => !key.startsWith(`${STORE}${person()}:`));
    for (const form of document.forms) {
      const stored = sessionStorage.getItem(keyOf(form));
      if (!stored) continue;
      sessionStorage.removeItem(keyOf(form));
      JSON.parse(stored).forEach((typed) => putBack(form, ...typed));
    }
  }

  function putBack(form, name, value, checked) {
    for (const field of form.querySelectorAll(TYPED)) {
      if (field.name !== name) continue;
      if (field.type === "checkbox" || field.type === "radio") {
        if (field.value === value) field.checked = checked;
      } else {
        field.value = value;
      }
    }
  }

  function forgetTyped(which) {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(STORE) && which(key)) sessionStorage.removeItem(key);
    }
  }

  // Focus after a swap: the first mistake of the form that was sent, else what the fragment marks as next, else where it
  // was, else that form's button, else the first thing of what came.

  function onBeforeRequest({ detail: { ctx } }) {
    ctx.sentFrom = ctx.sourceElement.closest?.("form")?.id;
  }

  function onBeforeSwap({ detail: { ctx } }) {
    ctx.focusedId = document.activeElement?.id;
  }

  function onAfterSwap({ detail: { ctx } }) {
    const form = document.getElementById(ctx.sentFrom);
    const mistake = ctx.response?.status === 422 && (form || document).querySelector("[aria-invalid=true]");
    if (mistake) mistake.focus();
    else if (document.activeElement === document.body) focusNext(ctx, form);
    restoreTyped();
    showLocalTimes();
  }

  // Times: the server says them in UTC, which it names.

  const LOCALE = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
  const DAY = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium" });
  const EXACT = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "short" });

  function showLocalTimes() {
    for (const time of document.querySelectorAll("time[title$=UTC]")) {
      const moment = new Date(time.dateTime);
      time.title = EXACT.format(moment);
      if ("day" in time.dataset) time.textContent = DAY.format(moment);
      if ("exact" in time.dataset) time.textContent = time.title;
    }
  }

  function focusNext(ctx, form) {
    const came = document.getElementById(ctx.target?.id);
    const places = [
      came?.querySelector("[data-next] input"),
      document.getElementById(ctx.focusedId),
      form?.querySelector("[type=submit]"),
      find("[autofocus]"),
      form?.closest("details")?.querySelector("summary"),
      came?.querySelector("a[href], button"),
      find("[autofocus]"),
      form?.closest("details")?.querySelector("summary"),
    ];
    for (const place of places) {
      if (place?.checkVisibility()) return place.focus({ preventScroll: true });
    }
  }

  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onEscape);
  // Before htmx's own listener on the form, which would send it.
  document.addEventListener("submit", onSubmit, { capture: true });
  document.addEventListener("focusin", (event) => closest(event, "[data-select]")?.select());
  document.addEventListener("htmx:response:error", onServerError);
  document.addEventListener("htmx:error", onError);
  document.addEventListener("htmx:before:request", onBeforeRequest);
  document.addEventListener("htmx:before:swap", onBeforeSwap);
  document.addEventListener("htmx:after:swap", onAfterSwap);
  // The element may have left the page with the swap, so its event would not reach the document.
  document.addEventListener("htmx:finally:swap", releaseAll);
  document.addEventListener("htmx:finally:request", releaseAll);
  window.addEventListener("pageshow", releaseAll);

  restoreTyped();
  showLocalTimes();
  // A message of the page before is where one goes on: it is read aloud, and its Undo comes next.
  if (!find("[autofocus]")) (find("[aria-invalid=true]") ?? find("#flash .notice"))?.focus({ preventScroll: true });
})();
