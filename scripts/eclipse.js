/**
 * `npm run eclipse [-- --seeds N]`: builds what is out of date, and runs the study of bench/eclipse/, where
 * its options stand.
 */
import { ensureBuilt } from "./ensure_built.js";

ensureBuilt();
const { main } = await import("../dist/bench/eclipse/study.js");
await main(process.argv.slice(2));
