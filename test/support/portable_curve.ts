/** For tests of what asks for keys and signatures: importing it gives them the portable curve. @module */
import { installPortableCurve } from "../../src/crypto/install_portable.ts";

installPortableCurve();
