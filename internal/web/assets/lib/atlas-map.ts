// SPDX-License-Identifier: EUPL-1.2

import type { ExpressionSpecification, GeoJSONSource, Map as Maplibre, StyleSpecification } from "maplibre-gl";
import { type Area, type Store, counts } from "./atlas-store";
import { type Colours, colours } from "./atlas-legend";
import { type Outlines, type Position, boxOf, middles, next } from "./atlas-outline";
import { sprites, words } from "./atlas-sprites";

// What a map needs of the page.
export interface Page {
  store: Store;
  areas: () => Map<string, Area>;
  say: (text: string) => void;
  point: (key: string, x: number, y: number) => void;
}

const fetched = new Map<string, Promise<Outlines>>();

function outlines(url: string): Promise<Outlines> {
  let p = fetched.get(url);
  if (!p) {
    p = fetch(url).then((r) => {
      if (!r.ok) throw new Error(`${url}: ${r.status}`);
      return r.json() as Promise<Outlines>;
    });
    p.catch(() => fetched.delete(url));
    fetched.set(url, p);
  }
  return p;
}

// MapView lays a map that can be moved over the drawing of the server. Where the browser cannot, the drawing stays.
export class MapView {
  figure: HTMLElement;
  readonly which: 0 | 1;
  #page: Page;
  #map: Maplibre | undefined;
  #places = new Map<string, Position>();
  #colours: Colours = { fill: new Map(), line: new Map() };
  #box: HTMLElement;
  #off = new AbortController();
  #unlisten: () => void;
  #peers: MapView[] = [];
  #moving = false;

  constructor(figure: HTMLElement, which: 0 | 1, page: Page) {
    this.figure = figure;
    this.which = which;
    this.#page = page;
    this.#box = document.createElement("div");
    this.#box.className = "ka__gl";
    this.#unlisten = page.store.listen((now, before) => {
      if (now.selected !== before.selected) this.#select(now.selected);
      if (now.hover !== before.hover) {
        this.#state(before.hover, { hover: false });
        this.#state(now.hover, { hover: true });
      }
      if (now.picked !== before.picked || now.range !== before.range) this.#dim();
    });
  }

  get outlinesUrl(): string {
    return this.figure.dataset.outlines ?? "";
  }

  follow(peers: MapView[]): void {
    this.#peers = peers.filter((p) => p !== this);
  }

  // adopt takes over a figure the server has drawn anew for the same areas.
  adopt(figure: HTMLElement, legend: HTMLElement): void {
    this.figure = figure;
    if (!this.#map) return;
    const canvas = figure.querySelector<HTMLElement>(".ka__canvas");
    canvas?.append(this.#box);
    if (canvas) canvas.dataset.gl = "1";
    this.#buttons(canvas);
    this.#box.setAttribute("aria-label", figure.dataset.label ?? "");
    this.#map.resize();
    this.paint(legend);
  }

  destroy(): void {
    this.#off.abort();
    this.#unlisten();
    this.#map?.remove();
    this.#box.remove();
    delete this.figure.querySelector<HTMLElement>(".ka__canvas")?.dataset.gl;
  }

  async start(legend: HTMLElement): Promise<void> {
    const canvas = this.figure.querySelector<HTMLElement>(".ka__canvas");
    if (!canvas) return;
    const [gl, data] = await Promise.all([import("maplibre-gl"), outlines(this.outlinesUrl)]);
    const around = this.figure.dataset.around ? await outlines(this.figure.dataset.around) : null;
    if (this.#off.signal.aborted) return;
    this.#places = middles(data);
    const box = boxOf(data);
    canvas.append(this.#box);
    const { figure } = this;
    const map = new gl.Map({
      container: this.#box,
      style: style(data, around),
      bounds: box,
      fitBoundsOptions: { padding: 14 },
      maxZoom: 17,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      keyboard: false,
      attributionControl: false,
      cooperativeGestures: true,
      fadeDuration: 0,
      locale: {
        "CooperativeGesturesHandler.WindowsHelpText": figure.dataset.wheel ?? "",
        "CooperativeGesturesHandler.MacHelpText": figure.dataset.wheel ?? "",
        "CooperativeGesturesHandler.MobileHelpText": figure.dataset.fingers ?? "",
      },
    });
    map.touchZoomRotate.disableRotation();
    await new Promise<void>((done, fail) => {
      map.once("load", () => done());
      map.once("error", (e) => fail(e.error));
    });
    if (this.#off.signal.aborted) {
      map.remove();
      return;
    }
    this.#map = map;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const wide = map.cameraForBounds(box, { padding: 14 })?.zoom ?? map.getZoom();
    map.setMinZoom(wide - 0.7);
    canvas.dataset.gl = "1";
    this.#buttons(canvas, () => map.fitBounds(box, { padding: 14, animate: !still }));
    this.paint(legend, around);
    this.#select(this.#page.store.state.selected);
    this.#pointer(map);
    this.#keys(map);
    map.on("move", () => this.#lead(map));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.paint(legend, around), { signal: this.#off.signal });
  }

  // paint gives every area the colour of its class in the legend.
  paint(legend: HTMLElement, around?: Outlines | null): void {
    const map = this.#map;
    if (!map) return;
    const css = getComputedStyle(document.documentElement);
    this.#colours = colours(legend);
    for (const s of sprites(css)) this.#image(map, s.name, s.data, s.pixelRatio);
    if (around) {
      for (const f of around.features) {
        const w = words(f.properties.name, css);
        this.#image(map, w.name, w.data, w.pixelRatio);
      }
    }
    if (!map.getLayer("signs")) pictures(map);
    const token = (name: string) => css.getPropertyValue(name).trim();
    map.setPaintProperty("fill", "fill-color", this.#match(this.#colours.fill, token("--kf-sg")));
    map.setPaintProperty("edge", "line-color", this.#match(this.#colours.line, token("--kf-sl")));
    map.setPaintProperty("around", "line-color", token("--kf-ink"));
    map.setPaintProperty("attention", "line-color", token("--kf-ink"));
    map.setPaintProperty("attention-gap", "line-color", token("--kf-paper"));
    map.setPaintProperty("hover", "line-color", token("--kf-accent"));
    map.setPaintProperty("selected", "line-color", token("--kf-accent"));
    map.setPaintProperty("halo", "line-color", token("--kf-paper"));
    const areas = this.#page.areas();
    const special: Outlines["features"] = [];
    const attention: string[] = [];
    const signs: { type: "Feature"; properties: { sign: string }; geometry: { type: "Point"; coordinates: Position } }[] = [];
    void outlines(this.outlinesUrl).then((data) => {
      for (const f of data.features) {
        const a = areas.get(f.properties.key);
        const fill = a?.fills[this.which] ?? "snodata";
        map.setFeatureState({ source: "areas", id: f.properties.key }, { fill });
        if (fill.startsWith("s")) special.push({ ...f, properties: { ...f.properties, special: fill.slice(1) } as never });
        if (!a) continue;
        if (a.attention[this.which]) attention.push(a.key);
        const at = this.#places.get(a.key);
        const sign = a.signs[this.which];
        if (sign && at) signs.push({ type: "Feature", properties: { sign }, geometry: { type: "Point", coordinates: at } });
      }
      (map.getSource("special") as GeoJSONSource).setData({ type: "FeatureCollection", features: special });
      (map.getSource("signs") as GeoJSONSource).setData({ type: "FeatureCollection", features: signs });
      for (const layer of ["attention", "attention-gap"]) map.setFilter(layer, ["in", ["get", "key"], ["literal", attention]]);
      this.#dim();
    });
  }

  #image(map: Maplibre, name: string, data: ImageData, pixelRatio: number): void {
    if (map.hasImage(name)) map.removeImage(name);
    map.addImage(name, data, { pixelRatio });
  }

  #match(list: Map<string, string>, otherwise: string): ExpressionSpecification | string {
    if (list.size === 0) return otherwise;
    return ["match", ["to-string", ["feature-state", "fill"]], ...[...list].flat(), otherwise] as unknown as ExpressionSpecification;
  }

  #state(key: string, state: Record<string, unknown>): void {
    if (key && this.#map) this.#map.setFeatureState({ source: "areas", id: key }, state);
  }

  #dim(): void {
    const { store, areas } = this.#page;
    for (const a of areas().values()) {
      const dim = !counts(a, store.state);
      this.#state(a.key, { dim });
      if (a.fills[this.which].startsWith("s")) this.#map?.setFeatureState({ source: "special", id: a.key }, { dim });
    }
  }

  #select(key: string): void {
    const map = this.#map;
    if (!map) return;
    map.setFilter("selected", ["==", ["get", "key"], key]);
    map.setFilter("halo", ["==", ["get", "key"], key]);
    const at = this.#places.get(key);
    if (at && !map.getBounds().contains(at)) map.easeTo({ center: at, animate: !matchMedia("(prefers-reduced-motion: reduce)").matches });
  }

  #pointer(map: Maplibre): void {
    const { store, point } = this.#page;
    map.on("mousemove", (e) => {
      const f = map.queryRenderedFeatures(e.point, { layers: ["fill"] })[0];
      const key = typeof f?.properties.key === "string" ? f.properties.key : "";
      store.set({ hover: key });
      point(key, e.originalEvent.clientX, e.originalEvent.clientY);
    });
    map.on("mouseout", () => {
      store.set({ hover: "" });
      point("", 0, 0);
    });
    map.on("click", (e) => {
      const f = map.queryRenderedFeatures(e.point, { layers: ["fill"] })[0];
      const key = typeof f?.properties.key === "string" ? f.properties.key : "";
      store.set({ selected: key === store.state.selected ? "" : key });
    });
  }

  // Arrow keys walk from area to area; the live region tells where one is.
  #keys(map: Maplibre): void {
    const box = this.#box;
    box.tabIndex = 0;
    box.setAttribute("role", "application");
    box.setAttribute("aria-label", this.figure.dataset.label ?? "");
    const canvas = map.getCanvas();
    canvas.tabIndex = -1;
    canvas.removeAttribute("role");
    canvas.setAttribute("aria-hidden", "true");
    const { store } = this.#page;
    box.addEventListener("focus", () => this.#page.say(this.figure.dataset.keys ?? ""), { signal: this.#off.signal });
    const steps: Record<string, Position> = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    box.addEventListener(
      "keydown",
      (e) => {
        if (e.ctrlKey || e.altKey || e.metaKey) return;
        const step = steps[e.key];
        const { selected } = store.state;
        if (step) {
          const to = selected && this.#places.has(selected) ? next(this.#places, selected, step) : this.#central(map);
          if (to) store.set({ selected: to });
        } else if (e.key === "Enter" && selected) {
          const href = this.#page.areas().get(selected)?.href;
          if (href) location.assign(href);
        } else if (e.key === "Escape" && selected) {
          store.set({ selected: "" });
        } else if (e.key === "+" || e.key === "=") {
          map.zoomIn({ animate: !still });
        } else if (e.key === "-") {
          map.zoomOut({ animate: !still });
        } else {
          return;
        }
        e.preventDefault();
      },
      { signal: this.#off.signal },
    );
  }

  // central is the area nearest to the middle of what is seen.
  #central(map: Maplibre): string {
    const c = map.getCenter();
    let best = "";
    let least = Infinity;
    for (const [key, [x, y]] of this.#places) {
      const d = (x - c.lng) ** 2 + (y - c.lat) ** 2;
      if (d < least) [least, best] = [d, key];
    }
    return best;
  }

  #whole: () => void = () => undefined;

  #buttons(canvas: HTMLElement | null, whole?: () => void): void {
    if (whole) this.#whole = whole;
    const map = this.#map;
    if (!canvas || !map) return;
    canvas.querySelector(".ka__zoom")?.remove();
    const group = document.createElement("div");
    group.className = "ka__zoom";
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const add = (label: string | undefined, path: string, act: () => void) => {
      const b = document.createElement("button");
      b.type = "button";
      b.setAttribute("aria-label", label ?? "");
      b.title = label ?? "";
      b.innerHTML = `<svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true"><path d="${path}"/></svg>`;
      b.addEventListener("click", act);
      group.append(b);
    };
    const { zoomin, zoomout, whole: all } = this.figure.dataset;
    add(zoomin, "M10 3v14M3 10h14", () => map.zoomIn({ animate: !still }));
    add(zoomout, "M3 10h14", () => map.zoomOut({ animate: !still }));
    add(all, "M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4", () => this.#whole());
    canvas.append(group);
  }

  // lead moves the other map along, so that both show the same piece of the town.
  #lead(map: Maplibre): void {
    if (this.#moving) return;
    for (const peer of this.#peers) {
      const other = peer.#map;
      if (!other) continue;
      peer.#moving = true;
      other.jumpTo({ center: map.getCenter(), zoom: map.getZoom() });
      peer.#moving = false;
    }
  }
}

// dimmed shows areas that are not among the picked ones faintly.
function dimmed(faint: number): ExpressionSpecification {
  return ["case", ["boolean", ["feature-state", "dim"], false], faint, 1];
}

// Layers with pictures come when the pictures are there.
function pictures(map: Maplibre): void {
  map.addLayer({ id: "special", type: "fill", source: "special", paint: { "fill-pattern": ["get", "special"], "fill-opacity": dimmed(0.15) } }, "edge");
  const size: ExpressionSpecification = ["interpolate", ["linear"], ["zoom"], 8, 0.5, 13, 0.9];
  map.addLayer({ id: "signs", type: "symbol", source: "signs", layout: { "icon-image": ["get", "sign"], "icon-overlap": "always", "icon-ignore-placement": true, "icon-size": size } });
  map.addLayer({ id: "names", type: "symbol", source: "names", layout: { "icon-image": ["get", "word"], "icon-padding": 4 } });
}

function style(data: Outlines, around: Outlines | null): StyleSpecification {
  const empty = { type: "FeatureCollection" as const, features: [] };
  const names = around
    ? {
        type: "FeatureCollection" as const,
        features: [...middles(around)].map(([key, at]) => ({
          type: "Feature" as const,
          properties: { word: `w ${around.features.find((f) => f.properties.key === key)?.properties.name ?? ""}` },
          geometry: { type: "Point" as const, coordinates: at },
        })),
      }
    : empty;
  const nobody: ExpressionSpecification = ["in", ["get", "key"], ["literal", []]];
  return {
    version: 8,
    sources: {
      areas: { type: "geojson", data, promoteId: "key", tolerance: 0.2 },
      special: { type: "geojson", data: empty, promoteId: "key", tolerance: 0.2 },
      signs: { type: "geojson", data: empty },
      around: { type: "geojson", data: around ?? empty, tolerance: 0.2 },
      names: { type: "geojson", data: names },
    },
    layers: [
      { id: "fill", type: "fill", source: "areas", paint: { "fill-opacity": dimmed(0.15), "fill-antialias": false } },
      { id: "edge", type: "line", source: "areas", paint: { "line-width": 0.9, "line-opacity": dimmed(0.4) } },
      { id: "around", type: "line", source: "around", layout: { "line-join": "round" }, paint: { "line-width": 2.2 } },
      { id: "attention", type: "line", source: "areas", filter: nobody, layout: { "line-join": "round" }, paint: { "line-width": 5 } },
      { id: "attention-gap", type: "line", source: "areas", filter: nobody, layout: { "line-join": "round" }, paint: { "line-width": 1.6 } },
      { id: "hover", type: "line", source: "areas", layout: { "line-join": "round" }, paint: { "line-width": 3, "line-opacity": ["case", ["boolean", ["feature-state", "hover"], false], 1, 0] } },
      { id: "halo", type: "line", source: "areas", filter: ["==", ["get", "key"], ""], layout: { "line-join": "round" }, paint: { "line-width": 8 } },
      { id: "selected", type: "line", source: "areas", filter: ["==", ["get", "key"], ""], layout: { "line-join": "round" }, paint: { "line-width": 4.5 } },
    ],
  };
}
