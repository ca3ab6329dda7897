import { obeysKeyValueStore } from "../../test/contract/key_value_store.ts";
import { MemoryStore } from "./memory_store.ts";

obeysKeyValueStore("MemoryStore", async () => new MemoryStore());
