// SPDX-License-Identifier: EUPL-1.2

// Pictures the map draws with: hatches for areas without a class, triangles for how an area has changed. They look as in the drawings of the
// server (internal/doc/palette).

const scale = 2; // for sharp screens

function canvas(size: number, draw: (c: CanvasRenderingContext2D) => void): ImageData {
  const el = document.createElement("canvas");
  el.width = el.height = size * scale;
  const c = el.getContext("2d") as CanvasRenderingContext2D;
  c.scale(scale, scale);
  draw(c);
  return c.getImageData(0, 0, el.width, el.height);
}

export interface Sprite {
  name: string;
  data: ImageData;
  pixelRatio: number;
}

export function sprites(css: CSSStyleDeclaration): Sprite[] {
  const colour = (name: string) => css.getPropertyValue(name).trim();
  const hatch = (draw: (c: CanvasRenderingContext2D) => void) =>
    canvas(8, (c) => {
      c.fillStyle = colour("--kf-sg");
      c.fillRect(0, 0, 8, 8);
      c.strokeStyle = c.fillStyle = colour("--kf-sl");
      c.lineWidth = 1;
      draw(c);
    });
  const line = (c: CanvasRenderingContext2D, ...points: number[]) => {
    c.beginPath();
    for (let i = 0; i + 3 < points.length; i += 4) {
      c.moveTo(points[i] as number, points[i + 1] as number);
      c.lineTo(points[i + 2] as number, points[i + 3] as number);
    }
    c.stroke();
  };
  const triangle = (up: boolean) =>
    canvas(20, (c) => {
      c.beginPath();
      const y = (v: number) => (up ? v : 20 - v);
      c.moveTo(10, y(3));
      c.lineTo(18, y(17));
      c.lineTo(2, y(17));
      c.closePath();
      c.lineJoin = "round";
      c.lineWidth = 3;
      c.strokeStyle = colour("--kf-paper");
      c.stroke();
      c.fillStyle = colour("--kf-ink");
      c.fill();
    });
  const list: [string, ImageData][] = [
    ["nodata", hatch((c) => line(c, -2, 2, 2, -2, 0, 8, 8, 0, 6, 10, 10, 6))],
    [
      "suppressed",
      hatch((c) => {
        for (const [x, y] of [
          [2, 2],
          [6, 6],
        ] as const) {
          c.beginPath();
          c.arc(x, y, 1, 0, 7);
          c.fill();
        }
      }),
    ],
    ["notassessed", hatch((c) => line(c, 2, 4, 6, 4, 4, 2, 4, 6))],
    ["d+", triangle(true)],
    ["d-", triangle(false)],
  ];
  return list.map(([name, data]) => ({ name, data, pixelRatio: scale }));
}

// words is a name of a larger area as a picture: the map has no fonts of its own.
export function words(text: string, css: CSSStyleDeclaration): Sprite {
  const font = '600 15px "Fira Sans", sans-serif';
  const probe = document.createElement("canvas").getContext("2d") as CanvasRenderingContext2D;
  probe.font = font;
  const width = Math.ceil(probe.measureText(text).width) + 8;
  const el = document.createElement("canvas");
  el.width = width * scale;
  el.height = 24 * scale;
  const c = el.getContext("2d") as CanvasRenderingContext2D;
  c.scale(scale, scale);
  c.font = font;
  c.textBaseline = "middle";
  c.lineJoin = "round";
  c.lineWidth = 4;
  c.strokeStyle = css.getPropertyValue("--kf-paper").trim();
  c.strokeText(text, 4, 12);
  c.fillStyle = css.getPropertyValue("--kf-ink").trim();
  c.fillText(text, 4, 12);
  return { name: `w ${text}`, data: c.getImageData(0, 0, el.width, el.height), pixelRatio: scale };
}
