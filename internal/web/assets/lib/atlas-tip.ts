// SPDX-License-Identifier: EUPL-1.2

import type { Area } from "./atlas-store";

// The note at the pointer says what the row of the table says. It is for the eye only: the live region and the table tell everybody else.
export class Tip {
  #el: HTMLElement;
  #key = "";

  constructor() {
    this.#el = document.createElement("div");
    this.#el.className = "ka__tip";
    this.#el.hidden = true;
    this.#el.setAttribute("aria-hidden", "true");
    document.body.append(this.#el);
  }

  show(area: Area, heads: string[], title: string, x: number, y: number): void {
    if (this.#key !== area.key + title) {
      this.#key = area.key + title;
      this.#fill(area, heads, title);
    }
    const el = this.#el;
    el.hidden = false;
    const { offsetWidth: w, offsetHeight: h } = el;
    const left = x + 18 + w > innerWidth ? Math.max(4, x - w - 14) : x + 18;
    const top = y + 18 + h > innerHeight ? Math.max(4, y - h - 14) : y + 18;
    el.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  hide(): void {
    this.#el.hidden = true;
    this.#key = "";
  }

  #fill(area: Area, heads: string[], title: string): void {
    const name = document.createElement("strong");
    name.textContent = area.name;
    const list = document.createElement("dl");
    const cells = [...area.row.cells].slice(1);
    cells.forEach((cell, i) => {
      const text = cell.textContent?.trim() ?? "";
      if (text === "" || text === "–") return;
      const term = document.createElement("dt");
      term.textContent = heads[i + 1] ?? "";
      const value = document.createElement("dd");
      value.textContent = text;
      list.append(term, value);
    });
    const when = document.createElement("span");
    when.className = "kf-muted";
    when.textContent = title;
    this.#el.replaceChildren(name, list, when);
  }
}

// heads are the words of the table's columns, with their units.
export function heads(table: HTMLTableElement): string[] {
  return [...(table.tHead?.rows[0]?.cells ?? [])].map((th) => {
    const unit = th.querySelector(".kf-unit")?.textContent?.trim();
    const text = (th.querySelector(".kf-sort")?.textContent ?? th.firstChild?.textContent ?? "").trim();
    return unit ? `${text} (${unit})` : text;
  });
}
