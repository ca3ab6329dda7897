/**
 * `npm run bench:sync [-- OPTIONS]`: builds what is out of date, and runs bench/sync.ts, where they
 * stand.
 */
import { ensureBuilt } from "./ensure_built.js";

ensureBuilt();
const { main } = await import("../dist/bench/sync.js");
await main(process.argv.slice(2));
