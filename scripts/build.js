import { ensureBuilt } from "./ensure_built.js";

ensureBuilt();
