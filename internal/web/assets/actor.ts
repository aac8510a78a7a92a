// SPDX-License-Identifier: EUPL-1.2

// A map that can be moved in place of the drawing of the server. Without WebGL, or when anything fails, the drawing stays; the list on the page
// says the same either way.

type Pin = { name: string; kind: string; href?: string; lat: number; lon: number };

async function live(figure: HTMLElement): Promise<void> {
  const drawing = figure.querySelector<HTMLElement>(".ak-map__svg");
  const address = figure.dataset.areas;
  if (!drawing || !address) return;
  const pins = JSON.parse(figure.dataset.pins ?? "[]") as Pin[];
  const [gl, areas] = await Promise.all([
    import("maplibre-gl"),
    fetch(address).then((r) => {
      if (!r.ok) throw new Error(`${address}: ${r.status}`);
      return r.json();
    }),
  ]);
  const css = getComputedStyle(document.documentElement);
  const colour = (name: string, otherwise: string) => css.getPropertyValue(name).trim() || otherwise;
  const box = document.createElement("div");
  box.className = "ak-map__live";
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", figure.dataset.label ?? "");
  drawing.before(box);
  const bounds = new gl.LngLatBounds();
  for (const p of pins) bounds.extend([p.lon, p.lat]);
  const map = new gl.Map({
    container: box,
    bounds,
    fitBoundsOptions: { padding: 60, maxZoom: 14 },
    maxZoom: 18,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    attributionControl: false,
    cooperativeGestures: true,
    fadeDuration: 0,
    locale: {
      "CooperativeGesturesHandler.WindowsHelpText": figure.dataset.wheel ?? "",
      "CooperativeGesturesHandler.MacHelpText": figure.dataset.wheel ?? "",
      "CooperativeGesturesHandler.MobileHelpText": figure.dataset.fingers ?? "",
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
  const undo = () => {
    map.remove();
    box.remove();
    drawing.hidden = false;
  };
  try {
    await new Promise<void>((done, fail) => {
      map.once("load", () => done());
      map.once("error", (e) => fail(e.error));
    });
  } catch (e) {
    undo();
    throw e;
  }
  drawing.hidden = true;
  const point = (p: Pin) => ({ type: "Feature" as const, properties: { name: p.name, href: p.href ?? "" }, geometry: { type: "Point" as const, coordinates: [p.lon, p.lat] } });
  map.addSource("pins", { type: "geojson", data: { type: "FeatureCollection", features: pins.map(point) } });
  map.addLayer({
    id: "pins",
    type: "circle",
    source: "pins",
    paint: { "circle-color": colour("--kf-copper", "#8a4b1f"), "circle-stroke-color": colour("--kf-paper", "#fff"), "circle-stroke-width": 1.5, "circle-radius": 7 },
  });
  const name = document.createElement("a");
  name.className = "ak-map__name";
  map.on("click", (e) => {
    name.remove();
    const hit = map.queryRenderedFeatures(e.point, { layers: ["pins"] })[0];
    if (!hit) return;
    name.textContent = String(hit.properties.name);
    if (hit.properties.href) name.href = String(hit.properties.href);
    box.append(name);
    name.focus({ preventScroll: true });
  });
  map.on("mouseenter", "pins", () => (map.getCanvas().style.cursor = "pointer"));
  map.on("mouseleave", "pins", () => (map.getCanvas().style.cursor = ""));
}

for (const figure of document.querySelectorAll<HTMLElement>("[data-actor-map]")) {
  live(figure).catch((e: unknown) => console.info("map:", e));
}
