// SPDX-License-Identifier: EUPL-1.2

// wireTime turns the links between periods into a slider that plays; without script the links do the same.
export function wireTime(nav: HTMLElement, go: (href: string, quick: boolean) => void): () => void {
  const links = [...nav.querySelectorAll<HTMLAnchorElement>("a[data-period]")];
  if (links.length < 2) return () => undefined;
  const off = new AbortController();
  const { signal } = off;
  const row = document.createElement("div");
  row.className = "ka__slider";
  const play = document.createElement("button");
  play.type = "button";
  play.className = "kern-btn kern-btn--secondary";
  const label = document.createElement("span");
  label.className = "kern-label";
  play.append(label);
  const slider = document.createElement("input");
  slider.type = "range";
  slider.min = "0";
  slider.max = String(links.length - 1);
  slider.setAttribute("aria-label", nav.dataset.slider ?? "");
  const out = document.createElement("output");
  out.setAttribute("aria-hidden", "true"); // the slider says it itself
  row.append(play, slider, out);
  const at = () => Math.max(0, links.findIndex((a) => a.getAttribute("aria-current") === "true"));
  const show = (i: number) => {
    const text = links[i]?.textContent ?? "";
    slider.value = String(i);
    slider.setAttribute("aria-valuetext", text);
    out.textContent = text;
  };
  let timer = 0;
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    label.textContent = nav.dataset.play ?? "";
  };
  stop();
  show(at());
  const step = (i: number) => {
    links.forEach((a, j) => (j === i ? a.setAttribute("aria-current", "true") : a.removeAttribute("aria-current")));
    show(i);
    go(links[i]?.href ?? "", true);
  };
  let wait = 0;
  slider.addEventListener(
    "input",
    () => {
      stop();
      show(Number(slider.value));
      clearTimeout(wait);
      wait = window.setTimeout(() => step(Number(slider.value)), 60);
    },
    { signal },
  );
  play.addEventListener(
    "click",
    () => {
      if (timer) return stop();
      label.textContent = nav.dataset.pause ?? "";
      let i = at() === links.length - 1 ? 0 : at() + 1;
      step(i);
      timer = window.setInterval(() => {
        i++;
        if (i >= links.length) return stop();
        step(i);
      }, 1100);
    },
    { signal },
  );
  nav.querySelector("ol")?.replaceWith(row);
  return () => {
    stop();
    clearTimeout(wait);
    off.abort();
  };
}
