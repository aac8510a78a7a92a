// SPDX-License-Identifier: EUPL-1.2

// Places of areas, from the outlines the server sends.

export type Position = [number, number];

export interface Outlines {
  type: "FeatureCollection";
  features: {
    type: "Feature";
    properties: { key: string; name: string };
    geometry: { type: "MultiPolygon"; coordinates: Position[][][] };
  }[];
}

export type Box = [number, number, number, number]; // west, south, east, north

export function boxOf(outlines: Outlines): Box {
  const box: Box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const f of outlines.features) {
    for (const polygon of f.geometry.coordinates) {
      for (const [x, y] of polygon[0] ?? []) {
        box[0] = Math.min(box[0], x);
        box[1] = Math.min(box[1], y);
        box[2] = Math.max(box[2], x);
        box[3] = Math.max(box[3], y);
      }
    }
  }
  return box;
}

// middles gives each area a point inside its largest part: the middle of the widest of several rows through it.
export function middles(outlines: Outlines): Map<string, Position> {
  const out = new Map<string, Position>();
  for (const f of outlines.features) {
    let best: Position[][] | undefined;
    let most = -1;
    for (const polygon of f.geometry.coordinates) {
      const size = Math.abs(shoelace(polygon[0] ?? []));
      if (size > most) [best, most] = [polygon, size];
    }
    if (best) out.set(f.properties.key, middle(best));
  }
  return out;
}

function shoelace(ring: Position[]): number {
  let sum = 0;
  for (let i = 0; i + 1 < ring.length; i++) {
    const [a, b] = [ring[i] as Position, ring[i + 1] as Position];
    sum += a[0] * b[1] - b[0] * a[1];
  }
  return sum;
}

function middle(polygon: Position[][]): Position {
  const ys = (polygon[0] ?? []).map((p) => p[1]);
  const [low, high] = [Math.min(...ys), Math.max(...ys)];
  let best: Position = [polygon[0]?.[0]?.[0] ?? 0, (low + high) / 2];
  let widest = -Infinity;
  for (let i = 3; i <= 9; i++) {
    const y = low + ((high - low) * i) / 12 + 1e-9;
    const xs: number[] = [];
    for (const ring of polygon) {
      for (let j = 0; j + 1 < ring.length; j++) {
        const [a, b] = [ring[j] as Position, ring[j + 1] as Position];
        if (a[1] < y !== b[1] < y) xs.push(a[0] + ((y - a[1]) / (b[1] - a[1])) * (b[0] - a[0]));
      }
    }
    xs.sort((a, b) => a - b);
    for (let j = 0; j + 1 < xs.length; j += 2) {
      const width = (xs[j + 1] as number) - (xs[j] as number);
      if (width > widest) [widest, best] = [width, [((xs[j] as number) + (xs[j + 1] as number)) / 2, y]];
    }
  }
  return best;
}

// next finds the area a step in a direction leads to: near, and not far off the direction.
export function next(places: Map<string, Position>, from: string, direction: Position): string {
  const start = places.get(from);
  if (!start) return "";
  const squeeze = Math.cos((start[1] * Math.PI) / 180);
  let best = "";
  let least = Infinity;
  for (const [key, p] of places) {
    if (key === from) continue;
    const dx = (p[0] - start[0]) * squeeze;
    const dy = p[1] - start[1];
    const along = dx * direction[0] + dy * direction[1];
    const across = Math.abs(dx * direction[1] - dy * direction[0]);
    if (along <= 0 || across > 2 * along) continue;
    const cost = along + 2 * across;
    if (cost < least) [least, best] = [cost, key];
  }
  return best;
}
