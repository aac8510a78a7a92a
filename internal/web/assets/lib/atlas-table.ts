// SPDX-License-Identifier: EUPL-1.2

import { type Area, type Store, counts } from "./atlas-store";

// wireTable links the rows with the selection and lets the heads sort without a new page.
export function wireTable(table: HTMLTableElement, areas: Map<string, Area>, store: Store): () => void {
  const body = table.tBodies[0];
  const off = new AbortController();
  const { signal } = off;
  const rowOf = (e: Event) => (e.target instanceof Element ? e.target.closest<HTMLTableRowElement>("tr[data-k]") : null);
  body?.addEventListener("pointerover", (e) => store.set({ hover: rowOf(e)?.dataset.k ?? "" }), { signal });
  body?.addEventListener("pointerleave", () => store.set({ hover: "" }), { signal });
  body?.addEventListener("focusin", (e) => store.set({ hover: rowOf(e)?.dataset.k ?? "" }), { signal });
  body?.addEventListener("focusout", () => store.set({ hover: "" }), { signal });
  body?.addEventListener(
    "click",
    (e) => {
      if (e.target instanceof Element && e.target.closest("a")) return;
      const key = rowOf(e)?.dataset.k ?? "";
      store.set({ selected: key === store.state.selected ? "" : key });
    },
    { signal },
  );
  const unlisten = store.listen((now, before) => {
    if (now.hover !== before.hover) {
      areas.get(before.hover)?.row.classList.remove("is-hover");
      areas.get(now.hover)?.row.classList.add("is-hover");
    }
    if (now.selected !== before.selected) {
      mark(areas.get(before.selected)?.row, false);
      mark(areas.get(now.selected)?.row, true);
    }
    if (now.picked !== before.picked || now.range !== before.range) {
      table.classList.toggle("is-filtered", now.picked.size > 0 || now.range !== null);
      for (const a of areas.values()) a.row.classList.toggle("is-dim", !counts(a, now));
    }
  });
  sortable(table, areas);
  return () => {
    off.abort();
    unlisten();
  };
}

function mark(row: HTMLTableRowElement | undefined, on: boolean): void {
  row?.classList.toggle("kf-row--mark", on);
  if (on) row?.setAttribute("aria-current", "true");
  else row?.removeAttribute("aria-current");
}

function sortable(table: HTMLTableElement, areas: Map<string, Area>): void {
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
  table.querySelectorAll<HTMLAnchorElement>("th > a.kf-sort").forEach((link, i) => {
    const th = link.parentElement as HTMLTableCellElement;
    const button = document.createElement("button");
    button.type = "button";
    button.className = link.className;
    button.textContent = link.textContent;
    link.replaceWith(button);
    button.addEventListener("click", () => {
      const up = th.getAttribute("aria-sort") === (i === 0 ? "ascending" : "descending") ? i !== 0 : i === 0;
      for (const other of table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
      th.setAttribute("aria-sort", up ? "ascending" : "descending");
      const sign = up ? 1 : -1;
      const list = [...areas.values()].sort((a, b) => {
        if (i === 0) return sign * collator.compare(a.name, b.name);
        if (Number.isNaN(a.value) || Number.isNaN(b.value)) return Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value));
        return sign * (a.value - b.value);
      });
      table.tBodies[0]?.append(...list.map((a) => a.row));
    });
  });
}
