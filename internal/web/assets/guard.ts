// SPDX-License-Identifier: EUPL-1.2

// Works out the sum a guarded form asks for, while the form is filled in: a number whose hash together with the form's token begins with so many
// zero bits. In small steps, so that typing is never held up. Not with crypto.subtle: that is missing on pages without HTTPS and slow for many
// short texts.

import { sha256 } from "@noble/hashes/sha2.js";

const words = new TextEncoder();

function zeroBits(hash: Uint8Array): number {
  let n = 0;
  for (const byte of hash) {
    if (byte === 0) {
      n += 8;
      continue;
    }
    return n + Math.clz32(byte) - 24;
  }
  return n;
}

function solve(token: string, bits: number, done: (number: string) => void): void {
  let n = 0;
  const step = (): void => {
    const until = performance.now() + 8;
    while (performance.now() < until) {
      for (let i = 0; i < 50; i++, n++) {
        if (zeroBits(sha256(words.encode(`${token}:${n}`))) >= bits) {
          done(String(n));
          return;
        }
      }
    }
    setTimeout(step, 0);
  };
  step();
}

for (const field of document.querySelectorAll<HTMLInputElement>("input[data-guard]")) {
  const form = field.form;
  const token = form?.querySelector<HTMLInputElement>('input[name="pruefung"]');
  if (!form || !token) continue;
  // Whoever presses the button before the sum is ready has the form sent as soon as it is.
  let pressed: HTMLElement | null | undefined;
  form.addEventListener(
    "submit",
    (event) => {
      if (field.value !== "") return;
      event.preventDefault();
      event.stopImmediatePropagation();
      pressed = (event as SubmitEvent).submitter;
      form.setAttribute("aria-busy", "true");
    },
    { capture: true },
  );
  solve(token.value, Number(field.dataset.guard), (number) => {
    field.value = number;
    form.removeAttribute("aria-busy");
    if (pressed !== undefined) form.requestSubmit(pressed as HTMLElement | null);
  });
}
