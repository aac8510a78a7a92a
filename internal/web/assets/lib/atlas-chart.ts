// SPDX-License-Identifier: EUPL-1.2

import { type Area, type Store, counts } from "./atlas-store";

const svgNS = "http://www.w3.org/2000/svg";

// wireChart links the dots with the selection and lets a range of values be brushed; the legend does the same by button.
export function wireChart(box: HTMLElement, areas: Map<string, Area>, store: Store): () => void {
  const svg = box.querySelector<SVGSVGElement>("svg");
  if (!svg) return () => undefined;
  const dots = new Map<string, SVGCircleElement>();
  for (const c of svg.querySelectorAll<SVGCircleElement>("circle[data-k]")) dots.set(c.dataset.k ?? "", c);
  // The ring the server drew around the chosen dot stays behind when another is chosen.
  svg.querySelector("circle.kf-accent:not([data-k])")?.remove();
  dots.get(store.state.selected)?.classList.add("is-selected");
  const off = new AbortController();
  const { signal } = off;
  const keyOf = (e: Event) => (e.target instanceof Element ? (e.target.closest<SVGElement>("[data-k]")?.dataset.k ?? "") : "");
  svg.addEventListener("pointerover", (e) => store.set({ hover: keyOf(e) }), { signal });
  svg.addEventListener("pointerleave", () => store.set({ hover: "" }), { signal });
  svg.addEventListener(
    "click",
    (e) => {
      const key = keyOf(e);
      if (key) store.set({ selected: key });
    },
    { signal },
  );
  const unlisten = store.listen((now, before) => {
    if (now.hover !== before.hover) {
      dots.get(before.hover)?.classList.remove("is-hover");
      dots.get(now.hover)?.classList.add("is-hover");
    }
    if (now.selected !== before.selected) {
      dots.get(before.selected)?.classList.remove("is-selected");
      dots.get(now.selected)?.classList.add("is-selected");
    }
    if (now.picked !== before.picked || now.range !== before.range) {
      for (const [key, dot] of dots) {
        const area = areas.get(key);
        dot.classList.toggle("is-dim", area !== undefined && !counts(area, now));
      }
      if (!now.range) brush.remove();
    }
  });
  const brush = document.createElementNS(svgNS, "rect");
  brush.setAttribute("class", "ka__brush");
  wireBrush(svg, brush, dots, areas, store, signal);
  return () => {
    off.abort();
    unlisten();
  };
}

// wireBrush turns a drag over the chart into a range of values. Places are turned into values by the dots themselves: two of them fix the axis.
function wireBrush(svg: SVGSVGElement, brush: SVGRectElement, dots: Map<string, SVGCircleElement>, areas: Map<string, Area>, store: Store, signal: AbortSignal): void {
  const places = [...dots].map(([k, c]) => ({ x: c.cx.baseVal.value, v: areas.get(k)?.value ?? NaN, r: c.r.baseVal.value })).filter((p) => !Number.isNaN(p.v));
  if (places.length < 2) return;
  places.sort((a, b) => a.x - b.x || a.v - b.v);
  const height = svg.viewBox.baseVal.height;
  const at = (e: PointerEvent) => new DOMPoint(e.clientX, e.clientY).matrixTransform(svg.getScreenCTM()?.inverse()).x;
  let from = NaN;
  const draw = (to: number) => {
    const [x0, x1] = from < to ? [from, to] : [to, from];
    brush.setAttribute("x", String(x0));
    brush.setAttribute("width", String(Math.max(x1 - x0, 1)));
    brush.setAttribute("y", "2");
    brush.setAttribute("height", String(height - 40));
    const inside = places.filter((p) => p.x >= x0 - p.r && p.x <= x1 + p.r);
    store.set({ range: inside.length ? [Math.min(...inside.map((p) => p.v)), Math.max(...inside.map((p) => p.v))] : [1, 0] });
  };
  svg.addEventListener(
    "pointerdown",
    (e) => {
      if (e.button !== 0 || (e.target instanceof Element && e.target.closest("[data-k]"))) return;
      from = at(e);
      store.set({ range: null });
    },
    { signal },
  );
  svg.addEventListener(
    "pointermove",
    (e) => {
      if (Number.isNaN(from) || e.buttons === 0) return;
      const to = at(e);
      if (Math.abs(to - from) < 4) return;
      if (!brush.isConnected) {
        svg.prepend(brush);
        svg.setPointerCapture(e.pointerId);
      }
      draw(to);
    },
    { signal },
  );
  const end = () => (from = NaN);
  svg.addEventListener("pointerup", end, { signal });
  svg.addEventListener("pointercancel", end, { signal });
}
