/**
 * Packs the project, installs the package in an empty folder, and uses it as a user would: the
 * commands and both entries of the library.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "tidings-package-"));
const run = (command, args) => execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

try {
  const [{ filename }] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--pack-destination", folder], { cwd: root, encoding: "utf8" }),
  );
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "user", version: "1.0.0", type: "module" }));
  run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", `./${filename}`]);
  console.log(run("npx", ["tidings", "--version"]).trim());
  console.log(run("npx", ["tidingsd", "-version"]).split("\n")[0]);
  writeFileSync(join(folder, "use.js"), `
    import { createNode, chains } from "tidings";
    import { devnet } from "tidings/devnet";
    const node = await createNode({ chain: chains.regtest });
    console.log("a node at height", node.chain.tip.height, typeof devnet);
    await node.close();
  `);
  console.log(run(process.execPath, ["use.js"]).trim());
} finally {
  rmSync(folder, { recursive: true, force: true });
}
