// SPDX-License-Identifier: EUPL-1.2

// The desk of a chapter: the preview follows the text, and parts are put in where the cursor stands. Without it the buttons of the form do.

const form = document.querySelector<HTMLFormElement>("form[data-preview]");
const text = form?.querySelector<HTMLTextAreaElement>("textarea[name=body]");
const shown = document.getElementById("vorschau");

if (form && text && shown) {
  let timer = 0;
  let asked = 0;
  let saved = text.value;

  const draw = async (): Promise<void> => {
    const mine = ++asked;
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form)) body.set(name, String(value));
    const answer = await fetch(form.dataset.preview ?? "", { method: "POST", body });
    const html = await answer.text();
    if (answer.ok && mine === asked) shown.innerHTML = html; // drawn and cleaned by the server
  };

  text.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void draw().catch(() => undefined), 700);
  });

  for (const button of form.querySelectorAll<HTMLButtonElement>("button[data-insert]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      text.setRangeText("\n\n" + (button.dataset.insert ?? "") + "\n\n", text.selectionStart, text.selectionEnd, "end");
      text.focus();
      text.dispatchEvent(new Event("input"));
    });
  }

  form.addEventListener("submit", () => {
    saved = text.value;
  });
  window.addEventListener("beforeunload", (event) => {
    if (text.value !== saved) event.preventDefault();
  });
}
