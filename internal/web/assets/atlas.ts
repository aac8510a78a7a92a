// SPDX-License-Identifier: EUPL-1.2

// The atlas in the browser: one selection for map, table and chart, maps that move, a time slider, choices that take effect at once. Everything
// it knows it reads from the page the server has drawn, and every change of view is a page of the server.

import { wireChart } from "./lib/atlas-chart";
import { wireLegend } from "./lib/atlas-legend";
import { MapView } from "./lib/atlas-map";
import { type Area, Store, readAreas } from "./lib/atlas-store";
import { wireTable } from "./lib/atlas-table";
import { wireTime } from "./lib/atlas-time";
import { Tip, heads } from "./lib/atlas-tip";

class Atlas {
  readonly root: HTMLElement;
  readonly store = new Store();
  readonly tip = new Tip();
  areas = new Map<string, Area>();
  heads: string[] = [];
  maps: MapView[] = [];
  #undo: (() => void)[] = [];
  #untime: () => void = () => undefined;
  #loading: AbortController | undefined;
  #panel: AbortController | undefined;
  #panels = new Map<string, string>();
  #sayTimer = 0;

  constructor(root: HTMLElement) {
    this.root = root;
    this.store.set({ selected: new URL(location.href).searchParams.get("raum") ?? "" });
    this.store.listen((now, before) => {
      if (now.selected !== before.selected) this.#chosen(now.selected);
    });
    this.wire();
    this.#showAddress();
    this.#startMaps();
    addEventListener("popstate", () => void this.load(location.href, "pop"));
    addEventListener("scroll", () => this.tip.hide(), { passive: true });
    document.addEventListener("keydown", (e) => {
      if (e.key === "Escape") this.tip.hide();
    });
  }

  part(name: string): HTMLElement | null {
    return this.root.querySelector<HTMLElement>(`[data-swap="${name}"]`);
  }

  // wire gives the parts of the page their behaviour; load calls it again for new ones.
  // A slider that is being dragged or is playing stays.
  wire(keepTime = false): void {
    for (const f of this.#undo) f();
    this.#undo = [];
    const table = this.root.querySelector<HTMLTableElement>("table[data-table]");
    if (table) {
      this.areas = readAreas(table);
      this.heads = heads(table);
      this.#undo.push(wireTable(table, this.areas, this.store));
    }
    for (const l of this.root.querySelectorAll<HTMLElement>("[data-legend]")) this.#undo.push(wireLegend(l, this.store));
    const chart = this.root.querySelector<HTMLElement>("[data-dots]");
    if (chart) this.#undo.push(wireChart(chart, this.areas, this.store), this.#hoverTip(chart, "[data-k]", (el) => el.dataset.k ?? ""));
    const times = this.part("zeiten");
    if (times && !keepTime) {
      this.#untime();
      this.#untime = wireTime(times, (href) => void this.load(this.#withSelected(href), "replace"));
    }
    this.#wireForm();
    this.#wireDrawings();
  }

  legendOf(figure: HTMLElement): HTMLElement {
    return figure.querySelector<HTMLElement>("[data-legend]") ?? (this.root.querySelector<HTMLElement>("[data-legend]") as HTMLElement);
  }

  // The drawing of the server: choosing an area needs no new page.
  #wireDrawings(): void {
    for (const figure of this.root.querySelectorAll<HTMLElement>("[data-map]")) {
      const svg = figure.querySelector<SVGSVGElement>(".ka__canvas > svg");
      if (!svg) continue;
      const keys = new Map<Element, string>();
      for (const a of svg.querySelectorAll<SVGAElement>("a[href]")) {
        keys.set(a, new URL(a.href.baseVal, location.href).searchParams.get("raum") ?? "");
      }
      const keyOf = (e: Event) => (e.target instanceof Element ? (keys.get(e.target.closest("a") as Element) ?? "") : "");
      const off = new AbortController();
      svg.addEventListener(
        "click",
        (e) => {
          const key = keyOf(e);
          if (!key || e.ctrlKey || e.metaKey) return;
          e.preventDefault();
          this.store.set({ selected: key });
        },
        { signal: off.signal },
      );
      svg.addEventListener("pointerover", (e) => this.store.set({ hover: keyOf(e) }), { signal: off.signal });
      svg.addEventListener("pointermove", (e) => this.point(keyOf(e), e.clientX, e.clientY), { signal: off.signal });
      svg.addEventListener("pointerleave", () => this.point("", 0, 0), { signal: off.signal });
      this.#undo.push(() => off.abort());
    }
  }

  #hoverTip(box: HTMLElement, selector: string, key: (el: HTMLElement) => string): () => void {
    const off = new AbortController();
    box.addEventListener(
      "pointermove",
      (e) => {
        const el = e.target instanceof Element ? e.target.closest<HTMLElement>(selector) : null;
        this.point(el ? key(el) : "", e.clientX, e.clientY);
      },
      { signal: off.signal },
    );
    box.addEventListener("pointerleave", () => this.tip.hide(), { signal: off.signal });
    return () => off.abort();
  }

  point(key: string, x: number, y: number): void {
    const area = this.areas.get(key);
    if (!area) return this.tip.hide();
    this.tip.show(area, this.heads, this.root.querySelector(".ka__sub strong")?.textContent ?? "", x, y);
  }

  #startMaps(): void {
    const figures = [...this.root.querySelectorAll<HTMLElement>("[data-map]")];
    this.maps = figures.map(
      (f, i) => new MapView(f, i === 0 ? 0 : 1, { store: this.store, areas: () => this.areas, say: (t) => this.say(t), point: (k, x, y) => this.point(k, x, y) }),
    );
    for (const m of this.maps) m.follow(this.maps);
    const start = () => {
      for (const m of this.maps) {
        // Without WebGL, or when anything about it fails, the drawing of the server stays as it is.
        m.start(this.legendOf(m.figure)).catch(() => m.destroy());
      }
    };
    if ("requestIdleCallback" in window) requestIdleCallback(start, { timeout: 1500 });
    else setTimeout(start, 200);
  }

  say(text: string): void {
    const live = this.root.querySelector<HTMLElement>("[data-live]");
    clearTimeout(this.#sayTimer);
    this.#sayTimer = window.setTimeout(() => {
      if (live) live.textContent = text;
    }, 80);
  }

  #query(): URLSearchParams {
    return new URLSearchParams(this.root.dataset.query ?? "");
  }

  #chosen(key: string): void {
    const query = this.#query();
    if (key) query.set("raum", key);
    const url = new URL(location.href);
    url.search = query.toString();
    url.hash = "";
    history.replaceState(null, "", url);
    this.#showAddress();
    const form = this.root.querySelector<HTMLFormElement>("form[data-choices]");
    let field = form?.querySelector<HTMLInputElement>('input[name="raum"]');
    if (form && !field) {
      field = document.createElement("input");
      field.type = "hidden";
      field.name = "raum";
      form.append(field);
    }
    if (field) field.value = key;
    const area = this.areas.get(key);
    if (area) {
      this.say(`${area.name}: ${[...area.row.cells].slice(1).map((c) => c.textContent?.trim()).filter(Boolean).join(", ")}`);
    }
    void this.#showPanel(query);
  }

  // The address of the view with everything that was left to be chosen, ready to be sent to somebody.
  #showAddress(): void {
    const address = this.root.querySelector<HTMLInputElement>("[data-address]");
    if (!address) return;
    const url = new URL(location.href);
    const query = this.#query();
    if (this.store.state.selected) query.set("raum", this.store.state.selected);
    url.search = query.toString();
    url.hash = "";
    address.value = url.href;
  }

  async #showPanel(query: URLSearchParams): Promise<void> {
    const panel = this.part("raum");
    if (!panel) return;
    this.#panel?.abort();
    const id = query.toString();
    const known = this.#panels.get(id);
    if (known !== undefined) {
      panel.innerHTML = known;
      return;
    }
    const own = (this.#panel = new AbortController());
    panel.setAttribute("aria-busy", "true");
    try {
      const r = await fetch(`${this.root.dataset.panel}?${id}`, { signal: own.signal });
      if (!r.ok) throw new Error(String(r.status));
      const html = await r.text();
      this.#panels.set(id, html);
      panel.innerHTML = html;
    } catch (err) {
      if (own.signal.aborted) return;
      // The page itself has everything: go there.
      location.assign(`?${id}#raum`);
      throw err;
    } finally {
      if (this.#panel === own) panel.removeAttribute("aria-busy");
    }
  }

  #withSelected(href: string): string {
    const url = new URL(href, location.href);
    const { selected } = this.store.state;
    if (selected) url.searchParams.set("raum", selected);
    else url.searchParams.delete("raum");
    return url.href;
  }

  #wireForm(): void {
    const form = this.root.querySelector<HTMLFormElement>("form[data-choices]");
    if (!form || form.dataset.wired) return;
    form.dataset.wired = "1";
    const submit = () => {
      const url = new URL(form.action);
      for (const [name, value] of new FormData(form)) if (value !== "") url.searchParams.append(name, String(value));
      void this.load(url.href, "push");
    };
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      submit();
    });
    form.addEventListener("change", (e) => {
      const { target } = e;
      if (!(target instanceof HTMLSelectElement)) return;
      // Own limits and own reference need a number first.
      if (target.name === "klassen" && target.value === "eigene") return form.querySelector<HTMLInputElement>('[name="grenzen"]')?.focus();
      if (target.name === "bezug" && target.value === "eigener") return form.querySelector<HTMLInputElement>('[name="bezugswert"]')?.focus();
      submit();
    });
  }

  // load takes another view from the server and puts its parts into the page.
  async load(href: string, how: "push" | "replace" | "pop"): Promise<void> {
    this.#loading?.abort();
    const own = (this.#loading = new AbortController());
    this.root.setAttribute("aria-busy", "true");
    let page: Document;
    let url: string;
    try {
      const r = await fetch(href, { signal: own.signal, headers: { Accept: "text/html" } });
      url = r.url;
      page = new DOMParser().parseFromString(await r.text(), "text/html");
    } catch {
      if (!own.signal.aborted) location.assign(href);
      return;
    }
    const fresh = page.querySelector<HTMLElement>("[data-atlas]");
    if (!fresh) return location.assign(href); // an error page that says what is wrong
    document.title = page.title;
    if (how === "push") history.pushState(null, "", url);
    else if (how === "replace") history.replaceState(null, "", url);
    this.#swap(fresh, how === "replace");
    this.root.removeAttribute("aria-busy");
    this.say(document.title);
  }

  #swap(fresh: HTMLElement, keepControls: boolean): void {
    const old = this.maps.map((m) => m.outlinesUrl);
    const figures = [...fresh.querySelectorAll<HTMLElement>("[data-map]")];
    const keep = figures.length === old.length && figures.every((f, i) => f.dataset.outlines === old[i]);
    if (!keep) for (const m of this.maps) m.destroy();
    this.root.dataset.query = fresh.dataset.query ?? "";
    this.root.querySelector(".ka__stage")?.setAttribute("class", fresh.querySelector(".ka__stage")?.className ?? "ka__stage");
    const { activeElement } = document;
    const focus = activeElement instanceof HTMLElement && this.root.contains(activeElement) ? activeElement.id : "";
    const open = this.root.querySelector<HTMLDetailsElement>("[data-more]")?.open;
    for (const part of fresh.querySelectorAll<HTMLElement>("[data-swap]")) {
      const name = part.dataset.swap ?? "";
      if (keepControls && name === "zeiten") continue; // the slider is in use
      this.part(name)?.replaceWith(document.adoptNode(part));
    }
    const more = this.root.querySelector<HTMLDetailsElement>("[data-more]");
    if (more && open) more.open = true;
    if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
    const selected = new URL(location.href).searchParams.get("raum") ?? "";
    this.#panels.clear();
    this.wire(keepControls);
    this.#showAddress();
    this.store.set({ picked: new Set(), range: null, selected });
    if (!keep) return this.#startMaps();
    this.root.querySelectorAll<HTMLElement>("[data-map]").forEach((f, i) => this.maps[i]?.adopt(f, this.legendOf(f)));
  }
}

const root = document.querySelector<HTMLElement>("[data-atlas]");
if (root) new Atlas(root);
