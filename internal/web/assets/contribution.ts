// SPDX-License-Identifier: EUPL-1.2

// Maps of contributions: where those of a list lie, where one lies, and where a new one is to lie. Without WebGL, or when anything fails, the map
// stays away: the list, the choice of an area and the coordinates do without.

import type { GeoJSONSource, Map as Maplibre, MapMouseEvent } from "maplibre-gl";

type Position = [number, number];
type Shape = { type: "Point"; coordinates: Position } | { type: "LineString"; coordinates: Position[] } | { type: "Polygon"; coordinates: Position[][] };

const none = { type: "FeatureCollection" as const, features: [] };

// open makes a map with the outlines of the town below.
async function open(box: HTMLElement, keyboard: boolean): Promise<Maplibre> {
  if (!document.createElement("canvas").getContext("webgl2")) throw new Error("no WebGL");
  const [gl, areas] = await Promise.all([import("maplibre-gl"), fetch(box.dataset.outlines ?? "").then((r) => (r.ok ? r.json() : none))]);
  const css = getComputedStyle(document.documentElement);
  const colour = (name: string, otherwise: string) => css.getPropertyValue(name).trim() || otherwise;
  box.hidden = false;
  const bounds = box.dataset.box?.split(",").map(Number) as [number, number, number, number] | undefined;
  const map = new gl.Map({
    container: box,
    ...(bounds ? { bounds } : {}),
    fitBoundsOptions: { padding: 16 },
    maxZoom: 18,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    keyboard,
    attributionControl: false,
    cooperativeGestures: true,
    fadeDuration: 0,
    locale: {
      "CooperativeGesturesHandler.WindowsHelpText": box.dataset.wheel ?? "",
      "CooperativeGesturesHandler.MacHelpText": box.dataset.wheel ?? "",
      "CooperativeGesturesHandler.MobileHelpText": box.dataset.fingers ?? "",
    },
    style: {
      version: 8,
      sources: { areas: { type: "geojson", data: areas, tolerance: 0.2 } },
      layers: [
        { id: "fill", type: "fill", source: "areas", paint: { "fill-color": colour("--kf-surface", "#f4f4f4") } },
        { id: "edge", type: "line", source: "areas", paint: { "line-color": colour("--kf-muted", "#667"), "line-width": 0.8 } },
      ],
    },
  });
  map.touchZoomRotate.disableRotation();
  map.getCanvas().setAttribute("aria-label", box.dataset.label ?? ""); // the library makes it a region
  await new Promise<void>((done, fail) => {
    map.once("load", () => done());
    map.once("error", (e) => fail(e.error));
  });
  return map;
}

const accent = () => getComputedStyle(document.documentElement).getPropertyValue("--kf-copper").trim() || "#8a4b1f";
const paper = () => getComputedStyle(document.documentElement).getPropertyValue("--kf-paper").trim() || "#fff";

// The map of a list: many at one place are one circle, a click shows them or goes nearer.
async function points(box: HTMLElement): Promise<void> {
  const map = await open(box, true);
  map.addSource("points", { type: "geojson", data: box.dataset.points ?? "", cluster: true, clusterRadius: 42, clusterMaxZoom: 16 });
  map.addLayer({
    id: "clusters",
    type: "circle",
    source: "points",
    filter: ["has", "point_count"],
    paint: {
      "circle-color": accent(),
      "circle-opacity": 0.75,
      "circle-stroke-color": paper(),
      "circle-stroke-width": 2,
      "circle-radius": ["interpolate", ["linear"], ["sqrt", ["get", "point_count"]], 1, 9, 50, 34],
    },
  });
  map.addLayer({
    id: "points",
    type: "circle",
    source: "points",
    filter: ["!", ["has", "point_count"]],
    paint: { "circle-color": accent(), "circle-stroke-color": paper(), "circle-stroke-width": 1.5, "circle-radius": 6 },
  });
  let list: HTMLElement | undefined;
  const close = () => {
    list?.remove();
    list = undefined;
  };
  map.on("click", async (e: MapMouseEvent) => {
    close();
    const hit = map.queryRenderedFeatures(e.point, { layers: ["points", "clusters"] })[0];
    if (!hit) return;
    let found = [hit.properties];
    if (hit.properties.cluster_id !== undefined) {
      const source = map.getSource("points") as GeoJSONSource;
      const zoom = await source.getClusterExpansionZoom(hit.properties.cluster_id as number);
      if (zoom <= 17 && map.getZoom() < 16) {
        map.easeTo({ center: e.lngLat, zoom, animate: !matchMedia("(prefers-reduced-motion: reduce)").matches });
        return;
      }
      found = (await source.getClusterLeaves(hit.properties.cluster_id as number, 30, 0)).map((f) => f.properties ?? {});
    }
    list = document.createElement("ul");
    list.className = "kv-map__list";
    for (const p of found) {
      const a = document.createElement("a");
      a.href = `${box.dataset.page}/${encodeURIComponent(String(p.n))}`;
      a.textContent = String(p.t);
      const li = document.createElement("li");
      li.append(a);
      list.append(li);
    }
    if (found.length > 1) list.setAttribute("aria-label", box.dataset.many ?? "");
    box.append(list);
    list.querySelector("a")?.focus({ preventScroll: true });
  });
  for (const layer of ["points", "clusters"]) {
    map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
    map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
  }
}

function corners(g: Shape): Position[] {
  if (g.type === "Point") return [g.coordinates];
  return g.type === "LineString" ? g.coordinates : (g.coordinates[0] ?? []);
}

function show(map: Maplibre, g: Shape): void {
  const data = { type: "Feature" as const, properties: {}, geometry: g };
  const source = map.getSource("shape") as GeoJSONSource | undefined;
  if (source) {
    source.setData(data);
    return;
  }
  map.addSource("shape", { type: "geojson", data });
  map.addLayer({ id: "shape-fill", type: "fill", source: "shape", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": accent(), "fill-opacity": 0.3 } });
  map.addLayer({ id: "shape-line", type: "line", source: "shape", paint: { "line-color": accent(), "line-width": 3 } });
  map.addLayer({
    id: "shape-point",
    type: "circle",
    source: "shape",
    filter: ["==", ["geometry-type"], "Point"],
    paint: { "circle-color": accent(), "circle-stroke-color": paper(), "circle-stroke-width": 2, "circle-radius": 9 },
  });
}

// The map of one contribution.
async function one(box: HTMLElement): Promise<void> {
  const map = await open(box, true);
  const g = JSON.parse(box.dataset.geometry ?? "") as Shape;
  show(map, g);
  const xs = corners(g).map((p) => p[0]);
  const ys = corners(g).map((p) => p[1]);
  map.fitBounds([Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)], { padding: 40, maxZoom: 14, animate: false });
}

// unfolded waits until what a box lies in is open: a map needs to know how large it is.
function unfolded(box: HTMLElement): Promise<void> {
  const fold = box.closest("details");
  if (!fold || fold.open) return Promise.resolve();
  return new Promise((done) => fold.addEventListener("toggle", () => done(), { once: true }));
}

// Drawing a place: a click or Enter sets a corner; the kind says what becomes of them.
async function pick(box: HTMLElement): Promise<void> {
  const field = box.parentElement?.querySelector<HTMLInputElement>("[data-geometry]");
  const typed = document.querySelector<HTMLInputElement>("#feld-place");
  if (!field) return;
  await unfolded(box);
  const map = await open(box, true);
  let kind: "point" | "line" | "area" = "point";
  let at: Position[] = [];
  const live = document.createElement("p");
  live.className = "kern-sr-only";
  live.setAttribute("role", "status");
  const cross = document.createElement("div");
  cross.className = "kv-map__cross";
  cross.hidden = true;
  const draw = () => {
    let g: Shape | undefined;
    const last = at[at.length - 1];
    if (kind === "point" && last) g = { type: "Point", coordinates: last };
    else if (kind === "line" && at.length > 1) g = { type: "LineString", coordinates: at };
    else if (kind === "area" && at.length > 2) g = { type: "Polygon", coordinates: [[...at, at[0] as Position]] };
    const preview: Shape | undefined = g ?? (at.length > 1 ? { type: "LineString", coordinates: at } : last ? { type: "Point", coordinates: last } : undefined);
    if (preview) show(map, preview);
    else (map.getSource("shape") as GeoJSONSource | undefined)?.setData(none);
    field.value = g ? JSON.stringify(g) : "";
    if (typed && g) typed.value = "";
    live.textContent = g ? (box.dataset.done ?? "") : "";
  };
  const set = (p: Position) => {
    const short: Position = [Math.round(p[0] * 1e6) / 1e6, Math.round(p[1] * 1e6) / 1e6];
    at = kind === "point" ? [short] : [...at, short];
    draw();
  };
  map.on("click", (e: MapMouseEvent) => set([e.lngLat.lng, e.lngLat.lat]));
  const canvas = map.getCanvas();
  canvas.addEventListener("focus", () => (cross.hidden = false));
  canvas.addEventListener("blur", () => (cross.hidden = true));
  canvas.addEventListener("keydown", (e) => {
    if (e.key !== "Enter") return;
    e.preventDefault();
    const c = map.getCenter();
    set([c.lng, c.lat]);
  });
  const tools = document.createElement("div");
  tools.className = "kv-map__tools";
  const buttons = new Map<string, HTMLButtonElement>();
  for (const name of ["point", "line", "area", "clear"] as const) {
    const b = document.createElement("button");
    b.type = "button";
    b.textContent = box.dataset[name] ?? name;
    b.addEventListener("click", () => {
      at = [];
      if (name !== "clear") kind = name;
      for (const [n, x] of buttons) if (n !== "clear") x.setAttribute("aria-pressed", String(n === kind));
      draw();
    });
    buttons.set(name, b);
    tools.append(b);
  }
  buttons.get("point")?.setAttribute("aria-pressed", "true");
  for (const n of ["line", "area"]) buttons.get(n)?.setAttribute("aria-pressed", "false");
  box.append(tools, cross, live);
  if (field.value) {
    const g = JSON.parse(field.value) as Shape;
    kind = g.type === "Point" ? "point" : g.type === "LineString" ? "line" : "area";
    at = corners(g);
    if (kind === "area") at = at.slice(0, -1);
    const typing = typed?.value ?? "";
    draw();
    if (typed) typed.value = typing;
    for (const [n, x] of buttons) if (n !== "clear") x.setAttribute("aria-pressed", String(n === kind));
  }
}

const hide = (box: HTMLElement) => () => {
  box.hidden = true;
  box.dataset.failed = "";
  box.replaceChildren();
};
for (const box of document.querySelectorAll<HTMLElement>(".kv-map[data-points]")) points(box).catch(hide(box));
for (const box of document.querySelectorAll<HTMLElement>(".kv-map[data-geometry]")) one(box).catch(hide(box));
for (const box of document.querySelectorAll<HTMLElement>(".kv-map[data-pick]")) pick(box).catch(hide(box));
