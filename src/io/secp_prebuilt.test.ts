import { testSecpBackend } from "../../test/support/secp_backend.ts";

await testSecpBackend("prebuilt", "no prebuilt secp256k1 for this platform");
