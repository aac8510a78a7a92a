// SPDX-License-Identifier: EUPL-1.2

// One selection for map, table and chart: whoever changes it, all follow.

export interface State {
  selected: string;
  hover: string;
  // Rows of the legend that are pressed, as class "c0", state "snodata", sign "d+" or "a"; empty: all areas count.
  picked: ReadonlySet<string>;
  // Values the chart was brushed over.
  range: readonly [number, number] | null;
}

type Listener = (now: State, before: State) => void;

export class Store {
  #state: State = { selected: "", hover: "", picked: new Set(), range: null };
  #listeners = new Set<Listener>();

  get state(): State {
    return this.#state;
  }

  set(part: Partial<State>): void {
    const before = this.#state;
    const now = { ...before, ...part };
    if (Object.keys(part).every((k) => before[k as keyof State] === now[k as keyof State])) return;
    this.#state = now;
    for (const f of this.#listeners) f(now, before);
  }

  listen(f: Listener): () => void {
    this.#listeners.add(f);
    return () => this.#listeners.delete(f);
  }
}

// Area is what the page's table says of an area.
export interface Area {
  key: string;
  name: string;
  row: HTMLTableRowElement;
  value: number; // NaN where none is shown
  // The class in the first and second map, "c0" or "snodata".
  fills: [string, string];
  signs: [string, string]; // "d+", "d-" or ""
  attention: [boolean, boolean];
  href: string;
}

// readAreas takes the areas from the table, the one place where they stand.
export function readAreas(table: HTMLTableElement): Map<string, Area> {
  const areas = new Map<string, Area>();
  for (const row of table.tBodies[0]?.rows ?? []) {
    const { k, c, s, v, d, c2, s2, d2 } = row.dataset;
    const link = row.querySelector<HTMLAnchorElement>("th a");
    if (k === undefined || !link) continue;
    const fill = (cls?: string, state?: string) => (cls !== undefined ? `c${cls}` : `s${state ?? "nodata"}`);
    areas.set(k, {
      key: k,
      name: link.textContent ?? "",
      row,
      value: v === undefined ? NaN : Number(v),
      fills: [fill(c, s), fill(c2, s2)],
      signs: [d ? `d${d}` : "", d2 ? `d${d2}` : ""],
      attention: [row.hasAttribute("data-a"), row.hasAttribute("data-a2")],
      href: link.href,
    });
  }
  return areas;
}

// counts tells whether an area is among those the reader has picked.
export function counts(a: Area, s: State): boolean {
  if (s.picked.size > 0) {
    const own = [a.fills[0], a.signs[0], a.attention[0] ? "a" : ""];
    if (!own.some((x) => x !== "" && s.picked.has(x))) return false;
  }
  if (s.range) {
    const [low, high] = s.range;
    if (!(a.value >= low && a.value <= high)) return false;
  }
  return true;
}
