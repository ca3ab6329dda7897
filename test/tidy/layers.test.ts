import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, sep } from "node:path";
import { test } from "node:test";
import { repoRoot } from "../support/paths.ts";

const GROUND = ["base", "codec", "crypto", "primitives", "params"];
const RULES = ["script", "consensus", "filters"];
const MEMORY = ["store", "chain", "mempool", "addrbook"];
const TALK = ["wire", "transport", "peer", "protocol", "connections"];
const BELOW_WORLDS = [...GROUND, ...RULES, ...MEMORY, ...TALK, "mining", "light", "node", "wallet"];

/** Each folder of src/, lowest first, and the folders it may import. The one place this is written. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  codec: ["base"],
  crypto: ["base"],
  primitives: ["base", "codec", "crypto"],
  params: ["base", "codec", "crypto", "primitives"],
  script: GROUND,
  consensus: [...GROUND, "script"],
  filters: [...GROUND, "script"],
  store: ["base", "codec"],
  chain: [...GROUND, ...RULES, "store"],
  mempool: [...GROUND, "script", "consensus"],
  addrbook: ["base", "codec", "crypto", "primitives"],
  wire: ["base", "codec", "primitives"],
  transport: ["base", "codec", "crypto"],
  peer: [...GROUND, "wire", "transport"],
  protocol: [...GROUND, ...RULES, "chain", "mempool", "addrbook", "wire", "peer"],
  connections: [...GROUND, "addrbook", "wire", "peer"],
  mining: [...GROUND, "script", "consensus", "chain", "mempool"],
  light: [...GROUND, ...RULES, "store", "addrbook", "wire", "peer", "protocol", "connections"],
  node: [...GROUND, ...RULES, ...MEMORY, ...TALK, "mining", "light"],
  wallet: [...GROUND, "script"],
  sim: BELOW_WORLDS,
  rpc: BELOW_WORLDS,
  io: [...BELOW_WORLDS, "rpc"],
  api: [...BELOW_WORLDS, "rpc", "io"],
  devnet: [...BELOW_WORLDS, "rpc", "io", "api"],
  cli: [...BELOW_WORLDS, "sim", "rpc", "io", "api", "devnet"],
};

/** `io/` and what stands on it is where the world gets in; everywhere else asks its Clock and its Rng. */
const WORLDLY = ["io", "api", "devnet", "cli"];
const IMPURE = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(/;

interface SourceFile {
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  /** Relative imports, as paths inside src/; those of types count too. */
  readonly imports: readonly string[];
}

const root = join(repoRoot, "src");
const files = readSources();

function readSources(): readonly SourceFile[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .map((path) => {
      const text = readFileSync(join(root, path), "utf8");
      const specifiers =
        [...text.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)].map(([, specifier]) => specifier ?? "");
      const imports = specifiers.map((specifier) => normalize(join(dirname(path), specifier)));
      return { path, folder: path.split(sep)[0] ?? "", text, imports };
    });
}

test("no floor may import one above it", () => {
  const order = Object.keys(LAYERS);
  for (const [folder, below] of Object.entries(LAYERS)) {
    for (const each of below) {
      assert.ok(order.indexOf(each) < order.indexOf(folder), `${each} is above ${folder}`);
    }
  }
});

test("every folder of src/ has a row in the table of floors", () => {
  for (const { folder } of files) assert.ok(folder in LAYERS, `src/${folder}/ has no row`);
});

test("every file imports only from its own folder and those its row names", () => {
  for (const { path, folder, imports } of files) {
    for (const target of imports) {
      const floor = target.split(sep)[0] ?? "";
      assert.ok(floor === folder || LAYERS[folder]?.includes(floor), `${path} may not import ${target}`);
    }
  }
});

test("nothing inside imports a public entry, mod.ts", () => {
  for (const { path, imports } of files) {
    for (const target of imports) {
      assert.doesNotMatch(target, /(^|[\\/])mod\.ts$/, `${path} imports ${target}`);
    }
  }
});

test("below io/ nothing reads the machine's clock or draws its own random numbers", () => {
  for (const { path, folder, text } of files) {
    if (!WORLDLY.includes(folder)) assert.doesNotMatch(text, IMPURE, path);
  }
});

test("no file imports itself by way of others", () => {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    assert.equal(start, -1, `cycle: ${[...trail.slice(start), path].join(" -> ")}`);
    if (done.has(path)) return;
    for (const target of byPath.get(path)?.imports ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const { path } of files) visit(path, []);
});
