// SPDX-License-Identifier: EUPL-1.2

// Comforts of the planner's pages. All of it can be done without: every field is there, and every answer comes from the server.

// Fields that only matter for some choices are shown with those: data-reveal-when="name=value value".
function reveal(form: HTMLFormElement): void {
  const data = new FormData(form);
  for (const part of form.querySelectorAll<HTMLElement>("[data-reveal-when]")) {
    const [name, values = ""] = (part.dataset.revealWhen ?? "").split("=");
    const chosen = String(data.get(name ?? "") ?? "");
    part.hidden = !values.split(" ").includes(chosen) && !part.querySelector("[aria-invalid]");
  }
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-reveal]")) {
  reveal(form);
  form.addEventListener("change", () => reveal(form));
}

// The box of a whole group ticks and clears the boxes of its tables, and follows them.
for (const form of document.querySelectorAll<HTMLFormElement>("form[data-select]")) {
  form.addEventListener("change", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || box.type !== "checkbox") return;
    const group = box.closest("details");
    if (!group) return;
    const all = group.querySelector<HTMLInputElement>("input[name=group]");
    const ones = [...group.querySelectorAll<HTMLInputElement>("input[name=slice]")];
    if (box === all) {
      for (const one of ones) one.checked = box.checked;
    } else if (all) {
      const n = ones.filter((one) => one.checked).length;
      all.checked = n === ones.length;
      all.indeterminate = n > 0 && n < ones.length;
    }
  });
}

// A slider beside each weight; the number field stays the one that is sent.
function sliders(): void {
  for (const field of document.querySelectorAll<HTMLInputElement>("input[data-weight]")) {
    const slider = document.createElement("input");
    slider.type = "range";
    slider.min = "0.1";
    slider.step = "0.1";
    const fit = () => {
      const value = Number(field.value) || 1;
      if (value > Number(slider.max || 0)) slider.max = String(Math.max(3, Math.ceil(value * 2)));
      slider.value = String(value);
    };
    slider.max = "3";
    slider.setAttribute("aria-label", field.dataset.weight ?? "");
    fit();
    slider.addEventListener("input", () => {
      field.value = slider.value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    field.addEventListener("input", (event) => {
      if (event.isTrusted) fit();
    });
    field.closest("fieldset")?.append(slider);
  }
}
sliders();

// The preview is computed anew a moment after the last change; an answer that has been overtaken is dropped.
function preview(form: HTMLFormElement): void {
  const target = document.getElementById(form.dataset.previewTarget ?? "");
  const address = form.dataset.preview;
  if (!target || !address) return;
  let timer = 0;
  let running: AbortController | undefined;
  const run = async () => {
    running?.abort();
    const mine = (running = new AbortController());
    target.setAttribute("aria-busy", "true");
    try {
      const body = new URLSearchParams();
      for (const [key, value] of new FormData(form)) if (typeof value === "string") body.append(key, value);
      const answer = await fetch(address, { method: "POST", body, signal: mine.signal, headers: { Accept: "text/html" }, credentials: "same-origin" });
      if (answer.status === 401) location.reload();
      if (!answer.ok) return;
      const open = [...target.querySelectorAll("details")].map((d) => d.open);
      const fresh = document.createRange().createContextualFragment(await answer.text());
      target.replaceChildren(fresh);
      target.querySelectorAll("details").forEach((d, i) => {
        if (open[i] !== undefined) d.open = open[i];
      });
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
    } finally {
      if (running === mine) target.removeAttribute("aria-busy");
    }
  };
  const later = () => {
    clearTimeout(timer);
    timer = window.setTimeout(run, 250);
  };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-preview]")) preview(form);
