/**
 * The attack that docs/simulator.md shows, run as it stands there.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { repoRoot } from "../support/paths.ts";

installNodeCrypto();

/** The folder into which all was compiled. */
const built = join(import.meta.dirname, "..", "..");
const folder = mkdtempSync(join(built, "simulator-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const page = readFileSync(join(repoRoot, "docs", "simulator.md"), "utf8");
const [, attack = ""] = [...page.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code);

/** What it prints, each line as it was said. */
async function printed(t: TestContext): Promise<readonly (readonly unknown[])[]> {
  const path = join(folder, "attack.mjs");
  const entry = pathToFileURL(join(built, "src", "sim", "mod.js")).href;
  writeFileSync(path, attack.replaceAll('"tidings/sim"', `"${entry}"`));
  const { mock } = t.mock.method(console, "log", () => {});
  await import(pathToFileURL(path).href);
  return mock.calls.map((call) => call.arguments);
}

test("the attack of docs/simulator.md fills the address book of a node without the rate limit only", async (t) => {
  const [defended, undefended] = await printed(t);
  assert.ok(Number(defended?.[1]) < 500, `${String(defended?.[1])} addresses`);
  assert.ok(Number(undefended?.[1]) > 2_000, `${String(undefended?.[1])} addresses`);
});
