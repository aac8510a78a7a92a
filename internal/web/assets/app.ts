// SPDX-License-Identifier: EUPL-1.2

// Small comforts on every page. Whatever is done here can be done without it.

// A select marked data-submit sends its form at once; the button beside it stays for everybody without script.
document.addEventListener("change", (event) => {
  const target = event.target;
  if (target instanceof HTMLSelectElement && target.hasAttribute("data-submit")) {
    target.form?.requestSubmit();
  }
});

// A form is sent once, however often the button is pressed; coming back with the browser's history opens it again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-sent]")) delete form.dataset.sent;
});

// The menu of small screens closes with Escape and gives the focus back.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector<HTMLDetailsElement>("details.kf-menu[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary")?.focus();
});

// A button marked data-copy puts the text of the element it names onto the clipboard and says so.
document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-copy]") : null;
  if (!button) return;
  const source = document.getElementById(button.dataset.copy ?? "");
  if (!source) return;
  await navigator.clipboard.writeText(source instanceof HTMLInputElement ? source.value : (source.textContent ?? ""));
  const label = button.querySelector(".kern-label") ?? button;
  label.textContent = button.dataset.copied ?? label.textContent;
});

// The summary of a refused form takes the focus; browsers do it by its autofocus attribute, some only on the first page of a tab.
document.querySelector<HTMLElement>(".kf-errors")?.focus();
