// SPDX-License-Identifier: EUPL-1.2

// Adds up while a ballot is filled in: money, points or crosses, and what is left. The server counts again; without script the bound stands there.

const money = new Intl.NumberFormat(document.documentElement.lang || "de", { style: "currency", currency: "EUR", maximumFractionDigits: 2, minimumFractionDigits: 0 });
const plain = new Intl.NumberFormat(document.documentElement.lang || "de");

function sumOf(form: HTMLFormElement, kind: string): number {
  let sum = 0;
  if (kind === "points") {
    for (const field of form.querySelectorAll<HTMLInputElement>("input[type=number]")) sum += Math.max(0, Math.trunc(Number(field.value) || 0));
    return sum;
  }
  for (const box of form.querySelectorAll<HTMLInputElement>("input[data-vote-cost]:checked")) sum += kind === "cost" ? Number(box.dataset.voteCost) : 1;
  return sum;
}

function follow(form: HTMLFormElement): void {
  const line = form.querySelector<HTMLElement>("[data-vote-sum]");
  if (!line) return;
  const kind = line.dataset.voteSum ?? "";
  const most = Number(line.dataset.voteMost);
  const words = line.dataset.voteText ?? "";
  const say = (n: number) => (kind === "cost" ? money.format(n / 100) : plain.format(n));
  const show = () => {
    const sum = sumOf(form, kind);
    line.toggleAttribute("data-over", sum > most);
    line.textContent = words.replace("{sum}", say(sum)).replace("{rest}", say(most - sum));
  };
  form.addEventListener("input", show);
  show();
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-vote]")) follow(form);
