/* Sends a form with a large file and shows how far it is, which htmx's fetch cannot. Without it the form sends itself. */
(() => {
  "use strict";

  const tell = (name, response) => document.dispatchEvent(new CustomEvent(name, { detail: { ctx: { response } } }));

  function onSubmit(event) {
    const form = event.target;
    if (!form.dataset.upload) return;
    event.preventDefault();
    if (form.upload) return;
    form.upload = new XMLHttpRequest();
    form.upload.open("POST", form.action);
    form.upload.setRequestHeader("HX-Request", "true");
    form.upload.setRequestHeader("HX-Request-Type", "partial");
    form.upload.upload.addEventListener("progress", ({ loaded, total }) => show(form, Math.floor((100 * loaded) / total)));
    form.upload.addEventListener("loadend", () => finish(form, form.upload));
    show(form, 0);
    form.upload.send(new FormData(form));
  }

  // The last byte has left when the server begins to check: how long that takes is not known.
  function show(form, percent) {
    const bar = form.querySelector("progress");
    bar.hidden = false;
    if (percent < 100) bar.value = percent;
    else bar.removeAttribute("value");
    const text = percent < 100 ? form.dataset.sending : form.dataset.checking;
    const state = form.querySelector("[role=status]");
    if (state.textContent !== text) state.textContent = text;
  }

  function finish(form, { status, responseText }) {
    const target = form.upload.getResponseHeader("HX-Redirect");
    form.upload = null;
    if (target) location.assign(target);
    else if (status >= 400 && status < 500) replace(form, responseText);
    else {
      form.querySelector("progress").hidden = true;
      form.querySelector("[role=status]").textContent = "";
      if (status) tell("htmx:response:error", { status });
      else tell("htmx:error");
    }
    tell("htmx:finally:request");
  }

  function replace(form, html) {
    const part = document.querySelector(form.dataset.upload);
    part.outerHTML = html;
    document.querySelector(`${form.dataset.upload} [aria-invalid=true]`)?.focus();
  }

  document.addEventListener("submit", onSubmit);
})();
