import { obeysFileStore } from "../../test/contract/file_store.ts";
import { MemoryFiles } from "./memory_files.ts";

obeysFileStore("MemoryFiles", async () => new MemoryFiles());
