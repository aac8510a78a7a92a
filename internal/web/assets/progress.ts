// SPDX-License-Identifier: EUPL-1.2

// Keeps the bar of a job current. Without script the page reloads itself instead.

interface Progress {
  phase: "waiting" | "running" | "done" | "failed";
  percent: number;
  known: boolean;
  text: string;
  next?: string;
}

// Screen readers hear every tenth per cent, not each.
function announce(box: HTMLElement, p: Progress): void {
  const live = box.querySelector<HTMLElement>("[role=status]");
  const step = Math.floor(p.percent / 10) * 10;
  if (!live || live.dataset.step === String(step)) return;
  live.dataset.step = String(step);
  live.textContent = p.known ? `${step} %` : p.text;
}

async function follow(box: HTMLElement): Promise<void> {
  const url = box.dataset.progress;
  const bar = box.querySelector("progress");
  const label = box.querySelector("label");
  if (!url || !bar || !label) return;
  let pause = 500;
  for (;;) {
    await new Promise((wake) => setTimeout(wake, pause));
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" }, cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      const p = (await answer.json()) as Progress;
      label.textContent = p.text;
      if (p.known) bar.value = p.percent;
      announce(box, p);
      if (p.next) {
        location.assign(p.next);
        return;
      }
      pause = 1000;
    } catch {
      // The server restarts or the line is down: ask again, ever more rarely.
      pause = Math.min(pause * 2, 15000);
    }
  }
}

for (const box of document.querySelectorAll<HTMLElement>("[data-progress]")) void follow(box);
