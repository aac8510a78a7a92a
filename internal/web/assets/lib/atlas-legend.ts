// SPDX-License-Identifier: EUPL-1.2

import type { Store } from "./atlas-store";

// wireLegend makes the rows buttons that pick out their areas in map, table and chart.
export function wireLegend(legend: HTMLElement, store: Store): () => void {
  const off = new AbortController();
  const buttons: HTMLButtonElement[] = [];
  for (const li of legend.querySelectorAll<HTMLLIElement>("li")) {
    const { c, s, d } = li.dataset;
    const id = c !== undefined ? `c${c}` : s !== undefined ? `s${s}` : d !== undefined ? `d${d}` : "a";
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", String(store.state.picked.has(id)));
    button.dataset.pick = id;
    button.append(...li.childNodes);
    li.replaceChildren(button);
    buttons.push(button);
    button.addEventListener(
      "click",
      () => {
        const picked = new Set(store.state.picked);
        if (!picked.delete(id)) picked.add(id);
        store.set({ picked });
      },
      { signal: off.signal },
    );
  }
  const unlisten = store.listen((now) => {
    for (const b of buttons) b.setAttribute("aria-pressed", String(now.picked.has(b.dataset.pick ?? "")));
  });
  return () => {
    off.abort();
    unlisten();
  };
}

// Colours of a legend, by class: what the page shows in the reader's theme.
export interface Colours {
  fill: Map<string, string>;
  line: Map<string, string>;
}

export function colours(legend: HTMLElement): Colours {
  const out: Colours = { fill: new Map(), line: new Map() };
  for (const li of legend.querySelectorAll<HTMLLIElement>("li[data-c]")) {
    const rect = li.querySelector("rect");
    if (!rect) continue;
    const style = getComputedStyle(rect);
    out.fill.set(`c${li.dataset.c}`, style.fill);
    out.line.set(`c${li.dataset.c}`, style.stroke);
  }
  return out;
}
