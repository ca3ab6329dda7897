import { testSecpBackend } from "../../test/support/secp_backend.ts";

await testSecpBackend("wasm", "needs WebAssembly");
